"""Variational autoencoders: the bound, the plain model, its beta, capacity, conditional and quantised kin."""

__all__ = [
    "VAE",
    "VQVAE",
    "BetaVAE",
    "CapacityVAE",
    "ConditionalVAE",
    "ElboTerms",
    "VAEOutput",
    "VQCodes",
    "VQLoss",
    "VectorQuantizer",
    "bernoulli_nll",
    "gaussian_nll",
    "iwae_nll",
    "kl_diagonal_gaussians",
    "kl_standard_normal",
    "lerp",
    "nearest_code",
    "negative_elbo",
    "perplexity",
    "reparameterize",
    "slerp",
    "straight_through",
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
from coursekit.vae.quantizer import VectorQuantizer, VQCodes, nearest_code, perplexity, straight_through
from coursekit.vae.vqvae import VQVAE, VQLoss
