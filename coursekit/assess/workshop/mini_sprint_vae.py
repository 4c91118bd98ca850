"""The VAE sprint, steps A to F: encoder, draw, decoder, loss, training, samples; 20 points."""

__all__ = ["exercises", "rewrites"]

from coursekit.assess.exercise import Exercise
from coursekit.assess.workshop._kl import KL
from coursekit.assess.workshop._loss import LOSS
from coursekit.assess.workshop._networks import decoder_exercise, encoder_exercise
from coursekit.assess.workshop._reparameterize import REPARAMETERIZE
from coursekit.assess.workshop._sample import sample_exercise
from coursekit.assess.workshop._setting import SETTING, setting
from coursekit.assess.workshop._trained import trained
from coursekit.assess.workshop._training import TRAIN
from coursekit.assess.workshop._use import BOUND, FORWARD


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on."""
    own = setting(variant)
    return (
        encoder_exercise(own), REPARAMETERIZE, decoder_exercise(own), KL, LOSS, FORWARD, TRAIN, trained(own),
        BOUND, sample_exercise(own),
    )  # fmt: skip


def rewrites(variant: int) -> tuple[tuple[str, str], ...]:
    """Return what a variant's notebook says in place of the original; every text must stand in it.

    Args:
        variant: 1 or more.
    """
    own, old = setting(variant), SETTING
    low, high = own.kl_window
    return (
        ("in six steps", f"in six steps (variant {variant})"),
        (f"layer of {old.hidden} units", f"layer of {own.hidden} units"),
        (f"hidden_dim={old.hidden}", f"hidden_dim={own.hidden}"),
        (f"latent_dim={old.latents}", f"latent_dim={own.latents}"),
        (f"with {old.latents} latents", f"with {own.latents} latents"),
        (f"`(B, {old.latents})`", f"`(B, {own.latents})`"),
        (f"({old.latents} numbers)", f"({own.latents} numbers)"),
        (f"{old.active} of {old.latents} latents", f"{own.active} of {own.latents} latents"),
        (f"KL between {old.kl_window[0]} and {old.kl_window[1]} nats", f"KL between {low} and {high} nats"),
        ("test_size=297)", f"test_size=297, seed={own.split})"),
        (
            r"at $\mu = 1$, $\log\sigma^2 = 0$ it is $\tfrac12$",
            rf"at $\mu = {own.example:g}$, $\log\sigma^2 = 0$ it is ${own.example**2 / 2:.6g}$",
        ),
    )
