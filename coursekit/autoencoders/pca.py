"""Principal components: the best linear autoencoder, in closed form, and the angles between two subspaces."""

__all__ = ["PCA", "fit_pca", "principal_angles"]

from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_positive_int, check_tensor, require


class PCA(NamedTuple):
    r"""A fitted basis: the mean (D,), the components (K, D) as orthonormal rows, their variances (K,).

    .. math:: z = V (x - \mu), \qquad \hat x = \mu + V^\top z
    """

    mean: Tensor
    components: Tensor
    variances: Tensor

    def encode(self, x: Tensor) -> Tensor:
        """Return the scores of x, one number a component.

        Args:
            x: rows of the width that was fitted.

        Shape:
            x: (B, D); returns (B, K).

        Raises:
            TypeError: x is no floating-point tensor.
            ValueError: x does not have the shape above.
        """
        check_tensor(x, "x", shape=("B", len(self.mean)), floating=True)
        return (x - self.mean) @ self.components.T

    def decode(self, z: Tensor) -> Tensor:
        """Return the points with these scores.

        Args:
            z: scores.

        Shape:
            z: (B, K); returns (B, D).

        Raises:
            TypeError: z is no floating-point tensor.
            ValueError: z does not have the shape above.
        """
        check_tensor(z, "z", shape=("B", len(self.components)), floating=True)
        return self.mean + z @ self.components

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return the point of the fitted plane that lies nearest to x.

        Args:
            x: rows of the width that was fitted.

        Shape:
            x: (B, D); returned with the same shape.
        """
        return self.decode(self.encode(x))


def fit_pca(x: Tensor, k: int) -> PCA:
    r"""Fit the K directions of largest variance.

    .. math:: X - \mathbf 1 \mu^\top = U S V^\top, \qquad \mu = \frac1N \sum_n x_n, \qquad
              \sigma_k^2 = \frac{s_k^2}{N - 1}

    The rows of :math:`V^\top` with the largest :math:`s_k` are the components. No affine map through K
    numbers has a smaller squared error on x, whatever its distribution:
    :math:`\sum_n \lVert x_n - \hat x_n \rVert^2 = \sum_{k > K} s_k^2`.
    The sign of a component is arbitrary: here its entry of largest size is positive.

    Args:
        x: training rows, never changed; two or more.
        k: K, the number of components, at most min(N, D).

    Shape:
        x: (N, D); returns mean (D,), components (K, D) and variances (K,).

    Units:
        Variances in squared units of x, with N - 1 in the denominator.

    Raises:
        TypeError: x is no floating-point tensor, or k no int.
        ValueError: x has another shape, fewer than two rows or a number that is not finite, or k does not
            lie in 1 ... min(N, D).

    Source:
        Eckart & Young 1936; Bourlard & Kamp 1988 for the autoencoder.

    Example:
        >>> line = torch.tensor([[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]])
        >>> bool(torch.allclose(fit_pca(line, 1).reconstruct(line), line, atol=1e-6))
        True
    """
    check_tensor(x, "x", shape=("N", "D"), floating=True, finite=True)
    check_positive_int(k, "k")
    rows, width = x.shape
    require(rows >= 2, f"x must hold at least two rows; got {rows}")
    require(k <= min(rows, width), f"k must be at most min(N, D) = {min(rows, width)}; got {k}")
    mean = x.mean(0)
    _, s, vh = torch.linalg.svd(x - mean, full_matrices=False)  # rows of vh: axes
    components = vh[:k]
    largest = components.gather(1, components.abs().argmax(1, keepdim=True))
    return PCA(mean, components * largest.sign(), s[:k].square() / (rows - 1))


def _basis(rows: Tensor, name: str) -> Tensor:
    """Return an orthonormal basis (D, K) of the span of rows that are linearly independent."""
    u: Tensor
    u, s, _ = torch.linalg.svd(rows.T, full_matrices=False)
    rank = int((s > s[0] * max(rows.shape) * torch.finfo(rows.dtype).eps).sum())
    require(rank == len(rows), f"{name} must have linearly independent rows; got {len(rows)} of rank {rank}")
    return u


def principal_angles(a: Tensor, b: Tensor) -> Tensor:
    r"""Return the angles between the spans of two sets of rows, the largest first.

    .. math:: \theta_k = \arctan_2(\sin\theta_k, \cos\theta_k), \quad \cos\theta_k = \sigma_k(Q_a^\top Q_b),
              \quad \sin\theta_k = \sigma_k\bigl((I - Q_a Q_a^\top) Q_b\bigr)

    :math:`Q_a, Q_b` are orthonormal bases. The cosine alone loses half of the digits of a small angle, the
    sine those of a large one.

    Args:
        a: rows that span the first subspace, linearly independent, orthonormal or not.
        b: the same for the second; of the two sets the smaller one sets the number of angles.

    Shape:
        a: (K, D), b: (L, D); returns (min(K, L),).

    Units:
        Radians, in [0, pi/2].

    Raises:
        TypeError: a or b is no floating-point tensor.
        ValueError: the widths differ, a set is empty, or its rows are not linearly independent.

    Source:
        Björck & Golub 1973, section 2 for the cosines and section 3 for the sines.

    Example:
        >>> x, y = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 2.0]])
        >>> round(principal_angles(x, y).item(), 4)
        1.5708
    """
    check_tensor(a, "a", shape=("K", "D"), floating=True, finite=True)
    check_tensor(b, "b", shape=("L", a.shape[1]), floating=True, finite=True)
    for rows, name in ((a, "a"), (b, "b")):
        require(0 < len(rows) <= a.shape[1], f"{name} must hold 1 ... {a.shape[1]} rows; got {len(rows)}")
    large, small = sorted((_basis(a, "a"), _basis(b, "b")), key=lambda q: -q.shape[1])
    across = large.T @ small
    cosines = torch.linalg.svdvals(across).clamp(max=1).flip(0)
    sines = torch.linalg.svdvals(small - large @ across).clamp(max=1)
    return torch.atan2(sines, cosines)
