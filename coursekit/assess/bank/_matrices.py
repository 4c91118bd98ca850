"""Matrices as lists of rows: what the templates need of them by hand."""

__all__ = ["Rows", "times", "turned"]

from coursekit.assess.bank._write import Matrix

Rows = list[list[float]]


def times(left: Matrix, right: Matrix) -> Rows:
    """Return the product of two matrices.

    Example:
        >>> times([[1, 2]], [[3, 4], [5, 6]])
        [[13, 16]]
    """
    columns = turned(right)
    return [[sum(a * b for a, b in zip(line, column, strict=True)) for column in columns] for line in left]


def turned(rows: Matrix) -> Rows:
    """Return the transpose.

    Example:
        >>> turned([[1, 2], [3, 4]])
        [[1, 3], [2, 4]]
    """
    return [list(column) for column in zip(*rows, strict=True)]
