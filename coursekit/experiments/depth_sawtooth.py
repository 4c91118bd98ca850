"""What gradient descent makes of a sawtooth that two neurons a layer can draw exactly."""

__all__ = ["SawtoothCase", "SawtoothResult", "learn"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_positive_int
from coursekit.experiments.bench import named, plan
from coursekit.experiments.depth_nets import Net, forward, sawtooth_deep
from coursekit.experiments.depth_pieces import linear_pieces
from coursekit.experiments.depth_stack import Layers, hidden, numbers, run_adam, stack


class SawtoothCase(NamedTuple):
    """What training left over, as a share of the target's variance, and the pieces, one entry a seed."""

    name: str
    left: tuple[float, ...]
    pieces: tuple[int, ...]


class SawtoothResult(NamedTuple):
    """The kinds of network, on a target of ``2**k`` pieces."""

    seeds: tuple[int, ...]
    k: int
    cases: tuple[SawtoothCase, ...]

    def get(self, name: str) -> SawtoothCase:
        """Return one kind by its name.

        Raises:
            ValueError: if there is none of that name.
        """
        return named(self.cases, name)


def _as_net(layers: Layers, which: int) -> Net:
    """Take one network out of a stack."""
    parts = [(W[which].numpy(), b[which, 0].numpy()) for W, b in layers]
    weights, biases = zip(*parts, strict=True)
    return Net(weights, biases, "relu")


def learn(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, k: int = 5, steps: int = 600, fast: bool = False
) -> SawtoothResult:
    """Train networks on the sawtooth of ``2**k`` pieces: as narrow as can be, wide and deep, and shallow.

    Args:
        seeds: one network of each kind.
        k: of the sawtooth, at least 1.
        steps: of Adam on a grid of 8 points a piece, at a rate of 0.01.
        fast: two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``k`` or ``steps`` is no int.
        ValueError: if there is no seed, or ``k`` or ``steps`` is below 1.
    """
    used, steps = plan(seeds, steps, fast)
    check_positive_int(k, "k")
    x = torch.linspace(0, 1, 8 * 2**k + 1, dtype=torch.float64)[:, None]
    d = torch.from_numpy(forward(sawtooth_deep(k), x.numpy()))[:, 0]
    kinds = {"2 a layer": [2] * k, "16 a layer": [16] * k, "one layer of 64": [64]}
    cases = []
    for name, widths in kinds.items():
        net = stack(used, (1, *widths, 1), shift=0.5)

        def loss(_: int, net: Layers = net) -> Tensor:
            return (hidden(net, x)[-1][..., 0] - d).square().mean(1)

        run_adam(numbers(net), loss, steps=steps, learning_rate=0.01)
        left = (loss(0) / d.var(correction=0)).tolist()
        found = tuple(len(linear_pieces(_as_net(net, r)).slopes) for r in range(len(used)))
        cases.append(SawtoothCase(name, tuple(left), found))
    return SawtoothResult(used, k, tuple(cases))
