"""What is shipped of a model: one map of tensors, in evaluation mode, cut loose from the original."""

__all__ = ["PARTS", "Part", "part_of", "untied"]

import copy

from torch import Tensor, nn

from coursekit._check import check_choice, require
from coursekit.autoencoders.interface import Autoencoder
from coursekit.autoencoders.layers import TiedLinear
from coursekit.autoencoders.losses import pixels
from coursekit.autoencoders.sparse import UnitColumns
from coursekit.dense import linear

PARTS = ("reconstruct", "encode", "decode")


def _only_checks(model: Autoencoder, name: str) -> bool:
    """Tell whether a public method is the family's own: checks, around ``_encode`` or ``_decode``."""
    return getattr(type(model), name) is getattr(Autoencoder, name)


class Part(nn.Module):
    r"""One of the maps of an autoencoder, without the checks that read values: a graph cannot hold them.

    NaN and infinity pass through instead of being refused: check the input where it comes in. A model that
    overrides ``encode``, ``decode`` or ``forward`` keeps its checks.

    Args:
        model: an autoencoder of the family; it is held, not copied.
        part: "reconstruct" (pixel values), "encode" or "decode".

    Shape:
        forward: x (B, \*input_shape) for "reconstruct" and "encode", z (B, K) for "decode".

    Raises:
        ValueError: the part is unknown.
    """

    def __init__(self, model: Autoencoder, part: str = "reconstruct") -> None:
        super().__init__()
        self.model = model
        self.part = check_choice(part, "part", PARTS)

    def forward(self, x: Tensor) -> Tensor:
        """Return the part's image of x.

        Args:
            x: samples, or codes for "decode".

        Shape:
            x: (B, ...), as the class says.
        """
        model = self.model
        encode = model._encode if _only_checks(model, "encode") else model.encode
        decode = model._decode if _only_checks(model, "decode") else model.decode
        if self.part == "reconstruct" and not _only_checks(model, "forward"):
            # A model with a pass of its own may hand its decoder more than the code.
            return pixels(model(x).outputs, model.likelihood)
        if self.part == "encode":
            return encode(x)
        return pixels(decode(x if self.part == "decode" else encode(x)), model.likelihood)


def part_of(model: nn.Module, part: str = "reconstruct") -> nn.Module:
    """Return a copy of a model, or of a part of an autoencoder, in evaluation mode: what goes into a file.

    A model in training mode would take its noise and dropout with it for good.

    Args:
        model: an autoencoder, or any module that maps one tensor to one tensor; it stays as it is.
        part: "reconstruct", "encode" or "decode" of an autoencoder; another module is taken whole.

    Raises:
        ValueError: the part is unknown, or another module is asked for one.
    """
    check_choice(part, "part", PARTS)
    inner = copy.deepcopy(model).eval().requires_grad_(False)
    if isinstance(inner, Autoencoder):
        return Part(inner, part)
    require(part == "reconstruct", f"part {part!r} needs an autoencoder; got {type(model).__name__}")
    return inner


def _plain_linear(layer: TiedLinear | UnitColumns) -> nn.Linear:
    """Return a linear layer with a copy of the weight that another kind of layer applies."""
    weight = layer.columns if isinstance(layer, UnitColumns) else layer.weight
    outputs, inputs = weight.shape
    own = linear(inputs, outputs, bias=layer.bias is not None).to(weight)
    own.weight.data.copy_(weight.detach())
    if layer.bias is not None:
        own.bias.data.copy_(layer.bias.detach())
    return own.train(layer.training)


def untied(model: nn.Module) -> nn.Module:
    """Return a copy of a model whose tied layers and unit columns are plain linear layers of equal weight.

    Args:
        model: any module; it stays as it is.
    """
    inner = copy.deepcopy(model)
    for owner in list(inner.modules()):
        for name, layer in list(owner._modules.items()):
            if isinstance(layer, (TiedLinear, UnitColumns)):
                setattr(owner, name, _plain_linear(layer))
    return inner
