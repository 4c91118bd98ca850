"""Denoising, steps A to E: two corruptions, the loss, the Wiener filter, the best denoiser; 15 points."""

__all__ = ["exercises", "rewrites"]

from functools import partial

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._denoising_best import BEST_DENOISER
from coursekit.assess.workshop._denoising_noise import ADD_NOISE
from coursekit.assess.workshop._denoising_salt import SALT_AND_PEPPER
from coursekit.assess.workshop._denoising_steps import DENOISING_LOSS, WIENER_FILTER
from coursekit.assess.workshop._renumbered import renumbered

rewrites = partial(renumbered, "five")


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return ADD_NOISE, SALT_AND_PEPPER, DENOISING_LOSS, WIENER_FILTER, BEST_DENOISER
