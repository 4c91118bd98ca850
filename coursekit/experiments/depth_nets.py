"""Networks whose weights are written down, not learned: parity, the sawtooth, and products."""

__all__ = [
    "Net",
    "forward",
    "parity_relu",
    "parity_threshold",
    "parity_tree",
    "product_by_powers",
    "product_by_tree",
    "sawtooth_deep",
    "sawtooth_shallow",
    "tent",
    "units",
]

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit._check import check_positive_int
from coursekit.scratch.activations import activation, relu

Floats = NDArray[np.floating[Any]]


class Net(NamedTuple):
    """A network: weights (D, H) and biases (H,) of each layer, and the activation of its hidden layers."""

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    activation: str


def forward(net: Net, X: ArrayLike) -> Floats:
    r"""Return the output of a network for a batch.

    .. math:: H_0 = X, \quad H_l = f(H_{l-1} W_l + \mathbf 1 b_l^\top), \quad
              Y = H_{L-1} W_L + \mathbf 1 b_L^\top

    Args:
        net: the layers; the last one is linear.
        X: one row a pattern.

    Shape:
        X: (B, D); returns (B, K).

    Example:
        >>> forward(parity_relu(3), [[1, 1, 0], [1, 1, 1]]).ravel()
        array([0., 1.])
    """
    f = activation(net.activation).function
    values: Floats = np.asarray(X, dtype=np.float64)
    for W, b in zip(net.weights[:-1], net.biases[:-1], strict=True):
        values = f(values @ W + b)
    out: Floats = values @ net.weights[-1] + net.biases[-1]
    return out


def units(net: Net) -> int:
    """Return the number of hidden neurons.

    Example:
        >>> units(parity_relu(5)), units(parity_tree(8))
        (5, 14)
    """
    return sum(len(b) for b in net.biases[:-1])


def parity_relu(n: int) -> Net:
    r"""Compute the parity of n bits with one hidden layer of n ReLU neurons.

    .. math:: \operatorname{parity}(x) = \sum_{k=0}^{n-1} v_k \operatorname{relu}(s - k), \quad
              s = \sum_i x_i, \quad v = (1, -2, 2, -2, \dots)

    Args:
        n: bits, at least 1.

    Raises:
        TypeError: if ``n`` is no int.
        ValueError: if it is below 1.

    Source:
        The one-layer solution by counting goes back to Rumelhart, Hinton and Williams (1986), chapter 8.

    Example:
        >>> forward(parity_relu(4), [[1, 1, 1, 0]])
        array([[1.]])
    """
    check_positive_int(n, "n")
    k = np.arange(n)
    v = np.where(k % 2 == 1, -2.0, 2.0)  # the slope turns at every whole number
    v[0] = 1.0
    return Net((np.ones((n, n)), v[:, None]), (-1.0 * k, np.zeros(1)), "relu")


def parity_threshold(n: int) -> Net:
    r"""Compute the parity of n bits with one hidden layer of n threshold neurons.

    .. math:: \operatorname{parity}(x) = \sum_{k=1}^{n} (-1)^{k+1}\, \mathbf 1[s > k - \tfrac12]

    Args:
        n: bits, at least 1.

    Raises:
        TypeError: if ``n`` is no int.
        ValueError: if it is below 1.

    Source:
        Rumelhart, Hinton and Williams (1986), Learning internal representations by error propagation.

    Example:
        >>> forward(parity_threshold(3), [[1, 0, 1], [0, 1, 0]]).ravel()
        array([0., 1.])
    """
    check_positive_int(n, "n")
    k = np.arange(1, n + 1)
    signs = np.where(k % 2 == 1, 1.0, -1.0)
    return Net((np.ones((n, n)), signs[:, None]), (0.5 - k, np.zeros(1)), "step")


def parity_tree(n: int) -> Net:
    r"""Compute the parity of n bits by a tree of exclusive ors, two ReLU neurons each.

    .. math:: a \oplus b = \operatorname{relu}(a - b) + \operatorname{relu}(b - a), \qquad a, b \in \{0, 1\}

    A value without a partner is handed on by one neuron, so there are :math:`2(n - 1)` neurons where n is a
    power of two, and one more for each level with an odd count; the depth is :math:`\lceil \log_2 n \rceil`.

    Args:
        n: bits, at least 2.

    Raises:
        TypeError: if ``n`` is no int.
        ValueError: if it is below 2.

    Example:
        >>> len(parity_tree(8).weights) - 1
        3
    """
    check_positive_int(n, "n", minimum=2)
    read, weights = np.eye(n), []  # how the present values are read off the last hidden layer
    while (count := read.shape[1]) > 1:
        pairs, odd = count // 2, count % 2
        differ = np.zeros((count, 2 * pairs + odd))
        merge = np.zeros((2 * pairs + odd, pairs + odd))
        for j in range(pairs):
            differ[2 * j : 2 * j + 2, 2 * j : 2 * j + 2] = [[1, -1], [-1, 1]]
            merge[2 * j : 2 * j + 2, j] = 1
        if odd:
            differ[-1, -1] = merge[-1, -1] = 1
        weights.append(read @ differ)
        read = merge
    weights.append(read)
    return Net(tuple(weights), tuple(np.zeros(W.shape[1]) for W in weights), "relu")


def tent(x: ArrayLike) -> Floats:
    r"""Fold the unit interval in two: up to 1 at one half, and down again.

    .. math:: t(x) = 2 \operatorname{relu}(x) - 4 \operatorname{relu}(x - \tfrac12)

    Args:
        x: points of the unit interval.

    Shape:
        x: any; returns the same.

    Example:
        >>> tent([0.25, 0.5, 0.75])
        array([0.5, 1. , 0.5])
    """
    points = np.asarray(x, dtype=np.float64)
    return 2 * relu(points) - 4 * relu(points - 0.5)


def sawtooth_deep(k: int) -> Net:
    r"""Compose the tent k times: k layers of two ReLU neurons, and :math:`2^{k-1}` teeth.

    .. math:: S_k = t \circ t \circ \dots \circ t \quad (k \text{ times})

    Args:
        k: layers, at least 1.

    Raises:
        TypeError: if ``k`` is no int.
        ValueError: if it is below 1.

    Source:
        Telgarsky (2016), Benefits of depth in neural networks, section 3.1.

    Example:
        >>> forward(sawtooth_deep(2), [[0.25], [0.5]]).ravel()
        array([1., 0.])
    """
    check_positive_int(k, "k")
    read, kinks = np.array([[2.0], [-4.0]]), np.array([0.0, -0.5])
    weights = (np.ones((1, 2)), *[np.hstack([read, read])] * (k - 1), read)
    return Net(weights, (*[kinks] * k, np.zeros(1)), "relu")


def sawtooth_shallow(k: int) -> Net:
    r"""Draw the same sawtooth with one hidden layer: a ReLU neuron for each of its :math:`2^k` pieces.

    .. math:: S_k(x) = 2^k \operatorname{relu}(x)
              + \sum_{j=1}^{2^k - 1} (-1)^j\, 2^{k+1} \operatorname{relu}(x - j 2^{-k})

    Args:
        k: of the sawtooth, at least 1.

    Raises:
        TypeError: if ``k`` is no int.
        ValueError: if it is below 1.

    Example:
        >>> units(sawtooth_shallow(6)), units(sawtooth_deep(6))
        (64, 12)
    """
    check_positive_int(k, "k")
    j = np.arange(2**k)
    turns = np.where(j == 0, 1.0, np.where(j % 2 == 1, -2.0, 2.0)) * 2**k
    return Net((np.ones((1, 2**k)), turns[:, None]), (-j / 2**k, np.zeros(1)), "relu")


def product_by_powers(X: ArrayLike) -> tuple[Floats, int]:
    r"""Multiply n numbers with one hidden layer of neurons :math:`u^n`: a neuron for each choice of signs.

    .. math:: \prod_{i=1}^{n} x_i = \frac{1}{2^n n!} \sum_{\varsigma \in \{-1, 1\}^n}
              \Big(\prod_i \varsigma_i\Big) \Big(\sum_i \varsigma_i x_i\Big)^n

    Args:
        X: one row a pattern.

    Shape:
        X: (B, n); returns the products (B,) and the number of neurons, :math:`2^n`.

    Source:
        Lin, Tegmark and Rolnick (2017), Why does deep and cheap learning work so well?, appendix A.

    Example:
        >>> product_by_powers([[2.0, 3.0, 4.0]])
        (array([24.]), 8)
    """
    rows = np.asarray(X, dtype=np.float64)
    n = rows.shape[1]
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=n)))  # (2^n, n)
    hidden = (rows @ signs.T) ** n
    return hidden @ signs.prod(axis=1) / (2**n * math.factorial(n)), len(signs)


def product_by_tree(X: ArrayLike) -> tuple[Floats, int]:
    r"""Multiply n numbers in pairs, two squaring neurons a pair.

    .. math:: x y = \tfrac14 \big((x + y)^2 - (x - y)^2\big)

    Args:
        X: one row a pattern.

    Shape:
        X: (B, n); returns the products (B,) and the number of neurons, :math:`2 (n - 1)`.

    Source:
        Lin, Tegmark and Rolnick (2017), section 2.3, with squares for the smooth activation of the paper.

    Example:
        >>> product_by_tree([[2.0, 3.0, 4.0]])
        (array([24.]), 4)
    """
    values, count = np.asarray(X, dtype=np.float64), 0
    while values.shape[1] > 1:
        paired = values.shape[1] // 2 * 2
        left, right = values[:, 0:paired:2], values[:, 1:paired:2]
        merged = ((left + right) ** 2 - (left - right) ** 2) / 4
        count += 2 * merged.shape[1]
        values = np.hstack([merged, values[:, paired:]])
    return values[:, 0], count
