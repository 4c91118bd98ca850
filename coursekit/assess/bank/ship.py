"""Questions on smaller models: levels and their errors, bytes, pruned units, blended targets."""

__all__ = ["blend", "bound", "bytes_saved", "levels", "pruned", "stored"]

import math
import random

from coursekit.assess.bank._write import num, part, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/shipping"


@template("ship/levels", CHAPTER, "number", label="ship-affine", relative=1e-3, tolerance=1e-5)
def levels(rng: random.Random) -> Draft:
    # A whole number of half-scales below zero keeps the zero point off a tie.
    scale = rng.choice((0.01, 0.02, 0.04, 0.05))
    below = pick(rng, 20, 120)
    low, high = -below * scale, (255 - below) * scale
    zero = below - 128
    return Draft(
        f"A weight matrix has numbers from ${num(round(low, 4))}$ to ${num(round(high, 4))}$. Its levels are "
        "the 256 of int8, from −128 to 127. What are the scale and the zero point?",
        (scale, float(zero)),
        (
            Distractor(
                (scale * 255 / 256, float(zero)), "levels for steps",
                "256 levels have 255 steps between them.",
            ),
            Distractor(
                (scale, float(below)), "levels from 0",
                "That is the zero point of unsigned levels; here the lowest level is −128.",
            ),
            Distractor(
                (max(-low, high) / 127, 0.0), "symmetric levels",
                "A zero point of 0 wastes the levels beyond the shorter side.",
            ),
            Distractor(
                (scale, float(-zero)), "sign of zero point",
                "The lowest number belongs to −128: solve for the level that stands for 0.",
            ),
        ),
        "The range over 255 steps, then the level that stands for zero.",
        (
            f"$\\Delta = ({num(round(high, 4))} + {num(round(-low, 4))}) / 255 = {num(scale)}$",
            f"$o = -128 + {num(round(-low, 4))} / {num(scale)} = {zero}$",
        ),
        asks=("scale", "zero point"), values={"low": low, "high": high},
        fits=zero != 0 and abs(2 * below - 255) > 5,
    )  # fmt: skip


@template("ship/stored", CHAPTER, "number", label="ship-affine", relative=1e-3, tolerance=1e-4)
def stored(rng: random.Random) -> Draft:
    scale, zero = rng.choice((0.02, 0.05, 0.1)), pick(rng, -60, 60)
    x = pick(rng, -40, 60) * scale + rng.choice((-0.3, 0.2, 0.4)) * scale
    level = round(x / scale) + zero
    back = scale * (level - zero)
    other = level + (1 if math.floor(x / scale) + zero == level else -1)
    return Draft(
        f"With scale $\\Delta = {num(scale)}$ and zero point $o = {zero}$, which level stores the number "
        f"${num(round(x, 4))}$, and which number is read back?",
        (float(level), back),
        (
            Distractor(
                (float(level - zero), back), "zero point left out",
                "The level is the rounded number of steps plus the zero point.",
            ),
            Distractor(
                (float(level), scale * level), "zero point kept",
                "Reading back subtracts the zero point first.",
            ),
            Distractor(
                (float(other), scale * (other - zero)), "not the nearest",
                "Round to the nearest level: then the error is at most half a scale.",
            ),
            Distractor(
                (float(level), x), "no loss",
                "A level stands for one number only: the rest of the decimals is gone.",
            ),
        ),
        "Round to whole steps, shift by the zero point; undo both to read.",
        (
            f"${num(round(x, 4))} / {num(scale)} = {num(round(x / scale, 4))}$, rounded ${level - zero}$",
            f"level ${level - zero} + {part(zero)} = {level}$",
            f"read back ${num(scale)} \\cdot {part(level - zero)} = {num(round(back, 4))}$",
        ),
        asks=("level", "number"), values={"scale": scale, "zero": zero, "x": x},
        fits=-128 <= level <= 127 and zero != 0 and level != zero,
    )  # fmt: skip


@template("ship/bound", CHAPTER, "number", label="ship-affine", relative=1e-3, tolerance=1e-4)
def bound(rng: random.Random) -> Draft:
    scale = rng.choice((0.01, 0.02, 0.04, 0.1))
    x = [pick(rng, -5, 9) / 10 for _ in range(4)]
    size = sum(map(abs, x))
    key = scale / 2 * size
    return Draft(
        f"One row of a weight matrix is stored with scale $\\Delta = {num(scale)}$, and the input is "
        f"$x = {row(x)}$. By how much can this output of the layer be wrong at most?",
        key,
        (
            Distractor(
                scale * size, "whole scale",
                "A rounded number is off by half a scale at most.",
            ),
            Distractor(
                scale / 2 * abs(sum(x)), "signs cancel",
                "In the worst case every error has the sign of its input: add absolute values.",
            ),
            Distractor(
                scale / 2 * max(map(abs, x)), "largest input only",
                "All four weights are off, and their errors add.",
            ),
            Distractor(
                scale / 2 * len(x), "inputs left out",
                "Each error is multiplied by its input.",
            ),
        ),
        "Half a scale for each weight, times the absolute value of its input, summed.",
        (
            f"sum of absolute values ${num(round(size, 4))}$",
            f"${num(scale)} / 2 \\cdot {num(round(size, 4))} = {num(round(key, 5))}$",
        ),
        values={"scale": scale, "x": x},
        fits=min(x) < 0 < max(x) and abs(abs(sum(x)) - size) > 0.15 and all(x) and abs(size - 4) > 0.1
        and abs(size - 2) > 0.1,
    )  # fmt: skip


@template("ship/bytes", CHAPTER, "number", label="ship-int8", relative=1e-3, tolerance=0.5)
def bytes_saved(rng: random.Random) -> Draft:
    inputs, outputs = rng.choice((64, 100, 200, 400)), pick(rng, 10, 90)
    key = outputs * (inputs + 4 + 1 + 4)
    return Draft(
        f"A linear layer has ${inputs}$ inputs and ${outputs}$ outputs. Its weights are stored in int8 with "
        "a float32 scale and an int8 zero point for each row, its biases in float32. How many bytes is that?",
        float(key),
        (
            Distractor(
                float(4 * outputs * (inputs + 1)), "float32 kept",
                "That is the layer before: four bytes for every number.",
            ),
            Distractor(
                float(outputs * (inputs + 1)), "biases in int8",
                "Biases stay in float32, and the scales and zero points are stored too.",
            ),
            Distractor(
                float(outputs * inputs + 4 + 1 + 4 * outputs), "one scale only",
                "Each row has a scale and a zero point of its own.",
            ),
            Distractor(
                float(outputs * (inputs + 4 + 4)), "zero points forgotten",
                "Without its zero point a row cannot be read back.",
            ),
        ),
        "One byte a weight; five for each row's levels, and four for its bias.",
        (
            f"a row: ${inputs} + 4 + 1 + 4 = {inputs + 9}$ bytes",
            f"${outputs} \\cdot {inputs + 9} = {key}$",
        ),
        values={"inputs": inputs, "outputs": outputs},
    )  # fmt: skip


@template("ship/pruned", CHAPTER, "number", label="ship-prune", relative=0.0, tolerance=0.5)
def pruned(rng: random.Random) -> Draft:
    inputs, code = rng.choice((64, 100, 784)), rng.choice((8, 10, 16, 32))
    hidden, share = rng.choice((40, 80, 120, 200)), rng.choice((0.25, 0.5, 0.75))
    left = round(hidden * (1 - share))
    key = left * (inputs + 1) + code * (left + 1)
    whole = hidden * (inputs + 1) + code * (hidden + 1)
    return Draft(
        f"An encoder of two linear layers with biases has ${inputs}$ inputs, ${hidden}$ hidden units and a "
        f"code of ${code}$. The share ${num(share)}$ of the hidden units is taken out. How many parameters "
        "are left?",
        float(key),
        (
            Distractor(
                float(whole), "zeros still stored",
                "That holds for weights set to zero. Units that are taken out leave smaller matrices.",
            ),
            Distractor(
                float(left * (inputs + 1) + code * (hidden + 1)), "outgoing weights kept",
                "A unit takes its outgoing weights with it: the second matrix loses columns.",
            ),
            Distractor(
                float(left * inputs + code * (left + 1)), "hidden biases forgotten",
                "Each hidden unit that stays keeps its bias.",
            ),
            Distractor(
                float(round(hidden * share) * (inputs + 1) + code * (round(hidden * share) + 1))
                if share != 0.5 else whole * share, "share turned over",
                "Count the units that stay; the biases of the code stay too.",
            ),
        ),
        "A hidden unit has a row of the first matrix, a bias, and a column of the second.",
        (
            f"units left: ${left}$",
            f"${left} \\cdot {inputs + 1} + {code} \\cdot {left + 1} = {key}$",
        ),
        values={"inputs": inputs, "code": code, "hidden": hidden, "share": share},
    )  # fmt: skip


@template("ship/blend", CHAPTER, "number", label="ship-distil-idea", relative=1e-3, tolerance=1e-3)
def blend(rng: random.Random) -> Draft:
    share = rng.choice((0.2, 0.25, 0.4, 0.6, 0.75, 0.8))
    x, told = pick(rng, 0, 20) / 20, pick(rng, 0, 20) / 20
    key = (1 - share) * x + share * told
    return Draft(
        f"A student is trained with $(1 - \\alpha)\\,(s - x)^2 + \\alpha\\,(s - t)^2$ on a pixel, where "
        f"$\\alpha = {num(share)}$, the data says $x = {num(x)}$ and the teacher $t = {num(told)}$. Which "
        "output $s$ makes this least?",
        key,
        (
            Distractor(
                share * x + (1 - share) * told, "weights swapped",
                "The weight alpha belongs to the teacher.",
            ),
            Distractor(
                (x + told) / 2, "plain mean",
                "That is the minimum for equal weights.",
            ),
            Distractor(
                told, "teacher only",
                "That is the minimum for alpha = 1.",
            ),
            Distractor(
                x + share * told, "teacher added",
                "Moving towards the teacher takes weight off the data.",
            ),
        ),
        "Two squares with weights that sum to 1 are least at the weighted mean.",
        (
            f"weights ${num(round(1 - share, 4))}$ and ${num(share)}$",
            f"$s = {num(round((1 - share) * x, 5))} + {num(round(share * told, 5))} = {num(round(key, 5))}$",
        ),
        values={"share": share, "x": x, "told": told}, fits=abs(x - told) > 0.15 and x > 0 and told > 0,
    )  # fmt: skip
