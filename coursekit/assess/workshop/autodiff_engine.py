"""Finish the engine, steps A to E: rules, shapes, order, sums, and a step of a network; 20 points."""

__all__ = ["exercises", "rewrites"]

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._engine_order import ORDER
from coursekit.assess.workshop._engine_reference import step
from coursekit.assess.workshop._engine_rules import RULE, UNBROADCAST
from coursekit.assess.workshop._engine_sums import ACCUMULATE
from coursekit.assess.workshop._engine_survivors import survivors
from coursekit.assess.workshop._renumbered import renumbered

rewrites = partial(renumbered, "five")

Array = NDArray[Any]
NAMES = ("W1", "b1", "W2", "b2")
OUTPUT, HIDDEN = "output layer", "hidden layer"


def _step_case(seed: int, sizes: tuple[int, ...], group: str, layer: int) -> Case:
    """Draw a network and a batch; of the new parameters, a group looks at its own."""
    rng = np.random.default_rng(seed + sum(sizes) + layer)
    rows, inputs, hidden, outputs = sizes
    shapes = {"X": (rows, inputs), "d": (rows, outputs), "W1": (inputs, hidden), "b1": (hidden,),
              "W2": (hidden, outputs), "b2": (outputs,)}  # fmt: skip
    drawn = {name: rng.uniform(0.3, 1.0, each) * rng.choice((-1, 1), each) for name, each in shapes.items()}
    inside = {**drawn, "lr": float(rng.uniform(0.1, 0.3))}
    return Case(f"the {group}, sizes {', '.join(map(str, sizes))}", inside, layer, group=group)


def _step_cases(seed: int) -> tuple[Case, ...]:
    """Equal sizes first, where every wrong product fits; then sizes that all differ."""
    return (_step_case(seed, (4, 4, 4, 4), OUTPUT, 1), *(
        _step_case(seed, sizes, HIDDEN, 3) for sizes in ((4, 4, 4, 4), (5, 3, 4, 2))
    ))  # fmt: skip


def _observe_step(candidate: Any, case: Case) -> Observation:
    inputs = [np.array(case.inputs[name]) for name in ("X", "d", *NAMES)]
    came = candidate(*inputs, float(case.inputs["lr"]))
    wanted = NAMES[2:] if case.group == OUTPUT else NAMES
    if not isinstance(came, (tuple, list)) or len(came) != len(NAMES):
        return dict.fromkeys(wanted, told(came))
    return {name: plain(value) for name, value in zip(NAMES, came, strict=True) if name in wanted}


def _by_patterns(X: Array, d: Array, W1: Array, b1: Array, W2: Array, b2: Array, lr: float) -> Any:
    sums = [np.zeros_like(part) for part in (W1, b1, W2, b2)]
    for x, target in zip(X, d, strict=True):
        h = np.tanh(x @ W1 + b1)
        delta = h @ W2 + b2 - target
        back = (W2 @ delta) / np.cosh(x @ W1 + b1) ** 2
        for total, part in zip(sums, (np.outer(x, back), back, np.outer(h, delta), delta), strict=True):
            total += part
    return [old - lr * total / len(X) for old, total in zip((W1, b1, W2, b2), sums, strict=True)]


def _by_torch(X: Array, d: Array, W1: Array, b1: Array, W2: Array, b2: Array, lr: float) -> Any:
    import torch

    leaves = [torch.tensor(part, requires_grad=True) for part in (W1, b1, W2, b2)]
    out = torch.tanh(torch.tensor(X) @ leaves[0] + leaves[1]) @ leaves[2] + leaves[3]
    slopes = torch.autograd.grad(((out - torch.tensor(d)) ** 2).sum() / (2 * len(X)), leaves)
    return [(leaf - lr * slope).detach().numpy() for leaf, slope in zip(leaves, slopes, strict=True)]


Back = Callable[[Array, Array, Array], Array]


def _changed(
    *, per: Callable[[Array], float] = len, sign: float = 1.0,
    slope: Callable[[Array, Array], Array] = lambda _, h: 1 - h**2,
    weights: Back = lambda W2, error, _: error @ W2.T,
    first: Callable[[Array, Array], Array] = lambda X, back: X.T @ back,
    bias: Callable[[Array], Array] = lambda error: error.sum(axis=0), late: bool = False,
) -> Callable[[], Any]:  # fmt: skip
    """Return a builder of a step with one thing changed."""

    def wrong(X: Array, d: Array, W1: Array, b1: Array, W2: Array, b2: Array, lr: float) -> Any:
        U = X @ W1 + b1
        H = np.tanh(U)
        error = sign * (H @ W2 + b2 - d) / per(X)
        moved = W2 - lr * H.T @ error
        back = weights(moved if late else W2, error, H) * slope(U, H)
        return W1 - lr * first(X, back), b1 - lr * bias(back), moved, b2 - lr * bias(error)

    return lambda: wrong


def _over_all(X: Array, d: Array, W1: Array, b1: Array, W2: Array, b2: Array, lr: float) -> Any:
    return step(X, d, W1, b1, W2, b2, lr / d.shape[1])


def _gradients_only(X: Array, d: Array, W1: Array, b1: Array, W2: Array, b2: Array, lr: float) -> Any:
    old = (W1, b1, W2, b2)
    return [(a - b) / lr for a, b in zip(old, step(X, d, *old, lr), strict=True)]


STEP = Exercise(
    "autodiff-engine/step",
    "One step of a network with a hidden layer",
    "step(X, d, W1, b1, W2, b2, lr) -> the new W1, b1, W2, b2",
    5.0,
    lambda: step,
    _step_cases,
    _observe_step,
    (Alternate("pattern by pattern", lambda: _by_patterns), Alternate("torch", lambda: _by_torch)),
    (
        Mutant(
            "no mean",
            "The gradients are sums over the batch. The loss is a mean: divide the error by the rows.",
            _changed(per=lambda _: 1.0),
        ),
        Mutant(
            "mean over the outputs too",
            "The mean runs over the outputs as well. The loss sums over them: divide by the rows only.",
            lambda: _over_all,
        ),
        Mutant(
            "half left out",
            "The gradients are twice too large: the ½ of the loss cancels the 2 of the square.",
            _changed(per=lambda X: len(X) / 2),
        ),
        Mutant(
            "gradients returned",
            "These are the gradients. Return the parameters after the step: old minus lr times gradient.",
            lambda: _gradients_only,
        ),
        Mutant(
            "ascent",
            "The loss would rise: the error is output minus target, and the step subtracts the gradient.",
            _changed(sign=-1.0),
        ),
        Mutant(
            "biases along the batch",
            "The gradient of a bias was summed over the neurons: sum over the rows, one number a neuron.",
            _changed(bias=lambda error: error.sum(axis=1)),
        ),
        Mutant(
            "biases stay",
            "The biases did not move: they are parameters like all others.",
            _changed(bias=lambda error: np.zeros(error.shape[1])),
        ),
        Mutant(
            "slope left out",
            "The output layer is right. In the hidden one the slope of tanh is missing.",
            _changed(slope=lambda _, h: np.ones_like(h)),
        ),
        Mutant(
            "slope of the sigmoid",
            "The slope is that of a sigmoid, H(1 − H). The hidden layer has tanh.",
            _changed(slope=lambda _, h: h * (1 - h)),
        ),
        Mutant(
            "net input squared",
            "The slope was computed as 1 − U². It is 1 − tanh(U)², and that is 1 − H².",
            _changed(slope=lambda u, _: 1 - u**2),
        ),
        Mutant(
            "slope at the output",
            "The slope of tanh was taken at H. It is 1 − tanh² of the net input, and that is 1 − H².",
            _changed(slope=lambda _, h: 1 - np.tanh(h) ** 2),
        ),
        Mutant(
            "not transposed",
            "The error went through W2, not through its transpose; with equal sizes that fits too.",
            _changed(weights=lambda W2, error, _: error @ W2),
        ),
        Mutant(
            "updated before the way back",
            "The error went back through the new W2. All gradients belong to the old parameters: change them "
            "at the end.",
            _changed(late=True),
        ),
        Mutant(
            "inputs not transposed",
            "The gradient of W1 was built with X, not with its transpose; with equal sizes that fits too.",
            _changed(first=lambda X, back: X @ back),
        ),
    ),
    (
        "Keep H from the forward pass; the error at the output is (Y − d) over the number of rows.",
        "Send the error back through the transpose of the old W2, then multiply by 1 − H².",
        "Each weight gets its input, transposed, times the error behind it; each bias the sum of that error "
        "over the rows. Change all four at the end.",
    ),
    groups=((OUTPUT, 2.0), (HIDDEN, 3.0)),
    survivors=survivors("step"),
)


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return RULE, UNBROADCAST, ORDER, ACCUMULATE, STEP
