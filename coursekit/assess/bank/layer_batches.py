"""The chapter on layers: shapes, the bias and its axis, labels, and depth."""

__all__ = ["bias_axis", "bias_gradient", "depth", "one_hot", "shapes"]

import random

from coursekit.assess.bank._write import halves, matrix, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/layers"

_POSITIONS = ("first", "second", "third", "fourth", "fifth", "sixth")


@template("batch/shapes", CHAPTER, "choice", label="layer-batch")
def shapes(rng: random.Random) -> Draft:
    b, d, k = rng.sample(range(3, 40), 3)
    asked, right = rng.choice((
        ("the weights $W$ of $U = X W + 1 b^\\top$", (d, k)),
        ("the gradient $\\partial J / \\partial W$ for the layer $U = X W + 1 b^\\top$", (d, k)),
        ("the net inputs $U = X W + 1 b^\\top$", (b, k)),
        ("the gradient $\\partial J / \\partial U$ for the layer $U = X W + 1 b^\\top$", (b, k)),
        ("`weight` in `torch.nn.Linear`, used for this layer", (k, d)),
    ))  # fmt: skip
    told = {
        (d, k): ("shape of W taken", "That is the shape of $W$ as this course writes it: inputs by neurons."),
        (k, d): ("weights transposed", "That is $W$ transposed, as `nn.Linear` keeps it."),
        (b, k): ("shape of U taken", "That is one row a pattern and one column a neuron: net inputs."),
        (b, d): ("shape of X taken", "That is the shape of the batch $X$ that comes in."),
    }
    wrong = [Distractor(f"$({p}, {q})$", *told[p, q]) for p, q in told if (p, q) != right]
    return Draft(
        f"A layer of {k} neurons gets a batch of {b} patterns with {d} features each, one pattern a row. "
        f"Which shape has {asked}?",
        f"$({right[0]}, {right[1]})$",
        tuple(wrong),
        "Rows of $X$ are patterns, columns of $W$ are neurons, and a gradient has the shape of its variable.",
        (f"$X\\ ({b}, {d})$ times $W\\ ({d}, {k})$ gives $U\\ ({b}, {k})$.",),
        values={"B": b, "D": d, "K": k, "asked": asked},
    )  # fmt: skip


@template("batch/bias-axis", CHAPTER, "number", label="layer-batch")
def bias_axis(rng: random.Random) -> Draft:
    s = [[halves(rng, -3, 3, zero=True) for _ in range(2)] for _ in range(2)]
    b = rng.sample((-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2), 2)
    right = [[s[i][j] + b[i] for j in range(2)] for i in range(2)]
    meant = tuple(s[i][j] + b[j] for i in range(2) for j in range(2))
    return Draft(
        f"In NumPy, `S = X @ W` holds ${matrix(s)}$ and `b` holds ${row(b)}$. "
        "What does `S + b[:, None]` hold? It is not what a layer needs; say what the machine computes.",
        (*right[0], *right[1]),
        (
            Distractor(
                meant, "bias added to columns",
                "That is `S + b`, what a layer needs. `b[:, None]` is a column: its entries belong to rows.",
            ),
            Distractor(
                tuple(v for line in s for v in line), "bias dropped",
                "The shapes $(2, 2)$ and $(2, 1)$ do fit: the column is repeated along each row.",
            ),
            Distractor(
                tuple(v + sum(b) for line in s for v in line), "both entries added",
                "Each entry of the column goes to its own row, not to all of them.",
            ),
        ),
        "The column is repeated along the rows, so each pattern, and not each neuron, gets its own entry.",
        (
            "`b[:, None]` has shape $(2, 1)$ and is repeated to $(2, 2)$ along the second axis.",
            f"The sum is ${matrix(right)}$.",
        ),
        asks=("$s_{11}$", "$s_{12}$", "$s_{21}$", "$s_{22}$"),
        values={"S": s, "b": b},
    )  # fmt: skip


@template("batch/bias-gradient", CHAPTER, "number", label="layer-gradient", relative=5e-3, tolerance=1e-3)
def bias_gradient(rng: random.Random) -> Draft:
    y = [[p / 100 for p in rng.sample(range(5, 96, 5), 2)] for _ in range(4)]
    d = [[rng.randint(0, 1) for _ in range(2)] for _ in range(4)]
    errors = [[p - t for p, t in zip(line, target, strict=True)] for line, target in zip(y, d, strict=True)]
    total = [sum(line[j] for line in errors) for j in range(2)]
    key = tuple(entry / 4 for entry in total)
    kept = tuple(sum(e[j] * p[j] * (1 - p[j]) for e, p in zip(errors, y, strict=True)) / 4 for j in (0, 1))
    return Draft(
        f"Two sigmoid neurons put out $Y = {matrix(y)}$ for a batch of four patterns, one a row, with the "
        f"targets $D = {matrix(d)}$. The loss is the binary cross-entropy, summed over the neurons and "
        "averaged over the batch. What is $\\partial J / \\partial b$?",
        key,
        (
            Distractor(tuple(total), "not averaged", "That is the sum: the loss is a mean over four rows."),
            Distractor(
                tuple(-entry for entry in key), "sign reversed",
                "The sign is reversed: the error is output minus target.",
            ),
            Distractor(
                kept,
                "slope of sigmoid kept",
                "The slope of the sigmoid cancels against binary cross-entropy: only the error is left.",
            ),
        ),
        "The bias acts on every pattern with weight 1, so its gradient is the mean error of its neuron.",
        (
            f"$Y - D = {matrix(errors)}$",
            f"Column sums ${row(total)}$, over $B = 4$: ${row(key)}$",
        ),
        asks=("$\\partial J / \\partial b_1$", "$\\partial J / \\partial b_2$"),
        values={"Y": y, "D": d},
        fits=min(map(abs, key)) >= 0.02,
    )  # fmt: skip


@template("batch/one-hot", CHAPTER, "choice", label="layer-loss")
def one_hot(rng: random.Random) -> Draft:
    k = pick(rng, 4, 6)
    label = rng.randint(1, k - 2)

    def told(at: int) -> str:
        return "$(" + ",\\ ".join("1" if i == at else "0" for i in range(k)) + ")$"

    return Draft(
        f"A data set has {k} classes, and its labels are the integers from 0 to {k - 1}. Which target row "
        f"belongs to the label {label}?",
        told(label),
        (
            Distractor(
                told(label - 1), "counted from 1",
                "That counts from 1: the label 0 belongs to the first entry.",
            ),
            Distractor(
                told(label + 1), "shifted once too often",
                "That adds one twice: label 0 is the first entry, label 1 the second.",
            ),
            Distractor(
                told(k - 1 - label), "counted from the end",
                "That counts from the last class.",
            ),
        ),
        f"Counted from 0, label {label} is the {_POSITIONS[label]} entry.",
        (f"Label 0 is the first entry, so label {label} is the {_POSITIONS[label]}.",),
        values={"K": k, "label": label},
        fits=k - 1 - label not in (label - 1, label, label + 1),
    )  # fmt: skip


@template("batch/depth", CHAPTER, "number", label="layer-size")
def depth(rng: random.Random) -> Draft:
    sizes = [rng.randint(2, 90) for _ in range(rng.randint(4, 7))]
    said = " \\to ".join(map(str, sizes))
    key = len(sizes) - 1
    return Draft(
        f"A fully connected network has the sizes ${said}$, input first, with a ReLU after each hidden "
        "layer. How deep is it, counted in layers with weights?",
        key,
        (
            Distractor(key + 1, "input counted", "The input holds no weights; count the arrows."),
            Distractor(key - 1, "output not counted", "The output layer has weights as well."),
            Distractor(2 * key - 1, "activations counted", "A ReLU has no weights; it is part of its layer."),
        ),
        "Each arrow is one layer with weights.",
        (f"${len(sizes)}$ sizes stand at the ends of ${key}$ arrows.",),
        values={"sizes": sizes},
    )  # fmt: skip
