"""Contractive autoencoder, steps C and D: the exact penalty of a deep encoder, and the estimate by probes."""

__all__ = ["EXACT", "HUTCHINSON"]

import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain
from coursekit.assess.workshop._contract_reference import Array, encode, exact, hutchinson
from coursekit.assess.workshop._tools import flag, gradients, tensor
from coursekit.assess.workshop._untouched import kept

_UNUSED = "not have been used in the graph"


def _networks(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, inputs, hidden, units in ((2, 3, 4, 2), (4, 5, 3, 3)):
        rng = np.random.default_rng(seed + rows)
        own: dict[str, Plain] = {
            "W": rng.normal(size=(hidden, inputs)), "V": rng.normal(size=(units, hidden)),
            "x": rng.uniform(0, 1, (rows, inputs)),
        }  # fmt: skip
        name = f"{rows} samples, {inputs} inputs, {units} units"
        found.append(Case(name, own, group="values"))
        found.append(Case(f"the gradients with {name}", own, 3, group="gradients"))
    return tuple(found)


def _observe_exact(candidate: Any, case: Case) -> Observation:
    W, V = (tensor(case, name, grad=True) for name in ("W", "V"))
    x = tensor(case, "x")
    try:
        value = candidate(W, V, x)
    except RuntimeError as error:
        if _UNUSED not in str(error):
            raise
        return {"squared norms": "an error: x is not in the graph", "marks left on x": flag(x.requires_grad)}
    if case.layer == 1:
        return {
            "squared norms": plain(value), "marks left on x": flag(x.requires_grad),
            "change of x": float((x.detach() - tensor(case, "x")).abs().max()),
        }  # fmt: skip
    left = flag(W.grad is not None or V.grad is not None)
    by_W, by_V = gradients(value, (W, V))
    return {"gradient by W": plain(by_W), "gradient by V": plain(by_V), "gradients left on W and V": left}


def _rows(W: Tensor, V: Tensor, x: Tensor, *, graph: bool = True, late: bool = False) -> Tensor:
    """Return the Jacobians, (K, B, D)."""
    leaf = x.clone()
    z = encode(W, V, leaf) if late else None
    leaf.requires_grad_()
    z = encode(W, V, leaf) if z is None else z
    columns = range(z.shape[1])
    return torch.stack(
        [torch.autograd.grad(z[:, k].sum(), leaf, create_graph=graph, retain_graph=True)[0] for k in columns]
    )


def _squares(**options: bool) -> Any:
    return lambda W, V, x: _rows(W, V, x, **options).square().sum((0, 2))


def _by_weights(W: Tensor, V: Tensor, x: Tensor) -> Tensor:
    found = []
    for sample in x:
        z = encode(W, V, sample[None])[0]
        rows = [torch.autograd.grad(unit, W, create_graph=True)[0] for unit in z]
        found.append(torch.stack(rows).square().sum())
    return torch.stack(found)


def _marked(W: Tensor, V: Tensor, x: Tensor) -> Tensor:
    x.requires_grad_()
    return exact(W, V, x)


def _backward(W: Tensor, V: Tensor, x: Tensor) -> Tensor:
    leaf, total = x.clone().requires_grad_(), torch.zeros(len(x))
    z = encode(W, V, leaf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of a reference cycle
        for k in range(z.shape[1]):
            leaf.grad = None
            z[:, k].sum().backward(create_graph=True)  # type: ignore[no-untyped-call]
            total = total + torch.as_tensor(leaf.grad).square().sum(1)
    return total


def _one_pass(W: Tensor, V: Tensor, x: Tensor) -> Tensor:
    leaf = x.clone().requires_grad_()
    (row,) = torch.autograd.grad(encode(W, V, leaf).sum(), leaf, create_graph=True)
    return row.square().sum(1)


def _by_hand(W: Tensor, V: Tensor, x: Tensor) -> Tensor:
    h = torch.tanh(x @ W.T)
    z = torch.sigmoid(h @ V.T)
    inner = torch.einsum("kh,bh,hd->bkd", V, 1 - h * h, W)
    return ((z * (1 - z))[:, :, None] * inner).square().sum((1, 2))


def _by_jacrev(W: Tensor, V: Tensor, x: Tensor) -> Tensor:
    j: Tensor = torch.func.vmap(torch.func.jacrev(lambda row: encode(W, V, row[None])[0]))(x)
    return j.square().sum((1, 2))


EXACT = Exercise(
    "contractive/exact",
    "The exact penalty of a deep encoder",
    "exact(W, V, x) -> (B,), the squared norm of the Jacobian of encode(W, V, x) by sample, with a graph",
    4.0,
    lambda: exact,
    _networks,
    _observe_exact,
    (
        Alternate("stacked rows", lambda: _squares()),
        Alternate("torch.func", lambda: _by_jacrev),
        Alternate("the chain rule by hand", lambda: _by_hand),
    ),
    (
        Mutant(
            "by the weights",
            "This differentiates by W. The Jacobian in question is with respect to the input x.",
            lambda: _by_weights,
            "001-M-22",
        ),
        Mutant(
            "no graph",
            "The values are right, but your penalty is a constant as far as the optimiser is concerned: no "
            "gradient reaches the weights.",
            lambda: _squares(graph=False),
            "001-M-23",
        ),
        Mutant(
            "norm for square",
            "This is the norm. Doubling the Jacobian should quadruple the penalty.",
            lambda: lambda W, V, x: exact(W, V, x).sqrt(),
            "001-M-25",
        ),
        Mutant(
            "sum over the batch",
            "There is one number for the whole batch. Return one for each sample.",
            lambda: lambda W, V, x: exact(W, V, x).sum(),
            "001-M-26",
        ),
        Mutant(
            "tracked too late",
            "The graph was built before x was tracked. Mark a copy of x first, then encode it.",
            lambda: _squares(late=True),
            "001-M-31",
        ),
        Mutant(
            "caller's x marked",
            "The values are right, but x belongs to the caller and now requires gradients. Mark a copy.",
            lambda: _marked,
        ),
        Mutant(
            "backward for grad",
            "Values and gradients are right, but backward() also filled W.grad and V.grad, where the "
            "optimiser adds to them. torch.autograd.grad leaves nothing behind.",
            lambda: _backward,
        ),
        Mutant(
            "one pass for all units",
            "The rows were added before they were squared: each unit needs a pass of its own.",
            lambda: _one_pass,
        ),
        Mutant(
            "a mean over the units",
            "The units are averaged. Their squared derivatives add up.",
            lambda: lambda W, V, x: _rows(W, V, x).square().sum(2).mean(0),
        ),
        Mutant(
            "absolute values",
            "The derivatives are not squared.",
            lambda: lambda W, V, x: _rows(W, V, x).abs().sum((0, 2)),
        ),
    ),
    (
        "Work on a copy of x that requires gradients, and encode that copy.",
        "The sum of unit k over the batch has row k of every sample as its gradient, for samples don't meet.",
        "torch.autograd.grad has an argument that keeps the result differentiable; without it the weights "
        "get nothing.",
    ),
    tolerance=1e-4,
    groups=(("values", 2.0), ("gradients", 2.0)),
)


def _probed(seed: int) -> tuple[Case, ...]:
    found = []
    for units, inputs, probes in ((3, 4, 2), (4, 2, 5)):
        rng = np.random.default_rng(seed + units)
        V = rng.normal(size=(probes, units))
        V[0] = rng.choice((-1.0, 1.0), units)
        found.append(
            Case(f"{probes} probes of {units} units", {"J": rng.normal(size=(units, inputs)), "V": V})
        )
    return tuple(found)


def _observe_probes(candidate: Any, case: Case) -> Observation:
    given = {name: np.array(case.inputs[name]) for name in "JV"}
    return kept(case, "estimate", candidate(*given.values()), given)


def _unit(V: Array) -> Array:
    shortened: Array = V / np.linalg.norm(V, axis=1, keepdims=True)
    return shortened


HUTCHINSON = Exercise(
    "contractive/hutchinson",
    "The estimate by given probes",
    "hutchinson(J, V) -> a number, from one Jacobian (K, D) and P probes (P, K)",
    2.0,
    lambda: hutchinson,
    _probed,
    _observe_probes,
    (
        Alternate("a loop", lambda: lambda J, V: sum(np.linalg.norm(v @ J) ** 2 for v in V) / len(V)),
        Alternate("the matrix J Jᵀ", lambda: lambda J, V: np.einsum("pk,kl,pl->p", V, J @ J.T, V).mean()),
    ),
    (
        Mutant(
            "probes of length one",
            "The probes were shortened to length one. Unbiased estimators need E[v vᵀ] = I: leave them.",
            lambda: lambda J, V: hutchinson(J, _unit(V)),
            "001-M-29",
        ),
        Mutant(
            "divided by the units",
            "The result is divided by K. The squared length of vᵀJ is right on average as it is.",
            lambda: lambda J, V: hutchinson(J, V) / len(J),
        ),
        Mutant(
            "sum of the probes",
            "The probes are summed: average over them.",
            lambda: lambda J, V: hutchinson(J, V) * len(V),
        ),
        Mutant(
            "norm for square",
            "These are lengths. Square them before you average.",
            lambda: lambda J, V: np.linalg.norm(V @ J, axis=1).mean(),
        ),
        Mutant(
            "averaged first",
            "The products were averaged over the probes and then squared. Square first, then average.",
            lambda: lambda J, V: ((V @ J).mean(axis=0) ** 2).sum(),
        ),
        Mutant(
            "probes ignored",
            "This is the exact value. Use the probes.",
            lambda: lambda J, _: (J**2).sum(),
        ),
        Mutant(
            "mean over the inputs",
            "The inputs are averaged: sum over them.",
            lambda: lambda J, V: ((V @ J) ** 2).mean(),
        ),
    ),
    (
        "One probe gives one vector of length D, a mixture of the rows of J.",
        "Its squared length is one estimate; the answer is the mean of all of them.",
    ),
    tolerance=1e-6,
)
