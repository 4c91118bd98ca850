"""Gradients across the wall: a graph in two halves, each on its own side."""

__all__ = ["join", "seeded"]

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from coursekit.grading.inside.peer import Peer


class _Half:
    """A graph of the other side; when nothing needs it any more, the other side may forget it."""

    def __init__(self, peer: "Peer", graph: int) -> None:
        self.peer, self.graph = peer, graph

    def __del__(self) -> None:
        """Tell the other side at the next occasion."""
        self.peer.forgotten.append(self.graph)


class _Seeded(torch.autograd.Function):
    """A number whose gradient by a tensor is what is given for it."""

    @staticmethod
    def forward(ctx: Any, grad: list[Tensor], output: Tensor) -> Tensor:
        """Return the number, which means nothing."""
        ctx.grad = grad[0]
        return output.new_zeros(())

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, one: Tensor) -> Any:
        """Return the given gradient."""
        del one
        return None, ctx.grad


def seeded(output: Tensor, grad: Tensor) -> Tensor:
    """Return a number to differentiate instead of an output that a gradient has reached.

    torch's own way, ``grad_outputs``, loads a library for symbolic algebra first, to compare two shapes.

    Args:
        output: of a graph.
        grad: the gradient that reached it.

    Shape:
        output: any.
        grad: that of ``output``.

    Raises:
        ValueError: if the shapes differ.
    """
    if grad.shape != output.shape:
        shapes = f"{list(output.shape)}; got {list(grad.shape)}"
        raise ValueError(f"a gradient must have its output's shape {shapes}")
    seed: Any = _Seeded  # torch leaves apply without types
    with torch.enable_grad():
        number: Tensor = seed.apply([grad], output)
    return number


class _Once(torch.autograd.Function):
    """A gradient that came across: where it came from is not known here, so it has no gradient of its own."""

    @staticmethod
    def forward(ctx: Any, grad: Tensor, *leaves: Tensor) -> Tensor:
        """Return the gradient that came, as something that depends on what was sent."""
        del ctx, leaves
        return grad.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        """Refuse: none at all would be taken for a zero."""
        del ctx, grads
        raise RuntimeError("a gradient that came from another process can't be differentiated again")


class _Crossing(torch.autograd.Function):
    """An output of the other side as a function of what was sent there."""

    @staticmethod
    def forward(
        ctx: Any, half: _Half, out: int, keys: list[Any], value: list[Tensor], *leaves: Tensor
    ) -> Tensor:
        """Return the output that came."""
        ctx.half, ctx.out, ctx.keys, ctx.shapes = half, out, keys, [leaf.shape for leaf in leaves[:-1]]
        # Kept as they are: nothing is computed from their values, which may change in place meanwhile.
        ctx.leaves = leaves
        return value[0]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        """Ask the other side for the gradients of its half."""
        found = ctx.half.peer.pull(ctx.half.graph, ctx.out, grads[0], ctx.keys)
        once: Any = _Once.apply if torch.is_grad_enabled() else lambda grad, *_: grad
        fit = [
            None if one is None or one.shape != shape else once(one, *ctx.leaves)
            for one, shape in zip(found, ctx.shapes, strict=True)
        ]
        return (None, None, None, None, *fit, None)


def join(
    halves: dict[int, Any],
    peer: "Peer",
    graph: int,
    out: int,
    value: Tensor,
    leaves: list[tuple[Any, Tensor]],
) -> Tensor:
    """Return an output of the other side whose gradients go on there.

    Args:
        halves: of this call, by number.
        peer: the line to the other side.
        graph: the number of its half.
        out: which output of it.
        value: what came.
        leaves: what was sent, by key.

    Shape:
        value: any; the output has the same.
    """
    if graph not in halves:
        halves[graph] = _Half(peer, graph)
    # The last leaf makes the output part of a graph even when nothing that was sent has a gradient.
    own = [tensor for _, tensor in leaves] + [torch.zeros((), requires_grad=True)]
    crossing: Any = _Crossing  # torch leaves apply without types
    with torch.enable_grad():
        joined: Tensor = crossing.apply(halves[graph], out, [key for key, _ in leaves], [value], *own)
    return joined
