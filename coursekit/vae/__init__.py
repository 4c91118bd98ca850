"""Variational autoencoders: the bound, the plain model and its beta, capacity and conditional kin."""

__all__ = [
    "VAE",
    "BetaVAE",
    "CapacityVAE",
    "ConditionalVAE",
    "ElboTerms",
    "VAEOutput",
    "bernoulli_nll",
    "gaussian_nll",
    "iwae_nll",
    "kl_diagonal_gaussians",
    "kl_standard_normal",
    "lerp",
    "negative_elbo",
    "reparameterize",
    "slerp",
    "traversal",
]

from coursekit.vae.beta import BetaVAE, CapacityVAE
from coursekit.vae.conditional import ConditionalVAE, kl_diagonal_gaussians
from coursekit.vae.core import VAEOutput
from coursekit.vae.elbo import (
    ElboTerms,
    bernoulli_nll,
    gaussian_nll,
    iwae_nll,
    kl_standard_normal,
    negative_elbo,
    reparameterize,
)
from coursekit.vae.latent import lerp, slerp, traversal
from coursekit.vae.model import VAE
