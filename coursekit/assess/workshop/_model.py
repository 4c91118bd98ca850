"""A small right VAE in the shape of the student's, whole and as stubs for testing one step alone."""

__all__ = [
    "DIMS",
    "PARTS",
    "ModelParts",
    "TinyVAE",
    "digits_model",
    "images",
]

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from coursekit.assess.workshop._reference import Decoder, Encoder, kl, loss_function, reparameterize, train
from coursekit.assess.workshop._setting import PIXELS, SETTING, Setting
from coursekit.data import digits

DIMS = (64, 128, 8)


class ModelParts(NamedTuple):
    """The pieces that a model is assembled from; a mutant replaces one of them."""

    encoder: Callable[..., Any] = Encoder
    reparameterize: Callable[[Tensor, Tensor], Tensor] = reparameterize
    decoder: Callable[..., Any] = Decoder
    kl: Callable[[Tensor, Tensor], Tensor] = kl
    loss: Callable[..., dict[str, Tensor]] = loss_function


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


@cache
def images(split: int) -> tuple[Tensor, NDArray[np.float32]]:
    """Return 1,500 training images as a tensor and 297 test images as an array.

    Args:
        split: seed of the split.

    Shape:
        training images (1500, 64), test images (297, 64).
    """
    found = digits(binarize=True, test_size=297, seed=split)
    return found.x_train, found.x_test.numpy()


def digits_model(
    parts: ModelParts = PARTS, *, seed: int = 0, epochs: int = 60, setting: Setting = SETTING
) -> TinyVAE:
    """Return a model trained on the digits, in a stream of random numbers of its own."""
    with torch.random.fork_rng(devices=[]):
        torch.random.set_rng_state(torch.Generator().manual_seed(seed).get_state())
        model = TinyVAE((PIXELS, setting.hidden, setting.latents), parts)
        if epochs:
            train(model, images(setting.split)[0], epochs=epochs)
    return model
