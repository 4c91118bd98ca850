"""The chapter on backpropagation: chains, accumulation, passes and costs."""

__all__ = ["accumulated", "difference_passes", "flops_ratio", "jacobian_passes", "pairs", "scalar_chain"]

import math
import random
from itertools import pairwise

from coursekit.assess.bank._activations import sigmoid
from coursekit.assess.bank._write import halves, num, part, pick
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/backpropagation"


@template("backprop/scalar-chain", CHAPTER, "number", label="backprop-chain", relative=5e-3, tolerance=1e-4)
def scalar_chain(rng: random.Random) -> Draft:
    x, w, v, d = halves(rng, -2, 2), halves(rng, -2, 2), halves(rng, -2, 2), halves(rng, -2, 2)
    u = w * x
    h = sigmoid(u)
    y = v * h
    error, slope = y - d, h * (1 - h)
    key = error * v * slope * x
    return Draft(
        f"A hidden sigmoid neuron $h = \\sigma(w x)$ feeds a linear output $y = v h$, without biases, and "
        f"$J = \\frac{{1}}{{2}} (y - d)^2$. Let $x = {num(x)}$, $w = {num(w)}$, $v = {num(v)}$ and "
        f"$d = {num(d)}$. What is $\\partial J / \\partial w$?",
        key,
        (
            Distractor(
                error * v * x, "slope left out",
                "The slope of the sigmoid is missing: one factor for each arrow of the chain.",
            ),
            Distractor(
                error + v + slope + x, "factors added",
                "The factors of a chain are multiplied; sums come from several ways.",
            ),
            Distractor(
                error * h * slope * x, "output instead of weight",
                "The error comes back through the weight $v$; $h$ belongs to the gradient of $v$ itself.",
            ),
            Distractor(
                error * v * u * (1 - u) * x, "slope from net input",
                "The slope $s(1 - s)$ takes the output of the sigmoid, not its net input.",
            ),
        ),
        "Four factors: error, weight, slope, input.",
        (
            f"$u = {num(u)}$, $h = {num(h)}$, $y = {num(y)}$",
            f"$(y - d) = {num(error)}$, $v = {num(v)}$, $h(1 - h) = {num(slope)}$, $x = {num(x)}$",
            f"product: ${num(key)}$",
        ),
        values={"x": x, "w": w, "v": v, "d": d},
        fits=abs(error) >= 0.2 and abs(key) >= 0.02,
    )  # fmt: skip


@template("backprop/accumulated", CHAPTER, "number", label="backprop-autodiff")
def accumulated(rng: random.Random) -> Draft:
    x, y = halves(rng, -4, 4), halves(rng, -4, 4)
    calls = pick(rng, 2, 3)
    once = y + 2 * x
    word = {2: "twice", 3: "three times"}[calls]
    return Draft(
        f"On a tape, $z = x y + x x$ with $x = {num(x)}$ and $y = {num(y)}$. `z.backward()` runs {word}, and "
        "nothing is reset in between. What does `x.grad` hold?",
        calls * once,
        (
            Distractor(once, "overwritten", "Gradients add up from call to call until you reset them."),
            Distractor(
                calls * (y + x), "one use of x lost",
                "In $x x$ the variable is used twice, and both uses count.",
            ),
            Distractor(
                calls * y, "only the first way",
                "Two ways lead from $x$ to $z$; their parts add up.",
            ),
        ),
        f"$y + 2x$ from one call, {calls} times.",
        (
            f"one call: $y + 2x = {num(y)} + 2 \\cdot {part(x)} = {num(once)}$",
            f"{word}: ${num(calls * once)}$",
        ),
        values={"x": x, "y": y, "calls": calls},
        fits=once != 0,
    )  # fmt: skip


@template("backprop/jacobian-passes", CHAPTER, "number", label="backprop-modes")
def jacobian_passes(rng: random.Random) -> Draft:
    n, m = rng.sample(range(2, 60), 2)
    mode = rng.choice(("reverse", "forward"))
    key, other = (m, n) if mode == "reverse" else (n, m)
    return Draft(
        f"A function has ${n}$ inputs and ${m}$ outputs. How many passes does {mode} mode need for its whole "
        "Jacobian?",
        key,
        (
            Distractor(other, "modes swapped", "Reverse mode gives a row a pass, forward mode a column."),
            Distractor(n * m, "one pass an entry", "A pass gives a whole row or column, not one entry."),
            Distractor(1, "one pass", "One pass is enough for a single output (reverse) or input (forward)."),
        ),
        "Reverse: one pass an output. Forward: one pass an input.",
        (f"{mode} mode: ${key}$ passes",),
        values={"n": n, "m": m, "mode": mode},
    )  # fmt: skip


@template("backprop/difference-passes", CHAPTER, "number", label="backprop-differences")
def difference_passes(rng: random.Random) -> Draft:
    sizes = [rng.randint(2, 40) for _ in range(rng.randint(3, 4))]
    weights, biases = sum(a * b for a, b in pairwise(sizes)), sum(sizes[1:])
    key = 2 * (weights + biases)
    said = " \\to ".join(map(str, sizes))
    return Draft(
        f"You check the gradient of a network ${said}$, biases included, by central differences in every "
        "parameter. How many forward passes does that take?",
        key,
        (
            Distractor(2 * weights, "biases forgotten", "Each neuron has a bias to check as well."),
            Distractor(weights + biases, "one-sided", "A central difference needs a value on both sides."),
            Distractor(
                2 * (weights + biases) + 1, "middle counted",
                "A central difference does not use the value in the middle.",
            ),
        ),
        "Two passes for every weight and every bias.",
        (f"${weights}$ weights and ${biases}$ biases", f"$2 \\cdot {weights + biases} = {key}$"),
        values={"sizes": sizes},
    )  # fmt: skip


@template("backprop/flops-ratio", CHAPTER, "number", label="backprop-cost", relative=5e-3, tolerance=1e-3)
def flops_ratio(rng: random.Random) -> Draft:
    sizes = [rng.choice((10, 20, 40, 50, 100)) for _ in range(rng.randint(3, 5))]
    products = [a * b for a, b in pairwise(sizes)]
    total = sum(products)
    key = 2 - products[0] / total
    said = " \\to ".join(map(str, sizes))
    return Draft(
        f"For a network ${said}$, by what factor do the matrix products of the backward pass cost more than "
        "those of the forward pass? The gradient by the data is not computed.",
        key,
        (
            Distractor(2.0, "first layer in full", "The gradient by the data is spared: one product less."),
            Distractor(1.0, "same as forward", "Backwards a layer has two: for weights and for input."),
            Distractor(
                2 - products[-1] / total, "last layer spared",
                "It is the first layer that needs only one product; the last one hands its error on.",
            ),
        ),
        "Twice the forward cost, less one product of the first layer.",
        (
            f"forward: ${' + '.join(map(str, products))} = {total}$ products a row",
            f"backward: $2 \\cdot {total} - {products[0]} = {2 * total - products[0]}$; ratio ${num(key)}$",
        ),
        values={"sizes": sizes},
    )  # fmt: skip


_OUTPUTS = {
    "linear, half the squared error": lambda y, d: y - d,
    "sigmoid, binary cross-entropy": lambda y, d: y - d,
    "sigmoid, half the squared error": lambda y, d: (y - d) * y * (1 - y),
    "tanh, half the squared error": lambda y, d: (y - d) * (1 - y * y),
}


@template("backprop/pairs", CHAPTER, "number", label="backprop-delta", relative=5e-3, tolerance=5e-4)
def pairs(rng: random.Random) -> Draft:
    name = rng.choice(sorted(_OUTPUTS))
    y, d = rng.randint(10, 90) / 100, float(rng.randint(0, 1))
    key = _OUTPUTS[name](y, d)
    error = y - d
    plain = math.isclose(key, error)
    other = error * y * (1 - y)
    wrong = Distractor(
        other if plain else error,
        "slope kept" if plain else "slope cancelled",
        "Here the slope of the output cancels against the loss."
        if plain
        else "With squared error the slope of the output stays as a factor.",
    )
    return Draft(
        f"An output neuron with its loss, \"{name}\", puts out $y = {num(y)}$ for the target $d = {num(d)}$. "
        "What is $\\delta = \\partial J / \\partial u$?",
        key,
        (
            wrong,
            Distractor(-key, "sign reversed", "The sign is reversed: above the target the loss rises."),
            Distractor(
                error + y * (1 - y), "factors added",
                "The chain rule multiplies its factors.",
            ),
        ),
        "The slope cancels where loss and output belong together: linear with squared error, sigmoid with "
        "binary cross-entropy.",
        (
            f"$y - d = {num(error)}$",
            f"$\\delta = {num(key)}$",
        ),
        values={"y": y, "d": d, "name": name},
        fits=abs(y - 0.5) > 0.01,
    )  # fmt: skip
