"""Lottery tickets: pruned networks trained again from their own start, and from another one."""

__all__ = ["TicketResult", "keep_largest", "run"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from coursekit._check import require
from coursekit.experiments.bench import plan
from coursekit.experiments.depth_nets import Floats
from coursekit.experiments.depth_stack import (
    Layers,
    batches,
    cross_entropies,
    digits_data,
    hidden,
    numbers,
    run_adam,
    share_right,
    stack,
)  # fmt: skip

SIZES = (64, 100, 10)
KEPT_A_ROUND = 0.55


class TicketResult(NamedTuple):
    """Test accuracy of the dense network, (S,), and of its tickets, (rounds, S), by the share kept."""

    seeds: tuple[int, ...]
    kept: Floats
    dense: Floats
    rewound: Floats
    redrawn: Floats


def keep_largest(weight: Tensor, mask: Tensor, share: float) -> Tensor:
    """Keep a share of the weights that a mask still holds, those of largest size in each network.

    Args:
        weight: trained weights of R networks.
        mask: 1 where a weight is still there, equally many in each network.
        share: above 0, at most 1.

    Shape:
        weight, mask: (R, D, H); returns the same.

    Raises:
        ValueError: if the share is outside (0, 1].

    Source:
        Frankle and Carbin (2019), The lottery ticket hypothesis, section 2: layer by layer, by magnitude.

    Example:
        >>> keep_largest(torch.tensor([[[3.0, -5.0, 1.0, 2.0]]]), torch.ones(1, 1, 4), 0.5)
        tensor([[[1., 1., 0., 0.]]])
    """
    require(0 < share <= 1, f"share must lie above 0, at most 1; got {share}")
    sizes = torch.where(mask > 0, weight.abs(), -1.0).flatten(1)
    count = max(1, round(share * int(mask[0].sum())))
    chosen = sizes.topk(count, dim=1).indices
    return torch.zeros_like(sizes).scatter_(1, chosen, 1.0).reshape(mask.shape)


def _train(start: Layers, masks: Sequence[Tensor], seeds: Sequence[int], steps: int) -> Layers:
    """Train the weights that the masks hold, from a copy of the start."""
    data, rows = digits_data(), batches(len(digits_data().x), seeds)
    net = [(W.clone(), b.clone()) for W, b in start]

    def masked() -> Layers:
        return [(W * mask, b) for (W, b), mask in zip(net, masks, strict=True)]

    def loss(_: int) -> Tensor:
        at = next(rows)
        return cross_entropies(hidden(masked(), data.x[at])[-1], data.d[at])

    run_adam(numbers(net), loss, steps=steps, learning_rate=3e-3)
    return masked()


def _right(net: Layers) -> list[float]:
    """Return the test accuracy of each network."""
    data = digits_data()
    return share_right(hidden(net, data.x_test)[-1], data.d_test)


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, rounds: int = 5, steps: int = 300, fast: bool = False
) -> TicketResult:
    """Prune a 64-100-10 network round by round, and train what is left from its own and from another start.

    Args:
        seeds: one network each.
        rounds: each keeps 55 % of the weights that were left.
        steps: of Adam on the digits, in each training.
        fast: two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, or ``steps`` is below 1.

    Source:
        Frankle and Carbin (2019), sections 2 and 3.
    """
    used, steps = plan(seeds, steps, fast)
    start = stack(used, SIZES, dtype=torch.float32)
    other = stack([1000 + seed for seed in used], SIZES, dtype=torch.float32)
    masks = [torch.ones_like(W) for W, _ in start]
    net = _train(start, masks, used, steps)
    dense, kept, rewound, redrawn = _right(net), [], [], []
    for _ in range(rounds):
        masks = [keep_largest(W, mask, KEPT_A_ROUND) for (W, _), mask in zip(net, masks, strict=True)]
        net = _train(start, masks, used, steps)
        kept.append(sum(float(mask[0].sum()) for mask in masks) / sum(mask[0].numel() for mask in masks))
        rewound.append(_right(net))
        redrawn.append(_right(_train(other, masks, used, steps)))
    return TicketResult(used, *(np.array(part) for part in (kept, dense, rewound, redrawn)))
