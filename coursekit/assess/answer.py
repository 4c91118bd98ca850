"""Numbers as answers: read from whatever a student gives, compared with a tolerance, printed for a reader."""

__all__ = ["Numbers", "Tolerance", "close", "read_numbers", "show", "show_all"]

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

Numbers = tuple[float, ...]

MOST = 1000
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_ENTRY = re.compile(rf"({_NUMBER})(?:\s*/\s*({_NUMBER}))?")
_BETWEEN = re.compile(r"[\s,;()\[\]{}|]*")
_EXACT = 1e-9


class Tolerance(NamedTuple):
    """The largest accepted distance to a number: a fixed part and a share of the number's size."""

    absolute: float = 0.0
    relative: float = 0.0

    def at(self, number: float) -> float:
        """Return the largest accepted distance to this number.

        Args:
            number: the right one.
        """
        return self.absolute + self.relative * abs(number) + _EXACT


def close(given: Numbers, right: Numbers, tolerance: Tolerance) -> bool:
    """Tell whether two lists of numbers agree, entry by entry.

    Args:
        given: the student's numbers.
        right: the numbers to meet.
        tolerance: largest accepted distance.
    """
    return len(given) == len(right) and all(
        abs(a - b) <= tolerance.at(b) for a, b in zip(given, right, strict=True)
    )


def _typed(text: str, single: bool) -> Numbers | None:
    """Read ``1.5``, ``-2, 3``, ``[1 2; 3 4]`` or ``1/3`` from text; a lone ``1,5`` has a decimal comma."""
    text = text.replace("−", "-").replace("–", "-").strip()
    if len(text) > 40 * MOST:
        return None
    if single and re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text):
        text = text.replace(",", ".")
    found: list[float] = []
    at = _BETWEEN.match(text).end()  # type: ignore[union-attr]  # the pattern matches the empty string
    while at < len(text):
        entry = _ENTRY.match(text, at)
        if entry is None or (entry[2] and float(entry[2]) == 0):
            return None
        found.append(float(entry[1]) / (float(entry[2]) if entry[2] else 1.0))
        after = _BETWEEN.match(text, entry.end()).end()  # type: ignore[union-attr]
        if after == entry.end() < len(text):
            return None
        at = after
    return tuple(found) or None


def _flat(given: object, depth: int = 0) -> list[float]:
    """Return the entries of nested lists, tuples, arrays and tensors, row by row."""
    if isinstance(given, (bool, str, bytes, dict, set)) or depth > 8:
        raise TypeError("no number")
    if hasattr(given, "tolist"):
        given = given.detach().cpu().tolist() if hasattr(given, "detach") else given.tolist()
    if isinstance(given, (list, tuple)):
        if len(given) > MOST:
            raise ValueError("too many")
        return [number for entry in given for number in _flat(entry, depth + 1)]
    return [float(given)]  # type: ignore[arg-type]


def read_numbers(given: object, *, single: bool = False) -> Numbers | None:
    """Return the finite numbers that an answer holds, row by row, or None for anything else.

    Args:
        given: text, a number, or lists, arrays and tensors of them; anything at all may come.
        single: whether one number is asked for, so that ``1,5`` means one and a half.
    """
    try:
        size = getattr(given, "size", 0)
        size = size() if callable(size) else size
        if hasattr(given, "tolist") and math.prod(size if isinstance(size, tuple) else (size,)) > MOST:
            return None
        numbers = _typed(given, single) if isinstance(given, str) else tuple(_flat(given))
    except Exception:  # whatever an odd object raises, it is no number
        return None
    fits = numbers is not None and 0 < len(numbers) <= MOST and all(map(math.isfinite, numbers))
    return numbers if fits else None


def show(number: float) -> str:
    """Print a number: whole ones whole, small ones with three figures, others with four decimals.

    Example:
        >>> show(2.0), show(-0.25), show(0.00012345), show(1e-20)
        ('2', '-0.25', '0.000123', '1e-20')
    """
    if number == 0:
        return "0"
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    if abs(number) < 0.01:
        plain = f"{number:.3g}"
        return plain if "e" not in plain or abs(number) < 1e-6 else f"{number:.8f}".rstrip("0")
    return f"{number:.4f}".rstrip("0").rstrip(".")


def show_all(numbers: Iterable[float]) -> str:
    """Print several numbers, with commas between them.

    Example:
        >>> show_all((1.0, -0.5))
        '1, -0.5'
    """
    return ", ".join(show(number) for number in numbers)
