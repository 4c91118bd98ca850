"""Sparse codes, steps A to F: two penalties, an index, the largest k, a step, a loss; 15 points."""

__all__ = ["exercises", "rewrites"]

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._sparse_codes import HOYER, TOP_K
from coursekit.assess.workshop._sparse_losses import LOSS, STEP
from coursekit.assess.workshop._sparse_penalties import KL, L1


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return L1, KL, HOYER, TOP_K, STEP, LOSS


def rewrites(variant: int) -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        variant: 1 or more.
    """
    return (
        ("in six steps", f"in six steps (variant {variant})"),
        ("default_rng(0)", f"default_rng({variant})"),
    )
