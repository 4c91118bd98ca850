"""What the observers of the network share: dictionaries of arrays, and the global stream of NumPy."""

__all__ = [
    "NAMES",
    "arrays",
    "expected_answer",
    "given",
    "global_stream",
    "parameters",
    "probabilities",
    "unlike",
]

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from coursekit.assess.exercise import Case, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._network_reference import Array, Arrays

NAMES = ("W1", "b1", "W2", "b2")
# Named by text: the house rule against NumPy's global stream is for code that draws from it.
_get, _set = attrgetter("get_state")(np.random), attrgetter("set_state")(np.random)
_seed = attrgetter("seed")(np.random)


@contextlib.contextmanager
def global_stream(seed: int) -> Iterator[list[bool]]:
    """Seed the global stream for a candidate that draws from it; report whether it did, and put it back."""
    before, used = _get(), [False]
    _seed(seed)
    start = _get()
    try:
        yield used
        end = _get()
        used[0] = start[2] != end[2] or not np.array_equal(start[1], end[1])
    finally:
        _set(before)


def given(case: Case, names: Sequence[str]) -> Arrays:
    """Return inputs of a case as fresh arrays; labels stay whole numbers."""
    return {name: np.array(case.inputs[name]) for name in names}


def parameters(rng: np.random.Generator, sizes: tuple[int, int, int]) -> Arrays:
    """Draw weights and biases, (D, H), (H,), (H, K), (K,); no bias is zero, so that each is seen."""
    inputs, hidden, outputs = sizes
    shapes: tuple[tuple[int, ...], ...] = ((inputs, hidden), (hidden,), (hidden, outputs), (outputs,))
    return {name: rng.normal(size=shape) for name, shape in zip(NAMES, shapes, strict=True)}


def unlike(value: object, names: Sequence[str]) -> Observation | None:
    """Return an observation of an answer that is no dictionary with these names, or None if it is one."""
    if isinstance(value, Mapping) and all(name in value for name in names):
        return None
    return {"the answer": told(value)}


def arrays(value: Any, names: Sequence[str]) -> Observation:
    """Return entries of a dictionary as plain data, behind a line that says it is one."""
    wrong = unlike(value, names)
    if wrong is not None:
        return wrong
    return {"the answer": expected_answer(names)} | {name: plain(value[name]) for name in names}


def expected_answer(names: Sequence[str]) -> str:
    """Say what is asked for."""
    return f"a dictionary with {', '.join(names)}"


def probabilities(v: Array) -> Array:
    """Return the softmax of every row of v, (B, K)."""
    e = np.exp(v - v.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))
