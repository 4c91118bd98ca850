"""What makes a code sparse: three penalties, and the rule that keeps only the largest entries."""

__all__ = ["bernoulli_kl_penalty", "l1_penalty", "peak_penalty", "top_k"]

import torch
from torch import Tensor

from coursekit._check import check_in_unit, check_positive, check_positive_int, check_tensor, require


def _codes(z: Tensor, name: str) -> Tensor:
    """Return a batch of codes that holds at least one row and one unit."""
    check_tensor(z, name, shape=("B", "K"), floating=True)
    require(z.numel() > 0, f"{name} must hold at least one code; got shape {tuple(z.shape)}")
    return z


def l1_penalty(z: Tensor) -> Tensor:
    r"""Return the sum of the absolute values of a code, averaged over the batch.

    .. math:: \Omega = \frac1B \sum_{b=1}^{B} \sum_{k=1}^{K} |z_{bk}|

    It asks for small values; zeros appear only where the code's activation has a flat part, as ReLU has.

    Args:
        z: codes.

    Shape:
        z: (B, K); returns a scalar.

    Units:
        Summed over the units, averaged over the batch.

    Raises:
        TypeError: z is no floating-point tensor.
        ValueError: z does not have the shape above, or is empty.

    Source:
        Olshausen & Field 1996, for the sum of absolute values as the cost of a code.

    Example:
        >>> l1_penalty(torch.tensor([[1.0, -2.0], [0.0, 5.0]])).item()
        4.0
    """
    return _codes(z, "z").abs().sum(1).mean()


def bernoulli_kl_penalty(a: Tensor, rho: float) -> Tensor:
    r"""Return the divergence of a target from the mean activation of each unit, summed over the units.

    .. math:: \Omega = \sum_{k=1}^{K} \left( \rho \log\frac{\rho}{\hat\rho_k}
              + (1 - \rho) \log\frac{1 - \rho}{1 - \hat\rho_k} \right), \qquad
              \hat\rho_k = \frac1B \sum_{b=1}^{B} a_{bk}

    :math:`\hat\rho_k` is a mean over the batch, one number a unit. A unit that is constant at
    :math:`\rho` costs nothing, and is not sparse: look at :mod:`coursekit.autoencoders.activity` too.

    Args:
        a: activations in [0, 1], such as those of a sigmoid code: those that the decoder receives.
        rho: target of the mean, above 0 and below 1.

    Shape:
        a: (B, K); returns a scalar.

    Units:
        Nats, summed over the units. A mean of exactly 0 or 1 counts as the nearest one that has a logarithm.

    Raises:
        TypeError: a is no floating-point tensor.
        ValueError: a does not have the shape above, is empty, or leaves [0, 1]; rho is not inside (0, 1).

    Source:
        Ng 2011, CS294A lecture notes on sparse autoencoders.

    Example:
        >>> round(bernoulli_kl_penalty(torch.full((4, 2), 0.5), 0.05).item(), 4)
        0.9893
    """
    check_in_unit(_codes(a, "a"), "a")
    check_positive(rho, "rho")
    require(rho < 1, f"rho must be below 1; got {rho}")
    edge = torch.finfo(a.dtype).eps
    mean = a.mean(0).clamp(edge, 1 - edge)  # (K,)
    return (rho * (rho / mean).log() + (1 - rho) * ((1 - rho) / (1 - mean)).log()).sum()


def peak_penalty(z: Tensor) -> Tensor:
    r"""Return the logarithm of mean over maximum of the absolute values of a code, averaged over the batch.

    .. math:: \Omega = \frac1B \sum_{b=1}^{B} \log \frac{\frac1K \sum_k |z_{bk}|}{\max_k |z_{bk}|}
              \in [-\log K, 0]

    It is least for a code with one entry, 0 for a constant one, and blind to the code's scale.

    Args:
        z: codes; a code of zeros counts as constant.

    Shape:
        z: (B, K); returns a scalar.

    Raises:
        TypeError: z is no floating-point tensor.
        ValueError: z does not have the shape above, or is empty.

    Example:
        >>> round(peak_penalty(torch.eye(8)).item(), 4)
        -2.0794
    """
    size = _codes(z, "z").abs()
    # The smallest number decides nothing but the code of zeros, where it gives log 1 and a gradient of 0.
    least = torch.finfo(z.dtype).tiny
    return ((size.mean(1) + least).log() - (size.amax(1) + least).log()).mean()


def top_k(z: Tensor, k: int) -> Tensor:
    r"""Return the codes with all but the k largest entries of each row set to 0.

    .. math:: \tilde z_{bj} = z_{bj} \text{ if } z_{bj} \text{ is among the } k \text{ largest of row } b,
              \text{ else } 0

    Gradients reach the entries that stay. Of equal entries at the border some stay, so that k do.

    Args:
        z: codes, never changed.
        k: entries that stay, from 1 to K.

    Shape:
        z: (B, K); returns (B, K).

    Raises:
        TypeError: z is no floating-point tensor, or k no int.
        ValueError: z does not have the shape above or is empty, or k is not between 1 and K.

    Source:
        Makhzani & Frey 2013.

    Example:
        >>> top_k(torch.tensor([[3.0, -9.0, 1.0, 2.0]]), 2).tolist()
        [[3.0, 0.0, 0.0, 2.0]]
    """
    width = _codes(z, "z").shape[1]
    check_positive_int(k, "k")
    require(k <= width, f"k must be at most the code's width {width}; got {k}")
    kept = z.topk(k, dim=1, sorted=False)
    return torch.zeros_like(z).scatter(1, kept.indices, kept.values)
