"""Contractive autoencoder, steps A and B: the Jacobian of a layer, and its squared norm in closed form."""

__all__ = ["CONTRACTION", "JACOBIAN", "drawn"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.workshop._contract_reference import Array, contraction, jacobian
from coursekit.assess.workshop._untouched import kept

_SIZES = ((4, 3, 5), (3, 2, 4))


def drawn(seed: int, sizes: tuple[int, int, int]) -> tuple[Array, Array, Array]:
    """Return weights (K, D), biases (K,) and samples (B, D) for sizes (B, K, D)."""
    rng = np.random.default_rng(seed)
    rows, units, inputs = sizes
    return rng.normal(size=(units, inputs)), rng.normal(size=units), rng.uniform(0, 1, (rows, inputs))


def _sigmoid(u: Array) -> Array:
    values: Array = 1 / (1 + np.exp(-u))
    return values


def _layers(seed: int) -> tuple[Case, ...]:
    found = []
    for sizes in _SIZES:
        W, b, x = drawn(seed + sizes[0], sizes)
        name = f"{sizes[0]} samples, {sizes[1]} units, {sizes[2]} inputs"
        found.append(Case(name, {"W": W, "b": b, "x": x}))
    return tuple(found)


def _codes(seed: int) -> tuple[Case, ...]:
    found = []
    for case in _layers(seed + 50):
        W, b, x = (np.array(case.inputs[name]) for name in ("W", "b", "x"))
        found.append(Case(case.name, {"z": _sigmoid(x @ W.T + b), "W": W}))
    return tuple(found)


def _observe_jacobian(candidate: Any, case: Case) -> Observation:
    given = {name: np.array(case.inputs[name]) for name in "Wbx"}
    return kept(case, "Jacobian", candidate(*given.values()), given)


def _observe_contraction(candidate: Any, case: Case) -> Observation:
    given = {name: np.array(case.inputs[name]) for name in "zW"}
    return kept(case, "penalty", candidate(*given.values()), given)


def _sloped(slope: Any) -> Any:
    """Return a Jacobian with another slope, a function of the net inputs."""
    return lambda W, b, x: slope(x @ W.T + b)[:, :, None] * W


def _by_weights(W: Array, b: Array, x: Array) -> Array:
    z = _sigmoid(x @ W.T + b)
    derivative: Array = (z * (1 - z))[:, :, None] * x[:, None, :]
    return derivative


def _by_loop(W: Array, b: Array, x: Array) -> Array:
    found = np.zeros((len(x), *W.shape))
    for i, sample in enumerate(x):
        for k, row in enumerate(W):
            h = _sigmoid(row @ sample + b[k])
            found[i, k] = h * (1 - h) * row
    return found


def _by_matrices(W: Array, b: Array, x: Array) -> Array:
    z = _sigmoid(x @ W.T + b)
    return np.array([np.diag(row - row**2) @ W for row in z])


JACOBIAN = Exercise(
    "contractive/jacobian",
    "The Jacobian of a sigmoid layer",
    "jacobian(W, b, x) -> (B, K, D), the derivative of every unit by every input at each sample",
    2.0,
    lambda: jacobian,
    _layers,
    _observe_jacobian,
    (
        Alternate("loops", lambda: _by_loop),
        Alternate("diagonal matrices", lambda: _by_matrices),
    ),
    (
        Mutant(
            "no slope",
            "This is W at every sample, the Jacobian of a linear code. The sigmoid's slope multiplies it.",
            lambda: _sloped(np.ones_like),
        ),
        Mutant(
            "code for slope",
            "The rows are multiplied by the code itself. The slope of the sigmoid is z (1 − z).",
            lambda: _sloped(_sigmoid),
        ),
        Mutant(
            "slope at the net input",
            "The slope was computed from the net input u. Put z = sigmoid(u) into z (1 − z).",
            lambda: _sloped(lambda u: u * (1 - u)),
        ),
        Mutant(
            "slope of tanh",
            "1 − z² is the slope of tanh. That of the sigmoid is z (1 − z).",
            lambda: _sloped(lambda u: 1 - _sigmoid(u) ** 2),
        ),
        Mutant(
            "slope squared",
            "The slope is squared here already. The Jacobian holds it once; the penalty squares later.",
            lambda: _sloped(lambda u: (_sigmoid(u) * (1 - _sigmoid(u))) ** 2),
        ),
        Mutant(
            "bias forgotten",
            "The bias moves the net input, and with it the slope: it is missing.",
            lambda: lambda W, b, x: jacobian(W, 0 * b, x),
        ),
        Mutant(
            "by the weights",
            "This is the derivative by the weights. The Jacobian in question is with respect to the input.",
            lambda: _by_weights,
            "001-M-22",
        ),
        Mutant(
            "axes exchanged",
            "The last two axes are exchanged: units come first, then inputs.",
            lambda: lambda W, b, x: jacobian(W, b, x).transpose(0, 2, 1),
        ),
        Mutant(
            "averaged",
            "There is one matrix for the whole batch. Each sample has a Jacobian of its own.",
            lambda: lambda W, b, x: jacobian(W, b, x).mean(axis=0),
        ),
    ),
    (
        "First the codes z, one row a sample; then their slopes, of the same shape.",
        "Row k of a sample's Jacobian is the slope of unit k times row k of W.",
        "Give the slopes (B, K) a last axis of length one; broadcasting against W (K, D) does the rest.",
    ),
    tolerance=1e-6,
    survivors={
        "z = 1 / (1 + np.exp(-(x @ W.T + b)))  ->  z = 1 / (1 + np.exp(x @ W.T + b))": (
            "the slope of the sigmoid is even: it is the same at u and at −u"
        ),
    },
)
CONTRACTION = Exercise(
    "contractive/contraction",
    "The penalty in closed form",
    "contraction(z, W) -> a number, from sigmoid codes (B, K) and weights (K, D)",
    2.0,
    lambda: contraction,
    _codes,
    _observe_contraction,
    (
        Alternate(
            "the whole Jacobian",
            lambda: lambda z, W: (((z * (1 - z))[:, :, None] * W) ** 2).sum(axis=(1, 2)).mean(),
        ),
        Alternate(
            "mean slopes first",
            lambda: lambda z, W: sum(((z - z**2) ** 2).mean(axis=0) * np.linalg.norm(W, axis=1) ** 2),
        ),
    ),
    (
        Mutant(
            "slope not squared",
            "The slope stands here without its square. Compare with the Jacobian of step A on one sample.",
            lambda: lambda z, W: ((z * (1 - z)) @ (W**2).sum(axis=1)).mean(),
            "001-M-28",
        ),
        Mutant(
            "norm for square",
            "This is the norm. The penalty is its square: doubling the encoder should quadruple it.",
            lambda: lambda z, W: np.sqrt((z * (1 - z)) ** 2 @ (W**2).sum(axis=1)).mean(),
            "001-M-25",
        ),
        Mutant(
            "sum over the batch",
            "The penalty depends on the batch size: average over the samples.",
            lambda: lambda z, W: contraction(z, W) * len(z),
            "001-M-26",
        ),
        Mutant(
            "one number a sample",
            "There is a number for each sample. Average them.",
            lambda: lambda z, W: (z * (1 - z)) ** 2 @ (W**2).sum(axis=1),
        ),
        Mutant(
            "mean over the units",
            "The units are averaged. Sum over units and inputs, average over samples only.",
            lambda: lambda z, W: contraction(z, W) / z.shape[1],
        ),
        Mutant(
            "mean over the inputs",
            "The inputs are averaged. Sum over units and inputs, average over samples only.",
            lambda: lambda z, W: contraction(z, W) / W.shape[1],
        ),
        Mutant(
            "weights summed before squaring",
            "The weights of a unit are added up and then squared. Square each weight, then add.",
            lambda: lambda z, W: ((z * (1 - z)) ** 2 @ W.sum(axis=1) ** 2).mean(),
        ),
        Mutant(
            "slope left out",
            "This is the squared norm of W, the value of a linear code.",
            lambda: lambda _, W: (W**2).sum(),
        ),
        Mutant(
            "code for slope",
            "The codes stand where their slopes z (1 − z) belong.",
            lambda: lambda z, W: (z**2 @ (W**2).sum(axis=1)).mean(),
        ),
    ),
    (
        "You can go by way of step A: square all entries, add them for each sample. Then find a shorter way.",
        "For unit k: its squared slope times the sum of its squared weights.",
        "(W**2).sum(axis=1) has the shape (K,), the squared slopes (B, K): a product with @ adds the units.",
    ),
    tolerance=1e-6,
)
