"""How much each row counts in a short training: told from the weights, exactly, whatever the order."""

__all__ = ["COUNTS", "DIRECTION", "EXPECTED", "LABELS", "REST", "RIGHT", "no_step_in_no_epoch", "rows_told"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Observation
from coursekit.assess.workshop._network_reference import Array, Arrays, backward, forward
from coursekit.assess.workshop._network_tools import NAMES
from coursekit.assess.workshop._tools import flag

ROWS, BATCH, HIDDEN, TINY = 13, 4, 5, 1e-5
LABELS, COUNTS = "each row goes with its own label", f"share of each of {ROWS} rows in batches of {BATCH}"
REST, DIRECTION, RIGHT = "no step in 0 epochs", "the direction of the steps", "against gradients of the rows"
# Of 13 rows in batches of 4 the last batch holds one: each row counts for one over the rows of its batch.
EXPECTED: dict[str, Any] = {DIRECTION: RIGHT, LABELS: 1.0, COUNTS: np.array([0.25] * 12 + [1.0])}


def _batch(seed: int) -> tuple[Array, Array]:
    """Draw rows whose gradients are independent: six inputs, three classes, sorted."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(ROWS, 6)), np.sort(np.arange(ROWS) % 3)


def _vector(p: Any) -> Array:
    """Write parameters or gradients as one vector."""
    return np.concatenate([np.asarray(p[name], dtype=np.float64).ravel() for name in NAMES])


def rows_told(candidate: Any, seed: int) -> Observation:
    """Return in sorted order how much each row's gradient counts in one epoch.

    A tiny training moves the weights by minus the rate times the sum of the rows' gradients, each times
    its share. There are more weights than rows, so that the shares follow by least squares.

    Args:
        candidate: the training loop.
        seed: of the rows and of the generator.
    """
    x, d = _batch(seed)
    ends = [
        candidate(x.copy(), d.copy(), HIDDEN, epochs, BATCH, TINY, np.random.default_rng(seed))
        for epochs in (0, 1)
    ]
    try:
        start: Arrays = {name: np.array(ends[0][name], dtype=np.float64) for name in NAMES}
        moved = (_vector(ends[0]) - _vector(ends[1])) / TINY
        shares, off = _shares(start, x, [[label] for label in d], moved)
        _, anyway = _shares(start, x, [[0, 1, 2]] * ROWS, moved)
    except (TypeError, ValueError, KeyError, np.linalg.LinAlgError):
        return {DIRECTION: "not to be told, the parameters do not fit together"}
    way = RIGHT if anyway < 0.01 else "another; do the checks of backward and update hold?"
    return {DIRECTION: way, LABELS: flag(off < 0.01), COUNTS: np.sort(shares)}


def _shares(start: Arrays, x: Array, labels: Any, moved: Array) -> tuple[Array, float]:
    """Return what each gradient of a row with a label counts, and which part of the way they leave open."""
    columns = [
        _vector(backward(x[i : i + 1], np.array([label]), start, forward(x[i : i + 1], start)))
        for i, own in enumerate(labels) for label in own
    ]  # fmt: skip
    slopes = np.stack(columns, axis=1)
    found = np.linalg.lstsq(slopes, moved, rcond=1e-10)[0]
    apart = float(np.linalg.norm(slopes @ found - moved)) / (1e-9 + float(np.linalg.norm(moved)))
    return found, apart


def no_step_in_no_epoch(candidate: Any, seed: int) -> float:
    """Tell whether the learning rate makes no difference when there are no epochs.

    Args:
        candidate: the training loop.
        seed: of the rows and of the generator.
    """
    x, d = _batch(seed)
    ends = [
        candidate(x.copy(), d.copy(), HIDDEN, 0, BATCH, rate, np.random.default_rng(seed))
        for rate in (TINY, 0.5)
    ]
    try:
        return flag(np.array_equal(_vector(ends[0]), _vector(ends[1])))
    except (TypeError, ValueError, KeyError):
        return 0.0
