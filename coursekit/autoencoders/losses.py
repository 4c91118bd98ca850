"""Reconstruction losses: what a decoder's outputs cost against the pixels, one number a sample."""

__all__ = ["losses", "pixels", "reconstruction_loss"]

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_choice, check_in_unit, check_positive, check_tensor

_Pointwise = Callable[[Tensor, Tensor, float], Tensor]
_LOSSES: dict[str, _Pointwise] = {
    "squared": lambda outputs, x, _: F.mse_loss(outputs, x, reduction="none"),
    "bernoulli": lambda outputs, x, _: F.binary_cross_entropy_with_logits(outputs, x, reduction="none"),
    "absolute": lambda outputs, x, _: F.l1_loss(outputs, x, reduction="none"),
    "huber": lambda outputs, x, delta: F.huber_loss(outputs, x, reduction="none", delta=delta),
}


def losses() -> tuple[str, ...]:
    """Return the names that :func:`reconstruction_loss` knows.

    Example:
        >>> losses()
        ('squared', 'bernoulli', 'absolute', 'huber')
    """
    return tuple(_LOSSES)


def pixels(outputs: Tensor, loss: str) -> Tensor:
    r"""Turn a decoder's outputs into pixel values: by the sigmoid for "bernoulli", as they are otherwise.

    Args:
        outputs: what a decoder returned.
        loss: the loss that the decoder was trained with.

    Shape:
        outputs: any; returned with the same shape.

    Raises:
        ValueError: the loss is unknown.

    Example:
        >>> pixels(torch.zeros(2), "bernoulli").tolist()
        [0.5, 0.5]
    """
    check_choice(loss, "loss", losses())
    return torch.sigmoid(outputs) if loss == "bernoulli" else outputs


def reconstruction_loss(outputs: Tensor, x: Tensor, *, loss: str = "squared", delta: float = 1.0) -> Tensor:
    r"""Return what the outputs cost against x, one number a sample, summed over its entries.

    .. math:: \ell(\hat x, x) = \sum_{i=1}^{D} \ell_i, \quad \ell_i = (\hat x_i - x_i)^2,\;
              \log(1 + e^{a_i}) - a_i x_i,\; |\hat x_i - x_i| \text{ or Huber's } h_\delta(\hat x_i - x_i)

    :math:`a` are logits, the outputs of a decoder for "bernoulli";
    :math:`h_\delta(e) = e^2 / 2` up to :math:`|e| = \delta` and :math:`\delta (|e| - \delta / 2)` beyond.

    Args:
        outputs: what the decoder returned.
        x: the target; in [0, 1] for "bernoulli".
        loss: "squared", "bernoulli", "absolute" or "huber".
        delta: where Huber's loss turns from a square into a line, above 0.

    Shape:
        outputs, x: (B, ...); returns (B,).

    Units:
        Summed over the entries of a sample: nats for "bernoulli", squared or plain pixel units otherwise.

    Raises:
        TypeError: outputs or x is no floating-point tensor.
        ValueError: the shapes differ, x is outside [0, 1] for "bernoulli", the loss is unknown, or delta
            is not above 0.

    Source:
        Goodfellow, Bengio & Courville 2016, section 14.3; Huber 1964 for the last.

    Example:
        >>> reconstruction_loss(torch.zeros(1, 2), torch.tensor([[1.0, 2.0]])).tolist()
        [5.0]
    """
    check_choice(loss, "loss", losses())
    check_tensor(x, "x", floating=True)
    check_tensor(outputs, "outputs", shape=tuple(x.shape), floating=True)
    check_positive(delta, "delta")
    if loss == "bernoulli":
        check_in_unit(x, "x")
    return _LOSSES[loss](outputs, x, delta).flatten(1).sum(1)
