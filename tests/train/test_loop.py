"""The loop against a hand-written one, and against everything that can be wrong with its arguments."""

import math
import sys
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from coursekit._check import CourseError
from coursekit.train import Batch, Cosine, Hook, Run, choose_device, evaluate, fit
from tests.train import toy


def test_equals_a_loop_written_by_hand() -> None:
    """Same order of rows, same noise, PyTorch's unfused Adam: the same weights to rounding."""
    x, y = toy.data()
    net, twin = toy.network(), toy.network()
    schedule = Cosine(total=20, warmup=3, floor=0.1)
    history = fit(
        net, (x, y), loss=toy.noisy_loss, epochs=4, batch_size=16, lr=0.02, generator=toy.generator(),
        schedule=schedule, clip_norm=0.5,
    )  # fmt: skip
    stream, step = toy.generator(), 0
    adam = torch.optim.Adam(twin.parameters(), lr=0.02, foreach=False)
    means = []
    for _ in range(4):
        order, total = torch.randperm(60, generator=stream), 0.0
        for rows in order.split(16):
            adam.param_groups[0]["lr"] = 0.02 * schedule(step)
            loss = toy.noisy_loss(twin, (x[rows], y[rows]), stream)["loss"]
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(twin.parameters(), 0.5)
            adam.step()
            step, total = step + 1, total + loss.item() * len(rows)
        means.append(total / 60)
    for ours, theirs in zip(net.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    assert history.column("loss") == pytest.approx(means, rel=1e-9)
    assert history.last("lr") == pytest.approx(0.02 * schedule(15), rel=1e-12)


def test_learns_and_weights_means_by_rows() -> None:
    history = fit(
        toy.network(), toy.data(), loss=toy.noisy_loss, epochs=200, batch_size=40, lr=0.05,
        generator=toy.generator(),
    )  # fmt: skip
    # The noise of the targets is 0.1: its variance is the floor of the error.
    assert history.column("loss")[0] > 1
    assert history.last("loss") < 0.05
    assert history.last("rows") == pytest.approx((40 * 40 + 20 * 20) / 60)
    assert history.seconds > 0


def test_same_generator_same_run_and_another_another() -> None:
    nets = []
    for seed in (0, 0, 1):
        net = toy.network()
        fit(net, toy.data(), loss=toy.noisy_loss, epochs=2, batch_size=16, generator=toy.generator(seed))
        nets.append(torch.cat([p.flatten() for p in net.parameters()]))
    assert torch.equal(nets[0], nets[1])
    assert not torch.equal(nets[0], nets[2])


def test_a_run_inside_no_grad_trains_as_one_outside() -> None:
    outside, inside = toy.network(), toy.network()
    options: dict[str, Any] = {"loss": toy.noisy_loss, "epochs": 2, "batch_size": 16}
    fit(outside, toy.data(), **options, generator=toy.generator())
    with torch.no_grad():
        fit(inside, toy.data(), **options, generator=toy.generator())
        assert not torch.is_grad_enabled()
    for ours, theirs in zip(inside.parameters(), outside.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_global_stream_is_untouched() -> None:
    net, before = toy.network(), torch.get_rng_state()
    fit(net, toy.data(), loss=toy.noisy_loss, epochs=1, batch_size=16, generator=toy.generator())
    assert torch.equal(before, torch.get_rng_state())


def test_validation_is_recorded_and_changes_nothing() -> None:
    x, y = toy.data()
    nets = []
    for validation in (None, (x[:7], y[:7])):
        net = toy.network(dropout=0.0)
        history = fit(
            net, (x, y), loss=toy.noisy_loss, epochs=3, batch_size=16, generator=toy.generator(),
            validation=validation,
        )  # fmt: skip
        nets.append(torch.cat([p.flatten() for p in net.parameters()]))
    assert torch.equal(nets[0], nets[1])
    assert len(history.column("val_loss")) == 3
    assert history.last("val_rows") == 7


def test_evaluate_sees_evaluation_mode_and_no_gradients() -> None:
    modes: list[tuple[bool, bool]] = []

    def spying(model: nn.Module, batch: Batch, _: torch.Generator) -> dict[str, Tensor]:
        modes.append((model.training, torch.is_grad_enabled()))
        return {"loss": batch[0].mean()}

    net = toy.network().train()
    means = evaluate(
        net, (torch.tensor([1.0, 2.0, 6.0]),), loss=spying, generator=toy.generator(), batch_size=2
    )
    assert means == {"loss": 3.0}
    assert modes == [(False, False)] * 2
    assert net.training


def test_mode_of_the_model_is_kept() -> None:
    for training in (True, False):
        net = toy.network().train(training)
        fit(net, toy.data(), loss=toy.plain_loss, epochs=1, batch_size=16, generator=toy.generator())
        assert net.training is training


def test_hooks_are_called_by_name_in_order() -> None:
    calls: list[str] = []

    class Spy(Hook):
        def on_fit_start(self, run: Run) -> None:
            calls.append(f"start {run.step}")

        def on_epoch_start(self, run: Run) -> None:
            calls.append(f"epoch {run.epoch}")

        def on_batch_end(self, run: Run) -> None:
            assert not run.terms["loss"].requires_grad
            calls.append(f"batch {run.step}")

        def on_epoch_end(self, run: Run) -> None:
            calls.append(f"ended {len(run.history)}")
            run.stop = run.epoch == 1

        def on_fit_end(self, run: Run) -> None:
            calls.append(f"end {run.step}")

    fit(
        toy.network(), toy.data(), loss=toy.plain_loss, epochs=9, batch_size=30, generator=toy.generator(),
        hooks=[Spy()],
    )  # fmt: skip
    first = ["start 0", "epoch 0", "batch 1", "batch 2", "ended 1"]
    assert calls == [*first, "epoch 1", "batch 3", "batch 4", "ended 2", "end 4"]


def test_clipping_bounds_the_gradient() -> None:
    norms: list[float] = []

    class Norm(Hook):
        def on_batch_end(self, run: Run) -> None:
            grads = [p.grad.flatten() for p in run.model.parameters() if p.grad is not None]
            norms.append(float(torch.cat(grads).norm()))

    for clip_norm in (None, 0.25):
        fit(toy.network(), toy.data(), loss=toy.plain_loss, epochs=1, batch_size=60,
            generator=toy.generator(), hooks=[Norm()], clip_norm=clip_norm)  # fmt: skip
    assert norms[0] > 1
    assert norms[1] == pytest.approx(0.25, rel=1e-5)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_loss_that_is_not_finite_stops_before_the_weights_are_spoilt(value: float) -> None:
    seen: list[int] = []

    def breaking(model: nn.Module, batch: Batch, stream: torch.Generator) -> dict[str, Tensor]:
        seen.append(1)
        loss = toy.plain_loss(model, batch, stream)["loss"]
        return {"loss": loss * value if len(seen) == 6 else loss}

    net = toy.network()
    with pytest.raises(CourseError, match=r"not finite in epoch 2, batch 2 \(loss (nan|inf)\)") as told:
        fit(net, toy.data(), loss=breaking, epochs=5, batch_size=16, generator=toy.generator())
    assert "\n" not in str(told.value)
    assert all(bool(torch.isfinite(p).all()) for p in net.parameters())


def test_own_optimizer_is_used() -> None:
    net = toy.network()
    before = [p.detach().clone() for p in net.parameters()]
    still = torch.optim.SGD(net.parameters(), lr=0.0)
    fit(net, toy.data(), loss=toy.plain_loss, epochs=1, batch_size=16, generator=toy.generator(),
        optimizer=still)  # fmt: skip
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"epochs": 0}, ValueError, "epochs must be an int of at least 1; got 0"),
        ({"batch_size": 1.5}, TypeError, "batch_size must be an int"),
        ({"lr": -1.0}, ValueError, "lr must be a finite number above zero; got -1"),
        ({"clip_norm": 0.0}, ValueError, "clip_norm must be a finite number above zero"),
        ({"generator": 0}, TypeError, "generator must be a torch.Generator"),
        ({"device": "gpu"}, ValueError, "device must be one of cpu, cuda, mps, auto; got 'gpu'"),
        ({"progress": "yes"}, ValueError, "progress must be one of True, False, auto; got 'yes'"),
        ({"data": (torch.ones(3), torch.ones(2))}, ValueError, "data must hold tensors with equal first"),
        ({"data": (torch.ones(0, 3),)}, ValueError, "data must hold at least one row"),
        ({"validation": ()}, ValueError, "validation must hold at least one tensor"),
        ({"model": nn.Tanh()}, ValueError, "model must have parameters to train"),
        ({"loss": lambda *_: {"nll": torch.ones(())}}, ValueError, r"the key 'loss'; got the keys \['nll'\]"),
        (
            {"loss": lambda *_: {"loss": torch.ones(2)}},
            ValueError,
            r"scalar tensors; got Tensor of shape \(2,\)",
        ),
        ({"loss": lambda *_: {"loss": 1.0}}, ValueError, "scalar tensors; got float 1.0 for 'loss'"),
        ({"resume": True}, ValueError, "checkpoint must name a file when resume is set"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, object], error: type[Exception], message: str) -> None:
    arguments: dict[str, object] = {
        "model": toy.network(), "data": toy.data(), "loss": toy.plain_loss, "epochs": 1,
        "batch_size": 16, "generator": toy.generator(),
    }  # fmt: skip
    with pytest.raises(error, match=message):
        fit(**(arguments | change))  # type: ignore[arg-type]


def test_accelerator_is_taken_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device() == torch.device("cpu")
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("cuda") == torch.device("cuda")
    assert choose_device("auto") == torch.device("cuda")
    with pytest.raises(ValueError, match="generator must be on device 'cuda', as the model; got 'cpu'"):
        fit(toy.network(), toy.data(), loss=toy.plain_loss, epochs=1, batch_size=16,
            generator=toy.generator(), device="cuda")  # fmt: skip


def test_missing_accelerator_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == torch.device("cpu")
    with pytest.raises(ValueError, match="device must be on this machine, which has cpu; got 'cuda'"):
        choose_device("cuda")


@pytest.mark.parametrize(("progress", "shown"), [(False, False), (True, True), ("auto", False)])
def test_bar_is_off_by_default(progress: bool | str, shown: bool, capsys: pytest.CaptureFixture[str]) -> None:
    fit(
        toy.network(), toy.data(), loss=toy.plain_loss, epochs=2, batch_size=16, generator=toy.generator(),
        progress=progress,
    )  # fmt: skip
    out, err = capsys.readouterr()
    assert out == ""
    assert ("2/2" in err) is shown


def test_bar_comes_by_itself_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    fit(
        toy.network(), toy.data(), loss=toy.plain_loss, epochs=2, batch_size=16, generator=toy.generator(),
        progress="auto",
    )  # fmt: skip
    assert "2/2" in capsys.readouterr().err
