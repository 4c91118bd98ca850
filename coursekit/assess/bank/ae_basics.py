"""Questions on plain autoencoders: losses and their units, the tied gradient, compression, batches."""

__all__ = ["batch_mean", "bits", "excess", "pixel_unit", "slope", "tied_step"]

import math
import random

from coursekit.assess.bank._write import halves, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/autoencoders"


@template("ae/pixel-unit", CHAPTER, "number", label="rule-ae-loss", relative=2e-3, tolerance=1e-3)
def pixel_unit(rng: random.Random) -> Draft:
    side, mean = pick(rng, 4, 32), pick(rng, 10, 90) / 1000
    batch = rng.choice((16, 50, 64, 100))
    pixels = side * side
    key = pixels * mean
    return Draft(
        f"On a batch of ${batch}$ images of ${side} \\times {side}$ pixels, `F.mse_loss` prints "
        f"${num(mean)}$. What is the squared error summed over the pixels and averaged over the images?",
        key,
        (
            Distractor(
                mean, "taken as it stands",
                "`mse_loss` averages over the pixels too: multiply by their number.",
            ),
            Distractor(
                mean / pixels, "divided by pixels",
                "The sum over the pixels is larger than their mean: multiply.",
            ),
            Distractor(
                key * batch, "images summed",
                "That is the sum over the images as well: they are averaged.",
            ),
            Distractor(
                mean * batch, "batch for pixels",
                "The images are averaged in both conventions: the factor is the number of pixels.",
            ),
        ),
        "The two differ by the number of pixels, whatever the batch.",
        (f"${side} \\cdot {side} = {pixels}$ pixels", f"${pixels} \\cdot {num(mean)} = {num(key)}$"),
        values={"side": side, "mean": mean, "batch": batch}, fits=abs(pixels - batch) > 5,
    )  # fmt: skip


@template("ae/slope", CHAPTER, "number", label="rule-ae-loss", relative=5e-3, tolerance=2e-3)
def slope(rng: random.Random) -> Draft:
    a, x = halves(rng, -4, 4), rng.choice((0.0, 1.0, 0.25, 0.75))
    y = 1 / (1 + math.exp(-a))
    loss, key = math.log(1 + math.exp(a)) - a * x, y - x
    return Draft(
        f"A decoder returns the logit $a = {num(a)}$ for a pixel of value $x = {num(x)}$. What is the "
        "cross-entropy of this pixel, in nats, and its derivative by $a$?",
        (loss, key),
        (
            Distractor(
                (loss, key * y * (1 - y)), "slope of sigmoid kept",
                "With the cross-entropy the slope of the sigmoid cancels: output minus pixel remains.",
            ),
            Distractor(
                (loss, -key), "sign turned",
                "The derivative is the output minus the pixel; descent then goes against it.",
            ),
            Distractor(
                (math.log(1 + math.exp(-a)) + a * x, key), "sign of logit",
                "The sign of the logit is turned in the loss: it is ln(1 + exp(a)) minus a x.",
            ),
            Distractor(
                (loss, a - x), "logit for output",
                "The logit has to pass through the sigmoid before the pixel is subtracted.",
            ),
        ),
        "The derivative is what is still missing: the sigmoid of the logit minus the pixel.",
        (
            f"output $1 / (1 + e^{{-a}}) = {num(y)}$",
            f"loss $\\ln(1 + e^{{a}}) - a x = {num(loss)}$",
            f"derivative ${num(y)} - {num(x)} = {num(key)}$",
        ),
        asks=("loss", "derivative"), values={"a": a, "x": x}, fits=abs(key) > 0.02,
    )  # fmt: skip


@template("ae/tied-step", CHAPTER, "number", label="rule-ae-tied", relative=2e-3, tolerance=1e-3)
def tied_step(rng: random.Random) -> Draft:
    w = [halves(rng, -2, 2) for _ in range(2)]
    x = [halves(rng, -2, 2) for _ in range(2)]
    z = w[0] * x[0] + w[1] * x[1]
    e = [z * a - b for a, b in zip(w, x, strict=True)]
    back = w[0] * e[0] + w[1] * e[1]
    decoder, encoder = [2 * z * a for a in e], [2 * back * b for b in x]
    key = tuple(a + b for a, b in zip(decoder, encoder, strict=True))
    return Draft(
        f"A linear autoencoder with tied weights $W = {row(w)}$ and no biases sees one image, "
        f"$x = {row(x)}$. Its loss is the squared error, summed over the pixels. What are the two entries of "
        "the gradient by $W$?",
        key,
        (
            Distractor(
                tuple(decoder), "decoder path only",
                "The matrix is used twice: the path through the encoder is missing.",
            ),
            Distractor(
                tuple(encoder), "encoder path only",
                "The matrix is used twice: the path through the decoder is missing.",
            ),
            Distractor(
                tuple(value / 2 for value in key), "factor two lost",
                "The derivative of a square has the factor 2, and this loss has no one half.",
            ),
            Distractor(
                tuple(a - b for a, b in zip(decoder, encoder, strict=True)), "paths subtracted",
                "Both paths carry the same sign: they are added.",
            ),
        ),
        "One matrix, two paths, one sum.",
        (
            f"code $z = {num(z)}$, error $\\hat x - x = {row(e)}$",
            f"through the decoder: $2 z (\\hat x - x) = {row(decoder)}$",
            f"through the encoder: $2 (W \\cdot (\\hat x - x))\\, x = {row(encoder)}$",
            f"together: ${row(key)}$",
        ),
        asks=("first entry", "second entry"), values={"w": w, "x": x},
        fits=min(abs(sum(decoder)), abs(sum(encoder)), abs(decoder[0]), abs(encoder[0])) > 0.05,
    )  # fmt: skip


@template("ae/bits", CHAPTER, "number", label="ae-myths", relative=2e-3, tolerance=1e-3)
def bits(rng: random.Random) -> Draft:
    side, codes = rng.choice((8, 16, 28, 32, 64)), pick(rng, 2, 48)
    pixel_bits, code_bits = rng.choice((1, 4, 8)), rng.choice((16, 32))
    pixels = side * side
    key, unit = pixels * pixel_bits / (codes * code_bits), "bit" if pixel_bits == 1 else "bits"
    return Draft(
        f"An image of ${side} \\times {side}$ pixels, ${pixel_bits}$ {unit} each, is encoded into ${codes}$ "
        f"numbers of ${code_bits}$ bits. What is the compression, counted in bits?",
        key,
        (
            Distractor(
                pixels / codes, "numbers counted",
                "That counts numbers. A number of the code takes more bits than a pixel.",
            ),
            Distractor(
                pixels * code_bits / (codes * pixel_bits), "bits swapped",
                "The pixels were given the bits of the code and the other way round.",
            ),
            Distractor(
                1 / key, "inverted",
                "That is the size of the code over the size of the image: turn it round.",
            ),
            Distractor(
                side * pixel_bits / (codes * code_bits), "one row only",
                "An image has side times side pixels, not one row of them.",
            ),
        ),
        "Bits of the image over bits of the code.",
        (
            f"image: ${pixels} \\cdot {pixel_bits} = {pixels * pixel_bits}$ bits",
            f"code: ${codes} \\cdot {code_bits} = {codes * code_bits}$ bits",
            f"ratio ${num(key)}$",
        ),
        values={"side": side, "codes": codes, "pixel_bits": pixel_bits, "code_bits": code_bits},
        fits=key > 0.02 and abs(key - 1) > 0.05,
    )  # fmt: skip


@template("ae/batch-mean", CHAPTER, "number", label="ae-batches", relative=2e-3, tolerance=1e-3)
def batch_mean(rng: random.Random) -> Draft:
    size, last = rng.choice((32, 64, 100)), pick(rng, 2, 24)
    means = [pick(rng, 4, 12) / 10, pick(rng, 4, 12) / 10, pick(rng, 15, 40) / 10]
    rows = [size, size, last]
    key = sum(a * b for a, b in zip(means, rows, strict=True)) / sum(rows)
    return Draft(
        f"An evaluation runs over ${sum(rows)}$ images in batches of ${size}$; the last batch has ${last}$. "
        f"The mean losses of the batches are ${row(means)}$. What is the mean loss over the images?",
        key,
        (
            Distractor(
                sum(means) / 3, "mean of means",
                "The last batch is smaller and counts as much as the others here: weight by rows.",
            ),
            Distractor(
                (means[0] + means[1]) / 2, "last batch dropped",
                "The images of the last batch belong to the mean as well.",
            ),
            Distractor(
                sum(a * b for a, b in zip(means, rows, strict=True)) / (3 * size), "all batches full",
                "The sum was divided as if the last batch were full: divide by the number of images.",
            ),
            Distractor(
                means[-1], "last batch only",
                "That is the loss of the last batch alone.",
            ),
        ),
        "Each batch counts by its rows.",
        (
            f"sum over the images: ${num(key * sum(rows))}$",
            f"over ${sum(rows)}$ images: ${num(key)}$",
        ),
        values={"rows": rows, "means": means},
    )  # fmt: skip


@template("ae/excess", CHAPTER, "number", label="rule-ae-loss", relative=5e-3, tolerance=2e-3)
def excess(rng: random.Random) -> Draft:
    x = [pick(rng, 1, 9) / 10 for _ in range(2)]
    y = [rng.choice([k / 10 for k in range(1, 10) if abs(k / 10 - value) > 0.15]) for value in x]
    pairs = list(zip(x, y, strict=True))
    loss = -sum(a * math.log(b) + (1 - a) * math.log(1 - b) for a, b in pairs)
    floor = -sum(a * math.log(a) + (1 - a) * math.log(1 - a) for a in x)
    return Draft(
        f"An image has two grey pixels, $x = {row(x)}$, and its reconstruction is $\\hat x = {row(y)}$. By "
        "how many nats does its cross-entropy, summed over the pixels, exceed the smallest possible one?",
        loss - floor,
        (
            Distractor(
                loss, "floor not subtracted",
                "Grey pixels cannot reach zero: subtract the entropy of x.",
            ),
            Distractor(
                floor, "floor itself",
                "That is the entropy of x, the smallest possible value: the question asks for what is above.",
            ),
            Distractor(
                loss + floor, "floor added",
                "The entropy is contained in the loss already: subtract it.",
            ),
            Distractor(
                (loss - floor) / 2, "pixels averaged",
                "The pixels were averaged: they are summed.",
            ),
        ),
        "Cross-entropy minus entropy, which is never negative.",
        (
            f"cross-entropy ${num(loss)}$", f"entropy of $x$: ${num(floor)}$",
            f"difference ${num(loss - floor)}$",
        ),
        values={"x": x, "y": y}, fits=loss - floor > 0.02,
    )  # fmt: skip
