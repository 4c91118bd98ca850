"""Lecture 3: a layer of neurons, batches, the losses of classification, and the number of parameters."""

__all__ = ["batch", "binary_loss", "class_loss", "output", "parameters", "softmax_gradient"]

import math
import random
from collections.abc import Callable
from itertools import pairwise, product

from coursekit.assess.bank._activations import relu, sigmoid, softmax
from coursekit.assess.bank._matrices import Rows, times, turned
from coursekit.assess.bank._write import Matrix, halves, matrix, num, row, table
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-03"

_VARIED = [three for three in product(range(3), repeat=3) if len(set(three)) > 1]


def _drawn(rng: random.Random, rows: int, columns: int, most: float = 2) -> Rows:
    """Draw a matrix of multiples of one half without zeros."""
    return [[halves(rng, -most, most) for _ in range(columns)] for _ in range(rows)]


def _each(f: Callable[[float], float], rows: Matrix) -> tuple[float, ...]:
    """Apply a function to every entry, and list the results row by row."""
    return tuple(f(entry) for line in rows for entry in line)


def _errors(y: Matrix, classes: list[int]) -> Rows:
    """Return the outputs minus the one-hot targets."""
    return [[p - (k == c) for k, p in enumerate(line)] for line, c in zip(y, classes, strict=True)]


def _names(letter: str, columns: int) -> tuple[str, ...]:
    """Name the entries of a matrix of two rows, row by row."""
    return tuple(f"${letter}_{{{r}{c}}}$" for r in (1, 2) for c in range(1, columns + 1))


@template(
    "layers/output", CHAPTER, "number", lecture=3, source="003-E15",
    rule="A layer of $K$ neurons with $n$ inputs has $W \\in \\mathbb{R}^{n \\times K}$, one column for each "
    "neuron, and $b \\in \\mathbb{R}^K$. For one pattern $u = W^\\top x + b$ and $y = f(u)$, with $f$ "
    "applied to each entry of $u$, bias included.",
)  # fmt: skip
def output(rng: random.Random) -> Draft:
    n, k = rng.randint(2, 3), rng.randint(2, 3)
    w, (x,), (b,) = _drawn(rng, n, k), _drawn(rng, 1, n), _drawn(rng, 1, k)
    (weighted,) = times([x], w)
    u = [s + c for s, c in zip(weighted, b, strict=True)]
    y = tuple(map(relu, u))
    wrong = [
        Distractor(
            tuple(map(relu, weighted)), "bias forgotten",
            "The bias is missing: add it before the activation.",
        ),
        Distractor(
            tuple(u), "activation forgotten",
            "That is $u$: ReLU still has to be applied to each entry.",
        ),
    ]  # fmt: skip
    if n == k:
        (other,) = times([x], turned(w))
        answer = tuple(relu(s + c) for s, c in zip(other, b, strict=True))
        told = "You computed $W x$: a neuron's weights stand in a column of $W$."
        wrong.append(Distractor(answer, "rows taken as neurons", told))
    return Draft(
        f"A layer of ${k}$ neurons with ReLU as activation $f$ has the weights $W = {matrix(w)}$, one column "
        f"for each neuron, and the bias $b = {row(b)}^\\top$. What is its output $y = f(W^\\top x + b)$ for "
        f"$x = {row(x)}^\\top$?",
        y,
        tuple(wrong),
        "Each column of $W$ is one neuron, and ReLU turns its negative net inputs into $0$.",
        (
            f"$W^\\top x = {row(weighted)}^\\top$",
            f"$u = W^\\top x + b = {row(u)}^\\top$",
            f"$y = f(u) = {row(y)}^\\top$",
        ),
        asks=tuple(f"$y_{i}$" for i in range(1, k + 1)),
        values={"W": w, "x": x, "b": b},
        fits=max(u) > 0 > min(u),
    )  # fmt: skip


@template(
    "layers/batch", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=3, source="003-E16",
    rule="For a batch $X \\in \\mathbb{R}^{P \\times n}$, one pattern a row, a layer computes $U = X W + 1 "
    "b^\\top$ and $Y = f(U)$: each row of $U$ belongs to a pattern, each column to a neuron, so the same "
    "$b^\\top$ is added to every row. A sigmoid acts on each entry alone.",
)  # fmt: skip
def batch(rng: random.Random) -> Draft:
    x, w, b = _drawn(rng, 2, 2, 1.5), _drawn(rng, 2, 2, 1.5), rng.sample((-1.5, -1, -0.5, 0.5, 1, 1.5), 2)
    weighted = times(x, w)
    u = [[s + c for s, c in zip(line, b, strict=True)] for line in weighted]
    y = _each(sigmoid, u)
    along = [[s + c for s in line] for line, c in zip(weighted, b, strict=True)]
    return Draft(
        f"A layer of two sigmoid neurons has the weights $W = {matrix(w)}$, one column for each neuron, and "
        f"the bias $b = {row(b)}^\\top$. What is its output $Y = \\sigma(X W + 1 b^\\top)$ for the batch $X "
        f"= {matrix(x)}$, one pattern a row?",
        y,
        (
            Distractor(
                _each(sigmoid, along), "bias along the batch",
                "The bias was spread over the patterns: each neuron, that is each column, has its own entry "
                "of $b$.",
            ),
            Distractor(
                tuple(p for line in u for p in softmax(line)), "softmax instead of sigmoid",
                "That is a softmax over each row; a sigmoid looks at each entry alone.",
            ),
            Distractor(
                _each(sigmoid, weighted), "bias forgotten",
                "The bias is missing: add $b^\\top$ to every row of $X W$.",
            ),
        ),
        "Every row got the same bias, and the sigmoid was applied to each entry.",
        (
            f"$X W = {matrix(weighted)}$",
            f"$U = X W + 1 b^\\top = {matrix(u)}$",
            f"$Y = \\sigma(U) = {matrix([y[:2], y[2:]])}$",
        ),
        asks=_names("y", 2),
        values={"X": x, "W": w, "b": b},
        fits=all(abs(entry) <= 4 for line in u for entry in line),
    )  # fmt: skip


@template(
    "layers/binary-loss", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=3, source="003-E17",
    rule="The binary cross-entropy of a target $d \\in \\{0, 1\\}$ and an output $y \\in (0, 1)$ is $J = -d "
    "\\ln y - (1 - d) \\ln(1 - y)$ with the natural logarithm. Only one term is left: $-\\ln y$ for $d = 1$, "
    "$-\\ln(1 - y)$ for $d = 0$. It is never negative.",
)  # fmt: skip
def binary_loss(rng: random.Random) -> Draft:
    y, d = rng.randint(5, 95) / 100, rng.randint(0, 1)
    p = y if d else round(1 - y, 2)
    loss = -math.log(p)
    left = "-\\ln y" if d else "-\\ln(1 - y)"
    return Draft(
        f"A sigmoid neuron puts out $y = {num(y)}$ for a pattern with the target $d = {d}$. What is the "
        f"binary cross-entropy $J = -d \\ln y - (1 - d) \\ln(1 - y)$?",
        loss,
        (
            Distractor(
                -math.log10(p), "logarithm to base 10",
                "The logarithm is the natural one, not that to base $10$.",
            ),
            Distractor(
                -loss, "sign forgotten",
                "A cross-entropy is never negative: the minus sign is missing.",
            ),
            Distractor(
                -math.log(1 - p), "classes swapped",
                "The term of the other class was taken: look which factor, $d$ or $1 - d$, is $1$.",
            ),
        ),
        f"Only the term ${left}$ is left.",
        (f"$d = {d}$ leaves $J = {left}$.", f"$J = -\\ln {num(p)} = {num(loss)}$"),
        values={"y": y, "d": d},
    )  # fmt: skip


@template(
    "layers/class-loss", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=3, source="003-E18",
    rule="The cross-entropy of one pattern that belongs to class $c$ is $J = -\\ln y_c$ with the softmax "
    "output $y_c = e^{u_c} / \\sum_k e^{u_k}$: the one-hot target leaves only the term of the true class. "
    "Mind where the count starts: frameworks number classes from $0$, formulas mostly from $1$.",
)  # fmt: skip
def class_loss(rng: random.Random) -> Draft:
    u = [halves(rng, -2, 3, zero=True) for _ in range(rng.randint(3, 4))]
    c = rng.randrange(len(u) - 1)  # not the last: counted from 0, its number would name no class
    p = softmax(u)
    total = sum(map(math.exp, u))
    loss = -math.log(p[c])
    return Draft(
        f"A softmax layer has the net inputs (logits) $u = {row(u)}^\\top$ for a pattern of class ${c + 1}$; "
        f"classes are counted from $1$. What is its cross-entropy?",
        loss,
        (
            Distractor(
                -math.log(p[c + 1]), "class counted from 0",
                "That is the loss of the next class: here classes are counted from $1$.",
            ),
            Distractor(
                -u[c], "softmax left out",
                "The denominator of the softmax is missing: a net input is no log-probability yet.",
            ),
            Distractor(
                -sum(map(math.log, p)), "sum over all classes",
                "The terms of all classes were added; the one-hot target leaves only the true class.",
            ),
        ),
        "Only the probability of the true class counts.",
        (
            f"$\\sum_k e^{{u_k}} = {num(total)}$",
            f"$y_{c + 1} = e^{{{num(u[c])}}} / {num(total)} = {num(p[c])}$",
            f"$J = -\\ln y_{c + 1} = {num(loss)}$",
        ),
        values={"u": u, "c": c},
        fits=p[c] > 0.01,
    )  # fmt: skip


@template(
    "layers/softmax-gradient", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=3, source="003-E19",
    rule="For a softmax layer $Y = \\operatorname{softmax}(X W + 1 b^\\top)$, taken over each row, and the "
    "cross-entropy averaged over the $P$ rows of the batch, $\\partial J / \\partial W = \\frac{1}{P} "
    "X^\\top (Y - D)$ with the one-hot targets $D$, one row for each pattern. It has the shape of $W$.",
)  # fmt: skip
def softmax_gradient(rng: random.Random) -> Draft:
    x = [[rng.choice((-2, -1, 1, 2)) for _ in range(2)] for _ in range(3)]
    u, classes = [list(rng.choice(_VARIED)) for _ in range(3)], list(rng.choice(_VARIED))
    y = [softmax(line) for line in u]
    over_batch = turned([softmax(column) for column in turned(u)])
    total, wrong_total = (times(turned(x), _errors(z, classes)) for z in (y, over_batch))
    key = _each(lambda g: g / 3, total)
    # Any logits can be told if X with a column of ones is regular: some W and b give them.
    area = (x[1][0] - x[0][0]) * (x[2][1] - x[0][1]) - (x[2][0] - x[0][0]) * (x[1][1] - x[0][1])
    rows = [(p + 1, *x[p], *u[p], classes[p] + 1) for p in range(3)]
    names = ("pattern", "$x_1$", "$x_2$", "$u_1$", "$u_2$", "$u_3$", "class")
    return Draft(
        f"A softmax layer with two inputs and three neurons computes $u = W^\\top x + b$ and $y = "
        f"\\operatorname{{softmax}}(u)$. For a batch of three patterns it has the logits $u$ in the table; "
        f"classes are counted from $1$.{table(names, rows)}The loss $J$ is the cross-entropy averaged over "
        f"the batch. What is $G = \\partial J / \\partial W$, with one row for each input and one column for "
        f"each neuron?",
        key,
        (
            Distractor(_each(float, total), "not averaged", "That is the sum; this loss is the batch mean."),
            Distractor(
                _each(lambda g: g / 3, wrong_total), "softmax over the batch",
                "The softmax was taken over the patterns; the outputs of each pattern must add up to $1$.",
            ),
            Distractor(
                tuple(-g for g in key), "sign reversed",
                "The sign is reversed: the gradient has the output minus the target.",
            ),
        ),
        "Inputs transposed, times output minus target, over the number of patterns.",
        (
            f"$Y = {matrix(y)}$",
            f"$Y - D = {matrix(_errors(y, classes))}$",
            f"$X^\\top (Y - D) = {matrix(total)}$",
            f"Divided by $P = 3$: $G = {matrix([key[:3], key[3:]])}$",
        ),
        asks=_names("g", 3),
        values={"X": x, "U": u, "c": classes},
        fits=area != 0,
    )  # fmt: skip


@template(
    "layers/parameters", CHAPTER, "number", lecture=3, source="003-E20",
    rule="A fully connected layer from $n$ inputs to $K$ neurons has $n K$ weights and $K$ biases, one for "
    "each of its neurons: $(n + 1) K$ parameters. Those of a network are the sum over its layers; the input "
    "layer itself has none.",
)  # fmt: skip
def parameters(rng: random.Random) -> Draft:
    sizes = [rng.randint(2, 19) for _ in range(rng.randint(3, 4))]
    weights = sum(a * b for a, b in pairwise(sizes))
    key = weights + sum(sizes[1:])
    said = " \\to ".join(map(str, sizes))
    products = " + ".join(f"({a} + 1) \\cdot {b}" for a, b in pairwise(sizes))
    return Draft(
        f"A fully connected network has the layer sizes ${said}$: the input first, then the layers of "
        f"neurons, each neuron with a bias. How many trainable parameters does it have?",
        key,
        (
            Distractor(
                weights, "biases forgotten",
                "These are the weights alone; each neuron has a bias as well.",
            ),
            Distractor(
                weights + sum(sizes[:-1]), "biases on the input side",
                "The biases were counted for the inputs of each layer; they belong to its neurons.",
            ),
            Distractor(
                weights + len(sizes) - 1, "one bias a layer",
                "One bias was counted for each layer; each of its neurons has its own.",
            ),
        ),
        "For each layer: inputs plus one, times neurons.",
        (
            f"Weights ${weights}$, biases ${' + '.join(map(str, sizes[1:]))} = {sum(sizes[1:])}$",
            f"Together ${products} = {key}$",
        ),
        values={"sizes": sizes},
        fits=sizes[0] != sizes[-1],
    )  # fmt: skip
