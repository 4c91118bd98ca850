"""Step F: new samples, seen through a decoder that shows its code."""

__all__ = ["sample_exercise"]

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from coursekit.assess.chance import ks_distance, ks_margin, mean_margin, std_margin
from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.workshop._reference import sample
from coursekit.assess.workshop._setting import SETTING, Setting
from coursekit.assess.workshop._survivors import survivors
from coursekit.assess.workshop._tools import flag, seeded, shape_of

DRAWS = 8_000


class _IdentityModel(nn.Module):
    """A model whose decoder shows the code, and which notes whether anything was encoded."""

    def __init__(self, latents: int) -> None:
        super().__init__()
        self.latent_dim, self.encoded = latents, False
        self.anchor = nn.Parameter(torch.zeros(1))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Note the call; codes of shape (B, Z) that look like a fair posterior."""
        self.encoded = True
        return torch.randn(len(x), self.latent_dim), torch.full((len(x), self.latent_dim), -2.0)

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """Return a draw of shape (B, Z) from mu and logvar of that shape."""
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)

    def decode(self, z: Tensor) -> Tensor:
        """Return the code itself, (B, Z), eight times over: (B, 8 Z)."""
        return z.repeat(1, 8) + 0 * self.anchor

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (B, 8 Z), mu and logvar (B, Z), from x of any shape."""
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def _sample_cases(latents: int, seed: int) -> tuple[Case, ...]:
    """Make the cases; chance fails a right answer with a probability below 1e-6, all estimates together."""
    n = DRAWS * latents
    expected: dict[str, Plain] = {
        "pixels between 0 and 1": 1.0, "pixels that are exactly 0 or 1": 0.0, "encode was called": 0.0,
        "mean of z": 0.0, "standard deviation of z": 1.0, "distance of z to normal draws": 0.0,
        "spread between samples": 1.0, "share of equal pixels in two calls": 0.0,
    }  # fmt: skip
    margins: dict[str, Any] = {
        "pixels that are exactly 0 or 1": 0.01,
        "mean of z": mean_margin(1, n, looks=4), "standard deviation of z": std_margin(1, n, looks=4),
        "distance of z to normal draws": ks_margin(DRAWS, DRAWS, looks=4),
        "spread between samples": std_margin(1, DRAWS, looks=4),
        "share of equal pixels in two calls": 0.01,
    }  # fmt: skip
    return (
        Case(
            "the shape of 5 samples",
            {"n": 5, "seed": seed, "latents": latents},
            1,
            {"shape of the samples": f"(5, {8 * latents})"},
        ),
        Case(
            f"the codes behind {DRAWS:,} samples",
            {"n": DRAWS, "seed": seed, "latents": latents},
            2,
            expected,
            margins,
            noisy=True,
        ),
    )


def _observe_sample(candidate: Any, case: Case) -> Observation:
    model, n = _IdentityModel(int(case.inputs["latents"])), int(case.inputs["n"])
    with seeded(case):
        images = candidate(model, n)
        again = candidate(model, n) if case.layer == 2 else images
    if case.layer == 1:
        return {"shape of the samples": shape_of(images)}
    pixels, others = images.detach().double(), again.detach().double()
    normal = np.random.default_rng(int(case.inputs["seed"])).normal(size=DRAWS)
    codes = torch.logit(pixels.clamp(1e-7, 1 - 1e-7))[:, : model.latent_dim]
    return {
        "pixels between 0 and 1": flag((pixels >= 0).all() and (pixels <= 1).all()),
        "pixels that are exactly 0 or 1": float(((pixels == 0) | (pixels == 1)).double().mean()),
        "encode was called": flag(model.encoded),
        "mean of z": float(codes.mean()), "standard deviation of z": float(codes.std()),
        "distance of z to normal draws": ks_distance(codes.flatten()[:DRAWS], normal),
        "spread between samples": float(codes.std(0).mean()),
        "share of equal pixels in two calls": float((pixels == others).double().mean()),
    }  # fmt: skip


def _decoded(codes: Callable[[Any, int], Tensor], end: Callable[[Tensor], Tensor] = torch.sigmoid) -> Any:
    """Return a sample function from a way of drawing codes."""

    def sample(model: Any, n: int) -> Tensor:
        with torch.no_grad():
            return end(model.decode(codes(model, n)))

    return sample


def _encoded(model: Any, n: int) -> Tensor:
    mu, logvar = model.encode(torch.rand(n, 64))
    drawn: Tensor = model.reparameterize(mu, logvar)
    return drawn


def _reseeded(model: Any, n: int) -> Tensor:
    return torch.randn(n, model.latent_dim, generator=torch.Generator().manual_seed(0))


def _normal(model: Any, n: int) -> Tensor:
    return torch.randn(n, model.latent_dim)


_SAMPLE = Exercise(
    "mini-sprint-vae/sample",
    "New images from the prior",
    "sample(model, n) -> n images of 64 pixel means in [0, 1], shape (n, 64)",
    2.0,
    lambda: sample,
    partial(_sample_cases, SETTING.latents),
    _observe_sample,
    (
        Alternate(
            "torch.normal",
            lambda: _decoded(lambda model, n: torch.normal(0.0, 1.0, (n, model.latent_dim))),
        ),
        Alternate(
            "one by one",
            lambda: (
                lambda model, n: torch.sigmoid(
                    model.decode(torch.stack([torch.randn(model.latent_dim) for _ in range(n)]))
                )
            ),
        ),
    ),
    (
        Mutant(
            "uniform codes",
            "The codes are uniform on [0, 1]. The prior is standard normal: z needs mean 0 and "
            "standard deviation 1.",
            lambda: _decoded(lambda m, n: torch.rand(n, m.latent_dim)),
            "000-M-25",
        ),
        Mutant(
            "encoded images",
            "`sample` calls encode: it decodes codes of given images. New images need codes from "
            "the prior, N(0, I).",
            lambda: _decoded(_encoded),
            "000-M-25",
        ),
        Mutant(
            "zeros",
            "All codes are 0, so all images are the same one. Draw them from the prior, N(0, I).",
            lambda: _decoded(lambda m, n: torch.zeros(n, m.latent_dim)),
        ),
        Mutant(
            "one code",
            "All samples share one code: draw n of them, shape (n, latent_dim).",
            lambda: _decoded(lambda m, n: torch.randn(1, m.latent_dim).expand(n, -1)),
        ),
        Mutant(
            "narrow codes",
            "The codes have half the spread of the prior: prettier pictures, another distribution.",
            lambda: _decoded(lambda m, n: 0.5 * torch.randn(n, m.latent_dim)),
        ),
        Mutant(
            "reseeded",
            "Two calls give the same images: a seed is set inside `sample`. Set it outside.",
            lambda: _decoded(_reseeded),
            "000-M-15",
        ),
        Mutant(
            "logits",
            "The pixels leave [0, 1]: decode returns logits, so a sigmoid is due.",
            lambda: _decoded(_normal, lambda logits: logits),
        ),
        Mutant(
            "two sigmoids",
            "The pixels stay within 0.5 to 0.73: a sigmoid is applied twice.",
            lambda: _decoded(_normal, lambda logits: torch.sigmoid(torch.sigmoid(logits))),
            "000-M-17",
        ),
        Mutant(
            "black and white",
            "The pixels are draws of 0 and 1; their means are asked for.",
            lambda: _decoded(_normal, lambda logits: torch.bernoulli(torch.sigmoid(logits))),
        ),
    ),
    (
        "The prior is N(0, I): draw codes from it and decode them. No image goes in.",
        "You need n codes of model.latent_dim numbers each; decode returns logits.",
        "The pixels are the sigmoid of the logits, and nothing here needs a gradient.",
    ),
    survivors=survivors("sample"),
)


def sample_exercise(setting: Setting) -> Exercise:
    """Return the exercise for one variant's sizes."""
    return replace(_SAMPLE, cases=partial(_sample_cases, setting.latents))
