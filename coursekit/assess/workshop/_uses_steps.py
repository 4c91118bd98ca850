"""Uses of autoencoders, steps D and E: roles of images, and a training step that leaves the encoder alone."""

__all__ = ["ROLES", "TRAIN_STEP"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain, several
from coursekit.assess.workshop._uses_reference import Array, roles, train_step

_Roles = tuple[Array, Array, Array]


def _labels(seed: int) -> tuple[Case, ...]:
    found = []
    for at, (size, kinds, train, held) in enumerate(((60, 3, 8, 5), (90, 2, 20, 9))):
        rng = np.random.default_rng(seed + at)
        inputs: dict[str, Plain] = {
            "y": rng.permutation(np.arange(size) % kinds), "normal": 1, "train": train, "held": held,
            "seed": int(rng.integers(1000)),
        }  # fmt: skip
        found.append(Case(f"{size} labels of {kinds} kinds", inputs))
    return tuple(found)


def _observe_roles(candidate: Any, case: Case) -> Observation:
    y, counts = np.array(case.inputs["y"]), [int(case.inputs[name]) for name in ("normal", "train", "held")]
    drawn, changed = [], False
    for turn in (0, 1, 2, 0):
        rng, given = np.random.default_rng(int(case.inputs["seed"]) + turn), y.copy()
        parts = several(candidate(given, *counts, rng), 3)
        drawn.append([np.asarray(part).astype(int).ravel() for part in parts])
        changed = changed or not np.array_equal(given, y)
    train, held, test = drawn[0]
    first = {tuple(sorted(parts[0])) for parts in drawn[:3]}
    again = all(np.array_equal(a, b) for a, b in zip(drawn[0], drawn[3], strict=True))
    return {
        "rows in each part": plain([len(train), len(held), len(test)]),
        "odd rows in training": float(bool((y[train] != counts[0]).any())),
        "normal rows in training": float(bool((y[train] == counts[0]).any())),
        "odd rows under the threshold": float(bool((y[held] != counts[0]).any())),
        "training rows under the threshold": float(bool(np.isin(train, held).any())),
        "used rows in the test": float(bool(np.isin(test, np.concatenate([train, held])).any())),
        "normal rows in the test": float(bool((y[test] == counts[0]).any())),
        "rows twice in one part": float(any(len(set(part)) < len(part) for part in (train, held, test))),
        "the same rows in every draw": float(len(first) == 1),
        "other rows from the same rng": float(not again),
        "labels changed": float(changed),
    }


def _by_mask(y: Array, normal: int, train: int, held: int, rng: np.random.Generator) -> _Roles:
    chosen = rng.choice([i for i in range(len(y)) if y[i] == normal], train + held, replace=False)
    rest = np.ones(len(y), bool)
    rest[chosen] = False
    return chosen[:train], chosen[train:], rng.permutation(np.flatnonzero(rest))


def _by_sets(y: Array, normal: int, train: int, held: int, rng: np.random.Generator) -> _Roles:
    order = [int(i) for i in rng.permutation(len(y))]
    own = [i for i in order if y[i] == normal][: train + held]
    others = sorted(set(order) - set(own))
    return np.array(own[:train]), np.array(own[train:]), np.array(others)


def _wrong_roles(
    y: Array, normal: int, train: int, held: int, rng: np.random.Generator, *, kind: str
) -> _Roles:
    """Give out the roles with one mistake."""
    rows = {"ordered": np.flatnonzero(y == normal), "all": rng.permutation(len(y)),
            "turned": rng.permutation(np.flatnonzero(y != normal)),
            "own numbers": np.random.default_rng().permutation(np.flatnonzero(y == normal))}  # fmt: skip
    own = rows.get(kind, rng.permutation(np.flatnonzero(y == normal)))
    first, second = own[:train], own[train : train + held]
    if kind == "shared":
        second = own[:held]
    if kind == "mixed threshold":
        second = rng.permutation(np.setdiff1d(np.arange(len(y)), first))[:held]
    rest = np.setdiff1d(np.arange(len(y)), np.concatenate([first, second]))
    if kind == "whole":
        rest = np.arange(len(y))
    if kind == "odd only":
        rest = np.flatnonzero(y != normal)
    if kind == "drawn twice":
        first = rng.choice(own[:train], train)
        first[0] = first[1]
    return first, second, rest


def _wrong(kind: str) -> Any:
    return lambda: lambda y, normal, train, held, rng: _wrong_roles(y, normal, train, held, rng, kind=kind)


def _steps(seed: int) -> tuple[Case, ...]:
    found = []
    for frozen in (True, False):
        for rows, width in ((5, 4), (8, 6)):
            rng = np.random.default_rng(seed + rows)
            inputs: dict[str, Plain] = {
                "encoder": rng.normal(size=(width, 3)), "head": rng.normal(size=(3, 4)),
                "x": rng.normal(size=(rows, width)), "targets": rng.normal(size=(rows, 4)),
                "rate": 0.1, "frozen": int(frozen),
            }  # fmt: skip
            name = f"{rows} rows, {'frozen' if frozen else 'fine-tuned'}"
            found.append(Case(name, inputs, group="frozen" if frozen else "fine-tuned"))
    return tuple(found)


def _observe_step(candidate: Any, case: Case) -> Observation:
    kept = [np.array(case.inputs[name]) for name in ("encoder", "head", "x", "targets")]
    given = [value.copy() for value in kept]
    answer = candidate(*given, float(case.inputs["rate"]), bool(case.inputs["frozen"]))
    encoder, head = several(answer, 2)
    shared = isinstance(encoder, np.ndarray) and np.shares_memory(encoder, given[0])
    return {
        "encoder": plain(encoder),
        "head": plain(head),
        "change of the inputs": max(float(np.abs(a - b).max()) for a, b in zip(given, kept, strict=True)),
        "encoder shared with the autoencoder": float(shared),
    }


def _stepped(
    encoder: Array, head: Array, x: Array, targets: Array, rate: float, frozen: bool, *, kind: str
) -> tuple[Array, Array]:
    """Do a step with one mistake."""
    errors = 2 * (x @ encoder @ head - targets) / (1 if kind == "sum" else len(x))
    errors = errors / {"no factor": 2, "mean of all": targets.shape[1]}.get(kind, 1)
    down = -1 if kind == "uphill" else 1
    stay_head = kind == "all frozen" and frozen
    new_head = head if stay_head else head - down * rate * (x @ encoder).T @ errors
    back = new_head if kind == "one after the other" else head
    move = not frozen or kind == "never frozen"
    step = down * rate * x.T @ (errors @ back.T)
    if kind == "always frozen":
        move = False
    if kind == "in place":
        encoder -= step if move else 0
        return encoder.copy(), new_head
    if kind == "shared":
        return (encoder - step if move else encoder), new_head
    return (encoder - step if move else encoder.copy()), new_head


def _slip(kind: str) -> Any:
    return lambda: lambda e, h, x, t, rate, frozen: _stepped(e, h, x, t, rate, frozen, kind=kind)


def _by_differences(
    encoder: Array, head: Array, x: Array, targets: Array, rate: float, frozen: bool
) -> tuple[Array, Array]:
    def loss(a: Array, b: Array) -> float:
        return float(((x @ a @ b - targets) ** 2).sum() / len(x))

    slopes = np.zeros_like(encoder), np.zeros_like(head)
    for which, slope in enumerate(slopes):
        for place in np.ndindex(slope.shape):
            low, high = ([encoder.copy(), head.copy()] for _ in range(2))
            low[which][place] -= 1e-3
            high[which][place] += 1e-3
            slope[place] = (loss(*high) - loss(*low)) / 2e-3
    return encoder - (0 if frozen else rate) * slopes[0], head - rate * slopes[1]


def _by_rows(
    encoder: Array, head: Array, x: Array, targets: Array, rate: float, frozen: bool
) -> tuple[Array, Array]:
    down, across = np.zeros_like(encoder), np.zeros_like(head)
    for row, target in zip(x, targets, strict=True):
        error = row @ encoder @ head - target
        across += np.outer(row @ encoder, error)
        down += np.outer(row, head @ error)
    share = 2 * rate / len(x)
    return (encoder.copy() if frozen else encoder - share * down), head - share * across


ROLES = Exercise(
    "autoencoder-uses/roles",
    "Which images have which role",
    "roles(y, normal, train, held, rng) -> three arrays of row numbers: training, threshold, test",
    3.0,
    lambda: roles,
    _labels,
    _observe_roles,
    (Alternate("choice and a mask", lambda: _by_mask), Alternate("sets", lambda: _by_sets)),
    (
        Mutant(
            "trained on all classes",
            "Has the model already seen the anomalies? Train on normal rows alone, by their numbers in y.",
            _wrong("all"), "001-M-46",
        ),
        Mutant(
            "trained on the odd ones", "The roles are turned: training and threshold take the normal rows.",
            _wrong("turned"),
        ),
        Mutant(
            "threshold from training rows",
            "Which data may set a threshold? The model has seen these rows; take others.",
            _wrong("shared"), "001-M-47",
        ),
        Mutant(
            "odd rows under the threshold", "Anomalies set the threshold, too. It needs normal rows alone.",
            _wrong("mixed threshold"),
        ),
        Mutant(
            "test holds used rows", "The test holds rows that trained the model or set the threshold.",
            _wrong("whole"),
        ),
        Mutant(
            "no normal rows in the test",
            "Without fresh normal rows nobody can count false alarms. Keep them.",
            _wrong("odd only"),
        ),
        Mutant(
            "not shuffled",
            "Every draw takes the same rows. Shuffle the normal ones first, with the rng that came in.",
            _wrong("ordered"),
        ),
        Mutant(
            "another generator",
            "The same rng gave other rows the second time. Draw with it, not with a generator of your own.",
            _wrong("own numbers"),
        ),
        Mutant(
            "drawn with replacement", "A row is there twice: draw without replacement.",
            _wrong("drawn twice"),
        ),
    ),
    (
        "Start from the normal rows, np.flatnonzero(y == normal), and shuffle them with rng.",
        "The first `train` of them train, the next `held` set the threshold.",
        "The test has all other rows: np.setdiff1d of all row numbers and those used.",
    ),
)  # fmt: skip
TRAIN_STEP = Exercise(
    "autoencoder-uses/train-step",
    "A step that leaves the autoencoder alone",
    "train_step(encoder, head, x, targets, rate, frozen) -> new matrices (D, K) and (K, C); x is (B, D)",
    4.0,
    lambda: train_step,
    _steps,
    _observe_step,
    (Alternate("differences", lambda: _by_differences), Alternate("outer products", lambda: _by_rows)),
    (
        Mutant(
            "in place", "The autoencoder's own encoder has changed. Work on a copy.", _slip("in place"),
        ),
        Mutant(
            "shared when frozen",
            "A frozen encoder was handed back itself: two owners hold one array. Return a copy.",
            _slip("shared"),
        ),
        Mutant("never frozen", "The encoder moved although it is frozen.", _slip("never frozen")),
        Mutant("always frozen", "Fine-tuning changes the encoder, too.", _slip("always frozen")),
        Mutant("all frozen", "Frozen means the encoder alone: the head learns on.", _slip("all frozen")),
        Mutant("uphill", "That step climbs. Subtract the gradient.", _slip("uphill")),
        Mutant("sum over the rows", "The loss is a mean over the rows: divide by B.", _slip("sum")),
        Mutant(
            "mean over all entries",
            "The loss adds the entries of a row: divide by B, not by the entries, too.",
            _slip("mean of all"),
        ),
        Mutant("factor two", "The derivative of a square has a factor 2.", _slip("no factor")),
        Mutant(
            "one after the other",
            "The encoder's gradient was taken with the new head. Take both at the old matrices.",
            _slip("one after the other"),
        ),
    ),
    (
        "With z = x A and errors E = 2 (z H - t) / B, the head's gradient is zᵀ E.",
        "The errors reach the code by Hᵀ: the encoder's gradient is xᵀ (E Hᵀ), with the old head.",
        "Frozen: return encoder.copy(), and never write into an argument.",
    ),
    groups=(("frozen", 2.0), ("fine-tuned", 2.0)),
    survivors={
        "errors = 2 * (z @ head - targets) / len(x)  ->  errors = 2 * (z @ head - targets) / len(targets)": (
            "There is one target for each row."
        ),
    },
)  # fmt: skip
