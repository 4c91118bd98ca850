"""Denoising, steps C and D: the loss and the Wiener filter."""

__all__ = ["DENOISING_LOSS", "WIENER_FILTER"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain
from coursekit.assess.workshop._denoising_reference import Array, Map, denoising_loss, wiener_filter
from coursekit.assess.workshop._untouched import untouched


def _batches(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, width in ((3, 4), (6, 5)):
        rng = np.random.default_rng(seed + rows)
        inputs: dict[str, Plain] = {
            "x": rng.random((rows, width)),
            "weights": rng.normal(size=(width, width)),
            "noise": rng.normal(size=(3, rows, width)),
        }
        found.append(Case(f"{rows} images of {width} pixels", inputs))
    return tuple(found)


class _Noise:
    """Add the next of some prepared noises: a corruption of which each call is different."""

    def __init__(self, noise: Array) -> None:
        self.noise, self.calls = noise, 0

    def __call__(self, x: Array) -> Any:
        self.calls += 1
        return np.asarray(x) + self.noise[(self.calls - 1) % len(self.noise)]


def _observe_loss(candidate: Any, case: Case) -> Observation:
    clean, weights = (np.array(case.inputs[name]) for name in ("x", "weights"))
    x, corrupt = clean.copy(), _Noise(np.array(case.inputs["noise"]))
    value = candidate(x, corrupt, lambda rows: np.tanh(np.asarray(rows) @ weights))
    return {"loss": plain(value), "change of the input": float(np.abs(x - clean).max())}


def _loop(x: Array, corrupt: Map, model: Map) -> Any:
    total = 0.0
    for row, clean in zip(model(corrupt(x)), x, strict=True):
        total += float((row - clean) @ (row - clean))
    return total / len(x)


def _noisy_target(x: Array, corrupt: Map, model: Map) -> Any:
    noisy = corrupt(x)
    return ((model(noisy) - noisy) ** 2).sum(axis=1).mean()


def _loss_in_place(x: Array, corrupt: Map, model: Map) -> Any:
    target = x.copy()
    x[:] = corrupt(x)
    return denoising_loss(target, lambda _: x, model)


def _data(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, width, sigma in ((12, 2, 0.5), (20, 4, 1.5)):
        rng = np.random.default_rng(seed + rows)
        clean = rng.normal(size=(rows, width)) @ rng.normal(size=(width, width)) + rng.normal(0, 2, width)
        inputs: dict[str, Plain] = {
            "clean": clean,
            "noisy": clean[:5] + sigma * rng.normal(size=(5, width)),
            "sigma": sigma,
        }
        found.append(Case(f"{rows} clean rows of {width} numbers, σ = {sigma}", inputs))
    return tuple(found)


def _observe_filter(candidate: Any, case: Case) -> Observation:
    clean, noisy = (np.array(case.inputs[name]) for name in ("clean", "noisy"))
    return {"filtered rows": plain(candidate(clean, noisy, float(case.inputs["sigma"])))}


def _filtered(
    clean: Array,
    noisy: Array,
    sigma: float,
    *,
    off: float = 1,
    on: float = 1,
    ddof: int = 0,
    mix: str = "gain",
) -> Array:
    """Filter with some part done in another way."""
    mean, cov, one = clean.mean(0), np.cov(clean.T, ddof=ddof), np.eye(clean.shape[1])
    total = np.linalg.inv(cov + sigma**2 * one)
    gain = {
        "gain": cov @ total,
        "noise": sigma**2 * total,
        "no inverse": cov @ (cov + sigma**2 * one),
        "diagonal": np.diag(np.diag(cov) / (np.diag(cov) + sigma**2)),
        "whitened": total,
    }[mix]
    filtered: Array = on * mean + (noisy - off * mean) @ gain.T
    return filtered


def _by_eigenvectors(clean: Array, noisy: Array, sigma: float) -> Any:
    values, vectors = np.linalg.eigh(np.cov(clean, rowvar=False, bias=True))
    scores = (noisy - clean.mean(0)) @ vectors
    return (scores * values / (values + sigma**2)) @ vectors.T + clean.mean(0)


DENOISING_LOSS = Exercise(
    "denoising/denoising-loss",
    "The loss of a denoising autoencoder",
    "denoising_loss(x, corrupt, model) -> a number, from clean images (B, D) and two functions of them",
    4.0,
    lambda: denoising_loss,
    _batches,
    _observe_loss,
    (
        Alternate("a loop", lambda: _loop),
        Alternate(
            "norms", lambda: lambda x, c, m: (np.linalg.norm(x - m(c(x)), axis=1) ** 2).sum() / x.shape[0]
        ),
    ),
    (
        Mutant(
            "noisy target",
            "A network that copies the noise would have a loss of zero. What should the output be compared "
            "with?",
            lambda: _noisy_target,
            "001-M-01",
        ),
        Mutant(
            "corruption forgotten",
            "The network never saw a corrupted input: this trains a plain autoencoder.",
            lambda: lambda x, _, model: ((model(x) - x) ** 2).sum(axis=1).mean(),
            "001-M-02",
        ),
        Mutant(
            "second draw as target",
            "The output is compared with another noisy copy. The target is the clean x.",
            lambda: lambda x, corrupt, model: ((model(corrupt(x)) - corrupt(x)) ** 2).sum(1).mean(),
        ),
        Mutant(
            "clean in, noisy out",
            "Input and target are swapped: the noisy images go in, and the clean ones are the target.",
            lambda: lambda x, corrupt, model: ((model(x) - corrupt(x)) ** 2).sum(axis=1).mean(),
        ),
        Mutant(
            "noise after the model",
            "The noise was added to the output. Corrupt the input.",
            lambda: lambda x, corrupt, model: ((corrupt(model(x)) - x) ** 2).sum(axis=1).mean(),
        ),
        Mutant(
            "mean over everything",
            "The pixels were averaged too. Sum over the pixels of an image, average over the batch.",
            lambda: lambda x, corrupt, model: ((model(corrupt(x)) - x) ** 2).mean(),
            "001-M-35",
        ),
        Mutant(
            "sum over everything",
            "The images were added up. Divide by their number.",
            lambda: lambda x, corrupt, model: ((model(corrupt(x)) - x) ** 2).sum(),
        ),
        Mutant(
            "in place",
            "Your training set has changed: the corrupted images were written into x.",
            lambda: _loss_in_place,
            "001-M-04",
        ),
    ),
    (
        "Three lines: corrupt x, run the model on what you get, compare the output with ...",
        "... the clean x. Corrupt once only: each call draws new noise.",
        "Square, sum over the pixels (axis=1), average over the images.",
    ),
)
WIENER_FILTER = Exercise(
    "denoising/wiener-filter",
    "The Wiener filter",
    "wiener_filter(clean, noisy, sigma) -> the noisy rows filtered, from (N, D), (B, D) and a number",
    3.0,
    lambda: wiener_filter,
    _data,
    untouched(_observe_filter, "clean", "noisy"),
    (
        Alternate("an inverse", lambda: _filtered),
        Alternate("eigenvectors", lambda: _by_eigenvectors),
    ),
    (
        Mutant(
            "sigma not squared",
            "The covariance of the noise is σ² I: square sigma.",
            lambda: lambda c, n, s: _filtered(c, n, s**0.5),
        ),
        Mutant(
            "mean not taken off",
            "The mean was added but not taken off first. Filter the distance to the mean.",
            lambda: lambda c, n, s: _filtered(c, n, s, off=0),
        ),
        Mutant(
            "mean not added",
            "The result is centred at zero: add the mean again.",
            lambda: lambda c, n, s: _filtered(c, n, s, on=0),
        ),
        Mutant(
            "no mean at all",
            "The mean is missing on both ends. Take it off before the filter and add it after it.",
            lambda: lambda c, n, s: _filtered(c, n, s, off=0, on=0),
        ),
        Mutant(
            "the noise kept",
            "That is the share of the noise. The filter keeps Σ (Σ + σ² I)⁻¹.",
            lambda: lambda c, n, s: _filtered(c, n, s, mix="noise"),
        ),
        Mutant(
            "no inverse",
            "The covariances were multiplied. The second one enters inverted.",
            lambda: lambda c, n, s: _filtered(c, n, s, mix="no inverse"),
        ),
        Mutant(
            "Sigma forgotten",
            "Only the inverse is left: multiply it by the covariance of the clean rows.",
            lambda: lambda c, n, s: _filtered(c, n, s, mix="whitened"),
        ),
        Mutant(
            "each pixel alone",
            "Each component was filtered by its own variance. Use the whole covariance.",
            lambda: lambda c, n, s: _filtered(c, n, s, mix="diagonal"),
        ),
        Mutant(
            "fitted on the noisy rows",
            "Mean and covariance come from the noisy rows, which hold the noise. Use the clean ones.",
            lambda: lambda _, n, s: wiener_filter(n, n, s),
        ),
        Mutant(
            "divided by one less",
            "The covariance was divided by N - 1. Divide by N here.",
            lambda: lambda c, n, s: _filtered(c, n, s, ddof=1),
        ),
    ),
    (
        "Mean and covariance of the clean rows; the covariance of the noisy ones is larger by σ² I.",
        "For rows, the filter is mean + (noisy - mean) @ gain.T with gain = Σ (Σ + σ² I)⁻¹.",
        "np.linalg.solve(A, B) is A⁻¹ B; both matrices are symmetric, so (Σ A⁻¹).T is A⁻¹ Σ.",
    ),
)
