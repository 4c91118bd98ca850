"""Losses and their gradients with respect to the prediction: sums over the outputs, means over the batch."""

__all__ = [
    "absolute_error",
    "absolute_error_gradient",
    "bce",
    "bce_gradient",
    "bce_with_logits",
    "bce_with_logits_gradient",
    "brier",
    "brier_gradient",
    "cross_entropy",
    "cross_entropy_gradient",
    "entropy",
    "gaussian_nll",
    "gaussian_nll_gradient",
    "half_squared_error",
    "half_squared_error_gradient",
    "huber",
    "huber_gradient",
    "kl",
    "mse",
    "mse_gradient",
    "spherical",
    "spherical_gradient",
]

from coursekit.scratch.losses.binary import bce, bce_gradient, bce_with_logits, bce_with_logits_gradient
from coursekit.scratch.losses.categorical import cross_entropy, cross_entropy_gradient
from coursekit.scratch.losses.information import entropy, kl
from coursekit.scratch.losses.regression import (
    absolute_error,
    absolute_error_gradient,
    gaussian_nll,
    gaussian_nll_gradient,
    half_squared_error,
    half_squared_error_gradient,
    huber,
    huber_gradient,
    mse,
    mse_gradient,
)
from coursekit.scratch.losses.scores import brier, brier_gradient, spherical, spherical_gradient
