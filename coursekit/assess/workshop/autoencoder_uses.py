"""Uses of autoencoders, steps A to E: score, threshold, area, roles, a training step; 15 points."""

__all__ = ["exercises", "rewrites"]

from functools import partial

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._renumbered import renumbered
from coursekit.assess.workshop._uses_area import AREA
from coursekit.assess.workshop._uses_scores import SCORES, THRESHOLD
from coursekit.assess.workshop._uses_steps import ROLES, TRAIN_STEP

rewrites = partial(renumbered, "five")


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return SCORES, THRESHOLD, AREA, ROLES, TRAIN_STEP
