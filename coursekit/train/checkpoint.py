"""Checkpoints: everything a run needs to go on bit for bit, written whole or not at all."""

__all__ = ["Checkpoint", "Saver", "read_checkpoint", "restore", "snapshot", "write_checkpoint"]

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from coursekit._check import CourseError, check_positive_int, require
from coursekit.disk import read_state, write_state
from coursekit.train.hooks import Hook, Run

FORMAT = "coursekit.train checkpoint 1"


@dataclass(frozen=True)
class Checkpoint:
    """Where a run is saved, and how often.

    Args:
        path: the file; its folder is made where missing.
        every: epochs from one write to the next, at least 1; the last epoch is always written.

    Raises:
        TypeError: if ``every`` is no int.
        ValueError: if it is below 1.

    Example:
        >>> Checkpoint("runs/vae.pt", every=5).every
        5
    """

    path: str | Path
    every: int = 1

    def __post_init__(self) -> None:
        """Check the arguments."""
        check_positive_int(self.every, "every")


def snapshot(run: Run, hooks: Sequence[Hook], settings: Mapping[str, object]) -> dict[str, Any]:
    """Collect what a run needs to go on: tensors and plain values only.

    PyTorch's own stream of random numbers is part of it, since layers such as dropout draw from nothing else.
    """
    accelerator = run.generator.device if run.generator.device.type == "cuda" else None
    return {
        "format": FORMAT,
        "settings": dict(settings),
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "generator": run.generator.get_state(),
        "torch_stream": torch.get_rng_state(),
        "cuda_stream": None if accelerator is None else torch.cuda.get_rng_state(accelerator),
        "epochs": run.history.epochs,
        "seconds": run.history.seconds,
        "epoch": run.epoch,
        "step": run.step,
        "stop": run.stop,
        "hooks": [hook.state_dict() for hook in hooks],
    }


def write_checkpoint(path: str | Path, state: Mapping[str, Any]) -> None:
    """Write a snapshot to a file beside the target, which then takes its name; a failure leaves the old one.

    Raises:
        OSError: if the disk is full or the folder may not be written.
    """
    write_state(path, state)


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a snapshot after checking every byte's checksum; no code in the file is ever run.

    Raises:
        CourseError: if the file is missing, damaged, or of another kind or version.
    """
    return read_state(path, format=FORMAT, kind="checkpoint")


def restore(path: str | Path, run: Run, hooks: Sequence[Hook], settings: Mapping[str, object]) -> None:
    """Put a run back to where a checkpoint left it.

    Args:
        path: the checkpoint.
        run: of the same model and optimiser; changed in place.
        hooks: as many as were saved, in their order.
        settings: what must not differ between the two runs.

    Raises:
        CourseError: if the file is missing or damaged, or was written by a run with other settings, another
            model, optimiser or other hooks. The run is then as it was.
    """
    state = read_checkpoint(path)
    for name, value in settings.items():
        saved = state["settings"].get(name)
        if saved != value:
            raise CourseError(f"checkpoint {path} was written with {name} {saved!r}; got {value!r}")
    if len(state["hooks"]) != len(hooks):
        raise CourseError(f"checkpoint {path} was written with {len(state['hooks'])} hooks; got {len(hooks)}")
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    try:
        run.model.load_state_dict(state["model"])
        run.optimizer.load_state_dict(state["optimizer"])
    except (RuntimeError, ValueError) as error:
        with suppress(RuntimeError):
            run.model.load_state_dict(before)
        reason = " ".join(str(error).split())[:120]
        raise CourseError(f"checkpoint {path} was written by another model or optimiser: {reason}") from error
    for hook, saved in zip(hooks, state["hooks"], strict=True):
        hook.load_state_dict(saved)
    run.generator.set_state(state["generator"])
    torch.set_rng_state(state["torch_stream"])
    if state["cuda_stream"] is not None:
        torch.cuda.set_rng_state(state["cuda_stream"], run.generator.device)
    run.history.epochs[:] = state["epochs"]
    run.history.seconds = state["seconds"]
    run.epoch, run.step, run.stop = state["epoch"], state["step"], state["stop"]


class Saver:
    """Keeps a run's checkpoint: restores it at the start where asked, writes it as the epochs pass.

    Args:
        checkpoint: where and how often; None saves nothing.
        resume: whether to go on from the file where there is one.
        hooks: the run's hooks, whose memory is saved too.
        settings: what must not differ between the runs.
    """

    def __init__(
        self,
        checkpoint: Checkpoint | str | Path | None,
        *,
        resume: bool,
        hooks: Sequence[Hook],
        settings: Mapping[str, object],
    ) -> None:
        self._checkpoint = Checkpoint(checkpoint) if isinstance(checkpoint, (str, Path)) else checkpoint
        self._resume, self._hooks, self._settings = resume, hooks, settings

    def begin(self, run: Run) -> None:
        """Restore the run, or make sure that a new one overwrites nothing.

        Raises:
            ValueError: if ``resume`` is set without a checkpoint.
            CourseError: if the file cannot be used, or exists and ``resume`` is not set.
        """
        if self._checkpoint is None:
            require(not self._resume, "checkpoint must name a file when resume is set; got None")
            return
        path = Path(self._checkpoint.path)
        if not path.exists():
            return
        if not self._resume:
            raise CourseError(f"checkpoint {path} exists: pass resume=True to go on from it, or delete it")
        restore(path, run, self._hooks, self._settings)

    def save(self, run: Run, *, last: bool) -> None:
        """Write the checkpoint if it is due after this epoch."""
        if self._checkpoint is not None and (last or len(run.history) % self._checkpoint.every == 0):
            write_checkpoint(self._checkpoint.path, snapshot(run, self._hooks, self._settings))
