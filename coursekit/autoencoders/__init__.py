"""The family of autoencoders: one interface, from the plain one to the masked one."""

__all__ = [
    "PCA",
    "AELoss",
    "AEOutput",
    "Activity",
    "AdversarialAutoencoder",
    "Autoencoder",
    "ContractiveAutoencoder",
    "ConvolutionalAutoencoder",
    "DenoisingAutoencoder",
    "DenseAutoencoder",
    "FeatureLoss",
    "Gain",
    "LatentDiffusion",
    "MaskedAutoencoder",
    "Mixture",
    "NoisePredictor",
    "Noised",
    "Pooled",
    "ResidualAutoencoder",
    "ResidualBlock",
    "SequenceAutoencoder",
    "SkipAutoencoder",
    "SparseAutoencoder",
    "UnitColumns",
    "Wiener",
    "active_fraction",
    "bernoulli_kl_penalty",
    "code_spread",
    "conv_size",
    "conv_transpose_size",
    "dead_units",
    "diffuse",
    "discriminator_loss",
    "draw_codes",
    "fit_pca",
    "fit_wiener",
    "fooling_loss",
    "frobenius_closed",
    "frobenius_exact",
    "gain",
    "gaussian_predictor",
    "gru_step",
    "halvings",
    "hoyer",
    "hutchinson",
    "hutchinson_variance",
    "l1_penalty",
    "lifetime_sparseness",
    "load_model",
    "max_pool",
    "max_unpool",
    "mixture_score",
    "noise_loss",
    "noise_schedule",
    "optimal_denoiser",
    "output_padding",
    "patchify",
    "peak_penalty",
    "population_sparseness",
    "principal_angles",
    "random_mask",
    "reconstruction_loss",
    "reverse_step",
    "save_model",
    "score_of_denoiser",
    "top_k",
    "unpatchify",
    "valid_steps",
    "wiener",
]

from coursekit.autoencoders.activity import (
    Activity,
    active_fraction,
    dead_units,
    hoyer,
    lifetime_sparseness,
    population_sparseness,
)
from coursekit.autoencoders.adversarial import AdversarialAutoencoder, discriminator_loss, fooling_loss
from coursekit.autoencoders.autoencoder import DenseAutoencoder
from coursekit.autoencoders.contractive import ContractiveAutoencoder, Gain, code_spread, gain
from coursekit.autoencoders.convolutional import ConvolutionalAutoencoder
from coursekit.autoencoders.denoisers import (
    Mixture,
    Wiener,
    fit_wiener,
    mixture_score,
    optimal_denoiser,
    score_of_denoiser,
    wiener,
)
from coursekit.autoencoders.denoising import DenoisingAutoencoder
from coursekit.autoencoders.interface import AELoss, AEOutput, Autoencoder
from coursekit.autoencoders.jacobian import frobenius_closed, frobenius_exact, hutchinson, hutchinson_variance
from coursekit.autoencoders.latent_denoiser import LatentDiffusion, NoisePredictor
from coursekit.autoencoders.latent_diffusion import (
    Noised,
    diffuse,
    draw_codes,
    gaussian_predictor,
    noise_loss,
    noise_schedule,
    reverse_step,
)
from coursekit.autoencoders.losses import reconstruction_loss
from coursekit.autoencoders.masked import MaskedAutoencoder, patchify, random_mask, unpatchify
from coursekit.autoencoders.pca import PCA, fit_pca, principal_angles
from coursekit.autoencoders.penalties import bernoulli_kl_penalty, l1_penalty, peak_penalty, top_k
from coursekit.autoencoders.perceptual import FeatureLoss
from coursekit.autoencoders.residual import ResidualAutoencoder, ResidualBlock
from coursekit.autoencoders.saving import load_model, save_model
from coursekit.autoencoders.sequence import SequenceAutoencoder, gru_step, valid_steps
from coursekit.autoencoders.sizes import conv_size, conv_transpose_size, halvings, output_padding
from coursekit.autoencoders.skip import SkipAutoencoder
from coursekit.autoencoders.sparse import SparseAutoencoder, UnitColumns
from coursekit.autoencoders.unpooling import Pooled, max_pool, max_unpool
