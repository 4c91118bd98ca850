"""Questions on convolutional autoencoders: sizes down and up, parameters, taps, places, idle codes."""

__all__ = ["dense_layers", "down_and_back", "places", "rise", "taps_at", "up_size"]

import random

from coursekit.assess.bank._write import matrix, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/convolutional"


def _halved(side: int, stages: int) -> list[int]:
    """Return a side and its halves, rounded up."""
    sides = [side]
    for _ in range(stages):
        sides.append((sides[-1] + 1) // 2)
    return sides


@template("conv-ae/down-and-back", CHAPTER, "number", label="rule-conv-sizes")
def down_and_back(rng: random.Random) -> Draft:
    side = pick(rng, 17, 220)
    sides = _halved(side, 3)
    back = [1 - n % 2 for n in reversed(sides[:-1])]
    key = (float(sides[3]), *map(float, back))
    swapped = (key[0], *(1 - v for v in key[1:]))
    return Draft(
        f"An image of ${side}$ pixels in height goes through three convolutions with kernel $3$, stride $2$ "
        "and padding $1$, and back through three transposed convolutions with the same options. Give the "
        "height after the third convolution, then the output padding of the first, second and third "
        "transposed convolution.",
        key,
        (
            Distractor(
                (float(side // 8), *key[1:]), "rounded down",
                "Each stage takes half, rounded up: the padding makes room for one more window.",
            ),
            Distractor(
                swapped, "parity turned over",
                "The output padding is 1 where the height before the halving was even.",
            ),
            Distractor(
                (key[0], *reversed(key[1:])), "order of the way down",
                "The first stage up returns to the height before the *last* halving.",
            ),
            Distractor(
                (key[0], 1.0, 1.0, 1.0), "doubling everywhere",
                "Doubling undoes the half of an even height only.",
            ),
        ),
        "Note the heights on the way down; on the way up the output padding is 1 to an even one, else 0.",
        (
            f"heights ${row(sides)}$",
            f"output paddings ${row(back)}$",
        ),
        asks=("height", "first", "second", "third"), values={"side": side},
        fits=side // 8 != sides[3] and back != back[::-1] and swapped[1:] != key[:0:-1],
    )  # fmt: skip


@template("conv-ae/up-size", CHAPTER, "number", unit="pixels", label="conv-up")
def up_size(rng: random.Random) -> Draft:
    n, kernel, stride = pick(rng, 4, 20), pick(rng, 3, 5), pick(rng, 2, 3)
    padding, dilation, extra = pick(rng, 1, 2), pick(rng, 2, 3), 1
    key = (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1
    down = (n + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    return Draft(
        f"A transposed convolution has kernel ${kernel}$, stride ${stride}$, padding ${padding}$, dilation "
        f"${dilation}$ and output padding ${extra}$. What is the side of its output for an input of side "
        f"${n}$?",
        float(key),
        (
            Distractor(
                float((n - 1) * stride - 2 * padding + kernel - 1 + extra + 1), "dilation left out",
                "With dilation the kernel reaches further: multiply the kernel minus 1 by it.",
            ),
            Distractor(
                float(key + 4 * padding), "padding added",
                "In a transposed convolution the padding cuts the output at both ends.",
            ),
            Distractor(
                float(key - extra), "output padding left out",
                "The output padding is added at the far end.",
            ),
            Distractor(
                float(key + stride), "one stride too many",
                "There are n minus 1 steps between n entries.",
            ),
            Distractor(
                float(down), "size of a convolution",
                "That is the way down. A transposed convolution with a stride makes maps larger.",
            ),
        ),
        "The last entry starts n minus 1 strides in; the kernel reaches dilation times kernel minus 1 on.",
        (
            f"${n - 1} \\cdot {stride} + {dilation} \\cdot {kernel - 1} + 1 = "
            f"{(n - 1) * stride + dilation * (kernel - 1) + 1}$ entries are written",
            f"cut ${2 * padding}$, add ${extra}$: ${key}$",
        ),
        values={"n": n, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation,
                "extra": extra},
        fits=down > 0,
    )  # fmt: skip


@template("conv-ae/dense-layers", CHAPTER, "number", label="rule-conv-parameters")
def dense_layers(rng: random.Random) -> Draft:
    side, stages = pick(rng, 17, 70), pick(rng, 2, 3)
    channels, code = rng.choice((4, 8, 16)), pick(rng, 2, 16)
    last = _halved(side, stages)[-1]
    entries = channels * last * last
    key = (entries + 1) * code + (code + 1) * entries
    lower = channels * (side // 2**stages) ** 2
    return Draft(
        f"An image of ${side} \\times {side}$ is halved ${stages}$ times by convolutions with kernel $3$, "
        f"stride $2$ and padding $1$, the last with ${channels}$ output channels. A dense layer then makes a "
        f"code of ${code}$ numbers and another one undoes it. How many parameters do the two dense layers "
        "have, biases included?",
        float(key),
        (
            Distractor(
                float((lower + 1) * code + (code + 1) * lower), "rounded down",
                "The sides are halved and rounded up.",
            ),
            Distractor(
                float(2 * entries * code), "biases left out",
                "One layer has a bias for each number of the code, the other one for each entry of the maps.",
            ),
            Distractor(
                float((entries + 1) * code), "one layer only",
                "That is the layer before the code. The layer after it counts as well.",
            ),
            Distractor(
                float((last * last + 1) * code + (code + 1) * last * last), "channels left out",
                "Every channel has a map of its own, and the dense layer reads them all.",
            ),
        ),
        "Entries of the last maps: channels times height times width; then weights and biases both ways.",
        (
            f"side ${last}$, entries ${channels} \\cdot {last} \\cdot {last} = {entries}$",
            f"$({entries} + 1) \\cdot {code} + ({code} + 1) \\cdot {entries} = {key}$",
        ),
        values={"side": side, "stages": stages, "channels": channels, "code": code}, fits=lower != entries,
    )  # fmt: skip


@template("conv-ae/taps", CHAPTER, "number", label="conv-checker")
def taps_at(rng: random.Random) -> Draft:
    kernel, stride = pick(rng, 3, 9), pick(rng, 2, 4)
    line = [len(range(at, kernel, stride)) for at in range(stride)]
    r, c = pick(rng, 40, 79), pick(rng, 40, 79)
    key = line[r % stride] * line[c % stride]
    return Draft(
        f"A transposed convolution has a kernel of ${kernel} \\times {kernel}$ and stride ${stride}$, and no "
        "padding. How many products does it add up at the output pixel in row "
        f"${r}$ and column ${c}$ (counted from $0$), far from all borders?",
        float(key),
        (
            Distractor(
                float(kernel * kernel), "a convolution counted",
                "So many are added up by an ordinary convolution. Here most of the kernel meets a gap.",
            ),
            Distractor(
                kernel * kernel / stride**2, "mean for this pixel",
                "That is the mean over all pixels. Count the entries of the kernel that reach this one.",
            ),
            Distractor(
                float(line[r % stride] + line[c % stride]), "sum for product",
                "Rows and columns combine: multiply the two counts.",
            ),
            Distractor(
                float(line[r % stride]), "one axis only",
                "That is the count along the rows. Multiply by that along the columns.",
            ),
        ),
        "Along each axis count the entries of the kernel whose place has the remainder of the pixel's place.",
        (
            f"rows: remainder ${r % stride}$, ${line[r % stride]}$ entries of ${kernel}$; columns: remainder "
            f"${c % stride}$, ${line[c % stride]}$ entries",
            f"${line[r % stride]} \\cdot {line[c % stride]} = {key}$",
        ),
        values={"kernel": kernel, "stride": stride, "r": r, "c": c},
        fits=kernel % stride > 0 and line[c % stride] > 1 and key != line[r % stride] + line[c % stride],
    )  # fmt: skip


@template("conv-ae/places", CHAPTER, "number", label="conv-unpool")
def places(rng: random.Random) -> Draft:
    x = [[float(v) for v in rng.sample(range(-9, 10), 4)] for _ in range(4)]
    windows = [
        [(2 * i + a, 2 * j + b) for a in range(2) for b in range(2)] for i in range(2) for j in range(2)
    ]
    best = [max(window, key=lambda at: x[at[0]][at[1]]) for window in windows]
    key = tuple(float(4 * r + c) for r, c in best)
    largest = [max(window, key=lambda at: abs(x[at[0]][at[1]])) for window in windows]
    return Draft(
        f"Max pooling over windows of $2 \\times 2$ also returns the place of each maximum in the map $x = "
        f"{matrix(x)}$, counted row by row from $0$. Give the four places, windows row by row.",
        key,
        (
            Distractor(
                tuple(x[r][c] for r, c in best), "values for places",
                "These are the maxima themselves. Their places are asked for.",
            ),
            Distractor(
                tuple(float(2 * (r % 2) + c % 2) for r, c in best), "within the window",
                "These count within each window. The place counts over the whole map of width 4.",
            ),
            Distractor(
                tuple(float(4 * c + r) for r, c in best), "column by column",
                "Places are counted along the rows: width times row, plus column.",
            ),
            Distractor(
                tuple(float(4 * r + c) for r, c in largest), "signs ignored",
                "The largest value counts, not the largest absolute value.",
            ),
        ),
        "In each window find the largest value; its place is 4 times its row plus its column.",
        (
            f"maxima ${row([x[r][c] for r, c in best])}$",
            f"places ${row(key)}$",
        ),
        asks=("window 1", "window 2", "window 3", "window 4"), values={"x": x},
        fits=all(len({x[r][c] for r, c in window}) == 4 for window in windows)
        and best != largest and [(c, r) for r, c in best] != best,
    )  # fmt: skip


@template("conv-ae/rise", CHAPTER, "number", label="conv-skip", relative=2e-3, tolerance=1e-4)
def rise(rng: random.Random) -> Draft:
    own, other = pick(rng, 2, 9) / 100, pick(rng, 30, 60) / 10
    more, much = pick(rng, 1, 9) / 1000, pick(rng, 12, 40) / 10
    key = more / much
    return Draft(
        f"A network with connections from encoder to decoder has a squared error of ${num(own)}$ per image, "
        f"and of ${num(own + more)}$ when each image gets the code of another. A network without them has "
        f"${num(other)}$ and ${num(other + much)}$. How much does a stranger's code cost with connections, "
        "as a fraction of what it costs without them?",
        key,
        (
            Distractor(
                (more / own) / (much / other), "relative rises compared",
                "Each rise was divided by an error of its own first. Compare the rises themselves.",
            ),
            Distractor(
                more / own, "rise over own error",
                "That divides by a tiny error: it says how small the error is, not what the code is worth.",
            ),
            Distractor(
                (own + more) / (other + much), "errors for rises",
                "These are the errors with strangers' codes. Subtract the errors with the own codes first.",
            ),
            Distractor(
                own / other, "own errors compared",
                "That compares the pictures, not what the codes are worth.",
            ),
        ),
        "Two differences, then their ratio.",
        (
            f"with connections ${num(more)}$, without ${num(much)}$",
            f"${num(more)} / {num(much)} = {num(key)}$",
        ),
        values={"own": own, "stranger": own + more, "plain": other, "plain_stranger": other + much},
        fits=len({round(v, 4) for v in (key, more / own, (own + more) / (other + much), own / other,
                                        (more / own) / (much / other))}) == 5,
    )  # fmt: skip
