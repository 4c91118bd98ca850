"""Layers between the layers: batch norm by hand, and what dropout adds to a squared error."""

__all__ = ["batch_norm", "dropout_cost", "modes", "noise_of_dropout", "sigmoid_slope"]

import torch
from torch import Tensor

from coursekit._check import check_positive, check_tensor, require
from coursekit.experiments.ae_parts import digits_in_three
from coursekit.experiments.bench import seeded
from coursekit.experiments.prac_stack import Outcome


def batch_norm(h: Tensor, scale: Tensor, shift: Tensor, *, eps: float = 1e-5) -> Tensor:
    r"""Normalise each unit over the batch, then give it a scale and a shift.

    .. math:: \hat h_{bj} = \gamma_j \frac{h_{bj} - m_j}{\sqrt{v_j + \varepsilon}} + \beta_j, \quad
              m_j = \frac1B \sum_b h_{bj}, \quad v_j = \frac1B \sum_b (h_{bj} - m_j)^2

    Args:
        h: what a linear layer puts out.
        scale: :math:`\gamma`.
        shift: :math:`\beta`.
        eps: :math:`\varepsilon`, above 0.

    Shape:
        h: (B, H), B at least 2; scale, shift: (H,); returns (B, H).

    Raises:
        TypeError: h is no floating-point tensor.
        ValueError: the shapes do not fit, or the batch holds fewer than two rows.

    Source:
        Ioffe and Szegedy (2015), Batch normalization, algorithm 1.

    Example:
        >>> batch_norm(torch.tensor([[0.0], [2.0]]), torch.ones(1), torch.ones(1), eps=1e-9).tolist()
        [[0.0], [2.0]]
    """
    check_tensor(h, "h", shape=("B", "H"), floating=True)
    require(len(h) >= 2, f"h must hold at least two rows to have a variance; got {len(h)}")
    for name, value in (("scale", scale), ("shift", shift)):
        check_tensor(value, name, shape=(h.shape[1],), floating=True)
    check_positive(eps, "eps")
    centred = h - h.mean(0)
    return scale * centred / (centred.square().mean(0) + eps).sqrt() + shift


def noise_of_dropout(weight: Tensor, h: Tensor, p: float) -> Tensor:
    r"""Return what dropout on the units before a linear output adds to the expected squared error.

    .. math:: \mathbb{E}_r \Bigl\lVert W \frac{r \odot h}{1 - p} + c - x \Bigr\rVert^2
              = \lVert W h + c - x \rVert^2 + \frac{p}{1 - p} \sum_j h_j^2 \lVert w_j \rVert^2

    :math:`r_j` is 0 with probability p, else 1; :math:`w_j` is column j of W.

    Args:
        weight: W.
        h: the units.
        p: probability of a zero, in [0, 1).

    Shape:
        weight: (D, H); h: (B, H); returns (B,).

    Units:
        Summed over the outputs.

    Raises:
        TypeError: a tensor is none, or not floating.
        ValueError: the shapes do not fit, or p is out of range.

    Example:
        >>> noise_of_dropout(torch.ones(2, 1), torch.tensor([[3.0]]), 0.5).tolist()
        [18.0]
    """
    check_tensor(weight, "weight", shape=("D", "H"), floating=True)
    check_tensor(h, "h", shape=("B", weight.shape[1]), floating=True)
    require(0 <= p < 1, f"p must be at least 0 and below 1; got {p}")
    return p / (1 - p) * (h.square() @ weight.square().sum(0))


def sigmoid_slope(a: Tensor, x: Tensor) -> Tensor:
    r"""Return the derivative, by the logit, of the squared error behind a sigmoid.

    .. math:: \frac{\partial (\hat x - x)^2}{\partial a} = 2 (\hat x - x)\, \hat x (1 - \hat x), \quad
              \hat x = \frac{1}{1 + e^{-a}}

    Args:
        a: logits.
        x: pixels.

    Shape:
        a, x: the same; returned with it.

    Raises:
        TypeError: a or x is no floating-point tensor.
        ValueError: the shapes differ.

    Example:
        >>> sigmoid_slope(torch.zeros(1), torch.ones(1)).tolist()
        [-0.25]
    """
    check_tensor(a, "a", floating=True)
    check_tensor(x, "x", shape=tuple(a.shape), floating=True)
    y = torch.sigmoid(a)
    return 2 * (y - x) * y * (1 - y)


@torch.no_grad()
def dropout_cost(outcome: Outcome, *, p: float = 0.2) -> tuple[float, ...]:
    """Return, a run each, what dropout before the output would add to the test error, over that error.

    Args:
        outcome: networks with one hidden layer on each side, trained without dropout.
        p: probability of a zero.
    """
    x, told = digits_in_three().x_test, []
    for trained in outcome.runs:
        model = trained.model
        z = model.encode(x)
        h = model.decoder[1](model.decoder[0](z))  # type: ignore[index, operator]
        last = model.decoder[2]  # type: ignore[index]
        told.append((noise_of_dropout(last.weight, h, p).mean() / (64 * trained.test)).item())  # type: ignore[union-attr]
    return tuple(told)


@torch.no_grad()
def modes(outcome: Outcome) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the test errors in evaluation and in training mode, a run each; the models stay as they are.

    Args:
        outcome: networks with batch norm, dropout, or both.
    """
    x, right, wrong = digits_in_three().x_test, [], []
    for seed, trained in enumerate(outcome.runs):
        model = trained.model
        state = {name: value.clone() for name, value in model.state_dict().items()}
        right.append(model.eval().loss(x).reconstruction.item() / 64)
        wrong.append(model.train().loss(x, generator=seeded(seed)).reconstruction.item() / 64)
        model.load_state_dict(state)  # batch norm counts every look in training mode
        model.eval()
    return tuple(right), tuple(wrong)
