"""Model selection, steps A to F: two errors, a part held out, folds, a choice, leave-one-out; 15 points."""

__all__ = ["exercises", "rewrites"]

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._selection_choice import CHOOSE
from coursekit.assess.workshop._selection_folds import KFOLD
from coursekit.assess.workshop._selection_leave import LEAVE_ONE_OUT
from coursekit.assess.workshop._selection_measures import ERROR_RATE, MSE
from coursekit.assess.workshop._selection_splits import HOLDOUT


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return ERROR_RATE, MSE, HOLDOUT, KFOLD, CHOOSE, LEAVE_ONE_OUT


def rewrites(variant: int) -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        variant: 1 or more.
    """
    return (
        ("in six steps", f"in six steps (variant {variant})"),
        ("default_rng(0)", f"default_rng({variant})"),
    )
