"""Learning rates: schedules in closed form, each beside the one optimiser that it changes."""

__all__ = ["SCHEDULES", "Borrowed", "Pace", "Steered", "make", "rate_at", "wrong_optimiser"]

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler

from coursekit._check import check_choice, check_positive, check_positive_int

_Scheduler = lr_scheduler.LRScheduler | lr_scheduler.ReduceLROnPlateau

SCHEDULES = ("constant", "step", "exponential", "cosine", "plateau")
HALVE, DECAY, FLOOR, PATIENCE = 0.5, 0.01, 1e-6, 3


class Steered(NamedTuple):
    """An optimiser and the scheduler that changes its rate: this one and no other."""

    optimizer: torch.optim.Optimizer
    scheduler: _Scheduler


def _span(epochs: int) -> int:
    """Return the epochs between two steps: a third of the run."""
    return max(1, epochs // 3)


def rate_at(name: str, epoch: int, *, rate: float, epochs: int) -> float:
    r"""Return the learning rate of an epoch, counted from 0.

    .. math:: \alpha_e = \alpha\, \gamma^{\lfloor e / s \rfloor}, \quad \alpha\, \gamma^e, \quad
              m + (\alpha - m) \tfrac12 \Bigl(1 + \cos \frac{\pi e}{E}\Bigr)

    "step" halves the rate after each third of the run, "exponential" ends at a hundredth of it, "cosine" at
    :math:`m = 10^{-6}`; "constant" stays.

    Args:
        name: one of those four.
        epoch: :math:`e`.
        rate: :math:`\alpha`, the rate of the first epoch.
        epochs: :math:`E`, the length of the run.

    Raises:
        ValueError: the name is unknown, or a number out of range.

    Source:
        Loshchilov and Hutter (2017), SGDR, equation 5, for the cosine.

    Example:
        >>> [rate_at("step", e, rate=0.1, epochs=6) for e in (0, 1, 2, 4)]
        [0.1, 0.1, 0.05, 0.025]
    """
    check_choice(name, "schedule", SCHEDULES[:4])
    check_positive_int(epochs, "epochs")
    check_positive(rate, "rate")
    if name == "step":
        return rate * float(HALVE ** (epoch // _span(epochs)))
    if name == "exponential":
        return rate * float(DECAY ** (epoch / epochs))
    if name == "cosine":
        return FLOOR + (rate - FLOOR) * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
    return rate


def make(name: str, parameters: Iterable[nn.Parameter], *, rate: float, epochs: int) -> Steered:
    """Return a new Adam and a scheduler bound to it.

    Args:
        name: one of ``SCHEDULES``.
        parameters: of the model.
        rate: of the first epoch.
        epochs: the length of the run.

    Raises:
        ValueError: the name is unknown, or a number out of range.

    Example:
        >>> steered = make("cosine", nn.Linear(1, 1).parameters(), rate=0.1, epochs=10)
        >>> steered.scheduler.optimizer is steered.optimizer
        True
    """
    check_choice(name, "schedule", SCHEDULES)
    check_positive_int(epochs, "epochs")
    optimizer = torch.optim.Adam(parameters, lr=check_positive(rate, "rate"))
    gamma = DECAY ** (1 / epochs)
    makers: dict[str, Callable[[], _Scheduler]] = {
        "constant": lambda: lr_scheduler.LambdaLR(optimizer, lambda _: 1.0),
        "step": lambda: lr_scheduler.StepLR(optimizer, _span(epochs), HALVE),
        "exponential": lambda: lr_scheduler.ExponentialLR(optimizer, gamma),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, epochs, FLOOR),
        "plateau": lambda: lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=HALVE, patience=PATIENCE, threshold=0.0
        ),
    }
    return Steered(optimizer, makers[name]())


class Pace:
    """The learning rates of many runs at once, each by its own schedule; a plateau looks at its own errors.

    Args:
        runs: schedule, first rate and length of each run.

    Raises:
        TypeError: a rate is no number, or a length no int.
        ValueError: a schedule is unknown, or a number out of range.
    """

    def __init__(self, runs: Sequence[tuple[str, float, int]]) -> None:
        self.runs = list(runs)
        for name, rate, epochs in self.runs:
            check_choice(name, "schedule", SCHEDULES)
            check_positive(rate, "rate")
            check_positive_int(epochs, "epochs")
        self.factor = torch.ones(len(self.runs))
        self.best = torch.full((len(self.runs),), torch.inf)
        self.waited = torch.zeros(len(self.runs))

    def rates(self, epoch: int) -> Tensor:
        """Return the rate of each run in an epoch.

        Args:
            epoch: counted from 0.

        Shape:
            Returns (M,).
        """
        told = [
            rate * factor if name == "plateau" else rate_at(name, epoch, rate=rate, epochs=epochs)
            for (name, rate, epochs), factor in zip(self.runs, self.factor.tolist(), strict=True)
        ]
        return torch.tensor(told)

    def show(self, errors: Tensor) -> None:
        """Note the validation errors of an epoch, and halve the rates of runs that wait too long.

        Args:
            errors: one a run.

        Shape:
            errors: (M,).
        """
        better = errors < self.best
        self.best = torch.where(better, errors, self.best)
        self.waited = torch.where(better, 0, self.waited + 1)
        late = self.waited > PATIENCE
        self.factor = torch.where(late, self.factor * HALVE, self.factor)
        self.waited = torch.where(late, 0, self.waited)


class Borrowed(NamedTuple):
    """Rates after some epochs: of the shared optimiser, and of the three that should have changed."""

    shared: float
    own: tuple[float, ...]
    alone: tuple[float, ...]


def wrong_optimiser(*, rate: float = 1e-3, epochs: int = 30, steps: int = 20) -> Borrowed:
    """Bind three schedulers to one optimiser from elsewhere, and step each of them.

    ``alone`` are the rates that the three give when each has its own optimiser.

    Args:
        rate: of the first epoch.
        epochs: the length of the run.
        steps: epochs that have passed.

    Raises:
        ValueError: a number is out of range.
    """
    check_positive_int(steps, "steps")
    names = SCHEDULES[1:4]
    model = nn.Linear(1, 1, device="meta")
    owned = [make(name, model.parameters(), rate=rate, epochs=epochs) for name in names]
    shared = make("step", model.parameters(), rate=rate, epochs=epochs)
    foreign = [
        shared.scheduler,
        lr_scheduler.ExponentialLR(shared.optimizer, DECAY ** (1 / epochs)),
        lr_scheduler.CosineAnnealingLR(shared.optimizer, epochs, FLOOR),
    ]
    shared.optimizer.step()
    for _ in range(steps):
        for scheduler in foreign:
            scheduler.step()
    own = tuple(float(pair.optimizer.param_groups[0]["lr"]) for pair in owned)
    alone = tuple(rate_at(name, steps, rate=rate, epochs=epochs) for name in names)
    return Borrowed(float(shared.optimizer.param_groups[0]["lr"]), own, alone)
