"""What every layer offers, and the checks that the layers share."""

__all__ = ["Layer", "as_batch", "as_upstream", "seen"]

from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import require
from coursekit.scratch._arrays import Floats, as_floats

Kept = TypeVar("Kept")
_KINDS = (np.dtype(np.float64), np.dtype(np.float32))


class Layer(Protocol):
    """A function with parameters that can be run forwards and then backwards.

    ``forward`` keeps what ``backward`` needs: the arrays themselves, not copies, so leave them as they are
    in between. ``backward`` replaces ``gradients``; it does not add to them. The output has the dtype of the
    input.
    """

    parameters: dict[str, Floats]
    gradients: dict[str, Floats]

    def forward(self, x: ArrayLike, *, training: bool = False) -> Floats:
        """Return the layer's output, of shape (B, K), for a batch of shape (B, D)."""

    def backward(self, upstream: ArrayLike) -> Floats:
        """Return the gradient of the loss by the input from that by the output; keep those by the parameters.

        Shape:
            upstream: (B, K), as the output of ``forward``; returns (B, D), as its input.
        """


def as_batch(x: ArrayLike, name: str, *, width: int | None = None, ndim: int | None = None) -> Floats:
    """Return ``x`` as an array of floats with the required axes; what is one already comes back as it is.

    NaN and infinity pass: they travel through a network as they do in torch, and the loss shows them.

    Args:
        x: the values; integers become float64.
        name: the argument's name, for the message.
        width: the required size of the last axis.
        ndim: the required number of axes.

    Shape:
        x: (..., D); returned.

    Raises:
        TypeError: if the values are no real numbers.
        ValueError: if the shape is another one, or there is no value at all.

    Example:
        >>> as_batch([[1, 2]], "X", width=3, ndim=2)
        Traceback (most recent call last):
        ValueError: X must have shape (B, 3), none of them 0; got (1, 2)
    """
    known = isinstance(x, np.ndarray) and x.dtype in _KINDS
    # The common case passes by the general check: a step on one sample has no microseconds to give.
    array = cast(Floats, x) if known else as_floats(x, name, finite=False, empty=True)
    shape = array.shape
    fits = (ndim is None or len(shape) == ndim) and (width is None or shape[-1:] == (width,))
    if not fits or array.size == 0:
        wanted = "(B" if ndim == 2 else "(..."
        wanted += f", {'D' if width is None else width})"
        raise ValueError(f"{name} must have shape {wanted}, none of them 0; got {shape}")
    return array


def as_upstream(upstream: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Floats:
    """Return the gradient that comes back to a layer, which must have the shape of the layer's output.

    Args:
        upstream: the gradient of the loss by the output.
        shape: that of the output.
        dtype: that of the input.

    Shape:
        upstream: (B, K); returned.

    Raises:
        TypeError: if the values are no real numbers.
        ValueError: if the shape is another one.

    Example:
        >>> as_upstream([1.0, 2.0], (2,), np.dtype(np.float32)).dtype
        dtype('float32')
    """
    array = as_batch(upstream, "upstream")
    if array.shape != shape:
        raise ValueError(f"upstream must have the shape of the output, {shape}; got {array.shape}")
    return array.astype(dtype, copy=False)


def seen(kept: Kept | None, layer: str) -> Kept:
    """Return what a forward pass kept, or refuse to go backward where there was none.

    Args:
        kept: what the layer kept; None before the first pass.
        layer: its name, for the message.

    Raises:
        ValueError: if nothing was kept.

    Example:
        >>> seen(None, "Linear")
        Traceback (most recent call last):
        ValueError: Linear.backward needs a forward pass before it; none was made
    """
    require(kept is not None, f"{layer}.backward needs a forward pass before it; none was made")
    return kept  # type: ignore[return-value]
