"""PCA and linear autoencoders, steps A to F: fit, codes, how many, angles, gradients, a hybrid; 18 points."""

__all__ = ["exercises", "rewrites"]

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._pca_fit import CODES, FIT
from coursekit.assess.workshop._pca_hybrid import HYBRID
from coursekit.assess.workshop._pca_keep import KEEP
from coursekit.assess.workshop._pca_network import ANGLES, GRADIENTS


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return FIT, CODES, KEEP, ANGLES, GRADIENTS, HYBRID


def rewrites(variant: int) -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        variant: 1 or more.
    """
    return (
        ("in six steps", f"in six steps (variant {variant})"),
        ("default_rng(0)", f"default_rng({variant})"),
    )
