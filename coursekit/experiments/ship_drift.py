"""Alarms of drift measures where nothing drifts, and where noise, light or the mix of digits does."""

__all__ = [
    "KINDS",
    "MONITORS",
    "AlarmResult",
    "PowerResult",
    "Stream",
    "alarms",
    "drifted",
    "nominal_law",
    "power",
    "stream",
    "wrong_reference",
]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_choice, check_positive, check_positive_int, check_tensor
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.ship_models import EPOCHS, held_labels, held_out, trained, training
from coursekit.noise import gaussian
from coursekit.ship import Monitor, column_drift, ks_test, psi, psi_threshold

KINDS = ("nothing", "noise", "less light", "other mix")
MONITORS = ("rolling median", "PSI of errors", "KS of errors", "KS of codes")
FEW = (0, 1, 6)  # the classes that are left when the mix drifts
REFERENCE = 300


class AlarmResult(NamedTuple):
    """Share of samples without drift that a rule flags, (S, sizes), and the law of the fixed rule."""

    seeds: tuple[int, ...]
    sizes: tuple[int, ...]
    fixed: Tensor
    scaled: Tensor
    law: Tensor


class PowerResult(NamedTuple):
    """Share of windows with an alarm, (S, kinds, monitors), and each kind's mean error over that of none."""

    seeds: tuple[int, ...]
    share: Tensor
    level: Tensor


class Stream(NamedTuple):
    """A stream in which the noise grows from ``start`` on: errors (T,), rolling median, and the alarms."""

    scores: Tensor
    median: Tensor
    threshold: float
    alarms: Tensor
    start: int
    window: int


def nominal_law(sizes: Sequence[int], *, limit: float = 0.1, bins: int = 10) -> Tensor:
    r"""Return how often the index of two equal samples exceeds a limit by chance, in the limit of large n.

    .. math:: \Pr\bigl( \tfrac2n \chi^2_{B-1} > l \bigr)

    Args:
        sizes: n, of either sample.
        limit: l.
        bins: B.

    Shape:
        Returns (sizes,).

    Raises:
        TypeError: limit is no number.
        ValueError: limit is not above zero.
    """
    from scipy.stats import chi2  # type: ignore[import-untyped]

    check_positive(limit, "limit")
    return torch.tensor([float(chi2.sf(limit * n / 2, bins - 1)) for n in sizes])


def alarms(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, sizes: Sequence[int] = (30, 100, 300, 1000, 3000),
    draws: int = 200, fast: bool = False,
) -> AlarmResult:  # fmt: skip
    """Compare two samples of one law many times, by the limit 0.1 and by one that knows the sizes.

    The index depends on the order of the numbers only, so that the law of the numbers does not matter.

    Args:
        seeds: streams of numbers.
        sizes: of both samples.
        draws: pairs of samples for each size.
        fast: two seeds, a quarter of the draws.

    Raises:
        TypeError: draws is no int.
        ValueError: there is no seed, or draws is below 1.
    """
    seeds, draws = plan(seeds, draws, fast)
    values = torch.empty(len(seeds), len(sizes), draws)
    for s, seed in enumerate(seeds):
        for k, n in enumerate(sizes):
            pairs = torch.rand(draws, 2, n, generator=seeded(1000 * seed + k))
            values[s, k] = torch.tensor([psi(old, new) for old, new in pairs])
    limits = torch.tensor([psi_threshold(n, n, rate=0.05) for n in sizes])
    fixed, scaled = (values > 0.1).float().mean(2), (values > limits[:, None]).float().mean(2)
    return AlarmResult(seeds, tuple(sizes), fixed, scaled, nominal_law(sizes))


def drifted(x: Tensor, kind: str, *, amount: float, generator: torch.Generator) -> Tensor:
    """Return digits as a worn camera would send them.

    Args:
        x: digits.
        kind: "noise", "less light", or another of ``KINDS``, which changes no digit.
        amount: standard deviation of the noise, or share of the light that is lost.
        generator: source of the noise.

    Shape:
        x: (B, D); returned with the same shape.

    Raises:
        TypeError: x is no floating tensor.
        ValueError: the kind is unknown, or x has another shape.
    """
    check_tensor(x, "x", shape=("B", "D"), floating=True)
    check_choice(kind, "kind", KINDS)
    if kind == "noise":
        return gaussian(x, amount, generator=generator)
    return (1 - amount) * x if kind == "less light" else x


def _scores(seed: int, epochs: int, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the error of each digit, summed over its pixels, and its code."""
    model = trained(seed, epochs)  # not under no_grad, where it could not be trained
    with torch.no_grad():
        outputs, z = model(x)
        return model.error(outputs, x), z


def _window(order: Tensor, size: int, kind: str) -> Tensor:
    """Return the places of a window's digits, none of which is in the reference."""
    rest = order[REFERENCE:]
    if kind == "other mix":
        rest = rest[torch.isin(held_labels()[rest], torch.tensor(FEW))]
    return rest[:size]


def _judge(old: tuple[Tensor, Tensor], new: tuple[Tensor, Tensor], rate: float) -> list[bool]:
    """Return which of the four monitors raises an alarm."""
    (errors, codes), (now, z) = old, new
    monitor = Monitor(errors, window=len(now), quantile=0.5, rate=rate)
    limit = psi_threshold(len(errors), len(now), rate=rate)
    return [
        bool(monitor.observe(now)[-1]),
        psi(errors, now) > limit,
        ks_test(errors, now).p_value <= rate,
        bool(column_drift(codes, z, rate=rate).drifted.any()),
    ]


@cache
def _powers(seed: int, windows: int, size: int, rate: float, epochs: int) -> tuple[Tensor, Tensor]:
    """Return the shares (kinds, monitors) and the mean error of each kind for one model."""
    g = seeded(seed)
    amount = {"nothing": 0.0, "noise": 0.07, "less light": 0.15, "other mix": 0.0}
    share, level = torch.zeros(len(KINDS), len(MONITORS)), torch.zeros(len(KINDS))
    for _ in range(windows):
        order = torch.randperm(len(held_out()), generator=g)
        old = _scores(seed, epochs, held_out()[order[:REFERENCE]])
        for k, kind in enumerate(KINDS):
            x = held_out()[_window(order, size, kind)]
            new = _scores(seed, epochs, drifted(x, kind, amount=amount[kind], generator=g))
            share[k] += torch.tensor(_judge(old, new, rate)) / windows
            level[k] += new[0].mean() / windows
    return share, level / level[0]


def power(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, windows: int = 24, size: int = 100, rate: float = 0.05,
    epochs: int = EPOCHS, fast: bool = False,
) -> PowerResult:  # fmt: skip
    """Hand windows of held-out digits, unchanged or drifted, to four monitors of the same false-alarm rate.

    Args:
        seeds: one model each.
        windows: for each model; each has a reference of its own, of 300 digits.
        size: digits a window.
        rate: of false alarms.
        epochs: passes over the training digits.
        fast: two seeds, a quarter of the epochs and of the windows.

    Raises:
        TypeError: a count is no int.
        ValueError: there is no seed, or a count is below 1.
    """
    windows = max(1, check_positive_int(windows, "windows") // (4 if fast else 1))
    seeds, epochs = plan(seeds, epochs, fast)
    rows = [_powers(seed, windows, check_positive_int(size, "size"), rate, epochs) for seed in seeds]
    return PowerResult(seeds, torch.stack([row[0] for row in rows]), torch.stack([row[1] for row in rows]))


def stream(
    seed: int, *, window: int = 50, rate: float = 0.001, most: float = 0.25, epochs: int = EPOCHS
) -> Stream:
    """Send held-out digits one by one; from the middle on their noise grows, and a monitor watches.

    Args:
        seed: of the model and the order of the digits.
        window: scores that the monitor looks at.
        rate: of false alarms a look.
        most: standard deviation of the noise at the end.
        epochs: passes over the training digits.
    """
    g = seeded(seed)
    order = torch.randperm(len(held_out()), generator=g)
    reference = _scores(seed, epochs, held_out()[order[:REFERENCE]])[0]
    x = held_out()[order[REFERENCE:]]
    start = len(x) // 2
    ramp = torch.linspace(0, 1, len(x) - start)[:, None]
    late = x[start:] + ramp * gaussian(torch.zeros_like(x[start:]), most, generator=g)
    scores = _scores(seed, epochs, torch.cat([x[:start], late]))[0]
    monitor = Monitor(reference, window=window, quantile=0.5, rate=rate)
    found = monitor.observe(scores)
    levels = scores.unfold(0, window, 1).kthvalue(monitor.window_rank, dim=1).values
    return Stream(scores, levels, monitor.threshold, found, start, window)


def wrong_reference(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, window: int = 100, rate: float = 0.01, epochs: int = EPOCHS,
    fast: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the share of looks with an alarm where nothing drifts: reference held out, and trained on.

    Args:
        seeds: one model each.
        window: scores that the monitor looks at.
        rate: of false alarms a look.
        epochs: passes over the training digits.
        fast: two seeds, a quarter of the epochs.

    Shape:
        Returns (S,) twice.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    shares = torch.zeros(2, len(seeds))
    for s, seed in enumerate(seeds):
        held = _scores(seed, epochs, held_out())[0]
        held = held[torch.randperm(len(held), generator=seeded(seed))]
        for row, reference in enumerate((held[:REFERENCE], _scores(seed, epochs, training())[0])):
            monitor = Monitor(reference, window=window, quantile=0.5, rate=rate)
            shares[row, s] = monitor.observe(held[REFERENCE:])[window - 1 :].float().mean()
    return shares[0], shares[1]
