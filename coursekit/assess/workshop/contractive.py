"""The contractive autoencoder, steps A to F: Jacobian, penalty, estimate, loss and gain; 17 points."""

__all__ = ["exercises", "rewrites"]

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._contract_deep import EXACT, HUTCHINSON
from coursekit.assess.workshop._contract_layer import CONTRACTION, JACOBIAN
from coursekit.assess.workshop._contract_model import GAIN, LOSS


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return JACOBIAN, CONTRACTION, EXACT, HUTCHINSON, LOSS, GAIN


def rewrites(variant: int) -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        variant: 1 or more.
    """
    return (
        ("in six steps", f"in six steps (variant {variant})"),
        ("manual_seed(0)", f"manual_seed({variant})"),
    )
