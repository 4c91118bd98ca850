"""What the templates share: drawing numbers fit for pencil and paper, and writing them as mathematics."""

__all__ = ["halves", "matrix", "num", "part", "pick", "row", "table", "vector"]

import random
from collections.abc import Iterable, Sequence

from coursekit.assess.answer import show

Matrix = Sequence[Sequence[float]]


def num(number: float) -> str:
    """Write a number for use inside dollar mathematics.

    Example:
        >>> num(-0.5), num(3.0)
        ('-0.5', '3')
    """
    return show(number)


def part(number: float) -> str:
    """Write a number as a factor or summand: a negative one in parentheses.

    Example:
        >>> part(-0.5), part(2.0)
        ('(-0.5)', '2')
    """
    return f"({num(number)})" if number < 0 else num(number)


def row(numbers: Iterable[float]) -> str:
    """Write numbers as a row in parentheses, for use inside dollar mathematics.

    Example:
        >>> row((1, -0.5))
        '(1,\\\\ -0.5)'
    """
    return "(" + ",\\ ".join(map(num, numbers)) + ")"


def vector(numbers: Iterable[float]) -> str:
    """Write numbers as a column, for use inside dollar mathematics."""
    return matrix([[number] for number in numbers])


def matrix(rows: Matrix) -> str:
    """Write rows as a matrix, for use inside dollar mathematics.

    Example:
        >>> matrix([[1, 2], [3, 0.5]])
        '\\\\begin{pmatrix}1 & 2 \\\\\\\\ 3 & 0.5\\\\end{pmatrix}'
    """
    body = " \\\\ ".join(" & ".join(map(num, line)) for line in rows)
    return f"\\begin{{pmatrix}}{body}\\end{{pmatrix}}"


def table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Write a Markdown table with blank lines around it, for a stem.

    Args:
        names: the head of each column.
        rows: the cells; numbers are written like all numbers, the rest as it is.
    """
    lines = [names, ["---"] * len(names)]
    lines += [[num(cell) if isinstance(cell, (int, float)) else str(cell) for cell in line] for line in rows]
    return "\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n"


def halves(rng: random.Random, low: float, high: float, *, zero: bool = False) -> float:
    """Draw a multiple of one half between two bounds; 0 only if asked for."""
    steps = [k / 2 for k in range(round(2 * low), round(2 * high) + 1) if k or zero]
    return rng.choice(steps)


def pick(rng: random.Random, low: int, high: int) -> int:
    """Draw a whole number, both ends included."""
    return rng.randint(low, high)
