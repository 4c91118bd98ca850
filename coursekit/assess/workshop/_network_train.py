"""The network from scratch: the training loop, judged by what it does to the weights."""

__all__ = ["TRAIN"]

from operator import attrgetter
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.workshop._network_loops import (
    dropping,
    ignored,
    in_the_callers_arrays,
    labels_left,
    loop,
    once,
    summed,
    uphill,
)  # fmt: skip
from coursekit.assess.workshop._network_reference import Array, Arrays, backward, forward, train
from coursekit.assess.workshop._network_rows import (
    COUNTS,
    DIRECTION,
    EXPECTED,
    LABELS,
    REST,
    RIGHT,
    no_step_in_no_epoch,
    rows_told,
)
from coursekit.assess.workshop._network_survivors import survivors
from coursekit.assess.workshop._network_tools import NAMES, expected_answer, given, global_stream, unlike
from coursekit.assess.workshop._tools import flag

HIDDEN, ROWS, BATCH, EPOCHS, RATE, TINY = 14, 120, 10, 80, 0.3, 1e-5
_SHUFFLE = attrgetter("permutation")(np.random)  # the global stream, for the mutant that draws from it


def _quadrants(rng: np.random.Generator, rows: int) -> tuple[Array, Array]:
    """Draw four clouds, opposite ones of the same class, sorted by class."""
    corner = np.arange(rows) * 4 // rows
    centre = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])[corner]
    return centre + 0.35 * rng.normal(size=(rows, 2)), corner // 2


def _cases(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    (x, d), (fresh, truth) = _quadrants(rng, ROWS), _quadrants(rng, 400)
    expected: dict[str, Any] = {
        "the answer": expected_answer(NAMES), "hidden neurons": float(HIDDEN), "outputs": 2.0,
        REST: 1.0, **EXPECTED, "steps in 2 epochs, told from the weights": 2.0 * ROWS / BATCH,
        "equal results from equal generators": 1.0, "other results from another generator": 1.0,
        "a new order for each epoch": 1.0, "the global stream is left alone": 1.0,
        "X and d stay as they are": 1.0, "at least 9 of 10 fresh points right": 1.0,
    }  # fmt: skip
    inputs: dict[str, Any] = {"X": x, "d": d, "fresh": fresh, "truth": truth, "seed": seed}
    margins = {"steps in 2 epochs, told from the weights": 0.05, COUNTS: 0.005}
    return (Case(f"{ROWS} sorted points in batches of {BATCH}", inputs, 3, expected, margins),)


def _clean(value: Any) -> Arrays | None:
    """Return parameters as arrays of finite numbers that fit together, or None."""
    try:
        p = {name: np.array(value[name], dtype=np.float64) for name in NAMES}
        fits = p["W1"].shape == (2, *p["b1"].shape) and p["W2"].shape == (*p["b1"].shape, *p["b2"].shape)
        return p if fits and all(np.isfinite(part).all() for part in p.values()) else None
    except (TypeError, ValueError):
        return None


def _steps(start: Arrays, moved: Arrays, x: Array, d: Array) -> float:
    """Return how many full gradients a tiny training adds up to: its steps, if each row counts."""
    mean = backward(x, d, start, forward(x, start))
    along = sum(float(((start[n] - moved[n]) * mean[n]).sum()) for n in NAMES)
    return along / (TINY * sum(float((mean[n] ** 2).sum()) for n in NAMES))


def _observe(candidate: Any, case: Case) -> Observation:
    seed = int(case.inputs["seed"])
    x, d, fresh, truth = given(case, ("X", "d", "fresh", "truth")).values()
    states: list[Any] = []

    def run(epochs: int, rate: float, number: int = seed) -> Any:
        generator = np.random.default_rng(number)
        found = candidate(x, d, HIDDEN, epochs, BATCH, rate, generator)
        states.append(generator.bit_generator.state["state"]["state"])
        return found

    with np.errstate(all="ignore"), global_stream(seed) as used:
        first = run(EPOCHS, RATE)
        wrong = unlike(first, NAMES)
        if wrong is not None:
            return wrong
        runs = [first, run(0, TINY), run(1, TINY), run(2, TINY), run(2, TINY), run(2, TINY, seed + 1)]
        told_apart = {REST: no_step_in_no_epoch(candidate, seed), **rows_told(candidate, seed)}
    found = [_clean(value) for value in runs]
    final, start, _, moved, again, other = found
    if final is None or start is None or moved is None or again is None or other is None:
        return {"the answer": "a dictionary, but not of finite arrays that fit together"}
    return (
        _seen(case, final, start, moved)
        | told_apart
        | {
            "equal results from equal generators": flag(np.array_equal(moved["W1"], again["W1"])),
            "other results from another generator": flag(not np.array_equal(moved["W1"], other["W1"])),
            "a new order for each epoch": flag(len(set(states[1:4])) == 3),
            "the global stream is left alone": flag(not used[0]),
            "X and d stay as they are": flag(
                np.array_equal(x, case.inputs["X"]) and np.array_equal(d, case.inputs["d"])
            ),
            "at least 9 of 10 fresh points right": flag(
                (forward(fresh, final)["V"].argmax(axis=1) == truth).mean() >= 0.9
            ),
        }
    )


def _seen(case: Case, final: Arrays, start: Arrays, moved: Arrays) -> dict[str, Any]:
    """Return what the weights themselves tell."""
    fits = final["b1"].shape == start["b1"].shape == moved["b1"].shape and moved["b2"].shape == (2,)
    x, d = given(case, ("X", "d")).values()
    return {
        "the answer": expected_answer(NAMES),
        "hidden neurons": float(final["b1"].size),
        "outputs": float(final["b2"].size),
        "steps in 2 epochs, told from the weights": _steps(start, moved, x, d) if fits else -1e9,
    }


def _lost_and_doubled(_: Case, seen: Observation) -> bool:
    """Tell rows drawn with replacement: some are lost, and the number of steps is right all the same."""
    shares = seen.get(COUNTS)
    if not isinstance(shares, np.ndarray) or seen.get(LABELS) != 1:
        return False
    return bool(np.abs(shares).min() < 0.005) and abs(float(shares.sum()) - 4) < 0.05


def _another_rate(_: Case, seen: Observation) -> bool:
    """Tell steps that are far too long for the rate that was handed in."""
    shares = seen.get(COUNTS)
    return isinstance(shares, np.ndarray) and bool(np.abs(shares).max() > 100) and seen.get(REST) == 1


_EPOCHS_IGNORED = "The number of epochs makes no difference: loop over all of them."
_RANDOM_ROWS = lambda generator, n, _: np.argsort(generator.random(n))  # noqa: E731
TRAIN = Exercise(
    "network-from-scratch/train",
    "The training loop",
    "train(X, d, hidden, epochs, batch_size, learning_rate, generator) -> trained parameters",
    3.0,
    lambda: train,
    _cases,
    _observe,
    (
        Alternate("sorted random numbers as order", lambda: loop(order=_RANDOM_ROWS)),
        Alternate("slices of an order", loop),
    ),
    (
        Mutant(
            "hidden argument ignored",
            "The width that was asked for is ignored: hand hidden to the start.",
            lambda: loop(width=lambda _: 8),
        ),
        Mutant(
            "not shuffled",
            "The rows come in the same order in every epoch, and the generator draws none: sorted data would "
            "then teach one class after the other. Draw a new order for each epoch.",
            lambda: loop(order=lambda _g, n, _e: np.arange(n)),
        ),
        Mutant(
            "shuffled once",
            "One order is drawn before the loop and kept: draw a new one for each epoch.",
            once,
        ),
        Mutant(
            "generator ignored",
            "The generator that was handed in is not used: a seed inside makes every training the same.",
            lambda: loop(own=lambda _: np.random.default_rng(0)),
        ),
        Mutant(
            "global stream",
            "The order comes from NumPy's global stream: draw it from the generator.",
            lambda: loop(order=lambda _g, n, _e: _SHUFFLE(n)),
        ),
        Mutant(
            "epochs ignored",
            _EPOCHS_IGNORED,
            lambda: loop(length=lambda epochs: min(epochs, 1)),
        ),
        Mutant(
            "one epoch too many",
            "There is one pass too many: with 0 epochs the weights must stay as they were drawn.",
            lambda: loop(length=lambda epochs: epochs + 1),
        ),
        Mutant("one epoch always", _EPOCHS_IGNORED, lambda: loop(length=lambda _: 1)),
        Mutant(
            "one epoch too few",
            "There is one pass too few: range(epochs) counts from 0 and makes all of them.",
            lambda: loop(length=lambda epochs: max(epochs - 1, 0)),
        ),
        Mutant(
            "last batch dropped",
            "The rows that are left over at the end of a pass are dropped: a last batch may be smaller.",
            lambda: dropping,
        ),
        Mutant(
            "labels in another order",
            "X is taken in the new order and d is not: a row must keep its own label. Use the same numbers "
            "for both.",
            lambda: labels_left,
            sign=lambda _, seen: (
                seen.get(REST) == 1 and seen.get(DIRECTION) == RIGHT and seen.get(LABELS) == 0
            ),
        ),
        Mutant(
            "with replacement",
            "Some rows come several times in a pass and others never: take a permutation of the rows.",
            lambda: loop(order=lambda generator, n, _e: generator.integers(0, n, n)),
            sign=_lost_and_doubled,
        ),
        Mutant(
            "batch size ignored",
            "All rows go into one step: cut the order into batches of batch_size.",
            lambda: loop(size=lambda _, n: n),
        ),
        Mutant(
            "first batch only",
            "Each epoch takes one batch only: go through all rows.",
            lambda: loop(most=1),
        ),
        Mutant("uphill", "The weights move along the gradient: go against it.", lambda: loop(uphill)),
        Mutant(
            "summed gradients",
            "Each row counts as many times too much as the batch has rows: the loss is a mean over the "
            "batch, and a batch makes one step.",
            lambda: loop(summed),
        ),
        Mutant(
            "nothing kept",
            "The weights never move: keep what update returns, it changes nothing in place.",
            lambda: loop(ignored),
        ),
        Mutant(
            "learning rate ignored",
            "The learning rate is ignored: hand it to update.",
            lambda: loop(rate=lambda _: 0.1),
            sign=_another_rate,
        ),
        Mutant(
            "the caller's rows mixed",
            "X and d were mixed in place: the caller still holds them. Take X[rows] instead.",
            lambda: in_the_callers_arrays,
        ),
    ),
    (
        "Start, then for each epoch: an order, and for each batch of it forward, backward, update.",
        "An order is generator.permutation of the number of rows; one slice of it picks a batch from X "
        "and d alike.",
        "update gives the parameters back: which name must hold them in the next round?",
    ),
    tolerance=1e-4,
    survivors=survivors("train"),
)
