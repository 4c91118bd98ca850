"""Calls to another process behave as calls at home, and nothing that a submission says of itself counts."""

import operator
import os
import time
from collections.abc import Iterable, Sized
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from coursekit.grading.inside import peer
from coursekit.grading.inside.errors import Crossed, SideGone, TooSlow
from coursekit.grading.inside.mirror import Mirror
from tests.grading.inside.across import across


def test_arguments_changed_in_place_are_changed_here() -> None:
    def spoil(x: Any, t: Any, rows: Any, table: Any) -> None:
        x[0], table["new"] = 7, rows
        del table["gone"]
        t.add_(1)
        rows[0].append("more")
        rows.append(x)

    x, t, rows, table = np.zeros(3), torch.zeros(2), [[1]], {"old": 0, "gone": 1}
    inner = rows[0]
    with across(lambda: spoil) as answer:
        answer(x, t, rows, table)
    assert x.tolist() == [7, 0, 0]
    assert t.tolist() == [1, 1]
    assert inner == [1, "more"]
    assert rows[0] is inner
    assert rows[1] is x
    assert table["new"] is rows
    assert list(table) == ["old", "new"]


def test_what_is_the_argument_there_is_the_argument_here() -> None:
    x, t = np.arange(12.0).reshape(3, 4), torch.zeros(3)
    with across(lambda: lambda x, t: (x, x[1:], x.T, x + 0, t, t.clone())) as answer:
        same, part, turned, copy, tensor, other = answer(x, t)
    assert same is x
    assert tensor is t
    assert other is not t
    assert np.shares_memory(part, x)
    assert np.array_equal(part, x[1:])
    assert np.shares_memory(turned, x)
    assert np.array_equal(turned, x.T)
    assert not np.shares_memory(copy, x)


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState, __import__("random").Random])
def test_a_generator_goes_on_where_the_answer_left_it(make: Any) -> None:
    def draw(stream: Any) -> list[float]:
        return [float(stream.random()) for _ in range(3)]

    here, there = make(5), make(5)
    with across(lambda: draw) as answer:
        assert answer(there) == draw(here)
    assert there.random() == here.random()


def test_global_streams_and_torch_generators_go_on_too() -> None:
    def draw(generator: Any) -> list[Any]:
        return [torch.rand(2, generator=generator), torch.rand(2), np.random.rand(2)]

    with torch.random.fork_rng(devices=[]):
        state = torch.Generator().manual_seed(9).get_state()
        torch.random.set_rng_state(state)
        np.random.seed(9)
        here = draw(torch.Generator().manual_seed(1))
        after = (torch.rand(1), np.random.rand())
        torch.random.set_rng_state(state)
        np.random.seed(9)
        with across(lambda: draw) as answer:
            there = answer(torch.Generator().manual_seed(1))
        assert all(np.array_equal(a, b) for a, b in zip(here, there, strict=True))
        assert (torch.rand(1), np.random.rand()) == after


def test_gradients_go_through_an_answer_that_calls_back() -> None:
    def answer_there(f: Any, x: Any, w: Any) -> Any:
        return {"loss": (f(x * w) ** 2).sum(), "mean": f(w).mean()}

    def values(call: Any) -> list[Any]:
        x, w = torch.arange(1.0, 4).double().requires_grad_(), torch.full((3,), 0.5).double().requires_grad_()
        found = call(lambda u: torch.sin(u) * 2, x, w)
        (found["loss"] + 3 * found["mean"]).backward()
        return [x.grad, w.grad, found["loss"].detach()]

    with across(lambda: answer_there) as answer:
        there = values(answer)
    for a, b in zip(values(answer_there), there, strict=True):
        assert torch.allclose(a, b, atol=1e-12)


def test_no_grad_here_is_no_grad_there() -> None:
    with across(lambda: lambda w: w * 2) as answer:
        w = torch.ones(2, requires_grad=True)
        with torch.no_grad():
            assert not answer(w).requires_grad
        assert answer(w).requires_grad
        assert not answer(w.detach()).requires_grad


def _with_gradients(x: Any) -> Any:
    with torch.enable_grad():
        return x * 2


def test_an_answer_has_the_gradients_that_it_has_at_home() -> None:
    """Its own parameters among them, and those that it switches on itself."""
    own = torch.ones(2, requires_grad=True)
    with across(lambda: lambda x: x * own) as answer:
        found = answer(torch.ones(2))
        assert found.requires_grad
        found.sum().backward()
    w = torch.ones(2, requires_grad=True)
    with across(lambda: _with_gradients) as answer, torch.no_grad():
        assert answer(w).requires_grad is _with_gradients(w).requires_grad is True


def test_one_of_two_outputs_may_go_and_the_other_still_has_gradients() -> None:
    with across(lambda: lambda w: [w * 2, w * 3]) as answer:
        w = torch.ones(2, requires_grad=True)
        first, second = answer(w)
        del first
        answer(w.detach())  # tells over there what nothing needs any more
        second.sum().backward()
        assert w.grad is not None
        assert w.grad.tolist() == [3, 3]


def test_a_gradient_of_another_shape_is_none_and_one_of_a_gradient_is_refused() -> None:
    def build() -> Any:
        def lie(*_: Any) -> tuple[Any, ...]:
            return (torch.ones(7),)

        def answer(w: Any, lying: bool) -> Any:
            if lying:
                setattr(peer, "pull", lie)  # noqa: B010 (the module of the other process)
            return w * w

        return answer

    with across(build) as answer:
        w = torch.ones(2, requires_grad=True)
        (slope,) = torch.autograd.grad(answer(w, False).sum(), w, create_graph=True)
        with pytest.raises(RuntimeError):
            torch.autograd.grad(slope.sum() + w.sum(), w)  # refused, not silently that of w alone
        answer(w, True).sum().backward()
        assert w.grad is None


def test_a_long_training_fills_no_memory_over_there() -> None:
    def build() -> Any:
        def answer(f: Any, w: Any) -> Any:
            return w * 2, len(object.__getattribute__(f, "_peer")._graphs)

        return answer

    def f() -> None:
        pass

    with across(build) as answer:
        w = torch.ones(2, requires_grad=True)
        for _ in range(20):
            out, graphs = answer(f, w)
            out.sum().backward()
        assert graphs <= 2
        del out
        assert answer(f, w.detach())[1] == 0
        assert answer(f, w.detach())[1] == 0
        assert object.__getattribute__(answer, "_peer").forgotten == []


class _Net(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d, 4), nn.BatchNorm1d(4), nn.Tanh())
        self.head = nn.Linear(4, 2)
        self.width = d

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.head(self.body(x))
        return found

    def scores(self, x: torch.Tensor, *, scale: float) -> torch.Tensor:
        return self(x).softmax(1) * scale


def _twins() -> tuple[_Net, torch.Tensor]:
    torch.manual_seed(0)
    return _Net(3), torch.randn(8, 3)


def test_a_network_over_there_trains_as_one_at_home() -> None:
    def learn(net: Any, x: torch.Tensor) -> list[float]:
        optimiser = torch.optim.Adam(net.parameters(), lr=0.1)
        losses = []
        for _ in range(4):
            optimiser.zero_grad()
            loss = (net(x) ** 2).mean() + net.scores(x, scale=2.0)[:, 0].mean()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        return losses

    with torch.random.fork_rng(devices=[]):
        home, x = _twins()
        start = {name: value.clone() for name, value in home.state_dict().items()}
        with across(lambda: _Net) as answer:
            there = answer(3)
            assert isinstance(there, Mirror)
            assert there.width == 3
            there.load_state_dict(start)
            assert learn(there, x) == pytest.approx(learn(home, x), abs=1e-6)
            for name, value in home.state_dict().items():
                assert torch.allclose(value.double(), there.state_dict()[name].double(), atol=1e-6), name
            there.eval()
            home.eval()
            assert torch.allclose(there(x), home(x), atol=1e-6)
            assert torch.allclose(there.body(x), home.body(x), atol=1e-6)


def test_a_network_of_ours_trains_over_there() -> None:
    def learn(net: Any, x: torch.Tensor) -> float:
        optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(3):
            optimiser.zero_grad()
            loss = (net(x) ** 2).mean()
            loss.backward()
            optimiser.step()
        return loss.item()

    with torch.random.fork_rng(devices=[]):
        ours, x = _twins()
        twin, _ = _twins()
        with across(lambda: learn) as answer:
            assert answer(ours, x) == pytest.approx(learn(twin, x), abs=1e-6)
        for name, value in twin.state_dict().items():
            assert torch.allclose(value.double(), ours.state_dict()[name].double(), atol=1e-6), name


def _by_calling(net: Any, x: torch.Tensor) -> Any:
    return (net(x) ** 2).sum()


def _by_hand(net: Any, x: torch.Tensor) -> Any:
    return ((x @ net.weight.T + net.bias) ** 2).sum()


def _by_both(net: Any, x: torch.Tensor) -> Any:
    return _by_calling(net, x) + _by_hand(net, 2 * x)


def _slopes(loss: Any, net: Any, x: torch.Tensor) -> list[torch.Tensor]:
    """Return the gradients after one backward, after a second that adds up, and of a fresh start."""
    found = []
    for fresh in (False, False, True):
        if fresh:
            net.zero_grad()
        value = loss(net, x)
        loss(net, x)  # one more crossing in between
        value.backward()
        loss(net, x)
        found += [part.grad.clone() for part in net.parameters()]
    return found


def _keeping() -> Any:
    """Return an answer that keeps a network from an earlier call: it is no argument of the later one."""
    kept: list[Any] = []

    def answer(net: Any, x: torch.Tensor) -> Any:
        kept.append(net)
        return _by_calling(kept[0], x)

    return answer


@pytest.mark.parametrize("build", [lambda: _by_calling, lambda: _by_hand, lambda: _by_both, _keeping])
def test_a_loss_over_there_gives_a_network_of_ours_the_gradients_that_it_has_at_home(build: Any) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ours, x = nn.Linear(2, 2), torch.randn(3, 2)
    home = _slopes(build(), ours, x)
    ours.zero_grad()
    with across(build) as answer:
        for here, there in zip(home, _slopes(answer, ours, x), strict=True):
            assert torch.allclose(here, there, atol=1e-5)


def test_both_sides_see_one_gradient_of_a_network() -> None:
    def look_or_lose(net: Any, x: torch.Tensor | None) -> Any:
        return net.weight.grad.clone() if x is None else _by_both(net, x)

    with across(lambda: look_or_lose) as answer:
        ours, x = nn.Linear(2, 2), torch.ones(3, 2)
        for _ in range(2):
            answer(ours, x).backward()
            assert torch.allclose(answer(ours, None), ours.weight.grad)


@pytest.mark.parametrize("loss", [_by_calling, _by_hand, _by_both])
def test_a_loss_of_ours_gives_a_network_over_there_the_gradients_that_it_has_at_home(loss: Any) -> None:
    x = torch.randn(3, 2, generator=torch.Generator().manual_seed(1))

    def learn(loss: Any, x: torch.Tensor) -> list[Any]:
        net = nn.Linear(2, 2)
        with torch.no_grad():
            net.weight.copy_(torch.tensor([[0.5, -1.0], [2.0, 0.25]]))
            net.bias.copy_(torch.tensor([0.1, -0.2]))
        return [grad.tolist() for grad in _slopes(loss, net, x)]

    home = learn(loss, x)
    with across(lambda: learn) as answer:
        there = answer(loss, x)
    for a, b in zip(home, there, strict=True):
        assert np.allclose(a, b, atol=1e-5)


def test_a_network_comes_with_its_values() -> None:
    def build() -> nn.Module:
        net = nn.Linear(2, 1)
        with torch.no_grad():
            net.weight.fill_(2.0)
        return net

    with across(lambda: build) as answer:
        assert answer().weight.tolist() == [[2.0, 2.0]]


def test_a_method_may_be_put_in_the_place_of_one_over_there() -> None:
    class Two(nn.Module):
        def inner(self, x: torch.Tensor) -> torch.Tensor:
            return x

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x) + 1

    with across(lambda: Two) as answer:
        net = answer()
        net.inner = lambda x: 10 * x
        assert net(torch.ones(1)).item() == 11


def test_a_network_of_ours_that_an_object_over_there_keeps_is_known_there_in_full() -> None:
    class Holder:
        net: Any = None

        def total(self) -> float:
            return sum(float(part.sum().item()) for part in self.net.parameters())

    with across(lambda: Holder) as answer:
        holder, ours = answer(), nn.Linear(2, 2)
        holder.net = ours
        assert holder.total() == pytest.approx(sum(part.sum().item() for part in ours.parameters()), abs=1e-6)


class _Pair(NamedTuple):
    mu: Any
    logvar: Any


def test_named_tuples_iterators_distributions_and_classes() -> None:
    class Counter:
        def __init__(self, start: int) -> None:
            self.value = start

        def __add__(self, other: Any) -> "Counter":
            return Counter(self.value + (other.value if isinstance(other, Counter) else other))

        def rows(self) -> Any:
            yield from range(self.value)

    def several(loc: Any) -> Any:
        return _Pair(1, [2]), torch.distributions.Normal(loc, 2.0), Counter

    with across(lambda: several) as answer:
        pair, normal, counter = answer(torch.zeros(()))
        assert pair.mu == 1
        assert pair.logvar == [2]
        assert normal.log_prob(torch.tensor(1.0)).item() == pytest.approx(-1.7370857, abs=1e-6)
        assert normal.rsample((5,)).shape == (5,)
        total = counter(2) + 3 + counter(1)
        assert total.value == 6
        assert list(total.rows()) == list(range(6))
        with pytest.raises(AttributeError):
            _ = total.nothing
        assert not isinstance(total, Iterable)
        assert not isinstance(total, Sized)


def test_arithmetic_and_items_go_over_from_both_sides() -> None:
    class Row:
        def __init__(self) -> None:
            self.entries = [1, 2, 3]

        def __len__(self) -> int:
            return 3

        def __getitem__(self, at: int) -> int:
            return self.entries[at]

        def __rsub__(self, other: int) -> int:
            return other - 6

    with across(lambda: Row) as answer:
        row = answer()
        assert (len(row), row[1], list(row), 10 - row) == (3, 2, [1, 2, 3], 4)
        assert isinstance(row, Sized)


def test_modules_and_private_things_are_not_handed_over() -> None:
    with across(lambda: lambda f: os if f is None else f()) as answer:
        with pytest.raises(Crossed, match="can't be handed over"):
            answer(None)
        for kept in (os, _Yes, _Yes()):  # what a function of ours gives: a module, a class, an object
            with pytest.raises(Crossed, match="can't be handed over"):
                answer(lambda kept=kept: kept)
        with pytest.raises(TypeError, match="can't be handed over"):
            answer(os)
        assert answer(lambda: 3) == 3


def test_errors_keep_their_kind_and_their_text() -> None:
    class Own(ValueError):
        pass

    def fail(kind: str) -> None:
        if kind == "own":
            raise Own("mine")
        if kind == "exit":
            raise SystemExit(3)
        if kind == "key":
            {}["nothing"]
        if kind == "deep":
            fail(kind)
        torch.zeros(2) @ torch.zeros(3)

    with across(lambda: fail) as answer:
        for kind, near, text in (
            ("own", ValueError, "mine"), ("key", KeyError, "'nothing'"),
            ("deep", RecursionError, "recursion"), ("torch", RuntimeError, "size"), ("exit", Crossed, "3"),
        ):  # fmt: skip
            with pytest.raises(near) as caught:
                answer(kind)
            assert text in str(caught.value)
            assert isinstance(caught.value, Crossed)
            assert type(caught.value).__name__ == {"own": "Own", "exit": "SystemExit"}.get(
                kind, near.__name__
            )


class _Yes:
    """Agrees with everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __array_function__(self, *_: Any, **__: Any) -> bool:
        return True

    def __bool__(self) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        return True

    def __float__(self) -> float:
        return 6.0

    def __contains__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__
    __gt__ = __le__ = __ge__ = __lt__


def test_an_object_that_agrees_with_everything_agrees_with_nothing_here() -> None:
    with across(lambda: _Yes) as answer:
        liar = answer()
        assert operator.eq(liar, 6) is False
        assert operator.ne(liar, 6) is True
        claims = (
            lambda: bool(liar), lambda: liar < 6, lambda: liar <= 6, lambda: float(liar), lambda: 6 in liar,
            lambda: np.allclose(liar, 6), lambda: abs(liar - 6) < 1e-6,
        )  # fmt: skip
        for claim in claims:
            with pytest.raises((TypeError, Crossed)):
                claim()


def test_a_function_of_ours_is_called_and_nothing_else() -> None:
    def pry(f: Any, net: Any, name: str) -> Any:
        return getattr(f if name != "parts" else net, name)

    class Ours(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts, self.kept = os, [1]

        def forward(self, x: Any) -> Any:
            return x

    ours = Ours()
    with across(lambda: pry) as answer:
        for name in ("parts", "func_globals", "real", "mro"):
            with pytest.raises(Crossed):
                answer(lambda x: x, ours, name)
    with across(lambda: lambda net: net.kept.append(2)) as answer:
        answer(ours)
    assert ours.kept == [1]  # what is read over there is a copy


FORGED = (
    ("get", "__globals__"), ("get", "__code__"), ("get", "__class__"), ("call", "__getattribute__"),
    ("call", "__reduce__"), ("set", "kept"), ("serve", "x"), ("_call", "__call__"),
)  # fmt: skip


def test_forged_requests_reach_nothing() -> None:
    """A submission owns its end of the line, so it can write any request to it."""

    def forge(f: Any, op: str, name: str) -> Any:
        peer = object.__getattribute__(f, "_peer")
        return peer._ask(
            {"op": op, "target": f, "name": name, "args": (), "kwargs": {}, "value": 1, "graded": False}, []
        )

    def ours() -> int:
        return 5

    with across(lambda: forge) as answer:
        assert answer(ours, "call", "__call__") == 5
        for op, name in FORGED:
            with pytest.raises(Crossed):
                answer(ours, op, name)
    assert not hasattr(ours, "kept")


def test_too_slow_gone_and_endless_are_told() -> None:
    def act(way: str, f: Any = None) -> Any:
        if way == "sleep":
            time.sleep(60)
        if way == "exit":
            os._exit(1)
        return f() if f else None

    start = time.monotonic()
    with across(lambda: act, seconds=0.5) as answer, pytest.raises(TooSlow):
        answer("sleep")
    assert time.monotonic() - start < 20
    with across(lambda: act) as answer:
        with pytest.raises(SideGone):
            answer("exit")
        with pytest.raises(SideGone):
            answer("again")

    with across(lambda: act) as answer:

        def again() -> Any:
            return answer("call", again)

        with pytest.raises(Crossed):
            again()
        assert answer("fine") is None


def test_what_breaks_the_format_ends_the_line() -> None:
    def noise(f: Any) -> None:
        peer = object.__getattribute__(f, "_peer")
        peer.connection.sendall(b"\x00\x00\x00\x00\x05\x00\x00\x00\x00[1,2]")

    with across(lambda: noise) as answer, pytest.raises(SideGone):
        answer(lambda: 1)


def test_values_that_are_too_large_fail_that_call_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coursekit.grading.inside.wire.LARGEST", 100_000)
    with across(lambda: lambda n: np.zeros(n)) as answer:
        with pytest.raises(Crossed, match="MiB"):
            answer(20_000)
        assert answer(3).tolist() == [0, 0, 0]
