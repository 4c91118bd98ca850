"""Rectified neurons that no training row switches on any more, by the size of the step."""

__all__ = ["DyingResult", "run", "silent_share"]

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from coursekit._check import check_tensor, require
from coursekit.experiments.bench import plan
from coursekit.experiments.shallow import digits_by_seed, error_rate, hidden_inputs, start, train

BATCH = 100
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "leaky_relu": F.leaky_relu}


class DyingResult(NamedTuple):
    """Shares of silent neurons and test errors by activation, each (R, S): R learning rates, S seeds."""

    seeds: tuple[int, ...]
    learning_rates: tuple[float, ...]
    silent: dict[str, Tensor]
    error: dict[str, Tensor]


def silent_share(u: Tensor) -> Tensor:
    r"""Return the share of hidden neurons whose net input is positive on no row.

    .. math:: \frac1H \left|\{ j : \max_i u_{ij} \le 0 \}\right|

    A ReLU neuron that is silent on every training row has no gradient there, and no step wakes it.

    Args:
        u: net inputs :math:`u_{ij}` of row i and neuron j.

    Shape:
        u: (..., N, H); returns (...).

    Raises:
        TypeError: if ``u`` is no floating tensor.
        ValueError: if it has fewer than two axes.

    Example:
        >>> silent_share(torch.tensor([[-1.0, 2.0], [-3.0, -1.0]]))
        tensor(0.5000)
    """
    check_tensor(u, "u", floating=True)
    require(u.ndim >= 2, f"u must have shape (..., N, H); got {tuple(u.shape)}")
    return (u.amax(-2) <= 0).to(u.dtype).mean(-1)


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, learning_rates: Sequence[float] = (0.1, 1.0, 2.0, 3.0),
    steps: int = 150, fast: bool = False,
) -> DyingResult:  # fmt: skip
    """Train a 64-128-10 network on the digits with growing step sizes, by ReLU and by leaky ReLU.

    Args:
        seeds: one split, one draw of the weights and one order of the rows each.
        learning_rates: each above zero.
        steps: of gradient descent on 100 rows, 1 or more.
        fast: use two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, ``steps`` is below 1, or a learning rate is not above zero.
    """
    seeds, steps = plan(seeds, steps, fast)
    data, weights = digits_by_seed(seeds), start(seeds, sizes=(64, 128, 10))
    silent: dict[str, Tensor] = {}
    error: dict[str, Tensor] = {}
    for name, f in ACTIVATIONS.items():
        shares, errors = [], []
        for rate in learning_rates:
            done = train(
                weights,
                f,
                data.x_train,
                data.d_train,
                learning_rate=rate,
                steps=steps,
                batch=BATCH,
                seeds=seeds,
            )
            shares.append(silent_share(hidden_inputs(done.weights, data.x_train)))
            errors.append(torch.tensor(error_rate(done.weights, f, data.x_test, data.d_test)))
        silent[name], error[name] = torch.stack(shares), torch.stack(errors)
    return DyingResult(seeds, tuple(learning_rates), silent, error)
