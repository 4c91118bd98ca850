"""The way around a penalty of absolute values: a code divided by c, and columns that are c times as long."""

__all__ = ["Rescaled", "rescale"]

import copy
from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from coursekit._check import check_positive, require
from coursekit.autoencoders import SparseAutoencoder


class Rescaled(NamedTuple):
    """The two terms of the loss, the penalty without its weight, after each factor."""

    factors: tuple[float, ...]
    reconstruction: tuple[float, ...]
    penalty: tuple[float, ...]


@torch.no_grad()
def rescale(model: SparseAutoencoder, x: Tensor, factors: Sequence[float]) -> Rescaled:
    r"""Divide the encoder of one layer by each factor, multiply the decoder's weight by it, take the loss.

    .. math:: f_c(x) = f(x) / c, \qquad W_c = c\, W

    Args:
        model: with one layer on either side, a code activation that passes factors, and a weight above 0;
            never changed.
        x: samples.
        factors: each above 0.

    Shape:
        x: (B, D).

    Raises:
        TypeError: a factor is no number.
        ValueError: a factor is not above 0, or the model is another one.
    """
    straight = model.code_activation in ("linear", "relu") and not model.hidden_dims and model.weight > 0
    require(straight, "model must have one layer on either side, a linear or ReLU code and a weight above 0")
    terms = []
    for factor in factors:
        twin, c = copy.deepcopy(model), check_positive(factor, "each of factors")
        for parameter in twin.encoder[0].parameters():
            parameter.div_(c)
        cast(nn.Linear, twin.decoder[0]).weight.mul_(c)
        terms.append(twin.loss(x))
    return Rescaled(
        tuple(float(factor) for factor in factors),
        tuple(term.reconstruction.item() for term in terms),
        tuple(term.penalty.item() / model.weight for term in terms),
    )
