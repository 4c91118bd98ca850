"""The layer of linear neurons, and the layers that apply a function to its output."""

__all__ = ["Activate", "Linear", "Softmax"]

from typing import cast

from numpy.typing import ArrayLike

from coursekit._check import require
from coursekit.scratch._arrays import Floats
from coursekit.scratch.activations import activation, softmax, softmax_vjp
from coursekit.scratch.layers.base import as_batch, as_upstream, seen


class Linear:
    r"""A layer of K linear neurons that share their D inputs.

    .. math:: U = X W + 1 b^T, \qquad \nabla_X J = \Delta W^T, \quad \nabla_W J = X^T \Delta,
              \quad \nabla_b J = \Delta^T 1

    :math:`X` holds a pattern in each row, :math:`W` a neuron in each column, and :math:`\Delta = \nabla_U J`.
    ``torch.nn.Linear`` keeps :math:`W^T` as its weight.

    Args:
        W: weights, copied.
        b: biases, copied.

    Shape:
        W: (D, K). b: (K,).

    Raises:
        TypeError: if one of them holds no real numbers.
        ValueError: if the shapes do not fit together.

    Source:
        Bishop (2006), Pattern recognition and machine learning, equations 5.48 and 5.53.

    Example:
        >>> layer = Linear([[1.0], [2.0]], [0.5])
        >>> layer.forward([[3.0, 4.0]])
        array([[11.5]])
        >>> layer.backward([[1.0]]), layer.gradients["b"]
        (array([[1., 2.]]), array([1.]))
    """

    def __init__(self, W: ArrayLike, b: ArrayLike) -> None:
        weight = as_batch(W, "W")
        require(weight.ndim == 2, f"W must have shape (D, K), one column a neuron; got {weight.shape}")
        bias = as_batch(b, "b")
        require(
            bias.shape == weight.shape[1:],
            f"b must have shape ({weight.shape[1]},), one bias a column of W; got {bias.shape}",
        )
        self.parameters: dict[str, Floats] = {"W": weight.copy(), "b": bias.astype(weight.dtype)}
        self.gradients: dict[str, Floats] = {}
        self._x: Floats | None = None

    def forward(self, x: ArrayLike, *, training: bool = False) -> Floats:  # noqa: ARG002
        """Return X W + 1 b^T.

        Args:
            x: the batch, a pattern a row; kept until ``backward``.
            training: makes no difference here.

        Shape:
            x: (B, D); returns (B, K).

        Raises:
            TypeError: if x holds no real numbers.
            ValueError: if its width is not D.
        """
        weight, bias = self.parameters["W"], self.parameters["b"]
        self._x = as_batch(x, "x", width=weight.shape[0], ndim=2)
        u = self._x @ weight.astype(self._x.dtype, copy=False)  # (B, K)
        u += bias
        return u

    def backward(self, upstream: ArrayLike) -> Floats:
        """Return the gradient by the input, Delta W^T; keep those by W and b.

        Shape:
            upstream: (B, K); returns (B, D).

        Raises:
            TypeError: if upstream holds no real numbers.
            ValueError: if it has not the shape of the output, or there was no forward pass.
        """
        weight, x = self.parameters["W"], seen(self._x, "Linear")
        delta = as_upstream(upstream, (len(x), weight.shape[1]), x.dtype)
        self.gradients = {
            "W": (x.T @ delta).astype(weight.dtype, copy=False),  # (D, K)
            "b": delta.sum(axis=0).astype(weight.dtype, copy=False),
        }
        return cast(Floats, delta @ weight.astype(x.dtype, copy=False).T)  # (B, D)


class Activate:
    r"""An activation function, applied to every element.

    .. math:: Y = f(U), \qquad \nabla_U J = \nabla_Y J \odot f'(U)

    Args:
        name: one of ``coursekit.scratch.activations.names()``.

    Raises:
        ValueError: if there is no such activation.

    Source:
        Bishop (2006), Pattern recognition and machine learning, equation 5.56.

    Example:
        >>> layer = Activate("relu")
        >>> layer.forward([[-1.0, 2.0]]), layer.backward([[5.0, 5.0]])
        (array([[0., 2.]]), array([[0., 5.]]))
    """

    def __init__(self, name: str) -> None:
        self.activation = activation(name)
        self.parameters: dict[str, Floats] = {}
        self.gradients: dict[str, Floats] = {}
        self._u: Floats | None = None

    def forward(self, x: ArrayLike, *, training: bool = False) -> Floats:  # noqa: ARG002
        """Return f(x).

        Args:
            x: pre-activations, of any shape; kept until ``backward``.
            training: makes no difference here.

        Shape:
            x: (B, D); returns (B, D).

        Raises:
            TypeError: if x holds no real numbers.
            ValueError: if it is empty or not finite.
        """
        self._u = as_batch(x, "x")
        return self.activation.function(self._u)

    def backward(self, upstream: ArrayLike) -> Floats:
        """Return the gradient by the input: upstream times the slope.

        Shape:
            upstream: (B, D); returns (B, D).

        Raises:
            TypeError: if upstream holds no real numbers.
            ValueError: if it has not the shape of the output, or there was no forward pass.
        """
        u = seen(self._u, "Activate")
        return as_upstream(upstream, u.shape, u.dtype) * self.activation.slope(u)


class Softmax:
    r"""Probabilities of K classes from their logits, row by row.

    .. math:: y_k = \frac{e^{u_k}}{\sum_j e^{u_j}}, \qquad
              \nabla_u J = y \odot (\nabla_y J - y^T \nabla_y J)

    A classifier trains on logits, where the cross-entropy is exact; this layer is for reading them.

    Source:
        Bishop (2006), Pattern recognition and machine learning, equations 4.104 and 4.106.

    Example:
        >>> Softmax().forward([[0.0, 0.0]])
        array([[0.5, 0.5]])
    """

    def __init__(self) -> None:
        self.parameters: dict[str, Floats] = {}
        self.gradients: dict[str, Floats] = {}
        self._y: Floats | None = None

    def forward(self, x: ArrayLike, *, training: bool = False) -> Floats:  # noqa: ARG002
        """Return the probabilities.

        Args:
            x: logits.
            training: makes no difference here.

        Shape:
            x: (B, K); returns (B, K).

        Raises:
            TypeError: if x holds no real numbers.
            ValueError: if x has not two axes.
        """
        self._y = softmax(as_batch(x, "x", ndim=2))
        return self._y

    def backward(self, upstream: ArrayLike) -> Floats:
        """Return the gradient by the logits.

        Shape:
            upstream: (B, K); returns (B, K).

        Raises:
            TypeError: if upstream holds no real numbers.
            ValueError: if it has not the shape of the output, or there was no forward pass.
        """
        y = seen(self._y, "Softmax")
        return softmax_vjp(y, as_upstream(upstream, y.shape, y.dtype))
