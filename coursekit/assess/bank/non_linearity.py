"""Questions on why layers bend: collapse, rank, staircases, polynomials, slopes far out, gradients."""

__all__ = ["chain", "collapse", "degree", "far_slope", "power", "rank", "staircase_width", "statements"]

import random

from coursekit.assess.bank._write import halves, num, part, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/non-linearity"


@template("nonlin/collapse", CHAPTER, "number", label="nonlin-collapse", tolerance=1e-3)
def collapse(rng: random.Random) -> Draft:
    w1, b1, w2, b2 = (halves(rng, -3, 3) for _ in range(4))
    key = (w1 * w2, b1 * w2 + b2)
    return Draft(
        f"Two layers with one neuron each and no activation: $h = w_1 x + b_1$ with $w_1 = {num(w1)}$ and "
        f"$b_1 = {num(b1)}$, then $y = w_2 h + b_2$ with $w_2 = {num(w2)}$ and $b_2 = {num(b2)}$. Write "
        "them as one layer $y = w x + b$. What are $w$ and $b$?",
        key,
        (
            Distractor(
                (w1 * w2, b1 + b2), "biases added",
                "The first bias passes through the second layer: its weight multiplies it.",
            ),
            Distractor(
                (w1 + w2, b1 * w2 + b2), "weights added",
                "One layer after the other multiplies the weights.",
            ),
            Distractor(
                (w1 * w2, b1 * w2), "last bias lost",
                "The bias of the second layer is missing.",
            ),
        ),
        "Insert the first into the second.",
        (
            f"$y = {num(w2)} \\cdot ({num(w1)} x + {part(b1)}) + {part(b2)}$",
            f"$w = {num(key[0])}$, $b = {part(b1)} \\cdot {part(w2)} + {part(b2)} = {num(key[1])}$",
        ),
        asks=("$w$", "$b$"), values={"layers": [(w1, b1), (w2, b2)]},
    )  # fmt: skip


@template("nonlin/rank", CHAPTER, "number", label="nonlin-collapse")
def rank(rng: random.Random) -> Draft:
    sizes = [rng.randint(*ends) for ends in ((8, 12), (17, 24), (2, 6), (5, 12), (13, 16))]
    return Draft(
        f"A network without activations has layers of the sizes {', '.join(map(num, sizes))}, input first. "
        "What is the largest rank that the matrix of the whole network can have?",
        float(min(sizes)),
        (
            Distractor(
                float(min(sizes[0], sizes[-1])), "ends alone",
                "The layers between count too: nothing passes a narrow one that does not fit through it.",
            ),
            Distractor(
                float(sizes[-1]), "outputs counted",
                "There may be fewer independent outputs than outputs.",
            ),
            Distractor(
                float(max(sizes)), "largest for smallest",
                "A product has at most the smallest rank of its factors, not the largest.",
            ),
        ),
        "The narrowest layer sets the limit.",
        (f"$\\min {row(sizes)} = {min(sizes)}$",),
        values={"sizes": sizes},
    )  # fmt: skip


@template("nonlin/staircase", CHAPTER, "number", label="nonlin-theorem")
def staircase_width(rng: random.Random) -> Draft:
    slope, inverse = rng.randint(2, 20), rng.choice((10, 20, 50, 100, 200))
    key = slope * inverse / 2
    return Draft(
        f"A target on $[0, 1]$ has a slope of at most {slope}. A staircase of $N$ equal steps takes the "
        f"target's value in the middle of each step. From which $N$ on is its error at most "
        f"${num(1 / inverse)}$ for every such target?",
        key,
        (
            Distractor(
                2 * key, "whole step for half",
                "From the middle, no point of a step is farther than half a step.",
            ),
            Distractor(
                inverse / 2, "slope forgotten",
                "A steeper target needs more steps: the slope multiplies.",
            ),
            Distractor(
                slope * inverse**2 / 2, "error squared",
                "The error of steps falls like 1/N, so N grows like one over the error.",
            ),
        ),
        "Slope times half a step.",
        (
            f"error: ${slope} \\cdot \\frac{{1}}{{2N}} \\le {num(1 / inverse)}$",
            f"$N \\ge {slope} / (2 \\cdot {num(1 / inverse)}) = {num(key)}$",
        ),
        values={"slope": slope, "error": 1 / inverse},
        fits=key == int(key),
    )  # fmt: skip


@template("nonlin/far-slope", CHAPTER, "number", label="nonlin-outside", tolerance=1e-3)
def far_slope(rng: random.Random) -> Draft:
    w, b, v = ([halves(rng, -2, 2) for _ in range(3)] for _ in range(3))
    on = [a * c for a, c in zip(w, v, strict=True) if a > 0]
    off = [a * c for a, c in zip(w, v, strict=True) if a < 0]
    key = sum(on)
    told = "Far to the right a unit with a negative weight is off: it adds nothing."
    return Draft(
        f"A network with one input has three hidden ReLU units with weights $w = {row(w)}^\\top$ and "
        f"biases $b = {row(b)}^\\top$, and a linear output with weights $v = {row(v)}^\\top$. What is the "
        "slope of the output by $x$ for very large positive $x$?",
        key,
        (
            Distractor(key + sum(off), "units not switched off", told),
            Distractor(
                sum(off), "wrong side",
                "That is the slope far to the left, where the other units are on.",
            ),
            Distractor(
                sum(c for a, c in zip(w, v, strict=True) if a > 0), "first weights forgotten",
                "Each active unit has the slope of its own weight: multiply by it.",
            ),
        ),
        "The units that are on out there, each with the product of its two weights.",
        (
            f"on for large $x$: weights {', '.join(num(a) for a in w if a > 0)}",
            f"slope: ${' + '.join(part(t) for t in on)} = {num(key)}$",
        ),
        values={"w": w, "b": b, "v": v}, fits=bool(on) and bool(off),
    )  # fmt: skip


@template("nonlin/chain", CHAPTER, "number", label="nonlin-depth", relative=1e-2)
def chain(rng: random.Random) -> Draft:
    depth, w = rng.randint(3, 8), rng.choice((0.5, 1.0, 1.5, 2.0, 3.0))
    key = (w / 4) ** depth
    return Draft(
        f"A chain of {depth} sigmoid neurons, each with the weight ${num(w)}$ to the one before. By which "
        "factor is the gradient at the input at most as large as the gradient at the output?",
        key,
        (
            Distractor(
                w / 4, "one layer",
                "That is the factor of one neuron: there is one such factor for each.",
            ),
            Distractor(
                0.25**depth * w, "weight counted once",
                "Every neuron has its weight: all of them multiply.",
            ),
            Distractor(
                (w / 2) ** depth, "half for a quarter",
                "One half is the sigmoid's output at the centre; its slope there is a quarter.",
            ),
        ),
        "Weight times largest slope, once a neuron.",
        (
            f"one neuron: ${num(w)} \\cdot \\frac{{1}}{{4}} = {num(w / 4)}$",
            f"${depth}$ of them: ${num(w / 4)}^{{{depth}}} = {num(key)}$",
        ),
        values={"depth": depth, "w": w},
    )  # fmt: skip


@template("nonlin/degree", CHAPTER, "number", label="myth-004-d002")
def degree(rng: random.Random) -> Draft:
    n, double = rng.randint(20, 200), rng.randint(2, 9)
    return Draft(
        f"A data set has {n} points with one input and one target each. Of these, {double} are exact "
        "copies of another point; all other inputs differ. Which degree is always enough for a "
        "polynomial through all points?",
        float(n - double - 1),
        (
            Distractor(
                float(n - 1), "copies counted",
                "A copy asks for nothing new: count different inputs.",
            ),
            Distractor(
                float(n - double), "one too many",
                "A polynomial of degree m has m + 1 coefficients.",
            ),
            Distractor(
                float(10 * n), "ten times as many",
                "One coefficient a point is enough.",
            ),
        ),
        "One coefficient for each different input.",
        (
            f"different inputs: ${n} - {double} = {n - double}$",
            f"degree: ${n - double} - 1 = {n - double - 1}$",
        ),
        values={"n": n, "double": double},
    )  # fmt: skip


@template("nonlin/power", CHAPTER, "number", label="nonlin-width")
def power(rng: random.Random) -> Draft:
    m, depth, width = rng.choice((2, 3)), rng.randint(2, 5), rng.randint(10, 500)
    return Draft(
        f"A network with one input has {depth} hidden layers of {width} units with the activation "
        f"$f(u) = u^{m}$ and a linear output. What is the largest degree in $x$ that its output can have?",
        float(m**depth),
        (
            Distractor(
                float(m * depth), "degrees added",
                "Each layer raises the whole polynomial before it to a power: degrees multiply.",
            ),
            Distractor(
                float(m), "one layer",
                "That is what one hidden layer gives.",
            ),
            Distractor(
                float(m * width), "width taken as degree",
                "Units of one layer are added, and a sum has no higher degree.",
            ),
        ),
        "The degree multiplies with every layer, and the width does nothing for it.",
        (f"${m}^{{{depth}}} = {m**depth}$",),
        values={"m": m, "depth": depth, "width": width},
    )  # fmt: skip


@template("nonlin/statements", CHAPTER, "choice", label="nonlin")
def statements(rng: random.Random) -> Draft:
    right = (
        ("With Xavier weights, deep stacks of ReLUs lose the gradient too.",
         "Half the units pass nothing, so the norm falls by about √½ a layer."),
        ("Gradient descent through three linear layers takes another path than through one.",
         "Both express the same maps, and the loss is no quadratic in the factors."),
        ("A shuffle of all pixels, the same in each image, does not hurt an MLP.",
         "Its first layer has no notion of a neighbour: the weights can be shuffled along."),
        ("A wide enough layer can fit labels drawn by lot.",
         "Being able to express a rule and having learnt one are different."),
    )  # fmt: skip
    wrong = (
        ("A sigmoid loses the gradient only where it saturates.", "saturation taken as needed",
         "Its slope is at most a quarter everywhere."),
        ("ReLU keeps the gradient of a deep stack whatever the weights.", "slope one taken as enough",
         "Slope one on the active half still multiplies by the weights and a mask."),
        ("Half the units being zero halves the operations of the next dense layer.", "zeros taken as skipped",
         "A dense product multiplies the zeros as well."),
        ("Every non-linear activation gives universal approximation.", "nonlinear taken as enough",
         "The square does not: it must be no polynomial."),
        ("The difference of two sigmoids of $w^\\top x$ is a bump in any dimension.", "slab taken for a bump",
         "It is constant along every direction perpendicular to the weights."),
    )  # fmt: skip
    text, feedback = rng.choice(right)
    return Draft(
        "Which statement on activations and depth is true?",
        text,
        tuple(Distractor(*entry) for entry in rng.sample(wrong, 3)),
        feedback,
        values={"right": text},
    )
