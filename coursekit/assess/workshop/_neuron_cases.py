"""Inputs of the one-neuron assignment: a neuron, some patterns with targets, a learning rate."""

__all__ = ["Array", "arguments", "drawn", "named", "results"]

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.assess.exercise import Case, Plain
from coursekit.assess.plain import told

Array = NDArray[Any]


def drawn(seed: int, rows: int, features: int, *, classes: bool = False) -> dict[str, Plain]:
    """Draw a neuron and its data; numbers of a size at which every mistake shows."""
    rng = np.random.default_rng(seed)
    inputs: dict[str, Plain] = {
        "w": rng.uniform(0.5, 1.5, features) * rng.choice((-1, 1), features),
        "b": float(rng.uniform(0.5, 1.5)),
        "X": rng.uniform(0.5, 2.0, (rows, features)) * rng.choice((-1, 1), (rows, features)),
        "d": rng.uniform(2.0, 4.0, rows) * rng.choice((-1, 1), rows),
        "lr": float(rng.uniform(0.05, 0.2)),
    }
    if classes:
        inputs["d"] = np.resize(rng.permutation([0.0, 1.0]), rows)
        inputs["lr"] = float(rng.uniform(0.3, 0.9))
    return inputs


def named(rows: int, features: int, inputs: dict[str, Plain], *, group: str = "") -> Case:
    """Return a case whose name says how large it is."""
    return Case(f"{rows} pattern{'' if rows == 1 else 's'} of {features} features", inputs, group=group)


def arguments(case: Case, *names: str) -> list[Any]:
    """Return inputs of a case, arrays as copies, so that no answer can change them for the next."""
    values = (case.inputs[name] for name in names)
    return [value.copy() if isinstance(value, np.ndarray) else value for value in values]


def results(answer: Any, count: int) -> Sequence[Any]:
    """Return the parts of an answer that must have so many; a long array is not taken apart first.

    Raises:
        ValueError: if it is no tuple or list, or has more or fewer parts.
    """
    if not isinstance(answer, (tuple, list)):
        raise ValueError(f"{count} results are expected; got {told(answer)}")
    if len(answer) != count:
        raise ValueError(f"{count} results are expected; got {len(answer)}")
    return answer
