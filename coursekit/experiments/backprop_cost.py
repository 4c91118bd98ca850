"""What gradients cost: products counted, forward passes for differences, and the error of a difference."""

__all__ = [
    "Flops",
    "StepErrors",
    "counted_flops",
    "difference_passes",
    "matmul_flops",
    "step_errors",
    "stored_activations",
]

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from coursekit._check import check_positive_int, require
from coursekit.scratch.gradcheck import central_difference

Floats = NDArray[np.floating[Any]]


class Flops(NamedTuple):
    """Operations of the matrix products in a forward and a backward pass."""

    forward: int
    backward: int

    @property
    def ratio(self) -> float:
        """Backward over forward."""
        return self.backward / self.forward


class StepErrors(NamedTuple):
    """Error of a central difference of sin at 1.234 for each step, in both precisions."""

    steps: Floats
    double: Floats
    single: Floats
    complex_step: Floats


def _pairs(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Return the inputs and neurons of each layer."""
    require(len(sizes) >= 2, f"sizes must hold an input and an output; got {len(sizes)} sizes")
    for size in sizes:
        check_positive_int(size, "size")
    return list(pairwise(sizes))


def matmul_flops(sizes: Sequence[int], *, batch: int) -> Flops:
    r"""Count the operations of all matrix products of one pass each way.

    .. math:: F = 2B \sum_{l=1}^{L} D_{l-1} D_l, \qquad R = 2F - 2B D_0 D_1

    A layer's backward pass has two products as large as its forward one; the first layer needs only one,
    because nobody asks for the gradient by the data.

    Args:
        sizes: of the layers, input first.
        batch: rows, B.

    Raises:
        TypeError: if a size is no int.
        ValueError: if there are fewer than two sizes, or one is below 1.

    Example:
        >>> round(matmul_flops([784, 512, 512, 10], batch=1).ratio, 2)
        1.4
    """
    check_positive_int(batch, "batch")
    pairs = _pairs(sizes)
    forward = 2 * batch * sum(a * b for a, b in pairs)
    return Flops(forward, 2 * forward - 2 * batch * pairs[0][0] * pairs[0][1])


def _network(sizes: Sequence[int]) -> nn.Sequential:
    """Return linear layers with ReLU between them, on torch's device without memory."""
    layers: list[nn.Module] = []
    for a, b in _pairs(sizes):
        layers += [nn.Linear(a, b, device="meta"), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def counted_flops(sizes: Sequence[int], *, batch: int) -> Flops:
    """Let torch count the operations of its own passes.

    Args:
        sizes: of the layers, input first.
        batch: rows.

    Raises:
        TypeError: if a size is no int.
        ValueError: if there are fewer than two sizes, or one is below 1.
    """
    network, x = _network(sizes), torch.empty(batch, sizes[0], device="meta")
    forward, backward = FlopCounterMode(display=False), FlopCounterMode(display=False)
    with forward:
        total = network(x).sum()
    with backward:
        total.backward()
    return Flops(forward.get_total_flops(), backward.get_total_flops())


def stored_activations(sizes: Sequence[int], *, batch: int) -> int:
    """Count the numbers that torch keeps from a forward pass for the backward one, parameters left out.

    Args:
        sizes: of the layers, input first.
        batch: rows.

    Raises:
        TypeError: if a size is no int.
        ValueError: if there are fewer than two sizes, or one is below 1.
    """
    network, kept = _network(sizes), {}
    weights = {parameter.shape for parameter in network.parameters()}

    def note(tensor: Tensor) -> Tensor:
        # A layer's output and the next one's input are the same numbers, kept once.
        if tensor.shape not in weights and tensor.T.shape not in weights:
            kept[tensor.untyped_storage()._cdata] = tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        network(torch.empty(batch, sizes[0], device="meta"))
    return sum(kept.values())


def difference_passes(sizes: Sequence[int]) -> int:
    r"""Count the forward passes that central differences need for every parameter.

    .. math:: 2 \sum_{l=1}^{L} (D_{l-1} + 1) D_l

    Args:
        sizes: of the layers, input first.

    Raises:
        TypeError: if a size is no int.
        ValueError: if there are fewer than two sizes, or one is below 1.

    Example:
        >>> difference_passes([784, 128, 10])
        203540
    """
    return 2 * sum((a + 1) * b for a, b in _pairs(sizes))


def step_errors(*, at: float = 1.234, smallest: int = -13) -> StepErrors:
    """Measure the error of a central difference of sin for steps from 1 downwards, two a decade.

    Args:
        at: where.
        smallest: power of ten of the smallest step.
    """
    steps = 10.0 ** np.arange(0, smallest - 0.5, -0.5)
    truth = np.cos(at)
    double, single, turned = [], [], []
    for step in steps:
        one = central_difference(np.sin, np.float64(at), np.float64(1.0), step=float(step))
        double.append(abs(float(one) - truth))
        # The slope is measured where float32 really is, not where `at` was meant to be.
        x, h = np.float32(at), np.float32(step)
        two = (np.sin(x + h) - np.sin(x - h)) / (np.float32(2) * h)
        single.append(abs(float(two) - float(np.cos(np.float64(x)))))
        turned.append(abs(float(np.sin(at + 1j * step).imag) / step - truth))
    return StepErrors(steps, np.array(double), np.array(single), np.array(turned))
