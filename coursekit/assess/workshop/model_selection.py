"""Model selection, steps A to F: two errors, a part held out, folds, a choice, leave-one-out; 15 points."""

__all__ = ["exercises", "rewrites"]

from functools import partial

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._renumbered import renumbered
from coursekit.assess.workshop._selection_choice import CHOOSE
from coursekit.assess.workshop._selection_folds import KFOLD
from coursekit.assess.workshop._selection_leave import LEAVE_ONE_OUT
from coursekit.assess.workshop._selection_measures import ERROR_RATE, MSE
from coursekit.assess.workshop._selection_splits import HOLDOUT

rewrites = partial(renumbered, "six")


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return ERROR_RATE, MSE, HOLDOUT, KFOLD, CHOOSE, LEAVE_ONE_OUT
