"""Statements that a page measures: shown with their range, kept for the ledger, an error when false."""

__all__ = ["CLAIM_KEY", "ClaimError", "claim", "glue"]

import html
import math
from collections.abc import Iterable, Iterator, Sequence

from IPython.display import display

from coursekit._check import require

CLAIM_KEY = "coursekit_claim"  # of an output's metadata: a page shows the card, the ledger reads the record
_TRUE = "true"  # what a statement without numbers must be
_GLUE_PREFIX = "application/papermill.record/"  # the mark under which myst-nb looks for glued values


class ClaimError(Exception):
    """A claim of a page that its own run contradicts."""


def _numbers(values: object) -> Iterator[float]:
    """Flatten a number, a tensor, an array or nested sequences of them."""
    plain = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(plain, str) or not isinstance(plain, (int, float, Iterable)):
        raise TypeError(f"values must be numbers or a truth value; got {type(plain).__name__} {plain!r}")
    if isinstance(plain, Iterable):
        for value in plain:
            yield from _numbers(value)
    else:
        yield float(plain)


def _text(number: float, fmt: str) -> str:
    """Print a number with a true minus sign."""
    return format(number, fmt).replace("-", "−")


def _span(low: float, high: float, fmt: str, unit: str) -> str:
    """Print a range, or one number if its ends print alike."""
    ends = _text(low, fmt), _text(high, fmt)
    told = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    return f"{told} {unit}".strip()


def _required(low: float, high: float, unit: str) -> str:
    """Say which range a claim names."""
    if math.isinf(low):
        return f"at most {_text(high, '.10g')} {unit}".strip()
    if math.isinf(high):
        return f"at least {_text(low, '.10g')} {unit}".strip()
    if low == high:
        return f"exactly {_text(low, '.10g')} {unit}".strip()
    return f"{_text(low, '.10g')} to {_text(high, '.10g')} {unit}".strip()


def _seed_list(seeds: Sequence[int] | None) -> str:
    """Name the seeds."""
    if seeds is None:
        return ""
    whole = list(seeds)
    if len(whole) > 2 and whole == list(range(whole[0], whole[0] + len(whole))):
        return f"seeds {whole[0]} to {whole[-1]}"
    return f"seeds {', '.join(map(str, whole))}"


def _card(record: dict[str, object]) -> str:
    """Return the claim as a reader sees it."""
    found = ["it holds"]
    if record["required"] != _TRUE:
        found = [f"measured {record['measured']}", f"required {record['required']}"]
    small = "; ".join(html.escape(fact) for fact in [*found, str(record["seeds"])] if fact)
    return (
        f'<div class="ck-claim" id="claim-{html.escape(str(record["name"]))}" role="note">'
        f"<p><strong>Checked.</strong> {html.escape(str(record['statement']))}: {small}.</p></div>"
    )


def glue(name: str, value: object, fmt: str = "") -> None:
    """Keep a number of this run under a name, for ``{glue:text}`` in the prose of the page.

    Args:
        name: unique on the page.
        value: a number or a text.
        fmt: format of a number, such as ".1f".

    Raises:
        ValueError: if the name is empty.
    """
    require(name.strip(), f"name must be a non-empty text; got {name!r}")
    text = _text(float(value), fmt) if fmt and not isinstance(value, str) else str(value)  # type: ignore[arg-type]
    data = {f"{_GLUE_PREFIX}text/plain": text}
    display(data, raw=True, metadata={"scrapbook": {"name": name, "mime_prefix": _GLUE_PREFIX}})


def _range(
    between: tuple[float, float] | None, at_least: float | None, at_most: float | None
) -> tuple[float, float]:
    """Turn the three ways of naming a range into one."""
    named = (between is not None) + (at_least is not None or at_most is not None)
    require(named == 1, "a claim with numbers needs its range: between=(low, high), at_least= or at_most=")
    if between is None:
        return -math.inf if at_least is None else at_least, math.inf if at_most is None else at_most
    low, high = between
    require(low <= high, f"between must be (low, high) with low <= high; got {between}")
    return float(low), float(high)


def _judge(
    values: object,
    between: tuple[float, float] | None,
    at_least: float | None,
    at_most: float | None,
    unit: str,
    fmt: str,
) -> tuple[bool, str, str]:
    """Return whether a claim holds, what was measured, and what is required."""
    plain = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(plain, bool):
        require(between is None and at_least is None and at_most is None, "a truth value takes no range")
        return plain, _TRUE if plain else "false", _TRUE
    numbers = list(_numbers(plain))
    require(numbers, "a claim needs at least one number; got none")
    low, high = _range(between, at_least, at_most)
    held = all(math.isfinite(number) and low <= number <= high for number in numbers)
    return held, _span(min(numbers), max(numbers), fmt, unit), _required(low, high, unit)


def claim(
    name: str, statement: str, values: object, *,
    between: tuple[float, float] | None = None, at_least: float | None = None, at_most: float | None = None,
    seeds: Sequence[int] | None = None, unit: str = "", fmt: str = ".3g", enforce: bool = True,
) -> None:  # fmt: skip
    """State a measured fact: show it if it is true, stop the page, and with it the build, if it is not.

    Args:
        name: unique in the book; also glued, so that the prose can show the measured range.
        statement: what is claimed, one line.
        values: a truth value, or numbers that must all lie in the range.
        between: the range, ends included.
        at_least: its lower end alone.
        at_most: its upper end alone.
        seeds: the seeds behind the numbers.
        unit: of the numbers.
        fmt: how measured numbers are printed.
        enforce: False in a shortened run: what misses its range is shown as unchecked instead.

    Raises:
        ClaimError: if the statement is false, or a number is not finite.
        TypeError: if values holds anything but numbers.
        ValueError: if there is no name, no number, or no range.
    """
    require(name.strip(), f"name must be a non-empty text; got {name!r}")
    held, measured, required = _judge(values, between, at_least, at_most, unit, fmt)
    if not held and enforce:
        raise ClaimError(f"claim {name!r} is false: {statement}: measured {measured}, required {required}")
    if held:
        record: dict[str, object] = {"name": name, "statement": statement, "seeds": _seed_list(seeds)}
        record |= {"measured": measured, "required": required}
        plain = f"Checked. {statement}: measured {measured}; required {required}."
        display({"text/html": _card(record), "text/plain": plain}, raw=True, metadata={CLAIM_KEY: record})
    else:
        display({"text/plain": f"Shortened run, not checked. {statement}: measured {measured}."}, raw=True)
    glue(name, measured)
