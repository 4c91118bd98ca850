"""Drift: has the data changed since the model was trained, told with a known rate of false alarms."""

__all__ = ["ColumnDrift", "KsTest", "column_drift", "ks_test", "psi", "psi_threshold"]

from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_positive_int, check_tensor, require


class KsTest(NamedTuple):
    """The largest gap between two empirical distribution functions, and how rare so large a gap is."""

    statistic: float
    p_value: float


class ColumnDrift(NamedTuple):
    """For each column, each (K,): the gap, its p-value, and whether it drifted at the rate asked for."""

    statistics: Tensor
    p_values: Tensor
    drifted: Tensor


def _sample(x: Tensor, name: str) -> Tensor:
    """Return a checked sample of one number each, in float64 on the CPU."""
    check_tensor(x, name, shape=("N",), floating=True, finite=True)
    require(len(x) > 0, f"{name} must hold at least one number; got none")
    return x.detach().cpu().double()


def check_rate(rate: float, name: str = "rate") -> float:
    """Return a probability strictly between 0 and 1.

    Raises:
        TypeError: it is no number.
        ValueError: it is not between 0 and 1.
    """
    if isinstance(rate, bool) or not isinstance(rate, (int, float)):
        raise TypeError(f"{name} must be a number between 0 and 1, both excluded; got {rate!r}")
    require(0 < rate < 1, f"{name} must lie between 0 and 1, both excluded; got {rate}")
    return float(rate)


def psi(reference: Tensor, x: Tensor, *, bins: int = 10) -> float:
    r"""Return the population stability index of a sample against a reference.

    .. math:: \mathrm{PSI} = \sum_{b=1}^{B} (a_b - e_b) \ln\frac{a_b}{e_b}, \qquad
              e_b = \frac{n_b + 1/2}{n + B/2}, \quad a_b = \frac{m_b + 1/2}{m + B/2}

    :math:`n_b` of n reference numbers and :math:`m_b` of m new ones lie in bin b; the bins hold equal shares
    of the reference. The halves keep an empty bin finite. It is the sum of both Kullback-Leibler divergences.

    Args:
        reference: numbers from the time of training.
        x: numbers from now.
        bins: B, at least 2; edges that coincide, where the reference has ties, count once.

    Shape:
        reference: (n,); x: (m,).

    Units:
        Nats; zero for equal shares. What is large depends on n and m: see :func:`psi_threshold`.

    Raises:
        TypeError: a sample is no floating tensor, or bins no int.
        ValueError: a sample is empty or holds a number that is not finite, or bins is below 2.

    Example:
        >>> psi(torch.arange(100.0), torch.arange(100.0))
        0.0
    """
    old, new = _sample(reference, "reference"), _sample(x, "x")
    check_positive_int(bins, "bins", minimum=2)
    places = torch.linspace(0, 1, bins + 1, dtype=torch.float64)[1:-1]
    edges = torch.unique(_quantiles(old, places))
    expected, actual = (_shares(sample, edges) for sample in (old, new))
    return float(((actual - expected) * torch.log(actual / expected)).sum())


def _quantiles(x: Tensor, places: Tensor) -> Tensor:
    """Return interpolated quantiles; torch.quantile refuses more than 16 million numbers."""
    ordered = x.sort().values
    position = places * (len(x) - 1)
    low = position.floor().long()
    high = (low + 1).clamp(max=len(x) - 1)
    return torch.lerp(ordered[low], ordered[high], position - low)


def _shares(x: Tensor, edges: Tensor) -> Tensor:
    """Return the smoothed share of each bin."""
    counts = torch.bincount(torch.bucketize(x, edges), minlength=len(edges) + 1).double() + 0.5
    return counts / counts.sum()


def psi_threshold(reference_size: int, size: int, *, bins: int = 10, rate: float = 0.05) -> float:
    r"""Return the index that a sample without drift exceeds with the given probability.

    .. math:: t = \left(\tfrac1n + \tfrac1m\right) \chi^2_{B-1,\,1-\alpha}

    For large samples and small differences the index is half the sum of two likelihood ratios, hence the
    chi-squared law. A fixed limit such as 0.1 has no fixed meaning: it is exceeded by chance in most
    samples of 100 and in none of 10,000.

    Args:
        reference_size: n.
        size: m.
        bins: B, at least 2.
        rate: :math:`\alpha`, the share of false alarms, between 0 and 1.

    Raises:
        TypeError: a size is no int.
        ValueError: a size is below 1, bins below 2, or the rate not between 0 and 1.

    Source:
        Yurdakul (2018), Statistical properties of the population stability index.

    Example:
        >>> round(psi_threshold(100, 100), 3), round(psi_threshold(10_000, 10_000), 4)
        (0.338, 0.0034)
    """
    from scipy.stats import chi2  # type: ignore[import-untyped]

    check_positive_int(reference_size, "reference_size")
    check_positive_int(size, "size")
    check_positive_int(bins, "bins", minimum=2)
    spread = 1 / reference_size + 1 / size
    return float(chi2.isf(check_rate(rate), bins - 1)) * spread


def ks_test(reference: Tensor, x: Tensor) -> KsTest:
    r"""Compare two samples by the largest gap between their distribution functions.

    .. math:: D = \sup_t \bigl| F_n(t) - G_m(t) \bigr|

    Args:
        reference: numbers from the time of training.
        x: numbers from now.

    Shape:
        reference: (n,); x: (m,).

    Raises:
        TypeError: a sample is no floating tensor.
        ValueError: a sample is empty or holds a number that is not finite.

    Source:
        Hodges (1958), The significance probability of the Smirnov two-sample test.

    Example:
        >>> ks_test(torch.arange(4.0), torch.arange(4.0) + 2).statistic
        0.5
    """
    from scipy.stats import ks_2samp

    result = ks_2samp(_sample(reference, "reference").numpy(), _sample(x, "x").numpy())
    return KsTest(float(result.statistic), float(result.pvalue))


def column_drift(reference: Tensor, x: Tensor, *, rate: float = 0.05) -> ColumnDrift:
    r"""Test each column of a table, such as each unit of a code, and hold the rate over all of them.

    .. math:: \text{column } k \text{ drifted} \iff p_k \le \alpha / K

    Without drift, the chance that any column is flagged is at most :math:`\alpha`, however they depend.

    Args:
        reference: rows from the time of training.
        x: rows from now.
        rate: :math:`\alpha`, the chance of one false alarm or more, between 0 and 1.

    Shape:
        reference: (n, K); x: (m, K).

    Raises:
        TypeError: a table is no floating tensor.
        ValueError: the shapes do not fit, a table is empty or not finite, or the rate not between 0 and 1.

    Example:
        >>> moved = torch.stack([torch.arange(40.0), torch.arange(40.0) + 30], dim=1)
        >>> column_drift(torch.arange(40.0)[:, None].expand(40, 2), moved).drifted.tolist()
        [False, True]
    """
    check_tensor(reference, "reference", shape=("N", "K"))
    check_tensor(x, "x", shape=("M", reference.shape[1]))
    check_rate(rate)
    width = reference.shape[1]
    require(width > 0, "reference must hold at least one column; got none")
    tests = [ks_test(old, new) for old, new in zip(reference.unbind(1), x.unbind(1), strict=True)]
    p_values = torch.tensor([test.p_value for test in tests], dtype=torch.float64)
    statistics = torch.tensor([test.statistic for test in tests], dtype=torch.float64)
    return ColumnDrift(statistics, p_values, p_values <= rate / width)
