"""PCA, steps D and E: angles between planes, a linear autoencoder's gradients."""

__all__ = ["ANGLES", "GRADIENTS"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._pca_reference import Array, angles, gradients
from coursekit.assess.workshop._untouched import untouched

_ARCS = "return np.rad2deg(np.arccos(np.clip"


def _planes(seed: int) -> tuple[Case, ...]:
    found = []
    for k, width in ((2, 4), (3, 7)):
        rng = np.random.default_rng(seed + width)
        A, B = rng.normal(0, 1.5, (2, k, width))
        found.append(Case(f"two sets of {k} rows in {width} dimensions", {"A": A, "B": A + B}))
    return tuple(found)


def _observe_angles(candidate: Any, case: Case) -> Observation:
    return {"angles": plain(candidate(np.array(case.inputs["A"]), np.array(case.inputs["B"])))}


def _cosines(A: Array, B: Array, kind: str = "right") -> Array:
    """Return singular values of the product of two bases, with one mistake."""
    if kind == "rows":
        qa, qb = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    elif kind == "lengths":
        qa, qb = (rows.T / np.linalg.norm(rows, axis=1) for rows in (A, B))
    else:
        qa, qb = (np.linalg.qr(rows.T)[0] for rows in (A, B))
    return np.minimum(np.linalg.svd(qa.T @ qb, compute_uv=False), 1)


def _degrees(kind: str) -> Any:
    return lambda A, B: np.rad2deg(np.arccos(_cosines(A, B, kind)))[::-1]


def _by_projectors(A: Array, B: Array) -> Array:
    """Sines are the singular values of a projector's complement times the other basis."""
    qa, qb = (np.linalg.svd(rows, full_matrices=False)[2] for rows in (A, B))
    return np.rad2deg(np.arcsin(np.minimum(np.linalg.svd(qb - qb @ qa.T @ qa, compute_uv=False), 1)))


def _by_eigenvalues(A: Array, B: Array) -> list[float]:
    pa, pb = (np.linalg.pinv(rows) @ rows for rows in (A, B))
    squares = np.sort(np.linalg.eigvals(pa @ pb).real)[::-1][: len(A)]
    return sorted(np.degrees(np.arccos(np.sqrt(squares.clip(0, 1)))), reverse=True)


def _networks(seed: int) -> tuple[Case, ...]:
    drawn = []
    for rows, width, k in ((5, 4, 2), (7, 3, 1)):
        rng = np.random.default_rng(seed + rows)
        inputs = {
            "X": rng.normal(0, 1, (rows, width)), "We": rng.normal(0, 1, (k, width)),
            "Wd": rng.normal(0, 1, (width, k)),
        }  # fmt: skip
        drawn.append((f"{rows} rows of {width}, {k} codes", inputs))
    losses = [Case(name, inputs, group="loss") for name, inputs in drawn]
    return (*losses, *[Case(f"gradients, {name}", inputs, 3, group="gradients") for name, inputs in drawn])


def _observe_gradients(candidate: Any, case: Case) -> Observation:
    found = candidate(*(np.array(case.inputs[name]) for name in ("X", "We", "Wd")))
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        return {"result": told(found)}
    if case.layer == 1:
        return {"loss": plain(found[0])}
    return {"gradient by We": plain(found[1]), "gradient by Wd": plain(found[2])}


def _scaled(loss: Any, encoder: Any = None, decoder: Any = None) -> Any:
    """Return the gradients with factors that may depend on the shape of X."""
    encoder, decoder = encoder or loss, decoder or encoder or loss

    def wrong(X: Array, We: Array, Wd: Array) -> tuple[Any, ...]:
        found = gradients(X, We, Wd)
        return tuple(part * factor(X) for part, factor in zip(found, (loss, encoder, decoder), strict=True))

    return wrong


def _one(_: Array) -> float:
    return 1.0


def _by_matrices(X: Array, We: Array, Wd: Array) -> tuple[Any, Array, Array]:
    """The same by the covariance."""
    C, rest = X.T @ X / len(X), np.eye(X.shape[1]) - Wd @ We
    return np.trace(rest @ C @ rest.T), -2 * Wd.T @ rest @ C, -2 * rest @ C @ We.T


def _by_rows(X: Array, We: Array, Wd: Array) -> tuple[Any, Array, Array]:
    loss, by_e, by_d = 0.0, np.zeros_like(We), np.zeros_like(Wd)
    for x in X:
        error = Wd @ (We @ x) - x
        loss += error @ error / len(X)
        by_e += 2 * np.outer(Wd.T @ error, x) / len(X)
        by_d += 2 * np.outer(error, We @ x) / len(X)
    return loss, by_e, by_d


def _wrong_matrix(X: Array, We: Array, Wd: Array) -> tuple[Any, Array, Array]:
    loss, _, by_d = gradients(X, We, Wd)
    return loss, 2 * ((X @ We.T @ Wd.T - X) @ We.T).T @ X / len(X), by_d


def _transposed(X: Array, We: Array, Wd: Array) -> tuple[Any, Array, Array]:
    loss, by_e, by_d = gradients(X, We, Wd)
    return loss, by_d.T, by_e.T


def _no_error(X: Array, We: Array, Wd: Array) -> tuple[Any, Array, Array]:
    loss, by_e, _ = gradients(X, We, Wd)
    return loss, by_e, 2 * X.T @ (X @ We.T) / len(X)


ANGLES = Exercise(
    "autoencoder-pca/angles",
    "Angles between planes",
    "angles(A, B) -> angles (K,) in degrees between the rows' spans, the largest first, from two (K, D)",
    3.0,
    lambda: angles,
    _planes,
    untouched(_observe_angles, "A", "B"),
    (
        Alternate("by the sines", lambda: _by_projectors),
        Alternate("by eigenvalues of projectors", lambda: _by_eigenvalues),
    ),
    (
        Mutant(
            "radians", "These are radians: a right angle is 90 here.",
            lambda: lambda A, B: np.deg2rad(angles(A, B)),
        ),
        Mutant(
            "smallest first", "The right angles in the wrong order: the largest comes first.",
            lambda: lambda A, B: angles(A, B)[::-1],
        ),
        Mutant(
            "unit rows only",
            "The rows were brought to length one and not made orthogonal to each other. Use QR or SVD.",
            lambda: _degrees("lengths"),
        ),
        Mutant(
            "bases of the wrong side",
            "QR was given rows: it makes columns orthonormal. Transpose before.",
            lambda: _degrees("rows"),
        ),
        Mutant(
            "cosines", "These are the cosines. Take the angles.",
            lambda: lambda A, B: np.cos(np.deg2rad(angles(A, B))),
        ),
        Mutant(
            "sine for cosine", "The singular values are cosines; these angles take them for sines.",
            lambda: lambda A, B: 90 - angles(A, B),
        ),
        Mutant(
            "largest only", "That is the largest angle alone. Return all K of them.",
            lambda: lambda A, B: angles(A, B)[0],
        ),
        Mutant(
            "one angle for two matrices",
            "That is one angle between two matrices as long vectors. Planes have K angles.",
            lambda: lambda A, B: np.degrees(np.arccos((A * B).sum() / np.linalg.norm(A) / np.linalg.norm(B))),
        ),
    ),
    (
        "First an orthonormal basis for each span, then the singular values of the product of the two.",
        "np.linalg.qr(A.T) has the basis as columns; the singular values are the cosines.",
        "np.rad2deg(np.arccos(...)) makes angles; the largest cosine is the smallest angle.",
    ),
    survivors={
        f"{_ARCS}(cosines, 0, 1)))[::-1]  ->  {_ARCS}(0, cosines, 1)))[::-1]": "Cosines are never below 0.",
        f"{_ARCS}(cosines, 0, 1)))[::-1]  ->  {_ARCS}(cosines, 0, 2)))[::-1]":
            "Only rounding exceeds 1, and only if the planes share a direction.",
    },
)  # fmt: skip


GRADIENTS = Exercise(
    "autoencoder-pca/gradients",
    "A linear autoencoder by hand",
    "gradients(X, We, Wd) -> loss, its gradient by We (K, D) and by Wd (D, K); squared error, summed over "
    "entries, averaged over rows",
    4.0,
    lambda: gradients,
    _networks,
    untouched(_observe_gradients, "X", "We", "Wd"),
    (Alternate("by the covariance", lambda: _by_matrices), Alternate("row by row", lambda: _by_rows)),
    (
        Mutant(
            "factor two", "The loss is right and both gradients are half of what they should be: a square.",
            lambda: _scaled(_one, lambda _: 0.5),
        ),
        Mutant(
            "gradients not averaged", "The loss is a mean over rows, its gradients are sums: divide by N.",
            lambda: _scaled(_one, len),
        ),
        Mutant(
            "averaged over entries", "The loss is averaged over entries too. Sum over those of a row.",
            lambda: _scaled(lambda X: 1 / X.shape[1]), "001-M-35",
        ),
        Mutant(
            "summed over rows", "The loss is summed over the rows. Average over them.",
            lambda: _scaled(len),
        ),
        Mutant(
            "halved", "The loss is halved. Here it has no factor one half.",
            lambda: _scaled(lambda _: 0.5),
        ),
        Mutant(
            "sign", "Both gradients have the wrong sign: the error is output minus input.",
            lambda: _scaled(_one, lambda _: -1.0),
        ),
        Mutant(
            "encoder's own weights",
            "The error was sent back through the encoder's weights. Send it through the decoder's.",
            lambda: _wrong_matrix,
        ),
        Mutant(
            "exchanged", "The two gradients are exchanged and transposed: the encoder's comes first, (K, D).",
            lambda: _transposed,
        ),
        Mutant(
            "target for error", "The decoder's gradient was made with the input in place of the error.",
            lambda: _no_error,
        ),
    ),
    (
        "Name the codes Z = X @ We.T and the errors E = Z @ Wd.T - X.",
        "By Wd: two over N times E transposed times Z. For We, send E back through Wd first.",
        "The gradient by We is 2 / N * (E @ Wd).T @ X.",
    ),
    groups=(("loss", 1.0), ("gradients", 3.0)),
)  # fmt: skip
