"""Batch and layer normalisation, with the gradients through the mean and the variance."""

__all__ = ["BatchNorm", "LayerNorm"]

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from coursekit._check import check_positive, check_positive_int, require
from coursekit.scratch._arrays import Floats, check_dtype
from coursekit.scratch.layers.base import as_batch, as_upstream, seen


class _Kept(NamedTuple):
    """What a normalisation keeps: the normalised batch, 1/sigma, and whether both depend on the batch."""

    normal: Floats
    inverse: Floats
    dependent: bool


def _centre(x: Floats, axis: int) -> tuple[Floats, Floats]:
    """Return x less its mean, and the mean, along an axis that stays with size 1."""
    mean = x.mean(axis=axis, keepdims=True)
    centred = x - mean
    # In float32 a mean near 1e4 carries rounding that the differences show and can take back.
    slip = centred.mean(axis=axis, keepdims=True)
    return centred - slip, mean + slip


def _affine(width: int, dtype: DTypeLike) -> dict[str, Floats]:
    """Return the scale and the shift that leave a normalised batch as it is."""
    kind = check_dtype(dtype)
    return {"gamma": np.ones(width, kind), "beta": np.zeros(width, kind)}


def _output(parameters: dict[str, Floats], normal: Floats) -> Floats:
    """Return gamma times the normalised batch plus beta, in the dtype of the batch."""
    gamma, beta = (parameters[name].astype(normal.dtype, copy=False) for name in ("gamma", "beta"))
    return gamma * normal + beta


def _backward(
    parameters: dict[str, Floats], delta: Floats, kept: _Kept, axis: int
) -> tuple[Floats, dict[str, Floats]]:
    """Return the gradient by the input, and those by gamma and beta."""
    gamma = parameters["gamma"]
    rows = tuple(range(delta.ndim - 1))
    gradients = {
        "gamma": (delta * kept.normal).sum(axis=rows).astype(gamma.dtype, copy=False),
        "beta": delta.sum(axis=rows).astype(gamma.dtype, copy=False),
    }
    inner = delta * gamma.astype(delta.dtype, copy=False)
    if kept.dependent:
        # The mean and the variance take back what shifting or scaling the whole group would do.
        along = (inner * kept.normal).mean(axis=axis, keepdims=True)
        inner = inner - inner.mean(axis=axis, keepdims=True) - kept.normal * along
    return inner * kept.inverse, gradients


class BatchNorm:
    r"""Normalise each feature over the batch in training, by running statistics in evaluation.

    .. math:: y = \gamma \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta, \qquad
              \sigma^2 = \frac1B \sum_b (x_b - \mu)^2, \qquad
              r \leftarrow (1 - m)\, r + m\, \frac{B}{B - 1} \sigma^2

    :math:`\mu` and :math:`\sigma^2` are the mean and the variance of the batch, :math:`\gamma` and
    :math:`\beta` the parameters, :math:`r` the running variance; the running mean moves likewise. The
    momentum :math:`m` weighs the new batch, as in torch. The biased variance normalises, the unbiased one is
    remembered.

    Args:
        D: the number of features.
        momentum: :math:`m`, in [0, 1].
        eps: :math:`\epsilon`, above zero.
        dtype: of the parameters and the running statistics.

    Raises:
        TypeError: if D is no int, momentum or eps no number, or dtype neither float32 nor float64.
        ValueError: if one of them is out of its range.

    Source:
        Ioffe and Szegedy (2015), Batch normalization, algorithms 1 and 2, and the gradients of section 3.

    Example:
        >>> layer = BatchNorm(1, eps=1e-12)
        >>> layer.forward([[0.0], [2.0]], training=True).ravel()
        array([-1.,  1.])
        >>> layer.running_mean, layer.running_var
        (array([0.1]), array([1.1]))
    """

    def __init__(
        self, D: int, *, momentum: float = 0.1, eps: float = 1e-5, dtype: DTypeLike = np.float64
    ) -> None:
        width = check_positive_int(D, "D")
        self.momentum = check_positive(momentum, "momentum", zero=True)
        require(self.momentum <= 1, f"momentum must lie in [0, 1]; got {momentum}")
        self.eps = check_positive(eps, "eps")
        self.parameters = _affine(width, dtype)
        self.gradients: dict[str, Floats] = {}
        self.running_mean: Floats = np.zeros(width, dtype)
        self.running_var: Floats = np.ones(width, dtype)
        self._kept: _Kept | None = None

    def forward(self, x: ArrayLike, *, training: bool = False) -> Floats:
        """Return the normalised batch, scaled and shifted.

        Args:
            x: the batch.
            training: whether to normalise by the batch, and to move the running statistics.

        Shape:
            x: (B, D); returns (B, D).

        Raises:
            TypeError: if x holds no real numbers.
            ValueError: if its width is not D, or B is 1 in training.
        """
        batch = as_batch(x, "x", width=len(self.running_mean), ndim=2)
        if training:
            count = len(batch)
            require(count > 1, "x must have at least 2 rows in training: one row has no variance; got 1")
            centred, mean = _centre(batch, 0)
            variance = np.square(centred).mean(axis=0)
            self._remember(mean[0], variance * (count / (count - 1)))
        else:
            centred = batch - self.running_mean.astype(batch.dtype, copy=False)
            variance = self.running_var.astype(batch.dtype, copy=False)
        inverse = 1 / np.sqrt(variance + self.eps)  # (D,)
        self._kept = _Kept(centred * inverse, inverse, training)
        return _output(self.parameters, self._kept.normal)

    def _remember(self, mean: Floats, unbiased: Floats) -> None:
        """Move the running statistics towards those of a batch."""
        new = self.momentum
        self.running_mean = ((1 - new) * self.running_mean + new * mean).astype(self.running_mean.dtype)
        self.running_var = ((1 - new) * self.running_var + new * unbiased).astype(self.running_var.dtype)

    def backward(self, upstream: ArrayLike) -> Floats:
        r"""Return the gradient by the input; keep those by gamma and beta.

        .. math:: \nabla_x J = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}
                  \left(\delta - \bar\delta - \hat x \, \overline{\delta \hat x}\right)

        :math:`\delta = \nabla_y J`, :math:`\hat x` is the normalised batch, a bar a mean over the batch.
        After a pass in evaluation the running statistics are constants, and only the factor in front remains.

        Shape:
            upstream: (B, D); returns (B, D).

        Raises:
            TypeError: if upstream holds no real numbers.
            ValueError: if it has not the shape of the output, or there was no forward pass.
        """
        kept = seen(self._kept, "BatchNorm")
        delta = as_upstream(upstream, kept.normal.shape, kept.normal.dtype)
        grad_x, self.gradients = _backward(self.parameters, delta, kept, 0)
        return grad_x


class LayerNorm:
    r"""Normalise each pattern over its features, in training and evaluation alike.

    .. math:: y = \gamma \odot \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta, \qquad
              \mu = \frac1D \sum_i x_i, \quad \sigma^2 = \frac1D \sum_i (x_i - \mu)^2

    Here :math:`\mu` and :math:`\sigma^2` belong to one pattern, while :math:`\gamma` and :math:`\beta` belong
    to the features.

    Args:
        D: the number of features.
        eps: :math:`\epsilon`, above zero.
        dtype: of the parameters.

    Raises:
        TypeError: if D is no int, eps no number, or dtype neither float32 nor float64.
        ValueError: if one of them is out of its range.

    Source:
        Ba, Kiros and Hinton (2016), Layer normalization, equation 3.

    Example:
        >>> LayerNorm(2, eps=1e-12).forward([[1.0, 3.0], [10.0, 30.0]])
        array([[-1.,  1.],
               [-1.,  1.]])
    """

    def __init__(self, D: int, *, eps: float = 1e-5, dtype: DTypeLike = np.float64) -> None:
        self._width = check_positive_int(D, "D")
        self.eps = check_positive(eps, "eps")
        self.parameters = _affine(self._width, dtype)
        self.gradients: dict[str, Floats] = {}
        self._kept: _Kept | None = None

    def forward(self, x: ArrayLike, *, training: bool = False) -> Floats:  # noqa: ARG002
        """Return the normalised patterns, scaled and shifted.

        Args:
            x: the patterns; more axes than two are welcome, the last one is normalised.
            training: makes no difference here.

        Shape:
            x: (..., D); returns (..., D).

        Raises:
            TypeError: if x holds no real numbers.
            ValueError: if its width is not D.
        """
        centred, _ = _centre(as_batch(x, "x", width=self._width), -1)
        inverse = 1 / np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + self.eps)
        self._kept = _Kept(centred * inverse, inverse, True)
        return _output(self.parameters, self._kept.normal)

    def backward(self, upstream: ArrayLike) -> Floats:
        r"""Return the gradient by the input; keep those by gamma and beta.

        .. math:: \nabla_x J = \frac{1}{\sqrt{\sigma^2 + \epsilon}}
                  \left(g - \bar g - \hat x \, \overline{g \hat x}\right), \quad g = \gamma \odot \nabla_y J

        :math:`\hat x` is the normalised pattern, a bar a mean over its features.

        Shape:
            upstream: (..., D); returns (..., D).

        Raises:
            TypeError: if upstream holds no real numbers.
            ValueError: if it has not the shape of the output, or there was no forward pass.
        """
        kept = seen(self._kept, "LayerNorm")
        delta = as_upstream(upstream, kept.normal.shape, kept.normal.dtype)
        grad_x, self.gradients = _backward(self.parameters, delta, kept, -1)
        return grad_x
