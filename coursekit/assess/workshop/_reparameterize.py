"""Step B: the reparameterised draw."""

__all__ = ["REPARAMETERIZE"]

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from coursekit.assess.chance import ks_distance, ks_margin, mean_margin, std_margin
from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain
from coursekit.assess.workshop._reference import reparameterize
from coursekit.assess.workshop._survivors import survivors
from coursekit.assess.workshop._tools import flag, gradients, seeded, shape_of, tensor

ROWS, LATENTS = 20_000, 4
LOOKS = 3 * LATENTS + 6  # mean, spread and shape of each latent, six correlations


def _cases(seed: int) -> tuple[Case, ...]:
    """Three looks: the shape, the moments of 20,000 draws, the gradients.

    A right answer fails by chance with a probability below 1e-6, all estimates together.
    """
    rng = np.random.default_rng(seed)
    mu, logvar = rng.uniform(-2, 2, LATENTS), np.array([-2.0, 0.0, 1.0, -1.0]) + rng.uniform(-0.2, 0.2, 4)
    std = np.exp(logvar / 2)
    moments: dict[str, Any] = {
        "mean of z": mu, "standard deviation of z": std, "distance of the noise to normal draws": np.zeros(4),
        "correlation between two latents": 0.0, "share of equal values in two calls": 0.0,
    }  # fmt: skip
    margins: dict[str, Any] = {
        "mean of z": mean_margin(std, ROWS, looks=LOOKS),
        "standard deviation of z": std_margin(std, ROWS, looks=LOOKS),
        "distance of the noise to normal draws": ks_margin(ROWS, ROWS, looks=LOOKS),
        "correlation between two latents": mean_margin(1, ROWS, looks=LOOKS),
        "share of equal values in two calls": 0.01,
    }  # fmt: skip
    small: dict[str, Plain] = {"mu": rng.normal(size=(3, 2)), "logvar": rng.normal(size=(3, 2)), "seed": seed}
    many: dict[str, Plain] = {"mu": mu, "logvar": logvar, "seed": seed + 1}
    return (
        Case("the shape of z for 3 samples of 2 latents", small, 1, {"shape of z": "(3, 2)"}, group="draw"),
        Case(f"{ROWS:,} draws", many, 2, moments, margins, noisy=True, group="draw"),
        Case(
            "the gradients of z", small, 3,
            {"gradient by mu": np.ones((3, 2)), "gradient by logvar over ½(z − mu)": np.ones((3, 2))},
            {"gradient by mu": 1e-3, "gradient by logvar over ½(z − mu)": 1e-2}, group="gradients",
        ),
    )  # fmt: skip


def _moments(z: Tensor, again: Tensor, mu: Tensor, logvar: Tensor, seed: int) -> Observation:
    normal = np.random.default_rng(seed).normal(size=ROWS)
    draws = z.detach().double()
    spread = draws.std(0)
    noise = (draws - mu) / torch.exp(logvar / 2)
    centred = (draws - draws.mean(0)) / spread.clamp_min(1e-12)
    correlation = (centred.T @ centred / len(draws)).fill_diagonal_(0)
    strongest = correlation.flatten()[correlation.abs().argmax()]
    distances = [ks_distance(column, normal) for column in noise.T]
    return {
        "mean of z": plain(draws.mean(0)), "standard deviation of z": plain(spread),
        "distance of the noise to normal draws": np.array(distances),
        "correlation between two latents": plain(strongest),
        "share of equal values in two calls": flag(False) + float((z == again).double().mean()),
    }  # fmt: skip


def _observe(candidate: Any, case: Case) -> Observation:
    mu, logvar = tensor(case, "mu", grad=case.layer == 3), tensor(case, "logvar", grad=case.layer == 3)
    with seeded(case):
        if case.layer == 2:
            rows, spreads = mu.repeat(ROWS, 1), logvar.repeat(ROWS, 1)
            z, again = candidate(rows, spreads), candidate(rows, spreads)
            return _moments(z, again, mu, logvar, int(case.inputs["seed"]))
        z = candidate(mu, logvar)
    if case.layer == 1:
        return {"shape of z": shape_of(z)}
    by_mu, by_logvar = gradients(z, (mu, logvar))
    return {
        "gradient by mu": plain(by_mu),
        "gradient by logvar over ½(z − mu)": plain(by_logvar / (0.5 * (z - mu)).detach()),
    }


def _reseeded(mu: Tensor, logvar: Tensor) -> Tensor:
    noise = torch.randn(mu.shape, generator=torch.Generator().manual_seed(0))
    return mu + torch.exp(logvar / 2) * noise


def _no_grad(mu: Tensor, logvar: Tensor) -> Tensor:
    with torch.no_grad():
        return reparameterize(mu, logvar)


_CUT = (
    "No gradient reaches mu: the draw is cut out of the graph. Sample only ε, without parameters, and "
    "compute "
    "z = mu + std · ε outside of no_grad, without detach; `Normal(...).rsample()` does so, `.sample()` does "
    "not."
)
MUTANTS = (
    Mutant(
        "logvar as std",
        "The noise is scaled by logvar itself. With logvar = 0 the standard deviation must be 1, and yours "
        "is 0.",
        lambda: lambda mu, logvar: mu + logvar * torch.randn_like(mu),
        "000-M-4",
    ),
    Mutant(
        "variance as std",
        "The noise is scaled by the variance exp(logvar). The standard deviation is its root: exp(logvar / "
        "2).",
        lambda: lambda mu, logvar: mu + torch.exp(logvar) * torch.randn_like(mu),
    ),
    Mutant("no_grad", _CUT, lambda: _no_grad, "000-M-13"),
    Mutant(
        "torch.normal", _CUT, lambda: lambda mu, logvar: torch.normal(mu, torch.exp(logvar / 2)), "000-M-13"
    ),
    Mutant("detach", _CUT, lambda: lambda mu, logvar: reparameterize(mu, logvar).detach(), "000-M-13"),
    Mutant(
        "std detached",
        "mu gets its gradient and logvar gets none: the standard deviation was detached. The encoder can't "
        "learn how certain to be.",
        lambda: lambda mu, logvar: reparameterize(mu, logvar.detach()),
        "000-M-14",
    ),
    Mutant(
        "reseeded",
        "Two calls give the same noise: a seed is set inside the function. Each call must draw fresh noise; "
        "set "
        "the seed once, before training.",
        lambda: _reseeded,
        "000-M-15",
    ),
    Mutant(
        "uniform noise",
        "The noise is uniform on [0, 1] (`rand`). It must be standard normal (`randn`): mean 0 and variance "
        "1.",
        lambda: lambda mu, logvar: mu + torch.exp(logvar / 2) * torch.rand_like(mu),
        "000-M-16",
    ),
    Mutant(
        "scaled uniform noise",
        "Mean and variance are right, the shape is not: noise from a uniform distribution stays one for any "
        "scale. Use `randn`.",
        lambda: lambda mu, logvar: mu + torch.exp(logvar / 2) * (torch.rand_like(mu) - 0.5) * 12**0.5,
    ),
    Mutant(
        "no noise",
        "z equals mu: no noise was added. Then the code is no draw from q.",
        lambda: lambda mu, logvar: mu + 0 * logvar,
    ),
    Mutant(
        "one noise for the batch",
        "All rows of the batch get the same ε. Draw noise of the shape of mu: a value for each sample and "
        "latent.",
        lambda: lambda mu, logvar: mu + torch.exp(logvar / 2) * torch.randn(1, mu.shape[1]),
    ),
    Mutant(
        "one noise for the latents",
        "All latents of a sample get the same ε. Draw noise of the shape of mu: a value for each sample and "
        "latent.",
        lambda: lambda mu, logvar: mu + torch.exp(logvar / 2) * torch.randn(len(mu), 1),
    ),
)
ALTERNATES = (
    Alternate("rsample", lambda: lambda mu, logvar: Normal(mu, logvar.mul(0.5).exp()).rsample()),
    Alternate(
        "square root", lambda: lambda mu, logvar: torch.exp(logvar).sqrt() * torch.randn(mu.shape) + mu
    ),
    Alternate(
        "addcmul", lambda: lambda mu, logvar: mu.addcmul((0.5 * logvar).exp(), torch.empty_like(mu).normal_())
    ),
)
REPARAMETERIZE = Exercise(
    "mini-sprint-vae/reparameterize",
    "Draw z so that gradients reach mu and logvar",
    "reparameterize(mu, logvar) -> z, all of shape (B, Z)",
    3.0,
    lambda: reparameterize,
    _cases,
    _observe,
    ALTERNATES,
    MUTANTS,
    (
        "The randomness must sit in a number that depends on no parameter: draw ε first, then compute z "
        "from it.",
        "z = mu + std · ε with ε standard normal, of the shape of mu. How do you get std from logvar?",
        "logvar = log σ², and σ is the root of σ²: halve the logarithm, then take the exponential.",
    ),
    groups=(("draw", 1.0), ("gradients", 2.0)),
    survivors=survivors("reparameterize"),
)
