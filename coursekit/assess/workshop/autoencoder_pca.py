"""PCA and linear autoencoders, steps A to F: fit, codes, how many, angles, gradients, a hybrid; 18 points."""

__all__ = ["exercises", "rewrites"]

from functools import partial

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._pca_fit import CODES, FIT
from coursekit.assess.workshop._pca_hybrid import HYBRID
from coursekit.assess.workshop._pca_keep import KEEP
from coursekit.assess.workshop._pca_network import ANGLES, GRADIENTS
from coursekit.assess.workshop._renumbered import renumbered

rewrites = partial(renumbered, "six")


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return FIT, CODES, KEEP, ANGLES, GRADIENTS, HYBRID
