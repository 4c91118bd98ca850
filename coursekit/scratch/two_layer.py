"""The network with one hidden layer as two pure functions: all that backpropagation is, on one page."""

__all__ = ["Cache", "two_layer_backward", "two_layer_forward", "two_layer_loss"]

from collections.abc import Callable
from typing import NamedTuple

from numpy.typing import ArrayLike

from coursekit._check import check_choice, require
from coursekit.scratch._arrays import Floats, as_floats
from coursekit.scratch._objective import objective
from coursekit.scratch.activations import activation, linear, sigmoid, softmax
from coursekit.scratch.losses import half_squared_error

# The first loss of an output is the one whose gradient by the logits is (Y - D)/B.
_LOSSES = {"linear": ("squared",), "sigmoid": ("bce", "squared"), "softmax": ("cross_entropy",)}

_OUTPUTS: dict[str, Callable[[Floats], Floats]] = {"linear": linear, "sigmoid": sigmoid, "softmax": softmax}


class Cache(NamedTuple):
    """What a forward pass leaves for the backward pass: U and H hidden, V the logits, Y the output."""

    X: Floats
    U: Floats
    H: Floats
    V: Floats
    Y: Floats
    W2: Floats
    hidden: str
    output: str


def two_layer_forward(
    X: ArrayLike, W1: ArrayLike, b1: ArrayLike, W2: ArrayLike, b2: ArrayLike, *,
    hidden: str = "relu", output: str = "softmax",
) -> Cache:  # fmt: skip
    r"""Run a batch through a network with one hidden layer.

    .. math:: U = X W_1 + 1 b_1^T, \quad H = f(U), \quad V = H W_2 + 1 b_2^T, \quad Y = g(V)

    The cache holds a copy of :math:`W_2`: an update between the two passes cannot reach the gradients.

    Args:
        X: the batch, a pattern a row.
        W1: weights of the hidden layer, a neuron a column.
        b1: its biases.
        W2: weights of the output layer.
        b2: its biases.
        hidden: :math:`f`, one of ``coursekit.scratch.activations.names()``.
        output: :math:`g`, one of ``"linear"``, ``"sigmoid"`` and ``"softmax"``.

    Shape:
        X: (B, D). W1: (D, H). b1: (H,). W2: (H, K). b2: (K,).
        Returns a cache with X (B, D), U and H (B, H), V and Y (B, K).

    Raises:
        TypeError: if an array holds no real numbers.
        ValueError: if a shape does not fit, an element is not finite, or a name is unknown.

    Source:
        Bishop (2006), Pattern Recognition and Machine Learning, section 5.3.2.

    Example:
        >>> two_layer_forward([[1, 2]], [[1], [1]], [0], [[2]], [1], output="linear").Y
        array([[7.]])
    """
    check_choice(output, "output", _LOSSES)
    f = activation(hidden)
    x = as_floats(X, "X", shape=("B", "D"))
    w1 = as_floats(W1, "W1", shape=(x.shape[1], "H"))
    w2 = as_floats(W2, "W2", shape=(w1.shape[1], "K"))
    u = x @ w1 + as_floats(b1, "b1", shape=(w1.shape[1],))
    h = f.function(u)
    v = h @ w2 + as_floats(b2, "b2", shape=(w2.shape[1],))
    return Cache(x, u, h, v, _OUTPUTS[output](v), w2.copy(), hidden, output)


def _loss_name(cache: Cache, loss: str | None) -> str:
    """Return the loss that was asked for if it goes with the output; by default the output's own."""
    known = _LOSSES[cache.output]
    require(
        loss is None or loss in known,
        f"loss must be {' or '.join(known)} for a {cache.output} output; got {loss!r}",
    )
    return loss or known[0]


def _loss_and_delta(cache: Cache, d: ArrayLike, loss: str | None) -> tuple[float, Floats]:
    """Return the loss and its gradient by the logits V."""
    name = _loss_name(cache, loss)
    if name == "squared" and cache.output == "sigmoid":
        target = as_floats(d, "d", shape=cache.Y.shape)
        # The slope of the sigmoid stays here; the three pairs of `objective` have it cancelled.
        delta = (cache.Y - target) * cache.Y * (1 - cache.Y) / len(cache.Y)
        return half_squared_error(cache.Y, target), delta
    return objective(name, cache.V, d)


def two_layer_loss(cache: Cache, d: ArrayLike, *, loss: str | None = None) -> float:
    r"""Return the loss of a forward pass, from its logits where the output has a logarithm taken of it.

    .. math:: J = \frac1B \sum_{i=1}^B \sum_{k=1}^K \ell(y_{ik}, d_{ik})

    Args:
        cache: what :func:`two_layer_forward` returned.
        d: targets; integer labels may stand for rows under a softmax.
        loss: ``"squared"`` (half), ``"bce"`` or ``"cross_entropy"``; by default the output's own.

    Shape:
        d: (B, K), or (B,) labels.

    Raises:
        TypeError: if d holds another kind of values.
        ValueError: if its shape or a value is wrong, or the loss does not go with the output.

    Example:
        >>> cache = two_layer_forward([[1, 2]], [[1], [1]], [0], [[2]], [1], output="linear")
        >>> two_layer_loss(cache, [[5]])
        2.0
    """
    return _loss_and_delta(cache, d, loss)[0]


def two_layer_backward(cache: Cache, d: ArrayLike, *, loss: str | None = None) -> dict[str, Floats]:
    r"""Return the gradient of the loss by all four parameters.

    .. math:: \Delta_2 = \nabla_V J, \quad \Delta_1 = \Delta_2 W_2^T \odot f'(U), \qquad
              \nabla_{W_2} J = H^T \Delta_2, \quad \nabla_{W_1} J = X^T \Delta_1, \quad
              \nabla_{b_l} J = \Delta_l^T 1

    :math:`\Delta_2 = (Y - D)/B` for linear outputs with half the squared error, for sigmoids with binary
    cross-entropy and for softmax with cross-entropy. A sigmoid with the squared error keeps its slope:
    :math:`\Delta_2 = (Y - D) \odot Y \odot (1 - Y)/B`.

    Args:
        cache: what :func:`two_layer_forward` returned.
        d: targets, as for :func:`two_layer_loss`.
        loss: as for :func:`two_layer_loss`.

    Shape:
        d: (B, K), or (B,) labels. Returns W1 (D, H), b1 (H,), W2 (H, K) and b2 (K,).

    Raises:
        TypeError: if d holds another kind of values.
        ValueError: if its shape or a value is wrong, or the loss does not go with the output.

    Source:
        Bishop (2006), Pattern Recognition and Machine Learning, equations 5.53 to 5.56.

    Example:
        >>> cache = two_layer_forward([[1, 2]], [[1], [1]], [0], [[2]], [1], output="linear")
        >>> two_layer_backward(cache, [[5]])["W1"].tolist()
        [[4.0], [8.0]]
    """
    delta2 = _loss_and_delta(cache, d, loss)[1]  # (B, K)
    delta1 = (delta2 @ cache.W2.T) * activation(cache.hidden).slope(cache.U)  # (B, H)
    return {
        "W1": cache.X.T @ delta1,
        "b1": delta1.sum(axis=0),
        "W2": cache.H.T @ delta2,
        "b2": delta2.sum(axis=0),
    }
