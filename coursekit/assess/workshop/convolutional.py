"""Convolutional autoencoders, steps A to F: sizes, a convolution, its transpose, places, codes; 15 points."""

__all__ = ["exercises", "rewrites"]

from functools import partial

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._convolutional_codes import RISE, UNPOOL
from coursekit.assess.workshop._convolutional_layers import CONV, TRANSPOSE
from coursekit.assess.workshop._convolutional_sizes import OUTPUT_PADDING, SIZE
from coursekit.assess.workshop._renumbered import renumbered

rewrites = partial(renumbered, "six")


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return SIZE, OUTPUT_PADDING, CONV, TRANSPOSE, UNPOOL, RISE
