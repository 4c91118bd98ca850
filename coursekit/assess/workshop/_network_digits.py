"""The network from scratch: digits that the trained network has to read."""

__all__ = ["classify", "digits_exercise", "digits_of"]

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._network_reference import Array, Arrays, forward, initialise, train
from coursekit.assess.workshop._network_setting import NETWORK, NetworkSetting
from coursekit.data import digits

TEST, EPOCHS, BATCH, RATE, CLASSES, ALONE = 297, 20, 32, 0.1, 10, 40


@cache
def digits_of(split: int) -> tuple[Array, Array, Array, Array]:
    """Return training and test digits of a split, pixels (N, 64) in [0, 1] and labels (N,)."""
    found = digits(binarize=False, seed=split, test_size=TEST)
    x, fresh = (part.double().numpy() for part in (found.x_train, found.x_test))
    return x, found.y_train.numpy(), fresh, found.y_test.numpy()


@cache
def _trained(setting: NetworkSetting, seed: int = 0, epochs: int = EPOCHS) -> Arrays:
    """Return the parameters that the reference ends with."""
    x, d, _, _ = digits_of(setting.split)
    return train(x, d, setting.hidden, epochs, BATCH, RATE, np.random.default_rng(seed))


def classify(X: Array) -> Array:
    """Return the labels (B,) of digits X, (B, 64), by the trained network."""
    cache = forward(X, _trained(NETWORK))
    return np.asarray(cache["V"].argmax(axis=1))


def _by(parameters: Callable[[], Arrays]) -> Callable[[Any], Array]:
    """Return a classifier with other parameters."""
    return lambda x: np.asarray(forward(x, parameters())["V"].argmax(axis=1))


def _cases(setting: NetworkSetting) -> Callable[[int], tuple[Case, ...]]:
    def cases(seed: int) -> tuple[Case, ...]:
        _, _, x, d = digits_of(setting.split)
        order = np.random.default_rng(seed).permutation(len(x))
        inputs: dict[str, Any] = {"X": x[order], "d": d[order], "pass mark": setting.pass_mark}
        return (Case(f"{TEST} test digits", inputs, 4),)

    return cases


def _observe(candidate: Any, case: Case) -> Observation:
    x = np.array(case.inputs["X"])
    labels = plain(candidate(x))
    if isinstance(labels, str):
        return {"labels": labels}
    alone = [np.asarray(plain(candidate(row[None].copy()))) for row in x[:ALONE]]
    each = [value.item() if value.shape == (1,) and value.dtype.kind == "f" else np.nan for value in alone]
    return {"labels": labels, "labels one by one": np.array(each)}


def _accuracy(case: Case, seen: Observation) -> float:
    return float((np.asarray(seen["labels"]) == np.asarray(case.inputs["d"])).mean())


def _usable(case: Case, seen: Observation) -> str | None:
    """Return what keeps the labels from being counted, or None."""
    for key, count in (("labels", len(np.asarray(case.inputs["d"]))), ("labels one by one", ALONE)):
        value = seen.get(key, "missing")
        if isinstance(value, str) or np.shape(value) != (count,):
            came = value if isinstance(value, str) else f"shape {np.shape(value)}"
            return f"{key} must have shape ({count},), one whole number a digit; yours is {came}."
        odd = np.asarray(value)[np.mod(np.asarray(value), 1) != 0]
        if odd.size and key == "labels":
            return (
                f"labels must be whole numbers from 0 to 9; yours hold {odd[0]:.3g}. The class is the place "
                "of the largest logit, argmax, not its value."
            )
    return None


def _judge(case: Case, seen: Observation) -> str | None:
    trouble = _usable(case, seen)
    if trouble:
        return trouble
    found, mark = _accuracy(case, seen), float(np.asarray(case.inputs["pass mark"]))
    if not np.array_equal(np.asarray(seen["labels"])[:ALONE], np.asarray(seen["labels one by one"])):
        return "A digit gets another label in other company."
    return None if found >= mark else f"The accuracy on test digits is {found:.3f} (at least {mark} passes)."


def _when(condition: Callable[[Case, Observation], bool]) -> Callable[[Case, Observation], bool]:
    """Recognise a kind of classifier by its labels."""
    return lambda case, seen: _usable(case, seen) is None and bool(condition(case, seen))


def _shifted(case: Case, seen: Observation) -> bool:
    labels, truth = np.asarray(seen["labels"]), np.asarray(case.inputs["d"])
    return max(float(((labels + by) % CLASSES == truth).mean()) for by in (1, -1)) > 0.8


def _least(case: Case, seen: Observation) -> bool:
    return _accuracy(case, seen) < 0.02 and not _shifted(case, seen)


def _constant(_case: Case, seen: Observation) -> bool:
    return len(np.unique(np.asarray(seen["labels"]))) == 1


def _company(case: Case, seen: Observation) -> bool:
    alone = np.asarray(seen["labels one by one"])
    return not np.array_equal(np.asarray(seen["labels"])[:ALONE], alone) and _accuracy(case, seen) > 0.5


def _mutants(setting: NetworkSetting) -> tuple[Mutant, ...]:
    right = _by(lambda: _trained(setting))
    zeros = {name: 0 * value for name, value in _trained(setting, epochs=0).items()}
    return (
        Mutant("one constant", "Every digit gets the same label: the weights started at zero, or were never "
               "handed back by train.", lambda: _by(lambda: zeros), "", _when(_constant)),
        Mutant("shifted labels", "The labels are right but for a shift by one: they count from 0.",
               lambda: lambda x: right(x) + 1, "", _when(_shifted)),
        Mutant("smallest logit", "Your labels are wrong far more often than a guess would be: take the "
        "largest "
               "logit, not the smallest.",
               lambda: lambda x: forward(x, _trained(setting))["V"].argmin(axis=1), "", _when(_least)),
        Mutant("statistics of the batch", "Each digit's label must depend on that digit alone: nothing "
        "may be "
               "averaged over what comes in.",
               lambda: lambda x: right(x - x.mean(axis=0) + _mean(setting)), "", _when(_company)),
        Mutant("not trained", "That is about the accuracy of a guess: is it the trained network that "
               "classifies?", lambda: _by(lambda: initialise((64, setting.hidden, CLASSES),
               np.random.default_rng(0))), "", _when(lambda c, s: _accuracy(c, s) < 0.35)),
        Mutant("too short", "The network is on its way: train longer, or with a larger learning rate "
        "(20 epochs, "
               "batches of 32 and 0.1 are enough).", lambda: _by(lambda: _trained(setting, epochs=2)),
               "", _when(lambda c, s: _accuracy(c, s) < float(np.asarray(c.inputs["pass mark"])))),
    )  # fmt: skip


def _mean(setting: NetworkSetting) -> Array:
    """Return the mean training digit."""
    return np.asarray(digits_of(setting.split)[0].mean(axis=0))


def digits_exercise(setting: NetworkSetting) -> Exercise:
    """Return the exercise for one variant's width and split."""
    own = classify if not setting.variant else _by(lambda: _trained(setting))
    return Exercise(
        "network-from-scratch/digits",
        "A trained network that reads digits",
        "classify(X) -> the label of each digit, from (B, 64) to (B,)",
        3.0,
        lambda: own,
        _cases(setting),
        _observe,
        (
            Alternate("another seed", lambda: _by(lambda: _trained(setting, seed=1))),
            Alternate("trained for longer", lambda: _by(lambda: _trained(setting, 2, 30))),
        ),
        _mutants(setting),
        (
            "Train once, keep the parameters, and let classify use them.",
            "The class is the number of the largest logit of each row.",
        ),
        judge=_judge,
    )
