"""Corruptions of data: additive, replacing and blurring, each a function and an object by name."""

__all__ = [
    "Corruption",
    "blur",
    "corruption",
    "corruptions",
    "dropout",
    "gaussian",
    "masking",
    "salt_and_pepper",
]

from coursekit.noise.blurring import blur
from coursekit.noise.by_name import Corruption, corruption, corruptions
from coursekit.noise.entries import dropout, gaussian, masking, salt_and_pepper
