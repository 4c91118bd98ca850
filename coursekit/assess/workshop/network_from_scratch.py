"""The network from scratch: start, forward, loss, backward, update, training, digits; 20 points."""

__all__ = ["exercises", "rewrites"]

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._network_backward import BACKWARD
from coursekit.assess.workshop._network_digits import digits_exercise
from coursekit.assess.workshop._network_forward import FORWARD
from coursekit.assess.workshop._network_loss import LOSS
from coursekit.assess.workshop._network_setting import NETWORK, network_setting
from coursekit.assess.workshop._network_start import INITIALISE
from coursekit.assess.workshop._network_train import TRAIN
from coursekit.assess.workshop._network_update import UPDATE


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on."""
    own = network_setting(variant)
    return (INITIALISE, FORWARD, LOSS, BACKWARD, UPDATE, TRAIN, digits_exercise(own))


def rewrites(variant: int) -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        variant: 1 or more.
    """
    own, old = network_setting(variant), NETWORK
    return (
        ("in seven steps", f"in seven steps (variant {variant})"),
        (f"hidden layer of {old.hidden} neurons", f"hidden layer of {own.hidden} neurons"),
        (f"hidden={old.hidden}", f"hidden={own.hidden}"),
        ("test_size=297)", f"test_size=297, seed={own.split})"),
    )
