"""Lecture 1: one neuron, its threshold, its activations and their derivatives."""

__all__ = ["output", "slope", "softmax_loss", "softmax_slope", "threshold"]

import math
import random
from collections.abc import Callable

from coursekit.assess.bank._activations import relu, sigmoid, softmax
from coursekit.assess.bank._write import halves, num, part, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-01"

_SHAPES: dict[str, tuple[str, Callable[[float], float]]] = {
    "sigmoid": ("the logistic sigmoid $\\sigma$", sigmoid),
    "tanh": ("$\\tanh$", math.tanh),
    "relu": ("ReLU", relu),
    "step": ("the step function ($1$ for $u > 0$, else $0$)", lambda u: float(u > 0)),
}


@template(
    "neuron/output", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=1, source="003-E01",
    rule="A neuron first forms $u = w^\\top x + b$, then applies its activation once: $y = f(u)$. "
    "The bias belongs inside $f$, and $f$ acts on the sum, not on its terms.",
)  # fmt: skip
def output(rng: random.Random) -> Draft:
    n = rng.randint(2, 4)
    w, x = ([halves(rng, -2, 2) for _ in range(n)] for _ in range(2))
    b, name = halves(rng, -2, 2), rng.choice(tuple(_SHAPES))
    said, f = _SHAPES[name]
    terms = [a * c for a, c in zip(w, x, strict=True)]
    u = sum(terms) + b
    wrong = [
        Distractor(
            f(u - b), "bias forgotten",
            "The bias is missing: add it to the sum before the activation.",
        ),
        Distractor(
            sum(map(f, terms)), "activation on each term",
            "The activation was applied to each product: sum first, then apply it once.",
        ),
    ]  # fmt: skip
    if f(u) != u:  # an active ReLU changes nothing; else its answer would always be 0
        told = "That is $u$, the value before the activation."
        wrong.append(Distractor(u, "activation forgotten", told))
    return Draft(
        f"A neuron has the weights $w = {row(w)}^\\top$, the bias $b = {num(b)}$ and {said} as activation. "
        f"What is its output $y$ for the input $x = {row(x)}^\\top$?",
        f(u),
        tuple(wrong),
        f"$u = {num(u)}$, and the activation makes it ${num(f(u))}$.",
        (
            f"$w^\\top x = {' + '.join(map(part, terms))} = {num(u - b)}$",
            f"$u = {num(u - b)} + {part(b)} = {num(u)}$",
            f"$y = f({num(u)}) = {num(f(u))}$",
        ),
        values={"w": w, "x": x, "b": b, "f": name},
    )  # fmt: skip


@template(
    "neuron/threshold", CHAPTER, "number", lecture=1, source="003-E02",
    rule="A neuron that fires when $w^\\top x > \\theta$ is the same as one that fires when $u = w^\\top x + "
    "b > 0$ with the bias $b = -\\theta$. With a strict comparison it stays at $0$ when $w^\\top x$ equals "
    "the threshold.",
)  # fmt: skip
def threshold(rng: random.Random) -> Draft:
    n = rng.randint(2, 3)
    w, x = ([halves(rng, -2, 2) for _ in range(n)] for _ in range(2))
    total = sum(a * c for a, c in zip(w, x, strict=True))
    theta = total if rng.random() < 0.3 else halves(rng, -3, 3)
    u = total - theta
    y, flipped = float(u > 0), float(total + theta > 0)
    told = "The threshold changes its sign when it moves to the other side of the inequality."
    wrong = [Distractor((theta, y), "sign of the bias", told)]
    if flipped != y:
        told = "A bias of the wrong sign also decided the output: bring $\\theta$ over with a minus sign."
        wrong.append(Distractor((theta, flipped), "decided with the wrong sign", told))
    if u:
        told = "The bias is right; look again at the sign of $u$ to decide whether the neuron fires."
        wrong.append(Distractor((-theta, 1 - y), "decision reversed", told))
    else:
        told = "The sum equals the threshold, and the comparison is strict."
        wrong.append(Distractor((-theta, 1 - y), "equality counted as firing", told))
    return Draft(
        f"A neuron with the weights $w = {row(w)}^\\top$ fires ($y = 1$) if $w^\\top x > \\theta$ with the "
        f"threshold $\\theta = {num(theta)}$; else $y = 0$. You write it with a bias instead, so that it "
        f"fires if $w^\\top x + b > 0$. What is $b$, and what is the output $y$ for the input $x = "
        f"{row(x)}^\\top$?",
        (-theta, y),
        tuple(wrong),
        f"The bias is minus the threshold, and $u = {num(u)}$ is {'' if u > 0 else 'not '}greater than $0$.",
        (
            f"$b = -\\theta = {num(-theta)}$",
            f"$w^\\top x = {num(total)}$, so $u = {num(total)} + {part(-theta)} = {num(u)}$",
            f"$u {'>' if u > 0 else '<' if u else '='} 0$, so $y = {num(y)}$",
        ),
        asks=("$b$", "$y$"),
        values={"w": w, "x": x, "theta": theta},
        fits=theta != 0 and len(wrong) >= 2,
    )  # fmt: skip


@template(
    "neuron/slope", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=1, source="003-E03",
    rule="The slope of an activation follows from its output $y = f(u)$: for the sigmoid $f'(u) = y (1 - "
    "y)$, for $\\tanh$ $f'(u) = 1 - y^2$. Insert the output $y$ there, not the net input $u$.",
)  # fmt: skip
def slope(rng: random.Random) -> Draft:
    u, name = rng.randint(-30, 30) / 10, rng.choice(("sigmoid", "tanh"))
    said, f = _SHAPES[name]
    y = f(u)
    rules = [lambda v: v * (1 - v), lambda v: 1 - v * v]
    own, other = rules if name == "sigmoid" else reversed(rules)
    said_rule = f"{num(y)} \\cdot (1 - {num(y)})" if name == "sigmoid" else f"1 - {part(y)}^2"
    return Draft(
        f"A neuron has {said} as activation $f$. What is the derivative $f'(u)$ at $u = {num(u)}$?",
        own(y),
        (
            Distractor(
                own(u), "rule applied to u",
                "The rule takes the output $f(u)$; $u$ itself was inserted.",
            ),
            Distractor(
                other(y), "rule of other function",
                "That is the rule of the other function: sigmoid and $\\tanh$ have different derivatives.",
            ),
            Distractor(
                y, "function instead of derivative",
                "That is the output $f(u)$; its slope is asked for.",
            ),
        ),
        f"The output is $y = {num(y)}$, and the slope follows from $y$ alone.",
        (f"$y = f({num(u)}) = {num(y)}$", f"$f'(u) = {said_rule} = {num(own(y))}$"),
        values={"u": u, "f": name},
    )  # fmt: skip


@template(
    "neuron/softmax-slope", CHAPTER, "number", relative=5e-3, tolerance=5e-4, lecture=1, source="003-E04",
    rule="Every output $y_i = e^{u_i} / \\sum_k e^{u_k}$ of a softmax depends on every net input, so its "
    "derivative is a full matrix: $\\partial y_i / \\partial u_i = y_i (1 - y_i)$, and $\\partial y_i / "
    "\\partial u_j = -y_i y_j$ for $i \\ne j$.",
)  # fmt: skip
def softmax_slope(rng: random.Random) -> Draft:
    u = [halves(rng, -1, 2, zero=True) for _ in range(rng.randint(3, 4))]
    p = softmax(u)
    i, j = rng.sample(range(len(u)), 2)
    return Draft(
        f"A softmax with {len(u)} outputs has the net inputs $u = {row(u)}^\\top$, and $y$ is its output. "
        f"What is $\\partial y_{i + 1} / \\partial u_{j + 1}$ (entries are counted from $1$)?",
        -p[i] * p[j],
        (
            Distractor(
                p[i] * (1 - p[i]), "sigmoid rule",
                "That is the derivative by the output's own net input, the only one a sigmoid has.",
            ),
            Distractor(
                0.0, "outputs taken as independent",
                "The denominator holds every net input, so each output depends on all of them.",
            ),
            Distractor(
                p[i] * p[j], "sign lost",
                "The size is right; but a larger net input elsewhere takes probability away from this "
                "output.",
            ),
        ),
        "A larger $u_j$ takes from every other output, in proportion to both probabilities.",
        (
            f"$y = {row(p)}^\\top$",
            f"$\\partial y_{i + 1} / \\partial u_{j + 1} = -y_{i + 1} y_{j + 1} = "
            f"-{num(p[i])} \\cdot {num(p[j])} = {num(-p[i] * p[j])}$",
        ),
        values={"u": u, "i": i, "j": j},
        fits=p[i] * p[j] > 0.01 and len(set(u)) > 1,
    )  # fmt: skip


@template(
    "neuron/softmax-loss", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=1, source="003-E05",
    rule="For a softmax output $y$ and the cross-entropy $J = -\\sum_k d_k \\ln y_k$ with a one-hot target "
    "$d$, the gradient by the net inputs is $\\partial J / \\partial u_k = y_k - d_k$. It holds for this "
    "pair of activation and loss, and the derivative of the softmax is already in it.",
)  # fmt: skip
def softmax_loss(rng: random.Random) -> Draft:
    u, c = [halves(rng, -1, 2, zero=True) for _ in range(3)], rng.randrange(3)
    d = [float(k == c) for k in range(3)]
    p = softmax(u)
    key = tuple(a - b for a, b in zip(p, d, strict=True))
    return Draft(
        f"A softmax with three outputs has the net inputs $u = {row(u)}^\\top$; the one-hot target is "
        f"$d = {row(d)}^\\top$, and the loss is $J = -\\sum_k d_k \\ln y_k$. "
        "What are the three entries of the gradient $\\partial J / \\partial u$?",
        key,
        (
            Distractor(
                tuple(-g for g in key), "sign reversed",
                "The sign is reversed: raising the net input of the true class must lower the loss.",
            ),
            Distractor(
                tuple((p[k] - 1) * d[k] for k in range(3)), "diagonal of Jacobian only",
                "Only the true class got a gradient; its output also depends on the other net inputs.",
            ),
            Distractor(
                tuple(g * q * (1 - q) for g, q in zip(key, p, strict=True)), "extra factor y(1-y)",
                "The factor $y (1 - y)$ is too much: the derivative of the softmax is already accounted for.",
            ),
        ),
        "The gradient is the output minus the target.",
        (
            f"$y = {row(p)}^\\top$",
            f"$\\partial J / \\partial u = y - d = {row(p)}^\\top - {row(d)}^\\top = {row(key)}^\\top$",
        ),
        asks=tuple(f"$\\partial J / \\partial u_{k}$" for k in (1, 2, 3)),
        values={"u": u, "c": c},
        fits=len(set(u)) > 1,
    )  # fmt: skip
