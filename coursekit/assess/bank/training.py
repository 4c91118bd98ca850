"""Beyond the lectures: schedules, Newton's step, and what stopping early and smoothing labels aim at."""

__all__ = ["filter_factors", "newton", "schedule", "smoothing_gap"]

import math
import random

from coursekit.assess.bank._write import Matrix, halves, matrix, num, part, pick, vector
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/beyond"

Rate = tuple[str, float, tuple[Distractor, ...], str, dict[str, object]]


@template(
    "training/smoothing-gap", CHAPTER, "number", relative=1e-3, tolerance=5e-4,
    rule="Label smoothing moves a share $\\varepsilon$ of the target to all $K$ classes evenly: the "
    "right class "
    "keeps $1 - \\varepsilon + \\varepsilon/K$, each other one gets $\\varepsilon/K$. Cross-entropy "
    "is smallest "
    "where the softmax equals the target, so the best gap between the right logit and the others is the "
    "finite $\\ln\\frac{1 - \\varepsilon + \\varepsilon/K}{\\varepsilon/K}$.",
)  # fmt: skip
def smoothing_gap(rng: random.Random) -> Draft:
    k, eps = pick(rng, 3, 10), rng.choice((0.05, 0.1, 0.2, 0.3))
    right, other = 1 - eps + eps / k, eps / k
    return Draft(
        f"A classifier with ${k}$ classes is trained with softmax, cross-entropy and label smoothing "
        f"$\\varepsilon = {num(eps)}$, spread evenly over all classes. By how much does the logit of "
        "the right "
        "class exceed each other logit where the loss is smallest?",
        math.log(right / other),
        (
            Distractor(
                math.log((1 - eps) / (eps / (k - 1))), "mass on wrong classes only",
                "The share was spread over K - 1 classes: here the right class gets its part of it too.",
            ),
            Distractor(
                math.log((1 - eps) / other), "own part forgotten",
                "The right class keeps 1 - ε and gets ε/K of the share back: both count.",
            ),
            Distractor(
                math.log((1 - eps) / eps), "number of classes ignored",
                "The share is divided among the classes: each other class gets ε/K, not ε.",
            ),
        ),
        "The softmax meets the smoothed target at a finite gap; without smoothing there is no best gap.",
        (
            f"the right class has the target ${num(right)}$, each other one ${num(other)}$",
            f"$\\ln({num(right)} / {num(other)}) = {num(math.log(right / other))}$",
        ),
        values={"K": k, "epsilon": eps},
    )  # fmt: skip


def _step(rng: random.Random, base: float, t: int) -> Rate:
    size, gamma = rng.choice((5, 10)), rng.choice((0.1, 0.5))
    drops = t // size
    wrong = (
        Distractor(base * gamma ** (drops + 1), "one drop too many",
                   "That is one drop too many: count how many whole stages lie behind step t."),
        Distractor(base * gamma ** (t / size), "falls between drops",
                   "The rate is constant within a stage: round t / s down."),
    )  # fmt: skip
    said = f"is multiplied by $\\gamma = {num(gamma)}$ after every ${size}$ steps"
    way = f"$\\lfloor {t}/{size} \\rfloor = {drops}$ drops have happened"
    return said, base * gamma**drops, wrong, way, {"name": "step", "size": size, "gamma": gamma}


def _exponential(rng: random.Random, base: float, t: int) -> Rate:
    gamma = rng.choice((0.9, 0.8, 0.5))
    wrong = (
        Distractor(base * gamma ** (t + 1), "first step reduced already",
                   "Step 0 uses the base rate itself, so step t has t factors."),
        Distractor(base * math.exp(-gamma * t), "factor taken as exponent",
                   "The factor multiplies the rate once a step: raise it to the power t."),
    )  # fmt: skip
    said = f"is multiplied by $\\gamma = {num(gamma)}$ after each step"
    return (
        said,
        base * gamma**t,
        wrong,
        f"step ${t}$ has ${t}$ factors",
        {"name": "exponential", "gamma": gamma},
    )


def _cosine(rng: random.Random, base: float, t: int) -> Rate:
    total = t + pick(rng, 2, 12)
    angle = math.pi * t / total
    wrong = (
        Distractor(base * math.cos(angle), "not shifted and halved",
                   "The cosine falls from 1 to -1: add 1 and halve it, so that the rate ends at 0."),
        Distractor(base * math.cos(angle / 2), "quarter of a wave",
                   "The schedule is half a wave, moved up: one half of 1 + cos."),
    )  # fmt: skip
    said = f"falls as half a cosine wave from the base rate at step $0$ to $0$ at step ${total}$"
    way = f"$\\frac{{1}}{{2}}(1 + \\cos(\\pi \\cdot {t}/{total})) = {num((1 + math.cos(angle)) / 2)}$"
    return said, base * (1 + math.cos(angle)) / 2, wrong, way, {"name": "cosine", "total": total}


def _linear(rng: random.Random, base: float, t: int) -> Rate:
    total = t + pick(rng, 2, 12)
    wrong = (
        Distractor(base * t / total, "share already done",
                   "That share lies behind you: the rate is proportional to what is left."),
        Distractor(base * (total - t - 1) / total, "steps counted from 1",
                   "Step 0 has the full base rate: count the steps from 0."),
    )  # fmt: skip
    said = f"falls on a straight line from the base rate at step $0$ to $0$ at step ${total}$"
    way = f"$1 - {t}/{total} = {num(1 - t / total)}$ of the base rate is left"
    return said, base * (1 - t / total), wrong, way, {"name": "linear", "total": total}


def _warm_up(rng: random.Random, base: float, t: int) -> Rate:
    total = t + pick(rng, 2, 12)
    wrong = (
        Distractor(base * t / total, "first step would be zero",
                   "With t / W the first step would not move at all: step t uses t + 1 parts."),
        Distractor(base, "warm-up ignored", "Step t lies inside the warm-up: the full rate comes later."),
    )  # fmt: skip
    said = (
        f"rises on a straight line during the first $W = {total}$ steps, from a $W$-th of the base rate at "
        f"step $0$ to all of it at step ${total - 1}$"
    )
    return said, base * (t + 1) / total, wrong, f"step ${t}$ uses ${t + 1}$ of ${total}$ parts", {
        "name": "warm-up", "total": total,
    }  # fmt: skip


@template(
    "training/schedule", CHAPTER, "number", relative=2e-3, tolerance=6e-5,
    rule="Steps are counted from $t = 0$, which uses the base rate $\\eta_0$ (a warm-up starts "
    "lower). Step decay "
    "gives $\\eta_0 \\gamma^{\\lfloor t/s \\rfloor}$, exponential decay $\\eta_0 \\gamma^t$, a straight line "
    "$\\eta_0 (1 - t/T)$, a cosine $\\frac{\\eta_0}{2} (1 + \\cos(\\pi t / T))$, and a warm-up over "
    "$W$ steps "
    "$\\eta_0 (t + 1)/W$, so that the first step is not zero.",
)  # fmt: skip
def schedule(rng: random.Random) -> Draft:
    base, t = rng.choice((0.1, 0.2, 0.5, 1.0)), pick(rng, 2, 12)
    said, key, wrong, way, values = rng.choice((_step, _exponential, _cosine, _linear, _warm_up))(
        rng, base, t
    )
    return Draft(
        f"A learning rate starts with the base rate $\\eta_0 = {num(base)}$ and {said}. Steps are "
        "counted from "
        f"$0$. What is the rate at step $t = {t}$?",
        key,
        wrong,
        "The schedule multiplies the base rate by a factor that depends on the step alone.",
        (way, f"$\\eta_{{{t}}} = {num(key)}$"),
        values={"base": base, "t": t} | values,
        fits=key >= 2e-3,
    )


@template(
    "training/filter-factors", CHAPTER, "number", relative=2e-3, tolerance=5e-4,
    rule="On a quadratic with curvature $\\lambda$ along an eigenvector, ridge regression with "
    "penalty $\\alpha$ "
    "keeps the share $\\lambda/(\\lambda + \\alpha)$ of the least-squares solution. Gradient descent "
    "from zero "
    "with rate $\\eta$ has reached the share $1 - (1 - \\eta\\lambda)^k$ after $k$ steps: stopping "
    "early shrinks "
    "flat directions most, as ridge does.",
)  # fmt: skip
def filter_factors(rng: random.Random) -> Draft:
    lam, alpha = rng.choice((0.5, 1.0, 2.0, 4.0)), rng.choice((0.5, 1.5, 3.0))
    rate, k = rng.choice((0.05, 0.1, 0.2)), pick(rng, 2, 5)
    ridge, left = lam / (lam + alpha), (1 - rate * lam) ** k
    return Draft(
        f"Along one eigenvector a least-squares problem has the curvature $\\lambda = {num(lam)}$. "
        "Which share of "
        f"its solution does ridge regression with the penalty $\\alpha = {num(alpha)}$ keep there, "
        "and which share "
        f"has gradient descent from zero with the rate $\\eta = {num(rate)}$ reached after ${k}$ steps?",
        (ridge, 1 - left),
        (
            Distractor((ridge, left), "share left to go",
                       "The second number is what is still missing: subtract it from 1."),
            Distractor((1 - ridge, 1 - left), "share removed by ridge",
                       "The first number is what ridge takes away: the curvature stands on top."),
            Distractor((ridge, k * rate * lam), "steps added up",
                       "The steps shrink as the rest shrinks: multiply what is left, do not add the steps."),
        ),
        "Both factors grow with the curvature; a small penalty and many steps do alike.",
        (
            f"ridge: ${num(lam)} / ({num(lam)} + {num(alpha)}) = {num(ridge)}$",
            f"what is left after ${k}$ steps: $(1 - {num(rate)} \\cdot {num(lam)})^{{{k}}} = {num(left)}$",
            f"reached: $1 - {num(left)} = {num(1 - left)}$",
        ),
        asks=("ridge", "gradient descent"),
        values={"lambda": lam, "alpha": alpha, "rate": rate, "k": k},
    )  # fmt: skip


def _times(a: Matrix, x: tuple[float, float]) -> tuple[float, float]:
    """Multiply a 2 by 2 matrix with a vector."""
    return a[0][0] * x[0] + a[0][1] * x[1], a[1][0] * x[0] + a[1][1] * x[1]


@template(
    "training/newton", CHAPTER, "number", relative=1e-3, tolerance=5e-4,
    rule="Newton's method moves by $-H^{-1} \\nabla f$ with the Hessian $H$. On a quadratic one step from "
    "anywhere lands on the point where the gradient is zero; dividing by the diagonal of $H$ alone does not.",
)  # fmt: skip
def newton(rng: random.Random) -> Draft:
    c = rng.choice((-1.0, 1.0))
    a = ((float(pick(rng, 2, 4)), c), (c, float(pick(rng, 2, 4))))
    goal, start = ((halves(rng, -2, 2), halves(rng, -2, 2)) for _ in range(2))
    b, image = _times(a, goal), _times(a, start)
    g = (image[0] - b[0], image[1] - b[1])
    return Draft(
        f"The function $f(w) = \\frac{{1}}{{2}} w^\\top A w - b^\\top w$ has $A = {matrix(a)}$ and $b = "
        f"{vector(b)}$. You stand at $w = {vector(start)}$ and take one step of Newton's method. "
        "Where do you land?",
        goal,
        (
            Distractor((start[0] - g[0], start[1] - g[1]), "step of gradient descent",
                       "That is a gradient step with rate 1: solve with the Hessian A first."),
            Distractor((start[0] - g[0] / a[0][0], start[1] - g[1] / a[1][1]), "diagonal alone",
                       "The gradient was divided by the diagonal: the other entries of A count as well."),
            Distractor((2 * start[0] - goal[0], 2 * start[1] - goal[1]), "wrong direction",
                       "The step went uphill: subtract the solution of A s = gradient."),
        ),
        "The gradient is $Aw - b$ and the Hessian is $A$, so one step solves $Aw = b$.",
        (
            f"gradient: $A w - b = {vector(g)}$",
            f"solve $A s = {vector(g)}$: $s = {vector((start[0] - goal[0], start[1] - goal[1]))}$",
            f"$w - s$: first entry ${num(start[0])} - {part(start[0] - goal[0])} = {num(goal[0])}$",
        ),
        asks=("$w_1$", "$w_2$"),
        values={"A": a, "b": b, "w": start},
        fits=any(g),
    )  # fmt: skip
