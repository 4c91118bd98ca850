"""Quantisation to eight bits: by hand, of a model's weights, and by what torch offers."""

__all__ = [
    "Affine",
    "QuantizedLinear",
    "dequantize",
    "model_bytes",
    "quantize_affine",
    "quantize_dynamic",
    "quantize_weights",
]

import importlib
import io
import warnings
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit._check import CourseError, check_tensor, require
from coursekit.ship.parts import untied


class Affine(NamedTuple):
    """Eight-bit values (...), and the scale and zero point that read them: scalars, or (R, 1, ...) by row."""

    values: Tensor
    scale: Tensor
    zero_point: Tensor


def quantize_affine(x: Tensor, *, by_row: bool = False) -> Affine:
    r"""Round numbers to 256 levels between the smallest and the largest of them.

    .. math:: s = \frac{\max(x, 0) - \min(x, 0)}{255}, \quad
              o = \mathrm{round}\bigl(-128 - \min(x, 0) / s\bigr), \quad q =
              \mathrm{clip}\bigl(\mathrm{round}(x / s) + o,\, -128,\, 127\bigr)

    The levels span zero, so that zero is read back as zero exactly; every number is read back to within
    half a scale.

    Args:
        x: numbers, never changed.
        by_row: whether each row along the first axis has levels of its own: rows of small numbers keep
            their digits.

    Shape:
        x: any, (R, ...) with ``by_row``; the values have the same shape.

    Raises:
        TypeError: x is no floating tensor.
        ValueError: x is empty, or not finite.

    Source:
        Jacob et al. (2018), Quantization and training of neural networks, equation 1.

    Example:
        >>> quantize_affine(torch.tensor([-1.0, 0.0, 1.55])).values.tolist()
        [-128, -28, 127]
    """
    check_tensor(x, "x", floating=True, finite=True)
    require(x.numel() > 0, f"x must hold at least one number; got shape {tuple(x.shape)}")
    require(not by_row or x.ndim >= 1, "x must have rows to be quantised by row; got a scalar")
    exact = x.detach().double()
    axes = tuple(range(1, x.ndim)) if by_row else tuple(range(x.ndim))
    # An empty tuple means all axes to torch: a row of one number is its own extreme.
    low, high = (exact, exact) if by_row and x.ndim == 1 else (
        exact.amin(axes, keepdim=by_row), exact.amax(axes, keepdim=by_row)
    )  # fmt: skip
    low, high = low.clamp(max=0), high.clamp(min=0)
    # Divided first: the difference of two large numbers overflows.
    scale = high / 255 - low / 255
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    zero_point = torch.round(-128 - low / scale)
    levels = torch.round(exact / scale) + zero_point
    return Affine(levels.clamp(-128, 127).to(torch.int8), scale, zero_point)


def dequantize(quantized: Affine) -> Tensor:
    r"""Read eight-bit values back.

    .. math:: \hat x = s\,(q - o)

    Args:
        quantized: what :func:`quantize_affine` returned.

    Shape:
        The values (...) come back with their shape, in float64.

    Example:
        >>> dequantize(quantize_affine(torch.tensor([-1.0, 0.0, 1.55]))).round(decimals=4).tolist()
        [-1.0, 0.0, 1.55]
    """
    return quantized.scale * (quantized.values.double() - quantized.zero_point)


class QuantizedLinear(nn.Module):
    r"""A linear layer that keeps its weight in eight bits, row by row, and computes in floating point.

    .. math:: y = \hat W x + b, \quad |\hat W_{ij} - W_{ij}| \le s_i / 2

    It saves memory, not time: the weight is read back at every call.

    Args:
        layer: the layer to take over; it stays as it is.

    Shape:
        forward: (..., in_features) to (..., out_features).
    """

    values: Tensor
    scale: Tensor
    zero_point: Tensor
    bias: Tensor | None

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = layer.in_features, layer.out_features
        quantized = quantize_affine(layer.weight, by_row=True)
        self.register_buffer("values", quantized.values)
        self.register_buffer("scale", quantized.scale.to(layer.weight.dtype))
        self.register_buffer("zero_point", quantized.zero_point.to(torch.int8))
        self.register_buffer("bias", None if layer.bias is None else layer.bias.detach().clone())

    @property
    def weight(self) -> Tensor:
        """The weight as it is read back, (out_features, in_features)."""
        return self.scale * (self.values.to(self.scale.dtype) - self.zero_point)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's map of x.

        Args:
            x: rows.

        Shape:
            x: (..., in_features).
        """
        return F.linear(x, self.weight, self.bias)


def quantize_weights(model: nn.Module) -> nn.Module:
    """Return a copy of a model, in evaluation mode, whose linear layers keep their weights in eight bits.

    Other layers stay as they are; a tied layer gets values of its own.

    Args:
        model: any module; it stays as it is.

    Raises:
        ValueError: the model holds no linear layer, or a weight that is not finite.
    """
    inner = nn.ModuleList([untied(model).eval()])
    # One new layer for each old one, and every place of it: named_children names a layer only once.
    new: dict[nn.Module, QuantizedLinear] = {}
    for owner in list(inner.modules()):
        for name, layer in list(owner._modules.items()):
            if type(layer) is nn.Linear:
                setattr(owner, name, new.setdefault(layer, QuantizedLinear(layer)))
    require(len(new) > 0, f"model must hold at least one linear layer; got {type(model).__name__} without")
    return inner[0].requires_grad_(False)


def quantize_dynamic(model: nn.Module) -> nn.Module:
    """Return a copy of a float32 model whose linear layers multiply in eight bits, inputs too.

    torch marks this function as going away, in favour of the package torchao: the error says so once it has.

    Args:
        model: any module; it stays as it is.

    Raises:
        CourseError: this torch has no dynamic quantisation, or none for this processor.
        ValueError: a parameter is not in float32.
    """
    wrong = sorted({str(p.dtype) for p in model.parameters() if p.dtype != torch.float32})
    require(not wrong, f"model must hold float32 parameters only; got {', '.join(wrong)}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tools: Any = importlib.import_module("torch.ao.quantization")
            inner: nn.Module = tools.quantize_dynamic(untied(model).eval(), {nn.Linear}, dtype=torch.qint8)
        except (ImportError, AttributeError, RuntimeError) as error:
            told = str(error).splitlines()[0]
            raise CourseError(
                f"torch {torch.__version__} cannot quantise dynamically here: {told}"
            ) from error
    return inner


def model_bytes(model: nn.Module) -> int:
    """Return the size of the file that a model's parameters and buffers make.

    Args:
        model: any module.

    Units:
        Bytes, the few hundred of the file format and the names included.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.save(model.state_dict(), buffer)
    return buffer.tell()
