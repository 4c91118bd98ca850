"""Lecture 6: what a convolution and a pooling layer compute, how large their maps are, what a value sees."""

__all__ = ["filtered", "max_pooling", "parameters", "receptive_field", "same", "size"]

import random
from itertools import pairwise
from math import prod

from coursekit.assess.bank._write import Matrix, matrix, num, pick, table
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-06"


def _cells(size: int) -> tuple[str, ...]:
    """Name the entries of a square output map, row by row."""
    return tuple(f"$y_{{{r}{c}}}$" for r in range(1, size + 1) for c in range(1, size + 1))


def _window(x: Matrix, top: int, left: int) -> list[float]:
    """Return the entries of a window of 2 x 2, row by row."""
    return [x[top][left], x[top][left + 1], x[top + 1][left], x[top + 1][left + 1]]


def _slid(x: Matrix, weights: list[float]) -> list[float]:
    """Return the sums of a 2 x 2 filter over a 4 x 4 map, row by row."""
    places = [(r, c) for r in range(3) for c in range(3)]
    return [sum(a * k for a, k in zip(_window(x, *at), weights, strict=True)) for at in places]


def _in_rows(values: tuple[float, ...], size: int) -> str:
    """Write a square map."""
    return matrix([values[at : at + size] for at in range(0, size * size, size)])


@template(
    "convolution/filter", CHAPTER, "number", lecture=6, source="003-E31",
    rule="A convolutional layer lays its filter over each position of the input, multiplies entry by entry, "
    "adds up over the window (and over all input channels) and adds the bias once: $y_{rc} = b + \\sum_{i,j} "
    "k_{ij} x_{r+i, c+j}$ with $i$, $j$ from $0$. The filter is *not* flipped: in mathematics this is a "
    "cross-correlation.",
)  # fmt: skip
def filtered(rng: random.Random) -> Draft:
    x = [[float(pick(rng, 0, 4)) for _ in range(4)] for _ in range(4)]
    k, b = [float(pick(rng, -2, 2)) for _ in range(4)], float(rng.choice((-2, -1, 1, 2)))
    sums, flipped = _slid(x, k), _slid(x, k[::-1])
    key = tuple(s + b for s in sums)
    first = " + ".join(f"{num(a)} \\cdot {f'({num(w)})' if w < 0 else num(w)}"
                       for a, w in zip(_window(x, 0, 0), k, strict=True))  # fmt: skip
    return Draft(
        f"A convolutional layer has one filter $k = {matrix([k[:2], k[2:]])}$ with the bias $b = {num(b)}$, "
        "stride $1$, no padding and no activation. What is its output map $y$, of $3 \\times 3$, for the "
        f"input $x = {matrix(x)}$?",
        key,
        (
            Distractor(
                tuple(s + b for s in flipped), "filter flipped",
                "The filter was turned by 180°: a convolutional layer applies it as it is.",
            ),
            Distractor(
                tuple(sums), "bias forgotten",
                "The bias is missing: add it to every entry of the map.",
            ),
            Distractor(
                tuple(s + 4 * b for s in sums), "bias for each weight",
                "The bias was added with each product: it comes once to each sum.",
            ),
        ),
        "Each entry is the sum of four products, and the bias.",
        (
            f"first entry: ${first} + {f'({num(b)})' if b < 0 else num(b)} = {num(key[0])}$",
            f"sums without bias: ${_in_rows(tuple(sums), 3)}$",
            f"$y = {_in_rows(key, 3)}$",
        ),
        asks=_cells(3),
        values={"x": x, "k": [k[:2], k[2:]], "b": b},
        fits=k.count(0) <= 1 and k != k[::-1],
    )  # fmt: skip


@template(
    "convolution/size", CHAPTER, "number", unit="pixels", lecture=6, source="003-E32",
    rule="A convolution with filter side $F$, stride $S$, padding $P$ at *each* end and dilation $D$ turns "
    "maps of side $N$ into maps of side $\\lfloor (N + 2P - D (F - 1) - 1) / S \\rfloor + 1$. The dilated "
    "filter covers $D (F - 1) + 1$ pixels. Rounding is down: a position where the filter would stick out is "
    "left out.",
)  # fmt: skip
def size(rng: random.Random) -> Draft:
    n, f, s, p, d = pick(rng, 12, 64), rng.choice((3, 5, 7)), pick(rng, 2, 3), pick(rng, 2, 4), 2
    covered = d * (f - 1) + 1
    room = n + 2 * p - covered
    key = room // s + 1
    wrong = [
        Distractor(
            (n + p - covered) // s + 1, "padding at one edge only",
            "The padding was counted once: it is there at both ends.",
        ),
        Distractor(
            (n + 2 * p - f) // s + 1, "dilation ignored",
            "The filter's own side was used: dilation spreads it over more pixels.",
        ),
    ]  # fmt: skip
    if f > 3:  # else rounding up gives the same as ignoring the dilation
        told = "The quotient was rounded up: the filter would stick out at its last position."
        wrong.append(Distractor(-(-room // s) + 1, "rounded up", told))
    return Draft(
        f"A convolution with ${f} \\times {f}$ filters, stride ${s}$, zero padding of ${p}$ pixels at each "
        f"edge and dilation ${d}$ receives maps of ${n} \\times {n}$. What is the side of its output maps? "
        "(Positions where the filter would stick out are left out.)",
        key,
        tuple(wrong),
        "Room for the filter to move, over the stride, rounded down, and one.",
        (
            f"covered by the filter: $D (F - 1) + 1 = {d} \\cdot {f - 1} + 1 = {covered}$",
            f"$N + 2P - {covered} = {n} + 2 \\cdot {p} - {covered} = {room}$",
            f"$\\lfloor {room} / {s} \\rfloor + 1 = {key}$",
        ),
        values={"N": n, "F": f, "S": s, "P": p, "D": d},
        fits=room % s != 0,
    )  # fmt: skip


@template(
    "convolution/parameters", CHAPTER, "number", lecture=6, source="003-E33",
    rule="Each filter of an ordinary convolutional layer spans all $D_1$ input channels and has one bias: "
    "$D_1 F^2 + 1$ parameters. There is one filter for each of the $D_2$ output channels, so the layer has "
    "$D_2 (D_1 F^2 + 1)$ parameters, whatever the size of the image.",
)  # fmt: skip
def parameters(rng: random.Random) -> Draft:
    d1, d2 = rng.choice((2, 3, 4, 6, 8, 12, 16)), rng.choice((4, 5, 6, 8, 10, 12, 16, 20, 32))
    f, n = rng.choice((1, 3, 5, 7)), rng.choice((28, 32, 56, 64))
    key = d2 * (d1 * f * f + 1)
    return Draft(
        f"A convolutional layer applies ${d2}$ filters of ${f} \\times {f}$, over the full depth of its "
        f"input, to ${d1}$ maps of ${n} \\times {n}$. How many parameters does it have, biases included?",
        key,
        (
            Distractor(
                d2 * d1 * f * f, "biases forgotten",
                "These are the weights alone: each filter has a bias as well.",
            ),
            Distractor(
                d2 * (f * f + 1), "one input channel only",
                "Each filter was given one slice: it has weights for every input channel.",
            ),
            Distractor(
                d2 * d1 * (f * f + 1), "bias for each slice",
                "A bias was counted for each slice of a filter: the whole filter has one.",
            ),
        ),
        "Weights over the full depth and one bias, for each filter.",
        (
            f"one filter: $D_1 F^2 + 1 = {d1} \\cdot {f}^2 + 1 = {d1 * f * f + 1}$",
            f"${d2} \\cdot {d1 * f * f + 1} = {key}$",
        ),
        values={"D1": d1, "D2": d2, "F": f, "N": n},
    )  # fmt: skip


@template(
    "convolution/receptive-field", CHAPTER, "number", unit="pixels", lecture=6, source="003-E37",
    rule="The receptive field of a value is the part of the input it depends on. Its side starts at $r = 1$, "
    "and layer $l$ with filter side $F_l$ adds $(F_l - 1)$ times the product of the strides of all layers "
    "*before* it: $r = 1 + \\sum_l (F_l - 1) \\prod_{i < l} S_i$. Pooling layers count like convolutions, "
    "and dilation $D_l$ multiplies $F_l - 1$.",
)  # fmt: skip
def receptive_field(rng: random.Random) -> Draft:
    layers = [(rng.choice((2, 3, 5)), pick(rng, 1, 2)) for _ in range(pick(rng, 2, 4))]
    sides, strides = zip(*layers, strict=True)
    jumps = [prod(strides[:at]) for at in range(len(layers) + 1)]
    fields = [1]
    for f, jump in zip(sides, jumps, strict=False):
        fields.append(fields[-1] + (f - 1) * jump)
    rows = [(at, "max pooling" if layer == (2, 2) else "convolution", *layer)
            for at, layer in enumerate(layers, start=1)]  # fmt: skip
    return Draft(
        "A network has these layers, in this "
        f"order:{table(('layer', 'kind', 'side of the window', 'stride'), rows)}What is the side of the "
        "receptive field, in the input image, of one value of the last layer (far from the edges)?",
        fields[-1],
        (
            Distractor(
                1 + sum((f - 1) * jump for f, jump in zip(sides, jumps[1:], strict=True)),
                "own stride included",
                "Each layer was scaled with its own stride too: only the strides before it count.",
            ),
            Distractor(
                1 + sum(f - 1 for f in sides), "strides ignored",
                "The strides are missing: behind a stride, neighbouring values lie further apart in the "
                "image.",
            ),
            Distractor(
                prod(sides), "sides multiplied",
                "The sides were multiplied: each layer *adds* to the field, by its side minus one.",
            ),
        ),
        "Each layer added its side minus one, times the strides before it.",
        (
            *(f"layer {at}: ${old} + ({f} - 1) \\cdot {jump} = {new}$" for at, (f, jump, (old, new))
              in enumerate(zip(sides, jumps, pairwise(fields), strict=False), start=1)),
        ),
        values={"layers": layers},
        fits=jumps[-2] > 1,
    )  # fmt: skip


@template(
    "convolution/max-pooling", CHAPTER, "number", lecture=6, source="003-E38",
    rule="Max pooling of $2 \\times 2$ with stride $2$ cuts each map into windows that do not overlap and "
    "keeps the largest value of each one. Largest means furthest to the right on the number line: signs "
    "count, and a large negative value loses. It has no parameters and treats each map alone.",
)  # fmt: skip
def max_pooling(rng: random.Random) -> Draft:
    x = [[float(pick(rng, -9, 9)) for _ in range(4)] for _ in range(4)]
    windows = [_window(x, top, left) for top in (0, 2) for left in (0, 2)]
    key = tuple(map(max, windows))
    sizes = tuple(max(map(abs, window)) for window in windows)
    signed = tuple(max(window, key=lambda e: (abs(e), e)) for window in windows)
    return Draft(
        "A layer for max pooling with windows of $2 \\times 2$ and stride $2$ receives the map $x = "
        f"{matrix(x)}$. What is its output $y$, of $2 \\times 2$?",
        key,
        (
            Distractor(
                tuple(sum(window) / 4 for window in windows), "average for maximum",
                "These are the averages of the windows: max pooling keeps the largest value.",
            ),
            Distractor(
                sizes, "signs dropped",
                "The largest absolute values were taken: the maximum looks at the values with their signs.",
            ),
            Distractor(
                signed, "largest by absolute value",
                "The value furthest from $0$ was kept: a negative one is never the largest beside a positive "
                "one.",
            ),
        ),
        "The largest value of each window, signs included.",
        tuple(
            f"$y_{{{name}}} = \\max{matrix([window[:2], window[2:]])} = {num(best)}$"
            for name, window, best in zip(("11", "12", "21", "22"), windows, key, strict=True)
        ),
        asks=_cells(2),
        values={"x": x},
        fits=min(key) > 0,
    )  # fmt: skip


@template(
    "convolution/same", CHAPTER, "number", unit="pixels", lecture=6, source="003-E39",
    rule="Padding SAME, as TensorFlow defines it, gives maps of side $\\lceil N / S \\rceil$: the size is "
    "kept only with stride $S = 1$. It adds as few zeros as this needs, in each direction $\\max(0, (\\lceil "
    "N / S \\rceil - 1) S + F - N)$ at both ends together. The rule of $(F - 1) / 2$ zeros at each end is "
    "the case $S = 1$ with odd $F$; PyTorch refuses `padding='same'` with a larger stride.",
)  # fmt: skip
def same(rng: random.Random) -> Draft:
    n, f, s = pick(rng, 10, 49), rng.choice((3, 5, 7)), pick(rng, 2, 3)
    side = -(-n // s)
    key = (side, (side - 1) * s + f - n)
    return Draft(
        f"A convolution with ${f} \\times {f}$ filters, stride ${s}$ and padding SAME, as TensorFlow defines "
        f"it, receives maps of ${n} \\times {n}$. What is the side $N_2$ of its output maps, and how many "
        "zeros $p$ are added to each row, at both ends together?",
        key,
        (
            Distractor(
                (n, f - 1), "size kept despite stride",
                "SAME keeps the size only with stride $1$: a larger stride still divides it.",
            ),
            Distractor(
                (side, f - 1), "padding of stride 1",
                "The side is right; but with this stride fewer zeros suffice than $(F - 1) / 2$ at each end.",
            ),
            Distractor(
                ((n - f) // s + 1, 0), "VALID instead of SAME",
                "That is VALID, which adds no zeros at all.",
            ),
        ),
        "The input side over the stride, rounded up, and the zeros this needs.",
        (
            f"$N_2 = \\lceil {n} / {s} \\rceil = {side}$",
            f"needed for these positions: $(N_2 - 1) S + F = {side - 1} \\cdot {s} + {f} = "
            f"{(side - 1) * s + f}$",
            f"$p = {(side - 1) * s + f} - {n} = {key[1]}$",
        ),
        asks=("$N_2$", "$p$"),
        values={"N": n, "F": f, "S": s},
    )  # fmt: skip
