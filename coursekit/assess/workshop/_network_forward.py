"""The network from scratch: the forward pass."""

__all__ = ["FORWARD"]

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.workshop._network_reference import Array, Arrays, forward
from coursekit.assess.workshop._network_survivors import survivors
from coursekit.assess.workshop._network_tools import NAMES, arrays, given, parameters, probabilities

CACHE = ("U", "H", "V")


def _batch(rng: np.random.Generator, name: str, sizes: tuple[int, int, int, int]) -> Case:
    rows, *widths = sizes
    inputs: dict[str, Any] = {"X": rng.normal(size=(rows, widths[0]))}
    return Case(f"{rows} patterns, {name}", inputs | parameters(rng, (widths[0], widths[1], widths[2])))


def _forward_cases(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    # The square batch comes first: there a bias on the wrong axis runs, and can be told by its values.
    return (
        _batch(rng, "as many as hidden neurons", (4, 3, 4, 2)),
        _batch(rng, "sizes 5, 6 and 3", (7, 5, 6, 3)),
        _batch(rng, "one alone", (1, 2, 3, 4)),
    )


def _forward_observe(candidate: Any, case: Case) -> Observation:
    x, weights = given(case, ("X",))["X"], given(case, NAMES)
    return arrays(candidate(x, weights), CACHE)


def _pass(
    hidden: Callable[[Array], Array] = np.tanh,
    output: Callable[[Array], Array] = lambda v: v,
    first: Callable[[Array], Array] = lambda b: b,
    second: Callable[[Array], Array] = lambda b: b,
) -> Callable[[Any, Any], Arrays]:
    """Write the forward pass with other functions on the hidden layer, the output and the biases."""

    def run(x: Any, p: Any) -> Arrays:
        u = x @ p["W1"] + first(p["b1"])
        h = hidden(u)
        return {"U": u, "H": h, "V": output(h @ p["W2"] + second(p["b2"]))}

    return run


def _by_rows(x: Any, p: Any) -> Arrays:
    u = np.array([row @ p["W1"] for row in x]) + p["b1"][None]
    h = 1 - 2 / (np.exp(2 * u) + 1)
    return {"V": np.einsum("bh,hk->bk", h, p["W2"]) + p["b2"], "H": h, "U": u}


def _augmented(x: Any, p: Any) -> Arrays:
    one = np.ones((len(x), 1))
    u = np.hstack([x, one]) @ np.vstack([p["W1"], p["b1"]])
    h = np.tanh(u)
    return {"U": u, "H": h, "V": np.hstack([h, one]) @ np.vstack([p["W2"], p["b2"]])}


FORWARD = Exercise(
    "network-from-scratch/forward",
    "The forward pass",
    "forward(X, parameters) -> dictionary with U (B, H), H (B, H), V (B, K)",
    2.0,
    lambda: forward,
    _forward_cases,
    _forward_observe,
    (Alternate("row by row", lambda: _by_rows), Alternate("bias as a weight", lambda: _augmented)),
    (
        Mutant(
            "hidden bias left out", "U lacks the bias b1.", lambda: _pass(first=lambda b: 0 * b)
        ),
        Mutant(
            "bias along the batch",
            "The hidden bias lies along the batch: each pattern gets its own. A bias belongs to a neuron, "
            "which is a column of U.",
            lambda: _pass(first=lambda b: b[:, None]),
        ),
        Mutant("output bias left out", "V lacks the bias b2.", lambda: _pass(second=lambda b: 0 * b)),
        Mutant(
            "no activation",
            "H equals U: without an activation between them two layers are one.",
            lambda: _pass(lambda u: u),
        ),
        Mutant(
            "softmax before the loss",
            "V holds probabilities. The loss takes logits: leave the softmax out here.",
            lambda: _pass(output=probabilities),
        ),
        Mutant("tanh on the output", "V went through tanh: logits are free numbers.",
               lambda: _pass(output=np.tanh)),
        Mutant(
            "ReLU",
            "H is never negative: that is a ReLU, and tanh is asked for.",
            lambda: _pass(lambda u: np.maximum(u, 0)),
        ),
    ),
    (
        "Each layer is one product and one bias; only the hidden layer has an activation.",
        "A bias of shape (H,) lines up with the columns of a (B, H) matrix by itself.",
        "Return the net input, the hidden output and the logits under the names U, H and V.",
    ),
    tolerance=1e-7,
    survivors=survivors("forward"),
)  # fmt: skip
