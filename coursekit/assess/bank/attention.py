"""Lecture 9: scaled dot-product attention by hand, positions, and what a transformer costs."""

__all__ = ["causal", "flops", "output", "parameters", "patches", "position"]

import math
import random
from collections.abc import Sequence

from coursekit.assess.bank._activations import softmax
from coursekit.assess.bank._write import matrix, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-09"

Rows = list[list[float]]
# Dimension and odd column: not the first pair, where a wrong index is invisible, nor angles close to 0.
_COLUMNS = ((6, 3), (8, 3), (8, 5), (16, 3), (16, 5), (16, 7), (16, 9))


def _draw(rng: random.Random) -> tuple[Rows, Rows, Rows]:
    """Draw queries, keys and values: three tokens of width two."""
    q, k, v = ([[float(pick(rng, -2, 2)) for _ in range(2)] for _ in range(3)] for _ in range(3))
    return q, k, v


def _said(q: Rows, k: Rows, v: Rows) -> str:
    named = ", ".join(f"${name} = {matrix(rows)}$" for name, rows in (("Q", q), ("K", k), ("V", v)))
    return f"Three tokens of width $D = 2$ have the queries, keys and values\n\n{named},\n\none token a row."


def _scores(q: Rows, k: Rows) -> Rows:
    return [[a[0] * b[0] + a[1] * b[1] for b in k] for a in q]


def _mix(weights: Sequence[float], v: Rows) -> list[float]:
    return [sum(a * token[c] for a, token in zip(weights, v, strict=False)) for c in range(2)]


@template(
    "attention/output", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=9, source="003-E51",
    rule="Scaled dot-product attention is $Y = A V$ with $A = \\operatorname{softmax}(Q K^\\top / "
    "\\sqrt{D})$: the rows of $Q$, $K$ and $V$ belong to the tokens, and $D$ is the width of a query. The "
    "softmax runs over the keys, so each row of $A$ sums to $1$, and $y_n = \\sum_m a_{nm} v_m$ averages "
    "values, not inputs.",
)  # fmt: skip
def output(rng: random.Random) -> Draft:
    q, k, v = _draw(rng)
    n = pick(rng, 0, 2)
    s, at = _scores(q, k), n + 1
    right, unscaled, halved = (softmax([x / by for x in s[n]]) for by in (math.sqrt(2), 1, 2))
    over_queries = [softmax([line[m] / math.sqrt(2) for line in s])[n] for m in range(3)]
    y = _mix(right, v)
    return Draft(
        f"{_said(q, k, v)} With scaled dot-product attention and no mask, what are the attention "
        f"weights $a_{{{at}m}}$ of token {at} to the tokens $m = 1, 2, 3$, and its output $y_{at}$?",
        (*right, *y),
        (
            Distractor(
                (*unscaled, *_mix(unscaled, v)), "scaling forgotten",
                "The scores went into the softmax as they are: divide them by √D first.",
            ),
            Distractor(
                (*over_queries, *_mix(over_queries, v)), "softmax over queries",
                "The softmax ran down a column: normalise over the keys, so that each row sums to 1.",
            ),
            Distractor(
                (*halved, *_mix(halved, v)), "divided by D",
                "The scores were divided by D: the scale is its square root.",
            ),
        ),
        f"The weights are ${row(right)}$ and sum to $1$; the output is their average of the values.",
        (
            f"scores $q_{at} K^\\top = {row(s[n])}$, divided by $\\sqrt{{2}}$: "
            f"${row(x / math.sqrt(2) for x in s[n])}$",
            f"exponentials ${row(math.exp(x / math.sqrt(2)) for x in s[n])}$, divided by their sum",
            f"weights ${row(right)}$",
            f"$y_{at} = \\sum_m a_{{{at}m}} v_m = {row(y)}$",
        ),
        asks=(*(f"$a_{{{at}{m}}}$" for m in (1, 2, 3)), f"$y_{{{at}1}}$", f"$y_{{{at}2}}$"),
        values={"q": q, "k": k, "v": v, "n": n},
        fits=min(right) > 0.01,
    )  # fmt: skip


@template(
    "attention/causal", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=9, source="003-E52",
    rule="Causal attention sets the score of each later token $m > n$ to $-\\infty$ before the softmax: then "
    "$a_{nm} = 0$ there, and the row still sums to $1$. A mask after the softmax leaves the later keys in "
    "the normaliser; a score of $0$ is no mask, as $\\exp 0 = 1$.",
)  # fmt: skip
def causal(rng: random.Random) -> Draft:
    q, k, v = _draw(rng)
    s = [[x / math.sqrt(2) for x in line] for line in _scores(q, k)]
    full = [softmax(s[n]) for n in (0, 1)]
    masked = [softmax(s[n][: n + 1]) for n in (0, 1)]

    def outputs(weights: Sequence[Sequence[float]]) -> tuple[float, ...]:
        return tuple(entry for line in weights for entry in _mix(line, v))

    key = outputs(masked)
    zeroed = [softmax([*s[n][: n + 1], *[0.0] * (2 - n)]) for n in (0, 1)]
    return Draft(
        f"{_said(q, k, v)} The attention is scaled dot-product and causal: token $n$ attends to the tokens "
        "$m \\le n$. What are the outputs $y_1$ and $y_2$ of the first two tokens?",
        key,
        (
            Distractor(
                outputs([full[n][: n + 1] for n in (0, 1)]), "mask after softmax",
                "The weights were masked after the softmax and no longer sum to 1: mask the scores.",
            ),
            Distractor(
                outputs(zeroed), "masked score 0",
                "A masked score of 0 still gets weight, as exp 0 = 1: the score must become −∞.",
            ),
            Distractor(
                outputs([full[0], [0.0, *softmax(s[1][1:])]]), "past masked",
                "The earlier tokens were masked: a token attends to itself and to what came before it.",
            ),
            Distractor(
                outputs(full), "mask forgotten",
                "Every token attends to all three here: take the later ones out before the softmax.",
            ),
        ),
        "Token 1 sees only itself; token 2 shares its weight between two tokens.",
        (
            f"token 1 sees only itself: $a_{{11}} = 1$ and $y_1 = v_1 = {row(v[0])}$",
            f"token 2 has the scaled scores ${row(s[1][:2])}$",
            f"their softmax: ${row(masked[1])}$",
            f"$y_2 = {num(masked[1][0])}\\, v_1 + {num(masked[1][1])}\\, v_2 = {row(key[2:])}$",
        ),
        asks=("$y_{11}$", "$y_{12}$", "$y_{21}$", "$y_{22}$"),
        values={"q": q, "k": k, "v": v},
        fits=min(masked[1]) > 0.01 and any(v[0]) and v[0] != v[1],
    )  # fmt: skip


@template(
    "attention/position", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=9, source="003-E53",
    rule="The sinusoidal encoding of position $p$ (from $0$) has the entries "
    "$\\operatorname{sin}(p / 10000^{2i/d})$ in column $2i$ and $\\operatorname{cos}(p / 10000^{2i/d})$ in "
    "column $2i + 1$, with $0 \\le i < d/2$ and $d$ even. So $i = \\lfloor j/2 \\rfloor$ in column $j$: the "
    "two columns of a pair share one angle, in radians.",
)  # fmt: skip
def position(rng: random.Random) -> Draft:
    (d, j), p = rng.choice(_COLUMNS), pick(rng, 1, 20)
    angle, by_column, doubled, doubled_odd = (
        p / 10000 ** (exponent / d) for exponent in (j - 1, j, 2 * (j - 1), 2 * j)
    )
    return Draft(
        f"A transformer adds the sinusoidal positional encoding (base $10000$) of dimension $d = {d}$ to its "
        "tokens. Positions and columns are numbered from $0$, angles are in radians. What are the entries "
        f"of position ${p}$ in the columns ${j - 1}$ and ${j}$?",
        (math.sin(angle), math.cos(angle)),
        (
            Distractor(
                (math.sin(angle), math.cos(by_column)), "column as exponent",
                "The odd column got an angle of its own: it shares the angle of the even column before it.",
            ),
            Distractor(
                (math.sin(doubled), math.cos(doubled_odd)), "column as pair index",
                "The column index was used as i, but i counts pairs of columns.",
            ),
            Distractor(
                (math.cos(angle), math.sin(angle)), "sine and cosine swapped",
                "The angle is right, but even columns hold sines and odd columns cosines.",
            ),
            Distractor(
                (math.sin(math.radians(angle)), math.cos(math.radians(angle))), "calculator in degrees",
                "The calculator took the angle as degrees: switch it to radians.",
            ),
        ),
        f"Both columns belong to pair $i = {j // 2}$ and share one angle.",
        (
            f"$i = \\lfloor {j}/2 \\rfloor = {j // 2}$, exponent $2i/d = {num((j - 1) / d)}$",
            f"$10000^{{{num((j - 1) / d)}}} = {num(10000 ** ((j - 1) / d))}$",
            f"angle ${p} / {num(10000 ** ((j - 1) / d))} = {num(angle)}$",
            f"sine ${num(math.sin(angle))}$, cosine ${num(math.cos(angle))}$",
        ),
        asks=(f"column ${j - 1}$", f"column ${j}$"),
        values={"d": d, "p": p, "j": j},
        fits=0.05 < angle < 10,
    )  # fmt: skip


@template(
    "attention/parameters", CHAPTER, "number", lecture=9, source="003-E54",
    rule="Multi-head attention of model width $D$ with $H$ heads of width $D/H$ trains four matrices, for "
    "queries, keys, values and the output, each $D \\times D$ over all heads together, and four biases of "
    "length $D$: $4D^2 + 4D$ parameters, whatever $H$ is.",
)  # fmt: skip
def parameters(rng: random.Random) -> Draft:
    heads = rng.choice((2, 3, 4, 6, 8))
    width = heads * rng.choice(range(8, 33, 2))
    square = width * width
    return Draft(
        f"A multi-head attention layer has the model width $D = {width}$ and $H = {heads}$ heads, each with "
        f"queries, keys and values of width $D/H = {width // heads}$. All projections, the output's too, "
        "have a bias. How many parameters does it train?",
        4 * square + 4 * width,
        (
            Distractor(
                3 * square + 3 * width, "output projection forgotten",
                "The joined heads pass through one more matrix and bias: count the output projection.",
            ),
            Distractor(
                heads * (4 * square + 4 * width), "multiplied by heads",
                "The heads share the width D between them: do not count full matrices for each.",
            ),
            Distractor(4 * square, "biases forgotten", "Each of the four projections has a bias: add them."),
        ),
        "Four matrices of $D \\times D$ and four biases, whatever the number of heads.",
        (
            f"queries: ${heads}$ heads with ${width} \\cdot {width // heads}$ weights, together "
            f"${width}^2 = {square}$; keys and values the same",
            f"output projection: ${square}$ weights",
            f"biases: $4 \\cdot {width} = {4 * width}$",
            f"$4 \\cdot {square} + {4 * width} = {4 * square + 4 * width}$",
        ),
        values={"heads": heads, "width": width},
    )  # fmt: skip


@template(
    "attention/patches", CHAPTER, "number", lecture=9, source="003-E55",
    rule="A vision transformer cuts an image of $H \\times W$ pixels and $C$ channels into squares of side "
    "$P$ that do not overlap: $HW/P^2$ patches, each flattened to $CP^2$ numbers. A class token, "
    "where one is used, comes on top and is no patch.",
)  # fmt: skip
def patches(rng: random.Random) -> Draft:
    side = rng.choice((4, 8, 16))
    height, width = (side * pick(rng, 2, 14) for _ in range(2))
    count = height * width // side**2
    return Draft(
        f"A vision transformer cuts an RGB image of ${height} \\times {width}$ pixels into patches of "
        f"${side} \\times {side}$ pixels that do not overlap, and flattens each. How many patch tokens $N$ "
        "are there (without the class token), and how many numbers $L$ does a flattened patch hold?",
        (count, 3 * side**2),
        (
            Distractor(
                (height * width // side, 3 * side**2), "divided by P once",
                "The pixels were divided by the side of a patch: a patch has P² pixels.",
            ),
            Distractor(
                (count, side**2), "channels forgotten",
                "A patch holds a number for every channel of each of its pixels.",
            ),
            Distractor(
                (count + 1, 3 * side**2), "class token counted",
                "The class token is no patch, and the question leaves it out.",
            ),
        ),
        "Patches tile the image, and each holds all its channels.",
        (
            f"${height}/{side} = {height // side}$ by ${width}/{side} = {width // side}$: ${count}$ patches",
            f"${side} \\cdot {side} \\cdot 3 = {3 * side**2}$ numbers a patch",
        ),
        asks=("$N$", "$L$"),
        values={"side": side, "height": height, "width": width},
    )  # fmt: skip


@template(
    "attention/flops", CHAPTER, "number", lecture=9, source="003-E56",
    rule="With 2 FLOPs a multiply-accumulate, self-attention on $N$ tokens of width $D$ costs $2 \\cdot "
    "4ND^2$ for the four projections (queries, keys, values, output) and $2 \\cdot 2N^2D$ for $QK^\\top$ and "
    "$AV$. The first part is linear in $N$, the second quadratic. $H$ heads of width $D/H$ cost the same.",
)  # fmt: skip
def flops(rng: random.Random) -> Draft:
    tokens, width = rng.choice(range(8, 65, 4)), rng.choice((8, 12, 16, 24, 32, 64))
    linear, square = 4 * tokens * width**2, tokens**2 * width
    return Draft(
        f"A self-attention layer with one head works on $N = {tokens}$ tokens of width $D = {width}$; all "
        f"four projections (queries, keys, values, output) are ${width} \\times {width}$. How many FLOPs "
        "does a forward pass take, with 2 FLOPs a multiply-accumulate, without softmax, scaling and biases?",
        2 * (linear + 2 * square),
        (
            Distractor(
                2 * (linear + square), "quadratic term once",
                "Two products grow with N²: the scores, and the weights times the values.",
            ),
            Distractor(
                4 * square, "projections forgotten",
                "That is the scores and the weighted sum alone: add the four projections.",
            ),
            Distractor(
                linear + 2 * square, "multiply-accumulates",
                "Those are multiply-accumulates: each counts as 2 FLOPs.",
            ),
        ),
        "Four projections are linear in $N$, two products quadratic.",
        (
            f"projections: $4 N D^2 = 4 \\cdot {tokens} \\cdot {width}^2 = {linear}$ multiply-accumulates",
            f"scores and weighted sum: $2 N^2 D = 2 \\cdot {tokens}^2 \\cdot {width} = {2 * square}$",
            f"$2 \\cdot ({linear} + {2 * square}) = {2 * (linear + 2 * square)}$ FLOPs",
        ),
        values={"tokens": tokens, "width": width},
    )  # fmt: skip
