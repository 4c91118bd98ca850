"""A test sets on a network of a submission's, and an answer on one of ours, as at home."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from coursekit.grading.inside.mirror import Mirror
from tests.grading.inside.across import across
from tests.grading.inside.nets import Net, X, equal, filled


def _weight(net: Any) -> None:
    net.first.weight = nn.Parameter(torch.tensor([[1.0, 2.0], [3.0, -4.0]]))


def _frozen(net: Any) -> None:
    net.second.weight = nn.Parameter(torch.eye(2), requires_grad=False)


def _no_bias(net: Any) -> None:
    net.first.bias = None


def _new(net: Any) -> None:
    net.first.scale = nn.Parameter(torch.ones(3))


def _buffer(net: Any) -> None:
    net.norm.running_mean = torch.tensor([3.0, -1.0])


def _swapped(net: Any) -> None:
    net.first, net.second = net.second, net.first


def _shared(net: Any) -> None:
    net.second = net.first


def _removed(net: Any) -> None:
    net.second = None
    net.second = net.first


def _ours(net: Any) -> None:
    net.second = filled(nn.Linear(2, 2))


def _registered(net: Any) -> None:
    net.first.register_parameter("scale", nn.Parameter(torch.ones(3)))
    net.first.register_buffer("mask", torch.ones(2))
    net.add_module("second", filled(nn.Linear(2, 2)))


def _in_the_list(net: Any) -> None:
    net.many[0] = filled(nn.Linear(2, 2))
    net.many.append(nn.Tanh())
    net.many.insert(1, nn.ReLU())


def _initialised(net: Any) -> None:
    net.apply(lambda part: nn.init.constant_(part.weight, 0.3) if isinstance(part, nn.Linear) else None)


def _doubled(net: Any) -> None:
    net.double()


def _typed(net: Any) -> None:
    net.to(torch.float64)
    net.to("cpu").to(torch.device("cpu"))


def _copied(net: Any) -> None:
    copied = copy.deepcopy([net.first, net.first])
    assert copied[0] is copied[1]
    net.second = copied[0]
    nn.init.constant_(net.second.weight, 0.1)


SET = (
    *(_weight, _frozen, _no_bias, _new, _buffer, _swapped, _shared, _removed, _ours, _registered),
    *(_in_the_list, _initialised, _doubled, _typed, _copied),
)


def _seen(net: Any, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, Any], dict[str, Any]]:
    """Return what a network gives, its state, and which gradients its parameters get."""
    loss = (net(x) ** 2).sum() + net.first.weight.abs().sum()
    net.zero_grad()
    loss.backward()
    net.eval()
    slopes = {name: (one.requires_grad, one.grad) for name, one in net.named_parameters()}
    return net(x).detach(), dict(net.state_dict()), slopes


@pytest.mark.parametrize("change", SET)
def test_what_is_set_on_a_network_over_there_counts_as_at_home(change: Callable[[Any], None]) -> None:
    x, home = X, Net()
    change(home)
    with across(lambda: Net) as answer:
        there = answer()
        assert isinstance(there, Mirror)
        change(there)
        for found, wanted in zip(_seen(there, x), _seen(home, x), strict=True):
            equal(found, wanted)


@pytest.mark.parametrize("change", [_weight, _doubled])
@pytest.mark.parametrize("late", [False, True])
def test_what_was_set_is_trained_over_there(change: Callable[[Any], None], late: bool) -> None:
    def learn(net: Any) -> list[torch.Tensor]:
        optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
        change(net)
        if not late:
            optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(3):
            optimiser.zero_grad()
            (net(X) - torch.ones(2)).pow(2).sum().backward()
            optimiser.step()
        return [net(X).detach(), net.first.weight.detach()]

    with across(lambda: Net) as answer:
        equal(learn(answer()), learn(Net()))


def test_what_torch_refuses_at_home_is_refused_and_the_line_goes_on() -> None:
    with across(lambda: Net) as answer:
        there = answer()
        for wrong in (torch.eye(2), 3):
            with pytest.raises(TypeError, match="as parameter 'weight'"):
                Net().first.weight = wrong  # type: ignore[assignment]
            with pytest.raises(TypeError, match="as parameter 'weight'"):
                there.first.weight = wrong
        assert there(torch.ones(2, 2)).shape == (2, 2)


def test_an_answer_sees_a_parameter_as_one() -> None:
    def kind(value: Any) -> str:
        return f"{type(value).__name__} {value.requires_grad} {value.is_leaf}"

    given = (nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2), requires_grad=False), torch.ones(2),
             torch.ones(2, requires_grad=True))  # fmt: skip
    with across(lambda: kind) as answer:
        assert [answer(value) for value in given] == [kind(value) for value in given]


class _Keeper:
    """Keeps a network that it was given."""

    def __init__(self, net: Any) -> None:
        self.net = net

    def fit(self, x: torch.Tensor) -> None:
        optimiser = torch.optim.SGD(self.net.parameters(), lr=0.1)
        for _ in range(3):
            optimiser.zero_grad()
            self.loss(x).backward()
            optimiser.step()

    def loss(self, x: torch.Tensor) -> torch.Tensor:
        return (self.net(x) - torch.ones(2)).pow(2).sum()  # type: ignore[no-any-return]


def test_a_network_that_an_object_over_there_keeps_is_trained_by_it_as_at_home() -> None:
    x, home, ours = X, Net(), Net()
    _Keeper(home).fit(x)
    with across(lambda: _Keeper) as answer:
        answer(ours).fit(x)
    equal(dict(ours.state_dict()), dict(home.state_dict()))


def test_a_network_that_an_object_over_there_keeps_gets_the_gradients_of_its_loss() -> None:
    x, home, ours = X, Net(), Net()
    _Keeper(home).loss(x).backward()
    with across(lambda: _Keeper) as answer:
        keeper = answer(ours)
        keeper.loss(x).backward()
        for one, other in zip(ours.parameters(), home.parameters(), strict=True):
            equal(one.grad, other.grad)
        with torch.no_grad():
            ours.first.weight.zero_()
            home.first.weight.zero_()
        equal(keeper.loss(x), _Keeper(home).loss(x))


class _Around(nn.Module):
    """A network around another one."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner, self.gain = inner, nn.Parameter(torch.tensor(2.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.gain * self.inner(x)  # type: ignore[no-any-return]


def _trained(net: Any, x: torch.Tensor) -> list[Any]:
    optimiser = torch.optim.SGD(net.parameters(), lr=0.001)
    for _ in range(3):
        optimiser.zero_grad()
        (net(x) - torch.ones(2)).pow(2).sum().backward()
        optimiser.step()
    net.eval()
    return [net(x).detach(), {name: value.detach().clone() for name, value in net.state_dict().items()}]


@pytest.mark.parametrize("trains", ["the test", "the answer"])
def test_a_network_of_a_submission_s_around_one_of_ours_is_one_network(trains: str) -> None:
    def answers() -> tuple[Any, Any]:
        return _Around, _trained

    home = Net()
    wanted = _trained(_Around(home), X)
    with across(lambda: answers) as answer:
        ours, (around, train) = Net(), answer()
        net = around(ours)
        assert [tuple(one.shape) for one in net.parameters()] == [
            tuple(p.shape) for p in _Around(Net()).parameters()
        ]
        equal((_trained if trains == "the test" else train)(net, X), wanted)
        equal(dict(ours.state_dict()), dict(home.state_dict()))
        assert net.inner is ours


@pytest.mark.parametrize("trains", ["the test", "the answer"])
def test_a_network_of_ours_around_one_of_a_submission_s_is_one_network(trains: str) -> None:
    def answers() -> tuple[Any, Any]:
        return Net, _trained

    home = Net()
    wanted = _trained(_Around(home), X)
    with across(lambda: answers) as answer:
        net, train = answer()
        inner = net()
        equal((_trained if trains == "the test" else train)(_Around(inner), X), wanted)
        equal(dict(inner.state_dict()), dict(home.state_dict()))


class _Growing(nn.Module):
    """Builds itself anew, and sets its own mode."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 2)])
        nn.init.eye_(self.layers[0].weight)  # type: ignore[arg-type]
        nn.init.zeros_(self.layers[0].bias)  # type: ignore[arg-type]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x

    def grow(self) -> None:
        self.layers.append(nn.Linear(2, 2))
        nn.init.constant_(self.layers[-1].weight, 0.5)  # type: ignore[arg-type]
        nn.init.ones_(self.layers[-1].bias)  # type: ignore[arg-type]

    def reset(self) -> None:
        self.layers[0].weight = nn.Parameter(torch.full((2, 2), 3.0))

    def predict(self, x: torch.Tensor) -> torch.Tensor:
        self.eval()
        return self(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize("keeps", [False, True])
def test_a_network_that_builds_itself_anew_is_mirrored_as_it_is(keeps: bool) -> None:
    x = torch.tensor([[1.0, -2.0], [0.5, 3.0]])

    def steps(net: Any, helper: Any) -> list[Any]:
        found = [len(list(net.parameters()))]
        helper.grow() if keeps else net.grow()
        found += [len(list(net.parameters())), net(x).detach()]
        helper.reset() if keeps else net.reset()
        found += [net.state_dict()["layers.0.weight"].clone(), net.training]
        net.predict(x)
        found += [net.training, net(x).detach()]
        return found

    def build() -> tuple[_Growing, Any]:
        net = _Growing()

        class Helper:
            def grow(self) -> None:
                net.grow()

            def reset(self) -> None:
                net.reset()

        return net, Helper()

    with across(lambda: build) as answer:
        equal(steps(*answer()), steps(*build()))
