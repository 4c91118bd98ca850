"""Questions on depth, by running the networks and counting what is asked for."""

import itertools
from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from tests.assess.oracles.concepts import by_stem


def _parity_active(v: Mapping[str, Any]) -> tuple[float, float]:
    x, n = sum(v["x"]), len(v["x"])
    layer = np.maximum(x - np.arange(n), 0)
    weights = [1.0] + [(-1.0) ** k * 2 for k in range(1, n)]
    return float(np.count_nonzero(layer)), float(layer @ weights)


@cache
def _parity_count(n: int) -> tuple[float, float, float]:
    values = [bin(k).count("1") % 2 for k in range(n + 1)]
    neurons = sum(a != b for a, b in itertools.pairwise(values))  # a kink between any two sums
    layers, count = 0, n
    while count > 1:
        count, layers = count - count // 2, layers + 1
    odd = 0
    for _ in range(n):  # subsets of odd size, a bit at a time
        odd = odd + (2**_ - odd)
    return float(n if neurons else 0), float(layers), float(odd)


@cache
def _sawtooth(k: int) -> tuple[float, float, float]:
    joints = [Fraction(0), Fraction(1)]
    for _ in range(k):  # where the composed tent is 0, 1/2 or 1 its next fold has an end or a kink
        joints = sorted({j / 2 for j in joints} | {1 - j / 2 for j in joints})
    count = len(joints) - 1
    return float(count), float(sum(2 for _ in range(k))), float(count - 1)


def _pieces(v: Mapping[str, Any]) -> float:
    w, b, out = (np.array(v[name], dtype=float) for name in ("w", "b", "v"))
    x = np.arange(-v["end"], v["end"] + 0.01, 0.5)
    y = np.maximum(x[:, None] * w + b, 0) @ out
    return 1 + float(np.count_nonzero(np.abs(np.diff(y, 2)) > 1e-9))


def _tent(v: Mapping[str, Any]) -> float:
    phase = Fraction(str(v["x"])) * 2 ** v["k"] % 2
    return float(min(phase, 2 - phase))


@cache
def _terms(n: int) -> tuple[float, float]:
    one = np.array([1])
    for _ in range(n):
        one = np.convolve(one, [1, 1])
    return float(np.count_nonzero(one)), float(sum(1 for _ in itertools.product((0, 1), repeat=n)))


@cache
def _log10(levels: int, numbers: int) -> float:
    with localcontext(prec=30):
        return float((Decimal(levels) ** numbers).log10())


ORACLES = {
    "depth/parity-active": _parity_active,
    "depth/parity-count": lambda v: _parity_count(v["n"]),
    "depth/sawtooth": lambda v: _sawtooth(v["k"]),
    "depth/pieces": _pieces,
    "depth/tent": _tent,
    "depth/terms": lambda v: _terms(v["n"]),
    "depth/images": lambda v: _log10(v["levels"], v["height"] * v["width"] * v["channels"]),
    "depth/ticket": by_stem(
        {
            "say about a dense network": "trained from its original weights",
            "twentieth of its weights": "the dense network started with",
            "needs its own initial weights": "from the original and from newly drawn weights",
            "chosen that a ticket keeps": "after the dense network was trained",
        }
    ),
    "depth/claims": by_stem(
        {
            "plain network of 40 layers": "A failure of optimisation",
            "randomly shuffled labels": "learn the table by heart",
            "sawtooth of 1,024 pieces": "descent may not find it",
            "theory of compositional functions": "parts with few inputs",
        }
    ),
}
