"""Latent diffusion in miniature: a trained autoencoder that is left alone, and a denoiser of its codes."""

__all__ = ["LatentDiffusion", "NoisePredictor"]

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from coursekit._check import check_positive_int, check_tensor, require
from coursekit.autoencoders.interface import Autoencoder
from coursekit.autoencoders.latent_diffusion import draw_codes, noise_loss, noise_schedule
from coursekit.autoencoders.losses import pixels
from coursekit.dense import mlp, reset_weights


class NoisePredictor(nn.Module):
    r"""A dense network that guesses the noise in a code; it is told the step by sines and cosines.

    .. math:: \hat\varepsilon(z_t, t) = \mathrm{MLP}\bigl(z_t,\,
              \sin(2^i \pi\, t / T),\, \cos(2^i \pi\, t / T)\bigr), \qquad i = -1, 0, 1, \dots

    Args:
        width: K, the width of a code.
        hidden_dims: widths of the hidden layers.
        steps: T.
        frequencies: how many pairs of sine and cosine.
        activation: one of :func:`coursekit.dense.activations`.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: z (B, K) and t (B,) to the noise (B, K).

    Raises:
        TypeError, ValueError: a size is no positive integer, or the activation unknown.
    """

    def __init__(
        self, width: int, hidden_dims: Sequence[int], *,
        steps: int, frequencies: int = 4, activation: str = "silu", generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.width, self.steps = check_positive_int(width, "width"), check_positive_int(steps, "steps")
        self.frequencies = check_positive_int(frequencies, "frequencies")
        self.network = mlp([width + 2 * frequencies, *hidden_dims, width], activation=activation)
        self.reset_parameters(generator=generator)

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """Draw all weights again.

        Args:
            generator: source of the draws; torch's default generator when None.
        """
        reset_weights(self, generator=generator)

    def forward(self, z: Tensor, t: Tensor) -> Tensor:
        """Guess the noise.

        Args:
            z: noisy codes.
            t: their steps.

        Shape:
            z: (B, K); t: (B,).

        Raises:
            TypeError, ValueError: z or t is no tensor of the shape above.
        """
        check_tensor(z, "z", shape=("B", self.width), floating=True)
        check_tensor(t, "t", shape=(len(z),))
        rates = math.pi * 2.0 ** (torch.arange(self.frequencies, dtype=z.dtype) - 1)
        angles = t.to(z.dtype).unsqueeze(1) / self.steps * rates
        guess: Tensor = self.network(torch.cat([z, angles.sin(), angles.cos()], dim=1))
        return guess


class LatentDiffusion(nn.Module):
    r"""Diffusion over the standardised codes of an autoencoder that is trained already and is left as it is.

    .. math:: z_0 = (f(x) - \mu) / \sigma, \qquad x_{\text{new}} = g(\mu + \sigma \odot z_{\text{new}})

    Args:
        autoencoder: trained; its parameters get no gradient here.
        x: samples whose codes set the mean and the standard deviation of each unit.
        hidden_dims: widths of the denoiser's hidden layers.
        steps: T.
        kind: of the schedule, "cosine" or "linear".
        generator: source of the denoiser's initial weights; torch's default generator when None.

    Shape:
        x: (N, \*input_shape).

    Raises:
        TypeError: autoencoder is none of the family.
        ValueError: a unit of the code is constant on x, or a size is no positive integer.

    Source:
        Rombach et al. 2022, section 3, with dense networks and unit variances; Ho, Jain & Abbeel 2020.
    """

    alpha_bar: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(
        self, autoencoder: Autoencoder, x: Tensor, hidden_dims: Sequence[int], *,
        steps: int = 50, kind: str = "cosine", generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if not isinstance(autoencoder, Autoencoder):
            raise TypeError(f"autoencoder must be an Autoencoder; got {type(autoencoder).__name__}")
        self.autoencoder = autoencoder
        with torch.no_grad():
            codes = autoencoder.encode(x)
        require(len(codes) > 1, f"x must hold at least two samples; got {len(codes)}")
        dead = int((codes.std(0) == 0).sum())
        require(dead == 0, f"each unit of the code must vary over x; got {dead} constant ones")
        self.mean, self.scale = nn.Buffer(codes.mean(0)), nn.Buffer(codes.std(0))
        self.alpha_bar = nn.Buffer(noise_schedule(steps, kind=kind))
        self.predictor = NoisePredictor(autoencoder.latent_dim, hidden_dims, steps=steps, generator=generator)

    def denoiser_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the parameters that ``loss`` is for: those of the denoiser."""
        yield from self.predictor.parameters()

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        r"""Return the standardised codes of x.

        Args:
            x: samples.

        Shape:
            x: (B, \*input_shape); returns (B, K).
        """
        return (self.autoencoder.encode(x) - self.mean) / self.scale

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        r"""Return the images of standardised codes, as pixel values.

        Args:
            z: standardised codes.

        Shape:
            z: (B, K); returns (B, \*input_shape).
        """
        return pixels(self.autoencoder.decode(self.mean + self.scale * z), self.autoencoder.likelihood)

    def loss(self, x: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        r"""Return the loss of guessing the noise in the codes of a batch.

        Args:
            x: samples.
            generator: source of steps and noise; torch's default generator when None.

        Shape:
            x: (B, \*input_shape); returns a scalar.
        """
        return noise_loss(self.predictor, self.encode(x), self.alpha_bar, generator=generator)

    def draw_codes(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw standardised codes.

        Args:
            n: how many.
            generator: source of the draws; torch's default generator when None.

        Shape:
            Returns (n, K).
        """
        return draw_codes(
            self.predictor, n, self.predictor.width, self.alpha_bar,
            dtype=self.mean.dtype, generator=generator,
        )  # fmt: skip

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        r"""Draw images.

        Args:
            n: how many.
            generator: source of the draws; torch's default generator when None.

        Shape:
            Returns (n, \*input_shape), as pixel values.
        """
        return self.decode(self.draw_codes(n, generator=generator))
