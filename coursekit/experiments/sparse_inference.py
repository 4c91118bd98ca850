"""How far the encoder's one step is from the best code of a fixed dictionary, a convex problem."""

__all__ = ["InferenceResult", "code_costs", "proximal_codes", "run"]

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from coursekit._check import check_positive, check_positive_int, check_tensor
from coursekit.experiments.bench import plan
from coursekit.experiments.sparse_codes import EPOCHS, split, trained


class InferenceResult(NamedTuple):
    """One entry a seed: the cost of the encoder's codes, and after each number of steps (S, T), a sample."""

    seeds: tuple[int, ...]
    steps: tuple[int, ...]
    encoder: tuple[float, ...]
    proximal: tuple[tuple[float, ...], ...]


def code_costs(z: Tensor, x: Tensor, dictionary: Tensor, weight: float) -> Tensor:
    r"""Return what each code costs: its squared error, and its absolute values times the weight.

    .. math:: c(z) = \|x - W z\|_2^2 + \lambda \|z\|_1

    Args:
        z: codes.
        x: what they should add up to.
        dictionary: W.
        weight: :math:`\lambda`, 0 or more.

    Shape:
        z: (B, K); x: (B, D); dictionary: (D, K); returns (B,).

    Raises:
        TypeError: an argument is no floating-point tensor, or the weight no number.
        ValueError: the shapes do not fit, or the weight is negative.
    """
    check_tensor(dictionary, "dictionary", shape=("D", "K"), floating=True)
    check_tensor(x, "x", shape=("B", dictionary.shape[0]), floating=True)
    check_tensor(z, "z", shape=(len(x), dictionary.shape[1]), floating=True)
    check_positive(weight, "weight", zero=True)
    return (x - z @ dictionary.T).square().sum(1) + weight * z.abs().sum(1)


def proximal_codes(
    x: Tensor, dictionary: Tensor, weight: float, *, steps: int, start: Tensor | None = None
) -> Tensor:
    r"""Return non-negative codes after some steps of gradient descent, each followed by a soft threshold.

    .. math:: z \leftarrow \max\bigl(z - \eta\, 2 W^\top (W z - x) - \eta \lambda,\; 0\bigr), \qquad
              \eta = \frac{1}{2 \|W\|_2^2}

    The threshold is what makes exact zeros: a step of the gradient alone would pass by them.

    Args:
        x: samples.
        dictionary: W.
        weight: :math:`\lambda`, 0 or more.
        steps: 0 or more.
        start: the codes to begin with; zeros when None.

    Shape:
        x: (B, D); dictionary: (D, K); start: (B, K); returns (B, K).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: the shapes do not fit, or a number is negative.

    Source:
        Daubechies, Defrise & De Mol 2004, the step with its threshold.
    """
    check_positive_int(steps, "steps", minimum=0)
    z = x.new_zeros(len(x), dictionary.shape[1]) if start is None else start
    code_costs(z, x, dictionary, weight)
    rate = 0.5 / torch.linalg.matrix_norm(dictionary, 2).square()
    for _ in range(steps):
        z = (z - rate * (2 * (z @ dictionary.T - x) @ dictionary + weight)).clamp_min(0)
    return z


@torch.no_grad()
def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, steps: Sequence[int] = (0, 1, 3, 10, 30, 100, 300),
    epochs: int = EPOCHS, fast: bool = False,
) -> InferenceResult:  # fmt: skip
    """Start from the encoder's codes of the test digits and improve them for the decoder as it is.

    Args:
        seeds: of the case "L1 0.1".
        steps: at which the cost is taken, none below 0.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or a count is too small.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    encoder, proximal = [], []
    for seed in seeds:
        model = trained("L1 0.1", seed, epochs)
        decoder = cast(nn.Linear, model.decoder[0])
        dictionary, x = cast(Tensor, decoder.columns), split().x_test - decoder.bias
        z = model.encode(split().x_test)
        cost = [code_costs(proximal_codes(x, dictionary, model.weight, steps=count, start=z), x, dictionary,
                           model.weight).mean().item() for count in steps]  # fmt: skip
        encoder.append(code_costs(z, x, dictionary, model.weight).mean().item())
        proximal.append(tuple(cost))
    return InferenceResult(seeds, tuple(steps), tuple(encoder), tuple(proximal))
