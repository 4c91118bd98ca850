"""Autoencoders, step C: the gradient by a matrix that encoder and decoder share."""

__all__ = ["TIED"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._ae_reference import Array, tied_gradient
from coursekit.assess.workshop._untouched import untouched


def _cases(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, width, codes in ((5, 4, 2), (3, 6, 3)):
        rng = np.random.default_rng(seed + rows)
        inputs = {
            "W": rng.normal(0, 0.7, (codes, width)),
            "b": rng.normal(0, 0.7, codes),
            "c": rng.normal(0, 0.7, width),
            "X": rng.uniform(0, 1, (rows, width)),
        }
        found.append(Case(f"{rows} images of {width} pixels, {codes} codes", inputs))
    return tuple(found)


def _observe(candidate: Any, case: Case) -> Observation:
    return {"gradient": plain(candidate(*(np.array(case.inputs[name]) for name in ("W", "b", "c", "X"))))}


def _parts(W: Array, b: Array, c: Array, X: Array) -> tuple[Array, Array, Array]:
    Z = X @ W.T + b
    E = Z @ W + c - X
    return Z, E, 2 / len(X) * np.ones(())


def _one_path(path: str) -> Any:
    """Return a gradient that forgets one of the two uses."""

    def wrong(W: Array, b: Array, c: Array, X: Array) -> Array:
        Z, E, factor = _parts(W, b, c, X)
        return np.asarray(factor * (Z.T @ E if path == "decoder" else W @ E.T @ X))

    return wrong


def _scaled(rule: Any) -> Any:
    """Return the right gradient times a factor that depends on the sizes of X."""
    return lambda W, b, c, X: tied_gradient(W, b, c, X) * rule(*X.shape)


def _without(name: str) -> Any:
    """Return the gradient of a network that lacks one bias."""

    def wrong(W: Array, b: Array, c: Array, X: Array) -> Array:
        return tied_gradient(W, 0 * b if name == "b" else b, 0 * c if name == "c" else c, X)

    return wrong


def _subtracted(W: Array, b: Array, c: Array, X: Array) -> Array:
    Z, E, factor = _parts(W, b, c, X)
    return np.asarray(factor * (Z.T @ E - W @ E.T @ X))


def _image_by_image(W: Array, b: Array, c: Array, X: Array) -> Array:
    total = np.zeros_like(W)
    for x in X:
        z = W @ x + b
        e = W.T @ z + c - x
        total += np.outer(z, e) + np.outer(W @ e, x)
    return np.asarray(2 * total / len(X))


def _two_gradients(W: Array, b: Array, c: Array, X: Array) -> Array:
    codes = np.einsum("bd,kd->bk", X, W) + b
    grad_out = 2 * (codes @ W + c - X) / X.shape[0]  # by the outputs
    grad_codes = grad_out @ W.T
    return np.asarray(np.einsum("bk,bd->kd", codes, grad_out) + np.einsum("bk,bd->kd", grad_codes, X))


TIED = Exercise(
    "autoencoders/tied-gradient",
    "The gradient of tied weights",
    "tied_gradient(W, b, c, X) -> (K, D), from W (K, D), b (K,), c (D,) and images X (B, D)",
    4.0,
    lambda: tied_gradient,
    _cases,
    untouched(_observe, "W", "b", "c", "X"),
    (
        Alternate("image by image", lambda: _image_by_image),
        Alternate("by the outputs, then by the codes", lambda: _two_gradients),
    ),
    (
        Mutant(
            "decoder path only",
            "This is the path through the decoder. The encoder uses the same matrix: its path is missing.",
            lambda: _one_path("decoder"),
        ),
        Mutant(
            "encoder path only",
            "This is the path through the encoder. The decoder uses the same matrix: its path is missing.",
            lambda: _one_path("encoder"),
        ),
        Mutant(
            "paths subtracted",
            "One path was subtracted from the other. A variable that is used twice gets the sum.",
            lambda: _subtracted,
        ),
        Mutant(
            "factor two lost",
            "The derivative of a square has the factor 2.",
            lambda: _scaled(lambda _rows, _width: 0.5),
        ),
        Mutant(
            "summed over the images",
            "The images were added up. The loss is a mean over them.",
            lambda: _scaled(lambda rows, _width: rows),
        ),
        Mutant(
            "averaged over the pixels",
            "The pixels were averaged too. The loss is a sum over them.",
            lambda: _scaled(lambda _rows, width: 1 / width),
            "001-M-35",
        ),
        Mutant(
            "uphill",
            "The sign is turned: the error is the output minus the image.",
            lambda: _scaled(lambda _rows, _width: -1),
        ),
        Mutant("without b", "The bias of the code was left out.", lambda: _without("b")),
        Mutant("without c", "The bias of the output was left out.", lambda: _without("c")),
        Mutant(
            "transposed",
            "This is the gradient by the decoder's matrix. Return it in the shape of W, (K, D).",
            lambda: lambda W, b, c, X: tied_gradient(W, b, c, X).T,
        ),
    ),
    (
        "First the code Z (B, K), then the errors of the output, (B, D).",
        "A small change dW moves the output by Z dW, and by X dWᵀ W through the code.",
        "Both paths have the shape (K, D); check each with a finite difference.",
    ),
)
