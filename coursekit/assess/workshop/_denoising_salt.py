"""Denoising, step B: salt and pepper, judged by what many draws look like."""

__all__ = ["SALT_AND_PEPPER"]

import math
from typing import Any

import numpy as np

from coursekit.assess.chance import mean_margin, std_margin
from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._denoising_noise import COLUMNS, LOOKS, ROWS, SIZE, Rng, elsewhere_seen, number
from coursekit.assess.workshop._denoising_reference import Array, salt_and_pepper

_SMALL = "spread of the number hit among ten pixels"
_CALLS = 400


def _salt_cases(seed: int) -> tuple[Case, ...]:
    """One look at 300 images of 100 grey pixels each, and at many small ones."""
    p = float(np.random.default_rng(seed).choice([0.2, 0.3, 0.4]))
    spread = math.sqrt(p * (1 - p) / COLUMNS)
    half = mean_margin(math.sqrt(p / 2 * (1 - p / 2)), SIZE, looks=LOOKS)
    expected: dict[str, Any] = {
        "share of pixels set to 1": p / 2,
        "share of pixels set to 0": p / 2,
        "share of other pixels that changed": 0.0,
        "spread of the share hit from image to image": spread,
        "share of equal values in two calls": 1 - p + (p / 2) ** 2 * 2 - p * (1 - p),
        "share of equal values when rng begins again": 1.0,
        _SMALL: math.sqrt(10 * p * (1 - p)),
        "change of the input": 0.0,
    }
    margins: dict[str, Any] = {
        "share of pixels set to 1": half,
        "share of pixels set to 0": half,
        "share of other pixels that changed": 1e-9,
        "spread of the share hit from image to image": 2 * std_margin(spread, ROWS, looks=LOOKS),
        _SMALL: 2 * std_margin(math.sqrt(10 * p * (1 - p)), _CALLS, looks=LOOKS),
        "share of equal values in two calls": mean_margin(0.5, SIZE, looks=LOOKS),
        "share of equal values when rng begins again": 1e-9,
        "change of the input": 1e-9,
    }
    inputs: dict[str, Plain] = {"p": p, "seed": seed}
    return (Case(f"{SIZE:,} grey pixels, p = {p}", inputs, 1, expected, margins, noisy=True),)


def _observe_salt(candidate: Any, case: Case) -> Observation:
    p, seed = float(case.inputs["p"]), int(case.inputs["seed"])
    clean = np.random.default_rng(seed + 1).uniform(0.2, 0.8, (ROWS, COLUMNS))
    rng, x = np.random.default_rng(seed), clean.copy()
    noisy, again = plain(candidate(x, p, rng)), plain(candidate(clean.copy(), p, rng))
    repeated = plain(candidate(clean.copy(), p, np.random.default_rng(seed)))
    if not isinstance(noisy, np.ndarray) or noisy.shape != clean.shape or np.shape(again) != clean.shape:
        return {"share of pixels set to 1": told(noisy)}
    little = [plain(candidate(np.full((2, 5), 0.5), p, rng)) for _ in range(_CALLS)]
    small = [int(np.sum(np.asarray(found) != 0.5)) for found in little]
    high, low = noisy == 1, noisy == 0
    hit = high | low
    return {
        "share of pixels set to 1": float(high.mean()),
        "share of pixels set to 0": float(low.mean()),
        "share of other pixels that changed": float((noisy != clean)[~hit].sum() / SIZE),
        "spread of the share hit from image to image": float(hit.mean(axis=1).std()),
        "share of equal values in two calls": float((noisy == again).mean()),
        "share of equal values when rng begins again": float(np.mean(noisy == repeated)),
        _SMALL: float(np.std(small)),
        "change of the input": float(np.abs(x - clean).max()),
    }  # fmt: skip


def _choice(x: Array, p: float, rng: Rng) -> Array:
    kind = rng.choice(3, size=x.shape, p=[1 - p, p / 2, p / 2])
    return np.select([kind == 1, kind == 2], [0.0, 1.0], x)


def _two_masks(x: Array, p: float, rng: Rng) -> Array:
    hit, up = rng.random(x.shape) < p, rng.random(x.shape) < 0.5
    return np.where(hit, up.astype(float), x)


def _pepper_over_salt(x: Array, p: float, rng: Rng) -> Array:
    """Draw places with replacement, salt first and pepper after it."""
    flat, count = x.copy().ravel(), int(p * x.size / 2)
    flat[rng.integers(0, x.size, count)] = 1
    flat[rng.integers(0, x.size, count)] = 0
    return flat.reshape(x.shape)


def _fixed_count(x: Array, p: float, rng: Rng) -> Array:
    """Hit the same number of pixels at each call."""
    flat, count = x.copy().ravel(), int(p * x.size / 2)
    places = rng.permutation(x.size)
    flat[places[:count]], flat[places[count : 2 * count]] = 0, 1
    return flat.reshape(x.shape)


def _full_p(x: Array, p: float, rng: Rng) -> Array:
    u = rng.random(x.shape)
    return np.where(u < p, 0.0, np.where(u > 1 - p, 1.0, x))


def _two_draws(x: Array, p: float, rng: Rng) -> Array:
    salted = np.where(rng.random(x.shape) < p / 2, 1.0, x)
    return np.where(rng.random(x.shape) < p / 2, 0.0, salted)


def _rescaled(x: Array, p: float, rng: Rng) -> Array:
    noisy = salt_and_pepper(x, p, rng)
    return np.where((noisy == 0) | (noisy == 1), noisy, noisy / (1 - p))


def _salted_in_place(x: Array, p: float, rng: Rng) -> Array:
    x[:] = salt_and_pepper(x, p, rng)
    return x


def _same_places(x: Array, p: float, rng: Rng) -> Array:
    u = rng.random(x.shape[1]) * np.ones(x.shape)
    return np.where(u < p / 2, 0.0, np.where(u > 1 - p / 2, 1.0, x))


def _same_places_seen(_: Case, seen: Observation) -> bool:
    """Tell one draw for all images: whatever share it hit, no image differs from another."""
    equal = number(seen, "share of equal values in two calls")
    hit = number(seen, "share of pixels set to 1") + number(seen, "share of pixels set to 0")
    spread = number(seen, "spread of the share hit from image to image")
    return spread < 1e-12 and equal < 1 and 0 < hit < 1


SALT_AND_PEPPER = Exercise(
    "denoising/salt-and-pepper",
    "Salt and pepper",
    "salt_and_pepper(x, p, rng) -> an array of the shape of x, which stays as it is",
    3.0,
    lambda: salt_and_pepper,
    _salt_cases,
    _observe_salt,
    (Alternate("choice", lambda: _choice), Alternate("two masks", lambda: _two_masks)),
    (
        Mutant(
            "pepper over salt",
            "Too few pixels are hit, and fewer became 1 than 0: places were drawn twice, and pepper fell on "
            "salt. Decide once for each pixel.",
            lambda: _pepper_over_salt,
        ),
        Mutant(
            "two draws",
            "Slightly too few pixels became 1: a second draw put pepper on salt. Let one draw decide.",
            lambda: _two_draws,
        ),
        Mutant(
            "a fixed number",
            "The same number of pixels is hit at every call. Decide each pixel by a number of its own.",
            lambda: _fixed_count,
        ),
        Mutant(
            "p each",
            "Salt and pepper each took a share p. Together they take p: half of it each.",
            lambda: _full_p,
        ),
        Mutant(
            "pepper only",
            "No pixel became 1: this is masking noise. Half of the pixels that are hit become 1.",
            lambda: lambda x, p, rng: np.where(rng.random(x.shape) < p, 0.0, x),
        ),
        Mutant(
            "kept for hit",
            "You replace what should be kept: p is the probability of being replaced.",
            lambda: lambda x, p, rng: salt_and_pepper(x, 1 - p, rng),
            "001-M-10",
        ),
        Mutant(
            "rescaled",
            "Pixels that were not hit changed their value. That is dropout; here they stay as they are.",
            lambda: _rescaled,
            "001-M-11",
        ),
        Mutant(
            "another source",
            "From the same rng came other noise: it was drawn elsewhere. Take the randomness from rng.",
            lambda: lambda x, p, _: salt_and_pepper(x, p, np.random.default_rng()),
            sign=elsewhere_seen,
        ),
        Mutant(
            "in place",
            "Your input has changed. Work on x.copy().",
            lambda: _salted_in_place,
            "001-M-04",
        ),
        Mutant(
            "same places",
            "All images are hit at the same places. Draw a number for each entry: the shape of x.",
            lambda: _same_places,
            sign=_same_places_seen,
        ),
    ),
    (
        "One uniform number u for each entry has three outcomes: pepper, salt, or nothing.",
        "u < p / 2 has the probability p / 2, and so has u > 1 - p / 2.",
        "Copy x, then assign 0 and 1 through the two masks.",
    ),
)
