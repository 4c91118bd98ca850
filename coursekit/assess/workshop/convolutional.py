"""Convolutional autoencoders, steps A to F: sizes, a convolution, its transpose, places, codes; 15 points."""

__all__ = ["exercises", "rewrites"]

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._convolutional_codes import RISE, UNPOOL
from coursekit.assess.workshop._convolutional_layers import CONV, TRANSPOSE
from coursekit.assess.workshop._convolutional_sizes import OUTPUT_PADDING, SIZE


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return SIZE, OUTPUT_PADDING, CONV, TRANSPOSE, UNPOOL, RISE


def rewrites(variant: int) -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        variant: 1 or more.
    """
    return (
        ("in six steps", f"in six steps (variant {variant})"),
        ("default_rng(0)", f"default_rng({variant})"),
    )
