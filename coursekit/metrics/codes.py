"""Codes: how many units move with the data, and how far two samples lie apart."""

__all__ = ["active_units", "mmd_squared"]

import torch
from torch import Tensor

from coursekit._check import check_positive, check_tensor, require


def active_units(mu: Tensor, threshold: float = 0.01) -> int:
    r"""Count the latent units whose posterior mean moves with the data.

    .. math:: A = \sum_{j=1}^{Z} \mathbf 1\bigl[\operatorname{Var}_x(\mu_j(x)) > \delta\bigr]

    Args:
        mu: posterior means, one row a sample.
        threshold: :math:`\delta`, above zero; the variance is the unbiased one.

    Shape:
        mu: (N, Z) with N at least 2.

    Raises:
        TypeError: if ``mu`` is no floating tensor.
        ValueError: if its shape is another one, or the threshold is not above zero.

    Source:
        Burda, Grosse and Salakhutdinov (2016), Importance weighted autoencoders, section 5.2.

    Example:
        >>> active_units(torch.tensor([[0.0, 1.0], [0.0, -1.0], [0.01, 0.0]]))
        1
    """
    check_tensor(mu, "mu", shape=("N", "Z"), floating=True)
    check_positive(threshold, "threshold")
    require(len(mu) >= 2, f"mu must hold at least 2 rows to have a variance; got {len(mu)}")
    return int((mu.detach().var(dim=0) > threshold).sum())


def _median_distance(pooled: Tensor) -> float:
    """Return the median distance between two different rows."""
    return float(torch.pdist(pooled).median())


def mmd_squared(x: Tensor, y: Tensor, bandwidth: float | None = None) -> float:
    r"""Estimate the squared maximum mean discrepancy of two samples, without bias, under a Gaussian kernel.

    .. math:: \frac{\sum_{i \ne j} k(x_i, x_j)}{M (M - 1)} + \frac{\sum_{i \ne j} k(y_i, y_j)}{N (N - 1)}
              - \frac{2 \sum_{i, j} k(x_i, y_j)}{M N}, \quad k(a, b) = e^{-\|a - b\|^2 / 2h^2}

    It is zero on average where both samples come from one distribution, so it may be negative.

    Args:
        x: one sample, at least 2 rows.
        y: the other, at least 2 rows.
        bandwidth: :math:`h`, or None for the median distance between two rows of the pooled samples.

    Shape:
        x: (M, D); y: (N, D).

    Raises:
        TypeError: if a sample is no floating tensor.
        ValueError: if the shapes do not fit, or the bandwidth is not above zero.

    Source:
        Gretton et al. (2012), A kernel two-sample test, equation 3; the median heuristic, section 8.

    Example:
        >>> round(mmd_squared(torch.zeros(2, 1), torch.ones(2, 1), bandwidth=1.0), 4)
        0.7869
    """
    check_tensor(x, "x", shape=("M", "D"), floating=True)
    check_tensor(y, "y", shape=("N", x.shape[1]), floating=True)
    m, n = len(x), len(y)
    require(min(m, n) >= 2, f"x and y must each hold at least 2 rows; got {m} and {n}")
    pooled = torch.cat([x.detach(), y.detach()])
    h = _median_distance(pooled) if bandwidth is None else bandwidth
    check_positive(h, "bandwidth" if bandwidth is not None else "the median distance of the rows")
    # Differences, not the expanded square of cdist's matrix form: it loses all digits for near rows.
    squares = torch.cdist(pooled, pooled, compute_mode="donot_use_mm_for_euclid_dist").square()
    kernel = torch.exp(-squares / (2 * h * h))
    within_x = (kernel[:m, :m].sum() - m) / (m * (m - 1))
    within_y = (kernel[m:, m:].sum() - n) / (n * (n - 1))
    return float(within_x + within_y - 2 * kernel[:m, m:].mean())
