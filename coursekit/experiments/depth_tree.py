"""A target made of two-input parts: networks of one size that do and do not share its tree."""

__all__ = ["MISMATCH", "Shape", "TreeResult", "folded", "matched_tree", "run", "tree_output"]

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_positive_int, require
from coursekit.experiments.bench import named, plan, seeded
from coursekit.experiments.depth_stack import hidden, numbers, run_adam, stack, weights_of

INPUTS, WIDTH, ROWS = 8, 16, 2000
MISMATCH = (0, 4, 2, 6, 1, 5, 3, 7)  # no pair of this order is a pair of the target

Nodes = list[tuple[Tensor, Tensor, Tensor, Tensor]]


class Shape(NamedTuple):
    """One kind of network: the numbers it learns, and its test error of each seed.

    The error is the root mean square over the standard deviation of the target: 1 is the best constant.
    """

    name: str
    learned: int
    error: tuple[float, ...]


class TreeResult(NamedTuple):
    """The kinds of network, on one target."""

    seeds: tuple[int, ...]
    steps: int
    shapes: tuple[Shape, ...]

    def get(self, name: str) -> Shape:
        """Return one kind by its name.

        Raises:
            ValueError: if there is none of that name.
        """
        return named(self.shapes, name)


def folded(x: Tensor) -> Tensor:
    r"""Fold the inputs pair by pair down to one number.

    .. math:: f(x) = g(g(g(x_1, x_2), g(x_3, x_4)), g(g(x_5, x_6), g(x_7, x_8))), \quad g(a, b) = |a - b| - 1

    With -1 and 1 for the bits, g is the exclusive or and f the parity; between the corners it is continuous.

    Args:
        x: rows of the cube from -1 to 1.

    Shape:
        x: (..., D), D a power of two; returns (...).

    Raises:
        ValueError: if D is no power of two.

    Source:
        The binary tree is the example of Poggio et al. (2017), figure 1b; the folding part is ours.

    Example:
        >>> folded(torch.tensor([[1.0, -1.0], [1.0, 1.0], [0.25, -0.5]]))
        tensor([ 1.0000, -1.0000, -0.2500])
    """
    size = x.shape[-1]
    require(size > 0 and size & (size - 1) == 0, f"x must have a power of two of columns; got {size}")
    while x.shape[-1] > 1:
        x = (x[..., 0::2] - x[..., 1::2]).abs() - 1
    return x[..., 0]


def matched_tree(seeds: Sequence[int], *, width: int = WIDTH) -> Nodes:
    """Draw networks wired like the tree: seven nodes, each a net of two inputs and one hidden layer.

    Args:
        seeds: one network each.
        width: hidden ReLU neurons a node, at least 1.

    Raises:
        TypeError: if the width is no int.
        ValueError: if it is below 1.
    """
    check_positive_int(width, "width")
    sources = [seeded(seed) for seed in seeds]

    def drawn(spread: float, *shape: int) -> Tensor:
        return spread * torch.stack([torch.randn(*shape, generator=g) for g in sources])

    return [
        (
            drawn(1.0, k, 2, width),
            drawn(0.5, k, 1, width),
            drawn(width**-0.5, k, width, 1),
            drawn(0.0, k, 1, 1),
        )
        for k in (4, 2, 1)
    ]


def tree_output(nodes: Nodes, x: Tensor) -> Tensor:
    r"""Return what networks wired like a tree put out; every pair of values meets in a node of its own.

    .. math:: y = v^\top \operatorname{relu}(W^\top (a, b) + c) + e

    Args:
        nodes: of each level, from the leaves to the root.
        x: the rows of each network.

    Shape:
        x: (R, B, 8); returns (R, B).
    """
    values = x.transpose(1, 2).unsqueeze(-1)  # (R, 8, B, 1)
    for W, b, V, c in nodes:
        inner = values[:, 0::2] * W[:, :, :1] + values[:, 1::2] * W[:, :, 1:] + b  # (R, k, B, H)
        values = torch.relu(inner) @ V + c
    return values[:, 0, :, 0]


def _fit(
    parameters: Sequence[Tensor], output: Callable[[Tensor], Tensor], seeds: Sequence[int], steps: int
) -> tuple[float, ...]:
    """Train on fresh rows at every step, so that nothing can be overfitted; return the errors on new ones."""
    sources = [seeded(10_000 + seed) for seed in seeds]

    def rows(count: int) -> Tensor:
        return torch.stack([2 * torch.rand(count, INPUTS, generator=g) - 1 for g in sources])

    def loss(_: int) -> Tensor:
        x = rows(100)
        return (output(x) - folded(x)).square().mean(1)

    run_adam(parameters, loss, steps=steps, learning_rate=0.01)
    x = rows(ROWS)
    with torch.no_grad():
        error = (output(x) - folded(x)).square().mean(1).sqrt() / folded(x).std(1)
    return tuple(error.tolist())


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, steps: int = 1500, fast: bool = False) -> TreeResult:
    """Train trees on the right and on other pairs, one hidden layer, and three dense ones on :func:`folded`.

    All but the last learn about 450 numbers; "shallow, ten times" learns ten times as many.

    Args:
        seeds: one network of each kind.
        steps: of Adam, 100 new rows each, at a rate of 0.01.
        fast: two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, or ``steps`` is below 1.
    """
    used, steps = plan(seeds, steps, fast)
    shapes = []
    for name, order in (("matched tree", None), ("other pairs", list(MISMATCH))):
        nodes = matched_tree(used)
        parts = [part for level in nodes for part in level]

        def through_tree(x: Tensor, nodes: Nodes = nodes, order: list[int] | None = order) -> Tensor:
            return tree_output(nodes, x if order is None else x[..., order])

        error = _fit(parts, through_tree, used, steps)
        shapes.append(Shape(name, sum(part[0].numel() for part in parts), error))
    dense = {"shallow": (45,), "dense, 3 layers": (12, 12, 12), "shallow, ten times": (450,)}
    for name, widths in dense.items():
        net = stack(used, (INPUTS, *widths, 1), shift=0.5, dtype=torch.float32)

        def through(x: Tensor, net: list[tuple[Tensor, Tensor]] = net) -> Tensor:
            return hidden(net, x)[-1][..., 0]

        shapes.append(Shape(name, weights_of(net), _fit(numbers(net), through, used, steps)))
    return TreeResult(used, steps, tuple(shapes))
