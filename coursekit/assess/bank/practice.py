"""Questions on training autoencoders: schedules, single answers, slopes, fans and dropped units."""

__all__ = ["code_size", "cosine", "dropped", "huber_answer", "layer_scale", "sigmoid_slope", "step_rate"]

import math
import random

from coursekit.assess.bank._write import halves, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/practice"


@template("prac/step-rate", CHAPTER, "number", label="rule-prac-schedule", relative=6e-3, tolerance=1e-7)
def step_rate(rng: random.Random) -> Draft:
    first, every = pick(rng, 1, 9) / 100, pick(rng, 4, 15)
    epoch = pick(rng, every + 1, 4 * every - 1)
    factor = rng.choice((0.5, 0.1, 0.2))
    done = epoch // every
    key = first * factor**done
    return Draft(
        f"A step schedule starts at ${num(first)}$ and multiplies the rate by ${num(factor)}$ every "
        f"${every}$ epochs. Epochs are counted from 0. What is the rate in epoch ${epoch}$?",
        key,
        (
            Distractor(
                first * factor ** (done + 1), "one step early",
                "Count completed blocks only: the step of the running block is still to come.",
            ),
            Distractor(
                first * factor ** (epoch / every), "exponential instead",
                "A step schedule stays level within a block: round down.",
            ),
            Distractor(
                first * factor * done, "steps added",
                "Each block multiplies by the factor once more.",
            ),
            Distractor(
                first * factor, "one step only",
                "The factor acts once for every completed block.",
            ),
        ),
        "The rate is the first one times the factor for every completed block of epochs.",
        (
            f"completed blocks: $\\lfloor {epoch} / {every} \\rfloor = {done}$",
            f"${num(first)} \\cdot {num(factor)}^{{{done}}} = {num(key)}$",
        ),
        values={"first": first, "every": every, "epoch": epoch, "factor": factor},
        fits=done >= 2 and epoch % every != 0,
    )  # fmt: skip


@template("prac/cosine", CHAPTER, "number", label="rule-prac-schedule", relative=6e-3, tolerance=1e-7)
def cosine(rng: random.Random) -> Draft:
    first, epochs = pick(rng, 2, 9) / 100, 6 * pick(rng, 2, 12)
    epoch, part, value = rng.choice(((epochs // 3, "1/3", 0.5), (2 * epochs // 3, "2/3", -0.5)))
    floor = rng.choice((0.001, 0.002))  # without a floor, or halfway, two slips give the right number
    key = floor + (first - floor) / 2 * (1 + value)
    return Draft(
        f"A cosine schedule falls from ${num(first)}$ to a floor of ${num(floor)}$ in ${epochs}$ epochs, "
        f"counted from 0. What is the rate in epoch ${epoch}$?",
        key,
        (
            Distractor(
                floor + (first - floor) * value if value > 0 else floor + (first - floor) / 2 * (1 - value),
                "cosine not shifted" if value > 0 else "sign of cosine",
                "The cosine runs from 1 to -1: add 1 and halve." if value > 0
                else "Beyond half of the epochs the cosine is negative.",
            ),
            Distractor(
                first - (first - floor) * epoch / epochs, "straight line",
                "That falls along a straight line; the cosine is flat at both ends.",
            ),
            Distractor(
                first / 2 * (1 + value) + floor, "floor added on top",
                "The cosine covers first rate minus floor, so that it starts at the first rate.",
            ),
            Distractor(
                floor + (first - floor) * (1 + value), "half forgotten",
                "One plus the cosine runs from 2 to 0: halve it.",
            ),
        ),
        "The floor, plus the rest times half of one plus the cosine of pi times the share of epochs.",
        (
            f"share of epochs ${part}$, cosine ${num(value)}$",
            f"${num(floor)} + {num(first - floor)} / 2 \\cdot {num(1 + value)} = {num(key)}$",
        ),
        values={"first": first, "epochs": epochs, "epoch": epoch, "floor": floor},
    )  # fmt: skip


@template("prac/huber-answer", CHAPTER, "number", label="rule-prac-single", relative=2e-3, tolerance=1e-4)
def huber_answer(rng: random.Random) -> Draft:
    dark, bright = pick(rng, 3, 9), pick(rng, 1, 4)
    delta, value = rng.choice((0.05, 0.1, 0.2)), pick(rng, 6, 10) / 10
    low = bright * delta / dark
    mean = bright * value / (dark + bright)
    return Draft(
        f"Behind one code lie ${dark}$ images in which a pixel is $0$ and ${bright}$ in which it is "
        f"${num(value)}$. Which single answer for this pixel is best by the squared error, and which by "
        f"Huber's loss with $\\delta = {num(delta)}$?",
        (mean, low),
        (
            Distractor(
                (0.0, low), "median for square",
                "The squared error asks for the mean; the median belongs to the absolute error.",
            ),
            Distractor(
                (mean, mean), "Huber as mean",
                "Huber acts as a mean only for errors below delta; the bright images are farther away.",
            ),
            Distractor(
                (mean, 0.0), "Huber as median",
                "The dark images are nearer than delta, and pull in proportion: the answer leaves 0.",
            ),
            Distractor(
                (value / 2, low), "images not counted",
                "The mean weighs each image: count how many there are of each kind.",
            ),
        ),
        "Squared error: the mean. Huber: far images pull by delta each, near ones by their distance.",
        (
            f"mean: ${bright} \\cdot {num(value)} / {dark + bright} = {num(mean)}$",
            f"Huber: ${dark} c = {bright} \\cdot {num(delta)}$, so $c = {num(low)}$",
        ),
        asks=("squared error", "Huber"),
        values={"dark": dark, "bright": bright, "delta": delta, "value": value},
        fits=low < delta and value - low > delta and abs(mean - low) > 0.01 and dark > bright,
    )  # fmt: skip


@template("prac/sigmoid-slope", CHAPTER, "number", label="prac-saturation", relative=5e-3, tolerance=1e-5)
def sigmoid_slope(rng: random.Random) -> Draft:
    a, x = halves(rng, -5, 5), rng.choice((0.0, 1.0, 0.2, 0.8))
    y = 1 / (1 + math.exp(-a))
    square, entropy = 2 * (y - x) * y * (1 - y), y - x
    return Draft(
        f"A decoder ends with a sigmoid. For a pixel $x = {num(x)}$ its logit is $a = {num(a)}$. What is the "
        "derivative by $a$ of the squared error $(\\hat x - x)^2$, and of the cross-entropy?",
        (square, entropy),
        (
            Distractor(
                (2 * entropy, entropy), "sigmoid's slope missing",
                "The squared error passes through the sigmoid: multiply by its slope.",
            ),
            Distractor(
                (square, entropy * y * (1 - y)), "slope kept twice",
                "In the cross-entropy the slope of the sigmoid cancels.",
            ),
            Distractor(
                (square / 2, entropy), "factor two lost",
                "The derivative of a square has the factor 2, and there is no one half here.",
            ),
            Distractor(
                (-square, -entropy), "signs turned",
                "The error is output minus pixel.",
            ),
        ),
        "Squared error: twice the error times the slope of the sigmoid. Cross-entropy: the error alone.",
        (
            f"output ${num(y)}$, error ${num(entropy)}$, slope ${num(y * (1 - y))}$",
            f"squared error: ${num(square)}$; cross-entropy: ${num(entropy)}$",
        ),
        asks=("squared error", "cross-entropy"), values={"a": a, "x": x},
        fits=abs(entropy) > 0.05 and abs(square) > 2e-3,
    )  # fmt: skip


@template("prac/layer-scale", CHAPTER, "number", label="rule-prac-start", relative=5e-3, tolerance=1e-4)
def layer_scale(rng: random.Random) -> Draft:
    inputs, outputs = 16 * pick(rng, 2, 16), 16 * pick(rng, 2, 16)
    square = pick(rng, 2, 20) / 10
    key = 2 * inputs / outputs * square
    return Draft(
        f"A linear layer with ${inputs}$ inputs and ${outputs}$ outputs starts with weights of mean 0 and "
        f"variance $2 / n_{{out}}$, and zero biases. Inputs have the mean square ${num(square)}$. What is "
        "the expected square of an output?",
        key,
        (
            Distractor(
                2 * square, "fans confused",
                "That is what variance 2 over the number of inputs gives. Here it is over the outputs.",
            ),
            Distractor(
                2 * outputs / inputs * square, "ratio upside down",
                "The sum has as many terms as there are inputs.",
            ),
            Distractor(
                inputs / outputs * square, "factor two lost",
                "The variance of a weight is 2 over the number of outputs.",
            ),
            Distractor(
                2 / outputs * square, "terms not summed",
                "An output is a sum over all inputs: multiply by their number.",
            ),
        ),
        "Inputs times the variance of a weight times the mean square of an input.",
        (
            f"variance of a weight: $2 / {outputs}$",
            f"${inputs} \\cdot 2 / {outputs} \\cdot {num(square)} = {num(key)}$",
        ),
        values={"inputs": inputs, "outputs": outputs, "square": square}, fits=inputs != outputs,
    )  # fmt: skip


@template("prac/code-size", CHAPTER, "number", label="rule-prac-start", relative=5e-3, tolerance=1e-3)
def code_size(rng: random.Random) -> Draft:
    pixels, middle, last = rng.choice((64, 256, 784, 1024)), 16 * pick(rng, 4, 20), 16 * pick(rng, 2, 8)
    latents = pick(rng, 4, 40)
    key = math.sqrt(pixels / latents)
    return Draft(
        f"An encoder has the widths ${pixels}$, ${middle}$, ${last}$, ${latents}$. Its weights have variance "
        "$2 / n_{out}$, and the 2 is used up by the ReLU of each layer. By which factor does the root mean "
        "square grow from the image to the code?",
        key,
        (
            Distractor(
                pixels / latents, "root forgotten",
                "That is the factor of the mean square: take the root.",
            ),
            Distractor(
                math.sqrt(last / latents), "last layer only",
                "Every layer has its factor; their product telescopes to the two ends.",
            ),
            Distractor(
                1 / key, "upside down",
                "Each layer multiplies by its inputs over its outputs, and the code is narrower.",
            ),
            Distractor(
                1.0, "taken as preserved",
                "It is preserved with the number of inputs in the variance, not of outputs.",
            ),
        ),
        "The widths between cancel: the root of pixels over codes.",
        (
            f"$\\frac{{{pixels}}}{{{middle}}} \\cdot \\frac{{{middle}}}{{{last}}} \\cdot "
            f"\\frac{{{last}}}{{{latents}}} = {num(pixels / latents)}$",
            f"root: ${num(key)}$",
        ),
        values={"widths": [pixels, middle, last, latents]}, fits=abs(key - 1) > 0.2 and last != latents,
    )  # fmt: skip


@template("prac/dropped", CHAPTER, "number", label="rule-prac-dropout", relative=5e-3, tolerance=1e-3)
def dropped(rng: random.Random) -> Draft:
    h = [halves(rng, -3, 3) for _ in range(2)]
    lengths = [pick(rng, 1, 12) / 2 for _ in range(2)]
    p = rng.choice((0.2, 0.25, 0.5, 0.1))
    total = sum(a * a * b for a, b in zip(h, lengths, strict=True))
    key = p / (1 - p) * total
    return Draft(
        f"Two units $h = {row(h)}$ feed a linear output; the columns of its weights have the squared lengths "
        f"${row(lengths)}$. By how much does dropout with $p = {num(p)}$ on the two units raise the expected "
        "squared error, if what is kept is divided by $1 - p$?",
        key,
        (
            Distractor(
                p * (1 - p) * total, "division forgotten",
                "That is the variance without the division of what is kept.",
            ),
            Distractor(
                p * total, "share dropped",
                "A kept unit is scaled up, which adds as well: the factor is p over 1 - p.",
            ),
            Distractor(
                p / (1 - p) * sum(abs(a) * b for a, b in zip(h, lengths, strict=True)), "units not squared",
                "The variance of a unit grows with its square.",
            ),
            Distractor(
                (1 - p) / p * total, "odds turned",
                "p is the probability of a zero, and stands on top.",
            ),
        ),
        "p over 1 - p, times the sum of squared units times squared lengths of their columns.",
        (
            f"sum: ${num(total)}$",
            f"${num(p)} / {num(1 - p)} \\cdot {num(total)} = {num(key)}$",
        ),
        values={"h": h, "lengths": lengths, "p": p}, fits=abs(h[0]) != 1 or abs(h[1]) != 1,
    )  # fmt: skip
