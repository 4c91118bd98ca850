"""The singular values of an encoder's Jacobian, and whether the large ones point along the data."""

__all__ = ["SpectrumResult", "along", "effective_rank", "run", "shift_directions"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_tensor, require
from coursekit.autoencoders.jacobian import jacobian
from coursekit.experiments.bench import plan
from coursekit.experiments.contractive_sweep import images, trained


class SpectrumResult(NamedTuple):
    """What the Jacobians of trained models are made of, one row a weight and one entry a seed.

    ``values`` (R, S, K) are singular values, mean over the test images; ``rank`` (R, S) their effective rank;
    ``shift`` and ``neighbour`` (R, S) the squared stretch along a shift of the image and along the way to
    its nearest training image, over that along a random direction.
    """

    seeds: tuple[int, ...]
    weights: tuple[float, ...]
    values: Tensor
    rank: Tensor
    shift: Tensor
    neighbour: Tensor


def effective_rank(values: Tensor) -> Tensor:
    r"""Return how many singular values share the squared norm: K where all are equal, 1 where one has it all.

    .. math:: r = \frac{\bigl(\sum_i \sigma_i^2\bigr)^2}{\sum_i \sigma_i^4}, \qquad
              \sum_i \sigma_i^2 = \|J\|_F^2

    Args:
        values: singular values, 0 or more, not all 0.

    Shape:
        values: (..., K); returns (...).

    Raises:
        TypeError: values is no floating-point tensor.

    Source:
        The participation ratio, of the squared singular values.

    Example:
        >>> effective_rank(torch.tensor([[2.0, 2.0, 0.0], [3.0, 0.0, 0.0]])).tolist()
        [2.0, 1.0]
    """
    squares = check_tensor(values, "values", floating=True).square()
    return squares.sum(-1).square() / squares.square().sum(-1)


def along(j: Tensor, directions: Tensor) -> Tensor:
    r"""Return how much more J stretches given directions than random ones, in squares, mean over the samples.

    .. math:: \frac{D}{B} \sum_{b=1}^{B} \frac{\|J_b u_b\|_2^2}{\|u_b\|_2^2 \, \|J_b\|_F^2}

    Args:
        j: Jacobians, none of them zero.
        directions: u, of any length above 0.

    Shape:
        j: (B, K, D); directions: (B, D); returns a scalar.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: the shapes do not fit, or a direction is zero.

    Example:
        >>> along(torch.tensor([[[2.0, 0.0]]]), torch.tensor([[3.0, 0.0]])).item()
        2.0
    """
    check_tensor(j, "j", shape=("B", "K", "D"), floating=True)
    check_tensor(directions, "directions", shape=(len(j), j.shape[2]), floating=True)
    length = directions.square().sum(1)
    require(bool((length > 0).all()), "directions must not be zero; got a zero row")
    stretched = torch.einsum("bkd,bd->bk", j, directions).square().sum(1)
    return (j.shape[2] * stretched / (length * j.square().sum((1, 2)))).mean()


def shift_directions(x: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return the derivative of each image by a shift to the right, from its two shifts by one pixel.

    Args:
        x: flat images, dark at the border.
        shape: height and width.

    Shape:
        x: (B, H W); returned with the same shape.

    Example:
        >>> shift_directions(torch.tensor([[0.0, 2.0, 0.0]]), (1, 3)).tolist()
        [[-1.0, 0.0, 1.0]]
    """
    padded = torch.nn.functional.pad(x.view(-1, *shape), (1, 1))
    return ((padded[:, :, :-2] - padded[:, :, 2:]) / 2).flatten(1)


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, weights: Sequence[float] = (0.0, 0.1, 1.0), tied: bool = True,
    epochs: int = 30, fast: bool = False,
) -> SpectrumResult:  # fmt: skip
    """Take the Jacobians of the models of the sweep at the test images apart.

    Args:
        seeds: one training each.
        weights: of the penalty.
        tied: whether the decoder uses the encoder's weights.
        epochs: of each training.
        fast: two seeds, a quarter of the epochs.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    data = images()
    x = data.x_test
    nearest = data.x_train[torch.cdist(x, data.x_train).argmin(1)] - x
    shifts = shift_directions(x, (8, 8))
    values, rows = [], []
    for weight in weights:
        for seed in used:
            model = trained(seed, weight, tied=tied, epochs=epochs)
            with torch.no_grad():
                j = jacobian(model.encode, x)
            spectrum = torch.linalg.svdvals(j)
            values.append(spectrum.mean(0))
            rows.append([effective_rank(spectrum).mean(), along(j, shifts), along(j, nearest)])
    shape = (len(weights), len(used), -1)
    return SpectrumResult(
        used,
        tuple(weights),
        torch.stack(values).view(shape),
        *torch.tensor(rows).view(shape).permute(2, 0, 1),
    )
