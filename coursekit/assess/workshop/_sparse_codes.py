"""Sparse codes, steps C and D: how sparse a code is, and the rule that keeps the largest entries."""

__all__ = ["HOYER", "TOP_K"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._sparse_reference import Array, hoyer, top_k
from coursekit.assess.workshop._untouched import untouched


def _codes(seed: int) -> tuple[Case, ...]:
    """Codes of both signs with some zeros, and never a row of zeros."""
    found = []
    for rows, units in ((4, 6), (5, 9)):
        rng = np.random.default_rng(seed + 1000 * units)
        z = rng.normal(0, 2, (rows, units)).round(2)
        z[:, 1:][rng.random((rows, units - 1)) < 0.4] = 0
        z[:, 0] += np.sign(z[:, 0]) + 0.5
        z[0, 2:] = 0  # nearly as sparse as can be
        z[1] = 1 + 0.02 * z[1]  # nearly even
        found.append(Case(f"{rows} codes of {units} units", {"z": z}))
    return tuple(found)


def _rows(seed: int) -> tuple[Case, ...]:
    """Codes without equal entries; the largest absolute values are negative, and rows differ in level.

    In the last row the k-th largest entry is negative, too: it stays.
    """
    found = []
    for rows, units, k in ((4, 6, 2), (3, 7, 3)):
        rng = np.random.default_rng(seed + 2000 * units)
        z = rng.permuted(np.tile(np.linspace(0.5, 4, units), (rows, 1)), axis=1)
        z = z + 3.0 * np.arange(rows)[:, None] + rng.uniform(0, 0.3, (rows, units))
        z[-1] -= np.sort(z[-1])[-k] + 0.5
        z[np.arange(rows), z.argmin(axis=1)] = -20.0 - np.arange(rows)
        found.append(Case(f"{rows} codes of {units} units, k = {k}", {"z": z.round(3), "k": k}))
    return tuple(found)


def _observe_hoyer(candidate: Any, case: Case) -> Observation:
    return {"sparseness": plain(candidate(np.array(case.inputs["z"])))}


def _observe_top(candidate: Any, case: Case) -> Observation:
    z = np.array(case.inputs["z"])
    found = plain(candidate(z, int(case.inputs["k"])))
    same = np.array_equal(z, np.asarray(case.inputs["z"]))
    return {"codes": found, "what was handed in": "unchanged" if same else "changed"}


def _index(largest: Any, total: Any, length: Any) -> Any:
    return (largest - total / length) / (largest - 1)


def _with_norms(z: Array) -> Any:
    return [float(_index(len(v) ** 0.5, np.linalg.norm(v, 1), np.linalg.norm(v))) for v in z]


def _by_border(z: Array, k: int) -> Array:
    return np.where(z >= np.sort(z, axis=1)[:, [-k]], z, 0.0)


def _by_ranks(z: Array, k: int) -> Array:
    return z * (np.argsort(np.argsort(-z, axis=1), axis=1) < k)


def _kept(pick: Any) -> Any:
    """Return a rule that keeps, in each row, the places that another rule picks."""

    def wrong(z: Array, k: int) -> Array:
        kept = np.zeros_like(z)
        for b, row in enumerate(z):
            best = pick(row, k)
            kept[b, best] = row[best]
        return kept

    return wrong


def _in_place(z: Array, k: int) -> Array:
    z[...] = top_k(z, k)
    return z


HOYER = Exercise(
    "sparse/hoyer",
    "Hoyer's sparseness",
    "hoyer(z) -> one number a sample (B,), from codes (B, K) without a row of zeros",
    2.0,
    lambda: hoyer,
    _codes,
    untouched(_observe_hoyer, "z"),
    (
        Alternate("norms in a loop", lambda: _with_norms),
        Alternate(
            "one formula",
            lambda: lambda z: _index(z.shape[1] ** 0.5, abs(z).sum(1), np.linalg.norm(z, axis=1)),
        ),
    ),
    (
        Mutant(
            "over the samples",
            "There is a number for each unit: that is a lifetime. Take the norms over the units of a sample.",
            lambda: lambda z: _index(len(z) ** 0.5, abs(z).sum(0), np.linalg.norm(z, axis=0)),
        ),
        Mutant(
            "root of K forgotten",
            "The largest ratio of the two norms is the square root of K, not K.",
            lambda: lambda z: _index(z.shape[1], abs(z).sum(1), np.linalg.norm(z, axis=1)),
        ),
        Mutant(
            "length not rooted",
            "The sum of squares is the squared length. Take its square root.",
            lambda: lambda z: _index(z.shape[1] ** 0.5, abs(z).sum(1), (z**2).sum(1)),
        ),
        Mutant(
            "signs kept",
            "Entries of opposite sign cancel in your sum. Take absolute values.",
            lambda: lambda z: _index(z.shape[1] ** 0.5, z.sum(1), np.linalg.norm(z, axis=1)),
        ),
        Mutant(
            "not scaled",
            "The difference is right, but it is not scaled: divide by the root of K minus 1.",
            lambda: lambda z: z.shape[1] ** 0.5 - abs(z).sum(1) / np.linalg.norm(z, axis=1),
        ),
        Mutant(
            "turned over",
            "This is 1 for a code whose entries are all alike. Sparseness is one minus it.",
            lambda: lambda z: 1 - hoyer(z),
        ),
        Mutant(
            "share of zeros",
            "This counts zeros. Hoyer's index weighs how large the other entries are.",
            lambda: lambda z: (z == 0).mean(axis=1),
        ),
        Mutant(
            "averaged",
            "There is a single number. Return one for each sample.",
            lambda: lambda z: hoyer(z).mean(),
        ),
    ),
    (
        "Two norms for each sample: the sum of absolute values, and the root of the sum of squares.",
        "Their ratio is 1 for a single active unit and the root of K for equal entries.",
        "Put 1 at the first end and 0 at the other: (sqrt(K) - ratio) / (sqrt(K) - 1).",
    ),
)
TOP_K = Exercise(
    "sparse/top-k",
    "Keep the k largest",
    "top_k(z, k) -> new codes (B, K) in which all but the k largest entries of each row are 0",
    2.0,
    lambda: top_k,
    _rows,
    _observe_top,
    (Alternate("a border for each row", lambda: _by_border), Alternate("ranks", lambda: _by_ranks)),
    (
        Mutant(
            "largest absolute values",
            "You kept a large negative entry. The rule is for the largest values, not the longest.",
            lambda: _kept(lambda row, k: np.argsort(np.abs(row))[-k:]),
        ),
        Mutant(
            "smallest",
            "These are the smallest entries of each row: sort the other way.",
            lambda: _kept(lambda row, k: np.argsort(row)[:k]),
        ),
        Mutant(
            "over the whole batch",
            "One border was used for all samples, so some keep more than k and some fewer. Work row by row.",
            lambda: lambda z, k: np.where(z >= np.sort(z, axis=None)[-k * len(z)], z, 0.0),
        ),
        Mutant(
            "along the batch",
            "You kept the k largest of each unit. It is the k largest units of each sample.",
            lambda: lambda z, k: top_k(z.T, k).T,
        ),
        Mutant(
            "ones",
            "This says which entries stay. Keep their values.",
            lambda: lambda z, k: (top_k(z, k) != 0).astype(float),
        ),
        Mutant(
            "one too many",
            "One entry too many stays in each row.",
            lambda: lambda z, k: top_k(z, k + 1),
        ),
        Mutant(
            "cut short",
            "The rows were cut to k entries, and their places are lost. The shape stays (B, K).",
            lambda: lambda z, k: -np.sort(-z, axis=1)[:, :k],
        ),
        Mutant(
            "in place",
            "The codes that were handed in were changed. Write into a new array.",
            lambda: _in_place,
            "001-M-04",
        ),
        Mutant(
            "rescaled",
            "What stays was made larger, as dropout does. The rule changes no entry that stays.",
            lambda: lambda z, k: top_k(z, k) * z.shape[1] / k,
            "001-M-11",
        ),
    ),
    (
        "np.argsort(row)[-k:] holds the places of the k largest entries of a row.",
        "Start from np.zeros_like(z) and copy what stays, row by row.",
    ),
)
