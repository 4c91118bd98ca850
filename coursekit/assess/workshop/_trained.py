"""Step E: the trained model, judged by the bound that the judge computes itself from codes and logits."""

__all__ = ["Measured", "measure", "trained"]

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain
from coursekit.assess.workshop._loss import MUTANTS as LOSS_MUTANTS
from coursekit.assess.workshop._model import PARTS, TinyVAE, digits_model, images
from coursekit.assess.workshop._nets import LogSigmaEncoder
from coursekit.assess.workshop._setting import PIXELS, Setting
from coursekit.metrics import active_units
from coursekit.vae.elbo import bernoulli_nll, kl_standard_normal

DRAWS = 8


class Measured(NamedTuple):
    """Nats for each test image, and the number of latents that are used."""

    bound: float
    kl: float
    active: int


def _cases(setting: Setting) -> Callable[[int], tuple[Case, ...]]:
    def cases(seed: int) -> tuple[Case, ...]:
        x = images(setting.split)[1]
        noise = np.random.default_rng(seed).normal(size=(DRAWS, len(x), setting.latents)).astype(np.float32)
        low, high = setting.kl_window
        inputs: dict[str, Plain] = {
            "x": x, "noise": noise, "seed": seed, "pass mark": setting.pass_mark, "lowest KL": low,
            "highest KL": high, "fewest active": setting.active,
        }  # fmt: skip
        return (Case(f"{len(x)} test images, {DRAWS} draws each", inputs, 4),)

    return cases


def _observe(candidate: Any, case: Case) -> Observation:
    """Return codes and logits; the noise comes with the case, so the result needs no seed."""
    x, noise = torch.tensor(case.inputs["x"]), torch.tensor(case.inputs["noise"])
    with torch.no_grad():
        mu, logvar = candidate.encode(x)
        logits = torch.stack([candidate.decode(mu + torch.exp(logvar / 2) * eps) for eps in noise])
    return {"mu": plain(mu), "logvar": plain(logvar), "logits": plain(logits)}


def _unusable(case: Case, seen: Observation) -> str | None:
    """Return what keeps the observation from being measured, or None."""
    draws, n, z = np.shape(case.inputs["noise"])
    for key, shape in (("mu", (n, z)), ("logvar", (n, z)), ("logits", (draws, n, PIXELS))):
        value = seen.get(key, "missing")
        if isinstance(value, str) or np.shape(value) != shape:
            came = value if isinstance(value, str) else f"shape {np.shape(value)}"
            return f"{key} must have shape {shape}; yours is {came}."
        if not np.isfinite(np.asarray(value, dtype=np.float64)).all():
            return f"{key} holds NaN or infinite values: the training ran away."
    return None


def measure(case: Case, seen: Observation) -> Measured:
    """Return the bound, the KL and the number of active latents, by this package's own functions.

    Shape:
        seen: mu, logvar (N, 8); logits (draws, N, 64).
    """
    x = torch.tensor(case.inputs["x"], dtype=torch.float64)
    mu, logvar, logits = (torch.tensor(seen[key], dtype=torch.float64) for key in ("mu", "logvar", "logits"))
    kl = float(kl_standard_normal(mu, logvar).mean())
    nll = float(torch.stack([bernoulli_nll(draw, x).mean() for draw in logits]).mean())
    return Measured(nll + kl, kl, active_units(mu))


def _judge(case: Case, seen: Observation) -> str | None:
    trouble = _unusable(case, seen)
    if trouble:
        return trouble
    bound, kl, active = measure(case, seen)
    mark, low, high, fewest = (
        float(case.inputs[key]) for key in ("pass mark", "lowest KL", "highest KL", "fewest active")
    )
    if bound <= mark and low <= kl <= high and active >= fewest:
        return None
    return (
        f"On the test images −ELBO is {_nats(bound)} nats (at most {mark:.1f} passes), KL {_nats(kl)} "
        f"({low} to {high}), {active} of {np.shape(seen['mu'])[1]} latents active (at least {fewest:.0f})."
    )


def _nats(value: float) -> str:
    """Print nats: two decimals, and a power of ten for a model that has blown up."""
    return f"{value:.2f}" if abs(value) < 1e4 else f"{value:.1e}"


def _when(condition: Callable[[Measured], bool]) -> Callable[[Case, Observation], bool]:
    """Recognise a kind of trained model by its figures: weights are never equal."""
    return lambda case, seen: _unusable(case, seen) is None and condition(measure(case, seen))


def _with(setting: Setting, name: str) -> Callable[[], TinyVAE]:
    """Train with the loss replaced by a mutant of an earlier step."""
    wrong = next(mutant for mutant in LOSS_MUTANTS if mutant.name == name)
    return lambda: digits_model(PARTS._replace(loss=wrong.build()), setting=setting)


class _Squashed(TinyVAE):
    """A right model whose decoder ends in a sigmoid."""

    def __init__(self, setting: Setting) -> None:
        super().__init__((PIXELS, setting.hidden, setting.latents))
        self.load_state_dict(digits_model(setting=setting).state_dict())

    def decode(self, z: Tensor) -> Tensor:
        """Return pixel means of shape (B, D) from z of shape (B, Z)."""
        return torch.sigmoid(super().decode(z))


def _within_unit(logits: Plain) -> bool:
    """Tell whether all logits look like probabilities."""
    array = np.asarray(logits, dtype=np.float64)
    return bool(((array >= 0) & (array <= 1)).all())


def _with_kl_factor(setting: Setting, factor: float) -> Callable[[], TinyVAE]:
    def loss(x: Any, logits: Any, mu: Any, logvar: Any, beta: float = 1.0) -> Any:
        return PARTS.loss(x, logits, mu, logvar, beta=factor * beta)

    return lambda: digits_model(PARTS._replace(loss=loss), setting=setting)


def _unused(setting: Setting) -> tuple[Mutant, ...]:
    """Return the models that hardly use their code."""
    low = setting.kl_window[0]
    return (
        Mutant(
            "not trained",
            "The model is hardly trained: pass the model that `train` has changed, after all epochs.",
            lambda: digits_model(epochs=0, setting=setting),
            "",
            _when(lambda m: m.bound > 30 and m.kl < low),
        ),
        Mutant(
            "probabilities",
            "The codes are good, but `decode` returns numbers between 0 and 1: logits are asked for.",
            lambda: _Squashed(setting),
            "000-M-17",
            lambda case, seen: _unusable(case, seen) is None and _within_unit(seen["logits"]),
        ),
        Mutant(
            "collapsed",
            "All images give the same code. Are both terms summed over their own dimensions and averaged "
            "over the batch? Does the reconstruction's gradient reach the encoder?",
            _with(setting, "mean over pixels"),
            "000-M-8",
            _when(lambda m: m.kl < 0.5),
        ),
    )


def _mutants(setting: Setting) -> tuple[Mutant, ...]:
    low, high = setting.kl_window
    return (
        *_unused(setting),
        Mutant(
            "kl too weak",
            "The codes are far from the prior: the KL weighs too little, or is left out.",
            _with(setting, "kl left out"),
            "000-M-11",
            _when(lambda m: m.kl > high),
        ),
        Mutant(
            "kl too strong",
            "The codes hold too little: the KL weighs too much. Is the ½ in it, and is beta 1?",
            _with_kl_factor(setting, 2.0),
            "000-M-2",
            _when(lambda m: m.kl < 4.0),
        ),
        Mutant(
            "too short",
            "Both terms are on their way: train longer (60 epochs, batches of 100, learning rate 1e-3).",
            lambda: digits_model(epochs=28, setting=setting),
            "",
            _when(lambda m: m.bound > setting.pass_mark or m.kl < low),
        ),
    )


def trained(setting: Setting) -> Exercise:
    """Return the exercise for one variant's sizes, data and marks."""
    tanh = PARTS._replace(encoder=LogSigmaEncoder)
    return Exercise(
        "mini-sprint-vae/trained",
        "A trained model that reaches the pass mark",
        "model, a trained VAE with encode and decode",
        3.0,
        lambda: digits_model(setting=setting),
        _cases(setting),
        _observe,
        (
            Alternate("another seed", lambda: digits_model(seed=1, setting=setting)),
            Alternate("log σ head, tanh", lambda: digits_model(tanh, seed=2, epochs=90, setting=setting)),
        ),
        _mutants(setting),
        (
            "Do the checks of all earlier steps hold? A wrong KL can train to a loss that looks better than "
            "the right one.",
            "60 epochs in batches of 100 with Adam at 1e-3 reach about 19.3 nats.",
            "Three lines: a seed, a model of your class, and a call of your training function.",
        ),
        judge=_judge,
    )
