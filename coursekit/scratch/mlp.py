"""The multilayer perceptron: linear layers with an activation between them, and its gradient descent."""

__all__ = [
    "MLP",
    "Cache",
    "History",
    "fit",
    "two_layer_backward",
    "two_layer_forward",
    "two_layer_loss",
]

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from coursekit._check import check_positive, check_positive_int, describe
from coursekit.scratch._arrays import Floats, Rng, as_floats, check_dtype
from coursekit.scratch._objective import objective
from coursekit.scratch.activations import activation as find
from coursekit.scratch.fit import History, fit
from coursekit.scratch.initialisers import initialise
from coursekit.scratch.layers import Activate, Linear
from coursekit.scratch.layers.base import as_batch
from coursekit.scratch.two_layer import Cache, two_layer_backward, two_layer_forward, two_layer_loss


class _Pass(NamedTuple):
    """What a forward pass leaves for the backward pass: the input of each linear layer, and its output."""

    inputs: list[Floats]
    nets: list[Floats]
    logits: Floats


def _empty(parameters: list[dict[str, Floats]]) -> list[dict[str, Floats]]:
    """Return arrays for the gradients by these parameters."""
    return [{name: np.empty_like(value) for name, value in each.items()} for each in parameters]


def _widths(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the widths of a network, input and output included."""
    if not isinstance(sizes, (tuple, list)) or len(sizes) < 2:
        raise ValueError(f"sizes must list at least an input and an output width; got {describe(sizes)}")
    return tuple(check_positive_int(size, f"sizes[{index}]") for index, size in enumerate(sizes))


class MLP:
    r"""A network of linear layers with one activation between them; the last layer's output is the logits.

    .. math:: H_0 = X, \qquad H_l = f(H_{l-1} W_l + 1 b_l^T), \qquad U = H_{L-1} W_L + 1 b_L^T

    :math:`L` counts the layers with weights; with :math:`L = 1` there is no hidden layer and no activation.
    Biases start at zero.

    Args:
        sizes: the widths (D, H, ..., K); two of them make a network without hidden layer.
        activation: of every hidden layer, one of ``coursekit.scratch.activations.names()``.
        initialiser: of the weights, one of ``coursekit.scratch.initialisers.names()``.
        generator: draws the weights.
        dtype: float32 or float64, of everything inside; a batch of the other kind is converted.
        options: for the initialiser, such as ``std`` for ``"normal"``.

    Raises:
        TypeError: if a size is no int, dtype neither float32 nor float64, the generator no NumPy generator,
            or an option missing or unknown.
        ValueError: if a size is below 1, fewer than two are given, or a name is unknown.

    Source:
        Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors.

    Example:
        >>> model = MLP([2, 3, 1], activation="tanh", generator=np.random.default_rng(0))
        >>> model.forward(np.ones((5, 2))).shape, model.parameter_count
        ((5, 1), 13)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str = "relu",
        initialiser: str = "he_normal",
        generator: Rng,
        dtype: DTypeLike = np.float64,
        **options: float,
    ) -> None:
        self.sizes = _widths(sizes)
        self.dtype = check_dtype(dtype)
        self.activation = find(activation)
        self.layers: list[Linear | Activate] = []
        for fan_in, fan_out in pairwise(self.sizes):
            self.layers += [Activate(activation)] if self.layers else []
            weight = initialise(initialiser, fan_in, fan_out, generator=generator, dtype=dtype, **options)
            self.layers.append(Linear(weight, np.zeros(fan_out)))
        # For `step`: fresh memory for a large matrix would cost about as much as filling it.
        self._buffers = _empty(self.parameters)

    @property
    def parameters(self) -> list[dict[str, Floats]]:
        """Return the weights and biases themselves, a dictionary with W and b for each linear layer."""
        return [layer.parameters for layer in self.layers[::2]]

    @property
    def parameter_count(self) -> int:
        """Return how many numbers are learned, the sum of (fan_in + 1) fan_out."""
        return sum(value.size for each in self.parameters for value in each.values())

    def forward(self, X: ArrayLike) -> Floats:
        """Return the logits of a batch.

        Args:
            X: the batch, a pattern a row.

        Shape:
            X: (B, D); returns (B, K).

        Raises:
            TypeError: if X holds no real numbers.
            ValueError: if its width is not D, or an element is not finite.
        """
        h: Floats = as_floats(X, "X", shape=("B", self.sizes[0])).astype(self.dtype, copy=False)
        for layer in self.layers:
            h = layer.forward(h)
        return h

    def _passes(self, X: ArrayLike) -> _Pass:
        """Run a batch forwards by hand: the layers' own checks would double the time of a single sample."""
        h: Floats = as_batch(X, "X", width=self.sizes[0], ndim=2).astype(self.dtype, copy=False)
        inputs, nets, relu = [h], [], self.activation.name == "relu"
        *hidden, last = self.parameters
        for layer in hidden:
            u = h.dot(layer["W"])
            u += layer["b"]
            # An activation refuses what is not finite. NaN in its place reaches the loss, which says so.
            usual = relu or math.isfinite(np.add.reduce(u, axis=None))
            h = np.maximum(u, 0) if relu else self.activation.function(u) if usual else u * math.nan
            nets.append(u)
            inputs.append(h)
        logits = h.dot(last["W"])
        logits += last["b"]
        return _Pass(inputs, nets, logits)

    def _gradients(self, run: _Pass, delta: Floats, out: list[dict[str, Floats]]) -> list[dict[str, Floats]]:
        """Write the gradients by all parameters, from delta, that by the logits; no parameter moves."""
        relu, parameters = self.activation.name == "relu", self.parameters
        for index in reversed(range(len(out))):
            np.dot(run.inputs[index].T, delta, out=out[index]["W"])  # (D, K)
            np.add.reduce(delta, axis=0, out=out[index]["b"])
            if index > 0:
                u = run.nets[index - 1]
                delta = delta.dot(parameters[index]["W"].T)
                delta *= u > 0 if relu else self.activation.slope(u)
        return out

    def loss_and_gradients(
        self, X: ArrayLike, d: ArrayLike, loss: str = "cross_entropy"
    ) -> tuple[float, list[dict[str, Floats]]]:
        r"""Return the loss of a batch and its gradient by every parameter.

        .. math:: \Delta_L = \nabla_U J, \qquad \Delta_{l-1} = \Delta_l W_l^T \odot f'(U_{l-1}), \qquad
                  \nabla_{W_l} J = H_{l-1}^T \Delta_l, \quad \nabla_{b_l} J = \Delta_l^T 1

        Args:
            X: the batch.
            d: targets: integer labels or rows for the cross-entropy, rows for the others.
            loss: ``"cross_entropy"`` of the softmax, ``"bce"`` of the sigmoid, or ``"squared"`` (half the
                squared error of the logits themselves).

        Shape:
            X: (B, D). d: (B,) labels or (B, K). Returns a number, and W (D, H) and b (H,) of each layer.

        Units:
            Sum over the outputs, mean over the batch; nats for the entropies.

        Raises:
            TypeError: if X or d holds another kind of values.
            ValueError: if a shape or a target is wrong, the loss unknown, or its value not finite.

        Source:
            Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors.

        Example:
            >>> model = MLP([2, 1], initialiser="constant", value=1, generator=np.random.default_rng(0))
            >>> model.loss_and_gradients([[1, 2]], [[0]], "squared")
            (4.5, [{'W': array([[3.],
                   [6.]]), 'b': array([3.])}])
        """
        with np.errstate(over="ignore", invalid="ignore"):
            run = self._passes(X)
            value, delta = objective(loss, run.logits, d)
        if not math.isfinite(value):
            raise ValueError(f"X and the parameters must give a finite loss; got {value}")
        return value, self._gradients(run, delta, _empty(self.parameters))

    def step(self, X: ArrayLike, d: ArrayLike, *, learning_rate: float, loss: str = "cross_entropy") -> float:
        r"""Take one step of gradient descent, in place, and return the loss before it.

        .. math:: W_l \leftarrow W_l - \alpha \nabla_{W_l} J, \qquad
                  b_l \leftarrow b_l - \alpha \nabla_{b_l} J

        Every gradient is taken before any parameter moves. A loss that is not finite moves none.

        Args:
            X: the batch; never changed.
            d: targets, as for ``loss_and_gradients``; never changed.
            learning_rate: :math:`\alpha`, above zero.
            loss: as for ``loss_and_gradients``.

        Shape:
            X: (B, D). d: (B,) labels or (B, K).

        Raises:
            TypeError: if an argument holds another kind of values.
            ValueError: if a shape, a target or the learning rate is wrong, or the loss unknown.
        """
        rate = check_positive(learning_rate, "learning_rate")
        with np.errstate(over="ignore", invalid="ignore"):
            run = self._passes(X)
            value, delta = objective(loss, run.logits, d)
            if math.isfinite(value):
                # Gradients are linear in delta: the rate goes in here, among B K numbers, not D H.
                delta *= rate
                moves = self._gradients(run, delta, self._buffers)
                for each, move in zip(self.parameters, moves, strict=True):
                    each["W"] -= move["W"]
                    each["b"] -= move["b"]
        return value
