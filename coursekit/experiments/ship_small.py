"""Smaller files: rounding errors against their bound, bits, eight-bit models, zeros and missing units."""

__all__ = [
    "BITS",
    "SHARES",
    "BitsResult",
    "EightResult",
    "PruneResult",
    "Rounding",
    "bits",
    "eight",
    "flops",
    "neighbours",
    "prune",
    "round_to_bits",
    "rounding",
]

import copy
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from coursekit._check import check_positive_int, check_tensor
from coursekit.autoencoders import DenseAutoencoder
from coursekit.experiments.bench import plan
from coursekit.experiments.ship_models import EPOCHS, error, held_out, trained, training
from coursekit.ship import (
    dequantize,
    model_bytes,
    prune_neurons,
    prune_weights,
    quantize_affine,
    quantize_dynamic,
    quantize_weights,
    zero_fraction,
)

BITS = (2, 3, 4, 5, 6, 7, 8)
SHARES = (0.0, 0.25, 0.5, 0.75, 0.9)


class Rounding(NamedTuple):
    """Rounding errors over the scale, (N,), and their root mean square for whole tensors and by row.

    ``spoiled`` and ``spoiled_rows`` are the same root mean squares after one weight was made 30 times as
    large as the largest.
    """

    errors: Tensor
    whole: float
    rows: float
    spoiled: float
    spoiled_rows: float


class BitsResult(NamedTuple):
    """Mean squared difference a pixel from the model's outputs, (S, bits), and the model's own error."""

    seeds: tuple[int, ...]
    bits: tuple[int, ...]
    noise: Tensor
    own: float


class EightResult(NamedTuple):
    """For each version an entry a seed: bytes of its file, test error, largest difference of an output."""

    seeds: tuple[int, ...]
    size: Mapping[str, tuple[int, ...]]
    error: Mapping[str, tuple[float, ...]]
    gap: Mapping[str, tuple[float, ...]]


class PruneResult(NamedTuple):
    """By share removed: test errors (S, shares); bytes, operations and zeros of the first seed's models.

    The ways are "zeros" for weights set to zero, "units" for hidden units taken out by the spread of their
    answers, and "units, by weights" for units taken out by the length of their weights alone.
    """

    seeds: tuple[int, ...]
    shares: tuple[float, ...]
    error: Mapping[str, Tensor]
    size: Mapping[str, tuple[int, ...]]
    operations: Mapping[str, tuple[int, ...]]
    zeros: Mapping[str, tuple[float, ...]]


def flops(model: nn.Module, x: Tensor) -> int:
    """Return the additions and multiplications that a pass takes, as torch counts them.

    Args:
        model: any module.
        x: what it is fed.

    Shape:
        x: (B, ...).
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(x)
    return int(counter.get_total_flops())


def _rms(x: Tensor) -> float:
    return float(x.square().mean().sqrt())


def rounding(seed: int = 0, *, epochs: int = EPOCHS) -> Rounding:
    """Round the first layer's weights to eight bits and look at the errors.

    Args:
        seed: of the model.
        epochs: passes over the training digits.
    """
    weight = cast(nn.Linear, trained(seed, epochs).encoder[0]).weight.detach().double()
    whole = quantize_affine(weight)
    spoiled = weight.clone()
    spoiled[0, 0] = 30 * weight.abs().max()
    # The large weight itself lies on a level: what it does to the others is to be seen.
    others = torch.ones_like(weight, dtype=torch.bool)
    others[0, 0] = False
    errors = [
        _rms((dequantize(quantize_affine(w, by_row=by_row)) - w)[others])
        for w, by_row in ((weight, False), (weight, True), (spoiled, False), (spoiled, True))
    ]
    return Rounding(((dequantize(whole) - weight) / whole.scale).flatten(), *errors)


def round_to_bits(weight: Tensor, count: int) -> Tensor:
    r"""Return each row rounded to :math:`2^n` levels that span zero and the row.

    .. math:: s = \frac{h - l}{2^n - 1}, \qquad \hat w = s\,\bigl(\mathrm{round}(w / s)\bigr)
              \ \text{ cut to } \ [s\,\mathrm{round}(l / s),\ s\,\mathrm{round}(l / s) + s\,(2^n - 1)]

    Args:
        weight: rows; h and l are the largest and smallest of a row and zero.
        count: n, from 2 on.

    Shape:
        weight: (R, C); returned with the same shape.

    Raises:
        TypeError: weight is no floating tensor, or count no int.
        ValueError: weight has another shape, or count is below 2.
    """
    check_tensor(weight, "weight", shape=("R", "C"), floating=True, finite=True)
    steps = 2 ** check_positive_int(count, "count", minimum=2) - 1
    low, high = weight.amin(1, keepdim=True).clamp(max=0), weight.amax(1, keepdim=True).clamp(min=0)
    scale = (high - low) / steps
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    least = torch.round(low / scale)
    return scale * torch.round(weight / scale).clamp(least, least + steps)


def neighbours(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, times: Sequence[int] = (1, 4, 16), epochs: int = EPOCHS,
    fast: bool = False,
) -> Tensor:  # fmt: skip
    """Return by how much an image's outputs change with the brightness of its neighbour in the batch.

    Args:
        seeds: one model each, quantised dynamically.
        times: what the neighbour is multiplied by.
        epochs: passes over the training digits.
        fast: two seeds, a quarter of the epochs.

    Shape:
        Returns (S, times): the largest difference of a pixel from the outputs without a neighbour.

    Raises:
        CourseError: this torch cannot quantise dynamically.
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    x = held_out()[:2]
    rows = []
    for seed in seeds:
        model = cast(DenseAutoencoder, quantize_dynamic(trained(seed, epochs)))
        alone = model.reconstruct(x[:1])
        pairs = (model.reconstruct(torch.cat([x[:1], k * x[1:]]))[:1] for k in times)
        rows.append([float((pair - alone).abs().max()) for pair in pairs])
    return torch.tensor(rows)


@torch.no_grad()
def _rounded(model: DenseAutoencoder, count: int) -> DenseAutoencoder:
    inner = copy.deepcopy(model)
    for layer in inner.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.copy_(round_to_bits(layer.weight.double(), count))
    return inner


def bits(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> BitsResult:
    """Round all weights to 2 to 8 bits and compare the outputs with those of the model.

    Args:
        seeds: one model each.
        epochs: passes over the training digits.
        fast: two seeds, a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    x = held_out()
    models = [trained(seed, epochs) for seed in seeds]
    noise = [
        [error(_rounded(m, n).reconstruct, x, m.reconstruct(x)) / x.shape[1] for n in BITS] for m in models
    ]
    own = sum(error(m.reconstruct, x) for m in models) / len(models) / x.shape[1]
    return BitsResult(seeds, BITS, torch.tensor(noise), own)


def _largest(model: DenseAutoencoder, wanted: Tensor) -> float:
    return float((model.reconstruct(held_out()) - wanted).abs().max())


def eight(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> EightResult:
    """Put models into eight bits by two ways and measure file, error and difference.

    Args:
        seeds: one model each.
        epochs: passes over the training digits.
        fast: two seeds, a quarter of the epochs.

    Raises:
        CourseError: this torch cannot quantise dynamically.
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    x = held_out()
    models = {"float32": [trained(seed, epochs) for seed in seeds]}
    models["weights in int8"] = [cast(DenseAutoencoder, quantize_weights(m)) for m in models["float32"]]
    models["dynamic int8"] = [cast(DenseAutoencoder, quantize_dynamic(m)) for m in models["float32"]]
    wanted = [m.reconstruct(x) for m in models["float32"]]
    gaps = {name: tuple(_largest(m, want) for m, want in zip(own, wanted, strict=True))
            for name, own in models.items()}  # fmt: skip
    return EightResult(
        seeds,
        {name: tuple(model_bytes(m) for m in own) for name, own in models.items()},
        {name: tuple(error(m.reconstruct, x) for m in own) for name, own in models.items()},
        gaps,
    )


def _cut(model: DenseAutoencoder, share: float) -> dict[str, DenseAutoencoder]:
    made = {
        "zeros": prune_weights(model, share),
        "units": prune_neurons(model, share, x=training()),
        "units, by weights": prune_neurons(model, share),
    }
    return {name: cast(DenseAutoencoder, own) for name, own in made.items()}


def prune(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, shares: Sequence[float] = SHARES, epochs: int = EPOCHS,
    fast: bool = False,
) -> PruneResult:  # fmt: skip
    """Prune weights, and units chosen by two rules, without training afterwards.

    Args:
        seeds: one model each.
        shares: of the weights, or of the hidden units of each layer.
        epochs: passes over the training digits.
        fast: two seeds, a quarter of the epochs.

    Raises:
        ValueError: there is no seed, epochs is below 1, or a share is out of range.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    x = held_out()
    cuts = [[_cut(trained(seed, epochs), share) for share in shares] for seed in seeds]
    names = list(cuts[0][0])
    first = {name: [cut[name] for cut in cuts[0]] for name in names}
    return PruneResult(
        seeds,
        tuple(shares),
        {n: torch.tensor([[error(cut[n].reconstruct, x) for cut in row] for row in cuts]) for n in names},
        {name: tuple(model_bytes(m) for m in own) for name, own in first.items()},
        {name: tuple(flops(m, x[:1]) for m in own) for name, own in first.items()},
        {name: tuple(zero_fraction(m) for m in own) for name, own in first.items()},
    )
