"""A small right VAE in the shape of the student's, whole and as stubs for testing one step alone."""

__all__ = [
    "DIMS",
    "PARTS",
    "ModelParts",
    "TinyVAE",
    "digits_model",
    "fit_once",
    "test_images",
    "train_images",
]

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from coursekit.assess.workshop._kl import KL
from coursekit.assess.workshop._loss import LOSS
from coursekit.assess.workshop._networks import DECODER, ENCODER
from coursekit.assess.workshop._reparameterize import REPARAMETERIZE
from coursekit.data import digits

DIMS = (64, 128, 8)


class ModelParts(NamedTuple):
    """The pieces that a model is assembled from; a mutant replaces one of them."""

    encoder: Callable[..., Any] = ENCODER.reference()
    reparameterize: Callable[[Tensor, Tensor], Tensor] = REPARAMETERIZE.reference()
    decoder: Callable[..., Any] = DECODER.reference()
    kl: Callable[[Tensor, Tensor], Tensor] = KL.reference()
    loss: Callable[..., dict[str, Tensor]] = LOSS.reference()


PARTS = ModelParts()


class TinyVAE(nn.Module):
    """The student's VAE class with our pieces, for any sizes."""

    def __init__(self, sizes: tuple[int, int, int] = DIMS, parts: ModelParts = PARTS) -> None:
        super().__init__()
        d, h, z = sizes
        self.latent_dim, self.parts = z, parts
        self.encoder, self.decoder = parts.encoder(d, h, z), parts.decoder(z, h, d)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and logvar, (B, Z) each, from x of shape (B, D)."""
        mu, logvar = self.encoder(x)
        return mu, logvar

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """Return a draw of shape (B, Z) from mu and logvar of that shape."""
        return self.parts.reparameterize(mu, logvar)

    def decode(self, z: Tensor) -> Tensor:
        """Return logits of shape (B, D) from z of shape (B, Z)."""
        logits: Tensor = self.decoder(z)
        return logits

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (B, D), mu and logvar (B, Z), from x of shape (B, D)."""
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar

    def loss_function(
        self, x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
    ) -> dict[str, Tensor]:
        """Return the loss and its two terms as scalars, from x and logits (B, D), mu and logvar (B, Z)."""
        return self.parts.loss(x, logits, mu, logvar, beta=beta)


def fit_once(
    model: Any, x: Tensor, epochs: int = 60, batch_size: int = 100, lr: float = 1e-3, scale: float = 1.0
) -> list[float]:
    """Train the plain way and return the mean loss of each epoch; x has shape (N, D)."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.split(torch.randperm(len(x)), batch_size):
            optimizer.zero_grad()
            loss = scale * model.loss_function(x[rows], *model(x[rows]))["loss"]
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(rows)
        history.append(total / len(x))
    return history


@cache
def _split() -> Any:
    return digits(binarize=True, test_size=297)


def train_images() -> Tensor:
    """Return the training images of shape (1500, 64)."""
    images: Tensor = _split().x_train
    return images


def test_images() -> NDArray[np.float32]:
    """Return the test images of shape (297, 64)."""
    images: NDArray[np.float32] = _split().x_test.numpy()
    return images


def digits_model(
    parts: ModelParts = PARTS, *, seed: int = 0, epochs: int = 60, fit: Callable[..., Any] = fit_once
) -> TinyVAE:
    """Return a model trained on the digits, in a stream of random numbers of its own."""
    with torch.random.fork_rng(devices=[]):
        torch.random.set_rng_state(torch.Generator().manual_seed(seed).get_state())
        model = TinyVAE(DIMS, parts)
        if epochs:
            fit(model, train_images(), epochs=epochs)
    return model
