"""Lecture 7: steps of gradient descent with momentum and of Adam, for one parameter."""

__all__ = ["adam", "momentum"]

import math
import random

from coursekit.assess.bank._write import halves, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-07"

_MOMENTUM = 0.9
_EPSILON = 1e-8


def _heavy(
    theta: float, alpha: float, steps: int, keep: float, gain: float = 1.0
) -> list[tuple[float, float]]:
    """Return velocity and parameter after each step on J = theta^2 / 2, whose gradient is theta."""
    v, path = 0.0, []
    for _ in range(steps):
        v = keep * v + gain * theta
        theta -= alpha * v
        path.append((v, theta))
    return path


def _late(theta: float, alpha: float, steps: int) -> float:
    """Return the parameter if each step uses the velocity from before its update."""
    v = 0.0
    for _ in range(steps):
        theta, v = theta - alpha * v, _MOMENTUM * v + theta
    return theta


@template(
    "optimisers/momentum", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=7, source="003-E66",
    rule="Gradient descent with momentum $\\mu$ keeps a velocity $v$, at first $0$. In PyTorch's form each "
    "step first sets $v \\leftarrow \\mu v + g$ with the gradient $g$ at the present $\\theta$, then "
    "$\\theta \\leftarrow \\theta - \\alpha v$. The gradient enters with weight $1$, not $1 - \\mu$, so for "
    "a constant gradient the steps grow up to $\\frac{1}{1 - \\mu}$ times their first length.",
)  # fmt: skip
def momentum(rng: random.Random) -> Draft:
    theta, alpha, steps = halves(rng, -4, 4), rng.choice((0.1, 0.2, 0.3, 0.5)), pick(rng, 2, 4)
    path = _heavy(theta, alpha, steps, _MOMENTUM)
    key = path[-1][1]
    before = [theta, *(after for _, after in path)]
    return Draft(
        f"You minimise $J(\\theta) = \\frac{{1}}{{2}} \\theta^2$ from $\\theta_0 = {num(theta)}$ by gradient "
        f"descent with the learning rate $\\alpha = {num(alpha)}$ and the momentum $\\mu = {num(_MOMENTUM)}$ "
        "in PyTorch's form (without dampening or Nesterov's variant); the velocity starts at $0$. What is "
        f"$\\theta_{steps}$, the parameter after {steps} steps?",
        key,
        (
            Distractor(
                _heavy(theta, alpha, steps, _MOMENTUM, 1 - _MOMENTUM)[-1][1], "moving average of gradients",
                "The gradient was weighted by 1 − μ, as in a moving average: here it enters in full.",
            ),
            Distractor(
                _heavy(theta, alpha, steps, 0.0)[-1][1], "momentum forgotten",
                "That is plain gradient descent: a share of the last velocity is carried on.",
            ),
            Distractor(
                _late(theta, alpha, steps), "old velocity used",
                "Each step used the velocity from before its update: first update it, then move.",
            ),
        ),
        "The gradient is $\\theta$ itself; the velocity is updated first, then the parameter.",
        tuple(
            f"step {at}: $v = {num(v)}$, $\\theta_{at} = {num(before[at - 1])} - {num(alpha)} \\cdot "
            f"({num(v)}) = {num(after)}$"
            for at, (v, after) in enumerate(path, start=1)
        ),
        values={"theta": theta, "alpha": alpha, "mu": _MOMENTUM, "k": steps},
    )  # fmt: skip


def _adam(
    gradients: list[float], alpha: float, betas: tuple[float, float], *, corrected: bool = True
) -> list[tuple[float, float, float]]:
    """Return both moments, as the step uses them, and the parameter after each step from 0."""
    m = v = theta = 0.0
    path = []
    for t, g in enumerate(gradients, start=1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        first, second = (m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)) if corrected else (m, v)
        theta -= alpha * first / (math.sqrt(second) + _EPSILON)
        path.append((first, second, theta))
    return path


@template(
    "optimisers/adam", CHAPTER, "number", relative=5e-3, tolerance=2e-4, lecture=7, source="003-E67",
    rule="Adam keeps moving averages of the gradient, $m_t = \\beta_1 m_{t-1} + (1 - \\beta_1) g_t$, and of "
    "its square, $v_t = \\beta_2 v_{t-1} + (1 - \\beta_2) g_t^2$, both from $0$. As that start pulls them to "
    "$0$, step $t$ divides them by $1 - \\beta_1^t$ and $1 - \\beta_2^t$, to $\\hat{m}_t$ and $\\hat{v}_t$, "
    "and sets $\\theta_t = \\theta_{t-1} - \\alpha \\frac{\\hat{m}_t}{\\sqrt{\\hat{v}_t} + \\varepsilon}$.",
)  # fmt: skip
def adam(rng: random.Random) -> Draft:
    gradients = [halves(rng, -3, 3) for _ in range(pick(rng, 2, 4))]
    alpha, betas = rng.choice((0.1, 0.2, 0.5)), (0.9, 0.999)
    path, steps = _adam(gradients, alpha, betas), len(gradients)
    return Draft(
        f"Adam starts at $\\theta_0 = 0$ with $\\alpha = {num(alpha)}$, $\\beta_1 = {num(betas[0])}$, "
        f"$\\beta_2 = {num(betas[1])}$ and $\\varepsilon = 10^{{-8}}$; both of its averages start at $0$. In "
        f"{steps} steps it meets the gradients ${row(gradients)}$, in this order. What is $\\theta_{steps}$, "
        "the parameter after the last step?",
        path[-1][2],
        (
            Distractor(
                _adam(gradients, alpha, betas, corrected=False)[-1][2], "bias correction forgotten",
                "The averages start at 0 and are too small at first: divide each by its 1 − βᵗ.",
            ),
            Distractor(
                _adam(gradients, alpha, (betas[1], betas[0]))[-1][2], "betas swapped",
                "β₁ belongs to the average of the gradients, β₂ to that of their squares.",
            ),
            Distractor(
                -alpha * sum(math.copysign(1, g) for g in gradients), "signs of gradients only",
                "Each step was made as long as the learning rate: that holds for the first step only.",
            ),
        ),
        "Both averages are corrected for their start at zero before each step.",
        tuple(
            f"step {t}: $\\hat{{m}} = {num(first)}$, $\\hat{{v}} = {num(second)}$, $\\theta_{t} = "
            f"{num(theta)}$"
            for t, (first, second, theta) in enumerate(path, start=1)
        ),
        values={"g": gradients, "alpha": alpha, "betas": list(betas)},
        fits=abs(path[-1][2]) > 0.2 * alpha,  # else the tolerance would be wide or the answer all rounding
    )  # fmt: skip
