"""Uses of autoencoders, steps A to E: score, threshold, area, roles, a training step; 15 points."""

__all__ = ["exercises", "rewrites"]

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._uses_scores import AREA, SCORES, THRESHOLD
from coursekit.assess.workshop._uses_steps import ROLES, TRAIN_STEP


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return SCORES, THRESHOLD, AREA, ROLES, TRAIN_STEP


def rewrites(variant: int) -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        variant: 1 or more.
    """
    return (
        ("in five steps", f"in five steps (variant {variant})"),
        ("default_rng(0)", f"default_rng({variant})"),
    )
