"""Autoencoders, steps A to E: two losses, a tied gradient, an evaluation, the best weights; 14 points."""

__all__ = ["exercises", "rewrites"]

from functools import partial

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._ae_gradient import TIED
from coursekit.assess.workshop._ae_loop import BEST, EVALUATE
from coursekit.assess.workshop._ae_losses import BERNOULLI, ERROR
from coursekit.assess.workshop._renumbered import renumbered

rewrites = partial(renumbered, "five")


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return ERROR, BERNOULLI, TIED, EVALUATE, BEST
