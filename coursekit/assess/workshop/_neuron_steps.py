"""One neuron, steps C to E: a pass of single steps, a step on the batch, and the logistic neuron."""

__all__ = ["BATCH", "LOGISTIC", "SGD"]

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._neuron_cases import Array, arguments, drawn, named, results
from coursekit.assess.workshop._neuron_reference import batch_step, logistic_sgd, sgd

Error = Callable[[Array, float, Array, float], Any]


def _linear(w: Array, b: float, x: Array, d: float) -> Any:
    return d - (x @ w + b)


def _logistic(w: Array, b: float, x: Array, d: float) -> Any:
    return d - 1 / (1 + np.exp(-(x @ w + b)))


def _one_pass(
    error: Error, *, sign: float = 1.0, by_w: float = 1.0, by_b: float = 1.0, frozen: bool = False,
    bias_first: bool = False, weights_first: bool = False, shared: bool = False, from_start: bool = True,
) -> Callable[..., Any]:  # fmt: skip
    """Return a pass of single steps with one thing changed."""

    def run(w: Array, b: float, X: Array, d: Array, lr: float) -> tuple[Array, Array]:
        first, moving, bias = (w, b), w.copy(), b
        ws, bs = [moving if shared else w], [b]
        for x, target in zip(X, d, strict=True):
            at = first if frozen else (moving, bias)
            delta = sign * error(*at, x, target)
            if bias_first:
                bias = bias + lr * delta
                delta = sign * error(moving, bias, x, target)
            step = lr * by_w * delta * x
            moving = np.add(moving, step, out=moving) if shared else moving + step
            if weights_first:
                delta = sign * error(moving, bias, x, target)
            bias = bias if bias_first else bias + lr * by_b * delta
            ws.append(moving)
            bs.append(bias)
        return np.array(ws[not from_start :]), np.array(bs[not from_start :])

    return run


def _observe_path(candidate: Any, case: Case) -> Observation:
    w, b = results(candidate(*arguments(case, "w", "b", "X", "d", "lr")), 2)
    return {"w after each step": plain(w), "b after each step": plain(b)}


def _observe_step(candidate: Any, case: Case) -> Observation:
    w, b = results(candidate(*arguments(case, "w", "b", "X", "d", "lr")), 2)
    return {"w": plain(w), "b": plain(b)}


def _cases(seed: int) -> tuple[Case, ...]:
    """Two small data sets of different sizes."""
    return tuple(named(*size, drawn(seed + size[0], *size)) for size in ((3, 2), (5, 4)))


def _labelled(seed: int) -> tuple[Case, ...]:
    """The same with targets 0 and 1."""
    return tuple(named(*size, drawn(seed + size[0], *size, classes=True)) for size in ((3, 2), (5, 4)))


def _path_mutants(error: Error) -> tuple[Mutant, ...]:
    """Return the mistakes that both kinds of neuron share."""
    return (
        Mutant(
            "errors at the start",
            "All errors were computed with the initial weights. After each update the next output changes: "
            "compute it with the weights that the step before has left.",
            lambda: _one_pass(error, frozen=True),
            "003-E09",
        ),
        Mutant(
            "sign",
            "The steps climb: the error grows. With the target first, d − y, the step is added.",
            lambda: _one_pass(error, sign=-1),
        ),
        Mutant(
            "bias not updated",
            "The bias stays where it was. It learns too: it is a weight whose input is always 1.",
            lambda: _one_pass(error, by_b=0),
        ),
        Mutant(
            "bias updated first",
            "The bias was updated first, and w then saw another error. Compute the error once, then update "
            "both with it.",
            lambda: _one_pass(error, bias_first=True),
        ),
        Mutant(
            "weights updated first",
            "w was updated first, and b then saw another error. Compute the error once, then update both "
            "with it.",
            lambda: _one_pass(error, weights_first=True),
        ),
        Mutant(
            "one array for all iterates",
            "All rows of w are the same: one array was changed in place and listed again and again. Make a "
            "new array with w = w + …, or append a copy.",
            lambda: _one_pass(error, shared=True),
        ),
        Mutant(
            "start left out",
            "The start is missing: the first row must hold the initial w and b, so there is one more than "
            "there are patterns.",
            lambda: _one_pass(error, from_start=False),
        ),
    )


def _scan(error: Error) -> Callable[..., Any]:
    """Return the pass with weights and bias in one vector, its input widened by a one."""

    def run(w: Array, b: float, X: Array, d: Array, lr: float) -> tuple[Array, Array]:
        path = np.empty((len(X) + 1, len(w) + 1))
        path[0] = [*w, b]
        for i, x in enumerate(X):
            now = path[i]
            path[i + 1] = now + lr * error(now[:-1], now[-1], x, d[i]) * np.append(x, 1.0)
        return path[:, :-1], path[:, -1]

    return run


SGD = Exercise(
    "one-neuron/sgd",
    "One pass of single steps, every iterate",
    "sgd(w, b, X, d, lr) -> every w, (B + 1, D), and every b, (B + 1,), the start first",
    3.0,
    lambda: sgd,
    _cases,
    _observe_path,
    (
        Alternate("one vector", lambda: _scan(_linear)),
        Alternate("loop over pairs", lambda: _one_pass(_linear)),
    ),
    (
        *_path_mutants(_linear),
        Mutant(
            "factor 2",
            "Every step is twice as long: with the ½ in the cost the 2 of the square cancels.",
            lambda: _one_pass(_linear, by_w=2, by_b=2),
        ),
        Mutant(
            "one step on the batch",
            "All patterns were used in one step. Here each pattern makes a step of its own.",
            lambda: (
                lambda w, b, X, d, lr: tuple(
                    np.array([start, *[end] * len(d)])
                    for start, end in zip((w, b), batch_step(w, b, X, d, lr), strict=True)
                )
            ),
        ),
    ),
    (
        "Keep two lists that begin with the initial w and b. One pattern, one error, one step, two appends.",
        "The error of a pattern is d[i] − (X[i] @ w + b), with the w and b that the last step has left.",
        "w = w + lr * error * X[i] makes a new array; w += … would change the one in your list.",
    ),
)

BATCH = Exercise(
    "one-neuron/batch-step",
    "One step on all patterns",
    "batch_step(w, b, X, d, lr) -> w, (D,), and b after one step",
    2.0,
    lambda: batch_step,
    _cases,
    _observe_step,
    (
        Alternate("minus the gradient", lambda: _by_gradient),
        Alternate("mean of single steps", lambda: _by_rows),
    ),
    (
        Mutant(
            "sum for mean",
            "The gradients of the patterns were added up. The cost is a mean, so divide by their number.",
            lambda: lambda w, b, X, d, lr: batch_step(w, b, X, d, lr * len(d)),
            "003-E10",
        ),
        Mutant(
            "factor 2",
            "The step is twice as long: with the ½ in the cost the 2 of the square cancels.",
            lambda: lambda w, b, X, d, lr: batch_step(w, b, X, d, 2 * lr),
        ),
        Mutant(
            "single steps",
            "This is a pass of single steps. On the batch all errors come from the same weights.",
            lambda: lambda w, b, X, d, lr: tuple(path[-1] for path in sgd(w, b, X, d, lr)),
        ),
        Mutant(
            "sign",
            "The step climbs. Minus the gradient is the mean of (d − y) x: the target comes first.",
            lambda: lambda w, b, X, d, lr: batch_step(w, b, X, d, -lr),
        ),
        Mutant(
            "bias not updated",
            "The bias stays where it was. Its step is the learning rate times the mean error.",
            lambda: lambda w, b, X, d, lr: (batch_step(w, b, X, d, lr)[0], b),
        ),
        Mutant(
            "divided by the features",
            "The mean was taken over the features. Divide by the number of patterns, len(d).",
            lambda: lambda w, b, X, d, lr: batch_step(w, b, X, d, lr * len(d) / len(w)),
        ),
        Mutant(
            "bias summed",
            "w is right; the step of b is a sum. Take the mean of the errors for the bias as well.",
            lambda: (
                lambda w, b, X, d, lr: (
                    batch_step(w, b, X, d, lr)[0],
                    batch_step(w, b, X, d, lr * len(d))[1],
                )
            ),
        ),
    ),
    (
        "All errors at once: a vector d − y of shape (B,), from the weights as they are.",
        "The sum of error times pattern is error @ X, of shape (D,). Divide by the number of patterns.",
    ),
)


def _by_gradient(w: Array, b: float, X: Array, d: Array, lr: float) -> tuple[Array, float]:
    y = np.einsum("bd,d->b", X, w) + b
    return w - lr * ((y - d)[:, None] * X).mean(axis=0), b - lr * np.mean(y - d)


def _by_rows(w: Array, b: float, X: Array, d: Array, lr: float) -> tuple[Array, float]:
    ends = [sgd(w, b, X[i : i + 1], d[i : i + 1], lr) for i in range(len(d))]
    return np.mean([end[0][-1] for end in ends], axis=0), float(np.mean([end[1][-1] for end in ends]))


def _squared(w: Array, b: float, x: Array, d: float) -> Any:
    y = d - _logistic(w, b, x, d)
    return (d - y) * y * (1 - y)


def _stable(w: Array, b: float, x: Array, d: float) -> Any:
    return d - (1 + np.tanh((x @ w + b) / 2)) / 2


LOGISTIC = Exercise(
    "one-neuron/logistic",
    "The logistic neuron on the cross-entropy",
    "logistic_sgd(w, b, X, d, lr) -> every w, (B + 1, D), and every b, (B + 1,), the start first",
    3.0,
    lambda: logistic_sgd,
    _labelled,
    _observe_path,
    (Alternate("by tanh", lambda: _one_pass(_stable)), Alternate("one vector", lambda: _scan(_logistic))),
    (
        *_path_mutants(_logistic),
        Mutant(
            "extra y(1 − y)",
            "There is a factor y(1 − y) too many. It belongs to squared error; with the cross-entropy it "
            "cancels.",
            lambda: _one_pass(_squared),
            "003-E11",
        ),
        Mutant(
            "thresholded",
            "The output was rounded to 0 or 1: that is the perceptron. The error of a logistic neuron is d "
            "minus the probability.",
            lambda: _one_pass(lambda w, b, x, d: d - float(x @ w + b > 0)),
        ),
        Mutant(
            "sigmoid forgotten",
            "The output is still u: the sigmoid is missing.",
            lambda: _one_pass(_linear),
        ),
    ),
    (
        "The rule has the same form as before, with another y.",
        "y = 1 / (1 + exp(−u)) with u = X[i] @ w + b; the step is lr (d − y) times the pattern.",
    ),
)
