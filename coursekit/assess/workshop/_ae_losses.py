"""Autoencoders, steps A and B: the squared error of images, and the cross-entropy from logits."""

__all__ = ["BERNOULLI", "ERROR"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._ae_reference import Array, bernoulli_loss, reconstruction_error
from coursekit.assess.workshop._untouched import untouched


def _images(seed: int) -> tuple[Case, ...]:
    found = []
    for count, height, width in ((3, 2, 4), (5, 4, 3)):
        x, outputs = np.random.default_rng(seed + count).uniform(0, 1, (2, count, height, width))
        name = f"{count} images of {height} by {width} pixels"
        found.append(Case(name, {"outputs": outputs, "x": x}))
    return tuple(found)


def _logits(seed: int) -> tuple[Case, ...]:
    found = []
    for count, width in ((4, 6), (5, 3)):
        rng = np.random.default_rng(seed + count)
        inputs = {"a": rng.uniform(-3, 3, (count, width)), "x": rng.uniform(0.05, 0.95, (count, width))}
        found.append(Case(f"{count} images of {width} pixels", inputs, group="values"))
    a = np.array([[900.0, -800.0, 700.0], [-950.0, 60.0, -50.0]])
    shifted = a + np.random.default_rng(seed).uniform(-5, 5, a.shape)
    wrong = {"a": shifted, "x": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])}
    return (*found, Case("logits far from zero", wrong, 3, group="large logits"))


def _observe_error(candidate: Any, case: Case) -> Observation:
    outputs, x = (np.array(case.inputs[name]) for name in ("outputs", "x"))
    return {"error": plain(candidate(outputs, x))}


def _observe_loss(candidate: Any, case: Case) -> Observation:
    a, x = (np.array(case.inputs[name]) for name in ("a", "x"))
    with np.errstate(all="ignore"):  # an overflow is told by the value
        return {"loss": plain(candidate(a, x))}


def _squash(a: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-a)))


def _entropy(y: Array, x: Array) -> Any:
    return -(x * np.log(y) + (1 - x) * np.log(1 - y)).sum(1).mean()


def _capped(a: Array, x: Array) -> Any:
    return _entropy(np.clip(_squash(a), 1e-8, 1 - 1e-8), x)


def _capped_seen(case: Case, seen: Observation) -> bool:
    """Tell a loss that is finite and far too small where the logits are large."""
    value = np.asarray(seen.get("loss", np.nan))
    if case.layer == 1 or value.dtype.kind != "f" or value.shape or not np.isfinite(value):
        return False
    right = bernoulli_loss(np.asarray(case.inputs["a"]), np.asarray(case.inputs["x"]))
    return bool(0 < value < 0.95 * right)


def _by_pieces(a: Array, x: Array) -> Any:
    rows = [np.maximum(u, 0) - u * t + np.log1p(np.exp(-np.abs(u))) for u, t in zip(a, x, strict=True)]
    return sum(float(line.sum()) for line in rows) / len(rows)


ERROR = Exercise(
    "autoencoders/reconstruction-error",
    "The squared error of images",
    "reconstruction_error(outputs, x) -> a number, from images (B, H, W)",
    1.0,
    lambda: reconstruction_error,
    _images,
    untouched(_observe_error, "outputs", "x"),
    (
        Alternate("one sum", lambda: lambda y, x: np.sum((y - x) ** 2) / len(x)),
        Alternate(
            "flattened",
            lambda: lambda y, x: np.mean(np.linalg.norm((y - x).reshape(len(x), -1), axis=1) ** 2),
        ),
    ),
    (
        Mutant(
            "mean over everything",
            "The pixels were averaged too. Sum over the pixels of an image, average over the images.",
            lambda: lambda y, x: ((y - x) ** 2).mean(),
            "001-M-35",
        ),
        Mutant(
            "sum over everything",
            "The images were added up. Divide by their number.",
            lambda: lambda y, x: ((y - x) ** 2).sum(),
        ),
        Mutant(
            "rows of pixels averaged",
            "Only one of the two pixel axes was summed: an image has rows and columns.",
            lambda: lambda y, x: ((y - x) ** 2).sum(axis=1).mean(),
        ),
        Mutant(
            "columns of pixels averaged",
            "Only the last axis was summed. Sum over both axes of an image.",
            lambda: lambda y, x: ((y - x) ** 2).sum(axis=2).mean(),
        ),
        Mutant(
            "half", "There is a factor ½ too many.", lambda: lambda y, x: ((y - x) ** 2).sum() / 2 / len(x)
        ),
        Mutant("absolute", "The errors were not squared.", lambda: lambda y, x: np.abs(y - x).sum() / len(x)),
        Mutant(
            "root",
            "A root was taken. The squared error keeps the square.",
            lambda: lambda y, x: np.sqrt(((y - x) ** 2).sum((1, 2))).mean(),
        ),
        Mutant(
            "one number an image",
            "There is a number for each image. Average them.",
            lambda: lambda y, x: ((y - x) ** 2).sum((1, 2)),
        ),
    ),
    (
        "An image has two axes of pixels; the first axis counts images.",
        "NumPy's sum takes several axes at once, in a tuple.",
    ),
    survivors={
        "return ((outputs - x) ** 2).sum(axis=(1, 2)).mean()  ->  "
        "return ((outputs - x) ** 2).sum(axis=(2, 1)).mean()": (
            "A sum over two axes is the same in either order."
        ),
    },
)
BERNOULLI = Exercise(
    "autoencoders/bernoulli-loss",
    "Cross-entropy from logits",
    "bernoulli_loss(a, x) -> a number, from logits and pixels (B, D)",
    3.0,
    lambda: bernoulli_loss,
    _logits,
    untouched(_observe_loss, "a", "x"),
    (
        Alternate("by pieces", lambda: _by_pieces),
        Alternate(
            "both logarithms",
            lambda: lambda a, x: (x * np.logaddexp(0, -a) + (1 - x) * np.logaddexp(0, a)).sum() / len(a),
        ),
    ),
    (
        Mutant(
            "two sigmoids",
            "A sigmoid was taken before the loss, which has one already: its outputs lie between 0.5 and "
            "0.73. The arguments are logits.",
            lambda: lambda a, x: bernoulli_loss(_squash(a), x),
            "001-M-32",
        ),
        Mutant(
            "arguments swapped",
            "Output and pixel changed places: the output stands inside the logarithm, the pixel outside.",
            lambda: lambda a, x: _entropy(x, _squash(a)) if x.min() > 0 else bernoulli_loss(x, a),
            "001-M-34",
        ),
        Mutant(
            "mean over everything",
            "The pixels were averaged too: sum over them, average over the images.",
            lambda: lambda a, x: bernoulli_loss(a, x) / a.shape[1],
            "001-M-35",
        ),
        Mutant(
            "sum over everything",
            "The images were added up: divide by their number.",
            lambda: lambda a, x: bernoulli_loss(a, x) * len(a),
        ),
        Mutant(
            "white part only",
            "Only x ln y was taken. Dark pixels cost something too: (1 − x) ln (1 − y).",
            lambda: lambda a, x: (x * np.logaddexp(0, -a)).sum(1).mean(),
        ),
        Mutant(
            "sign of the logits",
            "The logits have the wrong sign: black and white changed places.",
            lambda: lambda a, x: bernoulli_loss(-a, x),
        ),
        Mutant(
            "negative",
            "A logarithm of a number below 1 is negative: the minus sign in front is missing.",
            lambda: lambda a, x: -bernoulli_loss(a, x),
        ),
        Mutant(
            "bits",
            "This is the loss in bits. Use the natural logarithm.",
            lambda: lambda a, x: bernoulli_loss(a, x) / np.log(2),
        ),
        Mutant(
            "overflow of ln(1 + exp(a))",
            "Right for small logits, but exp(a) overflows far from zero. ln(1 + exp(a)) is a there: use a "
            "function that knows it.",
            lambda: lambda a, x: (np.log(1 + np.exp(a)) - a * x).sum(1).mean(),
        ),
        Mutant(
            "overflow",
            "Right for small logits, but far from zero the exponential overflows, or 1 − y is rounded to 0. "
            "Never compute the output itself: write the loss in terms of a.",
            lambda: lambda a, x: _entropy(_squash(a), x),
        ),
        Mutant(
            "clipped",
            "Outputs or logits were clipped: that caps the loss of a wrong pixel, which then stops learning. "
            "Write the loss in terms of a.",
            lambda: _capped,
            "000-M-12",
            sign=_capped_seen,
        ),
    ),
    (
        "The cross-entropy of one pixel is ln(1 + exp(a)) − a x: no output is needed.",
        "np.logaddexp(u, v) is ln(exp(u) + exp(v)) without an overflow; exp(0) is 1.",
    ),
    groups=(("values", 2.0), ("large logits", 1.0)),
    survivors={
        "return (np.logaddexp(0, a) - a * x).sum(axis=1).mean()  ->  "
        "return (np.logaddexp(a, 0) - a * x).sum(axis=1).mean()": (
            "ln(exp(u) + exp(v)) is symmetric in u and v."
        ),
    },
)
