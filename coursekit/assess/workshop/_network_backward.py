"""The network from scratch: the backward pass."""

__all__ = ["BACKWARD"]

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.workshop._network_reference import Array, Arrays, backward, forward
from coursekit.assess.workshop._network_survivors import survivors
from coursekit.assess.workshop._network_tools import NAMES, arrays, given, parameters, probabilities
from coursekit.assess.workshop._tools import flag

CACHE = ("U", "H", "V")
_LAYER = {"output": ("W2", "b2"), "hidden": ("W1", "b1")}


def _cases(seed: int) -> tuple[Case, ...]:
    """The output layer first, then the hidden one, on the same batches; their sizes all differ."""
    rng, cases = np.random.default_rng(seed), []
    for rows, sizes in ((5, (4, 3, 2)), (8, (3, 6, 5))):
        x, weights = rng.normal(size=(rows, sizes[0])), parameters(rng, sizes)
        d = rng.permutation(np.arange(rows) % sizes[2])
        inputs = {"X": x, "d": d} | weights | forward(x, weights)
        for number, group in enumerate(("output", "hidden")):
            name = f"{group} layer, {rows} patterns, sizes {', '.join(map(str, sizes))}"
            cases.append(Case(name, inputs | {"layer": group}, 1 + 2 * number, group=group))
    far = inputs["V"] + np.where(np.arange(rows) % 2, 1000.0, -1000.0)[:, None]
    cases.append(
        Case("logits near 1000 and −1000", inputs | {"V": far, "layer": "output"}, 2, group="output")
    )
    return tuple(cases)


def _observe(candidate: Any, case: Case) -> Observation:
    x, d = given(case, ("X", "d")).values()
    names = _LAYER[str(case.inputs["layer"])]
    held = given(case, NAMES)
    with np.errstate(all="ignore"):
        found = arrays(candidate(x, d, held, given(case, CACHE)), names)
    if case.group == "output" or len(found) == 1:
        return found
    kept = all(np.array_equal(held.get(name, np.nan), case.inputs[name]) for name in NAMES)
    return dict(found) | {"parameters stay as they are": flag(kept)}


def _back(
    error: Callable[[Array, Array], Array] = lambda y, t: (y - t) / len(y),
    slope: Callable[[Arrays], Array] = lambda c: 1 - c["H"] ** 2,
    weight: Callable[[Arrays, Array], Array] = lambda p, _gradient: p["W2"],
    bias: Callable[[Array], Array] = lambda delta: delta.sum(axis=0),
    product: Callable[[Array, Array], Array] = lambda a, delta: a.T @ delta,
    below: str = "H",
    output: Callable[[Array], Array] = probabilities,
) -> Callable[[Any, Any, Any, Any], Arrays]:
    """Write the backward pass with one of its parts exchanged."""

    def run(x: Any, d: Any, p: Any, cache: Any) -> Arrays:
        y = output(cache["V"])
        delta2 = error(y, np.eye(y.shape[1])[d])
        by_w2 = product(cache[below], delta2)
        delta1 = (delta2 @ weight(p, by_w2).T) * slope(cache)
        return {"W1": product(x, delta1), "b1": bias(delta1), "W2": by_w2, "b2": bias(delta2)}

    return run


def _by_pattern(x: Any, d: Any, p: Any, cache: Any) -> Arrays:
    total = {name: np.zeros_like(p[name]) for name in NAMES}
    y = probabilities(cache["V"])
    for row, label, h, out in zip(x, d, cache["H"], y, strict=True):
        e2 = out.copy()
        e2[label] -= 1
        e1 = (p["W2"] @ e2) * (1 - h * h)
        parts = {"W1": np.outer(row, e1), "b1": e1, "W2": np.outer(h, e2), "b2": e2}
        total = {name: total[name] + parts[name] / len(x) for name in NAMES}
    return total


def _from_net_inputs(x: Any, d: Any, p: Any, cache: Any) -> Arrays:
    delta2 = probabilities(cache["V"])
    delta2[np.arange(len(d)), d] -= 1
    delta2 /= len(d)
    delta1 = np.einsum("bk,hk->bh", delta2, p["W2"]) / np.cosh(cache["U"]) ** 2
    one = np.ones(len(x))
    return {"b2": one @ delta2, "W2": cache["H"].T @ delta2, "b1": one @ delta1, "W1": x.T @ delta1}


def _softmax_slope(y: Array, t: Array) -> Array:
    return np.asarray((y - t) * y * (1 - y) / len(y))


_OUTPUT_MUTANTS = (
    Mutant(
        "1/B missing",
        "Your gradients are B times too large: the loss is a mean, so delta2 holds 1/B.",
        lambda: _back(lambda y, t: y - t),
    ),
    Mutant(
        "sign",
        "The sign is reversed: the error is output minus target. Steps along this one would raise the loss.",
        lambda: _back(lambda y, t: (t - y) / len(y)),
    ),
    Mutant(
        "slope of the softmax kept",
        "The error at the logits has a factor y(1 − y) too many: with cross-entropy it is output minus "
        "target.",
        lambda: _back(_softmax_slope),
    ),
    Mutant(
        "softmax twice",
        "The softmax was applied twice: cache['V'] holds logits, and one softmax makes them probabilities.",
        lambda: _back(output=lambda v: probabilities(probabilities(v))),
    ),
    Mutant(
        "logits for outputs",
        "The error is logits minus target: take the softmax of the logits first.",
        lambda: _back(output=lambda v: v),
    ),
    Mutant(
        "no shift",
        "The exponential of a large logit overflows: subtract the largest logit of each row first.",
        lambda: _back(output=lambda v: np.exp(v) / np.exp(v).sum(axis=1, keepdims=True)),
    ),
    Mutant(
        "bias summed along the wrong axis",
        "A bias gradient has one number for each pattern: sum over the patterns, so that one is left "
        "for each "
        "neuron.",
        lambda: _back(bias=lambda delta: delta.sum(axis=1)),
    ),
    Mutant(
        "bias averaged once more",
        "The bias gradients are too small by B: delta holds 1/B already, so sum it.",
        lambda: _back(bias=lambda delta: delta.mean(axis=0)),
    ),
    Mutant(
        "outer product of matrices",
        "np.outer flattens a batch: the gradient must have the shape of W. Use a matrix product over "
        "the batch.",
        lambda: _back(product=np.outer),
    ),
    Mutant(
        "net input for output",
        "The gradient by W2 uses U: what comes into the output layer is H.",
        lambda: _back(below="U"),
    ),
)


def _moving(x: Any, d: Any, p: Any, cache: Any) -> Arrays:
    found = backward(x, d, p, cache)
    for name in NAMES:
        p[name] -= 0.1 * found[name]
    return found


_HIDDEN_MUTANTS = (
    Mutant(
        "updated here",
        "The gradients are right, and the parameters were changed as well: the update is the next step.",
        lambda: _moving,
    ),
    Mutant(
        "slope of ReLU",
        "The slope is that of a ReLU, 0 or 1; the hidden layer has tanh.",
        lambda: _back(slope=lambda c: (c["U"] > 0).astype(float)),
    ),
    Mutant(
        "slope taken at the output",
        "The slope of tanh is taken at H, its output: it is taken at U, where it is 1 − tanh(U)², which is "
        "1 − H².",
        lambda: _back(slope=lambda c: 1 - np.tanh(c["H"]) ** 2),
    ),
    Mutant(
        "slope of the sigmoid",
        "The slope is that of a sigmoid, H(1 − H); the hidden layer has tanh.",
        lambda: _back(slope=lambda c: c["H"] * (1 - c["H"])),
    ),
    Mutant(
        "slope left out",
        "The slope of the activation is missing from the hidden error.",
        lambda: _back(slope=lambda c: np.ones_like(c["H"])),
    ),
    Mutant(
        "stale W2",
        "The hidden error was computed with a W2 that had already moved: take all gradients before any "
        "update.",
        lambda: _back(weight=lambda p, gradient: p["W2"] - gradient),
    ),
    Mutant(
        "1/B twice",
        "The hidden gradients hold 1/B twice: it comes down with delta2, once.",
        lambda: (
            lambda x, d, p, c: {
                name: value / (len(x) if name in ("W1", "b1") else 1)
                for name, value in backward(x, d, p, c).items()
            }
        ),
    ),
)
BACKWARD = Exercise(
    "network-from-scratch/backward",
    "The backward pass",
    "backward(X, d, parameters, cache) -> dictionary with the gradients W1, b1, W2, b2",
    5.0,
    lambda: backward,
    _cases,
    _observe,
    (
        Alternate("pattern by pattern", lambda: _by_pattern),
        Alternate("slope from U, sums by products", lambda: _from_net_inputs),
    ),
    (*_OUTPUT_MUTANTS, *_HIDDEN_MUTANTS),
    (
        "Start at the end: what is the gradient of the loss by the logits, for one pattern and for the mean?",
        "A gradient by weights is what came in, transposed, times the error that comes back. Check the "
        "shape.",
        "Send the error of the output through W2 backwards, then multiply by the slope, neuron by neuron.",
        "The derivative of tanh at U can be written with H alone, so nothing needs computing again.",
    ),
    tolerance=1e-7,
    groups=(("output", 2.0), ("hidden", 3.0)),
    survivors=survivors("backward"),
)
