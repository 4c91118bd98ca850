"""Lecture 1: how weights start, and the shape of a tensor."""

__all__ = ["normal", "shape", "uniform"]

import math
import random

from coursekit.assess.bank._write import num, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-01"


_SIZES = (
    10, 12, 16, 20, 25, 30, 32, 40, 50, 60, 64, 80, 100, 120, 128, 150, 200, 250, 256, 300, 400, 500, 512,
    600, 750, 784, 800, 1000,
)  # fmt: skip


def _fans(rng: random.Random) -> tuple[int, int]:
    """Draw the numbers of inputs and of neurons, small ones as often as large ones."""
    return rng.choice(_SIZES), rng.choice(_SIZES)


@template(
    "init/normal", CHAPTER, "number", relative=1e-3, tolerance=1e-4, lecture=1, source="003-E06",
    rule="Xavier-normal draws each weight from $N(0,\\ 2 / (n_\\mathrm{in} + n_\\mathrm{out}))$, where the "
    "second argument is the variance. Samplers take the standard deviation, which is its square root. "
    "He initialisation, made for ReLU, has the variance $2 / n_\\mathrm{in}$ instead.",
)  # fmt: skip
def normal(rng: random.Random) -> Draft:
    n_in, n_out = _fans(rng)
    variance = 2 / (n_in + n_out)
    sigma = math.sqrt(variance)
    return Draft(
        f"A fully connected layer has $n_\\mathrm{{in}} = {n_in}$ inputs and $n_\\mathrm{{out}} = {n_out}$ "
        f"neurons. "
        "You initialise its weights by Xavier-normal. Which standard deviation do you give to the random "
        "generator?",
        sigma,
        (
            Distractor(
                variance, "variance as standard deviation",
                "That is the variance; the generator wants the standard deviation.",
            ),
            Distractor(
                math.sqrt(3) * sigma, "limit of uniform version",
                "That is the limit of the uniform version; its standard deviation is smaller than its limit.",
            ),
            Distractor(
                math.sqrt(2 / n_in), "He initialisation",
                "That is He initialisation, which looks at the inputs only; Xavier takes inputs and neurons.",
            ),
        ),
        f"The variance is ${num(variance)}$, and its root is the standard deviation.",
        (
            f"$\\sigma^2 = 2 / ({n_in} + {n_out}) = 2 / {n_in + n_out} = {num(variance)}$",
            f"$\\sigma = \\sqrt{{2 / {n_in + n_out}}} = {num(sigma)}$",
        ),
        values={"n_in": n_in, "n_out": n_out},
    )  # fmt: skip


@template(
    "init/uniform", CHAPTER, "number", relative=1e-3, tolerance=1e-4, lecture=1, source="003-E07",
    rule="Xavier-uniform draws each weight evenly between $-a$ and $a$ with "
    "$a = \\sqrt{6 / (n_\\mathrm{in} + n_\\mathrm{out})}$. A uniform variable on this interval has the "
    "variance $a^2 / 3$, so this is again the variance $2 / (n_\\mathrm{in} + n_\\mathrm{out})$ of "
    "Xavier-normal.",
)  # fmt: skip
def uniform(rng: random.Random) -> Draft:
    n_in, n_out = _fans(rng)
    share = 6 / (n_in + n_out)
    return Draft(
        f"A fully connected layer has $n_\\mathrm{{in}} = {n_in}$ inputs and $n_\\mathrm{{out}} = {n_out}$ "
        f"neurons. "
        "You initialise its weights by Xavier-uniform, evenly between $-a$ and $a$. What is $a$?",
        math.sqrt(share),
        (
            Distractor(
                math.sqrt(share / 3), "standard deviation as limit",
                "That is the standard deviation; a uniform distribution reaches further out than that.",
            ),
            Distractor(share, "square root forgotten", "The square root is missing."),
            Distractor(
                math.sqrt(6 / n_in), "neurons not counted",
                "Only the inputs were counted; Xavier takes inputs and neurons.",
            ),
        ),
        "The limit is the root of 6 over the number of inputs and neurons together.",
        (
            f"$6 / ({n_in} + {n_out}) = 6 / {n_in + n_out} = {num(share)}$",
            f"$a = \\sqrt{{6 / {n_in + n_out}}} = {num(math.sqrt(share))}$",
        ),
        values={"n_in": n_in, "n_out": n_out},
    )  # fmt: skip


@template(
    "init/shape", CHAPTER, "number", lecture=1, source="003-E08",
    rule="The shape of a tensor lists its sizes from the outermost bracket to the innermost: first how many "
    "entries the outer list has, last how many numbers stand in each innermost list. A list with a single "
    "entry still counts as a dimension, of size 1.",
)  # fmt: skip
def shape(rng: random.Random) -> Draft:
    sizes = [1, *rng.sample((2, 3, 4), 2)]
    rng.shuffle(sizes)
    a, b, c = sizes
    data = [[[rng.randint(0, 9) for _ in range(c)] for _ in range(b)] for _ in range(a)]
    return Draft(
        f"You call `torch.tensor({data})`. What is the shape of the result: the sizes $n_1$, $n_2$ and $n_3$ "
        "in the order in which `.shape` lists them?",
        (a, b, c),
        (
            Distractor(
                (c, b, a), "order reversed",
                "The order is reversed: start at the outermost brackets.",
            ),
            Distractor(
                tuple(size for size in sizes if size > 1), "dimension of size 1 dropped",
                "A pair of brackets around a single entry is a dimension too, of size 1.",
            ),
            Distractor(
                (a, c, b), "last two sizes swapped",
                "The last two sizes are swapped: the innermost lists come last.",
            ),
        ),
        "Count the entries of each level, from the outermost brackets inwards.",
        (
            f"The outermost list has ${a}$ {'entry' if a == 1 else 'entries'}.",
            f"Each of these has ${b}$ {'entry' if b == 1 else 'entries'}.",
            f"Each innermost list has ${c}$ {'number' if c == 1 else 'numbers'}.",
            f"The shape is ${row(sizes)}$.",
        ),
        asks=("$n_1$", "$n_2$", "$n_3$"),
        values={"data": data},
    )  # fmt: skip
