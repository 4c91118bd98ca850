"""Autoencoders, steps D and E: an evaluation in batches, and a loop that keeps its best weights."""

__all__ = ["BEST", "EVALUATE"]

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._ae_reference import Array, evaluate, keep_best
from coursekit.assess.workshop._untouched import untouched

Loss = Callable[[Array], float]


def _batches(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, size in ((7, 3), (10, 4), (6, 2)):
        X = np.random.default_rng(seed + rows).uniform(0, 1, (rows, 5))
        X[-1] += 3  # the last image is far from the others, so that its weight shows
        found.append(Case(f"{rows} images in batches of {size}", {"X": X, "size": size}))
    return tuple(found)


def _numbered(batch: Any, X: Array) -> str:
    """Name the rows of a batch by their numbers in X, counted from 0."""
    rows = np.asarray(batch)
    if rows.shape[1:] != X.shape[1:]:
        return f"something of shape {rows.shape}"
    at = [np.flatnonzero((row == X).all(axis=1)) for row in rows]
    return ", ".join(str(found[0]) if len(found) else "?" for found in at)


def _observe_mean(candidate: Any, case: Case) -> Observation:
    X, seen = np.array(case.inputs["X"]), [""]

    def loss(batch: Any) -> float:
        rows = _numbered(batch, case.inputs["X"])  # type: ignore[arg-type]
        if rows != seen[-1]:  # a second look at the same batch does no harm
            seen.append(rows)
        return float((np.asarray(batch) ** 2).sum(axis=1).mean()) if len(batch) else float("nan")

    mean = plain(candidate(X, int(case.inputs["size"]), loss))
    return {"mean loss": mean, "batches (the numbers of their rows)": " | ".join(seen[1:])}


def _runs(seed: int) -> tuple[Case, ...]:
    """A run with a tie and its best epoch in the middle; one of large losses, best after a long rise."""
    found = []
    for epochs, scale, order in ((6, 1, (4, 3, 5, 1, 1, 2)), (9, 500, (4, 2, 3, 5, 6, 4, 3, 1.5, 1))):
        rng = np.random.default_rng(seed + epochs)
        levels = np.array((0, *order, 0.5))  # before the first, and after the last
        values = scale * (rng.uniform(0.5, 1.5) + 0.3 * levels)
        path = rng.normal(0, 1, (epochs + 2, 3))
        found.append(Case(f"{epochs} epochs", {"path": path, "values": values, "epochs": epochs}))
    return tuple(found)


def _observe_best(candidate: Any, case: Case) -> Observation:
    path, values = np.array(case.inputs["path"]), np.array(case.inputs["values"])
    w, at = path[0].copy(), [0]

    def step(weights: Array) -> None:
        at[0] = min(at[0] + 1, len(path) - 1)  # more steps than asked for
        weights += path[at[0]] - path[at[0] - 1]  # a step from elsewhere ends elsewhere

    def validate(weights: Array) -> float:
        return float(values[np.abs(path - weights).sum(axis=1).argmin()])

    answer = candidate(w, step, validate, int(case.inputs["epochs"]))
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return {"result": told(answer)}
    return {"weights": plain(answer[0]), "epoch": plain(answer[1])}


def _means(X: Array, size: int, loss: Loss) -> list[float]:
    return [loss(X[start : start + size]) for start in range(0, len(X), size)]


def _dropped(X: Array, size: int, loss: Loss) -> float:
    full = len(X) // size * size - (size if len(X) % size == 0 else 0)
    return float(np.mean(_means(X[:full], size, loss)))


def _with_empty(X: Array, size: int, loss: Loss) -> float:
    parts = [X[at * size : (at + 1) * size] for at in range(len(X) // size + 1)]
    return float(sum(loss(part) * len(part) for part in parts) / len(X))


def _one_by_one(X: Array, size: int, loss: Loss) -> float:
    del size
    return float(np.mean([loss(X[at : at + 1]) for at in range(len(X))]))


def _split(X: Array, size: int, loss: Loss) -> float:
    parts = np.split(X, range(size, len(X), size))
    return float(np.average([loss(part) for part in parts], weights=[len(part) for part in parts]))


def _while(X: Array, size: int, loss: Loss) -> float:
    total, at = 0.0, 0
    while at < len(X):
        part = X[at : at + size]
        total, at = total + loss(part) * len(part) / len(X), at + len(part)
    return total


def _loop(kind: str) -> Any:
    """Return a loop with one mistake."""

    def wrong(w: Array, step: Any, validate: Any, epochs: int) -> tuple[Array, int]:
        smallest, best, found = np.inf, w, 0
        if kind == "start":
            smallest, best = validate(w), w.copy()
        for epoch in range(1, epochs + (0 if kind == "short" else 1)):
            before = w.copy()
            value = validate(w) if kind == "before" else 0.0
            step(w)
            value = value if kind == "before" else validate(w)
            if kind == "largest":
                value = -value
            if kind == "rise" and value > smallest:
                break
            if value < smallest or (kind == "last tie" and value <= smallest):
                smallest, found = value, epoch
                best = {"reference": w, "earlier": before}.get(kind, w.copy())
        return best, found - 1 if kind == "zero" else found

    return wrong


def _listed(w: Array, step: Any, validate: Any, epochs: int) -> tuple[Array, int]:
    kept, values = [], []
    for _ in range(epochs):
        step(w)
        kept.append(np.array(w))
        values.append(validate(w))
    return kept[int(np.argmin(values))], int(np.argmin(values)) + 1


def _tuples(w: Array, step: Any, validate: Any, epochs: int) -> list[Any]:
    best: tuple[float, int, list[float]] | None = None
    for epoch in range(epochs):
        step(w)
        now = (validate(w), epoch + 1, w.tolist())
        best = now if best is None else min(best, now)
    return [None, 0] if best is None else [best[2], best[1]]


EVALUATE = Exercise(
    "autoencoders/evaluate",
    "The mean loss over all images",
    "evaluate(X, size, loss) -> a number; loss(batch) is the mean loss of at most size images",
    2.0,
    lambda: evaluate,
    _batches,
    untouched(_observe_mean, "X"),
    (Alternate("weights by np.average", lambda: _split), Alternate("a while loop", lambda: _while)),
    (
        Mutant(
            "mean of means",
            "This is the mean of the batch means: the last batch is smaller and must count less.",
            lambda: lambda X, size, loss: np.mean(_means(X, size, loss)),
        ),
        Mutant(
            "last batch dropped",
            "The last batch was left out. Its images belong to the mean as well.",
            lambda: _dropped,
        ),
        Mutant(
            "last batch only",
            "This is the loss of the last batch alone.",
            lambda: lambda X, size, loss: _means(X, size, loss)[-1],
        ),
        Mutant(
            "sum of means",
            "The batch means were added up. Weight each by its rows and divide by all rows.",
            lambda: lambda X, size, loss: sum(_means(X, size, loss)),
        ),
        Mutant(
            "an empty batch",
            "If the batch size divides the number of images, your last batch is empty, and the mean of "
            "nothing is no number.",
            lambda: _with_empty,
        ),
        Mutant(
            "all at once",
            "All images went into one call. A batch holds at most size images.",
            lambda: lambda X, _, loss: loss(X),
        ),
        Mutant(
            "one by one",
            "Each image was a batch of its own. The mean is right, but use batches of the given size.",
            lambda: _one_by_one,
        ),
        Mutant(
            "not divided",
            "The weighted sum is right. Divide it by the number of images.",
            lambda: lambda X, size, loss: evaluate(X, size, loss) * len(X),
        ),
    ),
    (
        "Slices past the end are shorter: X[start : start + size] never fails.",
        "A mean times the rows of its batch is a sum over images.",
    ),
)
BEST = Exercise(
    "autoencoders/keep-best",
    "A loop that keeps its best weights",
    "keep_best(w, step, validate, epochs) -> the best weights and their epoch, counted from 1",
    4.0,
    lambda: keep_best,
    _runs,
    _observe_best,
    (Alternate("all weights in a list", lambda: _listed), Alternate("the smallest tuple", lambda: _tuples)),
    (
        Mutant(
            "a reference",
            "These are the weights of the last epoch. If you kept the best ones, you kept the array itself, "
            "which step went on changing: keep a copy.",
            lambda: _loop("reference"),
            "001-M-38",
        ),
        Mutant(
            "largest loss",
            "This is the epoch with the largest loss. The smallest wins.",
            lambda: _loop("largest"),
        ),
        Mutant(
            "last of equals",
            "Two epochs tie, and the later was taken. Keep the first of equals.",
            lambda: _loop("last tie"),
        ),
        Mutant(
            "counted from 0",
            "The weights are right. Count the epochs from 1.",
            lambda: _loop("zero"),
        ),
        Mutant(
            "the start counts",
            "The weights before the first epoch came back. Begin after the first step. "
            "And a number to start from, such as 1, may lie below all losses: take infinity.",
            lambda: _loop("start"),
        ),
        Mutant(
            "validated before the step",
            "The loss was taken before the step and the weights after it: they don't belong together.",
            lambda: _loop("before"),
        ),
        Mutant(
            "weights before the step",
            "The kept weights are those before the step, whose loss is another one.",
            lambda: _loop("earlier"),
        ),
        Mutant(
            "one epoch short",
            "The last epoch was not run. There are as many as were asked for.",
            lambda: _loop("short"),
        ),
        Mutant(
            "stopped at the first rise",
            "The loop ended when the loss rose. Go on to the last epoch: it may fall again.",
            lambda: _loop("rise"),
        ),
    ),
    (
        "In each epoch: step(w), then validate(w), then compare.",
        "step changes w in place. What you keep must not change with it.",
        "Start from an infinite smallest value, so that the first epoch is always kept.",
    ),
    survivors={
        "smallest, best, found = (np.inf, w, 0)  ->  smallest, best, found = (np.inf, step, 0)": (
            "A placeholder: the first epoch has a finite loss and replaces it."
        ),
        "smallest, best, found = (np.inf, w, 0)  ->  smallest, best, found = (np.inf, w, 1)": (
            "A placeholder: the first epoch replaces it, with the same number."
        ),
    },
)
