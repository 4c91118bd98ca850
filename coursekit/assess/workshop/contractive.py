"""The contractive autoencoder, steps A to F: Jacobian, penalty, estimate, loss and gain; 17 points."""

__all__ = ["exercises", "rewrites"]

from functools import partial

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._contract_deep import EXACT, HUTCHINSON
from coursekit.assess.workshop._contract_layer import CONTRACTION, JACOBIAN
from coursekit.assess.workshop._contract_model import GAIN, LOSS
from coursekit.assess.workshop._renumbered import renumbered

rewrites = partial(renumbered, "six", seeded="manual_seed")


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return JACOBIAN, CONTRACTION, EXACT, HUTCHINSON, LOSS, GAIN
