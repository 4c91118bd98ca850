"""A linear autoencoder trained by gradient steps: the plane of PCA, other axes, and saddles on the way."""

__all__ = ["LinearRun", "SaddleRun", "condensed", "run", "saddle"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_tensor, require
from coursekit.autoencoders import DenseAutoencoder, fit_pca, principal_angles
from coursekit.data import digits
from coursekit.experiments.bench import plan, seeded
from coursekit.train import Cosine

STEPS, RATE, EVERY = 1000, 1e-2, 20
NUDGED_STEPS, NUDGE = 400, 1e-3


class LinearRun(NamedTuple):
    """What training without a nonlinearity found, with one row a seed.

    ``ratio`` (S, T) is the training error over that of PCA, every 20 steps, ``test_ratio`` (S,) the same on
    test images at the end. ``angle`` (S,) is the largest angle in degrees between the plane of the decoder
    and that of PCA, ``axis`` (S,) the cosine of the worst decoder column with the component it is nearest
    to, ``correlation`` (S,) the largest correlation of two codes, ``recovered`` (S,) the smallest cosine of
    a component with the one that PCA of the reconstructions finds. ``inverse`` (S,) is the largest entry of
    encoder times decoder minus the identity. ``decoders`` is (S, D, K), ``truncated`` (S, K) the test error
    where only the first 1 ... K codes are kept, ``pca_truncated`` (K,) that of PCA.
    """

    seeds: tuple[int, ...]
    ratio: Tensor
    test_ratio: Tensor
    angle: Tensor
    axis: Tensor
    correlation: Tensor
    recovered: Tensor
    inverse: Tensor
    decoders: Tensor
    truncated: Tensor
    pca_truncated: Tensor


class SaddleRun(NamedTuple):
    """Training from a plane of the wrong components: gradient there, losses (T,) from it and nudged."""

    gradient: float
    start: float
    predicted: float
    best: float
    still: Tensor
    nudged: Tensor


@cache
def _centred() -> tuple[Tensor, Tensor]:
    """Return the digits for training and test, less the training mean, in float64."""
    split = digits(seed=0, dtype=torch.float64)
    mean = split.x_train.mean(0)
    return split.x_train - mean, split.x_test - mean


def condensed(x: Tensor) -> Tensor:
    r"""Return as few rows as there are columns, with the second moments of x.

    .. math:: X = U S V^\top, \qquad R = \sqrt{D / N}\, S V^\top, \qquad \frac1D R^\top R = \frac1N X^\top X

    The squared error of a linear autoencoder without biases depends on the data through their second
    moments alone, so it and all its gradients are the same on both.

    Args:
        x: rows, at least as many as columns.

    Shape:
        x: (N, D) with N >= D; returns (D, D).

    Raises:
        TypeError: x is no floating-point tensor.
        ValueError: x has another shape, or fewer rows than columns.
    """
    check_tensor(x, "x", shape=("N", "D"), floating=True, finite=True)
    rows, width = x.shape
    require(rows >= width, f"x must have at least as many rows as columns; got {rows} and {width}")
    _, s, vh = torch.linalg.svd(x, full_matrices=False)
    found: Tensor = (width / rows) ** 0.5 * s[:, None] * vh
    return found


def _steps(model: DenseAutoencoder, rows: Tensor, steps: int) -> list[float]:
    """Train on all rows at once and return the loss before each step, and at the end."""
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, Cosine(steps))
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model.loss(rows).loss
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.item())
        optimizer.step()
        schedule.step()
    return [*losses, model.loss(rows).loss.item()]


def _weights(model: DenseAutoencoder) -> tuple[Tensor, Tensor]:
    """Return the encoder (K, D) and the decoder (D, K) of a linear autoencoder."""
    encoder, decoder = (
        part.get_submodule("0").get_parameter("weight") for part in (model.encoder, model.decoder)
    )
    return encoder.detach(), decoder.detach()


def _error(x: Tensor, outputs: Tensor) -> float:
    """Return the squared error of an image, summed over pixels."""
    return (x - outputs).square().sum(1).mean().item()


def _measured(model: DenseAutoencoder, k: int) -> dict[str, float | list[float] | Tensor]:
    """Compare a trained linear autoencoder with PCA."""
    x, test = _centred()
    pca, (encoder, decoder) = fit_pca(x, k), _weights(model)
    codes = x @ encoder.T
    cosines = (pca.components @ (decoder / decoder.norm(dim=0))).abs()
    again = fit_pca(codes @ decoder.T, k).components
    apart = torch.corrcoef(codes.T) - torch.eye(k)
    kept = [_error(test, test @ encoder[:j].T @ decoder[:, :j].T) for j in range(1, k + 1)]
    return {
        "test_ratio": kept[-1] / _error(test, pca.reconstruct(test)),
        "angle": torch.rad2deg(principal_angles(decoder.T, pca.components)[0]).item(),
        "axis": cosines.amax(0).min().item(),
        "correlation": apart.abs().max().item(),
        "recovered": (again * pca.components).sum(1).abs().min().item(),
        "inverse": (encoder @ decoder - torch.eye(k)).abs().max().item(),
        "decoders": decoder,
        "truncated": kept,
    }


def run(
    k: int, seeds: Sequence[int] = (0, 1, 2, 3, 4), *, steps: int = STEPS, fast: bool = False
) -> LinearRun:
    """Train linear autoencoders on the digits, from one start a seed, and compare them with PCA.

    Args:
        k: width of the code.
        seeds: of the initial weights.
        steps: Adam steps on all rows, at a rate that falls from 0.01 along half a cosine.
        fast: two seeds and a quarter of the steps.

    Units:
        Errors are squared, summed over the pixels of an image and averaged over images.

    Raises:
        TypeError: steps or k is no int.
        ValueError: there is no seed, or steps or k is below 1.
    """
    used, steps = plan(seeds, steps, fast)
    x, test = _centred()
    pca, rows = fit_pca(x, k), condensed(x)
    floor = _error(x, pca.reconstruct(x))
    curves, found = [], []
    for seed in used:
        model = DenseAutoencoder(x.shape[1], [], k, bias=False, generator=seeded(seed)).double()
        curves.append(_steps(model, rows, steps)[::EVERY])
        found.append(_measured(model, k))
    columns = {
        name: torch.stack([torch.as_tensor(each[name], dtype=torch.float64) for each in found])
        for name in found[0]
    }
    truncated = [_error(test, test @ v.T @ v) for v in (pca.components[:j] for j in range(1, k + 1))]
    return LinearRun(
        used, torch.tensor(curves, dtype=torch.float64) / floor, **columns,
        pca_truncated=torch.tensor(truncated, dtype=torch.float64),
    )  # fmt: skip


def _planted(components: Tensor) -> DenseAutoencoder:
    """Return a linear autoencoder whose encoder and decoder are given orthonormal rows."""
    k, width = components.shape
    model = DenseAutoencoder(width, [], k, bias=False, generator=seeded(0)).double()
    model.load_state_dict({"encoder.0.weight": components, "decoder.0.weight": components.T})
    return model


def saddle(chosen: Sequence[int] = (1, 2, 3, 4, 5, 6, 7, 8), *, fast: bool = False) -> SaddleRun:
    r"""Start training on the digits in the plane of other eigenvectors than the first ones.

    .. math:: J = \operatorname{tr} C - \sum_{k \in I} \lambda_k

    :math:`C` is the covariance with N in the denominator, :math:`\lambda_k` its eigenvalues, I the chosen
    ones. The gradient is zero there; ``nudged`` starts a thousandth away, towards the first component.

    Args:
        chosen: numbers of the eigenvectors, 0 for that of the largest eigenvalue.
        fast: a quarter of the steps.

    Units:
        Errors are squared, summed over the pixels of an image and averaged over images.

    Raises:
        ValueError: a number is negative, doubled, or too large.

    Source:
        Baldi & Hornik 1989, section 3.
    """
    x, _ = _centred()
    pca, rows = fit_pca(x, x.shape[1]), condensed(x)
    eigenvalues = pca.variances * (len(x) - 1) / len(x)
    inside = all(0 <= at < x.shape[1] for at in chosen) and len(set(chosen)) == len(chosen) > 0
    require(inside, f"chosen must hold different numbers from 0 to {x.shape[1] - 1}; got {list(chosen)}")
    at = pca.components[list(chosen)]
    model = _planted(at)
    loss = model.loss(rows).loss
    loss.backward()  # type: ignore[no-untyped-call]
    gradient = sum(p.grad.square().sum().item() for p in model.parameters() if p.grad is not None) ** 0.5
    steps = NUDGED_STEPS // 4 if fast else NUDGED_STEPS
    towards = at.clone()
    towards[-1] += NUDGE * pca.components[0]
    predicted = (eigenvalues.sum() - eigenvalues[list(chosen)].sum()).item()
    best = eigenvalues[len(chosen) :].sum().item()
    still, nudged = (_descent(_planted(basis), rows, steps) for basis in (at, towards))
    return SaddleRun(gradient, loss.item(), predicted, best, torch.tensor(still), torch.tensor(nudged))


def _descent(model: DenseAutoencoder, rows: Tensor, steps: int) -> list[float]:
    """Take plain gradient steps, which stay where the gradient is zero, and return the losses."""
    optimizer, losses = torch.optim.SGD(model.parameters(), 0.05), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model.loss(rows).loss
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    return losses
