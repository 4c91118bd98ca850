"""Lecture 5: errors of a model, cross-validation, and the choice among models."""

__all__ = ["choice", "error_rate", "fold_sizes", "mse", "trainings"]

import random

from coursekit.assess.bank._write import halves, matrix, num, pick, row, table
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-05"


@template(
    "selection/mse", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=5, source="003-E26",
    rule="The mean squared error here adds the squared deviations of the $K$ outputs and averages over the "
    "$P$ patterns only: $\\frac{1}{P} \\sum_p \\sum_k (d_{pk} - y_{pk})^2$. Libraries often average over the "
    "outputs too, which gives $1/K$ of this, so a mean squared error is complete only with its convention.",
)  # fmt: skip
def mse(rng: random.Random) -> Draft:
    p, k = pick(rng, 3, 4), 3
    d = [[halves(rng, -2, 2, zero=True) for _ in range(k)] for _ in range(p)]
    y = [[halves(rng, -2, 2, zero=True) for _ in range(k)] for _ in range(p)]
    errors = [sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) for pair in zip(d, y, strict=True)]
    total = sum(errors)
    return Draft(
        f"A model with ${k}$ outputs gives $Y = {matrix(y)}$ for the targets $D = {matrix(d)}$, one pattern "
        "a row. What is its mean squared error if it is summed over the outputs and averaged over the $P = "
        f"{p}$ patterns?",
        total / p,
        (
            Distractor(
                total / (p * k), "averaged over outputs too",
                "That is the mean over all entries: here the outputs are summed, only patterns are averaged.",
            ),
            Distractor(
                total / (2 * p), "factor 1/2 added",
                "There is no factor of one half in a mean squared error; it belongs to some losses.",
            ),
            Distractor(
                total, "not averaged",
                "That is the sum over all patterns: divide by their number.",
            ),
        ),
        "Sum over all entries, divided by the number of patterns.",
        (
            f"$\\sum_k (d_{{pk}} - y_{{pk}})^2$ of each pattern: ${row(errors)}$",
            f"${' + '.join(map(num, errors))} = {num(total)}$",
            f"${num(total)} / {p} = {num(total / p)}$",
        ),
        values={"D": d, "Y": y},
        fits=all(errors),
    )  # fmt: skip


@template(
    "selection/error-rate", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=5, source="003-E27",
    rule="The error rate of a classifier is the *share* of patterns with the wrong class, the number of "
    "wrong ones divided by $P$; it lies between $0$ and $1$, and accuracy is $1$ minus it. Class labels are "
    "names: their differences mean nothing.",
)  # fmt: skip
def error_rate(rng: random.Random) -> Draft:
    p = pick(rng, 5, 11)
    wrong = set(rng.sample(range(p), pick(rng, 2, p - 2)))
    d = [pick(rng, 0, 2) for _ in range(p)]
    y = [
        rng.choice([c for c in range(3) if c != label]) if i in wrong else label for i, label in enumerate(d)
    ]
    gaps = [abs(a - b) for a, b in zip(d, y, strict=True)]
    count = len(wrong)
    return Draft(
        f"A classifier for the classes $0$, $1$ and $2$ is tested on ${p}$ patterns:"
        f"{table(('pattern', *map(str, range(1, p + 1))), (('class', *d), ('predicted', *y)))}"
        "What is its error rate?",
        count / p,
        (
            Distractor(
                float(count), "count instead of rate",
                "That is how many were wrong: divide by the number of patterns.",
            ),
            Distractor(
                1 - count / p, "accuracy instead of error",
                "That is the share of right predictions, the accuracy.",
            ),
            Distractor(
                sum(gaps) / p, "labels subtracted",
                "Labels are only names: a wrong class counts once, however far apart the numbers are.",
            ),
        ),
        f"${count}$ of ${p}$ predictions are wrong.",
        (
            f"wrong are the patterns {', '.join(f'${i + 1}$' for i in sorted(wrong))}: ${count}$ of ${p}$",
            f"${count} / {p} = {num(count / p)}$",
        ),
        values={"d": d, "y": y},
        fits=2 * count != p and 2 in gaps and len(set(d)) == 3,
    )  # fmt: skip


@template(
    "selection/fold-sizes", CHAPTER, "number", lecture=5, source="003-E28",
    rule="In $k$-fold cross-validation each of the $P$ patterns is in exactly one fold, and each fold serves "
    "once for validation. If $k$ does not divide $P$, the sizes differ by at most one: with $r = P - k "
    "\\lfloor P / k \\rfloor$, there are $r$ folds of $\\lfloor P / k \\rfloor + 1$ patterns and $k - r$ of "
    "$\\lfloor P / k \\rfloor$.",
)  # fmt: skip
def fold_sizes(rng: random.Random) -> Draft:
    k = pick(rng, 3, 6)
    p = pick(rng, 17, 60)
    small, rest = divmod(p, k)
    sizes = [small + (i < rest) for i in range(k)]
    return Draft(
        f"You split ${p}$ patterns into ${k}$ folds for cross-validation, as evenly as possible and larger "
        "folds first. How many patterns are in each fold?",
        tuple(map(float, sizes)),
        (
            Distractor(
                (float(small),) * k, "remainder dropped",
                "These folds do not hold all patterns: the remainder must be spread as well.",
            ),
            Distractor(
                (*(float(small),) * (k - 1), float(small + rest)), "remainder in last fold",
                "The whole remainder went into one fold: spread it, one pattern a fold.",
            ),
            Distractor(
                tuple(float(p - size) for size in sizes), "training parts instead of folds",
                "These are the patterns that are left for training when a fold is held out.",
            ),
        ),
        f"The sizes add up to ${p}$ and differ by one.",
        (
            f"$\\lfloor {p} / {k} \\rfloor = {small}$, remainder ${p} - {k} \\cdot {small} = {rest}$",
            f"${rest}$ folds of ${small + 1}$, then ${k - rest}$ of ${small}$",
            f"${' + '.join(map(str, sizes))} = {p}$",
        ),
        asks=tuple(f"fold {i}" for i in range(1, k + 1)),
        values={"P": p, "k": k},
        fits=rest >= 2,  # with one left over, the last fold would be right but for the order
    )  # fmt: skip


@template(
    "selection/trainings", CHAPTER, "number", lecture=5, source="003-E29",
    rule="A grid search trains every *combination* of hyperparameter values, so the numbers of values "
    "multiply. With $k$-fold cross-validation, repeated $R$ times, each combination is trained $k R$ times; "
    "the winner is then trained once more on all training data: $g_1 g_2 k R + 1$ trainings for two "
    "hyperparameters with $g_1$ and $g_2$ values.",
)  # fmt: skip
def trainings(rng: random.Random) -> Draft:
    g1, g2 = pick(rng, 2, 6), pick(rng, 2, 6)
    k, repeats = rng.choice((3, 4, 5, 8, 10)), pick(rng, 2, 5)
    key = g1 * g2 * k * repeats + 1
    return Draft(
        f"You search a grid of ${g1}$ learning rates and ${g2}$ widths of the hidden layer. Every "
        f"combination is judged by ${k}$-fold cross-validation, repeated ${repeats}$ times with new folds; "
        "then the best one is trained once more on all training data. How many trainings are these "
        "altogether?",
        key,
        (
            Distractor(
                key - 1, "final training forgotten",
                "One training is missing: the best combination is trained once more at the end.",
            ),
            Distractor(
                (g1 + g2) * k * repeats + 1, "values added",
                "The numbers of values were added; a grid tries every pair of them.",
            ),
            Distractor(
                g1 * g2 * k + 1, "repetitions forgotten",
                "The cross-validation was counted once: every repetition trains all folds again.",
            ),
        ),
        "Combinations times folds times repetitions, and one more.",
        (
            f"combinations: ${g1} \\cdot {g2} = {g1 * g2}$",
            f"trainings for each: ${k} \\cdot {repeats} = {k * repeats}$",
            f"${g1 * g2} \\cdot {k * repeats} + 1 = {key}$",
        ),
        values={"g1": g1, "g2": g2, "k": k, "R": repeats},
    )  # fmt: skip


@template(
    "selection/choice", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=5, source="003-E30",
    rule="Cross-validation judges a model by the *mean* of its errors over all folds, and the smallest mean "
    "wins. A single fold depends too much on which patterns fell into it. The mean of the winner tends to be "
    "below its true error, because it is the smallest of several: report the error on data that took no part "
    "in the choice.",
)  # fmt: skip
def choice(rng: random.Random) -> Draft:
    # A good model, one with a lucky fold, a bad one, in any order.
    errors = [[pick(rng, low, high) for _ in range(4)] for low, high in ((15, 30), (24, 38), (20, 40))]
    errors[1][pick(rng, 0, 3)] = pick(rng, 8, 14)
    rng.shuffle(errors)
    means = [sum(line) / 4 for line in errors]
    lows = [min(line) for line in errors]
    best, lucky, worst = means.index(min(means)), lows.index(min(lows)), means.index(max(means))
    rows = [(model, *line) for model, line in enumerate(errors, start=1)]
    return Draft(
        "Three models are compared by cross-validation with four folds of equal size. Their error rates on "
        "the fold held out, in "
        f"percent:{table(('model', 'fold 1', 'fold 2', 'fold 3', 'fold 4'), rows)}Which model do you choose, "
        "and what is its error by cross-validation, in percent?",
        (best + 1.0, means[best]),
        (
            Distractor(
                (lucky + 1.0, means[lucky]), "best single fold",
                "This model has the best single fold; choose by the mean over all folds.",
            ),
            Distractor(
                (lucky + 1.0, float(lows[lucky])), "one fold for the mean",
                "That is the smallest error on any one fold: a model is judged by its mean over all folds.",
            ),
            Distractor(
                (worst + 1.0, means[worst]), "largest error chosen",
                "This model has the largest mean error; these numbers are errors, not accuracies.",
            ),
        ),
        "The smallest mean over the folds.",
        (
            *(f"model ${m}$: ${' + '.join(map(num, line))} = {sum(line)}$, mean ${num(sum(line) / 4)}$"
              for m, *line in rows),
            f"smallest mean: model ${best + 1}$ with ${num(means[best])}$ percent",
        ),
        asks=("model", "error"),
        values={"errors": errors},
        fits=means[best] + 1 <= means[lucky] <= means[worst] - 1,
    )  # fmt: skip
