"""One neuron that learns: costs and their halves, least squares, stable rates, two losses of one logit."""

__all__ = ["cost", "error_after", "least_squares", "logit", "mse_step", "two_sided_rate"]

import random

from coursekit.assess.bank._activations import sigmoid
from coursekit.assess.bank._write import halves, num, part, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/one-neuron"


@template("one/cost", CHAPTER, "number", label="one-cost", relative=1e-3, tolerance=5e-4)
def cost(rng: random.Random) -> Draft:
    n = rng.choice((3, 4))
    y, d = ([halves(rng, -3, 3, zero=True) for _ in range(n)] for _ in range(2))
    errors = [a - b for a, b in zip(d, y, strict=True)]
    total = sum(e * e for e in errors)
    return Draft(
        f"A neuron gives the outputs $y = {row(y)}$ for ${n}$ patterns with the targets $d = {row(d)}$. What "
        "is the cost $J = \\frac{1}{2B} \\sum_i (d_i - y_i)^2$?",
        total / (2 * n),
        (
            Distractor(
                total / n, "half forgotten",
                "That is the mean of the squares, as torch's MSE; this cost is half of it.",
            ),
            Distractor(
                total / 2, "sum for mean",
                "The squares were added up; divide by the number of patterns.",
            ),
            Distractor(
                sum(map(abs, errors)) / (2 * n), "errors not squared",
                "Those are absolute errors; square each before you add.",
            ),
            Distractor(
                sum(errors) ** 2 / (2 * n), "squared after the sum",
                "Errors of different sign cancelled: square each one first, then add.",
            ),
        ),
        "Square each error, take the mean, halve it.",
        (
            f"$d - y = {row(errors)}$",
            f"$\\sum_i (d_i - y_i)^2 = {num(total)}$",
            f"$J = {num(total)} / {2 * n} = {num(total / (2 * n))}$",
        ),
        values={"y": y, "d": d},
        fits=all(errors),
    )  # fmt: skip


@template("one/mse-step", CHAPTER, "number", label="myth-d003-13", relative=1e-3, tolerance=5e-4)
def mse_step(rng: random.Random) -> Draft:
    x, w, d = (halves(rng, -3, 3) for _ in range(3))
    alpha = rng.choice((0.05, 0.1, 0.2))
    error = d - w * x
    key = w + 2 * alpha * error * x
    return Draft(
        f"A linear neuron without a bias has the weight $w = {num(w)}$ and sees one pattern $x = {num(x)}$ "
        f"with the target $d = {num(d)}$. You call torch's `MSELoss`, which has no factor one half, and take "
        f"one step of gradient descent with the learning rate $\\alpha = {num(alpha)}$. What is $w$ then?",
        key,
        (
            Distractor(
                w + alpha * error * x, "half assumed",
                "That step belongs to half the squared error; without the half the step is twice as long.",
            ),
            Distractor(
                w - 2 * alpha * error * x, "sign reversed",
                "The step climbs: with the target first, the step is added.",
            ),
            Distractor(
                w + 2 * alpha * error, "input forgotten",
                "The derivative of the output by $w$ is $x$: multiply the error by it.",
            ),
        ),
        "The derivative of $(d - w x)^2$ by $w$ is $-2 (d - w x) x$.",
        (
            f"$d - w x = {num(d)} - {part(w * x)} = {num(error)}$",
            f"$w + 2 \\alpha (d - w x) x = {num(w)} + 2 \\cdot {num(alpha)} \\cdot {part(error)} \\cdot "
            f"{part(x)} = {num(key)}$",
        ),
        values={"x": x, "w": w, "d": d, "alpha": alpha},
        fits=error != 0 and abs(x) != 1,
    )  # fmt: skip


@template("one/least-squares", CHAPTER, "number", label="one-regression", relative=1e-3, tolerance=5e-4)
def least_squares(rng: random.Random) -> Draft:
    x = rng.sample(range(-3, 5), 3)
    d = [halves(rng, -3, 4, zero=True) for _ in x]
    centre, level = sum(x) / 3, sum(d) / 3
    spread = sum((a - centre) ** 2 for a in x)
    shared = sum((a - centre) * (c - level) for a, c in zip(x, d, strict=True))
    w = shared / spread
    b = level - w * centre
    plain = sum(a * c for a, c in zip(x, d, strict=True)) / sum(a * a for a in x)
    return Draft(
        f"A linear neuron $y = w x + b$ is trained to the end on the patterns $x = {row(x)}$ with the "
        f"targets $d = {row(d)}$ and squared error. Which $w$ and $b$ does it reach?",
        (w, b),
        (
            Distractor(
                (plain, 0.0), "line through the origin",
                "That is the best line through the origin; with a bias, centre both first.",
            ),
            Distractor(
                (w, level), "bias not corrected",
                "The slope is right; the line must pass through the means of both, so $b$ is the mean target "
                "minus $w$ times the mean input.",
            ),
            Distractor(
                (spread / shared if shared else 9.0, level - (spread / shared if shared else 9.0) * centre),
                "slope inverted",
                "The spread of the inputs belongs under the fraction.",
            ),
        ),
        "The bottom of the bowl is the least-squares line, whatever the start and the order were.",
        (
            f"means: $\\bar x = {num(centre)}$, $\\bar d = {num(level)}$",
            f"$w = \\sum (x - \\bar x)(d - \\bar d) / \\sum (x - \\bar x)^2 = {num(shared)} / {num(spread)} "
            f"= {num(w)}$",
            f"$b = \\bar d - w \\bar x = {num(b)}$",
        ),
        asks=("$w$", "$b$"),
        values={"x": x, "d": d},
        fits=bool(shared) and bool(centre) and abs(b) > 0.05,
    )  # fmt: skip


@template("one/two-sided-rate", CHAPTER, "number", label="one-rate", relative=1e-3, tolerance=5e-4)
def two_sided_rate(rng: random.Random) -> Draft:
    a, c = rng.sample([k / 2 for k in range(3, 11)], 2)
    square = (a * a + c * c) / 2
    return Draft(
        f"A linear neuron $y = w x + b$ learns from the four patterns $x = {row((-a, a, -c, c))}$ by steps "
        "on the mean of half the squared errors. From which learning rate on do the steps diverge?",
        2 / square,
        (
            Distractor(
                2 / (square + 1), "eigenvalues added",
                "That adds the two curvatures; here they belong to different directions, and the larger one "
                "decides.",
            ),
            Distractor(
                2 / (4 * square), "sum for mean",
                "The cost is a mean: divide the sum of the squares by the number of patterns.",
            ),
            Distractor(
                1 / square, "one for two",
                "At one over the curvature a step hits the bottom; it diverges from two over it on.",
            ),
            Distractor(
                2 / (max(a, c) ** 2 + 1), "longest pattern",
                "That is the limit of one pattern repeated; on the batch the mean of all counts.",
            ),
        ),
        "The patterns balance around $0$, so the Hessian is diagonal: mean $x^2$ for $w$, $1$ for $b$.",
        (
            f"mean of $x^2$: $({num(a)}^2 + {num(c)}^2) / 2 = {num(square)}$; mean of $x$: $0$",
            f"largest eigenvalue: ${num(square)}$, since it exceeds $1$",
            f"$\\alpha_\\mathrm{{max}} = 2 / {num(square)} = {num(2 / square)}$",
        ),
        values={"x": (-a, a, -c, c)},
    )  # fmt: skip


@template("one/error-after", CHAPTER, "number", label="one-rate", relative=5e-3, tolerance=1e-3)
def error_after(rng: random.Random) -> Draft:
    x = [rng.choice((-2, -1, 1, 2)) for _ in range(2)]
    alpha, k, error = rng.choice((0.05, 0.1, 0.2)), rng.choice((2, 3)), float(rng.randint(2, 9))
    length = sum(v * v for v in x)
    key = error * (1 - alpha * (length + 1)) ** k
    return Draft(
        f"A linear neuron with a bias sees the pattern $x = {row(x)}^\\top$ again and again. Its error $d - "
        f"y$ is ${num(error)}$ at the start, and it learns by single steps with $\\alpha = {num(alpha)}$ on "
        f"half the squared error. What is the error after ${k}$ steps?",
        key,
        (
            Distractor(
                error * (1 - alpha * length) ** k, "bias forgotten",
                "The bias moves too and takes its share of the error: add 1 to the squared length.",
            ),
            Distractor(
                error * (1 - k * alpha * (length + 1)), "steps added",
                "Each step takes a share of the error that is left, so the factors multiply.",
            ),
            Distractor(
                error * (1 - alpha) ** k, "input forgotten",
                "How far the output moves depends on the pattern: the share is $\\alpha$ times its squared "
                "length and one.",
            ),
        ),
        "Every step multiplies the error by $1 - \\alpha (\\|x\\|^2 + 1)$.",
        (
            f"$\\|x\\|^2 + 1 = {length} + 1 = {length + 1}$",
            f"factor a step: $1 - {num(alpha)} \\cdot {length + 1} = {num(1 - alpha * (length + 1))}$",
            f"${num(error)} \\cdot {part(1 - alpha * (length + 1))}^{k} = {num(key)}$",
        ),
        values={"x": x, "alpha": alpha, "k": k, "error": error},
        fits=abs(1 - alpha * (length + 1)) > 0.05,
    )  # fmt: skip


@template("one/logit", CHAPTER, "number", label="one-classification", relative=5e-3, tolerance=1e-3)
def logit(rng: random.Random) -> Draft:
    d = rng.choice((0, 1))
    u = rng.choice([k / 2 for k in range(2, 9)]) * (-1 if d else 1)
    y = sigmoid(u)
    bce, squared = y - d, (y - d) * y * (1 - y)
    return Draft(
        f"A logistic neuron is wrong: its net input is $u = {num(u)}$, and the target is $d = {d}$. What is "
        "the derivative by $u$ of the cross-entropy, and what is that of half the squared error?",
        (bce, squared),
        (
            Distractor(
                (squared, squared), "factor in both",
                "With the cross-entropy the factor $y (1 - y)$ cancels: its derivative is $y - d$.",
            ),
            Distractor(
                (bce, bce), "factor in none",
                "Squared error keeps the slope of the sigmoid, $y (1 - y)$.",
            ),
            Distractor(
                (-bce, -squared), "sign reversed",
                "Both derivatives are $y - d$ times something positive: the output comes first.",
            ),
            Distractor(
                (squared, bce), "losses exchanged",
                "The other way round: squared error is the one that keeps the slope of the sigmoid.",
            ),
        ),
        "The slope of the sigmoid cancels in the cross-entropy and stays in the squared error.",
        (
            f"$y = \\sigma({num(u)}) = {num(y)}$",
            f"cross-entropy: $y - d = {num(bce)}$",
            f"half squared error: $(y - d) y (1 - y) = {num(squared)}$",
        ),
        asks=("cross-entropy", "half squared error"),
        values={"u": u, "d": d},
    )  # fmt: skip
