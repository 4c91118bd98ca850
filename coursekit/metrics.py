"""Numbers that say how good a model is: active units, distance of samples, accuracy, bits, bands."""

__all__ = [
    "Band",
    "accuracy",
    "active_units",
    "bits_per_dim",
    "confusion_matrix",
    "mean_and_band",
    "mmd_squared",
]

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coursekit._check import check_positive, check_positive_int, check_tensor, require


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


def _as_labels(predicted: Tensor, y: Tensor) -> Tensor:
    """Check a pair of predictions and labels, and turn scores into labels."""
    check_tensor(y, "y", shape=("N",))
    require(len(y) > 0, "y must hold at least one label; got none")
    if predicted.ndim == 2:
        check_tensor(predicted, "predicted", shape=(len(y), "K"))
        return predicted.argmax(dim=1)
    return check_tensor(predicted, "predicted", shape=(len(y),))


def accuracy(predicted: Tensor, y: Tensor) -> float:
    """Return the share of right predictions.

    Args:
        predicted: labels, or scores of which the largest counts.
        y: the true labels.

    Shape:
        predicted: (N,) or (N, K); y: (N,).

    Raises:
        TypeError: if an argument is no tensor.
        ValueError: if the shapes do not fit or there is no label.

    Example:
        >>> accuracy(torch.tensor([1, 0, 2, 2]), torch.tensor([1, 0, 1, 2]))
        0.75
    """
    return float((_as_labels(predicted, y) == y).double().mean())


def confusion_matrix(predicted: Tensor, y: Tensor, *, classes: int) -> Tensor:
    """Count how often each class, a row, was predicted as each other, a column.

    Args:
        predicted: labels, or scores of which the largest counts.
        y: the true labels.
        classes: how many there are, K.

    Shape:
        predicted: (N,) or (N, K); y: (N,). Returns (K, K), int64.

    Raises:
        TypeError: if an argument has a wrong type.
        ValueError: if the shapes do not fit or a label is outside 0 to K - 1.

    Example:
        >>> confusion_matrix(torch.tensor([1, 0, 1]), torch.tensor([1, 0, 0]), classes=2).tolist()
        [[1, 1], [0, 1]]
    """
    check_positive_int(classes, "classes")
    labels = _as_labels(predicted, y)
    for name, column in (("predicted", labels), ("y", y)):
        low, high = int(column.min()), int(column.max())
        inside = low >= 0 and high < classes
        require(inside, f"{name} must hold labels from 0 to {classes - 1}; got {low} to {high}")
    cells = y.long() * classes + labels.long()
    return torch.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def bits_per_dim(nll: Tensor, dims: int) -> Tensor:
    r"""Turn negative log-likelihoods from nats a sample into bits a dimension.

    .. math:: b = \frac{-\ln p(x)}{D \ln 2}

    Args:
        nll: :math:`-\ln p(x)` in nats.
        dims: :math:`D`, at least 1.

    Shape:
        nll: any; returned with the same shape.

    Units:
        nats a sample in, bits a dimension out.

    Raises:
        TypeError: if ``nll`` is no floating tensor or ``dims`` no int.
        ValueError: if ``dims`` is below 1.

    Source:
        Papamakarios, Pavlakou and Murray (2017), Masked autoregressive flow, appendix E.

    Example:
        >>> bits_per_dim(torch.tensor([64 * math.log(2)]), 64).tolist()
        [1.0]
    """
    check_tensor(nll, "nll", floating=True)
    return nll / (check_positive_int(dims, "dims") * math.log(2))


@dataclass(frozen=True)
class Band:
    """One number of several seeds.

    Attributes:
        mean: over the seeds.
        low: of the lowest seed.
        high: of the highest seed.
        sd: the unbiased standard deviation over the seeds; zero for a single one.
        seeds: how many there are.
    """

    mean: float
    low: float
    high: float
    sd: float
    seeds: int

    def __str__(self) -> str:
        """Return the mean and the band in words.

        Example:
            >>> str(mean_and_band([19.21, 19.25, 19.32]))
            '19.26 (19.21 to 19.32, 3 seeds)'
        """
        return f"{self.mean:.4g} ({self.low:.4g} to {self.high:.4g}, {self.seeds} seeds)"


def mean_and_band(values: Tensor | Sequence[float]) -> Band:
    """Return mean, lowest, highest and standard deviation of one number a seed.

    Args:
        values: one a seed.

    Shape:
        values: (S,), S at least 1.

    Raises:
        ValueError: if there is none, they are not 1-D, or one is not finite.

    Example:
        >>> mean_and_band([1.0, 2.0, 3.0])
        Band(mean=2.0, low=1.0, high=3.0, sd=1.0, seeds=3)
    """
    column = torch.as_tensor(values, dtype=torch.float64)
    check_tensor(column, "values", shape=("S",), finite=True)
    require(len(column) > 0, "values must hold at least one number; got none")
    sd = float(column.std()) if len(column) > 1 else 0.0
    return Band(float(column.mean()), float(column.min()), float(column.max()), sd, len(column))
