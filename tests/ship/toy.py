"""Small models and data that the tests of this room share."""

import torch
from torch import Tensor

from coursekit.autoencoders import DenseAutoencoder


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def data(*shape: int, seed: int = 1, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.rand(*shape, generator=generator(seed), dtype=dtype)


def model(*, dtype: torch.dtype = torch.float64, seed: int = 0, **options: object) -> DenseAutoencoder:
    """Return an autoencoder of 2 x 3 images with two hidden layers."""
    return DenseAutoencoder((1, 2, 3), [8, 5], 2, generator=generator(seed), **options).to(dtype)  # type: ignore[arg-type]
