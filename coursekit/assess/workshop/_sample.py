"""Step F: new samples, seen through a decoder that shows its code."""

__all__ = ["SAMPLE"]

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.workshop._tools import flag, seeded, shape_of

DRAWS, LATENTS = 20_000, 8


class _IdentityModel(nn.Module):
    """A model whose decoder shows the code, and which notes whether anything was encoded."""

    def __init__(self) -> None:
        super().__init__()
        self.latent_dim, self.encoded = LATENTS, False
        self.anchor = nn.Parameter(torch.zeros(1))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Note the call; codes of shape (B, 8) that look like a fair posterior."""
        self.encoded = True
        return torch.randn(len(x), LATENTS), torch.full((len(x), LATENTS), -2.0)

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """Return a draw of shape (B, 8) from mu and logvar of that shape."""
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)

    def decode(self, z: Tensor) -> Tensor:
        """Return the code itself, (B, 8), eight times over: (B, 64)."""
        return z.repeat(1, 8) + 0 * self.anchor

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (B, 64), mu and logvar (B, 8), from x of shape (B, 64)."""
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def _sample_cases(seed: int) -> tuple[Case, ...]:
    """Margins of six standard errors for 160,000 codes, eight for the fourth power: below 1e-8 in all."""
    n = DRAWS * LATENTS
    expected = {
        "pixels between 0 and 1": 1.0, "pixels that are exactly 0 or 1": 0.0, "encode was called": 0.0,
        "mean of z": 0.0, "standard deviation of z": 1.0, "mean fourth power of z": 3.0,
        "spread between samples": 1.0, "share of equal pixels in two calls": 0.0,
    }  # fmt: skip
    margins = {
        "pixels that are exactly 0 or 1": 0.01,
        "mean of z": 6 / n**0.5,
        "standard deviation of z": 6 / (2 * n) ** 0.5,
        "mean fourth power of z": 8 * (96 / n) ** 0.5, "spread between samples": 6 / DRAWS**0.5,
        "share of equal pixels in two calls": 0.01,
    }  # fmt: skip
    return (
        Case("the shape of 5 samples", {"n": 5, "seed": seed}, 1, {"shape of the samples": "(5, 64)"}),
        Case(
            f"the codes behind {DRAWS:,} samples",
            {"n": DRAWS, "seed": seed},
            2,
            expected,
            margins,
            noisy=True,
        ),
    )


def _observe_sample(candidate: Any, case: Case) -> Observation:
    model, n = _IdentityModel(), int(case.inputs["n"])
    with seeded(case):
        images = candidate(model, n)
        again = candidate(model, n) if case.layer == 2 else images
    if case.layer == 1:
        return {"shape of the samples": shape_of(images)}
    pixels, others = images.detach().double(), again.detach().double()
    codes = torch.logit(pixels.clamp(1e-7, 1 - 1e-7))[:, :LATENTS]
    return {
        "pixels between 0 and 1": flag((pixels >= 0).all() and (pixels <= 1).all()),
        "pixels that are exactly 0 or 1": float(((pixels == 0) | (pixels == 1)).double().mean()),
        "encode was called": flag(model.encoded),
        "mean of z": float(codes.mean()), "standard deviation of z": float(codes.std()),
        "mean fourth power of z": float((codes**4).mean()),
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


SAMPLE = Exercise(
    "mini-sprint-vae/sample",
    "New images from the prior",
    "sample(model, n) -> n images of 64 pixel means in [0, 1], shape (n, 64)",
    2.0,
    lambda: _decoded(_normal),
    _sample_cases,
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
        "torch.randn(n, model.latent_dim) gives the codes; decode returns logits.",
        "with torch.no_grad(): return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))",
    ),
)
