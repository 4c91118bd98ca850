"""A gradient that arrives for an output goes on from there as torch itself would pass it on."""

import subprocess
import sys

import pytest
import torch
from torch import Tensor

from coursekit.grading.inside.gradients import seeded

SHAPES: list[tuple[int, ...]] = [(), (1,), (3,), (2, 3), (2, 0)]


def _passed_on(output: Tensor, leaves: list[Tensor], grad: Tensor) -> tuple[Tensor | None, ...]:
    return torch.autograd.grad(seeded(output, grad), leaves, retain_graph=True, allow_unused=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_what_torch_passes_on(shape: tuple[int, ...]) -> None:
    torch.manual_seed(3)
    a, b, unused = (torch.randn(shape, requires_grad=True) for _ in range(3))
    output, grad = torch.sin(a) * b, torch.randn(shape)
    expected = torch.autograd.grad(output, [a, b], grad, retain_graph=True)
    with torch.no_grad():  # the other side may not want gradients of its own just now
        found = _passed_on(output, [a, b, unused], grad)
    assert found[2] is None
    for one, other in zip(found[:2], expected, strict=True):
        assert one is not None
        assert torch.equal(one, other)


def test_neither_the_value_nor_an_endless_gradient_matters() -> None:
    a = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    output = a / torch.tensor([0.0, 1.0, 1.0])
    (found,) = _passed_on(output, [a], torch.tensor([0.0, torch.inf, -2.0]))
    assert found is not None
    assert torch.equal(found[1:], torch.tensor([torch.inf, -2.0]))


@pytest.mark.parametrize("shape", [(2,), (1, 3), (), (3, 1)])
def test_another_shape_is_refused_even_where_it_could_be_stretched(shape: tuple[int, ...]) -> None:
    output = torch.ones(3, requires_grad=True) * 2
    with pytest.raises(ValueError, match=r"its output's shape \[3\]; got"):
        seeded(output, torch.ones(shape))


def test_it_loads_no_library_for_symbolic_algebra() -> None:
    text = (
        "import sys, torch; from coursekit.grading.inside.gradients import seeded; "
        "a = torch.ones(3, requires_grad=True); "
        "print(torch.autograd.grad(seeded(a * 2, torch.ones(3)), [a]), 'sympy' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "(tensor([2., 2., 2.]),) False"
