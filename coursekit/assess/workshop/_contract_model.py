"""Contractive autoencoder, steps E and F: the loss of a tied model, and the gain that is reported."""

__all__ = ["GAIN", "LOSS"]

from typing import Any

import numpy as np
import torch
from torch import Tensor

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._contract_layer import drawn
from coursekit.assess.workshop._contract_reference import Array, gain, loss
from coursekit.assess.workshop._tools import gradients, tensor
from coursekit.assess.workshop._untouched import kept

_NAMES = ("W", "b", "c")


def _models(seed: int) -> tuple[Case, ...]:
    found = []
    for sizes, weight in (((3, 2, 4), 0.7), ((4, 3, 5), 2.0)):
        W, b, x = drawn(seed + 80 + sizes[0], sizes)
        c = np.random.default_rng(seed + sizes[0]).normal(size=sizes[2])
        own: dict[str, Plain] = {"W": W, "b": b, "c": c, "x": x, "weight": weight}
        name = f"{sizes[0]} samples, {sizes[1]} units, {sizes[2]} inputs"
        found.append(Case(name, own, group="value"))
        found.append(Case(f"the gradients with {name}", own, 3, group="gradients"))
    return tuple(found)


def _observe_loss(candidate: Any, case: Case) -> Observation:
    parameters = [tensor(case, name, grad=True) for name in _NAMES]
    value = candidate(*parameters, tensor(case, "x"), float(case.inputs["weight"]))
    if case.layer == 1:
        return {"loss": plain(value)}
    found = gradients(value, parameters)
    return {f"gradient by {name}": plain(by) for name, by in zip(_NAMES, found, strict=True)}


def _parts(W: Tensor, b: Tensor, c: Tensor, x: Tensor, *, up: Tensor | None = None) -> tuple[Tensor, ...]:
    """Return the squared errors (B, D) and the penalty (B,), with another decoder if asked for."""
    z = torch.sigmoid(x @ W.T + b)
    errors = (z @ (W if up is None else up) + c - x).square()
    return errors, (z * (1 - z)).square() @ W.square().sum(1)


def _mixed(mix: Any) -> Any:
    """Return a loss put together from squared errors (B, D), penalty (B,) and weight in another way."""

    def wrong(W: Tensor, b: Tensor, c: Tensor, x: Tensor, weight: float) -> Tensor:
        found: Tensor = mix(*_parts(W, b, c, x), weight)
        return found

    return wrong


def _copied(W: Tensor, b: Tensor, c: Tensor, x: Tensor, weight: float) -> Tensor:
    errors, penalty = _parts(W, b, c, x, up=W.detach())
    return (errors.sum(1) + weight * penalty).mean()


def _sigmoid_out(W: Tensor, b: Tensor, c: Tensor, x: Tensor, weight: float) -> Tensor:
    z = torch.sigmoid(x @ W.T + b)
    return (torch.sigmoid(z @ W + c) - x).square().sum(1).mean() + weight * _parts(W, b, c, x)[1].mean()


def _by_autograd(W: Tensor, b: Tensor, c: Tensor, x: Tensor, weight: float) -> Tensor:
    leaf = x.clone().requires_grad_()
    z = torch.nn.functional.linear(leaf, W, b).sigmoid()
    rows = [torch.autograd.grad(z[:, k].sum(), leaf, create_graph=True)[0] for k in range(z.shape[1])]
    error = torch.nn.functional.mse_loss(torch.nn.functional.linear(z, W.T, c), x, reduction="sum")
    return (error + weight * torch.stack(rows).square().sum()) / len(x)


LOSS = Exercise(
    "contractive/loss",
    "The loss of a tied contractive autoencoder",
    "loss(W, b, c, x, weight) -> a scalar tensor with a graph",
    4.0,
    lambda: loss,
    _models,
    _observe_loss,
    (
        Alternate("automatic derivatives", lambda: _by_autograd),
        Alternate("two means", lambda: _mixed(lambda e, p, w: e.sum(1).mean() + w * p.mean())),
    ),
    (
        Mutant(
            "constant penalty",
            "The value is right, but your penalty is a constant as far as the optimiser is concerned.",
            lambda: _mixed(lambda e, p, w: e.sum(1).mean() + w * p.detach().mean()),
            "001-M-23",
        ),
        Mutant(
            "no graph",
            "The value is right, but it has no graph, so no gradient reaches the weights. Return the tensor.",
            lambda: _mixed(lambda e, p, w: (e.sum(1) + w * p).mean().detach()),
        ),
        Mutant(
            "copied weights",
            "The value is right, but the decoder has a copy of W: tied weights get gradients from both ends.",
            lambda: _copied,
        ),
        Mutant(
            "mean over pixels",
            "The squared errors are averaged over the pixels, so λ acts D times as strongly. Sum them.",
            lambda: _mixed(lambda e, p, w: (e.mean(1) + w * p).mean()),
        ),
        Mutant(
            "sum over the batch",
            "The loss depends on the batch size: average over the samples.",
            lambda: _mixed(lambda e, p, w: (e.sum(1) + w * p).sum()),
            "001-M-26",
        ),
        Mutant(
            "penalty summed only",
            "The errors are averaged over the batch and the penalties are summed: average both.",
            lambda: _mixed(lambda e, p, w: e.sum(1).mean() + w * p.sum()),
        ),
        Mutant(
            "weight forgotten",
            "The penalty is added without its weight.",
            lambda: _mixed(lambda e, p, _: (e.sum(1) + p).mean()),
        ),
        Mutant(
            "weight on the error",
            "The weight multiplies the reconstruction. It belongs to the penalty.",
            lambda: _mixed(lambda e, p, w: (w * e.sum(1) + p).mean()),
        ),
        Mutant(
            "no penalty",
            "This is the loss of a plain autoencoder: the penalty is missing.",
            lambda: _mixed(lambda e, *_: e.sum(1).mean()),
        ),
        Mutant(
            "norm for square",
            "The root of the penalty was added. Doubling the encoder should quadruple the penalty.",
            lambda: _mixed(lambda e, p, w: (e.sum(1) + w * p.sqrt()).mean()),
            "001-M-25",
        ),
        Mutant(
            "squashed outputs",
            "The outputs went through a sigmoid. The decoder here is linear.",
            lambda: _sigmoid_out,
        ),
    ),
    (
        "Three parts: codes, squared errors of each sample, penalty of each sample. Then one mean.",
        "The decoder is z times W, plus c: x @ W.T goes down, and z @ W comes up again.",
        "The penalty is that of step B, written with tensors, before the mean.",
    ),
    groups=(("value", 2.0), ("gradients", 2.0)),
)


def _codes(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, units, draws in ((4, 3, 2), (6, 2, 3)):
        rng = np.random.default_rng(seed + 7 * rows)
        z = rng.normal(0, 2, (rows, units))
        moved = z + rng.normal(0, 0.3, (draws, rows, units))
        found.append((f"{rows} codes of {units} units, {draws} draws", {"z": z, "moved": moved}))
    return tuple(
        Case(f"{group}: {name}", dict(own), layer, group=group)
        for layer, group in enumerate(("change", "spread", "gain"), 1) for name, own in found
    )  # fmt: skip


def _observe_gain(candidate: Any, case: Case) -> Observation:
    given = {name: np.array(case.inputs[name]) for name in ("z", "moved")}
    found = candidate(*given.values())
    three = found.tolist() if hasattr(found, "tolist") else found  # numbers in an array are numbers
    if not isinstance(three, (tuple, list)) or len(three) != 3:
        return {"result": told(found)}
    value = three[("change", "spread", "gain").index(case.group)]
    return kept(case, "gain", value, given) if case.group == "gain" else {case.group: plain(value)}


def _distances(z: Array) -> Array:
    table: Array = np.linalg.norm(z[:, None] - z[None], axis=2)
    return table


def _other(change: Any = None, spread: Any = None, ratio: Any = None) -> Any:
    """Return a gain with one of its three numbers computed in another way."""

    def wrong(z: Array, moved: Array) -> tuple[Any, Any, Any]:
        a, s, _ = gain(z, moved)
        a = a if change is None else change(z, moved)
        s = s if spread is None else spread(z, moved)
        return a, s, a / s if ratio is None else ratio(a, s)

    return wrong


def _by_pairs(z: Array, moved: Array) -> tuple[Any, Any, Any]:
    pairs = [np.linalg.norm(z[i] - z[j]) for i in range(len(z)) for j in range(i)]
    change = np.mean([np.linalg.norm(draw - z, axis=1) for draw in moved])
    return change, np.mean(pairs), change / np.mean(pairs)


def _by_sums(z: Array, moved: Array) -> tuple[Any, Any, Any]:
    change = np.sqrt(((moved - z) ** 2).sum(axis=-1)).mean()
    upper = _distances(z)[np.triu_indices(len(z), 1)]
    return change, upper.mean(), change * len(upper) / upper.sum()


GAIN = Exercise(
    "contractive/gain",
    "The gain",
    "gain(z, moved) -> change, spread, gain, from codes (B, K) and the codes (M, B, K) after M pushes",
    3.0,
    lambda: gain,
    _codes,
    _observe_gain,
    (
        Alternate("a list of pairs", lambda: _by_pairs),
        Alternate("the upper triangle", lambda: _by_sums),
    ),
    (
        Mutant(
            "squared moves",
            "The moves are squared lengths. The change is a mean of lengths.",
            lambda: _other(change=lambda z, m: ((m - z) ** 2).sum(axis=2).mean()),
        ),
        Mutant(
            "root of the mean square",
            "This is the root of the mean square. Take the length of each move, then the mean.",
            lambda: _other(change=lambda z, m: np.sqrt(((m - z) ** 2).sum(axis=2).mean())),
        ),
        Mutant(
            "mean over the units",
            "The moves were averaged unit by unit. A move is a vector: take its length.",
            lambda: _other(change=lambda z, m: np.abs(m - z).mean()),
        ),
        Mutant(
            "moves averaged first",
            "The moves were averaged over the pushes before their length was taken, and cancel in part.",
            lambda: _other(change=lambda z, m: np.linalg.norm((m - z).mean(axis=0), axis=1).mean()),
        ),
        Mutant(
            "each with itself",
            "The mean runs over all B² pairs, the code with itself included. There are B (B − 1) / 2 pairs.",
            lambda: _other(spread=lambda z, _: _distances(z).mean()),
        ),
        Mutant(
            "distance to the mean",
            "This is the mean distance to the mean code. The spread is over pairs of codes.",
            lambda: _other(spread=lambda z, _: np.linalg.norm(z - z.mean(axis=0), axis=1).mean()),
        ),
        Mutant(
            "squared distances",
            "The distances are squared. The spread is a mean of lengths.",
            lambda: _other(spread=lambda z, _: (_distances(z) ** 2).sum() / (len(z) * (len(z) - 1))),
        ),
        Mutant(
            "each pair counted once, divided twice",
            "The sum over pairs was divided by B (B − 1), which counts each pair twice.",
            lambda: _other(spread=lambda z, _: _distances(z).sum() / 2 / (len(z) * (len(z) - 1))),
        ),
        Mutant(
            "upside down",
            "This is spread over change. The gain is the change, divided by the spread.",
            lambda: _other(ratio=lambda a, s: s / a),
        ),
        Mutant(
            "not divided",
            "This is the change itself. Without the division a smaller code looks more robust than it is.",
            lambda: _other(ratio=lambda a, _: a),
        ),
    ),
    (
        "Lengths along the last axis, then a mean over everything.",
        "z[:, None] - z[None] has the shape (B, B, K): all differences, with zeros on the diagonal.",
        "The zeros don't count: B times B − 1 ordered pairs remain.",
    ),
    tolerance=1e-6,
    groups=(("change", 1.0), ("spread", 1.0), ("gain", 1.0)),
)
