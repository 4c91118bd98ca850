"""Step D, second half: the loss with its two terms."""

__all__ = ["LOSS"]

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._kl import KL_MUTANTS
from coursekit.assess.workshop._reference import kl, loss_function
from coursekit.assess.workshop._survivors import survivors
from coursekit.assess.workshop._tools import gradients, tensor

Loss = Callable[..., dict[str, Tensor]]
_KEYS = ("reconstruction", "kl", "loss")


def _cross_entropy(x: Tensor, logits: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def _build(
    reconstruction: Callable[[Tensor, Tensor], Tensor] = _cross_entropy,
    kl: Callable[[Tensor, Tensor], Tensor] = lambda mu, logvar: kl(mu, logvar).mean(),
    total: Callable[[Tensor, Tensor, float], Tensor] = lambda rec, kl, beta: rec + beta * kl,
) -> Loss:
    """Put a loss together from its parts, right ones where none is given."""

    def loss_function(
        x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
    ) -> dict[str, Tensor]:
        """Return three scalars from x and logits, (B, D), and mu and logvar, (B, Z)."""
        rec, divergence = reconstruction(x, logits), kl(mu, logvar)
        return {"loss": total(rec, divergence, beta), "reconstruction": rec, "kl": divergence}

    return loss_function


def _case(rng: np.random.Generator, size: tuple[int, int, int], beta: float, layer: int = 1) -> Case:
    b, d, z = size
    inputs: dict[str, Plain] = {
        "x": (rng.random((b, d)) < 0.4) * 1.0, "logits": 2 * rng.normal(size=(b, d)),
        "mu": rng.normal(size=(b, z)), "logvar": rng.normal(size=(b, z)), "beta": beta,
    }  # fmt: skip
    name = f"{b} images of {d} pixels, {z} latents, beta {beta:g}"
    if layer == 3:
        return Case(f"the gradients, {name}", inputs, layer, group="gradients")
    return Case(name, inputs, layer, group="values")


def _cases(seed: int) -> tuple[Case, ...]:
    """Batches of different sizes, one of them the first one twice: a loss per sample must not change."""
    rng = np.random.default_rng(seed)
    small = _case(rng, (3, 4, 2), 1.0)
    twice = {
        key: np.concatenate([value, value]) if key != "beta" else value for key, value in small.inputs.items()
    }
    return (
        small,
        Case("the same batch twice", twice, group="values"),
        _case(rng, (2, 9, 5), 1.0),
        _case(rng, (4, 6, 3), 4.0),
        _case(rng, (3, 4, 2), 1.0, layer=3),
    )


def _observe(candidate: Any, case: Case) -> Observation:
    names = ("x", "logits", "mu", "logvar")
    values = [tensor(case, name, grad=case.layer == 3 and name != "x") for name in names]
    beta = float(case.inputs["beta"])
    came = candidate(*values) if beta == 1 else candidate(*values, beta=beta)
    if not isinstance(came, Mapping):
        return dict.fromkeys(_KEYS, told(came))
    if case.layer == 1:
        return {key: plain(came[key]) for key in _KEYS if key in came}
    found = gradients(came.get("loss"), values[1:])
    return {
        f"gradient of the loss by {name}": plain(grad) for name, grad in zip(names[1:], found, strict=True)
    }


def _twice_sigmoid(x: Tensor, logits: Tensor) -> Tensor:
    return _cross_entropy(x, torch.sigmoid(logits))


def _inside(mutant: Mutant) -> Mutant:
    """Return the loss that is right but for the KL function inside."""
    wrong: Callable[[Tensor, Tensor], Tensor] = mutant.build()
    loss = _build(kl=lambda mu, logvar: wrong(mu, logvar).mean())
    return Mutant(
        f"kl: {mutant.name}", f"The KL inside is wrong. {mutant.message}", lambda: loss, mutant.audit
    )


_MEAN = (
    "The reconstruction is averaged over the pixels, the KL is summed over the latents: the KL then weighs "
    "as many "
    "times too much as there are pixels, and the posterior collapses. Sum over the pixels."
)
_SWAPPED = "The arguments of the cross-entropy are swapped: the prediction comes first, then the target."
MUTANTS = (
    Mutant(
        "mean over pixels",
        _MEAN,
        lambda: _build(lambda x, a: F.binary_cross_entropy_with_logits(a, x)),
        "000-M-8",
    ),
    Mutant(
        "mean squared error over pixels",
        _MEAN,
        lambda: _build(lambda x, a: F.mse_loss(torch.sigmoid(a), x)),
        "000-M-8",
    ),
    Mutant(
        "sum over the batch",
        "The reconstruction is summed over the batch, the KL is averaged over it: with a batch of another "
        "size "
        "the loss changes its meaning. Divide the sum by the number of images.",
        lambda: _build(lambda x, a: F.binary_cross_entropy_with_logits(a, x, reduction="sum")),
        "000-M-10",
    ),
    Mutant(
        "kl left out",
        "The loss is the reconstruction alone: that trains a noisy autoencoder. Which term keeps the codes "
        "near "
        "the prior?",
        lambda: _build(total=lambda rec, kl, _: rec + 0 * kl),
        "000-M-11",
    ),
    Mutant(
        "kl over pixels",
        "The KL is divided by the number of pixels as well: it weighs next to nothing, and the codes drift "
        "far from "
        "the prior. Divide by the number of images only.",
        lambda: _pixel_kl,
        "000-M-12",
    ),
    Mutant(
        "sigmoid twice",
        "A sigmoid is applied twice: the loss with logits contains one, so it wants the decoder's raw "
        "outputs. "
        "With two, no pixel ever leaves 0.5 to 0.73.",
        lambda: _build(_twice_sigmoid),
        "000-M-17",
    ),
    Mutant(
        "swapped, with logits",
        _SWAPPED,
        lambda: _build(lambda x, a: F.binary_cross_entropy_with_logits(x, a, reduction="sum") / len(x)),
        "000-M-19",
    ),
    Mutant(
        "swapped",
        _SWAPPED,
        lambda: _build(lambda x, a: F.binary_cross_entropy(x, torch.sigmoid(a), reduction="sum") / len(x)),
        "000-M-19",
    ),
    Mutant(
        "squared error",
        "The reconstruction is a squared error. For pixels of 0 and 1 the likelihood is Bernoulli: use the "
        "binary "
        "cross-entropy.",
        lambda: _build(lambda x, a: F.mse_loss(torch.sigmoid(a), x, reduction="sum") / len(x)),
    ),
    Mutant(
        "beta ignored",
        "beta is ignored: it multiplies the KL.",
        lambda: _build(total=lambda rec, kl, _: rec + kl),
    ),
    Mutant(
        "beta on the reconstruction",
        "beta multiplies the reconstruction; it belongs to the KL.",
        lambda: _build(total=lambda rec, kl, beta: beta * rec + kl),
    ),
    Mutant(
        "kl subtracted",
        "The KL is subtracted. The loss is −ELBO: both terms are to be made small, so they add.",
        lambda: _build(total=lambda rec, kl, beta: rec - beta * kl),
    ),
    Mutant(
        "elbo maximised",
        "This is the ELBO itself. Optimisers minimise, so the loss is its negative.",
        lambda: _build(total=lambda rec, kl, beta: -(rec + beta * kl)),
    ),
    Mutant(
        "no gradient",
        "The loss is right, but no gradient comes out of it: don't detach it or turn it into a number.",
        lambda: _build(total=lambda rec, kl, beta: (rec + beta * kl).detach()),
    ),
    *(
        _inside(mutant)
        for mutant in KL_MUTANTS
        if mutant.name
        in (
            "sign",
            "half",
            "mean left out",
            "std for variance",
            "reversed",
            "averaged over the latents",
            "one left out",
        )
    ),
)


def _pixel_kl(x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0) -> dict[str, Tensor]:
    rec, divergence = _cross_entropy(x, logits), kl(mu, logvar).mean() / x.shape[1]
    return {"loss": rec + beta * divergence, "reconstruction": rec, "kl": divergence}


def _probabilities(x: Tensor, logits: Tensor) -> Tensor:
    return F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none").sum(1).mean()


def _softplus(x: Tensor, logits: Tensor) -> Tensor:
    return (F.softplus(logits) - x * logits).sum() / x.shape[0]


LOSS = Exercise(
    "mini-sprint-vae/loss",
    "The loss: reconstruction plus KL, in nats for each image",
    "loss_function(x, logits, mu, logvar, beta=1.0) -> "
    '{"loss": ..., "reconstruction": ..., "kl": ...}, one number each',
    2.0,
    lambda: loss_function,
    _cases,
    _observe,
    (
        Alternate("probabilities and plain cross-entropy, mean of sums", lambda: _build(_probabilities)),
        Alternate("softplus form", lambda: _build(_softplus)),
        Alternate(
            "sum of the KL over the batch size",
            lambda: _build(kl=lambda mu, logvar: kl(mu, logvar).sum() / len(mu)),
        ),
    ),
    MUTANTS,
    (
        "Both terms are sums over an image's own dimensions (pixels, latents) and means over the batch.",
        "The decoder gives logits: torch has a cross-entropy that takes them. Let it sum, then divide by the "
        "number of images.",
        "The second is the mean of your `kl` over the batch; beta multiplies one of the two.",
    ),
    groups=(("values", 1.0), ("gradients", 1.0)),
    survivors=survivors("loss"),
)
