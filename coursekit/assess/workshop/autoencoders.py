"""Autoencoders, steps A to E: two losses, a tied gradient, an evaluation, the best weights; 14 points."""

__all__ = ["exercises", "rewrites"]

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._ae_gradient import TIED
from coursekit.assess.workshop._ae_loop import BEST, EVALUATE
from coursekit.assess.workshop._ae_losses import BERNOULLI, ERROR


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return ERROR, BERNOULLI, TIED, EVALUATE, BEST


def rewrites(variant: int) -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        variant: 1 or more.
    """
    return (
        ("in five steps", f"in five steps (variant {variant})"),
        ("default_rng(0)", f"default_rng({variant})"),
    )
