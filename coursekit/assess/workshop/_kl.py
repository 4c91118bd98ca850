"""Step D, first half: the KL divergence in closed form."""

__all__ = ["KL", "KL_MUTANTS"]

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._reference import kl
from coursekit.assess.workshop._tools import gradients, tensor


def _bracket(mu: Tensor, logvar: Tensor) -> Tensor:
    return mu * mu + logvar.exp() - 1 - logvar


def _cases(seed: int) -> tuple[Case, ...]:
    """The audit's point and two random batches of other sizes; then the gradients."""
    rng = np.random.default_rng(seed)
    point = {
        "mu": np.array([[0.5, -1.0, 2.0], [0.0, 0.5, -0.5]]),
        "logvar": np.array([[0.0, 1.0, -2.0], [-1.0, 0.0, 1.0]]),
    }
    if seed:
        point = {"mu": rng.normal(size=(2, 3)), "logvar": rng.normal(size=(2, 3))}
    sizes = ((4, 1), (5, 6))
    random = [{"mu": rng.normal(size=size), "logvar": rng.normal(size=size)} for size in sizes]
    return (
        Case("2 samples of 3 latents", point, group="values"),
        *(
            Case(f"{b} samples of {z} latents", inputs, group="values")
            for (b, z), inputs in zip(sizes, random, strict=True)
        ),
        Case("the gradients", point, 3, group="gradients"),
    )  # fmt: skip


def _observe(candidate: Any, case: Case) -> Observation:
    mu, logvar = tensor(case, "mu", grad=case.layer == 3), tensor(case, "logvar", grad=case.layer == 3)
    value = candidate(mu, logvar)
    if case.layer == 1:
        return {"kl": plain(value)}
    by_mu, by_logvar = gradients(value, (mu, logvar))
    return {"gradient by mu": plain(by_mu), "gradient by logvar": plain(by_logvar)}


def _std_for_variance(mu: Tensor, logvar: Tensor) -> Tensor:
    std = (logvar / 2).exp()
    return (mu * mu + std - 1 - std.log()).sum(1) / 2


def _reversed(mu: Tensor, logvar: Tensor) -> Tensor:
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return kl_divergence(prior, Normal(mu, (logvar / 2).exp())).sum(1)


def _by_distributions(mu: Tensor, logvar: Tensor) -> Tensor:
    q = Normal(mu, (logvar / 2).exp())
    return kl_divergence(q, Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum(-1)


def _by_loop(mu: Tensor, logvar: Tensor) -> Tensor:
    rows = [sum((m * m + s.exp() - 1 - s) / 2 for m, s in zip(ms, ss, strict=True)) for ms, ss in
            zip(mu, logvar, strict=True)]  # fmt: skip
    return torch.stack([torch.as_tensor(row) for row in rows])


def _by_sigma(mu: Tensor, logvar: Tensor) -> Tensor:
    log_sigma = logvar / 2
    return (-log_sigma + (torch.exp(2 * log_sigma) + mu**2) / 2 - 0.5).sum(dim=-1)


_BATCH = "The result has one number for the whole batch. Sum over the latents only: one KL for each sample."
KL_MUTANTS = (
    Mutant(
        "sign",
        "Your KL is negative. A KL divergence is never below 0: check the sign in front of the sum.",
        lambda: lambda mu, logvar: -kl(mu, logvar),
        "000-M-1",
    ),
    Mutant(
        "half",
        "Your KL is exactly twice the right value: which constant multiplies the bracket?",
        lambda: lambda mu, logvar: 2 * kl(mu, logvar),
        "000-M-2",
    ),
    Mutant(
        "mean left out",
        "The squared mean is missing: a posterior far from 0 must cost more than one at 0.",
        lambda: lambda mu, logvar: kl(0 * mu, logvar),
        "000-M-3",
    ),
    Mutant(
        "std for variance",
        "The standard deviation stands where the variance is meant. Evaluate your KL at mu = 0 for logvar "
        "−1, 0 "
        "and 1: the smallest value must be at 0.",
        lambda: _std_for_variance,
        "000-M-5",
    ),
    Mutant(
        "reversed",
        "This is the KL from the prior to q. A KL divergence is not symmetric: the posterior q comes first.",
        lambda: _reversed,
        "000-M-7",
    ),
    Mutant(
        "averaged over the latents",
        "The KL is averaged over the latents. They are independent, so their KLs add up: use a sum.",
        lambda: lambda mu, logvar: kl(mu, logvar) / mu.shape[1],
        "000-M-9",
    ),
    Mutant("summed over the batch", _BATCH, lambda: lambda mu, logvar: kl(mu, logvar).sum()),
    Mutant("averaged over the batch", _BATCH, lambda: lambda mu, logvar: kl(mu, logvar).mean()),
    Mutant(
        "one left out",
        "A constant is missing: at mu = 0 and logvar = 0 the posterior is the prior, and the KL must be 0.",
        lambda: lambda mu, logvar: kl(mu, logvar) + 0.5 * mu.shape[1],
    ),
    Mutant(
        "not reduced",
        "There is one number for each latent. Sum over the latents: one KL for each sample.",
        lambda: lambda mu, logvar: _bracket(mu, logvar) / 2,
    ),
    Mutant(
        "no gradient",
        "The value is right, but no gradient reaches mu and logvar: something is detached.",
        lambda: lambda mu, logvar: kl(mu, logvar).detach(),
    ),
)
KL = Exercise(
    "mini-sprint-vae/kl",
    "The KL divergence from q(z | x) to the prior",
    "kl(mu, logvar) -> one number for each sample, from (B, Z) to (B,)",
    3.0,
    lambda: kl,
    _cases,
    _observe,
    (
        Alternate("torch.distributions", lambda: _by_distributions),
        Alternate("a loop", lambda: _by_loop),
        Alternate("by log σ", lambda: _by_sigma),
        Alternate(
            "minus sign outside",
            lambda: lambda mu, logvar: -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1),
        ),
    ),
    KL_MUTANTS,
    (
        "For one latent the KL depends on μ² and on σ²; it is 0 only at μ = 0, σ² = 1. Write that one first.",
        "One latent costs ½(μ² + σ² − 1 − log σ²) nats. You have log σ² at hand, so σ² is its exponential.",
        "Latents are independent: sum over the last axis, and leave the batch axis alone.",
    ),
    groups=(("values", 2.0), ("gradients", 1.0)),
)
