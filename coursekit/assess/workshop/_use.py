"""Steps D and E: the forward pass and the reported bound, each on a model of stubs."""

__all__ = ["BOUND", "FORWARD"]

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._model import PARTS, TinyVAE
from coursekit.assess.workshop._reference import VAE, measure_bound
from coursekit.assess.workshop._survivors import survivors
from coursekit.assess.workshop._tools import seeded, tensor

DRAWS = 20_000


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


def _swapped(model: Any, x: Tensor) -> Any:
    mu, logvar = model.encode(x)
    return model.decode(model.reparameterize(logvar, mu)), mu, logvar


def _decode_spread(model: Any, x: Tensor) -> Any:
    mu, logvar = model.encode(x)
    return model.decode(logvar), mu, logvar


def _end(change: Callable[..., Any]) -> Callable[[Any, Tensor], Any]:
    return lambda model, x: change(*TinyVAE.forward(model, x))


FORWARD = Exercise(
    "mini-sprint-vae/forward",
    "One pass through the model",
    "VAE.forward(x) -> (logits, mu, logvar), written with self.encode, self.reparameterize and self.decode",
    1.0,
    lambda: VAE,
    _forward_cases,
    _observe_forward,
    (
        Alternate("unpacked", _vae(_by_names)),
        Alternate("a list", _vae(lambda model, x: list(TinyVAE.forward(model, x)))),
    ),
    (
        Mutant(
            "mean decoded",
            "forward decodes mu. In training the decoder must see a draw: decode reparameterize(mu, logvar).",
            _vae(_decode_mean),
            "000-M-26",
        ),
        Mutant(
            "probabilities",
            "There is a sigmoid in forward; return the logits as they come from decode.",
            _vae(_end(lambda logits, mu, logvar: (torch.sigmoid(logits), mu, logvar))),
            "000-M-17",
        ),
        Mutant(
            "order",
            "mu and logvar are swapped: return logits, mu, logvar in this order.",
            _vae(_end(lambda logits, mu, logvar: (logits, logvar, mu))),
        ),
        Mutant(
            "standard deviation returned",
            "The third result is the standard deviation; logvar itself is asked for, the KL needs it.",
            _vae(_end(lambda logits, mu, logvar: (logits, mu, torch.exp(logvar / 2)))),
        ),
        Mutant(
            "parameters swapped",
            "reparameterize got its arguments in the wrong order: mu first, then logvar.",
            _vae(_swapped),
        ),
        Mutant(
            "logvar decoded",
            "forward decodes logvar. The decoder takes a code: the draw that reparameterize returns.",
            _vae(_decode_spread),
        ),
        Mutant(
            "mu twice",
            "mu is returned twice; the third result is logvar.",
            _vae(_end(lambda logits, mu, _: (logits, mu, mu))),
        ),
    ),
    (
        "Three calls: from x to the two numbers of q, from them to a draw, from the draw to logits.",
        "Each call hands its result to the next; mu and logvar are returned as well, the loss needs them.",
    ),
    part="forward",
)


class _SquareModel(TinyVAE):
    """A model whose bound is known: the code is part of x, the 'reconstruction' the mean squared code."""

    def __init__(self) -> None:
        super().__init__((6, 2, 3))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and logvar, (B, Z) each, from x of shape (B, D)."""
        return x[:, :3] * 2, x[:, 3:] - 0.5

    def decode(self, z: Tensor) -> Tensor:
        """Return logits of shape (B, D) from codes of shape (B, Z)."""
        return (z * z).repeat(1, 2)

    def loss_function(
        self, x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
    ) -> dict[str, Tensor]:
        """Return three scalars from x and logits, (B, D), and mu and logvar, (B, Z)."""
        rec, kl = logits[:, :3].sum() / len(x), PARTS.kl(mu, logvar).mean()
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


def _bound_by_hand(model: Any, x: Tensor) -> Any:
    mu, logvar = model.encode(x)
    draws = [model.decode(model.reparameterize(mu, logvar)) for _ in range(4)]
    return torch.stack([model.loss_function(x, logits, mu, logvar)["loss"] for logits in draws]).mean()


def _bound_in_chunks(model: Any, x: Tensor) -> float:
    return sum(measure_bound(model, rows) * len(rows) for rows in torch.split(x, 3000)) / len(x)


def _bound_at_mean(model: Any, x: Tensor) -> float:
    mu, logvar = model.encode(x)
    return float(model.loss_function(x, model.decode(mu), mu, logvar)["loss"])


def _bound_part(name: str) -> Callable[[Any, Tensor], float]:
    return lambda model, x: float(model.loss_function(x, *model(x))[name])


BOUND = Exercise(
    "mini-sprint-vae/bound",
    "The bound on held-out images, honestly",
    "measure_bound(model, x) -> −ELBO in nats for each image, a float",
    1.0,
    lambda: measure_bound,
    _bound_cases,
    _observe_bound,
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
            lambda: _bound_at_mean,
            "000-M-26",
        ),
        Mutant(
            "reconstruction only",
            "That is the reconstruction alone: −ELBO has the KL as well.",
            lambda: _bound_part("reconstruction"),
            "000-M-11",
        ),
        Mutant(
            "kl only",
            "That is the KL alone: −ELBO has the reconstruction as well.",
            lambda: _bound_part("kl"),
        ),
        Mutant(
            "sign", "That is the ELBO; its negative is asked for.", lambda: lambda m, x: -measure_bound(m, x)
        ),
        Mutant(
            "per pixel",
            "That is the mean over the pixels as well; nats for each image are asked for.",
            lambda: lambda m, x: measure_bound(m, x) / x.shape[1],
        ),
        Mutant(
            "sum",
            "That is the sum over the images; the mean is asked for.",
            lambda: lambda m, x: measure_bound(m, x) * len(x),
        ),
    ),
    (
        "The loss with beta = 1 is −ELBO. What must be passed to it, and on which images?",
        "A pass through the model gives all that its loss wants beside x; no gradient is needed here.",
    ),
    survivors=survivors("bound"),
)
