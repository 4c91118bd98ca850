"""Model selection: measures of predictions, splits of data, and the choice among models."""

__all__ = [
    "Press",
    "Scores",
    "Split",
    "accuracy",
    "confusion",
    "cross_validate",
    "error_rate",
    "grid",
    "holdout",
    "kfold",
    "leave_one_out",
    "precision_recall",
    "press",
    "select",
    "selection_bias",
    "stratified_kfold",
    "trainings",
]

from coursekit.scratch.model_selection.measures import (
    Scores,
    accuracy,
    confusion,
    error_rate,
    precision_recall,
)
from coursekit.scratch.model_selection.selection import (
    cross_validate,
    grid,
    select,
    selection_bias,
    trainings,
)
from coursekit.scratch.model_selection.shortcut import Press, press
from coursekit.scratch.model_selection.splits import (
    Split,
    holdout,
    kfold,
    leave_one_out,
    stratified_kfold,
)
