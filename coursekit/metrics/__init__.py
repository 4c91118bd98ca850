"""Numbers that say how good a model is: codes, classes, likelihoods, rankings, images, bands of seeds."""

__all__ = [
    "Band",
    "RocCurve",
    "accuracy",
    "active_units",
    "auroc",
    "average_precision",
    "bits_per_dim",
    "confusion_matrix",
    "mean_and_band",
    "mmd_squared",
    "psnr",
    "roc_curve",
]

from coursekit.metrics.band import Band, mean_and_band
from coursekit.metrics.classes import accuracy, confusion_matrix
from coursekit.metrics.codes import active_units, mmd_squared
from coursekit.metrics.images import psnr
from coursekit.metrics.likelihood import bits_per_dim
from coursekit.metrics.ranking import RocCurve, auroc, average_precision, roc_curve
