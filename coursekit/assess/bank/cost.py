"""Lecture 6: what a convolutional network costs in parameters and FLOPs, and how large its maps are."""

__all__ = ["dense_after_pooling", "separable_flops", "separable_ratio", "standard_flops", "transposed_size"]

import random

from coursekit.assess.bank._write import num, pick
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-06"

_COUNT = "Count $2$ FLOPs for each multiply-accumulate, which includes the addition of the bias."


@template(
    "cost/standard-flops", CHAPTER, "number", unit="FLOPs", lecture=6, source="003-E34",
    rule="A convolution with filters of $D_1 \\times F \\times F$ spends on each output value $D_1 F^2$ "
    "multiplications, $D_1 F^2 - 1$ additions and one addition of the bias: $2 D_1 F^2$ FLOPs. There are "
    "$D_2 H_2 W_2$ output values, so the layer costs $2 D_1 F^2 D_2 H_2 W_2$, with the height $H_2$ and the "
    "width $W_2$ of the output map.",
)  # fmt: skip
def standard_flops(rng: random.Random) -> Draft:
    f, stride = rng.choice((3, 5)), rng.choice((1, 2))
    d1, d2 = rng.choice((2, 3, 4, 6, 8, 12)), rng.choice((3, 4, 6, 8, 10, 16))
    h1, w1 = (f + stride * pick(rng, 3, 11) for _ in range(2))
    h2, w2 = ((side - f) // stride + 1 for side in (h1, w1))
    each = 2 * d1 * f * f
    key = each * d2 * h2 * w2
    return Draft(
        f"A convolutional layer applies ${d2}$ filters of ${f} \\times {f}$, over the full depth of its "
        f"input, to ${d1}$ maps of ${h1} \\times {w1}$ (height, width), with stride ${stride}$, without "
        f"padding and with biases. How many FLOPs does it need for one input? {_COUNT}",
        key,
        (
            Distractor(
                key // 2, "MACs for FLOPs",
                "Those are multiply-accumulates (MACs): each one is a multiplication and an addition.",
            ),
            Distractor(
                each * d2 * h1 * w1, "input size for output size",
                "The filter stops only at the positions of the output map: use its height and width, not "
                "the input's.",
            ),
            Distractor(
                each * h2 * w2, "one output map only",
                "That is the cost of one filter, so of one output map: every filter makes a map of its own.",
            ),
        ),
        "Cost of one output value times the number of output values.",
        (
            f"$H_2 = ({h1} - {f}) / {stride} + 1 = {h2}$ and $W_2 = ({w1} - {f}) / {stride} + 1 = {w2}$",
            f"one output value: $2 D_1 F^2 = 2 \\cdot {d1} \\cdot {f}^2 = {each}$ FLOPs",
            f"output values: $D_2 H_2 W_2 = {d2} \\cdot {h2} \\cdot {w2} = {d2 * h2 * w2}$",
            f"together ${each} \\cdot {d2 * h2 * w2} = {key}$ FLOPs",
        ),
        values={"D1": d1, "D2": d2, "F": f, "S": stride, "H": h1, "W": w1},
    )  # fmt: skip


@template(
    "cost/separable-flops", CHAPTER, "number", unit="FLOPs", lecture=6, source="003-E35",
    rule="A depthwise separable convolution from $D_1$ to $D_2$ channels runs two layers. The depthwise "
    "layer has one filter of $1 \\times F \\times F$ for each of the $D_1$ *input* channels and costs $2 "
    "F^2 D_1 H_2 W_2$ FLOPs; the pointwise layer has $D_2$ filters of $D_1 \\times 1 \\times 1$ and costs "
    "$2 D_1 D_2 H_2 W_2$. The costs add up. $H_2 \\times W_2$ is the size of the output maps.",
)  # fmt: skip
def separable_flops(rng: random.Random) -> Draft:
    f, n = rng.choice((3, 5, 7)), pick(rng, 6, 16)
    d1, d2 = rng.choice((3, 4, 6, 8, 12, 16)), rng.choice((4, 6, 8, 10, 12, 16, 24))
    depthwise, pointwise = 2 * f * f * d1 * n * n, 2 * d1 * d2 * n * n
    key = depthwise + pointwise
    return Draft(
        f"A depthwise separable convolution turns ${d1}$ maps of ${n} \\times {n}$ into ${d2}$ maps of the "
        f"same size: a depthwise convolution of ${f} \\times {f}$ with stride $1$ and zero padding that "
        "keeps the size, then a pointwise convolution. How many FLOPs do both need together for one input? "
        f"{_COUNT}",
        key,
        (
            Distractor(
                2 * f * f * d2 * n * n + pointwise, "depthwise on output channels",
                "The depthwise filters were counted for the output channels: there is one for each input "
                "channel.",
            ),
            Distractor(
                depthwise, "pointwise part forgotten",
                "That is the depthwise layer alone: add the pointwise layer, which mixes the channels.",
            ),
            Distractor(
                f * f * pointwise, "standard convolution counted",
                "That is the cost of the standard convolution it replaces: the two layers' costs add up, "
                "their factors do not multiply.",
            ),
        ),
        "Depthwise and pointwise layer are counted one by one and added.",
        (
            f"depthwise: $2 F^2 D_1 H_2 W_2 = 2 \\cdot {f}^2 \\cdot {d1} \\cdot {n}^2 = {depthwise}$",
            f"pointwise: $2 D_1 D_2 H_2 W_2 = 2 \\cdot {d1} \\cdot {d2} \\cdot {n}^2 = {pointwise}$",
            f"together ${depthwise} + {pointwise} = {key}$ FLOPs",
        ),
        values={"D1": d1, "D2": d2, "F": f, "N": n},
        fits=d1 != d2,
    )  # fmt: skip


@template(
    "cost/separable-ratio", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=6, source="003-E36",
    rule="A depthwise separable convolution needs the share $\\frac{2 F^2 D_1 H_2 W_2 + 2 D_1 D_2 H_2 "
    "W_2}{2 D_1 F^2 D_2 H_2 W_2} = \\frac{1}{D_2} + \\frac{1}{F^2}$ of the FLOPs of the standard "
    "convolution from $D_1$ to $D_2$ channels with $F \\times F$ filters and the same output size. The "
    "number $D_1$ of *input* channels cancels.",
)  # fmt: skip
def separable_ratio(rng: random.Random) -> Draft:
    d1, d2 = rng.choice((3, 12, 16, 32, 64)), rng.choice((6, *range(20, 129, 6), 256))
    f = rng.choice((3, 5, 7))
    key = 1 / d2 + 1 / f**2
    return Draft(
        f"A layer makes ${d2}$ maps from ${d1}$ maps with ${f} \\times {f}$ filters. What share of the "
        "FLOPs of the standard convolution remains if a depthwise separable convolution (depthwise, then "
        "pointwise) with the same output size takes its place? Give FLOPs (separable) divided by FLOPs "
        "(standard).",
        key,
        (
            Distractor(
                1 / d1 + 1 / f**2, "input for output channels",
                "The input channels cancel in this ratio; what remains is the number of output channels.",
            ),
            Distractor(
                1 / (d2 * f**2), "product for sum",
                "The two shares were multiplied: depthwise and pointwise layers run one after the other, "
                "so their costs add up.",
            ),
            Distractor(
                1 / d2 + 1 / f, "filter side not squared",
                "A filter has $F$ rows of $F$ weights: the second term needs the square of $F$.",
            ),
        ),
        f"The separable layer needs {100 * key:.1f} % of the FLOPs.",
        (
            f"for each output position: standard $2 \\cdot {d1} \\cdot {f}^2 \\cdot {d2} = "
            f"{2 * d1 * f * f * d2}$ FLOPs",
            f"separable $2 \\cdot {f}^2 \\cdot {d1} + 2 \\cdot {d1} \\cdot {d2} = {2 * d1 * (f * f + d2)}$ "
            "FLOPs",
            f"ratio $\\frac{{1}}{{{d2}}} + \\frac{{1}}{{{f * f}}} = {num(1 / d2)} + {num(1 / f**2)} = "
            f"{num(key)}$",
        ),
        values={"D1": d1, "D2": d2, "F": f},
    )  # fmt: skip


@template(
    "cost/dense-after-pooling", CHAPTER, "number", lecture=6, source="003-E40",
    rule="A fully connected layer with $K$ neurons behind $c$ maps of $s \\times s$ has $(c s^2 + 1) K$ "
    "parameters: one weight for each of the $c s^2$ flattened values and one bias, for each neuron. To find "
    "$s$, follow the side of the maps layer by layer: a convolution of $F \\times F$ with stride $1$ and no "
    "padding takes off $F - 1$, and pooling of $2 \\times 2$ with stride $2$ halves and rounds down.",
)  # fmt: skip
def dense_after_pooling(rng: random.Random) -> Draft:
    n, f, depth = rng.choice((28, 32, 64)), rng.choice((3, 5)), rng.choice((1, 3))
    c1, c2, k = rng.choice((4, 6, 8)), rng.choice((10, 12, 16, 20)), rng.choice((5, 10, 12, 20))
    sides = [n]
    for _ in range(2):
        sides += [sides[-1] - f + 1, (sides[-1] - f + 1) // 2]
    s, unpooled, padded = sides[-1], n - 2 * (f - 1), n // 4
    key = (c2 * s * s + 1) * k
    return Draft(
        f"An image of ${depth} \\times {n} \\times {n}$ passes a convolution with ${c1}$ filters, a pooling "
        f"layer, a convolution with ${c2}$ filters, a pooling layer, and is then flattened for a fully "
        f"connected layer with ${k}$ neurons. Filters are ${f} \\times {f}$ (stride $1$, no padding), "
        "pooling is $2 \\times 2$ with stride $2$ (an incomplete window is dropped). How many parameters, "
        "biases included, does the fully connected layer have?",
        key,
        (
            Distractor(
                (c2 * unpooled**2 + 1) * k, "pooling ignored",
                "The pooling layers were left out: each one halves the side of the maps.",
            ),
            Distractor(
                (s * s + 1) * k, "channels ignored",
                "That is for one map: flattening lines up the values of all maps of the last convolution.",
            ),
            Distractor(
                (c2 * padded**2 + 1) * k, "convolutions as if padded",
                "The convolutions were taken to keep the size: without padding each makes the maps smaller.",
            ),
            Distractor(key - k, "biases forgotten", "The biases are missing: every neuron has one."),
        ),
        f"${c2 * s * s}$ flattened values and a bias, for each of ${k}$ neurons.",
        (
            "side of the maps: $" + " \\to ".join(map(str, sides)) + "$",
            f"flattened: $c_2 s^2 = {c2} \\cdot {s}^2 = {c2 * s * s}$ values",
            f"$({c2 * s * s} + 1) \\cdot {k} = {key}$",
        ),
        values={"N": n, "F": f, "depth": depth, "c1": c1, "c2": c2, "K": k},
    )  # fmt: skip


@template(
    "cost/transposed-size", CHAPTER, "number", unit="pixels", lecture=6, source="003-E41",
    rule="A transposed convolution with filter side $F$, stride $S$, padding $P$ and output padding $P_o$ "
    "turns maps of side $N$ into maps of side $(N - 1) S - 2P + F + P_o$ (dilation $1$). Padding *removes* "
    "pixels here, since the formula undoes $\\lfloor (N + 2P - F) / S \\rfloor + 1$ of the convolution; "
    "that floor makes several sides give the same $N$, and $P_o < S$ chooses among them.",
)  # fmt: skip
def transposed_size(rng: random.Random) -> Draft:
    n, f, extra = pick(rng, 4, 32), pick(rng, 3, 5), pick(rng, 0, 1)
    stride, padding = 2, 1
    spread = (n - 1) * stride
    key = spread - 2 * padding + f + extra
    return Draft(
        f"A transposed convolution with ${f} \\times {f}$ filters, stride ${stride}$, padding ${padding}$ "
        f"and output padding ${extra}$ receives maps of ${n} \\times {n}$. Its sizes are defined as in "
        "PyTorch's `ConvTranspose2d`, with dilation $1$. What is the side of its output maps?",
        key,
        (
            Distractor(
                (n + 2 * padding - f) // stride + 1, "formula of the convolution",
                "That is the size after an ordinary convolution: the transposed one enlarges the maps.",
            ),
            Distractor(
                n * stride, "input times stride",
                "Side times stride holds only for matching filter, padding and output padding: "
                "the stride lies between the pixels, and the filter adds its side.",
            ),
            Distractor(
                spread + 2 * padding + f + extra, "padding added",
                "The padding was added: in a transposed convolution it takes pixels off at both ends.",
            ),
        ),
        f"The first and last pixel come to lie ${spread}$ apart; the filter adds its side, the padding "
        "takes off.",
        (
            f"$(N - 1) S = {n - 1} \\cdot {stride} = {spread}$",
            f"${spread} - 2 \\cdot {padding} + {f} + {extra} = {key}$",
        ),
        values={"N": n, "F": f, "S": stride, "P": padding, "output_padding": extra},
        fits=f + extra != 4,
    )  # fmt: skip
