"""The chapter on a network from scratch: steps, first loss, gradients of a batch, factor a layer, shapes."""

__all__ = ["depth_factor", "first_loss", "outer_shape", "output_gradient", "step_count", "zero_gradients"]

import math
import random

from coursekit.assess.bank._write import halves, matrix, num, pick
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/network-from-scratch"


@template("scratch/steps", CHAPTER, "number", label="scratch-code")
def step_count(rng: random.Random) -> Draft:
    rows, size, epochs = rng.randint(101, 999), rng.choice((16, 20, 32, 50, 64)), pick(rng, 3, 20)
    whole, full = -(-rows // size), rows // size
    return Draft(
        f"A training set has {rows} rows. You train for {epochs} epochs in batches of {size}; the last "
        "batch of an "
        "epoch may be smaller. How many updates do the weights get?",
        epochs * whole,
        (
            Distractor(epochs * full, "last batch dropped", "The rows that are left over make a batch as "
            "well."),
            Distractor(epochs * rows, "one update a row", "That is one update a row; a batch gives one "
            "for all its rows."),
            Distractor(whole, "one epoch counted", "That is one epoch."),
        ),
        "One update a batch; an epoch has as many batches as rows over batch size, rounded up.",
        (
            f"${rows} / {size}$ rounded up is ${whole}$ batches an epoch.",
            f"${epochs} \\cdot {whole} = {epochs * whole}$",
        ),
        values={"rows": rows, "size": size, "epochs": epochs},
        fits=rows % size != 0,
    )  # fmt: skip


@template(
    "scratch/first-loss",
    CHAPTER,
    "number",
    label="scratch-forward",
    relative=5e-3,
    tolerance=1e-3,
    unit="nats",
)
def first_loss(rng: random.Random) -> Draft:
    k = rng.randint(3, 200)
    key = math.log(k)
    return Draft(
        f"A network for {k} classes starts with weights so small that all its logits are nearly equal. "
        "Which mean "
        "cross-entropy, in nats, should the first batch show?",
        key,
        (
            Distractor(math.log2(k), "in bits", "That is in bits; nats use the natural logarithm."),
            Distractor(1 / k, "probability for loss", "That is the probability of the right class; the "
            "loss is minus its logarithm."),
            Distractor(1 - 1 / k, "error rate for loss", "That is the share of wrong guesses, not the "
            "cross-entropy."),
            Distractor(key / k, "averaged over the classes", "The mean runs over the patterns, not over "
            "the classes."),
        ),
        "Equal logits give each class the probability $1/K$, so the loss is $\\log K$: a check that "
        "costs one batch.",
        (f"$-\\log(1/{k}) = \\log {k} = {num(key)}$",),
        values={"K": k},
    )  # fmt: skip


@template(
    "scratch/output-gradient", CHAPTER, "number", label="scratch-backward", relative=5e-3, tolerance=1e-3
)
def output_gradient(rng: random.Random) -> Draft:
    h = [[halves(rng, 0, 4, zero=True) for _ in range(2)] for _ in range(2)]  # outputs of ReLUs
    y = [[p / 10, (10 - p) / 10] for p in rng.sample(range(1, 10), 2)]
    labels = [rng.randint(0, 1) for _ in range(2)]
    error = [[y[i][j] - (labels[i] == j) for j in range(2)] for i in range(2)]
    key = tuple(sum(h[i][a] * error[i][0] for i in range(2)) / 2 for a in range(2))
    swapped = tuple(sum(h[a][i] * error[i][0] for i in range(2)) / 2 for a in range(2))
    return Draft(
        f"A batch of two patterns leaves the outputs $H = {matrix(h)}$ of two hidden ReLUs, and the softmax "
        f"outputs $Y = {matrix(y)}$, "
        f"one pattern a row. The labels, counted from 0, are ${labels[0]}$ and ${labels[1]}$. The loss "
        "is the mean "
        "cross-entropy. What is the first column of $\\partial J / \\partial W_2$, the one that "
        "belongs to class 0?",
        key,
        (
            Distractor(tuple(2 * v for v in key), "1/B left out", "That is the sum over the patterns: "
            "the loss is their mean."),
            Distractor(tuple(-v for v in key), "sign reversed", "The error is output minus target."),
            Distractor(swapped, "H not transposed", "Column by column: the gradient is $H^\\top$ times "
            "the error."),
        ),
        "The gradient by a layer's weights is what came in, transposed, times the error, with $1/B$ in "
        "the error.",
        (
            f"$Y - D = {matrix(error)}$",
            f"$\\frac{{1}}{{2}} H^\\top (Y - D)$ has the first column $({num(key[0])},\\ {num(key[1])})$.",
        ),
        asks=("first hidden neuron", "second hidden neuron"),
        values={"H": h, "Y": y, "labels": labels},
        fits=min(map(abs, key)) >= 0.02 and max(abs(a - b) for a, b in zip(key, swapped, strict=True)) > 0.05,
    )  # fmt: skip


@template("scratch/depth-factor", CHAPTER, "number", label="scratch-depth", relative=5e-3, tolerance=1e-4)
def depth_factor(rng: random.Random) -> Draft:
    n, layers = rng.choice((64, 100, 144, 256, 400)), pick(rng, 3, 8)
    spread = rng.choice((0.02, 0.04, 0.05, 0.08, 0.1, 0.15))
    gamma = spread * math.sqrt(n / 2)
    key = gamma**layers
    return Draft(
        f"All hidden layers of a ReLU network have {n} neurons, and all weights are drawn with the "
        "standard deviation "
        f"{num(spread)}. About half of the ReLUs are on. By which factor does a random gradient change "
        "on its way "
        f"through {layers} such layers?",
        key,
        (
            Distractor(gamma, "one layer only", f"That is one layer; a gradient passes {layers}."),
            Distractor((spread * math.sqrt(n)) ** layers, "slope left out", "Half of the slopes are "
            "zero: the rms slope is $\\sqrt{1/2}$."),
            Distractor((spread * math.sqrt(n) / 2) ** layers, "half for its root", "The mean of the "
            "squared slope is one half; the factor takes its root."),
            Distractor(layers * gamma, "added up", "Factors of layers multiply."),
        ),
        "Each layer multiplies by $\\sigma_w \\sqrt{n}\\, \\operatorname{rms}(f')$, and for ReLU the "
        "last is $\\sqrt{1/2}$.",
        (
            f"$\\gamma = {num(spread)} \\cdot \\sqrt{{{n} / 2}} = {num(gamma)}$",
            f"$\\gamma^{{{layers}}} = {num(key)}$",
        ),
        values={"n": n, "layers": layers, "spread": spread},
        fits=0.002 < key < 500 and abs(gamma - 1) > 0.05,
    )  # fmt: skip


@template("scratch/zero-gradients", CHAPTER, "choice", label="scratch-zero")
def zero_gradients(rng: random.Random) -> Draft:
    name = rng.choice(("$\\tanh$", "ReLU"))
    case, right = rng.choice(
        (("all weights and biases", 3), ("only the output weights $W_2$, and random $W_1$,", 2))
    )
    told = (
        ("$W_1$, $W_2$ and both biases", "all taken to move", "A zero weight lets no error through to "
        "the layer below."),
        ("$W_1$ alone", "error through a zero weight", "The error reaches $W_1$ through $W_2$, which is "
        "zero."),
        ("$W_2$ and $b_2$", "hidden outputs taken for non-zero", "$W_2$ gets the hidden outputs as a "
        "factor; with zero weights they are zero."),
        ("$b_2$ alone", "hidden outputs taken for zero", "Random $W_1$ give hidden outputs, so $W_2$ has "
        "a gradient."),
    )  # fmt: skip
    return Draft(
        f"A network with one hidden layer of {rng.randint(4, 64)} {name} neurons starts with {case} at "
        "zero. Which "
        "parameters have a gradient other than zero in the first step?",
        told[right][0],
        tuple(Distractor(*entry) for at, entry in enumerate(told) if at != right),
        "The error goes back through $W_2$, and the gradient by $W_2$ holds $H$ as a factor.",
        ("The error at the output is not zero; follow it through $W_2$ to the hidden layer, and through "
        "$H$ to $W_2$.",),
        values={"case": case, "name": name},
    )  # fmt: skip


@template("scratch/outer-shape", CHAPTER, "choice", label="scratch-outer")
def outer_shape(rng: random.Random) -> Draft:
    b, d, k = rng.sample(range(2, 13), 3)
    return Draft(
        f"`X` has shape $({b}, {d})$ and `delta` has shape $({b}, {k})$. Which shape has `np.outer(X, "
        "delta)`?",
        f"$({b * d}, {b * k})$",
        (
            Distractor(f"$({d}, {k})$", "taken for the gradient", "That is `X.T @ delta`, the gradient; "
            "`np.outer` flattens both."),
            Distractor(f"$({b}, {d}, {k})$", "one outer product a pattern", "`np.outer` knows no batch: "
            "it flattens both arguments."),
            Distractor(f"$({b}, {b})$", "taken for a product of rows", "That is the shape of a product "
            "along the other axes."),
        ),
        "`np.outer` flattens whatever it gets, so a batch raises no error and gives a matrix of another "
        "shape.",
        (f"${b} \\cdot {d} = {b * d}$ and ${b} \\cdot {k} = {b * k}$",),
        values={"B": b, "D": d, "K": k},
        fits=(b * d, b * k) != (d, k),
    )  # fmt: skip
