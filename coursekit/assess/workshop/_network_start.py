"""The network from scratch: the first weights."""

__all__ = ["INITIALISE"]

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._network_reference import Arrays, initialise
from coursekit.assess.workshop._network_survivors import survivors
from coursekit.assess.workshop._network_tools import NAMES, expected_answer, global_stream, unlike
from coursekit.assess.workshop._tools import flag


def _start_cases(seed: int) -> tuple[Case, ...]:
    """Large layers: five sigma of a deviation are 1.5 %, of a mean 2 %, of the share 0.0043."""
    expected: dict[str, Any] = {"the answer": expected_answer(NAMES)}
    shapes = {"W1": "(200, 300)", "b1": "(300,)", "W2": "(300, 210)", "b2": "(210,)"}
    expected |= {f"shape of {name}": shape for name, shape in shapes.items()}
    expected |= {
        "size of the biases": 0.0, "spread of W1 over He's": 1.0, "spread of W2 over He's": 1.0,
        "W1 is centred": 1.0, "W2 is centred": 1.0, "share of W1 beyond two deviations": 0.0455,
        "a second call gives other weights": 1.0, "an equal generator gives equal weights": 1.0,
    }  # fmt: skip
    margins = {
        "spread of W1 over He's": 0.015, "spread of W2 over He's": 0.015,
        "share of W1 beyond two deviations": 0.0045,
    }  # fmt: skip
    inputs: dict[str, Any] = {"sizes": np.array([200, 300, 210]), "seed": seed}
    return (Case("a network 200-300-210", inputs, 2, expected, margins, noisy=True),)


def _start_observe(candidate: Any, case: Case) -> Observation:
    sizes, seed = tuple(int(n) for n in np.asarray(case.inputs["sizes"])), int(case.inputs["seed"])
    generator = np.random.default_rng(seed)
    with global_stream(seed):
        first = candidate(sizes, generator)
        wrong = unlike(first, NAMES)
        if wrong is not None:
            return wrong
        second, again = candidate(sizes, generator), candidate(sizes, np.random.default_rng(seed))
    found = {name: np.asarray(plain(first[name])) for name in NAMES}
    if any(value.dtype.kind != "f" for value in found.values()):
        return {"the answer": "a dictionary, but not of arrays"}
    w1, w2 = found["W1"], found["W2"]
    usual = max(float(w1.std()), 1e-12) if w1.size else 1e-12
    seen: dict[str, Any] = {"the answer": expected_answer(NAMES)}
    seen |= {f"shape of {name}": str(value.shape) for name, value in found.items()}
    return seen | {
        "size of the biases": float(max(np.abs(found[name]).max(initial=0) for name in ("b1", "b2"))),
        "spread of W1 over He's": float(w1.std() / np.sqrt(2 / sizes[0])) if w1.size else 0.0,
        "spread of W2 over He's": float(w2.std() / np.sqrt(2 / sizes[1])) if w2.size else 0.0,
        "W1 is centred": flag(w1.size and abs(w1.mean()) < 0.021 * usual),
        "W2 is centred": flag(w2.size and abs(w2.mean()) < 0.021 * max(float(w2.std()), 1e-12)),
        "share of W1 beyond two deviations": float((np.abs(w1) > 2 * usual).mean()) if w1.size else 0.0,
        "a second call gives other weights": flag(_differ(first, second)),
        "an equal generator gives equal weights": flag(
            not any(_differ(first, again, n) for n in ("W1", "W2"))
        ),
    }


def _differ(one: Any, other: Any, name: str = "W1") -> bool:
    """Tell whether the weights of two answers differ."""
    same = np.shape(one[name]) == np.shape(other[name])
    return not (same and np.array_equal(np.asarray(one[name]), np.asarray(other[name])))


def _drawn(
    spread: Callable[[int, int], float], shape: Callable[[int, int], tuple[int, ...]] = lambda a, b: (a, b)
) -> Callable[[Any, Any], Arrays]:
    """Write the start with another spread or another shape."""

    def start(sizes: Any, generator: Any) -> Arrays:
        d, h, k = sizes
        w1, w2 = (generator.normal(0, spread(a, b), shape(a, b)) for a, b in ((d, h), (h, k)))
        return {"W1": w1, "b1": np.zeros(h), "W2": w2, "b2": np.zeros(k)}

    return start


def _he(a: int, _b: int) -> float:
    return float(np.sqrt(2 / a))


def _own_seed(sizes: Any, _generator: Any) -> Arrays:
    return initialise(sizes, np.random.default_rng(42))


def _fixed_width(sizes: Any, generator: Any) -> Arrays:
    return initialise((sizes[0], 16, sizes[2]), generator)


def _random_biases(sizes: Any, generator: Any) -> Arrays:
    start = initialise(sizes, generator)
    return start | {name: generator.normal(0, 0.1, start[name].shape) for name in ("b1", "b2")}


def _uniform(sizes: Any, generator: Any) -> Arrays:
    start = initialise(sizes, generator)
    size = {name: np.sqrt(2 / len(start[name])) for name in ("W1", "W2")}
    return start | {name: generator.uniform(-s, s, start[name].shape) for name, s in size.items()}


def _columns_first(sizes: Any, generator: Any) -> Arrays:
    d, h, k = sizes
    w2 = generator.standard_normal((k, h)).T * (2 / h) ** 0.5
    return {"W1": generator.standard_normal((h, d)).T * (2 / d) ** 0.5, "b1": np.zeros(h), "W2": w2,
            "b2": np.zeros(k)}  # fmt: skip


INITIALISE = Exercise(
    "network-from-scratch/initialise",
    "The first weights",
    "initialise(sizes, generator) -> dictionary with W1 (D, H), b1 (H,), W2 (H, K), b2 (K,)",
    2.0,
    lambda: initialise,
    _start_cases,
    _start_observe,
    (
        Alternate("standard normals, scaled", lambda: _drawn(lambda a, b: _he(a, b))),
        Alternate("W2 first, drawn transposed", lambda: _columns_first),
    ),
    (
        Mutant(
            "variance for deviation",
            "The weights are far too small: normal() takes the standard deviation, and 2/D is the variance.",
            lambda: _drawn(lambda a, _: 2 / a),
        ),
        Mutant(
            "fan-out",
            "He's rule divides by the number of inputs of the layer; you divide by its neurons.",
            lambda: _drawn(lambda _, b: float(np.sqrt(2 / b))),
        ),
        Mutant(
            "one for two",
            "The spread is too small by the root of two: He's variance is 2 over the inputs.",
            lambda: _drawn(lambda a, _: float(np.sqrt(1 / a))),
        ),
        Mutant(
            "not from the generator",
            "The weights do not come from the generator that was handed in: a seed inside the function gives "
            "every network the same start.",
            lambda: _own_seed,
        ),
        Mutant(
            "hidden argument ignored",
            "The hidden width that was asked for is ignored: take H from the argument sizes.",
            lambda: _fixed_width,
        ),
        Mutant(
            "zeros",
            "All weights are zero: every hidden neuron would stay like the others, and no gradient "
            "would flow.",
            lambda: _drawn(lambda *_: 0.0),
        ),
        Mutant("random biases", "The biases must start at zero.", lambda: _random_biases),
        Mutant(
            "neurons in rows",
            "The weights are transposed: a neuron is a column, so W1 has shape (D, H).",
            lambda: _drawn(_he, lambda a, b: (b, a)),
        ),
        Mutant(
            "uniform",
            "The weights are uniform between plus and minus the deviation: a normal draw is asked for.",
            lambda: _uniform,
        ),
    ),
    (
        "Two matrices from the generator, two vectors of zeros.",
        "He: variance 2 over the number of inputs of the layer. What does the second argument of "
        "normal() mean?",
    ),
    survivors=survivors("initialise"),
)
