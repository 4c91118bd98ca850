"""Lecture 4: the chain rule through a network, from the error at the output to the gradient of each layer."""

__all__ = ["first_layer", "full_update", "jacobian", "output_delta", "relu_delta"]

import random
from collections.abc import Sequence

from coursekit.assess.bank._activations import relu, sigmoid
from coursekit.assess.bank._write import Matrix, halves, matrix, num, part, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-04"

_ENTRIES = tuple(f"{i}{j}" for i in (1, 2) for j in (1, 2))
_STEP = 0.5
# Without 1, where ReLU equals its derivative.
_NET_INPUTS = (-2, -1.5, -1, -0.5, 0.5, 1.5, 2, 2.5)


def _drawn(rng: random.Random, count: int, most: float) -> list[float]:
    """Draw multiples of one half other than zero."""
    return [halves(rng, -most, most) for _ in range(count)]


def _dot(left: list[float], right: list[float]) -> float:
    """Return the sum of the products."""
    return sum(a * b for a, b in zip(left, right, strict=True))


def _column_sums(rows: Matrix, x: list[float]) -> list[float]:
    """Return the transposed matrix times a vector."""
    return [_dot(list(column), x) for column in zip(*rows, strict=True)]


def _outer(x: list[float], delta: list[float]) -> tuple[float, ...]:
    """Return the entries of x times delta transposed, row by row."""
    return tuple(a * b for a in x for b in delta)


def _sent_back(error: float, v: Sequence[float], u: list[float]) -> list[float]:
    """Return the errors of hidden ReLU neurons, behind which stand the weights v."""
    return [error * e * (z > 0) for e, z in zip(v, u, strict=True)]


def _stepped(old: list[float], gradient: Sequence[float], rate: float) -> tuple[float, ...]:
    """Return the weights after a step of gradient descent."""
    return tuple(a - rate * g for a, g in zip(old, gradient, strict=True))


@template(
    "backprop/first-layer", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=4, source="003-E21",
    rule="In a network with $u = W^\\top x + b$, $h = f(u)$ and the linear output $y = v^\\top h + c$, the "
    "loss $J = \\frac{1}{2} (d - y)^2$ of one pattern has the error $\\delta = \\partial J / \\partial y = y "
    "- d$ at the output and $\\delta_h = \\delta v \\odot f'(u)$ at the hidden neurons. Then $\\partial J / "
    "\\partial W = x \\delta_h^\\top$, of the shape of $W$. For the sigmoid $f'(u) = h (1 - h)$.",
)  # fmt: skip
def first_layer(rng: random.Random) -> Draft:
    x, b, v, *w = (_drawn(rng, 2, most) for most in (2, 1, 2, 1.5, 1.5))
    c, d = halves(rng, -1, 1), halves(rng, -1, 2, zero=True)
    u = [s + e for s, e in zip(_column_sums(w, x), b, strict=True)]
    h = [sigmoid(entry) for entry in u]
    y = _dot(v, h) + c
    error = y - d
    back = [error * entry for entry in v]
    delta = [e * p * (1 - p) for e, p in zip(back, h, strict=True)]
    key = _outer(x, delta)
    return Draft(
        "A network has two inputs, two hidden sigmoid neurons $h = \\sigma(W^\\top x + b)$ and a linear "
        f"output $y = v^\\top h + c$, with $W = {matrix(w)}$ (one column for each neuron), $b = "
        f"{row(b)}^\\top$, $v = {row(v)}^\\top$ and $c = {num(c)}$. For the input $x = {row(x)}^\\top$ and "
        f"the target $d = {num(d)}$ the loss is $J = \\frac{{1}}{{2}} (d - y)^2$. What is $G = \\partial J / "
        "\\partial W$, with one row for each input and one column for each neuron?",
        key,
        (
            Distractor(
                _outer(x, back), "derivative of activation missing",
                "The slope of the hidden sigmoids is missing: multiply each error by $h (1 - h)$.",
            ),
            Distractor(
                _outer(x, [e * z * (1 - z) for e, z in zip(back, u, strict=True)]), "u(1-u) for slope",
                "The slope was computed from $u$; the rule takes the output $h$ of the sigmoid.",
            ),
            Distractor(
                _outer(delta, x), "outer product transposed",
                "Rows and columns are swapped: rows belong to the inputs, columns to the neurons.",
            ),
        ),
        "Error times weight times slope, and that times the input.",
        (
            f"$u = W^\\top x + b = {row(u)}^\\top$, $h = \\sigma(u) = {row(h)}^\\top$",
            f"$y = v^\\top h + c = {num(y)}$, so $\\delta = y - d = {num(error)}$",
            f"$\\delta v = {row(back)}^\\top$, $h \\odot (1 - h) = {row(p * (1 - p) for p in h)}^\\top$",
            f"$\\delta_h = \\delta v \\odot h \\odot (1 - h) = {row(delta)}^\\top$",
            f"$G = x \\delta_h^\\top = {matrix([key[:2], key[2:]])}$",
        ),
        asks=tuple(f"$g_{{{name}}}$" for name in _ENTRIES),
        values={"x": x, "W": w, "b": b, "v": v, "c": c, "d": d},
        # Flat sigmoids and small errors would leave too few digits after rounding.
        fits=max(map(abs, u)) <= 3 and 0.2 <= abs(error) <= 4 and min(map(abs, key)) >= 0.02,
    )  # fmt: skip


@template(
    "backprop/relu-delta", CHAPTER, "number", lecture=4, source="003-E22",
    rule="The errors $\\delta$ of $K$ output neurons come back to $m$ hidden neurons as $\\delta_h = (V "
    "\\delta) \\odot f'(u)$. Here $V \\in \\mathbb{R}^{m \\times K}$ has a column for each output neuron, "
    "and $u$ holds the hidden net inputs. The derivative of ReLU is $1$ where $u > 0$ and $0$ where $u < 0$: "
    "an inactive neuron gets no gradient, an active one passes the error on unchanged.",
)  # fmt: skip
def relu_delta(rng: random.Random) -> Draft:
    m = pick(rng, 3, 4)
    u, v, delta = rng.choices(_NET_INPUTS, k=m), [_drawn(rng, 2, 2) for _ in range(m)], _drawn(rng, 2, 2)
    back = [_dot(line, delta) for line in v]
    key = tuple(e if z > 0 else 0.0 for e, z in zip(back, u, strict=True))
    slopes = [float(z > 0) for z in u]
    return Draft(
        f"A network has ${m}$ hidden neurons with ReLU and two output neurons. Its hidden net inputs are $u "
        f"= {row(u)}^\\top$, the weights behind them are $V = {matrix(v)}$ (one row for each hidden neuron, "
        "one column for each output neuron), and the errors at the net inputs of the output neurons are "
        f"$\\delta = {row(delta)}^\\top$. What are the errors $\\delta_h = \\partial J / \\partial u$ of the "
        "hidden neurons?",
        key,
        (
            Distractor(
                tuple(back), "derivative of ReLU ignored",
                "The derivative of ReLU is missing: look at the sign of each net input.",
            ),
            Distractor(
                tuple(e * relu(z) for e, z in zip(back, u, strict=True)), "ReLU instead of derivative",
                "The errors were multiplied by the outputs of ReLU; its derivative belongs there.",
            ),
            Distractor(
                tuple(map(relu, back)), "ReLU applied to errors",
                "Negative errors were set to $0$; what decides is the sign of the net input $u$.",
            ),
        ),
        "Only neurons with a positive net input pass their error on.",
        (
            f"$V \\delta = {row(back)}^\\top$",
            f"$f'(u) = {row(slopes)}^\\top$",
            f"$\\delta_h = V \\delta \\odot f'(u) = {row(key)}^\\top$",
        ),
        asks=tuple(f"$\\partial J / \\partial u_{i}$" for i in range(1, m + 1)),
        values={"u": u, "V": v, "delta": delta},
        fits=min(u) < 0 < max(u) and all(back),
    )  # fmt: skip


@template(
    "backprop/full-update", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=4, source="003-E23",
    rule="A step of gradient descent subtracts $\\alpha$ times the gradient from *every* parameter, and all "
    "gradients are taken at the old parameters. For $h = f(W^\\top x)$, $y = v^\\top h$ and $J = "
    "\\frac{1}{2} (d - y)^2$, with $\\delta = y - d$: $v \\leftarrow v - \\alpha \\delta h$ and $W "
    "\\leftarrow W - \\alpha x (\\delta v \\odot f'(u))^\\top$, with the old $v$ on the right.",
)  # fmt: skip
def full_update(rng: random.Random) -> Draft:
    x, *w = ([float(rng.choice((-2, -1, 1, 2))) for _ in range(2)] for _ in range(3))
    v, error = _drawn(rng, 2, 2), halves(rng, -1.5, 1.5)
    u = _column_sums(w, x)
    h = [relu(z) for z in u]
    y = _dot(v, h)
    back = _sent_back(error, v, u)
    gradient = (*_outer(x, back), *(error * p for p in h))
    old = [*w[0], *w[1], *v]
    key = _stepped(old, gradient, _STEP)
    late = _outer(x, _sent_back(error, key[4:], u))
    return Draft(
        f"A network without biases has two inputs, two hidden neurons $h = \\operatorname{{ReLU}}(W^\\top "
        f"x)$ and a linear output $y = v^\\top h$, with $W = {matrix(w)}$ (one column for each neuron) and "
        f"$v = {row(v)}^\\top$. The pattern is $x = {row(x)}^\\top$ with the target $d = {num(y - error)}$, "
        f"and $J = \\frac{{1}}{{2}} (d - y)^2$. You take one step of gradient descent on all weights with "
        f"$\\alpha = {num(_STEP)}$. What are the new weights?",
        key,
        (
            Distractor(
                _stepped(old, (*late, *gradient[4:]), _STEP), "new v used backwards",
                "The new $v$ was used for the gradient of $W$: all gradients belong to the old weights.",
            ),
            Distractor(
                _stepped(old, gradient, -_STEP), "ascent instead of descent",
                "The gradient was added; descent subtracts it.",
            ),
            Distractor(
                _stepped(old, gradient, 1.0), "learning rate forgotten",
                "The whole gradient was subtracted: multiply it by $\\alpha$ first.",
            ),
        ),
        "Both gradients were taken at the old weights, then both layers were changed.",
        (
            f"$u = W^\\top x = {row(u)}^\\top$, $h = {row(h)}^\\top$, $y = {num(y)}$, $\\delta = y - d = "
            f"{num(error)}$",
            f"$\\partial J / \\partial v = \\delta h = {row(gradient[4:])}^\\top$, $\\delta_h = "
            f"\\delta v \\odot f'(u) = {row(back)}^\\top$",
            f"$\\partial J / \\partial W = x \\delta_h^\\top = {matrix([gradient[:2], gradient[2:4]])}$",
            f"new $W = {matrix([key[:2], key[2:4]])}$, new $v = {row(key[4:])}^\\top$",
        ),
        asks=(*(f"$w_{{{name}}}$" for name in _ENTRIES), "$v_1$", "$v_2$"),
        values={"x": x, "W": w, "v": v, "d": y - error, "alpha": _STEP},
        fits=max(u) > 0 and 0 not in u and abs(y) <= 6,
    )  # fmt: skip


@template(
    "backprop/jacobian", CHAPTER, "number", lecture=4, source="003-E24",
    rule="If $y$ depends on $x$ with the Jacobian $\\partial y / \\partial x$, whose row $i$ and column $j$ "
    "hold $\\partial y_i / \\partial x_j$, then $\\nabla_x J = (\\partial y / \\partial x)^\\top \\nabla_y "
    "J$: each $x_j$ acts on the loss through every $y_i$, and the ways add up. A gradient has the shape of "
    "the variable it belongs to.",
)  # fmt: skip
def jacobian(rng: random.Random) -> Draft:
    a, g = [_drawn(rng, 2, 2) for _ in range(3)], _drawn(rng, 3, 2)
    key = tuple(_column_sums(a, g))
    sums = _column_sums(a, [1.0] * 3)
    columns = list(zip(*a, strict=True))
    ways = [" + ".join(f"{part(p)} \\cdot {part(q)}" for p, q in zip(c, g, strict=True)) for c in columns]
    return Draft(
        f"A layer turns $x \\in \\mathbb{{R}}^2$ into $y \\in \\mathbb{{R}}^3$. At the current $x$ its "
        f"Jacobian is $\\partial y / \\partial x = {matrix(a)}$ (row $i$ and column $j$ hold $\\partial y_i "
        "/ \\partial x_j$), and the gradient of the loss behind the layer is $\\nabla_y J = "
        f"{row(g)}^\\top$. What is $\\nabla_x J$?",
        key,
        (
            Distractor(
                tuple(sums), "gradient behind layer ignored",
                "These are the column sums of the Jacobian: weight each row with its entry of $\\nabla_y J$.",
            ),
            Distractor(
                (a[0][0] * g[0], a[1][1] * g[1]), "matching entries only",
                "Each $x_j$ was paired with $y_j$ alone; it acts on every entry of $y$.",
            ),
            Distractor(
                tuple(s * sum(g) for s in sums), "sums multiplied",
                "Both factors were summed before they were multiplied: multiply along each way, then add.",
            ),
        ),
        "The transposed Jacobian times the gradient behind the layer.",
        tuple(
            f"$\\partial J / \\partial x_{j} = {way} = {num(value)}$"
            for j, way, value in zip((1, 2), ways, key, strict=True)
        ),
        asks=("$\\partial J / \\partial x_1$", "$\\partial J / \\partial x_2$"),
        values={"jacobian": a, "g": g},
        fits=all(key) and len({tuple(line) for line in a}) == 3,
    )  # fmt: skip


@template(
    "backprop/output-delta", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=4, source="003-E25",
    rule="The error of an output neuron is a product, $\\delta = \\partial J / \\partial u = \\partial J / "
    "\\partial y \\cdot g'(u)$. With $J = \\frac{1}{2} (d - y)^2$ and a sigmoid output it is $\\delta = -(d "
    "- y)\\, y (1 - y)$. It shrinks to $-(d - y)$ only for matching pairs: linear output with this loss, "
    "sigmoid with binary cross-entropy, softmax with cross-entropy.",
)  # fmt: skip
def output_delta(rng: random.Random) -> Draft:
    y, d = rng.randint(10, 90) / 100, rng.randint(0, 1)
    outer, slope = y - d, y * (1 - y)
    key = outer * slope
    return Draft(
        f"An output neuron $y = \\sigma(u)$ with the logistic sigmoid puts out $y = {num(y)}$ for a pattern "
        f"with the target $d = {d}$. The loss is $J = \\frac{{1}}{{2}} (d - y)^2$. What is $\\delta = "
        "\\partial J / \\partial u$?",
        key,
        (
            Distractor(
                outer, "slope of sigmoid missing",
                "That is the derivative by $y$: with squared error the slope of the sigmoid remains as a "
                "factor.",
            ),
            Distractor(
                outer + slope, "factors added",
                "The two derivatives were added; the chain rule multiplies them.",
            ),
            Distractor(
                -key, "sign reversed",
                "The sign is reversed: the derivative of $(d - y)^2$ by $y$ brings a minus sign.",
            ),
        ),
        "Both derivatives were multiplied.",
        (
            f"$\\partial J / \\partial y = -(d - y) = {num(outer)}$",
            f"$\\partial y / \\partial u = y (1 - y) = {num(y)} \\cdot {num(1 - y)} = {num(slope)}$",
            f"$\\delta = {part(outer)} \\cdot {num(slope)} = {num(key)}$",
        ),
        values={"y": y, "d": d},
        fits=y != 0.5,
    )  # fmt: skip
