"""Sparse codes, steps E and F: a step with its threshold, and a loss that penalises what is decoded."""

__all__ = ["LOSS", "STEP"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._sparse_reference import Array, kl_penalty, proximal_step, sparse_loss
from coursekit.assess.workshop._untouched import untouched


def _drawn(rng: np.random.Generator, rows: int, pixels: int, units: int, price: float) -> tuple[Array, ...]:
    """Draw until entries land below 0, inside the threshold and above it: each mistake then shows."""
    for _ in range(1000):
        z = np.abs(rng.normal(0, 1, (rows, units))).round(2)
        x, W = rng.normal(0, 1, (rows, pixels)).round(2), rng.normal(0, 0.7, (pixels, units)).round(2)
        moved = z - 0.2 * (2 * (z @ W.T - x) @ W)
        inside = (moved > 0.1 * price) & (moved < 0.9 * price)
        if inside.sum() > 1 and (moved < -0.1).sum() > 1 and (moved > 2 * price).sum() > 1:
            return z, x, W
    raise RuntimeError("no codes on either side of the threshold in 1,000 draws")


def _steps(seed: int) -> tuple[Case, ...]:
    """Codes, samples and dictionaries; some entries end at 0 and some do not."""
    found = []
    for rows, pixels, units, weight in ((4, 4, 5, 1.4), (5, 6, 3, 0.9)):
        rng = np.random.default_rng(seed + 300 * units)
        z, x, W = _drawn(rng, rows, pixels, units, 0.2 * weight)
        inputs: dict[str, Plain] = {"z": z, "x": x, "W": W, "weight": weight, "rate": 0.2}
        found.append(Case(f"{rows} codes of {units} units, weight {weight}", inputs))
    return tuple(found)


def _observe_step(candidate: Any, case: Case) -> Observation:
    z, x, W = (np.array(case.inputs[name]) for name in ("z", "x", "W"))
    return {"codes": plain(candidate(z, x, W, float(case.inputs["weight"]), float(case.inputs["rate"])))}


def _step(move: Any) -> Any:
    """Return a step whose last line is another one."""

    def wrong(z: Array, x: Array, W: Array, weight: float, rate: float) -> Array:
        slope = 2 * (z @ W.T - x) @ W
        return np.asarray(move(z, slope, weight, rate))

    return wrong


def _by_samples(z: Any, x: Any, W: Any, weight: float, rate: float) -> list[Any]:
    found = []
    for code, sample in zip(z, x, strict=True):
        moved = code + 2 * rate * W.T @ (sample - W @ code)
        found.append([max(v - rate * weight, 0.0) for v in moved])
    return found


def _shrunk(v: Array, by: float) -> Array:
    """Return the soft threshold for both signs."""
    return np.asarray(np.sign(v) * np.maximum(np.abs(v) - by, 0))


STEP = Exercise(
    "sparse/proximal-step",
    "One step towards the best code",
    "proximal_step(z, x, W, weight, rate) -> codes (B, K), from z (B, K), x (B, D) and a dictionary (D, K)",
    3.0,
    lambda: proximal_step,
    _steps,
    untouched(_observe_step, "z", "x", "W"),
    (
        Alternate("sample by sample", lambda: _by_samples),
        Alternate("a mask", lambda: _step(lambda z, s, w, r: (z - r * (s + w)) * (z - r * (s + w) > 0))),
    ),
    (
        Mutant(
            "no threshold",
            "This is a step of the gradient alone: the price of the code plays no part.",
            lambda: _step(lambda z, s, w, r: np.maximum(z - r * (s + 0 * w), 0)),
        ),
        Mutant(
            "threshold without the rate",
            "The threshold is the whole weight. In a step of this length it is rate times weight.",
            lambda: _step(lambda z, s, w, r: np.maximum(z - r * s - w, 0)),
        ),
        Mutant(
            "half of the gradient",
            "The derivative of a square has a factor of 2, which is missing here.",
            lambda: _step(lambda z, s, w, r: np.maximum(z - r * s / 2 - r * w, 0)),
        ),
        Mutant(
            "uphill",
            "The step goes up the gradient: subtract it.",
            lambda: _step(lambda z, s, w, r: np.maximum(z + r * s - r * w, 0)),
        ),
        Mutant(
            "price paid out",
            "The price made the code larger: subtract it.",
            lambda: _step(lambda z, s, w, r: np.maximum(z - r * s + r * w, 0)),
        ),
        Mutant(
            "not cut at zero",
            "Some entries are negative. A code of this kind ends at 0.",
            lambda: _step(lambda z, s, w, r: z - r * s - r * w),
        ),
        Mutant(
            "both signs",
            "This is the threshold for codes of either sign. Here nothing below 0 stays.",
            lambda: _step(lambda z, s, w, r: _shrunk(z - r * s, r * w)),
        ),
        Mutant(
            "hard threshold",
            "What is above the threshold stays as it is. A soft threshold makes it smaller as well.",
            lambda: _step(lambda z, s, w, r: np.where(z - r * s > r * w, z - r * s, 0)),
        ),
        Mutant(
            "threshold before the step",
            "The code was cut before the step. First the gradient, then the threshold.",
            lambda: _step(lambda z, s, w, r: np.maximum(z - r * w, 0) - r * s),
        ),
    ),
    (
        "First the gradient of the squared error: 2 (W z - x), taken back through W.",
        "For rows, W z is z @ W.T, and W^T e is e @ W.",
        "Then subtract rate * weight and cut at 0 with np.maximum.",
    ),
    survivors={
        "return np.maximum(z - rate * slope - rate * weight, 0.0)  ->  "
        "return np.maximum(0.0, z - rate * slope - rate * weight)": (
            "The larger of two numbers does not depend on their order."
        ),
    },
)


def _networks(seed: int) -> tuple[Case, ...]:
    shared: list[tuple[str, dict[str, Plain]]] = []
    for rows, pixels, units, rho, weight in ((5, 3, 4, 0.1, 0.6), (4, 5, 3, 0.2, 2.5)):
        rng = np.random.default_rng(seed + 7000 * units)
        inputs: dict[str, Plain] = {
            "x": rng.uniform(0, 1, (rows, pixels)).round(2),
            "V": rng.normal(0, 1, (units, pixels)).round(2),
            "b": rng.normal(-0.5, 0.5, units).round(2),
            "W": rng.normal(0, 1, (pixels, units)).round(2),
            "c": rng.normal(0, 0.5, pixels).round(2),
            "rho": rho,
            "weight": weight,
        }
        shared.append((f"{rows} samples, {pixels} inputs, {units} units", inputs))
    outputs = [Case(name, inputs, group="outputs") for name, inputs in shared]
    return (*outputs, *[Case(f"the loss of {name}", inputs, 3, group="loss") for name, inputs in shared])


def _observe_loss(candidate: Any, case: Case) -> Observation:
    arrays = [np.array(case.inputs[name]) for name in ("x", "V", "b", "W", "c")]
    found = candidate(*arrays, float(case.inputs["rho"]), float(case.inputs["weight"]))
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        return {"result": told(found)}
    return {"outputs": plain(found[1])} if case.layer == 1 else {"loss": plain(found[0])}


def _sigmoid(u: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-u)))


def _network(kind: str) -> Any:
    """Return the loss with one mistake."""

    def wrong(x: Array, V: Array, b: Array, W: Array, c: Array, rho: float, weight: float) -> Any:
        u = x @ V.T + b
        a = _sigmoid(u)
        y = {
            "beside": u @ W.T + c, "no biases": _sigmoid(x @ V.T) @ W.T, "sigmoid": _sigmoid(a @ W.T + c),
            "clipped": np.maximum(u, 0) @ W.T + c,
        }.get(kind, a @ W.T + c)  # fmt: skip
        squares, price = (y - x) ** 2, kl_penalty(a, rho)
        error = {"pixel mean": squares.mean(), "batch sum": squares.sum()}.get(
            kind, squares.sum(axis=1).mean()
        )
        total = {
            "unweighted": error + price, "all weighted": weight * (error + price), "no price": error,
            "rewarded": error - weight * price, "per unit": error + weight * price / len(b),
            "outputs": error + weight * kl_penalty(_sigmoid(y), rho),
        }.get(kind, error + weight * price)  # fmt: skip
        return total, y

    return wrong


def _by_tanh(x: Any, V: Any, b: Any, W: Any, c: Any, rho: float, weight: float) -> list[Any]:
    a = 0.5 * (1 + np.tanh(0.5 * (x @ V.T + b)))
    y = (W @ a.T).T + c
    mean = a.mean(0)
    price = (rho * np.log(rho / mean) + (1 - rho) * np.log((1 - rho) / (1 - mean))).sum()
    return [np.sum((x - y) ** 2) / len(x) + weight * price, y]


LOSS = Exercise(
    "sparse/sparse-loss",
    "A loss that penalises what is decoded",
    "sparse_loss(x, V, b, W, c, rho, weight) -> the loss, and the outputs (B, D)",
    4.0,
    lambda: sparse_loss,
    _networks,
    untouched(_observe_loss, "x", "V", "b", "W", "c"),
    (
        Alternate("by tanh", lambda: _by_tanh),
        Alternate("in one function", lambda: _network("right")),
    ),
    (
        Mutant(
            "decoded beside",
            "The tensor that you penalise is not the one that the decoder receives: it gets the net input. "
            "Decode the sigmoid's output.",
            lambda: _network("beside"),
            "001-M-20",
        ),
        Mutant(
            "ReLU decoded",
            "The decoder receives a ReLU of the net input. Decode the sigmoid's output, which you penalise.",
            lambda: _network("clipped"),
        ),
        Mutant(
            "biases left out",
            "The outputs are those of a network without biases.",
            lambda: _network("no biases"),
        ),
        Mutant(
            "sigmoid on the outputs",
            "The outputs went through a sigmoid. The decoder is linear.",
            lambda: _network("sigmoid"),
        ),
        Mutant(
            "mean over the pixels",
            "The squared errors were averaged over the pixels, so the weight means something else. Sum over "
            "the pixels of a sample.",
            lambda: _network("pixel mean"),
            "001-M-35",
        ),
        Mutant(
            "sum over the batch",
            "The squared errors were added up over the batch. Average over the samples.",
            lambda: _network("batch sum"),
        ),
        Mutant(
            "weight left out",
            "The penalty enters with its weight.",
            lambda: _network("unweighted"),
        ),
        Mutant(
            "everything weighted",
            "The weight belongs to the penalty alone.",
            lambda: _network("all weighted"),
        ),
        Mutant(
            "no price",
            "This is the reconstruction alone: the penalty is missing.",
            lambda: _network("no price"),
        ),
        Mutant(
            "rewarded",
            "The penalty was subtracted, so a dense code is rewarded. Add it.",
            lambda: _network("rewarded"),
        ),
        Mutant(
            "price per unit",
            "The divergences were averaged over the units. Sum them.",
            lambda: _network("per unit"),
        ),
        Mutant(
            "price on the outputs",
            "The penalty was taken of the outputs. It belongs to the code.",
            lambda: _network("outputs"),
        ),
    ),
    (
        "Three lines: the code a, the outputs y, and the two terms of the loss.",
        "a is the sigmoid of x @ V.T + b, and it goes into both the decoder and kl_penalty.",
        "y = a @ W.T + c; the error is ((y - x) ** 2).sum(axis=1).mean().",
    ),
    groups=(("outputs", 1.0), ("loss", 3.0)),
)
