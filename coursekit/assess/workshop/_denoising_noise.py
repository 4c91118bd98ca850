"""Denoising, step A: Gaussian noise, judged by what many draws look like."""

__all__ = ["ADD_NOISE", "COLUMNS", "LOOKS", "ROWS", "SIZE", "Rng", "elsewhere_seen", "number"]

from typing import Any

import numpy as np

from coursekit.assess.chance import ks_distance, ks_margin, mean_margin, std_margin
from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._denoising_reference import Array, add_noise

ROWS, COLUMNS = 300, 100
SIZE = ROWS * COLUMNS
LOOKS = 8
Rng = np.random.Generator


def _levels() -> Array:
    """Return images that are black, grey or white, a third of the rows each."""
    return np.repeat([0.0, 0.5, 1.0], ROWS // 3)[:, None] * np.ones(COLUMNS)


def _noise_cases(seed: int) -> tuple[Case, ...]:
    """Two looks: the shape and the input, then the moments; a right answer fails once in a million."""
    sigma = float(np.random.default_rng(seed).choice([0.3, 0.4, 0.6]))
    moments: dict[str, Any] = {
        "mean of what is added to a black pixel": 0.0,
        "mean of what is added to a white pixel": 0.0,
        "standard deviation of what is added": sigma,
        "distance to normal draws": 0.0,
        "share of equal values in two calls": 0.0,
        "share of different draws": 1.0,
        "share of equal values when rng begins again": 1.0,
        "change of the input": 0.0,
    }
    third = mean_margin(sigma, SIZE // 3, looks=LOOKS)
    margins: dict[str, Any] = {
        "mean of what is added to a black pixel": third,
        "mean of what is added to a white pixel": third,
        "standard deviation of what is added": std_margin(sigma, SIZE, looks=LOOKS),
        "distance to normal draws": ks_margin(SIZE, SIZE, looks=LOOKS),
        "share of equal values in two calls": 0.01,
        "share of different draws": 0.01,
        "share of equal values when rng begins again": 1e-9,
        "change of the input": 1e-9,
    }
    inputs: dict[str, Plain] = {"sigma": sigma, "seed": seed}
    name = f"{SIZE:,} pixels that are black, grey or white, σ = {sigma}"
    return (Case(name, inputs, 1, moments, margins, noisy=True),)


def _observe_noise(candidate: Any, case: Case) -> Observation:
    sigma, seed = float(case.inputs["sigma"]), int(case.inputs["seed"])
    rng, clean = np.random.default_rng(seed), _levels()
    x = clean.copy()
    noisy, again = plain(candidate(x, sigma, rng)), plain(candidate(clean.copy(), sigma, rng))
    repeated = plain(candidate(clean.copy(), sigma, np.random.default_rng(seed)))
    if not isinstance(noisy, np.ndarray) or noisy.shape != clean.shape or np.shape(again) != clean.shape:
        return {"mean of what is added to a black pixel": told(noisy)}
    added = noisy - clean
    normal = sigma * np.random.default_rng(seed + 1).standard_normal(SIZE)
    return {
        "mean of what is added to a black pixel": float(added[: ROWS // 3].mean()),
        "mean of what is added to a white pixel": float(added[-ROWS // 3 :].mean()),
        "standard deviation of what is added": float(added.std()),
        "distance to normal draws": ks_distance(added, normal),
        "share of equal values in two calls": float((noisy == again).mean()),
        "share of equal values when rng begins again": float(np.mean(noisy == repeated)),
        "share of different draws": len(np.unique(added.round(12))) / SIZE,
        "change of the input": float(np.abs(x - clean).max()),
    }


def _in_place(x: Array, sigma: float, rng: Rng) -> Array:
    x += sigma * rng.standard_normal(x.shape)
    return x


def number(seen: Observation, key: str) -> float:
    """Return an observed number, or one that no sign looks for."""
    value = seen.get(key)
    return value if isinstance(value, float) else 0.5


def elsewhere_seen(_: Case, seen: Observation) -> bool:
    """Tell noise that differs from call to call, whatever state rng is in."""
    key = "share of equal values when rng begins again"
    fresh = number(seen, "share of equal values in two calls") < 0.9
    return fresh and key in seen and number(seen, key) < 0.9


def _reseeded_seen(_: Case, seen: Observation) -> bool:
    """Tell noise that is the same in two calls, and fresh in each entry."""
    equal = number(seen, "share of equal values in two calls")
    return equal == 1 and number(seen, "share of different draws") > 0.9


def _one_noise_seen(_: Case, seen: Observation) -> bool:
    """Tell noise that is the same in all images, and fresh in each call."""
    equal = number(seen, "share of equal values in two calls")
    return equal < 0.9 and number(seen, "share of different draws") < 0.02


_DRAW = "return x + sigma * rng.standard_normal(x.shape)"
ADD_NOISE = Exercise(
    "denoising/add-noise",
    "Gaussian noise",
    "add_noise(x, sigma, rng) -> an array of the shape of x, which stays as it is",
    2.0,
    lambda: add_noise,
    _noise_cases,
    _observe_noise,
    (
        Alternate("rng.normal", lambda: lambda x, sigma, rng: rng.normal(x, sigma)),
        Alternate(
            "scaled first",
            lambda: lambda x, sigma, rng: np.add(rng.normal(0, sigma, size=np.shape(x)), x),
        ),
    ),
    (
        Mutant(
            "variance as std",
            "The measured standard deviation is the square of what was asked for: multiply by σ, not by σ².",
            lambda: lambda x, sigma, rng: x + sigma**2 * rng.standard_normal(x.shape),
            "001-M-07",
        ),
        Mutant(
            "root as std",
            "The measured standard deviation is the root of what was asked for: σ is no variance here.",
            lambda: lambda x, sigma, rng: x + sigma**0.5 * rng.standard_normal(x.shape),
        ),
        Mutant(
            "uniform",
            "The noise has a positive mean: random() is uniform on [0, 1). Use standard_normal().",
            lambda: lambda x, sigma, rng: x + sigma * rng.random(x.shape),
            "001-M-08",
        ),
        Mutant(
            "clamped",
            "A black pixel gets brighter in the mean: the result was cut to [0, 1]. Leave the range open.",
            lambda: lambda x, sigma, rng: add_noise(x, sigma, rng).clip(0, 1),
        ),
        Mutant(
            "noise alone",
            "A white pixel has turned black in the mean: only the noise was returned. Add it to x.",
            lambda: lambda x, sigma, rng: sigma * rng.standard_normal(x.shape),
        ),
        Mutant(
            "multiplied",
            "Black pixels get no noise: it was multiplied by x. Add the same noise to every pixel.",
            lambda: lambda x, sigma, rng: x + x * sigma * rng.standard_normal(x.shape),
        ),
        Mutant(
            "in place",
            "Your input has changed: the noise was added in place, and the next epoch would add more.",
            lambda: _in_place,
            "001-M-04",
        ),
        Mutant(
            "reseeded",
            "Two calls gave the same noise. Draw it from rng, which moves on with each draw.",
            lambda: lambda x, sigma, _: x + sigma * np.random.default_rng(0).standard_normal(x.shape),
            sign=_reseeded_seen,
        ),
        Mutant(
            "another source",
            "From the same rng came other noise: it was drawn elsewhere. Take the randomness from rng.",
            lambda: lambda x, sigma, _: x + sigma * np.random.default_rng().standard_normal(x.shape),
            sign=elsewhere_seen,
        ),
        Mutant(
            "one noise for all images",
            "All images got the same noise. Draw a number for each entry: the shape of x.",
            lambda: lambda x, sigma, rng: x + sigma * rng.standard_normal(x.shape[1]),
            sign=_one_noise_seen,
        ),
    ),
    (
        "One normal number for each entry of x, times σ, added to x.",
        "rng.standard_normal(x.shape) draws them; x + ... makes a new array, x += ... changes the old one.",
    ),
    survivors={
        f"{_DRAW}  ->  {_DRAW.replace('+', '-')}": "Normal noise is symmetric: minus is as good as plus.",
    },
)
