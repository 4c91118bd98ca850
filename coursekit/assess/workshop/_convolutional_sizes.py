"""Convolutional autoencoders, steps A and B: the side after a convolution, and the way back to it."""

__all__ = ["OUTPUT_PADDING", "SIZE"]

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._convolutional_reference import conv_size, output_padding

NAMES = ("n", "k", "s", "p", "d")


class _Geometry(NamedTuple):
    """The numbers that a size depends on."""

    n: int
    k: int
    s: int
    p: int
    d: int


Rule = Callable[[_Geometry], float]
_SIZE_SLIPS: dict[str, Rule] = {
    "dilation left out": lambda g: (g.n + 2 * g.p - g.k) // g.s + 1,
    "reach of d times k": lambda g: (g.n + 2 * g.p - g.d * g.k) // g.s + 1,
    "padding once": lambda g: (g.n + g.p - g.d * (g.k - 1) - 1) // g.s + 1,
    "rounded up": lambda g: -((g.d * (g.k - 1) + 1 - g.n - 2 * g.p) // g.s) + 1,
    "first window forgotten": lambda g: (g.n + 2 * g.p - g.d * (g.k - 1) - 1) // g.s,
    "side over stride": lambda g: g.n // g.s,
    "not rounded": lambda g: (g.n + 2 * g.p - g.d * (g.k - 1) - 1) / g.s + 1,
    "the way up": lambda g: (g.n - 1) * g.s - 2 * g.p + g.d * (g.k - 1) + 1,
}
_BACK_SLIPS: dict[str, Rule] = {
    "side modulo stride": lambda g: g.n % g.s,
    "always the most": lambda g: g.s - 1,
    "never any": lambda g: 0 * g.n,
    "dilation left out": lambda g: (g.n + 2 * g.p - g.k) % g.s,
    "padding once": lambda g: (g.n + g.p - g.d * (g.k - 1) - 1) % g.s,
    "the other way round": lambda g: -(g.n + 2 * g.p - g.d * (g.k - 1) - 1) % g.s,
    "quotient for remainder": lambda g: (g.n + 2 * g.p - g.d * (g.k - 1) - 1) // g.s,
    "reach of one less": lambda g: (g.n + 2 * g.p - g.d * (g.k - 1)) % g.s,
    "one at most": lambda g: min(1, output_padding(*g)),
}


def _wrong(rule: Rule) -> Any:
    """Return a candidate by a rule that may look at some of the numbers only."""
    return lambda *numbers: rule(_Geometry(*numbers))


def _distinct(settings: list[_Geometry]) -> bool:
    """Tell whether each mistake shows and no two look alike; two of them don't show without dilation."""
    for right, slips in ((conv_size, _SIZE_SLIPS), (output_padding, _BACK_SLIPS)):
        told = [tuple(float(slip(g)) for g in settings) for slip in slips.values()]
        wrong = [row for row in told if row != tuple(float(right(*g)) for g in settings)]
        seen = len(wrong) == len(told) or all(g.d == 1 for g in settings)
        if len(set(wrong)) < len(wrong) or not seen:
            return False
    return True


def _settings(rng: np.random.Generator, dilated: bool) -> list[_Geometry]:
    """Draw six settings that tell the known mistakes apart."""
    low, high = (30, 3, 2, 1, 2 if dilated else 1), (60, 6, 6, 5, 4 if dilated else 2)
    while True:
        drawn = [_Geometry(*rng.integers(low, high).tolist()) for _ in range(6)]
        if _distinct(drawn):
            return drawn


def _geometries(seed: int) -> tuple[Case, ...]:
    """Six settings without dilation, and six with it."""
    rng, found = np.random.default_rng(seed + 77), []
    for name, dilated in (("six settings without dilation", False), ("six settings with dilation", True)):
        columns = zip(*_settings(rng, dilated), strict=True)
        found.append(Case(name, {key: np.array(c) for key, c in zip(NAMES, columns, strict=True)}))
    return tuple(found)


def _observe(name: str) -> Any:
    def observe(candidate: Any, case: Case) -> Observation:
        rows = zip(*(np.asarray(case.inputs[key]).tolist() for key in NAMES), strict=True)
        return {name: plain([candidate(*row) for row in rows])}

    return observe


def _by_counting(n: int, k: int, s: int, p: int, d: int) -> int:
    places = [o for o in range(0, n + 2 * p, s) if o + d * (k - 1) < n + 2 * p]
    return len(places)


def _back_by_search(n: int, k: int, s: int, p: int, d: int) -> int:
    m = _by_counting(n, k, s, p, d)
    return next(q for q in range(s) if (m - 1) * s - 2 * p + d * (k - 1) + q + 1 == n)


SIZE = Exercise(
    "convolutional/conv-size",
    "The side after a convolution",
    "conv_size(n, k, s, p, d) -> a whole number, from side, kernel, stride, padding and dilation",
    2.0,
    lambda: conv_size,
    _geometries,
    _observe("side"),
    (
        Alternate("windows counted", lambda: _by_counting),
        Alternate("floor of a quotient", lambda: lambda n, k, s, p, d: int(
            np.floor((n + 2 * p - d * (k - 1) - 1) / s + 1))),
    ),
    (
        Mutant(
            "dilation left out",
            "With dilation the kernel reaches over d(k - 1) + 1 pixels, not over k.",
            lambda: _wrong(_SIZE_SLIPS["dilation left out"]),
        ),
        Mutant(
            "reach of d times k",
            "Between k weights there are k - 1 gaps: the reach is d(k - 1) + 1, not d times k.",
            lambda: _wrong(_SIZE_SLIPS["reach of d times k"]),
        ),
        Mutant(
            "padding once",
            "The padding is added at both ends, so it counts twice.",
            lambda: _wrong(_SIZE_SLIPS["padding once"]),
        ),
        Mutant(
            "rounded up",
            "A window that would stick out is left out: round the quotient down.",
            lambda: _wrong(_SIZE_SLIPS["rounded up"]),
        ),
        Mutant(
            "first window forgotten",
            "This counts the steps. There is one window more than steps.",
            lambda: _wrong(_SIZE_SLIPS["first window forgotten"]),
        ),
        Mutant(
            "side over stride",
            "n over s is right for some kernels and paddings only. Count the windows that fit.",
            lambda: _wrong(_SIZE_SLIPS["side over stride"]),
        ),
        Mutant(
            "not rounded",
            "There is no half window: the side is a whole number.",
            lambda: _wrong(_SIZE_SLIPS["not rounded"]),
        ),
        Mutant(
            "the way up",
            "This is the size of a transposed convolution: maps get smaller here.",
            lambda: _wrong(_SIZE_SLIPS["the way up"]),
        ),
    ),
    (
        "How many pixels does a kernel with dilation reach over? And how many are there with the padding?",
        "The reach is d(k - 1) + 1; the first window starts at 0, the last as far on as fits.",
        "(n + 2p - reach) // s + 1.",
    ),
)  # fmt: skip
OUTPUT_PADDING = Exercise(
    "convolutional/output-padding",
    "The way back to a side",
    "output_padding(n, k, s, p, d) -> q, so that the transposed convolution of conv_size(n, ...) returns n",
    2.0,
    lambda: output_padding,
    _geometries,
    _observe("output padding"),
    (
        Alternate("tried one by one", lambda: _back_by_search),
        Alternate("what is missing", lambda: lambda n, k, s, p, d: n - (
            (conv_size(n, k, s, p, d) - 1) * s - 2 * p + d * (k - 1) + 1)),
    ),
    (
        Mutant(
            "side modulo stride",
            "The remainder is not that of the side alone: padding and reach count as well.",
            lambda: _wrong(_BACK_SLIPS["side modulo stride"]),
        ),
        Mutant(
            "always the most",
            "The largest output padding returns the largest side that could have come in, not this one.",
            lambda: _wrong(_BACK_SLIPS["always the most"]),
        ),
        Mutant(
            "never any",
            "Without output padding you return the smallest of the sides that could have come in.",
            lambda: _wrong(_BACK_SLIPS["never any"]),
            "001-M-41",
        ),
        Mutant(
            "dilation left out",
            "With dilation the kernel reaches over d(k - 1) + 1 pixels, not over k.",
            lambda: _wrong(_BACK_SLIPS["dilation left out"]),
        ),
        Mutant(
            "padding once",
            "The padding is added at both ends, so it counts twice.",
            lambda: _wrong(_BACK_SLIPS["padding once"]),
        ),
        Mutant(
            "the other way round",
            "This is what the remainder lacks to a whole stride. The remainder itself is asked for.",
            lambda: _wrong(_BACK_SLIPS["the other way round"]),
        ),
        Mutant(
            "quotient for remainder",
            "This is how often the stride fits. What is left over is asked for.",
            lambda: _wrong(_BACK_SLIPS["quotient for remainder"]),
        ),
        Mutant(
            "reach of one less",
            "The kernel reaches over d(k - 1) + 1 pixels; this leaves out the 1.",
            lambda: _wrong(_BACK_SLIPS["reach of one less"]),
        ),
        Mutant(
            "one at most",
            "Yours is never above 1. With a stride of s up to s - 1 pixels can be left over.",
            lambda: _wrong(_BACK_SLIPS["one at most"]),
        ),
    ),
    (
        "The floor in step A drops something. What?",
        "It is a remainder: the % operator.",
        "(n + 2p - reach) % s, with the reach of step A.",
    ),
)  # fmt: skip
