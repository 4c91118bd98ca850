"""The right answers of the VAE sprint as a student would write them; mutated to test the graders."""

__all__ = [
    "VAE",
    "Decoder",
    "Encoder",
    "kl",
    "loss_function",
    "measure_bound",
    "reparameterize",
    "sample",
    "train",
]

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Encoder(nn.Module):
    """A trunk with two linear heads.

    Shape:
        (B, D) to mu and logvar, (B, Z) each.
    """

    def __init__(self, input_dim: int = 64, hidden_dim: int = 128, latent_dim: int = 8) -> None:
        super().__init__()
        self.trunk = nn.Linear(input_dim, hidden_dim)
        self.mu_head = nn.Linear(hidden_dim, latent_dim)
        self.logvar_head = nn.Linear(hidden_dim, latent_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and logvar, (B, Z) each, from x of shape (B, D)."""
        h = F.relu(self.trunk(x))
        return self.mu_head(h), self.logvar_head(h)


def reparameterize(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return a draw from N(mu, exp(logvar)); all of shape (B, Z)."""
    return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)


class Decoder(nn.Module):
    """One hidden layer, then a logit for each pixel.

    Shape:
        (B, Z) to (B, D).
    """

    def __init__(self, latent_dim: int = 8, hidden_dim: int = 128, output_dim: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, output_dim)
        )

    def forward(self, z: Tensor) -> Tensor:
        """Return logits of shape (B, D) from codes of shape (B, Z)."""
        logits: Tensor = self.net(z)
        return logits


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return KL(q || N(0, I)) of each sample, (B,), from mu and logvar of shape (B, Z)."""
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1)


def loss_function(
    x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
) -> dict[str, Tensor]:
    """Return three scalars from x and logits, (B, D), and mu and logvar, (B, Z)."""
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    divergence = kl(mu, logvar).mean()
    return {
        "loss": reconstruction + beta * divergence,
        "reconstruction": reconstruction,
        "kl": divergence,
    }


class VAE(nn.Module):
    """The pieces put together; the student writes ``forward``."""

    def __init__(self, input_dim: int = 64, hidden_dim: int = 128, latent_dim: int = 8) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.encoder = Encoder(input_dim, hidden_dim, latent_dim)
        self.decoder = Decoder(latent_dim, hidden_dim, input_dim)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and logvar, (B, Z) each, from x of shape (B, D)."""
        mu, logvar = self.encoder(x)
        return mu, logvar

    def reparameterize(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """Return a draw of shape (B, Z) from mu and logvar of that shape."""
        return reparameterize(mu, logvar)

    def decode(self, z: Tensor) -> Tensor:
        """Return logits of shape (B, D) from z of shape (B, Z)."""
        logits: Tensor = self.decoder(z)
        return logits

    def loss_function(
        self, x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
    ) -> dict[str, Tensor]:
        """Return three scalars from x and logits, (B, D), and mu and logvar, (B, Z)."""
        return loss_function(x, logits, mu, logvar, beta=beta)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (B, D), mu and logvar (B, Z), from x of shape (B, D)."""
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def train(model: Any, x: Tensor, epochs: int = 60, batch_size: int = 100, lr: float = 1e-3) -> list[float]:
    """Return the mean loss of each epoch over the rows x of shape (N, D)."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.split(torch.randperm(len(x)), batch_size):
            optimizer.zero_grad()
            loss = model.loss_function(x[rows], *model(x[rows]))["loss"]
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        history.append(total / len(x))
    return history


def measure_bound(model: Any, x: Tensor) -> float:
    """Return -ELBO in nats for each image of x, (N, D)."""
    with torch.no_grad():
        return float(model.loss_function(x, *model(x))["loss"])


def sample(model: Any, n: int) -> Tensor:
    """Return pixel means of shape (n, D)."""
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))
