"""Pruning: small weights at zero, which saves nothing by itself, or whole neurons out, which does."""

__all__ = ["prune_neurons", "prune_weights", "zero_fraction"]

import copy
import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor, nn

from coursekit._check import check_positive, check_tensor, require
from coursekit.autoencoders.autoencoder import DenseAutoencoder
from coursekit.autoencoders.layers import GeneratorDropout
from coursekit.dense import activations, linear, make_activation
from coursekit.ship.parts import untied

_WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)
# One number at a time, so that a neuron can go without its neighbours noticing.
_POINTWISE = (*{type(make_activation(name)) for name in activations()}, nn.Dropout, GeneratorDropout)


def _weights(model: nn.Module) -> list[Tensor]:
    """Return the weights that pruning looks at, each once."""
    found = {id(m.weight): m.weight for m in model.modules() if isinstance(m, _WEIGHTED)}
    require(len(found) > 0, f"model must hold a linear or convolution layer; got {type(model).__name__}")
    return list(found.values())


def _fraction(value: float) -> Fraction:
    """Return a checked share in [0, 1) as the decimal that was written: 0.7 of 10 is 7, not 6.999."""
    check_positive(value, "fraction", zero=True)
    require(value < 1, f"fraction must be below 1; got {value}")
    return Fraction(str(value))


def zero_fraction(model: nn.Module) -> float:
    """Return the share of zeros among the weights of linear and convolution layers; biases do not count.

    Args:
        model: any module with such a layer.

    Raises:
        ValueError: it holds none.
    """
    weights = _weights(model)
    return sum(int((w == 0).sum()) for w in weights) / sum(w.numel() for w in weights)


@torch.no_grad()
def prune_weights(model: nn.Module, fraction: float) -> nn.Module:
    r"""Return a copy of a model with the smallest weights at zero, all layers taken together.

    .. math:: w \leftarrow w\, \mathbf 1\bigl[|w| > t\bigr], \quad
              t \text{ such that } \lfloor f N \rfloor \text{ of } N \text{ weights go}

    File and time stay the same: a dense layer multiplies by its zeros too.

    Args:
        model: any module with linear or convolution layers; it stays as it is.
        fraction: f, the share to remove, from 0 to below 1; of equal weights the first go.

    Raises:
        TypeError: fraction is no number.
        ValueError: fraction is out of range, or the model holds no such layer.

    Source:
        Han, Pool, Tran & Dally (2015), Learning both weights and connections, section 3.
    """
    inner = copy.deepcopy(model)
    weights = _weights(inner)
    sizes = torch.cat([w.abs().flatten() for w in weights])
    gone = math.floor(_fraction(fraction) * len(sizes))
    mask = torch.ones_like(sizes, dtype=torch.bool)
    mask[sizes.argsort(stable=True)[:gone]] = False
    for weight, part in zip(weights, torch.split(mask, [w.numel() for w in weights]), strict=True):
        weight.mul_(part.view_as(weight))
    return inner


class _Hidden(NamedTuple):
    """A hidden layer of a chain: where its two linear layers stand, and what stands between them."""

    chain: nn.Sequential
    first: int
    last: int

    def between(self) -> nn.Sequential:
        """Return the pointwise layers between the two."""
        return nn.Sequential(*list(self.chain)[self.first + 1 : self.last])

    def ends(self) -> tuple[nn.Linear, nn.Linear]:
        """Return the two linear layers."""
        layers = list(self.chain)
        first, last = layers[self.first], layers[self.last]
        if not isinstance(first, nn.Linear) or not isinstance(last, nn.Linear):
            raise TypeError("a hidden layer must lie between two linear layers")
        return first, last


def _hidden_layers(model: nn.Module) -> Iterator[_Hidden]:
    """Yield every hidden layer whose neurons can be taken out: linear, pointwise layers, linear."""
    for chain in model.modules():
        if not isinstance(chain, nn.Sequential):
            continue
        places = [place for place, layer in enumerate(chain) if type(layer) is nn.Linear]
        for first, last in itertools.pairwise(places):
            if all(isinstance(layer, _POINTWISE) for layer in list(chain)[first + 1 : last]):
                yield _Hidden(chain, first, last)


@torch.no_grad()
def _fold_batch_norm(model: nn.Module) -> None:
    """Put every batch norm that follows a linear layer into that layer: in evaluation both are linear."""
    for owner in list(model.modules()):
        if not isinstance(owner, nn.Sequential):
            continue
        kept: list[nn.Module] = []
        for layer in owner:
            before = kept[-1] if kept else None
            if (
                isinstance(layer, nn.BatchNorm1d)
                and type(before) is nn.Linear
                and layer.running_mean is not None
            ):
                kept[-1] = _folded(before, layer)
            else:
                kept.append(layer)
        if len(kept) < len(owner):
            # In place, since the model may hold this sequence under any name.
            del owner[:]
            owner.extend(kept)


def _folded(layer: nn.Linear, norm: nn.BatchNorm1d) -> nn.Linear:
    """Return the linear layer that does what a linear layer and a batch norm do."""
    mean, var = norm.running_mean, norm.running_var
    if mean is None or var is None:
        raise ValueError("batch norm must keep running statistics to be folded; got none")
    gain = (var + norm.eps).rsqrt()
    if norm.weight is not None:
        gain = gain * norm.weight
    shift = -mean * gain if norm.bias is None else norm.bias - mean * gain
    own = _bias(layer)
    bias = shift if own is None else shift + own * gain
    return _linear_of(layer.weight * gain[:, None], bias)


def _bias(layer: nn.Module) -> Tensor | None:
    """Return a layer's bias: torch's stubs take it for certain, a layer may lack it."""
    bias = getattr(layer, "bias", None)
    return bias if isinstance(bias, Tensor) else None


def _linear_of(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    """Return a linear layer with these values."""
    layer = linear(weight.shape[1], weight.shape[0], bias=bias is not None).to(weight)
    layer.weight.data.copy_(weight)
    if bias is not None:
        layer.bias.data.copy_(bias)
    return layer


def _activity(model: nn.Module, hidden: list[_Hidden], x: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return the mean and spread of every hidden neuron over the samples."""
    seen: list[list[Tensor]] = [[] for _ in hidden]
    hooks = [
        part.chain[part.last].register_forward_pre_hook(
            lambda _, inputs, rows=rows: rows.append(inputs[0].detach().flatten(0, -2))
        )
        for part, rows in zip(hidden, seen, strict=True)
    ]
    try:
        model(x)
    finally:
        for hook in hooks:
            hook.remove()
    require(all(seen), "every hidden layer must be reached by a pass; got one that x does not reach")
    return [(torch.cat(rows).mean(0), torch.cat(rows).std(0, correction=0)) for rows in seen]


def _keep(scores: Tensor, share: Fraction) -> Tensor:
    """Return the places of the neurons that stay, in their order; at least one does."""
    gone = min(math.floor(share * len(scores)), len(scores) - 1)
    return scores.argsort(stable=True)[gone:].sort().values


@torch.no_grad()
def _shrink(part: _Hidden, share: Fraction, activity: tuple[Tensor, Tensor] | None) -> None:
    """Take the least useful neurons out of one hidden layer, their constant share kept in the next bias."""
    first, last = part.ends()
    outgoing = last.weight.norm(dim=0)
    own, end = _bias(first), _bias(last)
    if activity is None:
        rows: Tensor = own if own is not None else first.weight.new_zeros(first.out_features)
        constant: Tensor = part.between()(rows)
        scores = first.weight.norm(dim=1) * outgoing
    else:
        constant, spread = activity
        scores = spread * outgoing
    stay = _keep(scores, share)
    gone = torch.ones_like(scores, dtype=torch.bool)
    gone[stay] = False
    moved = last.weight[:, gone] @ constant[gone]
    part.chain[part.first] = _linear_of(first.weight[stay], None if own is None else own[stay])
    if end is not None or bool(moved.any()):
        end = moved if end is None else moved + end
    part.chain[part.last] = _linear_of(last.weight[:, stay], end)


def prune_neurons(model: nn.Module, fraction: float, *, x: Tensor | None = None) -> nn.Module:
    r"""Return a copy of a model, in evaluation mode, with the least useful hidden neurons taken out.

    .. math:: u_j = \|W^{(1)}_{j\cdot}\|\, \|W^{(2)}_{\cdot j}\| \quad\text{or, with samples,}\quad
              u_j = \operatorname{sd}_x(h_j)\, \|W^{(2)}_{\cdot j}\|, \qquad
              b^{(2)} \leftarrow b^{(2)} + \sum_{j \text{ gone}} W^{(2)}_{\cdot j}\, c_j

    The layers really shrink. :math:`c_j` is the neuron's value when its incoming weights are zero, or its
    mean over the samples: a neuron with no incoming or no outgoing weight goes without a trace.

    Args:
        model: any module; its hidden layers are those between two linear layers of one ``nn.Sequential``
            with pointwise layers between. It stays as it is; ties are cut, batch norms folded.
        fraction: share of each hidden layer to remove, from 0 to below 1; at least one neuron stays.
        x: samples to judge neurons by, or None to judge by the weights alone.

    Shape:
        x: what the model takes, (B, ...).

    Raises:
        TypeError: fraction is no number, or x no floating tensor.
        ValueError: fraction is out of range, x holds no sample, or the model has no such hidden layer.
    """
    share = _fraction(fraction)
    inner = untied(model).eval()
    _fold_batch_norm(inner)
    hidden = list(_hidden_layers(inner))
    require(len(hidden) > 0, f"model must hold a hidden layer of neurons; got {type(model).__name__} without")
    measured: list[tuple[Tensor, Tensor]] | list[None] = [None] * len(hidden)
    if x is not None:
        check_tensor(x, "x", floating=True, finite=True)
        require(len(x) > 0, "x must hold at least one sample; got none")
        with torch.no_grad():
            measured = _activity(inner, hidden, x)
    for part, activity in zip(hidden, measured, strict=True):
        _shrink(part, share, activity)
    if isinstance(inner, DenseAutoencoder):
        _restate(inner)
    return inner


def _restate(model: DenseAutoencoder) -> None:
    """Let a shrunk autoencoder's ``config`` say what it now is, so that it can be saved and built again."""
    linears = [layer for layer in model.encoder if type(layer) is nn.Linear]
    ends = [layer for layer in model.decoder if type(layer) is nn.Linear]
    model.hidden_dims = tuple(layer.out_features for layer in linears[:-1])
    model.tied, model.batch_norm = False, False
    bare = [layer for layer in [*linears, *ends] if _bias(layer) is None]
    model.bias = len(bare) < len(linears) + len(ends)
    for layer in bare if model.bias else []:
        layer.bias = nn.Parameter(layer.weight.new_zeros(layer.out_features))
