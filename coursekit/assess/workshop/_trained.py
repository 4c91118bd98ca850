"""Step E: the trained model, judged by the bound that the judge computes itself from codes and logits."""

__all__ = ["ACTIVE", "KL_WINDOW", "PASS_MARK", "TRAINED", "Measured", "measure"]

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._loss import MUTANTS as LOSS_MUTANTS
from coursekit.assess.workshop._model import PARTS, TinyVAE, digits_model, test_images
from coursekit.assess.workshop._nets import LogSigmaEncoder
from coursekit.metrics import active_units
from coursekit.vae.elbo import bernoulli_nll, kl_standard_normal

PASS_MARK, KL_WINDOW, ACTIVE, DRAWS = 20.0, (4.7, 6.2), 6, 8


class Measured(NamedTuple):
    """Nats for each test image, and the number of latents that are used."""

    bound: float
    kl: float
    active: int


def _cases(seed: int) -> tuple[Case, ...]:
    x = test_images()
    noise = np.random.default_rng(seed).normal(size=(DRAWS, len(x), 8)).astype(np.float32)
    return (Case(f"{len(x)} test images, {DRAWS} draws each", {"x": x, "noise": noise, "seed": seed}, 4),)


def _observe(candidate: Any, case: Case) -> Observation:
    """Return codes and logits; the noise comes with the case, so the result needs no seed."""
    x, noise = torch.tensor(case.inputs["x"]), torch.tensor(case.inputs["noise"])
    with torch.no_grad():
        mu, logvar = candidate.encode(x)
        logits = torch.stack([candidate.decode(mu + torch.exp(logvar / 2) * eps) for eps in noise])
    return {"mu": plain(mu), "logvar": plain(logvar), "logits": plain(logits)}


def _unusable(case: Case, seen: Observation) -> str | None:
    """Return what keeps the observation from being measured, or None."""
    n, draws = len(np.asarray(case.inputs["x"])), len(np.asarray(case.inputs["noise"]))
    for key, shape in (("mu", (n, 8)), ("logvar", (n, 8)), ("logits", (draws, n, 64))):
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
    low, high = KL_WINDOW
    if bound <= PASS_MARK and low <= kl <= high and active >= ACTIVE:
        return None
    return (
        f"On the test images −ELBO is {_nats(bound)} nats (at most {PASS_MARK:.1f} passes), KL {_nats(kl)} "
        f"({low} to {high}), {active} of 8 latents active (at least {ACTIVE})."
    )


def _nats(value: float) -> str:
    """Print nats: two decimals, and a power of ten for a model that has blown up."""
    return f"{value:.2f}" if abs(value) < 1e4 else f"{value:.1e}"


def _when(condition: Callable[[Measured], bool]) -> Callable[[Case, Observation], bool]:
    """Recognise a kind of trained model by its figures: weights are never equal."""
    return lambda case, seen: _unusable(case, seen) is None and condition(measure(case, seen))


def _with(name: str, pool: tuple[Mutant, ...], field: str, epochs: int = 60) -> Callable[[], TinyVAE]:
    """Train with one part replaced by a mutant of an earlier step."""
    mutant = next(m for m in pool if m.name == name)
    return lambda: digits_model(PARTS._replace(**{field: mutant.build()}), epochs=epochs)


def _with_kl_factor(factor: float) -> Callable[[], TinyVAE]:
    def loss(x: Any, logits: Any, mu: Any, logvar: Any, beta: float = 1.0) -> Any:
        return PARTS.loss(x, logits, mu, logvar, beta=factor * beta)

    return lambda: digits_model(PARTS._replace(loss=loss))


TRAINED = Exercise(
    "mini-sprint-vae/trained",
    "A trained model that reaches the pass mark",
    "model, a trained VAE with encode and decode",
    3.0,
    digits_model,
    _cases,
    _observe,
    (
        Alternate("another seed", lambda: digits_model(seed=1)),
        Alternate(
            "log σ head, tanh",
            lambda: digits_model(PARTS._replace(encoder=LogSigmaEncoder), seed=2, epochs=90),
        ),
    ),
    (
        Mutant(
            "not trained",
            "The model is hardly trained: pass the model that `train` has changed, after all epochs.",
            lambda: digits_model(epochs=0),
            "",
            _when(lambda m: m.bound > 30 and m.kl < KL_WINDOW[0]),
        ),
        Mutant(
            "collapsed",
            "All images give the same code. Are both terms summed over their own dimensions and averaged "
            "over the "
            "batch, and does the reconstruction's gradient reach the encoder?",
            _with("mean over pixels", LOSS_MUTANTS, "loss"),
            "000-M-8",
            _when(lambda m: m.kl < 0.5),
        ),
        Mutant(
            "kl too weak",
            "The codes are far from the prior: the KL weighs too little, or is left out.",
            _with("kl left out", LOSS_MUTANTS, "loss"),
            "000-M-11",
            _when(lambda m: m.kl > KL_WINDOW[1]),
        ),
        Mutant(
            "kl too strong",
            "The codes hold too little: the KL weighs too much. Is the ½ in it, and is beta 1?",
            _with_kl_factor(2.0),
            "000-M-2",
            _when(lambda m: m.kl < 4.0),
        ),
        Mutant(
            "too short",
            "Both terms are on their way: train longer (60 epochs, batches of 100, learning rate 1e-3).",
            lambda: digits_model(epochs=28),
            "",
            _when(lambda m: m.bound > PASS_MARK or m.kl < KL_WINDOW[0]),
        ),
    ),
    (
        "Do the checks of all earlier steps hold? A wrong KL can train to a loss that looks better than the "
        "right one.",
        "60 epochs in batches of 100 with Adam at 1e-3 reach about 19.3 nats.",
        "torch.manual_seed(0); model = VAE(); history = train(model, x_train)",
    ),
    judge=_judge,
)
