"""Diffusion in the space of an autoencoder's codes: noise in closed form, a denoiser, and the way back."""

__all__ = [
    "Noised",
    "Predictor",
    "diffuse",
    "draw_codes",
    "gaussian_predictor",
    "noise_loss",
    "noise_schedule",
    "reverse_step",
]

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_choice, check_generator, check_positive_int, check_tensor, require

Predictor = Callable[[Tensor, Tensor], Tensor]  # of codes (B, K) and their steps (B,), to noise (B, K)
# At a share of noise of 1 a step would forget the code, and the way back divide by 0.
_LARGEST = 0.999


class Noised(NamedTuple):
    """Codes after t steps of noise, and the noise they hold: z and noise, each (B, K)."""

    z: Tensor
    noise: Tensor


def noise_schedule(steps: int, *, kind: str = "cosine") -> Tensor:
    r"""Return how much of a code's variance is left after each step, from all of it to almost nothing.

    .. math:: \bar\alpha_t = \prod_{s=1}^{t} (1 - \beta_s), \quad \bar\alpha_0 = 1

    The cosine schedule follows :math:`\cos^2\bigl(\tfrac{t/T + 0.008}{1.008} \tfrac\pi2\bigr)`; the linear
    one has :math:`\beta_t` rise evenly from 0.1 / T to 20 / T. Both keep :math:`\beta_t \le 0.999`.

    Args:
        steps: T.
        kind: "cosine" or "linear".

    Shape:
        Returns (T + 1,), float64, falling from 1.

    Raises:
        TypeError: steps is no int.
        ValueError: steps is below 1, or the kind unknown.

    Source:
        Nichol & Dhariwal 2021, equation (17); Ho, Jain & Abbeel 2020, section 4, stretched to T steps.

    Example:
        >>> [round(value, 3) for value in noise_schedule(4).tolist()]
        [1.0, 0.847, 0.494, 0.144, 0.0]
    """
    check_positive_int(steps, "steps")
    at = torch.arange(steps + 1, dtype=torch.float64) / steps
    if check_choice(kind, "kind", ("cosine", "linear")) == "cosine":
        curve = torch.cos((at + 0.008) / 1.008 * math.pi / 2).square()
        betas = 1 - curve[1:] / curve[:-1]
    else:
        betas = torch.linspace(0.1, 20, steps, dtype=torch.float64) / steps
    kept = (1 - betas.clamp(max=_LARGEST)).cumprod(0)
    return torch.cat([kept.new_ones(1), kept])


def _at(alpha_bar: Tensor, t: Tensor, like: Tensor) -> Tensor:
    """Return one number a row, (B, 1), in the precision of the codes."""
    return alpha_bar[t].to(like.dtype).unsqueeze(1)


def diffuse(z: Tensor, t: Tensor, alpha_bar: Tensor, *, generator: torch.Generator | None = None) -> Noised:
    r"""Jump to step t at once: the t small steps of noise are one large one.

    .. math:: z_t = \sqrt{\bar\alpha_t}\, z_0 + \sqrt{1 - \bar\alpha_t}\, \varepsilon, \qquad
              \varepsilon \sim N(0, I)

    Args:
        z: clean codes.
        t: a step for each row, 0 to T.
        alpha_bar: what :func:`noise_schedule` returned.
        generator: source of the noise; torch's default generator when None.

    Shape:
        z: (B, K); t: (B,), int64; alpha_bar: (T + 1,).

    Raises:
        TypeError: z is no floating-point tensor, or generator no torch.Generator.
        ValueError: a shape differs, or a step is out of range.

    Source:
        Ho, Jain & Abbeel 2020, equation (4).

    Example:
        >>> diffuse(torch.ones(2, 3), torch.tensor([0, 0]), noise_schedule(5)).z.tolist()
        [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    check_tensor(z, "z", shape=("B", "K"), floating=True)
    check_tensor(t, "t", shape=(len(z),))
    check_tensor(alpha_bar, "alpha_bar", ndim=1)
    if generator is not None:
        check_generator(generator)
    low, high = (int(value) for value in t.aminmax())
    require(
        low >= 0 and high < len(alpha_bar), f"t must lie in 0 to {len(alpha_bar) - 1}; got {low} to {high}"
    )
    noise = torch.empty_like(z).normal_(generator=generator)
    kept = _at(alpha_bar, t, z)
    return Noised(kept.sqrt() * z + (1 - kept).sqrt() * noise, noise)


def noise_loss(
    predict: Predictor, z: Tensor, alpha_bar: Tensor, *, generator: torch.Generator | None = None
) -> Tensor:
    r"""Return the squared error of a guess at the noise, at a step drawn for each row.

    .. math:: L = \frac1B \sum_b \lVert \varepsilon_b - \hat\varepsilon(z_{t_b}, t_b) \rVert^2, \qquad
              t_b \sim U\{1, \dots, T\}

    Args:
        predict: maps codes and steps to noise.
        z: clean codes.
        alpha_bar: what :func:`noise_schedule` returned.
        generator: source of steps and noise; torch's default generator when None.

    Shape:
        z: (B, K); alpha_bar: (T + 1,); returns a scalar.

    Units:
        Summed over the entries of a code, averaged over the batch.

    Raises:
        TypeError, ValueError: as :func:`diffuse`, or the guess is not of the shape of z.

    Source:
        Ho, Jain & Abbeel 2020, equation (14).
    """
    check_tensor(z, "z", shape=("B", "K"), floating=True)
    t = torch.randint(1, len(alpha_bar), (len(z),), generator=generator)
    noised = diffuse(z, t, alpha_bar, generator=generator)
    guess = check_tensor(predict(noised.z, t), "what predict returns", shape=tuple(z.shape))
    return (noised.noise - guess).square().sum(1).mean()


def reverse_step(
    z: Tensor, guess: Tensor, t: int, alpha_bar: Tensor, noise: Tensor, *, variance: str = "beta"
) -> Tensor:
    r"""Take one step back, from t to t - 1.

    .. math:: z_{t-1} = \frac{1}{\sqrt{1 - \beta_t}} \Bigl( z_t
              - \frac{\beta_t}{\sqrt{1 - \bar\alpha_t}}\, \hat\varepsilon \Bigr) + s_t\, \xi, \qquad
              s_t^2 = \beta_t \;\text{or}\; \beta_t \frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t}

    The first variance is right for codes from N(0, I), the second for a single code; they differ little when
    there are many steps, and the truth lies between them.

    Args:
        z: codes at step t.
        guess: the noise that they are thought to hold.
        t: 1 to T.
        alpha_bar: what :func:`noise_schedule` returned.
        noise: xi, standard normal; at t = 1 the second variance is 0, and it does not count.
        variance: "beta" or "posterior", the first or the second.

    Shape:
        z, guess, noise: (B, K); alpha_bar: (T + 1,); returns (B, K).

    Raises:
        ValueError: t is out of range, the shapes differ, or the variance is unknown.

    Source:
        Ho, Jain & Abbeel 2020, equation (11), algorithm 2 and section 3.2.
    """
    check_tensor(guess, "guess", shape=tuple(z.shape))
    check_tensor(noise, "noise", shape=tuple(z.shape))
    require(1 <= t < len(alpha_bar), f"t must lie in 1 to {len(alpha_bar) - 1}; got {t}")
    check_choice(variance, "variance", ("beta", "posterior"))
    before, now = alpha_bar[t - 1].item(), alpha_bar[t].item()
    beta = 1 - now / before
    spread = beta if variance == "beta" else beta * (1 - before) / (1 - now)
    mean = (z - beta / math.sqrt(1 - now) * guess) / math.sqrt(1 - beta)
    return mean + math.sqrt(spread) * noise


@torch.no_grad()
def draw_codes(
    predict: Predictor, n: int, width: int, alpha_bar: Tensor, *,
    variance: str = "beta", dtype: torch.dtype = torch.float32, generator: torch.Generator | None = None,
) -> Tensor:  # fmt: skip
    """Start from noise and step back to codes, drawing fresh noise at each step but the last.

    Args:
        predict: maps codes and steps to noise.
        n: how many codes.
        width: K.
        alpha_bar: what :func:`noise_schedule` returned.
        variance: as in :func:`reverse_step`.
        dtype: of the codes.
        generator: source of the draws; torch's default generator when None.

    Shape:
        Returns (n, K).

    Raises:
        TypeError, ValueError: n or width is no positive integer, or an option unknown.

    Source:
        Ho, Jain & Abbeel 2020, algorithm 2, which leaves out the noise of the last step too.
    """
    check_positive_int(n, "n"), check_positive_int(width, "width")
    z = torch.empty(n, width, dtype=dtype).normal_(generator=generator)
    for t in range(len(alpha_bar) - 1, 0, -1):
        noise = torch.empty_like(z).normal_(generator=generator) if t > 1 else torch.zeros_like(z)
        z = reverse_step(z, predict(z, torch.full((n,), t)), t, alpha_bar, noise, variance=variance)
    return z


def gaussian_predictor(mean: Tensor, covariance: Tensor, alpha_bar: Tensor) -> Predictor:
    r"""Return the best of all guesses at the noise for codes from one Gaussian: it is linear.

    .. math:: \hat\varepsilon^*(z_t, t) = \sqrt{1 - \bar\alpha_t}\, C_t^{-1}
              (z_t - \sqrt{\bar\alpha_t}\, m), \qquad C_t = \bar\alpha_t S + (1 - \bar\alpha_t) I

    Args:
        mean: m of the codes.
        covariance: S of the codes.
        alpha_bar: what :func:`noise_schedule` returned.

    Shape:
        mean: (K,); covariance: (K, K); alpha_bar: (T + 1,). The result maps (B, K) and (B,) to (B, K).

    Raises:
        TypeError, ValueError: an argument is no tensor of the shape above.

    Source:
        The conditional mean of one of two jointly Gaussian vectors; Bishop 2006, equation (2.81).
    """
    width = check_tensor(mean, "mean", ndim=1, floating=True).shape[0]
    check_tensor(covariance, "covariance", shape=(width, width), floating=True)
    values, vectors = torch.linalg.eigh(covariance)

    def predict(z: Tensor, t: Tensor) -> Tensor:
        kept = _at(alpha_bar, t, z)
        gains = (1 - kept).sqrt() / (kept * values + 1 - kept)  # (B, K), along the eigenvectors
        turned: Tensor = (z - kept.sqrt() * mean) @ vectors
        back: Tensor = (gains * turned) @ vectors.T
        return back

    return predict
