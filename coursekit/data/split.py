"""A data set cut into a training and a test part, and the rule that cuts it."""

__all__ = ["Split", "make_split", "stratified_split"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from coursekit._check import check_positive_int, check_tensor, describe, require

Indices = Sequence[int] | NDArray[np.integer] | Tensor


@dataclass(frozen=True)
class Split:
    """A data set in two parts; rows are flattened images or points.

    Shape:
        x_train, x_test: (N, D), floating, images in [0, 1]; y_train, y_test: (N,), int64.

    Attributes:
        name: the data set's name.
        shape: height and width of an image, or an empty tuple where a row is no image.
        classes: one name a label.
    """

    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    name: str
    shape: tuple[int, ...]
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        """Say the sizes instead of printing every pixel."""
        sizes = f"{len(self.x_train)} train, {len(self.x_test)} test, {self.x_train.shape[1]} features"
        return f"Split({self.name}: {sizes}, {len(self.classes)} classes)"


def _test_count(size: object, n: int, classes: int) -> int:
    """Turn a test size, a count or a fraction, into a count that leaves every class on both sides."""
    if isinstance(size, float):
        require(0 < size < 1, f"test_size must be a count or a fraction in (0, 1); got {size}")
        count = round(size * n)
    elif isinstance(size, int) and not isinstance(size, bool):
        count = size
    else:
        raise TypeError(f"test_size must be a count (int) or a fraction (float); got {describe(size)}")
    require(
        classes <= count <= n - classes,
        f"test_size must leave one row a class on both sides: {classes} to {n - classes} of {n}; got {count}",
    )
    return count


def _shares(counts: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Divide ``total`` rows over the classes in proportion, by the largest remainders."""
    exact = counts * total / counts.sum()
    shares: NDArray[np.int64] = np.clip(np.floor(exact).astype(np.int64), 1, counts - 1)
    order = np.argsort(shares - exact, kind="stable")
    step = 0
    while shares.sum() != total:
        row = order[step % len(order)] if shares.sum() < total else order[-1 - step % len(order)]
        change = 1 if shares.sum() < total else -1
        if 1 <= shares[row] + change <= counts[row] - 1:
            shares[row] += change
        step += 1
    return shares


def stratified_split(y: Tensor, test_size: int | float, seed: int) -> tuple[Tensor, Tensor]:
    """Draw shuffled row numbers of a training and a test part in which every class has its share.

    Each class's rows are permuted by one NumPy generator, class after class, and cut; both parts are then
    shuffled, since a source that lies ordered by class would otherwise stay ordered.

    Args:
        y: the labels.
        test_size: rows of the test part: a count, or a fraction of all rows.
        seed: of the permutation, zero or above.

    Shape:
        y: (N,), integers. Returns int64 row numbers of shapes (N - M,) and (M,).

    Raises:
        TypeError: if ``y`` is no tensor, or ``test_size`` no number.
        ValueError: if ``y`` is not 1-D, a class has a single row, or ``test_size`` leaves a part empty.

    Example:
        >>> train, test = stratified_split(torch.tensor([0, 0, 0, 0, 1, 1, 1, 1]), test_size=2, seed=0)
        >>> len(train), len(test)
        (6, 2)
    """
    labels = check_tensor(y, "y", ndim=1).cpu().numpy()
    check_positive_int(seed, "seed", minimum=0)
    kinds, counts = np.unique(labels, return_counts=True)
    seen = dict(zip(kinds.tolist(), counts.tolist(), strict=True))
    require(seen and min(seen.values()) > 1, f"y must hold every class at least twice; got counts {seen}")
    total = _test_count(test_size, len(labels), len(kinds))
    rng = np.random.default_rng(seed)
    train: list[NDArray[np.int64]] = []
    test: list[NDArray[np.int64]] = []
    for kind, count, share in zip(kinds, counts, _shares(counts, total), strict=True):
        rows = rng.permutation(np.flatnonzero(labels == kind))
        train.append(rows[: count - share])
        test.append(rows[count - share :])
    parts = (rng.permutation(np.concatenate(part)) for part in (train, test))
    first, second = (torch.from_numpy(part) for part in parts)
    return first, second


def _rows(indices: Indices, name: str, n: int) -> Tensor:
    """Turn given row numbers into an int64 tensor, refusing those outside the data."""
    rows = torch.as_tensor(np.asarray(indices), dtype=torch.int64)
    require(rows.ndim == 1 and len(rows) > 0, f"{name} must list at least one row; got {describe(rows)}")
    low, high = int(rows.min()), int(rows.max())
    require(low >= 0 and high < n, f"{name} must lie in 0 to {n - 1}; got rows from {low} to {high}")
    return rows


def make_split(
    x: Tensor,
    y: Tensor,
    *,
    name: str,
    shape: tuple[int, ...],
    classes: tuple[str, ...],
    test_size: int | float = 0.2,
    seed: int = 0,
    indices: tuple[Indices, Indices] | None = None,
) -> Split:
    """Cut arrays into a :class:`~coursekit.data.Split`, stratified by a seed or at the given rows.

    Args:
        x: one row a sample.
        y: one label a sample.
        name: the data set's name.
        shape: height and width of an image, or an empty tuple.
        classes: one name a label.
        test_size: a count or a fraction, see :func:`~coursekit.data.stratified_split`.
        seed: of the permutation.
        indices: row numbers (train, test) to take instead, to repeat a split drawn elsewhere.

    Shape:
        x: (N, D); y: (N,).

    Raises:
        TypeError: as ``stratified_split``.
        ValueError: as ``stratified_split``, or if ``indices`` overlap or lie outside the data.
    """
    if indices is None:
        train, test = stratified_split(y, test_size, seed)
    else:
        require(len(indices) == 2, f"indices must be a pair (train, test); got {len(indices)} entries")
        train = _rows(indices[0], "indices[0]", len(y))
        test = _rows(indices[1], "indices[1]", len(y))
        shared = len(np.intersect1d(train.numpy(), test.numpy()))
        require(shared == 0, f"indices must not overlap; got {shared} rows in both parts")
    return Split(x[train], y[train], x[test], y[test], name=name, shape=shape, classes=classes)
