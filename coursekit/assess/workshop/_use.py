"""Steps D to F: the forward pass, the reported bound, and new samples, each on a model of stubs."""

__all__ = ["BOUND", "FORWARD", "SAMPLE"]

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._model import PARTS, TinyVAE
from coursekit.assess.workshop._tools import flag, seeded, shape_of, tensor

DRAWS, LATENTS = 20_000, 8


def _forward_cases(seed: int) -> tuple[Case, ...]:
    x = np.random.default_rng(seed).random((3, 64))
    mu, logvar = 2 * x[:, :8] - 1, x[:, 8:16] - 1
    logits = np.tile(3 * (mu + 10 * np.exp(logvar)), 8)
    expected = {"logits": logits, "mu": mu, "logvar": logvar}
    return (
        Case(
            "3 images through stubs of encode, reparameterize and decode", {"x": x, "seed": seed}, 1, expected
        ),
    )


def _observe_forward(candidate: Any, case: Case) -> Observation:
    with seeded(case):
        model = candidate()
        model.encode = lambda x: (2 * x[:, :8] - 1, x[:, 8:16] - 1)
        model.reparameterize = lambda mu, logvar: mu + 10 * torch.exp(logvar)
        model.decode = lambda z: 3 * z.repeat(1, 8)
        came = model(tensor(case, "x"))
    names = ("logits", "mu", "logvar")
    if not isinstance(came, (tuple, list)) or len(came) != 3:
        return dict.fromkeys(names, told(came))
    return {name: plain(value) for name, value in zip(names, came, strict=True)}


def _vae(forward: Callable[[Any, Tensor], Any]) -> Callable[[], Any]:
    """Return a builder of a VAE class with another forward."""
    return lambda: type("VAE", (TinyVAE,), {"forward": forward})


def _by_names(model: Any, x: Tensor) -> Any:
    code = model.encode(x)
    return (model.decode(model.reparameterize(*code)), *code)


def _decode_mean(model: Any, x: Tensor) -> Any:
    mu, logvar = model.encode(x)
    return model.decode(mu), mu, logvar


def _end(change: Callable[..., Any]) -> Callable[[Any, Tensor], Any]:
    return lambda model, x: change(*TinyVAE.forward(model, x))


FORWARD = Exercise(
    "mini-sprint-vae/forward",
    "One pass through the model",
    "VAE.forward(x) -> (logits, mu, logvar), written with self.encode, self.reparameterize and self.decode",
    1.0, lambda: TinyVAE, _forward_cases, _observe_forward,
    (
        Alternate("unpacked", _vae(_by_names)),
        Alternate("a list", _vae(lambda model, x: list(TinyVAE.forward(model, x)))),
    ),
    (
        Mutant("mean decoded", "forward decodes mu. In training the decoder must see a draw: decode reparameterize(mu, "
               "logvar).", _vae(_decode_mean), "000-M-26"),
        Mutant("probabilities", "There is a sigmoid in forward; return the logits as they come from decode.",
               _vae(_end(lambda logits, mu, logvar: (torch.sigmoid(logits), mu, logvar))), "000-M-17"),
        Mutant("order", "mu and logvar are swapped: return logits, mu, logvar in this order.",
               _vae(_end(lambda logits, mu, logvar: (logits, logvar, mu)))),
    ),
    (
        "Three calls: from x to the two numbers of q, from them to a draw, from the draw to logits.",
        "mu, logvar = self.encode(x); z = self.reparameterize(mu, logvar); return self.decode(z), mu, logvar",
    ),
)  # fmt: skip


class _SquareModel(TinyVAE):
    """A model whose bound is known: the code is part of x, the 'reconstruction' the mean squared code."""

    def __init__(self) -> None:
        super().__init__((6, 2, 3))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, :3] * 2, x[:, 3:] - 0.5

    def decode(self, z: Tensor) -> Tensor:
        return (z * z).repeat(1, 2)

    def loss_function(
        self, x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
    ) -> dict[str, Tensor]:
        rec, kl = logits[:, :3].sum(1).mean(), PARTS.kl(mu, logvar).mean()
        return {"loss": rec + beta * kl, "reconstruction": rec, "kl": kl}


def _bound_cases(seed: int) -> tuple[Case, ...]:
    """The mean of z² over 20,000 rows is known in closed form; six standard errors fail once in 10⁹."""
    x = np.random.default_rng(seed).random((DRAWS, 6)).astype(np.float32).astype(np.float64)
    mu, var = 2 * x[:, :3], np.exp(x[:, 3:] - 0.5)
    kl = 0.5 * (mu**2 + var - 1 - np.log(var)).sum(1).mean()
    error = float(np.sqrt((2 * var**2 + 4 * mu**2 * var).sum(1).mean() / DRAWS))
    expected = {"nats for each image": float((mu**2 + var).sum(1).mean() + kl)}
    case = Case(
        "a model whose bound is known", {"x": x, "seed": seed}, 2, expected,
        {"nats for each image": 6 * error}, noisy=True,
    )  # fmt: skip
    return (case,)


def _observe_bound(candidate: Any, case: Case) -> Observation:
    with seeded(case):
        return {"nats for each image": plain(candidate(_SquareModel(), tensor(case, "x")))}


def _bound(model: Any, x: Tensor) -> float:
    with torch.no_grad():
        return float(model.loss_function(x, *model(x))["loss"])


def _bound_by_hand(model: Any, x: Tensor) -> Any:
    mu, logvar = model.encode(x)
    draws = [model.decode(model.reparameterize(mu, logvar)) for _ in range(4)]
    return torch.stack([model.loss_function(x, logits, mu, logvar)["loss"] for logits in draws]).mean()


def _bound_in_chunks(model: Any, x: Tensor) -> float:
    return float(sum(_bound(model, rows) * len(rows) for rows in x.split(3000)) / len(x))


def _bound_at_mean(model: Any, x: Tensor) -> float:
    mu, logvar = model.encode(x)
    return float(model.loss_function(x, model.decode(mu), mu, logvar)["loss"])


def _bound_part(name: str) -> Callable[[Any, Tensor], float]:
    return lambda model, x: float(model.loss_function(x, *model(x))[name])


BOUND = Exercise(
    "mini-sprint-vae/bound",
    "The bound on held-out images, honestly",
    "measure_bound(model, x) -> −ELBO in nats for each image, a float",
    1.0, lambda: _bound, _bound_cases, _observe_bound,
    (
        Alternate("mean of four draws", lambda: _bound_by_hand),
        Alternate("in chunks", lambda: _bound_in_chunks),
    ),
    (
        Mutant(
            "at the mean",
            "The bound was measured at z = mu, which makes it look too good. It needs a draw from q: use "
            "the mean for "
            "pictures only.",
            lambda: _bound_at_mean, "000-M-26",
        ),
        Mutant("reconstruction only", "That is the reconstruction alone: −ELBO has the KL as well.",
               lambda: _bound_part("reconstruction"), "000-M-11"),
        Mutant("kl only", "That is the KL alone: −ELBO has the reconstruction as well.", lambda: _bound_part("kl")),
        Mutant("sign", "That is the ELBO; its negative is asked for.", lambda: lambda m, x: -_bound(m, x)),
        Mutant("sum", "That is the sum over the images; the mean is asked for.",
               lambda: lambda m, x: _bound(m, x) * len(x)),
    ),
    (
        "The loss with beta = 1 is −ELBO. What must be passed to it, and on which images?",
        "with torch.no_grad(): return model.loss_function(x, *model(x))[\"loss\"].item()",
    ),
)  # fmt: skip


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
        "pixels that are exactly 0 or 1": 0.01, "mean of z": 6 / n**0.5, "standard deviation of z": 6 / (2 * n) ** 0.5,
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
        "mean fourth power of z": float((codes**4).mean()), "spread between samples": float(codes.std(0).mean()),
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
    2.0, lambda: _decoded(_normal), _sample_cases, _observe_sample,
    (
        Alternate("torch.distributions", lambda: _decoded(
            lambda model, n: torch.distributions.Normal(0.0, 1.0).sample((n, model.latent_dim)))),
        Alternate("one by one", lambda: lambda model, n: torch.sigmoid(model.decode(torch.stack(
            [torch.randn(model.latent_dim) for _ in range(n)])))),
    ),
    (
        Mutant("uniform codes", "The codes are uniform on [0, 1]. The prior is standard normal: z needs mean 0 and "
               "standard deviation 1.", lambda: _decoded(lambda m, n: torch.rand(n, m.latent_dim)), "
               ""000-M-25"),
        Mutant("encoded images", "`sample` calls encode: it decodes codes of given images. New images need codes from "
               "the prior, N(0, I).", lambda: _decoded(_encoded), "000-M-25"),
        Mutant("zeros", "All codes are 0, so all images are the same one. Draw them from the prior, N(0, I).",
               lambda: _decoded(lambda m, n: torch.zeros(n, m.latent_dim))),
        Mutant("one code", "All samples share one code: draw n of them, shape (n, latent_dim).",
               lambda: _decoded(lambda m, n: torch.randn(1, m.latent_dim).expand(n, -1))),
        Mutant("narrow codes", "The codes have half the spread of the prior: prettier pictures, another distribution.",
               lambda: _decoded(lambda m, n: 0.5 * torch.randn(n, m.latent_dim))),
        Mutant("reseeded", "Two calls give the same images: a seed is set inside `sample`. Set it outside.",
               lambda: _decoded(_reseeded), "000-M-15"),
        Mutant("logits", "The pixels leave [0, 1]: decode returns logits, so a sigmoid is due.",
               lambda: _decoded(_normal, lambda logits: logits)),
        Mutant("two sigmoids", "The pixels stay within 0.5 to 0.73: a sigmoid is applied twice.",
               lambda: _decoded(_normal, lambda logits: torch.sigmoid(torch.sigmoid(logits))), "000-M-17"),
        Mutant("black and white", "The pixels are draws of 0 and 1; their means are asked for.",
               lambda: _decoded(_normal, lambda logits: torch.bernoulli(torch.sigmoid(logits)))),
    ),
    (
        "The prior is N(0, I): draw codes from it and decode them. No image goes in.",
        "torch.randn(n, model.latent_dim) gives the codes; decode returns logits.",
        "with torch.no_grad(): return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))",
    ),
)  # fmt: skip
