"""How long a pass takes, as a ratio to another model's pass, measured in turns in one run."""

__all__ = ["SpeedResult", "ratios", "speed"]

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from coursekit._check import check_positive_int, require
from coursekit.autoencoders import DenseAutoencoder
from coursekit.experiments.bench import seeded
from coursekit.ship import prune_neurons, prune_weights, quantize_dynamic, quantize_weights


class SpeedResult(NamedTuple):
    """Time over that of the float32 model: for each version the median of the rounds, by batch size."""

    batches: tuple[int, ...]
    ratio: Mapping[str, tuple[float, ...]]


def ratios(
    runs: Mapping[str, Callable[[], object]], *, rounds: int = 30, calls: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:  # fmt: skip
    """Time functions in turns and return the median of each one's time over that of the first.

    In every round each function is timed once, in an order drawn anew: what slows the machine for a while
    slows all of them, and none always follows the same other, whose data may fill the cache.

    Args:
        runs: the functions by name; the first is what the others are compared with.
        rounds: how often each is timed.
        calls: calls a timing.
        clock: returns seconds.

    Raises:
        TypeError: a count is no int.
        ValueError: there is no function, or a count is below 1.
    """
    require(len(runs) > 0, "runs must hold at least one function; got none")
    check_positive_int(rounds, "rounds")
    check_positive_int(calls, "calls")
    names = list(runs)
    for run in runs.values():
        run()
    found: dict[str, list[float]] = {name: [] for name in names}
    generator = seeded(0)
    for _ in range(rounds):
        spent = {}
        for name in (names[place] for place in torch.randperm(len(names), generator=generator)):
            start = clock()
            for _ in range(calls):
                runs[name]()
            spent[name] = clock() - start
        for name in names:
            found[name].append(spent[name] / spent[names[0]])
    return {name: float(torch.tensor(values).median()) for name, values in found.items()}


def _versions(width: int) -> dict[str, nn.Module]:
    """Return an untrained model, a copy of it as a control, and smaller versions."""
    model = DenseAutoencoder(64, [width], 32, generator=seeded(0)).eval()
    return {
        "float32": model,
        "float32, a copy": copy.deepcopy(model),
        "nine in ten weights zero": prune_weights(model, 0.9),
        "half of the units": prune_neurons(model, 0.5),
        "weights in int8": quantize_weights(model),
        "dynamic int8": quantize_dynamic(model),
    }


def _call(model: nn.Module, x: Tensor) -> Callable[[], object]:
    """Return a pass without the checks of values, which cost the same for all."""
    return lambda: model._decode(model._encode(x))  # type: ignore[operator]


def speed(
    batches: Sequence[int] = (1, 256), *, width: int = 1024, rounds: int = 30, fast: bool = False
) -> SpeedResult:
    """Time a model of 64, width and 32 units and its smaller versions.

    Args:
        batches: sizes of the batch.
        width: hidden units.
        rounds: timings of each.
        fast: a third of the rounds.

    Raises:
        CourseError: this torch cannot quantise dynamically.
        TypeError: rounds is no int.
        ValueError: a size is below 1, or there are fewer than 3 rounds.
    """
    check_positive_int(rounds, "rounds", minimum=3)
    models, table = _versions(width), []
    for size in batches:
        x = torch.rand(check_positive_int(size, "each of batches"), 64, generator=seeded(1))
        runs = {name: _call(model, x) for name, model in models.items()}
        with torch.inference_mode():
            table.append(ratios(runs, rounds=rounds // 3 if fast else rounds))
    return SpeedResult(tuple(batches), {name: tuple(row[name] for row in table) for name in models})
