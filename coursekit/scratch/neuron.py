"""One neuron: its output, its learning rules step by step, and the learning rate that stays stable."""

__all__ = ["Steps", "batch_step", "forward", "sgd_steps", "stable_learning_rate"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import check_choice, check_positive
from coursekit.scratch._arrays import Floats, Ints, as_floats, as_labels, as_number, check_unit
from coursekit.scratch.activations import table
from coursekit.scratch.activations.piecewise import step
from coursekit.scratch.activations.smooth import sigmoid, sigmoid_slope

RULES = ("linear", "logistic", "logistic-squared", "perceptron")


class Steps(NamedTuple):
    """Weights (T+1, D) and biases (T+1,) from start to end, and the error d - y (T,) that each step saw."""

    w: Floats
    b: Floats
    error: Floats


def _neuron(w: ArrayLike, b: float, X: ArrayLike) -> tuple[Floats, float, Floats]:
    """Return weights, bias and patterns, of one dtype."""
    rows = as_floats(X, "X", shape=("B", "D"))
    weights = as_floats(w, "w", shape=(rows.shape[1],))
    kind = np.result_type(weights, rows)
    return weights.astype(kind, copy=False), as_number(b, "b"), rows.astype(kind, copy=False)


def forward(w: ArrayLike, b: float, X: ArrayLike, activation: str = "linear") -> Floats:
    r"""Return the output of one neuron for each pattern.

    .. math:: u_i = w^T x_i + b, \qquad y_i = f(u_i)

    :math:`w` are the weights, :math:`b` is the bias (minus the threshold), :math:`f` the activation.

    Args:
        w: weights.
        b: bias.
        X: patterns, one a row.
        activation: a name from :func:`coursekit.scratch.activations.names`.

    Shape:
        w: (D,). X: (B, D). Returns (B,).

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if the shapes do not match, a value is not finite, or the activation unknown.

    Example:
        >>> forward([1.0, 1.0], -1.5, [[0, 1], [1, 1]], "step")
        array([0., 1.])
    """
    weights, bias, rows = _neuron(w, b, X)
    return table.activation(activation).function(rows @ weights + bias)


def _targets(d: ArrayLike, rows: Floats, rule: str) -> Floats:
    """Return the targets if the rule can learn them."""
    target = as_floats(d, "d", shape=(len(rows),)).astype(rows.dtype, copy=False)
    if rule.startswith("logistic"):
        return check_unit(target, "d")
    wrong = target[(target != 0) & (target != 1)]
    if rule == "perceptron" and wrong.size:
        raise ValueError(f"d must hold 0 or 1 for the perceptron; got {wrong[0]:g}")
    return target


def _errors(u: Floats, d: Floats, rule: str) -> tuple[Floats, Floats]:
    """Return d - y, and minus the derivative of the loss with respect to the net input."""
    if rule == "linear":
        return d - u, d - u
    if rule == "perceptron":
        return d - step(u), d - step(u)
    error = d - sigmoid(u)
    return error, error if rule == "logistic" else error * sigmoid_slope(u)


def _moved(w: Floats, b: float, X: Floats, d: Floats, rate: float, rule: str) -> tuple[Floats, float, Floats]:
    """Take one step down the mean loss of some rows; return the neuron and the errors before the step."""
    with np.errstate(over="ignore", invalid="ignore"):
        error, delta = _errors(X @ w + b, d, rule)
        moved = w + rate * (delta @ X) / len(X)
        shifted = float(b + rate * delta.mean())
    if not (np.isfinite(moved).all() and np.isfinite(shifted)):
        raise ValueError(f"learning_rate must keep the weights finite; got {rate:g}, which overflows")
    return moved, shifted, error


def sgd_steps(
    w: ArrayLike, b: float, X: ArrayLike, d: ArrayLike,
    *, learning_rate: float, rule: str = "linear", order: Sequence[int] | Ints | None = None,
) -> Steps:  # fmt: skip
    r"""Train one neuron, one pattern a step, and return every iterate.

    .. math:: w \leftarrow w + \alpha\, \delta\, x, \qquad b \leftarrow b + \alpha\, \delta

    :math:`\delta = d - y` for the linear neuron with half the squared error, the logistic neuron with
    cross-entropy and the perceptron; :math:`(d - y)\, y (1 - y)` for the logistic neuron with squares.

    Args:
        w: initial weights; not changed.
        b: initial bias.
        X: patterns, one a row.
        d: targets, in [0, 1] for the logistic rules, 0 or 1 for the perceptron.
        learning_rate: :math:`\alpha`, above zero.
        rule: ``"linear"``, ``"logistic"``, ``"logistic-squared"`` or ``"perceptron"``.
        order: the row of each step, any number of steps; each row once from the first to the last if None.

    Shape:
        w: (D,). X: (B, D). d: (B,). order: (T,).

    Raises:
        TypeError: if an argument holds anything but real numbers, or the order anything but integers.
        ValueError: if the shapes do not match, a value is out of its range, or the weights overflow.

    Source:
        Widrow and Hoff (1960), Adaptive switching circuits; Rosenblatt (1958), The perceptron.

    Example:
        >>> sgd_steps([0.5], 0.0, [[2.0]], [3.0], learning_rate=0.1).w.tolist()
        [[0.5], [0.9]]
    """
    weights, bias, rows = _neuron(w, b, X)
    check_choice(rule, "rule", RULES)
    rate, target = check_positive(learning_rate, "learning_rate"), _targets(d, rows, rule)
    visits = range(len(rows)) if order is None else as_labels(order, "order", classes=len(rows), shape=("T",))
    path, biases, errors = [weights], [bias], []
    for i in visits:
        weights, bias, error = _moved(weights, bias, rows[i : i + 1], target[i : i + 1], rate, rule)
        path.append(weights)
        biases.append(bias)
        errors.append(error[0])
    return Steps(np.stack(path), np.array(biases, rows.dtype), np.array(errors, rows.dtype))


def batch_step(
    w: ArrayLike, b: float, X: ArrayLike, d: ArrayLike, *, learning_rate: float, rule: str = "linear"
) -> tuple[Floats, float]:
    r"""Take one step of one neuron down the mean loss of all patterns.

    .. math:: w \leftarrow w + \frac{\alpha}{B} \sum_{i=1}^{B} \delta_i x_i, \qquad
              b \leftarrow b + \frac{\alpha}{B} \sum_{i=1}^{B} \delta_i

    :math:`\delta_i` is that of :func:`sgd_steps`, at the same weights for all patterns.

    Args:
        w: weights; not changed.
        b: bias.
        X: patterns, one a row.
        d: targets, as for :func:`sgd_steps`.
        learning_rate: :math:`\alpha`, above zero.
        rule: as for :func:`sgd_steps`.

    Shape:
        w: (D,). X: (B, D). d: (B,). Returns the new w (D,) and b.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if the shapes do not match, a value is out of its range, or the weights overflow.

    Example:
        >>> batch_step([0.0], 0.0, [[1.0], [3.0]], [1.0, 3.0], learning_rate=0.1)
        (array([0.5]), 0.2)
    """
    weights, bias, rows = _neuron(w, b, X)
    check_choice(rule, "rule", RULES)
    rate, target = check_positive(learning_rate, "learning_rate"), _targets(d, rows, rule)
    return _moved(weights, bias, rows, target, rate, rule)[:2]


def stable_learning_rate(X: ArrayLike) -> float:
    r"""Return the learning rate above which batch descent of the linear neuron diverges.

    .. math:: \alpha_{\max} = \frac{2}{\lambda_{\max}(H)}, \qquad
              H = \frac1B \sum_{i=1}^{B} \tilde x_i \tilde x_i^T, \qquad \tilde x_i = (x_i, 1)

    :math:`H` is the Hessian of half the mean squared error in (w, b). For a single pattern the limit is
    :math:`2 / (\lVert x \rVert^2 + 1)`.

    Args:
        X: patterns, one a row.

    Shape:
        X: (B, D).

    Raises:
        TypeError: if ``X`` holds anything but real numbers.
        ValueError: if it is empty, not finite or not of two axes.

    Source:
        LeCun et al. (1998), Efficient backprop, section 5.

    Example:
        >>> round(stable_learning_rate([[2.0, 1.0]]), 12)
        0.333333333333
    """
    rows = as_floats(X, "X", shape=("B", "D"))
    widened = np.column_stack([rows, np.ones(len(rows), rows.dtype)])
    # By the singular value, without forming H, which would square its condition number.
    return 2 * len(rows) / float(np.linalg.norm(widened, 2)) ** 2
