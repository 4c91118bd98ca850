"""What the observers share: tensors from plain inputs, a seeded stream that leaves the global one alone, "
"flags."""

__all__ = ["flag", "gradients", "seeded", "shape_of", "tensor"]

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from coursekit.assess.exercise import Case
from coursekit.assess.plain import told


def tensor(case: Case, name: str, *, grad: bool = False) -> Tensor:
    """Return an input of a case as a fresh float32 tensor."""
    return torch.tensor(case.inputs[name], dtype=torch.float32, requires_grad=grad)


@contextlib.contextmanager
def seeded(case: Case) -> Iterator[None]:
    """Give the candidate a stream of random numbers of its own, so that grading is repeatable.

    Students draw from torch's global stream; it is put back afterwards.
    """
    with torch.random.fork_rng(devices=[]):
        seed = int(case.inputs["seed"])
        torch.random.set_rng_state(torch.Generator().manual_seed(seed).get_state())
        yield


def shape_of(value: object) -> str:
    """Return the shape of a tensor as text, or a description of anything else."""
    return str(tuple(value.shape)) if isinstance(value, Tensor) else told(value)


def flag(condition: object) -> float:
    """Return 1.0 or 0.0."""
    return 1.0 if condition else 0.0


def gradients(value: object, inputs: Sequence[Tensor]) -> list[Tensor]:
    """Return the gradients of the sum of a tensor, zeros where none arrives.

    Shape:
        inputs: any; each gradient has the shape of its input.
    """
    zeros = [torch.zeros_like(entry) for entry in inputs]
    if not isinstance(value, Tensor) or not value.requires_grad:
        return zeros
    found = torch.autograd.grad(value.sum(), list(inputs), retain_graph=True, allow_unused=True)
    return [zero if grad is None else grad for grad, zero in zip(found, zeros, strict=True)]
