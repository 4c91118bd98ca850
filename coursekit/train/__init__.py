"""Training: one loop with named hooks, a history, schedules, early stopping and bit-exact resume."""

__all__ = [
    "Batch",
    "Checkpoint",
    "Cosine",
    "EarlyStopping",
    "History",
    "Hook",
    "LinearWarmup",
    "LossFunction",
    "Run",
    "choose_device",
    "evaluate",
    "fit",
    "own_loss",
    "read_checkpoint",
]

from coursekit.train.checkpoint import Checkpoint, read_checkpoint
from coursekit.train.device import choose_device
from coursekit.train.history import History
from coursekit.train.hooks import EarlyStopping, Hook, Run
from coursekit.train.loop import fit
from coursekit.train.schedule import Cosine, LinearWarmup
from coursekit.train.terms import Batch, LossFunction, evaluate, own_loss
