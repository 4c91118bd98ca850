"""Parity: the terms that ands and ors need for it, and what gradient descent makes of one hidden layer."""

__all__ = ["ParityCase", "ParityResult", "bits", "learn", "prime_implicants"]

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch.nn import functional as F

from coursekit._check import check_positive_int, require
from coursekit.experiments.bench import plan
from coursekit.experiments.depth_stack import hidden, numbers, run_adam, stack


class ParityCase(NamedTuple):
    """The share of the truth table that a trained network gets right, one entry a seed."""

    n: int
    width: int
    right: tuple[float, ...]

    @property
    def solved(self) -> float:
        """The share of seeds that got every row right."""
        return sum(share == 1.0 for share in self.right) / len(self.right)


class ParityResult(NamedTuple):
    """One case for each number of bits and each width."""

    seeds: tuple[int, ...]
    factors: tuple[int, ...]
    cases: tuple[ParityCase, ...]

    def solved(self, factor: int) -> list[float]:
        """Return the share of seeds that solve parity with ``factor * n`` neurons, one entry an n.

        Args:
            factor: one of those that were run.

        Raises:
            ValueError: if it was not run.
        """
        require(factor in self.factors, f"factor must be one of {self.factors}; got {factor}")
        return [case.solved for case in self.cases if case.width == factor * case.n]


def bits(n: int) -> NDArray[np.float64]:
    """Return all rows of n bits.

    Args:
        n: at least 1.

    Raises:
        TypeError: if ``n`` is no int.
        ValueError: if it is below 1.

    Example:
        >>> bits(2).tolist()
        [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    return np.array(list(itertools.product((0.0, 1.0), repeat=check_positive_int(n, "n"))))


def prime_implicants(table: ArrayLike) -> list[str]:
    r"""Return the prime implicants of a truth table: the largest terms that an or of ands can be made of.

    A term fixes some bits and leaves the others open, ``-``. Two terms that differ in one fixed bit become
    one, until nothing can be merged (the method of Quine and McCluskey).

    Args:
        table: what the function gives for the rows of :func:`bits`, 0 or 1.

    Shape:
        table: (2^n,).

    Raises:
        ValueError: if the length is no power of two.

    Source:
        Quine (1952), The problem of simplifying truth functions; McCluskey (1956).

    Example:
        >>> prime_implicants([0, 1, 1, 1]), prime_implicants([0, 1, 1, 0])
        (['-1', '1-'], ['01', '10'])
    """
    values: NDArray[Any] = np.asarray(table)
    n = len(values).bit_length() - 1
    require(len(values) == 2**n, f"table must have a power of two of entries; got {len(values)}")
    terms = {format(row, f"0{n}b") for row in np.flatnonzero(values)} if n else set()
    prime: set[str] = set()
    while terms:
        merged, used = set(), set()
        for term in terms:
            for at, bit in enumerate(term):
                partner = f"{term[:at]}1{term[at + 1 :]}"
                if bit == "0" and partner in terms:
                    merged.add(f"{term[:at]}-{term[at + 1 :]}")
                    used |= {term, partner}
        prime |= terms - used
        terms = merged
    return sorted(prime)


def learn(
    seeds: Sequence[int] = tuple(range(10)), *, sizes: Sequence[int] = (4, 6, 8),
    factors: Sequence[int] = (1, 2, 4), steps: int = 1000, fast: bool = False,
) -> ParityResult:  # fmt: skip
    """Train one hidden ReLU layer on the whole truth table of parity.

    Args:
        seeds: one network each.
        sizes: numbers of bits.
        factors: hidden neurons a bit.
        steps: of Adam on the full table, at a rate of 0.01.
        fast: two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, or a size is below 1.
    """
    used, steps = plan(seeds, steps, fast)
    cases = []
    for n, factor in itertools.product(sizes, factors):
        x = torch.from_numpy(bits(n)).float()
        d = (x.sum(1) % 2).expand(len(used), -1)
        net = stack(used, (n, factor * n, 1), shift=0.5, dtype=torch.float32)

        def loss(_: int, net: Any = net, x: torch.Tensor = x, d: torch.Tensor = d) -> torch.Tensor:
            return F.binary_cross_entropy_with_logits(hidden(net, x)[-1][..., 0], d, reduction="none").mean(1)

        run_adam(numbers(net), loss, steps=steps, learning_rate=0.01)
        right = ((hidden(net, x)[-1][..., 0] > 0) == (d > 0.5)).double().mean(1)
        cases.append(ParityCase(n, factor * n, tuple(right.tolist())))
    return ParityResult(used, tuple(factors), tuple(cases))
