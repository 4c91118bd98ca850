"""Sparse codes, steps A to F: two penalties, an index, the largest k, a step, a loss; 15 points."""

__all__ = ["exercises", "rewrites"]

from functools import partial

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._renumbered import renumbered
from coursekit.assess.workshop._sparse_codes import HOYER, TOP_K
from coursekit.assess.workshop._sparse_losses import LOSS, STEP
from coursekit.assess.workshop._sparse_penalties import KL, L1

rewrites = partial(renumbered, "six")


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return L1, KL, HOYER, TOP_K, STEP, LOSS
