"""The training loop, which knows nothing about models: they come with their loss.

Example:
    >>> x = torch.linspace(-1, 1, 100)[:, None]
    >>> def squares(model, batch, generator):
    ...     return {"loss": (model(batch[0]) - 2 * batch[0]).square().mean()}
    >>> history = fit(nn.Linear(1, 1), (x,), loss=squares, epochs=50, batch_size=10, lr=0.05,
    ...               generator=torch.Generator().manual_seed(0))
    >>> history.last("loss") < 1e-3
    True
"""

__all__ = ["Batch", "LossFunction", "fit"]

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from coursekit._check import (
    CourseError,
    check_choice,
    check_generator,
    check_positive,
    check_positive_int,
    check_same_length,
    require,
)
from coursekit.train.checkpoint import Checkpoint, Saver
from coursekit.train.device import choose_device
from coursekit.train.history import History
from coursekit.train.hooks import Hook, Run
from coursekit.train.schedule import Schedule
from coursekit.train.terms import Batch, LossFunction, Means, batches, evaluate, loss_terms


@dataclass(frozen=True)
class _Plan:
    """What does not change during a run."""

    data: Batch
    loss: LossFunction
    batch_size: int
    rates: list[float]
    schedule: Schedule | None
    clip_norm: float | None
    hooks: tuple[Hook, ...]
    validation: Batch | None

    def settings(self, optimizer: torch.optim.Optimizer) -> dict[str, object]:
        """Return what must not change between a run and its resumption."""
        schedule = repr(self.schedule) if is_dataclass(self.schedule) else None
        return {
            "rows": len(self.data[0]),
            "batch_size": self.batch_size,
            "optimizer": type(optimizer).__name__,
            "lr": self.rates,
            "schedule": schedule,
            "clip_norm": self.clip_norm,
        }


def _step(run: Run, plan: _Plan, batch: Batch, index: int) -> dict[str, float]:
    """Train on one batch and return its loss terms."""
    terms = loss_terms(plan.loss, run.model, batch, run.generator)
    values = {name: value.item() for name, value in terms.items()}
    if not math.isfinite(values["loss"]):
        told = ", ".join(f"{name} {value:g}" for name, value in values.items())
        raise CourseError(
            f"the loss is not finite in epoch {run.epoch + 1}, batch {index + 1} ({told}): "
            "the weights are those before this batch; try a smaller lr or clip_norm"
        )
    if plan.schedule is not None:
        factor = plan.schedule(run.step)
        for group, rate in zip(run.optimizer.param_groups, plan.rates, strict=True):
            group["lr"] = rate * factor
    run.optimizer.zero_grad(set_to_none=True)
    terms["loss"].backward()  # type: ignore[no-untyped-call]
    if plan.clip_norm is not None:
        nn.utils.clip_grad_norm_(run.model.parameters(), plan.clip_norm)
    run.optimizer.step()
    run.step += 1
    if plan.hooks:
        run.terms = {name: value.detach() for name, value in terms.items()}
        for hook in plan.hooks:
            hook.on_batch_end(run)
    return values


@torch.enable_grad()  # a run that is asked for inside torch.no_grad() trains as well
def _epoch(run: Run, plan: _Plan) -> dict[str, float]:
    """Train on every row once, in an order drawn from the run's generator."""
    rows = len(plan.data[0])
    order = torch.randperm(rows, generator=run.generator, device=run.generator.device)
    # One gather an epoch, then views: cheaper than a gather a batch, and far cheaper than a DataLoader.
    shuffled = tuple(tensor[order] for tensor in plan.data)
    means = Means()
    for index, batch in enumerate(batches(shuffled, plan.batch_size)):
        means.add(_step(run, plan, batch, index), len(batch[0]))
    return means.result()


def _bar(progress: bool | str, done: int, total: int) -> Any:
    """Return a progress bar, or None where none is wanted."""
    if progress is False:
        return None
    from tqdm import tqdm

    # tqdm's own disable=None means: a bar on a terminal, none in a file or a page.
    return tqdm(total=total, initial=done, unit="epoch", disable=None if progress == "auto" else False)


def _record(run: Run, plan: _Plan) -> dict[str, float]:
    """Train an epoch, evaluate, and put both into the history."""
    start = time.perf_counter()
    row = _epoch(run, plan)
    if plan.validation is not None:
        held = evaluate(run.model, plan.validation, loss=plan.loss, generator=run.generator)
        row |= {f"val_{name}": value for name, value in held.items()}
    run.history.seconds += time.perf_counter() - start
    run.history.epochs.append({**row, "lr": float(run.optimizer.param_groups[0]["lr"])})
    return row


def _epochs(run: Run, plan: _Plan, epochs: int, saver: Saver, progress: bool | str) -> None:
    """Run the epochs that are left, calling hooks and saving after each."""
    bar = _bar(progress, len(run.history), epochs)
    while len(run.history) < epochs and not run.stop:
        run.epoch = len(run.history)
        for hook in plan.hooks:
            hook.on_epoch_start(run)
        row = _record(run, plan)
        for hook in plan.hooks:
            hook.on_epoch_end(run)
        saver.save(run, last=run.stop or len(run.history) == epochs)
        if bar is not None:
            bar.set_postfix({name: f"{value:.4g}" for name, value in row.items()}, refresh=False)
            bar.update()
    if bar is not None:
        bar.close()


def _train(run: Run, plan: _Plan, epochs: int, saver: Saver, progress: bool | str) -> None:
    """Go on from the checkpoint if there is one, train, and tell the hooks about start and end."""
    saver.begin(run)
    run.model.train()
    for hook in plan.hooks:
        hook.on_fit_start(run)
    _epochs(run, plan, epochs, saver, progress)
    for hook in plan.hooks:
        hook.on_fit_end(run)


def _adam(model: nn.Module, lr: float) -> torch.optim.Adam:
    """Return Adam over a model's parameters, in its fused form where there is one: a quarter of the time."""
    parameters = list(model.parameters())
    require(parameters, "model must have parameters to train; got none")
    fused = all(p.is_floating_point() and p.device.type in ("cpu", "cuda") for p in parameters)
    return torch.optim.Adam(parameters, lr=check_positive(lr, "lr"), fused=fused)


def _plan(optimizer: torch.optim.Optimizer, data: Batch, validation: Batch | None, place: torch.device, *,
          batch_size: int, clip_norm: float | None, **rest: Any) -> _Plan:  # fmt: skip
    """Check the data and the numbers, and move the data to the device once."""
    check_same_length(data, "data")
    require(len(data[0]) > 0, "data must hold at least one row; got none")
    check_positive_int(batch_size, "batch_size")
    if clip_norm is not None:
        check_positive(clip_norm, "clip_norm")
    if validation is not None:
        check_same_length(validation, "validation")
        validation = tuple(tensor.to(place) for tensor in validation)
    moved = tuple(tensor.to(place) for tensor in data)
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    return _Plan(moved, batch_size=batch_size, clip_norm=clip_norm, rates=rates, validation=validation,
                 **rest)  # fmt: skip


def _place(device: str, generator: torch.Generator) -> torch.device:
    """Return the device, on which the generator must live too."""
    place = choose_device(device)
    kind = check_generator(generator).device.type
    require(kind == place.type, f"generator must be on device {place.type!r}, as the model; got {kind!r}")
    return place


def fit(
    model: nn.Module, data: Batch, *, loss: LossFunction, epochs: int, batch_size: int,
    generator: torch.Generator, lr: float = 1e-3, optimizer: torch.optim.Optimizer | None = None,
    hooks: Sequence[Hook] = (), validation: Batch | None = None, schedule: Schedule | None = None,
    clip_norm: float | None = None, device: str = "cpu", progress: bool | str = False,
    checkpoint: Checkpoint | str | Path | None = None, resume: bool = False,
) -> History:  # fmt: skip
    """Train a model and return what was recorded; the module's docstring has an example.

    Args:
        model: any module; it moves to the device and keeps its mode.
        data: tensors with equal first dimension.
        loss: called with model, batch and generator, returns a dict of scalars; ``"loss"`` is minimised.
        epochs: passes over the data in all, those before a resume included.
        batch_size: rows a step; the last batch of an epoch may be smaller.
        generator: decides the order of the rows and all that the loss draws; on the device.
        lr: the learning rate of the default optimiser, Adam.
        optimizer: another one, over the model's parameters.
        hooks: called in their order at each named moment.
        validation: tensors like the data; their terms are recorded as ``val_...`` after each epoch.
        schedule: a factor on the learning rate for each step.
        clip_norm: the largest norm that the gradient of all parameters together may have.
        device: see :func:`~coursekit.train.choose_device`.
        progress: True for a bar, ``"auto"`` for one on a terminal only.
        checkpoint: a file to save the run in.
        resume: whether to go on from that file, bit for bit, where it exists.
    Shape:
        data, validation: each (N, ...); a batch holds (B, ...) of each.
    Raises:
        TypeError, ValueError: if an argument has a wrong type or value.
        CourseError: if the loss is not finite, or the checkpoint cannot be used.
    """
    place, training = _place(device, generator), model.training
    check_choice(str(progress), "progress", ("True", "False", "auto"))
    run = Run(model.to(place), optimizer or _adam(model, lr), generator)
    plan = _plan(run.optimizer, data, validation, place, loss=loss, batch_size=batch_size, schedule=schedule,
                 clip_norm=clip_norm, hooks=tuple(hooks))  # fmt: skip
    saver = Saver(checkpoint, resume=resume, hooks=plan.hooks, settings=plan.settings(run.optimizer))
    try:
        _train(run, plan, check_positive_int(epochs, "epochs"), saver, progress)
    finally:
        model.train(training)
    return run.history
