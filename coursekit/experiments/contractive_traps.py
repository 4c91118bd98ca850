"""Random probes measured against their formula, and the usual recipes for the penalty that go wrong."""

__all__ = [
    "ProbeScatter",
    "batch_norm_trap",
    "batch_summed",
    "constant_penalty",
    "probe_scatter",
    "unit_probe",
]

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from coursekit._check import require
from coursekit.autoencoders import ContractiveAutoencoder, hutchinson, hutchinson_variance
from coursekit.autoencoders.jacobian import jacobian
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.contractive_sweep import images


class ProbeScatter(NamedTuple):
    """Scatter of estimates for one image over the exact value, (2, S, P), measured and by formula.

    The first axis is the distribution, Gaussian then Rademacher. ``bias`` (2, S) is the mean of all estimates
    with one probe, over the exact value, minus 1.
    """

    seeds: tuple[int, ...]
    probes: tuple[int, ...]
    measured: Tensor
    formula: Tensor
    bias: Tensor


def probe_scatter(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, probes: Sequence[int] = (1, 2, 4, 8, 16, 32),
    draws: int = 1000, fast: bool = False,
) -> ProbeScatter:  # fmt: skip
    """Estimate the penalty of one image many times, by several numbers of probes, in an untrained network.

    Args:
        seeds: one network of 64, 64 and 16 units each.
        probes: vectors an estimate.
        draws: estimates.
        fast: two seeds, a quarter of the draws.

    Raises:
        TypeError: draws is no int.
        ValueError: there is no seed, or draws is below 1.
    """
    used, draws = plan(seeds, draws, fast)
    kinds = ("gaussian", "rademacher")
    measured, formula = torch.zeros(2, 2, len(used), len(probes), dtype=torch.float64)
    bias = torch.zeros(2, len(used), dtype=torch.float64)
    for s, seed in enumerate(used):
        start = seeded(seed)
        model = ContractiveAutoencoder(64, [64], 16, tied=False, method="autograd", generator=start).double()
        x = images().x_test[seed : seed + 1].double()
        with torch.no_grad():
            j = jacobian(model.encode, x)
            exact = j.square().sum()
            for k, kind in enumerate(kinds):
                generator = seeded(seed)
                for p, count in enumerate(probes):
                    # One image, many times: each row of the batch gets probes of its own.
                    rows = x.expand(draws, -1)
                    found = hutchinson(
                        model.encode, rows, probes=count, distribution=kind, generator=generator
                    )
                    variance = hutchinson_variance(j, probes=count, distribution=kind)
                    measured[k, s, p] = found.std() / exact
                    formula[k, s, p] = variance.sqrt().item() / exact
                    if count == 1:
                        bias[k, s] = found.mean() / exact - 1
    return ProbeScatter(used, tuple(probes), measured, formula, bias)


def unit_probe(j: Tensor, *, draws: int, generator: torch.Generator) -> Tensor:
    r"""Return the mean of :math:`\|v^\top J\|_2^2` over vectors of length one: the squared norm over K.

    Args:
        j: one Jacobian.
        draws: vectors.
        generator: their source.

    Shape:
        j: (K, D); returns a scalar.

    Example:
        >>> round(unit_probe(torch.eye(4), draws=10, generator=torch.Generator().manual_seed(0)).item(), 4)
        1.0
    """
    v = torch.randn(draws, len(j), generator=generator, dtype=j.dtype)
    unit: Tensor = v / v.norm(dim=1, keepdim=True)
    return (unit @ j).square().sum(1).mean()


def batch_summed(encode: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the squared norms of one backward pass for each unit, summed over the batch: a common recipe.

    It is right only where a sample's code depends on nothing but the sample.

    Args:
        encode: an encoder.
        x: samples.

    Shape:
        x: (B, D); returns (B,).

    Example:
        >>> batch_summed(lambda x: 3 * x, torch.ones(2, 1)).tolist()
        [9.0, 9.0]
    """
    leaf = x.detach().clone().requires_grad_()
    z = encode(leaf)
    rows = [torch.autograd.grad(z[:, k].sum(), leaf, retain_graph=True)[0] for k in range(z.shape[1])]
    norms: Tensor = torch.stack(rows).square().sum((0, 2))
    return norms


def batch_norm_trap(seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> tuple[Tensor, Tensor]:
    """Return the batch-summed penalty of a batch-normalised encoder, and the one of every derivative's own.

    In training mode a code depends on all images of the batch. The right number takes the derivative of each
    code by its own image only; the recipe adds those by the other images before it squares.

    Args:
        seeds: one encoder and one batch of four images each.

    Shape:
        returns two tensors (S,).

    Raises:
        ValueError: there is no seed.
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    wrong, right = [], []
    for seed in seeds:
        # Built as the house builds layers: nothing is drawn from the global generator.
        model = ContractiveAutoencoder(64, [], 8, generator=seeded(seed))
        encode = nn.Sequential(model.encoder[0], nn.BatchNorm1d(8), nn.Sigmoid())
        x = images().x_train[4 * seed : 4 * seed + 4]
        full = torch.func.jacrev(
            lambda t, f=encode: torch.sigmoid(nn.functional.batch_norm(f[0](t), None, None, training=True))
        )(x)
        own = torch.stack([full[b, :, b] for b in range(len(x))])
        wrong.append(batch_summed(encode, x).mean())
        right.append(own.square().sum((1, 2)).mean())
    return torch.stack(wrong), torch.stack(right)


def constant_penalty(seed: int = 0) -> tuple[bool, float]:
    """Build the penalty without ``create_graph``: return whether it has a gradient, and its effect.

    The effect is the largest difference of the weights' gradients with the penalty and without.

    Args:
        seed: of the encoder.
    """
    model = ContractiveAutoencoder(64, [], 16, generator=seeded(seed))
    x = images().x_train[:8]
    leaf = x.clone().requires_grad_()
    z = model.encode(leaf)
    rows = [torch.autograd.grad(z[:, k].sum(), leaf, retain_graph=True)[0] for k in range(16)]
    penalty = torch.stack(rows).square().sum((0, 2)).mean()
    reconstruction = model.error(model(x).outputs, x).mean()
    weight = list(model.parameters())
    plain = torch.autograd.grad(reconstruction, weight, retain_graph=True)
    added = torch.autograd.grad(reconstruction + penalty, weight)
    gap = max((a - b).abs().max().item() for a, b in zip(plain, added, strict=True))
    return penalty.requires_grad, gap
