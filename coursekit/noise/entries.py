"""Noise that treats every entry of a tensor alone: Gaussian, salt and pepper, masking, dropout."""

__all__ = ["dropout", "gaussian", "masking", "salt_and_pepper"]

import torch
from torch import Tensor

from coursekit._check import check_generator, check_positive, check_tensor, require


def _uniform(x: Tensor, generator: torch.Generator | None) -> Tensor:
    """Return one number from U[0, 1) for each entry; the same numbers whatever the dtype of x."""
    if generator is not None:
        check_generator(generator)
    return torch.rand(x.shape, generator=generator, dtype=torch.float32, device=x.device)


def _probability(p: float) -> float:
    """Return p if it is a probability."""
    check_positive(p, "p", zero=True)
    require(p <= 1, f"p must be a probability, from 0 to 1; got {p}")
    return float(p)


def gaussian(
    x: Tensor, sigma: float, *, clamp: bool = False, generator: torch.Generator | None = None
) -> Tensor:
    r"""Return x with independent normal noise added to every entry.

    .. math:: \tilde x = x + \sigma \varepsilon, \qquad \varepsilon \sim N(0, I)

    Clamping to [0, 1] changes the law: a black pixel then gains :math:`\sigma / \sqrt{2\pi}` in the mean and
    keeps only half of the noise's second moment (for small :math:`\sigma`).

    Args:
        x: samples, never changed.
        sigma: standard deviation of the noise, 0 or more.
        clamp: whether the result is cut to [0, 1]; for display, or as a corruption of its own.
        generator: source of the noise; torch's default generator when None.

    Shape:
        x: any; returned with the same shape.

    Units:
        ``sigma`` is in the units of x: on pixels in [0, 1], 0.3 is much.

    Raises:
        TypeError: x is no floating-point tensor, or generator no torch.Generator.
        ValueError: sigma is negative.

    Source:
        Vincent et al. 2010, section 3.3.

    Example:
        >>> gaussian(torch.zeros(2), 0.0).tolist()
        [0.0, 0.0]
    """
    check_tensor(x, "x", floating=True)
    check_positive(sigma, "sigma", zero=True)
    if generator is not None:
        check_generator(generator)
    noise = torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)
    noisy = x + sigma * noise
    return noisy.clamp(0, 1) if clamp else noisy


def salt_and_pepper(
    x: Tensor, p: float, *, low: float = 0.0, high: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    r"""Return x with each entry replaced by ``low`` or ``high``, each with probability p / 2.

    .. math:: \tilde x_i = \begin{cases} \text{low} & u_i < p / 2 \\ \text{high} & p / 2 \le u_i < p \\
              x_i & \text{otherwise} \end{cases} \qquad u_i \sim U[0, 1)

    One draw an entry decides, so no entry is hit twice and every sample has the same chances.

    Args:
        x: samples, never changed.
        p: share of the entries that is replaced, from 0 to 1; an entry that is ``low`` may become ``low``.
        low: the pepper.
        high: the salt.
        generator: source of the noise; torch's default generator when None.

    Shape:
        x: any; returned with the same shape.

    Raises:
        TypeError: x is no floating-point tensor, or generator no torch.Generator.
        ValueError: p is no probability.

    Source:
        Vincent et al. 2010, section 3.3.

    Example:
        >>> noisy = salt_and_pepper(torch.full((1000,), 0.5), 1.0)
        >>> sorted(set(noisy.tolist()))
        [0.0, 1.0]
    """
    check_tensor(x, "x", floating=True)
    share = _probability(p)
    u = _uniform(x, generator)
    salted = torch.where(u < share, x.new_tensor(high), x)
    return torch.where(u < share / 2, x.new_tensor(low), salted)


def masking(x: Tensor, p: float, *, generator: torch.Generator | None = None) -> Tensor:
    r"""Return x with each entry set to 0 with probability p; the others stay what they are.

    .. math:: \tilde x_i = m_i x_i, \qquad m_i \sim \mathrm{Bernoulli}(1 - p)

    Only entries that are not 0 can change: on images that are mostly black, few do.

    Args:
        x: samples, never changed.
        p: probability that an entry is dropped, from 0 to 1.
        generator: source of the noise; torch's default generator when None.

    Shape:
        x: any; returned with the same shape.

    Raises:
        TypeError: x is no floating-point tensor, or generator no torch.Generator.
        ValueError: p is no probability.

    Source:
        Vincent et al. 2008, section 2.3.

    Example:
        >>> masking(torch.ones(3), 1.0).tolist()
        [0.0, 0.0, 0.0]
    """
    check_tensor(x, "x", floating=True)
    share = _probability(p)
    return torch.where(_uniform(x, generator) < share, torch.zeros_like(x), x)


def dropout(x: Tensor, p: float, *, generator: torch.Generator | None = None) -> Tensor:
    r"""Return x with each entry set to 0 with probability p and the others divided by 1 - p.

    .. math:: \tilde x_i = \frac{m_i x_i}{1 - p}, \qquad m_i \sim \mathrm{Bernoulli}(1 - p), \qquad
              E[\tilde x] = x

    The mean is kept, the range is not: at p = 0.5 a white pixel becomes 2.

    Args:
        x: samples, never changed.
        p: probability that an entry is dropped, 0 or more and below 1.
        generator: source of the noise; torch's default generator when None.

    Shape:
        x: any; returned with the same shape.

    Raises:
        TypeError: x is no floating-point tensor, or generator no torch.Generator.
        ValueError: p is no probability, or 1.

    Source:
        Srivastava et al. 2014, section 10, for the division in training.

    Example:
        >>> sorted(set(dropout(torch.ones(1000), 0.5).tolist()))
        [0.0, 2.0]
    """
    check_tensor(x, "x", floating=True)
    share = _probability(p)
    require(share < 1, f"p must be below 1: what is kept is divided by 1 - p; got {p}")
    return torch.where(_uniform(x, generator) < share, torch.zeros_like(x), x / (1 - share))
