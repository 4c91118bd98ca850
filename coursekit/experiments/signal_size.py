"""How large a signal is after each layer of a deep stack, by the spread of the weights."""

__all__ = ["SPREADS", "Signal", "SignalResult", "run"]

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit._check import check_choice, check_positive_int, require
from coursekit.scratch.activations import activation

SPREADS: dict[str, Callable[[int], float]] = {
    "Xavier": lambda width: math.sqrt(2 / (width + width)),
    "He": lambda width: math.sqrt(2 / width),
    "variance taken as deviation": lambda width: 2 / (width + width),
    "twice Xavier": lambda width: 2 * math.sqrt(2 / (width + width)),
}


class Signal(NamedTuple):
    """The root mean square of the outputs after each layer, (S, L), input first; its factor a layer, (S,)."""

    activation: str
    spread: str
    size: NDArray[np.float64]
    factor: list[float]


class SignalResult(NamedTuple):
    """The stacks, with what they have in common."""

    seeds: tuple[int, ...]
    width: int
    depth: int
    signals: tuple[Signal, ...]

    def get(self, name: str, spread: str) -> Signal:
        """Return the stack of an activation and a spread.

        Raises:
            ValueError: if there is none.
        """
        check_choice(spread, "spread", SPREADS)
        check_choice(name, "name", {signal.activation for signal in self.signals})
        return next(s for s in self.signals if (s.activation, s.spread) == (name, spread))


def _sizes(name: str, spread: float, width: int, depth: int, rows: int, seed: int) -> NDArray[np.float64]:
    """Send standard normal rows through square layers and note the root mean square after each."""
    rng, f = np.random.default_rng(seed), activation(name).function
    found: list[NDArray[Any]] = [rng.standard_normal((rows, width))]
    for _ in range(depth):
        found.append(f(found[-1] @ rng.normal(0.0, spread, (width, width))))
    return np.array([math.sqrt(np.mean(y**2)) for y in found])


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, names: Sequence[str] = ("linear", "tanh", "relu"),
    width: int = 256, depth: int = 20, rows: int = 64, fast: bool = False,
) -> SignalResult:  # fmt: skip
    """Measure the size of the signal in stacks without biases.

    Args:
        seeds: one draw of the input and the weights each.
        names: the activations.
        width: neurons a layer, at least 1.
        depth: layers, at least 1.
        rows: of the input, at least 1.
        fast: use two seeds.

    Raises:
        TypeError: if a size is no int.
        ValueError: if there is no seed, a size is below 1, or an activation unknown.
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    for count, called in ((width, "width"), (depth, "depth"), (rows, "rows")):
        check_positive_int(count, called)
    seeds = tuple(seeds[:2] if fast else seeds)
    signals = []
    for name in names:
        for spread, deviation in SPREADS.items():
            size = np.stack([_sizes(name, deviation(width), width, depth, rows, seed) for seed in seeds])
            factor = (size[:, -1] / size[:, 1]) ** (1 / max(depth - 1, 1))
            signals.append(Signal(name, spread, size, factor.tolist()))
    return SignalResult(seeds, width, depth, tuple(signals))
