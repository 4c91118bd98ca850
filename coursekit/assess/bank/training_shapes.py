"""Beyond the lectures: the gradient's factor a layer, mixed images, and what a group norm averages over."""

__all__ = ["cutmix", "gradient_factor", "group_norm"]

import math
import random

from coursekit.assess.bank._write import num, pick
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/beyond"


@template(
    "training/gradient-factor", CHAPTER, "number", relative=2e-3, tolerance=5e-4,
    rule="In a wide layer with $n$ inputs and outputs and weights of variance $g^2/n$, a gradient "
    "passing back "
    "changes its root mean square by the factor $g \\cdot \\mathrm{rms}(f')$. For the leaky ReLU "
    "with slope $a$ "
    "on centred sums half the slopes are $1$ and half are $a$, so the factor is $g \\sqrt{(1 + "
    "a^2)/2}$; over "
    "$L$ layers it is raised to the power $L$.",
)  # fmt: skip
def gradient_factor(rng: random.Random) -> Draft:
    gain, slope = rng.choice((0.5, 0.8, 1.0, 1.2, 1.5, 2.0)), rng.choice((0.0, 0.1, 0.2, 0.5))
    layers = pick(rng, 3, 6)
    factor = gain * math.sqrt((1 + slope**2) / 2)
    name = f"leaky ReLU with slope ${num(slope)}$" if slope else "ReLU"

    def both(one: float) -> tuple[float, float]:
        return one, one**layers

    return Draft(
        f"A deep network has wide layers of $n$ units, independent weights of mean $0$ and variance "
        "$g^2/n$ with "
        f"$g = {num(gain)}$, and the activation {name}; sums are positive and negative equally often. "
        "By which "
        f"factor does the root mean square of the gradient change over one layer, and over ${layers}$ "
        "layers?",
        both(factor),
        (
            Distractor(both(gain), "activation ignored",
                       "The slopes of the activation multiply the gradient too: take their rms as well."),
            Distractor(both(gain * (1 + slope) / 2), "mean slope",
                       "Sizes add up in squares: take the root mean square of the slopes, not their mean."),
            Distractor(both(factor**2), "square of the factor",
                       "That is the factor of the mean square: take its root."),
        ),
        "The factor is the gain times the root mean square of the slopes.",
        (
            f"rms of the slopes: $\\sqrt{{(1 + {num(slope)}^2)/2}} = {num(factor / gain)}$",
            f"one layer: ${num(gain)} \\cdot {num(factor / gain)} = {num(factor)}$",
            f"${layers}$ layers: ${num(factor)}^{{{layers}}} = {num(factor**layers)}$",
        ),
        asks=("one layer", "all layers"),
        values={"gain": gain, "slope": slope, "layers": layers},
    )  # fmt: skip


@template(
    "training/cutmix", CHAPTER, "number", relative=1e-3, tolerance=5e-4,
    rule="CutMix pastes a box of a second image into the first. The target of the first image keeps "
    "the weight "
    "$\\lambda = 1 - \\text{pasted pixels} / (HW)$; what the box loses beyond the border does not count.",
)  # fmt: skip
def cutmix(rng: random.Random) -> Draft:
    size, side = rng.choice((10, 20, 40)), rng.choice((4, 6, 8))
    out = pick(rng, 1, side // 2)
    low = pick(rng, 0, size - side)
    pasted, whole = side * (side - out), side * side
    return Draft(
        f"An image has ${size} \\times {size}$ pixels. A box of ${side} \\times {side}$ pixels from "
        "another image "
        f"is to be pasted over its rows ${low}$ to ${low + side - 1}$ and its columns "
        f"${size - side + out}$ to "
        f"${size + out - 1}$, counted from $0$; what lies beyond the border is cut off. What is the weight "
        "$\\lambda$ of the first image's label?",
        1 - pasted / size**2,
        (
            Distractor(1 - whole / size**2, "box not cut off",
                       "Part of the box lies beyond the border: count the pixels that were pasted."),
            Distractor(pasted / size**2, "labels swapped",
                       "That is the weight of the pasted image: the first one has the rest."),
            Distractor(1 - side / size, "sides instead of areas",
                       "The share is one of areas: compare numbers of pixels, not of rows."),
        ),
        "The weight is the share of pixels that still belong to the first image.",
        (
            f"the box covers ${side}$ rows and ${side - out}$ columns: ${pasted}$ pixels",
            f"$\\lambda = 1 - {pasted}/{size**2} = {num(1 - pasted / size**2)}$",
        ),
        values={"size": size, "side": side, "top": low, "left": size - side + out},
    )  # fmt: skip


@template(
    "training/group-norm", CHAPTER, "number",
    rule="Group normalisation splits the $C$ channels of each image into $G$ groups and takes mean "
    "and variance over "
    "the $C/G$ channels and all positions of one group of one image: $BG$ means, each over $(C/G) "
    "HW$ values. "
    "It does not look at other images, so it works with any batch.",
)  # fmt: skip
def group_norm(rng: random.Random) -> Draft:
    groups, each = rng.choice((2, 4, 8)), rng.choice((2, 3, 4))
    batch, h, w = pick(rng, 3, 9), pick(rng, 3, 8), pick(rng, 3, 8)
    c = groups * each
    return Draft(
        f"A group normalisation with ${groups}$ groups receives activations of shape $({batch},\\ "
        f"{c},\\ {h},\\ {w})$: "
        "batch, channels, height, width. How many means does it compute, and how many values does "
        "each average?",
        (batch * groups, each * h * w),
        (
            Distractor((c, batch * h * w), "batch normalisation",
                       "Those are a batch norm's numbers: a group norm stays within one image."),
            Distractor((batch, c * h * w), "layer normalisation",
                       "Those are a layer norm's numbers: the channels are split into groups."),
            Distractor((groups, batch * each * h * w), "shared over the batch",
                       "Each image has its own means: multiply the groups by the images."),
        ),
        "One mean a group and image, over the group's channels and all positions.",
        (
            f"means: ${batch} \\cdot {groups} = {batch * groups}$",
            f"values in each: $({c}/{groups}) \\cdot {h} \\cdot {w} = {each * h * w}$",
        ),
        asks=("means", "values in each"),
        values={"shape": (batch, c, h, w), "groups": groups},
    )  # fmt: skip
