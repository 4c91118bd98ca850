"""The family of autoencoders: one interface, from the plain one to the masked one."""

__all__ = [
    "PCA",
    "AELoss",
    "AEOutput",
    "Activity",
    "Autoencoder",
    "ContractiveAutoencoder",
    "DenoisingAutoencoder",
    "DenseAutoencoder",
    "Gain",
    "Mixture",
    "ResidualAutoencoder",
    "ResidualBlock",
    "SparseAutoencoder",
    "UnitColumns",
    "Wiener",
    "active_fraction",
    "bernoulli_kl_penalty",
    "code_spread",
    "dead_units",
    "fit_pca",
    "fit_wiener",
    "frobenius_closed",
    "frobenius_exact",
    "gain",
    "hoyer",
    "hutchinson",
    "hutchinson_variance",
    "l1_penalty",
    "lifetime_sparseness",
    "load_model",
    "mixture_score",
    "optimal_denoiser",
    "peak_penalty",
    "population_sparseness",
    "principal_angles",
    "reconstruction_loss",
    "save_model",
    "score_of_denoiser",
    "top_k",
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
from coursekit.autoencoders.autoencoder import DenseAutoencoder
from coursekit.autoencoders.contractive import ContractiveAutoencoder, Gain, code_spread, gain
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
from coursekit.autoencoders.losses import reconstruction_loss
from coursekit.autoencoders.pca import PCA, fit_pca, principal_angles
from coursekit.autoencoders.penalties import bernoulli_kl_penalty, l1_penalty, peak_penalty, top_k
from coursekit.autoencoders.residual import ResidualAutoencoder, ResidualBlock
from coursekit.autoencoders.saving import load_model, save_model
from coursekit.autoencoders.sparse import SparseAutoencoder, UnitColumns
