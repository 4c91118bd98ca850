"""A test looks at a network of a submission's and copies it as at home, and an answer one of ours."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from coursekit.grading.inside.mirror import Mirror, mirror_class
from tests.grading.inside.across import across
from tests.grading.inside.nets import Net, X, equal, filled


def _look(net: Any, x: torch.Tensor) -> list[Any]:
    first, *rest = net.many
    return [
        [isinstance(part, (nn.Dropout, nn.BatchNorm1d)) for part in net.modules()],
        [isinstance(net, nn.Module), isinstance(net, nn.Sequential), isinstance(net.many, nn.Sequential)],
        [len(net.many), len(rest), net.many[0].in_features, net.many[-1].p, first.weight.detach()],
        [name for name, _ in net.named_modules()],
        [net.many[:1](x).detach(), list(net.many[1:].state_dict()), net.many[0](x).detach()],
        repr(net),
        str(net.norm),
    ]


def test_a_network_is_looked_at_as_at_home() -> None:
    with across(lambda: Net) as answer:
        equal(_look(answer(), X), _look(Net(), X))


_LAYERS: dict[str, tuple[Callable[[], nn.Module], tuple[torch.Tensor, ...]]] = {
    "conv": (lambda: nn.Conv2d(1, 2, 3), (torch.linspace(-1, 1, 32).reshape(2, 1, 4, 4),)),
    "transposed": (lambda: nn.ConvTranspose1d(1, 2, 3), (torch.linspace(-1, 1, 8).reshape(2, 1, 4),)),
    "batch norm": (lambda: nn.BatchNorm2d(1), (torch.linspace(-1, 1, 32).reshape(2, 1, 4, 4),)),
    "layer norm": (lambda: nn.LayerNorm(4), (torch.linspace(-1, 1, 8).reshape(2, 4),)),
    "group norm": (lambda: nn.GroupNorm(1, 2), (torch.linspace(-1, 1, 8).reshape(2, 2, 2),)),
    "embedding": (lambda: nn.Embedding(5, 3), (torch.tensor([[0, 4, 2]]),)),
    "bag": (lambda: nn.EmbeddingBag(5, 3), (torch.tensor([[0, 4, 2]]),)),
    "lstm": (lambda: nn.LSTM(3, 2, batch_first=True), (torch.linspace(-1, 1, 12).reshape(2, 2, 3),)),
    "gru cell": (lambda: nn.GRUCell(3, 2), (torch.linspace(-1, 1, 6).reshape(2, 3),)),
    "attention": (lambda: nn.MultiheadAttention(4, 2), 3 * (torch.linspace(-1, 1, 8).reshape(2, 4),)),
    "encoder": (lambda: nn.TransformerEncoderLayer(4, 2, 8), (torch.linspace(-1, 1, 8).reshape(2, 1, 4),)),
    "bilinear": (lambda: nn.Bilinear(2, 2, 3), (torch.ones(1, 2), -torch.ones(1, 2))),
    "parts": (lambda: nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.PReLU()}), ()),
    "loss": (lambda: nn.CrossEntropyLoss(torch.tensor([1.0, 2.0])), (torch.ones(1, 2), torch.tensor([1]))),
}


@pytest.mark.parametrize("name", _LAYERS)
def test_each_layer_of_torch_s_is_used_as_at_home_on_either_side(name: str) -> None:
    build, given = _LAYERS[name]

    def use(net: Any) -> list[Any]:
        with torch.no_grad():
            for number, one in enumerate(net.parameters()):
                one.copy_(torch.linspace(-0.5, 0.5 + number, one.numel()).reshape(one.shape))
        net.to("cpu").eval()
        if hasattr(net, "flatten_parameters"):
            net.flatten_parameters()
        found = [repr(net), isinstance(net, type(build())), [one.shape for one in net.parameters()]]
        net.load_state_dict(net.state_dict())
        copied = copy.deepcopy(net).train()
        copied.eval()
        outputs = [first(one(*given)).detach() for one in (net, copied)] if given else sorted(net)
        if given and any(True for _ in net.parameters()):
            first(net(*given)).sum().backward()
        return [*found, outputs, dict(net.state_dict()), [one.grad for one in net.parameters()], net.training]

    def first(output: Any) -> Any:
        return output[0] if isinstance(output, tuple) else output

    wanted = use(build())
    with across(lambda: (build, use)) as answer:
        there, theirs = answer
        equal(use(there()), wanted)
        equal(theirs(build())[1:], wanted[1:])


class _Own(nn.Linear):
    """A layer of torch's with a mind of its own."""

    def reset_parameters(self) -> None:
        nn.init.constant_(self.weight, 7.0)
        nn.init.constant_(self.bias, -1.0)

    def __len__(self) -> int:
        return 5

    def __getitem__(self, at: int) -> str:
        return f"item {at}"


class _Shelf(nn.ModuleList):
    """A list of parts that counts otherwise."""

    def __len__(self) -> int:
        return 40

    def total(self) -> float:
        return sum(part.weight.sum().item() for part in self)


def test_what_a_class_has_of_its_own_goes_before_torch_s() -> None:
    def look(answers: Any) -> list[Any]:
        one, shelf = answers[0](2, 2), answers[1]([filled(nn.Linear(2, 2))])
        found = [len(one), one[3], one.weight.detach().clone(), isinstance(one, nn.Linear), one.out_features]
        nn.init.zeros_(one.weight)
        one.reset_parameters()
        return [
            *found,
            one.weight.detach().clone(),
            len(shelf),
            shelf.total(),
            isinstance(shelf, nn.ModuleList),
        ]

    with across(lambda: (_Own, _Shelf)) as answer:
        equal(look(answer), look((_Own, _Shelf)))


class _Bag(nn.Module):
    """Parameters in a list, a buffer that no state holds, and a mode of the class's."""

    training = True

    def __init__(self) -> None:
        super().__init__()
        self.bag = nn.ParameterList([nn.Parameter(torch.full((2,), value)) for value in (1.0, 2.0, 3.0)])
        self.register_buffer("places", torch.arange(2.0), persistent=False)


def test_parameters_in_a_list_and_buffers_that_no_state_holds_are_there() -> None:
    def look(net: Any) -> list[Any]:
        total = sum((number * one).sum() for number, one in enumerate(net.bag))
        total.backward()
        state = {name: value + 1 for name, value in net.state_dict().items()}
        net.load_state_dict(state)
        slopes = {name: one.grad for name, one in net.named_parameters()}
        return [total.item(), slopes, len(net.bag), net.bag[2].detach(), dict(net.state_dict()), net.places]

    with across(lambda: _Bag) as answer:
        equal(look(answer()), look(_Bag()))


def test_a_copy_is_a_network_of_its_own_on_either_side() -> None:
    def keep_best(net: Any, x: torch.Tensor) -> list[Any]:
        best = copy.deepcopy(net)
        with torch.no_grad():
            net.first.weight.mul_(-3)
        parts = copy.deepcopy({"part": net.first, "again": [net.first]})
        assert parts["part"] is parts["again"][0]
        best.eval()
        states = [dict(one.state_dict()) for one in (best, net, parts["part"])]
        return [best(x).detach(), states, net.training, best.training]

    wanted = keep_best(Net(), X)
    with across(lambda: (Net, keep_best)) as answer:
        build, keep = answer
        equal(keep_best(build(), X), wanted)
        equal(keep(Net(), X), wanted)


def test_a_lie_about_its_kind_makes_no_class_that_is_none() -> None:
    for kind in ("functional", "Module", "Parameter", "no such", "", "ModuleDict"):
        made = mirror_class(kind, frozenset(("_parameters", "__class__", "forward", "train", "a b", "total")))
        assert issubclass(made, Mirror)
        assert "forward" not in vars(made)
        assert not {"_parameters", "__class__", "train"} & vars(made).keys()


def test_an_answer_may_show_a_network_of_ours_and_put_something_on_it() -> None:
    def show(net: Any, x: torch.Tensor) -> tuple[str, torch.Tensor]:
        net.register_buffer("mine", torch.ones(1))
        net.added, net.scale = nn.Linear(2, 2), nn.Parameter(torch.ones(1))
        loss = (net(x) * net.scale).sum()
        loss.backward()
        return repr(net), loss

    with across(lambda: show) as answer:
        ours, home = Net(), Net()
        text, loss = answer(ours, X)
        assert "(first): Linear(" in text
        equal(loss.detach(), show(home, X)[1].detach())
        equal(ours.second.weight.grad, home.second.weight.grad)


def test_how_a_network_is_built_is_told_once_and_again_when_it_changes() -> None:
    with across(lambda: id) as answer:
        peer, ours = object.__getattribute__(answer, "_peer"), Net()
        answer(ours)
        assert peer.modules.rebuilt() == []
        ours.second = nn.Identity()
        (told,) = peer.modules.rebuilt()
        assert [name for name, _ in told["parts"]] == ["first", "second", "norm", "many"]
        assert peer.modules.rebuilt() == []


def test_hooks_of_a_test_on_parts_over_there_are_called_as_at_home() -> None:
    def watch(net: Any) -> list[Any]:
        seen: list[Any] = []
        handles = [
            net.first.register_forward_hook(lambda _part, given, out: seen.append((given[0], out.detach()))),
            net.second.register_forward_pre_hook(lambda _part, given: seen.append(given[0].detach())),
            net.register_forward_hook(lambda _part, _given, out: 2 * out),
        ]
        found = [net(X).detach()]
        for handle in handles:
            handle.remove()
        return [*found, net(X).detach(), seen]

    with across(lambda: Net) as answer:
        equal(watch(answer()), watch(Net()))
