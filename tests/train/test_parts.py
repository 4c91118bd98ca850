"""History, schedules and early stopping, each against values worked out by hand."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from coursekit.train import Batch, Cosine, EarlyStopping, History, LinearWarmup, fit
from tests.train import toy


def test_history_reads_columns_and_names_the_known_ones() -> None:
    history = History([{"loss": 3.0, "kl": 1.0}, {"loss": 2.0, "kl": 1.5}])
    assert history.column("loss") == [3.0, 2.0]
    assert history.last("kl") == 1.5
    assert history.best_epoch("loss") == 1
    assert history.best_epoch("loss", mode="max") == 0
    with pytest.raises(ValueError, match=r"one of kl, loss; got 'los' \(did you mean 'loss'\?\)"):
        history.column("los")
    with pytest.raises(ValueError, match="history must hold an epoch to have a column 'loss'; got none"):
        History().column("loss")
    with pytest.raises(ValueError, match="mode must be one of min, max"):
        history.best_epoch("loss", mode="least")


def test_warmup_is_a_straight_line_to_one() -> None:
    assert [LinearWarmup(5)(t) for t in range(7)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="steps must be an int of at least 1; got 0"):
        LinearWarmup(0)


def test_cosine_passes_its_known_points() -> None:
    schedule = Cosine(total=110, warmup=10, floor=0.2)
    assert [schedule(t) for t in (0, 9, 10, 60, 110, 500)] == pytest.approx([0.1, 1.0, 1.0, 0.6, 0.2, 0.2])
    third = 0.2 + 0.8 * (1 + math.cos(math.pi / 3)) / 2
    assert schedule(10 + 100 / 3) == pytest.approx(third)  # type: ignore[arg-type]
    values = [schedule(t) for t in range(10, 111)]
    assert values == sorted(values, reverse=True)
    with pytest.raises(ValueError, match="total must be an int of at least 11; got 10"):
        Cosine(total=10, warmup=10)
    with pytest.raises(ValueError, match=r"floor must lie in \[0, 1\]; got 2"):
        Cosine(total=10, floor=2)


class _Scripted(nn.Module):
    """One weight that counts epochs; its validation loss follows a script."""

    def __init__(self, script: list[float]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros((), dtype=torch.float64))
        self.script = script

    def loss(self, _: nn.Module, batch: Batch, __: torch.Generator) -> dict[str, Tensor]:
        """Return -weight in training, so that SGD adds 1 an epoch, and the script's value in validation."""
        if self.training:
            return {"loss": -self.weight + 0 * batch[0].sum()}
        return {"loss": torch.tensor(self.script[round(self.weight.item()) - 1])}


def _stop(script: list[float], **options: object) -> tuple[int, float, EarlyStopping]:
    """Run a script; return the epochs run, the weight restored and the hook."""
    model, stopping = _Scripted(script), EarlyStopping(**options)  # type: ignore[arg-type]
    sgd = torch.optim.SGD(model.parameters(), lr=1.0)
    rows = (torch.zeros(1, dtype=torch.float64),)
    history = fit(
        model, rows, loss=model.loss, epochs=len(script), batch_size=1, generator=toy.generator(),
        optimizer=sgd, validation=rows, hooks=[stopping],
    )  # fmt: skip
    return len(history), model.weight.item(), stopping


def test_stopping_waits_patience_epochs_and_restores_the_best() -> None:
    epochs, weight, stopping = _stop([5.0, 3.0, 4.0, 3.5, 1.0, 2.0, 2.0, 2.0, 0.0], patience=3)
    assert (epochs, weight) == (8, 5.0)
    assert (stopping.best, stopping.best_epoch) == (1.0, 4)


def test_stopping_restores_the_best_even_when_never_stopped() -> None:
    assert _stop([5.0, 1.0, 2.0], patience=9)[:2] == (3, 2.0)


def test_small_improvements_do_not_count() -> None:
    assert _stop([5.0, 4.95, 4.9, 4.85, 0.0], patience=3, min_delta=0.2)[:2] == (4, 1.0)


def test_largest_counts_in_mode_max() -> None:
    epochs, weight, stopping = _stop([1.0, 3.0, 2.0, 2.0], patience=2, mode="max")
    assert (epochs, weight, stopping.best) == (4, 2.0, 3.0)


def test_hook_starts_anew_in_a_second_run() -> None:
    """The second run is worse throughout: a hook that remembered the first would find no best epoch in it."""
    stopping = EarlyStopping(patience=9)
    for script, best in (([2.0, 1.0, 3.0], 1), ([7.0, 9.0, 8.0], 0)):
        model = _Scripted(script)
        sgd = torch.optim.SGD(model.parameters(), lr=1.0)
        rows = (torch.zeros(1, dtype=torch.float64),)
        fit(model, rows, loss=model.loss, epochs=3, batch_size=1, generator=toy.generator(), optimizer=sgd,
            validation=rows, hooks=[stopping])  # fmt: skip
        assert stopping.best_epoch == best


def test_best_epoch_before_a_resume_is_remembered(tmp_path: Path) -> None:
    for epochs in (3, 5):
        model, stopping = _Scripted([5.0, 1.0, 3.0, 4.0, 2.0]), EarlyStopping(patience=9)
        sgd = torch.optim.SGD(model.parameters(), lr=1.0)
        rows = (torch.zeros(1, dtype=torch.float64),)
        fit(model, rows, loss=model.loss, epochs=epochs, batch_size=1, generator=toy.generator(),
            optimizer=sgd, validation=rows, hooks=[stopping], checkpoint=tmp_path / "run.pt",
            resume=True)  # fmt: skip
    assert (stopping.best, stopping.best_epoch, model.weight.item()) == (1.0, 1, 2.0)


def test_bad_arguments_of_stopping_are_named() -> None:
    with pytest.raises(ValueError, match="patience must be an int of at least 1; got 0"):
        EarlyStopping(patience=0)
    with pytest.raises(ValueError, match="mode must be one of min, max; got 'least'"):
        EarlyStopping(mode="least")
    with pytest.raises(ValueError, match="column must be one of loss, lr; got 'val_loss'"):
        fit(toy.network(), toy.data(), loss=toy.plain_loss, epochs=1, batch_size=16,
            generator=toy.generator(), hooks=[EarlyStopping()])  # fmt: skip
