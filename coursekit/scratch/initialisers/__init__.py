"""Named initialisers of weight matrices, inputs by outputs, each with its variance."""

__all__ = [
    "constant",
    "fans",
    "he_normal",
    "he_uniform",
    "initialise",
    "lecun_normal",
    "names",
    "normal",
    "xavier_normal",
    "xavier_uniform",
]

from coursekit.scratch.initialisers.fans import fans
from coursekit.scratch.initialisers.plain import constant, normal
from coursekit.scratch.initialisers.scaled import (
    he_normal,
    he_uniform,
    lecun_normal,
    xavier_normal,
    xavier_uniform,
)
from coursekit.scratch.initialisers.table import initialise, names
