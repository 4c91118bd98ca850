"""Questions on choosing models: leave-one-out, leverage, splits, winners among guessers, rare classes."""

__all__ = ["accuracy_rare", "expected_winner", "leave_mean", "nested_cost", "press_shortcut", "stratified"]

import math
import random

from coursekit.assess.bank._write import halves, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/model-selection"


@template("select/leave-mean", CHAPTER, "number", label="select-press", relative=2e-3, tolerance=1e-3)
def leave_mean(rng: random.Random) -> Draft:
    count = pick(rng, 3, 5)
    d = [halves(rng, -4, 6, zero=True) for _ in range(count)]
    mean = sum(d) / count
    left = [value - (sum(d) - value) / (count - 1) for value in d]
    key = sum(e * e for e in left) / count
    apparent = sum((value - mean) ** 2 for value in d) / count
    return Draft(
        f"A model without inputs predicts the mean of the targets it was fitted to. The targets are "
        f"${row(d)}$. What is its leave-one-out error, the mean of the squared errors?",
        key,
        (
            Distractor(
                apparent, "apparent error",
                "That is the apparent error: each target took part in the mean that predicts it.",
            ),
            Distractor(
                apparent * count / (count - 1), "divided by one less",
                "That is the unbiased variance. Leave each target out of the mean that predicts it.",
            ),
            Distractor(
                key * count, "not averaged",
                "That is the sum over the patterns: divide by their number.",
            ),
        ),
        "Each residual grows by B over B minus 1, for the leverage of a mean is 1 over B.",
        (
            f"mean ${num(mean)}$, leverage ${num(1 / count)}$",
            f"residuals without the pattern: ${row([round(e, 4) for e in left])}$",
            f"mean of the squares: ${num(key)}$",
        ),
        values={"d": d}, fits=len(set(d)) > 1,
    )  # fmt: skip


@template("select/press-shortcut", CHAPTER, "number", label="select-press", relative=2e-3, tolerance=1e-3)
def press_shortcut(rng: random.Random) -> Draft:
    x = rng.sample([k / 2 for k in range(-6, 7) if k], pick(rng, 3, 4))
    d = [halves(rng, -4, 4) for _ in x]
    penalty = rng.choice((0.5, 1.0, 2.0, 4.0))
    square = sum(a * a for a in x)
    w = sum(a * b for a, b in zip(x, d, strict=True)) / (square + penalty)
    at = pick(rng, 0, len(x) - 1)
    h, e = x[at] ** 2 / (square + penalty), d[at] - w * x[at]
    return Draft(
        f"Ridge regression through the origin, $y = w x$, with penalty $\\lambda = {num(penalty)}$, on "
        f"$x = {row(x)}$ and $d = {row(d)}$. What is the leverage of pattern {at + 1}, and its residual "
        "$d - y$ in the fit *without* it?",
        (h, e / (1 - h)),
        (
            Distractor(
                (h, e), "ordinary residual",
                "That is the residual of the fit with the pattern: divide it by one minus the leverage.",
            ),
            Distractor(
                (x[at] ** 2 / square, e / (1 - x[at] ** 2 / square)), "penalty left out",
                "The penalty belongs into the denominator of the leverage.",
            ),
            Distractor(
                (h, e * (1 - h)), "multiplied",
                "Without its own pull the pattern is fitted worse: divide, do not multiply.",
            ),
        ),
        "The leverage, then the residual over one minus it.",
        (
            f"$\\sum x^2 + \\lambda = {num(square + penalty)}$, $w = {num(w)}$",
            f"$h = {num(x[at] ** 2)} / {num(square + penalty)} = {num(h)}$, $e = {num(e)}$",
            f"${num(e)} / (1 - {num(h)}) = {num(e / (1 - h))}$",
        ),
        asks=("leverage", "residual"), values={"x": x, "d": d, "penalty": penalty, "at": at},
        fits=abs(e) > 0.1 and 0.05 < h < 0.9,
    )  # fmt: skip


@template("select/expected-winner", CHAPTER, "number", label="select-winner", relative=2e-3, tolerance=5e-4)
def expected_winner(rng: random.Random) -> Draft:
    models, wrong = pick(rng, 2, 12), rng.choice((0.5, 0.4, 0.3, 0.2))
    count = pick(rng, 3, 6)
    all_right = (1 - wrong) ** count
    key = 1 - (1 - all_right) ** models
    return Draft(
        f"${models}$ models are tested on ${count}$ patterns. Each of them errs on a pattern with "
        f"probability ${num(wrong)}$, independently. What is the probability that at least one of them has a "
        "test error of zero?",
        key,
        (
            Distractor(
                all_right, "one model",
                "That is the probability for one given model: several have several chances.",
            ),
            Distractor(
                all_right**models, "all of them",
                "That is the probability that all of them are without error. One is enough.",
            ),
            Distractor(
                1 - (1 - wrong**count) ** models, "wrong for right",
                "That is for a model that errs everywhere.",
            ),
        ),
        "One minus the probability that every model errs somewhere.",
        (
            f"one model without error: ${num(1 - wrong)}^{{{count}}} = {num(all_right)}$",
            f"none of ${models}$: $(1 - {num(all_right)})^{{{models}}} = {num(1 - key)}$",
            f"at least one: ${num(key)}$",
        ),
        values={"models": models, "wrong": wrong, "count": count}, fits=0.01 < key < 0.99,
    )  # fmt: skip


@template("select/accuracy-rare", CHAPTER, "number", label="select-rare", relative=2e-3, tolerance=5e-4)
def accuracy_rare(rng: random.Random) -> Draft:
    few, many = pick(rng, 4, 12), pick(rng, 60, 200)
    hits, alarms = pick(rng, 1, few - 1), pick(rng, 1, 12)
    total = few + many
    accuracy = (hits + many - alarms) / total
    recall, precision = hits / few, hits / (hits + alarms)
    return Draft(
        f"Of ${total}$ patterns ${few}$ belong to a rare class. A classifier says *rare* to ${hits}$ of "
        f"these and to ${alarms}$ of the others. What are its accuracy, and recall and precision of the rare "
        "class?",
        (accuracy, recall, precision),
        (
            Distractor(
                (accuracy, precision, recall), "recall and precision swapped",
                "Recall asks how many of the rare ones were found; precision, how many alarms were right.",
            ),
            Distractor(
                (1 - accuracy, recall, precision), "error for accuracy",
                "That is the share of wrong answers.",
            ),
            Distractor(
                (accuracy, recall, hits / total), "divided by all",
                "Precision divides by the number of alarms.",
            ),
        ),
        "Accuracy over all, recall over the rare ones, precision over the alarms.",
        (
            f"accuracy $({hits} + {many - alarms}) / {total} = {num(accuracy)}$",
            f"recall ${hits} / {few} = {num(recall)}$",
            f"precision ${hits} / ({hits} + {alarms}) = {num(precision)}$",
        ),
        asks=("accuracy", "recall", "precision"),
        values={"few": few, "many": many, "hits": hits, "alarms": alarms},
    )  # fmt: skip


@template("select/stratified", CHAPTER, "number", label="select-rare", relative=2e-3, tolerance=5e-4)
def stratified(rng: random.Random) -> Draft:
    k = pick(rng, 3, 6)
    size, few = pick(rng, 4, 10), pick(rng, 2, 5)
    total = k * size
    key = math.comb(total - size, few) / math.comb(total, few)
    chain = " \\cdot ".join(f"{total - size - j} / {total - j}" for j in range(few))
    return Draft(
        f"${total}$ patterns, ${few}$ of them of a rare class, are shuffled and cut into ${k}$ folds "
        f"of ${size}$. What is the probability that the first fold holds none of the rare class?",
        key,
        (
            Distractor(
                (1 - 1 / k) ** few, "drawn with replacement",
                "The rare patterns take places away from each other: draw without replacement.",
            ),
            Distractor(
                1 - key, "at least one",
                "That is the probability of the opposite.",
            ),
            Distractor(
                (1 - few / total) ** size, "places independent",
                "That fills each place of the fold with replacement; patterns are dealt once only.",
            ),
        ),
        "All rare patterns must fall into the other folds.",
        (
            f"one after the other: ${chain}$",
            f"$= {num(key)}$",
        ),
        values={"total": total, "size": size, "few": few},
    )  # fmt: skip


@template("select/nested-cost", CHAPTER, "number", label="select-nested")
def nested_cost(rng: random.Random) -> Draft:
    outer, inner, models = rng.choice((3, 4, 5, 10)), rng.choice((3, 4, 5)), pick(rng, 3, 20)
    key = outer * (inner * models + 1)
    return Draft(
        f"You judge the choice among ${models}$ configurations by nested cross-validation with ${outer}$ "
        f"outer and ${inner}$ inner folds: in each outer fold all configurations are compared by the inner "
        "folds, and the winner is trained on the whole outer training part. How many trainings is that?",
        float(key),
        (
            Distractor(
                float(outer * inner * models), "winner not trained",
                "In each outer fold the winner is trained once more, on the whole outer training part.",
            ),
            Distractor(
                float((outer + inner) * models + 1), "folds added",
                "All inner folds run in every outer one: the numbers multiply.",
            ),
            Distractor(
                float(inner * models + 1), "outer folds forgotten",
                "That is one choice; it is repeated in every outer fold.",
            ),
        ),
        "Outer folds times the cost of one choice.",
        (
            f"one choice: ${inner} \\cdot {models} + 1 = {inner * models + 1}$",
            f"${outer} \\cdot {inner * models + 1} = {key}$",
        ),
        values={"outer": outer, "inner": inner, "models": models},
    )  # fmt: skip
