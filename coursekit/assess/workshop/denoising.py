"""Denoising, steps A to E: two corruptions, the loss, the Wiener filter, the best denoiser; 15 points."""

__all__ = ["exercises", "rewrites"]

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._denoising_best import BEST_DENOISER
from coursekit.assess.workshop._denoising_noise import ADD_NOISE
from coursekit.assess.workshop._denoising_salt import SALT_AND_PEPPER
from coursekit.assess.workshop._denoising_steps import DENOISING_LOSS, WIENER_FILTER


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return ADD_NOISE, SALT_AND_PEPPER, DENOISING_LOSS, WIENER_FILTER, BEST_DENOISER


def rewrites(variant: int) -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        variant: 1 or more.
    """
    return (
        ("in five steps", f"in five steps (variant {variant})"),
        ("default_rng(0)", f"default_rng({variant})"),
    )
