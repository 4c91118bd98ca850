"""Concept questions on shapes: the sizes are read from the stem, and torch or NumPy runs on such arrays."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.assess.oracles.concepts import by_stem


def _shapes(stem: str) -> dict[str, tuple[int, ...]]:
    """Read every ``NAME ... shape (sizes)`` of a stem."""
    pairs = re.findall(r"[`$]([^`$]+)[`$] (?:of|has) shape \(([\d, ]+)\)", stem)
    return {name: tuple(int(n) for n in sizes.split(",") if n.strip()) for name, sizes in pairs}


# Normalisation: an entry of the output depends on those inputs that share its mean.


def _averaged(layer: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> tuple[list[int], int]:
    """Return over how many entries of each axis a mean goes, and how many means there are."""
    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    (gradient,) = torch.autograd.grad(layer(x).reshape(-1)[0], x)
    used = gradient.abs() > 0
    sizes = [
        int(used.any(tuple(a for a in range(len(shape)) if a != axis)).sum()) for axis in range(len(shape))
    ]
    assert int(used.sum()) == math.prod(sizes)
    return sizes, math.prod(shape) // math.prod(sizes)


def _norm(stem: str) -> str:
    shape = tuple(map(int, re.findall(r"= \$?\(([\d, ]+)\)", stem)[0].split(",")))
    groups = int(found[0]) if (found := re.findall(r"with (\d+) groups", stem)) else 1
    layer: Callable[[Tensor], Tensor]
    if "transformer" in stem:
        layer = nn.LayerNorm(shape[-1], elementwise_affine=False)
    elif "batch normalisation" in stem:
        layer = lambda x: F.batch_norm(x, None, None, training=True)  # noqa: E731
    elif "layer normalisation" in stem:
        layer = nn.LayerNorm(shape[1:], elementwise_affine=False)
    elif "instance normalisation" in stem:
        layer = F.instance_norm
    else:
        layer = lambda x: F.group_norm(x, groups)  # noqa: E731
    sizes, means = _averaged(layer, shape)
    if len(shape) == 3:
        assert sizes == [1, 1, shape[2]]
        return f"Over the width, so {means} means"
    axes = [f"${name}$" for name, size, whole in zip("NCHW", sizes, shape, strict=True) if size == whole]
    axes += [f"{sizes[1]} channels"] if 1 < sizes[1] < shape[1] else []
    return f"Over {', '.join(axes[:-1])} and {axes[-1]}, so {means} means"


def _groups(_: str) -> str:
    x = torch.randn(4, 6, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    wanted = F.instance_norm(x)
    (groups,) = (g for g in (1, 2, 3, 6) if torch.allclose(F.group_norm(x, g), wanted))
    return f"With {groups} group"


# Broadcasting and shapes, by NumPy and autograd on arrays of the shapes in the stem.


def _bias(values: Mapping[str, Any]) -> str:
    shapes = _shapes(values["stem"])
    b = np.arange(1.0, 1 + math.prod(shapes["b"])).reshape(shapes["b"])
    try:
        total = np.zeros(shapes["X @ W"]) + b
    except ValueError:
        return "An error, as the shapes do not fit"
    if total.shape != shapes["X @ W"]:
        return f"An array of shape {total.shape}"
    return "Column $k$ gets $b_k$" if np.ptp(total, axis=0).max() == 0 else "Row $p$ gets $b_p$"


def _gradient_shape(values: Mapping[str, Any]) -> str:
    stem = values["stem"]
    arrays = {
        name: torch.zeros(shape, dtype=torch.float64, requires_grad=True)
        for name, shape in _shapes(stem).items()
    }
    x, w = arrays["X"], arrays["W"]
    if x.ndim == 4:
        result = F.conv2d(x, w, arrays["b"])
    elif "V" in arrays:
        arrays["H"] = torch.tanh(x @ w)
        result = arrays["H"] @ arrays["V"]
    else:
        arrays["U"] = result = x @ w + arrays["b"]
    (gradient,) = torch.autograd.grad(result.sum(), arrays[re.findall(r"J / \\partial (\w)", stem)[0]])
    return str(tuple(gradient.shape))


ORACLES = {
    "concept/norm-axes": by_stem({"how many means": _norm, "With which number of groups": _groups}),
    "concept/bias-broadcast": _bias,
    "concept/gradient-shape": _gradient_shape,
}
