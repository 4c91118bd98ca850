"""Automatic changes: each kind is made, each compiles or is counted as broken, none equals the original."""

import torch
from torch import Tensor, nn

from coursekit.assess.mutation import changes


def mean_square(x: Tensor, y: Tensor, scale: float = 2.0) -> Tensor:
    """Return a number from two tensors of one shape."""
    with torch.no_grad():
        shift = -y
    return scale * ((x + shift) ** 2).sum(dim=0).detach()


class Noisy(nn.Module):
    """A module with two methods."""

    def draw(self, x: Tensor) -> Tensor:
        """Return noise of the shape of x."""
        return torch.randn_like(x)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return two tensors of the shape of x."""
        self.eval()
        return x, torch.exp(x)


def test_every_kind_of_change_is_made() -> None:
    names = [change.name.partition("->")[2] for change in changes(mean_square)]
    for part in (
        "x - shift", "scale / ", "* 2)", "** 3", "** 0", ".mean(dim=0)", "dim=1", ".sum()", "shift = y",
        "return -(scale", "x * (", "shift = -scale", ".sum(dim=0)",
    ):  # fmt: skip
        assert any(part in name for name in names), part
    assert len(set(names)) == len(names)


def test_changes_compile_and_differ() -> None:
    x, y = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0.5, 3.0, 1.0])
    wanted, same = mean_square(x, y), 0
    for change in changes(mean_square):
        try:
            same += bool(torch.equal(change.build()(x, y), wanted))
        except (TypeError, IndexError):
            continue
    assert same == 4  # without no_grad, with detach or without it, with the only axis not named


def test_one_method_can_be_picked() -> None:
    every, own = list(changes(Noisy)), list(changes(Noisy, "forward"))
    assert any("rand_like" in change.name for change in every)
    assert own
    assert all("rand_like" not in change.name for change in own)
    assert any("pass" in change.name for change in own)
    assert any("return (torch.exp(x), x)" in change.name for change in own)
    swapped = next(change for change in own if "return (torch.exp(x), x)" in change.name).build()()
    assert torch.equal(swapped(torch.zeros(1))[0], torch.ones(1))
