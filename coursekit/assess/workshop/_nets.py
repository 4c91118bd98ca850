"""Encoders and decoders as students write them, right and wrong."""

__all__ = [
    "SAME",
    "LogSigmaEncoder",
    "OneHead",
    "PlainEncoder",
    "Sizes",
    "StraightEncoder",
    "TwoEncoders",
    "decoder",
    "encoder",
    "mlp",
]

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Sizes = tuple[int, int, int]
SAME: Callable[[Tensor], Tensor] = lambda h: h  # noqa: E731  (a default argument below)


class TrunkEncoder(nn.Module):
    """A shared trunk with two heads; ``mu_end`` and ``logvar_end`` are put behind them.

    Shape:
        (B, D) to mu and logvar, (B, Z) each.
    """

    def __init__(
        self, sizes: Sizes, mu_end: Callable[[Tensor], Tensor], logvar_end: Callable[[Tensor], Tensor]
    ):
        super().__init__()
        wide, hidden, latent = sizes
        self.trunk = nn.Linear(wide, hidden)
        self.mu_head, self.logvar_head = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.mu_end, self.logvar_end = mu_end, logvar_end

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return two outputs of shape (B, Z) from x of shape (B, D)."""
        h = torch.relu(self.trunk(x))
        return self.mu_end(self.mu_head(h)), self.logvar_end(self.logvar_head(h))


class TwoEncoders(nn.Module):
    """A network of its own for each output."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.mean, self.spread = mlp(*sizes), mlp(*sizes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return two outputs of shape (B, Z) from x of shape (B, D)."""
        return self.mean(x), self.spread(x)


class LogSigmaEncoder(nn.Module):
    """A head for log σ, doubled to the log-variance; two chunks of one layer."""

    def __init__(self, input_dim: int = 64, hidden_dim: int = 128, latent_dim: int = 8) -> None:
        super().__init__()
        self.net = mlp(input_dim, hidden_dim, 2 * latent_dim, nn.Tanh)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and logvar, (B, Z) each, from x of shape (B, D)."""
        mu, log_sigma = self.net(x).chunk(2, dim=-1)
        return mu, 2 * log_sigma


class OneHead(nn.Module):
    """One head that stands for both outputs."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.net = mlp(*sizes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return two outputs of shape (B, Z) from x of shape (B, D)."""
        out = self.net(x)
        return out, out


class StraightEncoder(TrunkEncoder):
    """The trunk without its activation."""

    def __init__(self, sizes: Sizes):
        super().__init__(sizes, SAME, SAME)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return two outputs of shape (B, Z) from x of shape (B, D)."""
        h = self.trunk(x)
        return self.mu_head(h), self.logvar_head(h)


class PlainEncoder:
    """Layers in a plain object: nothing registers them."""

    def __init__(self, sizes: Sizes):
        self.inner = TrunkEncoder(sizes, SAME, SAME)

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = self.inner(x)
        return mu, logvar


def mlp(wide: int, hidden: int, out: int, activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """Return two linear layers with an activation between them."""
    return nn.Sequential(nn.Linear(wide, hidden), activation(), nn.Linear(hidden, out))


def encoder(
    mu_end: Callable[[Tensor], Tensor] = SAME, logvar_end: Callable[[Tensor], Tensor] = SAME
) -> Callable[..., Any]:
    """Return an encoder class's stand-in: called with the three sizes it makes a network.

    Shape:
        the network: (B, D) to mu and logvar, (B, Z) each.
    """
    return lambda input_dim=64, hidden_dim=128, latent_dim=8: TrunkEncoder(
        (input_dim, hidden_dim, latent_dim), mu_end, logvar_end
    )


def decoder(end: Callable[[Tensor], Tensor] = SAME, activation: Callable[[], nn.Module] = nn.ReLU) -> Any:
    """Return a decoder class's stand-in.

    Shape:
        the network: (B, Z) to logits (B, D).
    """

    class Decoder(nn.Module):
        def __init__(self, latent_dim: int = 8, hidden_dim: int = 128, output_dim: int = 64) -> None:
            super().__init__()
            self.net = mlp(latent_dim, hidden_dim, output_dim, activation)

        def forward(self, z: Tensor) -> Tensor:
            """Return logits of shape (B, D) from codes of shape (B, Z)."""
            return end(self.net(z))

    return Decoder
