"""Likelihoods in bits a dimension."""

__all__ = ["bits_per_dim"]

import math

from torch import Tensor

from coursekit._check import check_positive_int, check_tensor


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
        >>> import torch
        >>> bits_per_dim(torch.tensor([64 * math.log(2)]), 64).tolist()
        [1.0]
    """
    check_tensor(nll, "nll", floating=True)
    return nll / (check_positive_int(dims, "dims") * math.log(2))
