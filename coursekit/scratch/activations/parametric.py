"""Parametric ReLU: a leaky ReLU whose slope below zero is learnt, one for all units or one a channel."""

__all__ = ["prelu", "prelu_gradients", "prelu_slope"]

import numpy as np
from numpy.typing import ArrayLike

from coursekit.scratch._arrays import Floats, as_floats


def _aligned(slope: ArrayLike, u: Floats) -> Floats:
    """Return the slope in a shape that broadcasts over ``u``: channels are its second axis."""
    below = as_floats(slope, "slope")
    if below.ndim == 0 or below.shape == (1,):
        return below.astype(u.dtype, copy=False).reshape(())
    if u.ndim < 2 or below.shape != (u.shape[1],):
        channels = f" or ({u.shape[1]},)" if u.ndim > 1 else ""
        raise ValueError(
            f"slope must have shape (), (1,){channels} for u of shape {u.shape}; got {below.shape}"
        )
    return below.astype(u.dtype, copy=False).reshape(-1, *[1] * (u.ndim - 2))


def prelu(u: ArrayLike, slope: ArrayLike) -> Floats:
    r"""Let a learnt fraction of the negative net input through.

    .. math:: f(u_c) = u_c \text{ if } u_c > 0, \text{ else } a_c u_c

    :math:`a_c` is the slope of channel c below zero.

    Args:
        u: net inputs, channels along the second axis.
        slope: :math:`a`, one number for all channels or one for each.

    Shape:
        u: any for one slope, else (B, C, ...); returns the same. slope: (), (1,) or (C,).

    Raises:
        TypeError: if ``u`` or ``slope`` holds anything but real numbers.
        ValueError: if one is empty or not finite, or the slopes are not one for each channel.

    Source:
        He et al. (2015), Delving deep into rectifiers, equation 1.

    Example:
        >>> prelu([[-2.0, -2.0], [1.0, 3.0]], [0.25, 0.5])
        array([[-0.5, -1. ],
               [ 1. ,  3. ]])
    """
    x = as_floats(u, "u")
    return np.where(x > 0, x, _aligned(slope, x) * x)


def prelu_slope(u: ArrayLike, slope: ArrayLike) -> Floats:
    r"""Return the derivative of PReLU with respect to the net input; at zero it is the learnt slope.

    .. math:: f'(u_c) = 1 \text{ if } u_c > 0, \text{ else } a_c

    Args:
        u: net inputs, channels along the second axis.
        slope: :math:`a`, one number for all channels or one for each.

    Shape:
        u: any for one slope, else (B, C, ...); returns the same. slope: (), (1,) or (C,).

    Raises:
        TypeError: if ``u`` or ``slope`` holds anything but real numbers.
        ValueError: if one is empty or not finite, or the slopes are not one for each channel.
    """
    x = as_floats(u, "u")
    return np.where(x > 0, x.dtype.type(1), _aligned(slope, x))


def prelu_gradients(u: ArrayLike, slope: ArrayLike, upstream: ArrayLike) -> tuple[Floats, Floats]:
    r"""Return the gradients of a loss with respect to the net inputs and to the slopes.

    .. math:: \frac{\partial J}{\partial u_{bc}} = g_{bc} f'(u_{bc}), \qquad
              \frac{\partial J}{\partial a_c} = \sum_{b:\, u_{bc} \le 0} g_{bc} u_{bc}

    :math:`g` is the gradient of the loss with respect to the output. A slope is shared by every pattern and
    place of its channel, so what they ask of it adds up.

    Args:
        u: net inputs, channels along the second axis.
        slope: :math:`a`, one number for all channels or one for each.
        upstream: :math:`g`.

    Shape:
        u, upstream: any for one slope, else (B, C, ...). slope: (), (1,) or (C,).
        Returns two arrays, with the shapes of u and of slope.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, or the shapes do not match.

    Source:
        He et al. (2015), Delving deep into rectifiers, equations 2 and 3.

    Example:
        >>> prelu_gradients([[-2.0, 3.0]], [0.25, 0.5], [[1.0, 1.0]])
        (array([[0.25, 1.  ]]), array([-2.,  0.]))
    """
    x = as_floats(u, "u")
    back = as_floats(upstream, "upstream", shape=x.shape).astype(x.dtype, copy=False)
    below, shape = _aligned(slope, x), np.shape(slope)
    asked = back * np.minimum(x, 0)
    # Channels are axis 1; one slope for all is asked by every element.
    axes = tuple(axis for axis in range(x.ndim) if axis != 1) if below.ndim else None
    return back * np.where(x > 0, x.dtype.type(1), below), np.asarray(asked.sum(axis=axes)).reshape(shape)
