"""Dropout, with the scaling done in training."""

__all__ = ["Dropout"]

from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import check_positive, require
from coursekit.scratch._arrays import Floats, Rng, check_rng
from coursekit.scratch.layers.base import as_batch, as_upstream, seen


class Dropout:
    r"""Set each element to zero with probability p in training, and scale the others so that the mean stays.

    .. math:: y_{bi} = \frac{m_{bi}}{1 - p}\, x_{bi}, \quad m_{bi} \sim \mathrm{Bernoulli}(1 - p), \qquad
              \mathrm{E}[y] = x, \quad \operatorname{Var}[y] = \frac{p}{1 - p}\, x^2

    Evaluation is the identity: the scale is paid in training ("inverted" dropout), as in torch.

    Args:
        p: the probability of a zero, in [0, 1).
        generator: draws the masks, a new one each training pass.

    Raises:
        TypeError: if p is no number, or generator no ``numpy.random.Generator``.
        ValueError: if p is outside [0, 1).

    Source:
        Srivastava et al. (2014), Dropout, sections 4 and 10.

    Example:
        >>> layer = Dropout(0.5, generator=np.random.default_rng(0))
        >>> sorted(set(layer.forward(np.ones((4, 5)), training=True).ravel().tolist()))
        [0.0, 2.0]
        >>> layer.forward([[1.0, 2.0]])
        array([[1., 2.]])
    """

    def __init__(self, p: float, *, generator: Rng) -> None:
        require(check_positive(p, "p", zero=True) < 1, f"p must lie in [0, 1); got {p}")
        self.p = float(p)
        self.parameters: dict[str, Floats] = {}
        self.gradients: dict[str, Floats] = {}
        self._generator = check_rng(generator)
        self._scale: Floats | None = None

    def forward(self, x: ArrayLike, *, training: bool = False) -> Floats:
        """Return x under a fresh mask in training, and x itself (a copy) in evaluation.

        Args:
            x: the batch, of any shape.
            training: whether to drop.

        Shape:
            x: (B, D); returns (B, D).

        Raises:
            TypeError: if x holds no real numbers.
            ValueError: if it is empty.
        """
        batch = as_batch(x, "x")
        if training:
            kept = self._generator.random(batch.shape) >= self.p  # true with probability 1 - p
            self._scale = (kept / (1 - self.p)).astype(batch.dtype)
        else:
            self._scale = np.ones(batch.shape, batch.dtype)
        return cast(Floats, batch * self._scale)

    def backward(self, upstream: ArrayLike) -> Floats:
        """Return the gradient by the input: upstream under the mask of the last forward pass.

        Shape:
            upstream: (B, D); returns (B, D).

        Raises:
            TypeError: if upstream holds no real numbers.
            ValueError: if it has not the shape of the output, or there was no forward pass.
        """
        scale = seen(self._scale, "Dropout")
        return cast(Floats, as_upstream(upstream, scale.shape, scale.dtype) * scale)
