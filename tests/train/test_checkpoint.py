"""A run that was stopped goes on bit for bit; a file that is not a whole checkpoint is refused untouched."""

import io
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from coursekit._check import CourseError
from coursekit.train import Checkpoint, Cosine, EarlyStopping, Hook, Run, fit, read_checkpoint
from coursekit.train import checkpoint as module
from tests.train import toy


def _train(path: Path | None, epochs: int, **options: object) -> tuple[nn.Module, dict[str, object]]:
    """Train the toy with everything that has a memory: noise, dropout, schedule, Adam, early stopping."""
    torch.manual_seed(11)
    net = toy.network(dropout=0.3)
    x, y = toy.data()
    arguments: dict[str, object] = {
        "loss": toy.noisy_loss, "batch_size": 16, "lr": 0.02, "generator": toy.generator(),
        "validation": (x[:10], y[:10]), "schedule": Cosine(60, warmup=4), "clip_norm": 1.0,
        "hooks": [EarlyStopping(patience=50)], "checkpoint": path,
    } | options  # fmt: skip
    history = fit(net, (x, y), epochs=epochs, **arguments)  # type: ignore[arg-type]
    told = {"epochs": history.epochs, "seconds": history.seconds}
    return net, told | {"generator": arguments["generator"], "hooks": arguments["hooks"]}


def _bits(net: nn.Module) -> Tensor:
    """Return all weights as one row."""
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@pytest.mark.parametrize("stopped", [1, 3, 6])
def test_resumed_run_equals_the_uninterrupted_one_bit_for_bit(tmp_path: Path, stopped: int) -> None:
    whole, told = _train(None, 7)
    stream = torch.get_rng_state()
    path = tmp_path / "run.pt"
    _train(path, stopped)
    torch.manual_seed(999)  # A new process has another stream; the checkpoint must bring the old one back.
    net = toy.network(dropout=0.3, seed=77)
    x, y = toy.data()
    generator, stopping = toy.generator(123), EarlyStopping(patience=50)
    history = fit(
        net, (x, y), loss=toy.noisy_loss, epochs=7, batch_size=16, lr=0.02, generator=generator,
        validation=(x[:10], y[:10]), schedule=Cosine(60, warmup=4), clip_norm=1.0, hooks=[stopping],
        checkpoint=path, resume=True,
    )  # fmt: skip
    assert torch.equal(_bits(net), _bits(whole))
    assert history.epochs == told["epochs"]
    assert torch.equal(generator.get_state(), told["generator"].get_state())  # type: ignore[attr-defined]
    assert torch.equal(stream, torch.get_rng_state())
    assert stopping.best == told["hooks"][0].best  # type: ignore[index]


def test_first_start_with_resume_begins_anew(tmp_path: Path) -> None:
    whole, _ = _train(None, 2)
    net, _ = _train(tmp_path / "deep" / "run.pt", 2, resume=True)
    assert torch.equal(_bits(net), _bits(whole))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run.pt"]


def test_run_that_was_complete_stays_as_it_is(tmp_path: Path) -> None:
    first, told = _train(tmp_path / "run.pt", 3)
    again, retold = _train(tmp_path / "run.pt", 3, resume=True)
    assert torch.equal(_bits(first), _bits(again))
    assert told["epochs"] == retold["epochs"]
    assert told["seconds"] == retold["seconds"]


def test_run_that_stopped_early_does_not_start_again(tmp_path: Path) -> None:
    class Stop(Hook):
        def on_epoch_end(self, run: Run) -> None:
            run.stop = run.epoch == 1

    _train(tmp_path / "run.pt", 9, hooks=[Stop()])
    _, told = _train(tmp_path / "run.pt", 9, hooks=[Stop()], resume=True)
    assert len(told["epochs"]) == 2  # type: ignore[arg-type]


def test_every_second_epoch_and_the_last_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    monkeypatch.setattr(module, "write_checkpoint", lambda _, state: written.append(len(state["epochs"])))
    _train(None, 5, checkpoint=Checkpoint(tmp_path / "run.pt", every=2))
    assert written == [2, 4, 5]


def test_existing_file_is_never_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    _train(path, 1)
    before = path.read_bytes()
    with pytest.raises(CourseError, match=r"run.pt exists: pass resume=True to go on from it, or delete it"):
        _train(path, 1)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 8}, "was written with batch_size 16; got 8"),
        ({"lr": 0.1}, r"was written with lr \[0.02\]; got \[0.1\]"),
        ({"schedule": None}, r"was written with schedule 'Cosine.*; got None"),
        ({"clip_norm": None}, "was written with clip_norm 1.0; got None"),
        ({"hooks": []}, "was written with 1 hooks; got 0"),
    ],
)
def test_other_settings_are_refused(tmp_path: Path, options: dict[str, object], message: str) -> None:
    path = tmp_path / "run.pt"
    _train(path, 1)
    before = path.read_bytes()
    with pytest.raises(CourseError, match=message):
        _train(path, 2, resume=True, **options)
    assert path.read_bytes() == before


def test_other_model_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    x, y = toy.data()
    fit(toy.network(), (x, y), loss=toy.plain_loss, epochs=1, batch_size=16, generator=toy.generator(),
        checkpoint=path)  # fmt: skip
    other = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(0), nn.Linear(8, 2)).double()
    before = _bits(other)
    with pytest.raises(CourseError, match=r"written by another model or optimiser: Error.* loading") as told:
        fit(other, (x, y), loss=toy.plain_loss, epochs=2, batch_size=16, generator=toy.generator(),
            checkpoint=path, resume=True)  # fmt: skip
    assert "\n" not in str(told.value)
    assert torch.equal(_bits(other), before)


class _Trap:
    """Unpickling this would run code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Ask for a call of ``print``."""
        return print, ("code from a checkpoint ran",)


def _bad_file(kind: str, whole: bytes) -> bytes:
    """Return a checkpoint's bytes spoilt in one way."""
    if kind == "cut":
        return whole[: len(whole) // 2]
    if kind == "flipped":
        at = whole.index(b"PK\x03\x04", len(whole) // 2) - 70
        return whole[:at] + bytes(byte ^ 0xFF for byte in whole[at : at + 40]) + whole[at + 40 :]
    if kind == "pickle":
        return pickle.dumps({"format": module.FORMAT})
    buffer = io.BytesIO()
    if kind == "version":
        torch.save({"format": "coursekit.train checkpoint 0"}, buffer)
    elif kind == "weights":
        torch.save(torch.ones(3), buffer)
    elif kind == "code":
        torch.save({"format": module.FORMAT, "model": _Trap()}, buffer)
    elif kind == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("notes.txt", "no checkpoint")
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["cut", "flipped", "empty", "pickle", "version", "weights", "code", "zip"])
def test_bad_files_are_refused_in_one_line_and_kept(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.pt"
    _train(path, 1)
    bad = _bad_file(kind, path.read_bytes())
    path.write_bytes(bad)
    with pytest.raises(CourseError, match=r"run\.pt (is damaged|must have format).*: move it") as told:
        _train(path, 2, resume=True)
    assert "\n" not in str(told.value)
    assert path.read_bytes() == bad
    assert "ran" not in capsys.readouterr().out
    assert [file.name for file in tmp_path.iterdir()] == ["run.pt"]


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"checkpoint .*none\.pt does not exist"):
        read_checkpoint(tmp_path / "none.pt")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("unexpected pos 64")])
def test_full_disk_keeps_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = tmp_path / "run.pt"
    _train(path, 1)
    before = path.read_bytes()

    def full(_: object, handle: io.BufferedWriter) -> None:
        handle.write(b"half")
        raise error

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match=r"No space left|cannot write .*run\.pt: unexpected pos"):
        _train(path, 2, resume=True)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["run.pt"]
