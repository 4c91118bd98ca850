"""Questions in words on losses: which scores are honest, what a blunder does, which loss an output needs."""

__all__ = ["blunder", "matched", "propriety"]

import random

from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/losses"

Answer = tuple[str, str, str]  # the answer, its slip (empty if right), what to say to it


def _pick(rng: random.Random, stem: str, right: tuple[Answer, ...], wrong: tuple[Answer, ...]) -> Draft:
    """Take one true answer and three false ones."""
    text, _, feedback = rng.choice(right)
    chosen = tuple(Distractor(*entry) for entry in rng.sample(wrong, 3))
    return Draft(stem, text, chosen, feedback, values={"right": text, "stem": stem})


@template("losses/propriety", CHAPTER, "choice", label="loss-proper")
def propriety(rng: random.Random) -> Draft:
    right: tuple[Answer, ...] = (
        (
            "In the mean, no forecast does better than the true probabilities.",
            "", "That is what proper means; strictly, if every other forecast does worse.",
        ),
        (
            "Log, Brier and spherical score all are strictly proper.",
            "", "All three are smallest in the mean at the true probabilities alone.",
        ),
        (
            "The mean of the linear score $1 - q_k$ is smallest at a certainty.",
            "", "It is linear in the forecast, so its minimum lies at a corner.",
        ),
        (
            "Of the proper scores for three classes, only the log looks at $q_k$ alone.",
            "", "Locality is what sets the log apart, and it takes three classes to see it.",
        ),
    )  # fmt: skip
    wrong: tuple[Answer, ...] = (
        (
            "Only the log score makes honest forecasts pay.",
            "log taken as unique", "Brier and spherical score are strictly proper too.",
        ),
        (
            "A proper score is zero for a forecast that equals the truth.",
            "proper taken as zero", "The mean log score of the truth is its entropy, which is above zero.",
        ),
        (
            "Every loss that falls as $q_k$ rises is proper.",
            "monotone taken as proper", "The linear score falls as well, and it rewards false certainty.",
        ),
        (
            "A proper score guarantees calibrated forecasts from any finite training set.",
            "proper taken as calibrated",
            "The promise is about the mean under the truth, not about overfitting.",
        ),
        (
            "With two classes only the log score is local.",
            "two classes taken as enough",
            "There the other probability is $1 - q_k$: every score is a function of $q_k$.",
        ),
    )  # fmt: skip
    return _pick(rng, "Which statement on scores of forecasts is true?", right, wrong)


_CASES: tuple[tuple[str, str, str], ...] = (
    (
        "a count $0, 1, 2, \\ldots$ with a Poisson distribution",
        "exponential",
        "Poisson negative log-likelihood",
    ),
    ("a real number with Gaussian noise", "identity", "half squared error"),
    ("a yes or a no", "sigmoid", "binary cross-entropy"),
    ("exactly one of five classes", "softmax", "cross-entropy"),
)
_MISMATCHED = (
    ("sigmoid", "half squared error", "The slope of the sigmoid stays in the gradient and kills it far out."),
    ("softmax", "absolute error", "The slope of the softmax stays, and the loss rewards false certainty."),
    ("identity", "binary cross-entropy", "The logarithm of a number below zero: the output needs a sigmoid."),
    ("ReLU", "cross-entropy", "An output of zero has no logarithm, and the outputs do not sum to one."),
    ("tanh", "half squared error", "The slope of tanh stays in the gradient, and the output is bounded."),
)  # fmt: skip


@template("losses/matched", CHAPTER, "choice", label="loss-link")
def matched(rng: random.Random) -> Draft:
    target, output, loss = rng.choice(_CASES)
    wrong = tuple(
        Distractor(f"{f} with {j}", f"{f} with {j}", told) for f, j, told in rng.sample(_MISMATCHED, 3)
    )
    return Draft(
        f"The target is {target}. Which activation and loss give the gradient $y - d$ by the net input?",
        f"{output} with {loss}",
        wrong,
        "The loss is the negative log-likelihood, and the net input its natural parameter.",
        values={"target": target},
    )


@template("losses/blunder", CHAPTER, "choice", label="loss-leverage")
def blunder(rng: random.Random) -> Draft:
    n, times = rng.choice((20, 40, 50)), rng.choice((10, 100, 1000))
    inputs = rng.random() < 0.5
    what = "the input of the rightmost one was typed" if inputs else "one target was typed"
    answers: dict[str, Answer] = {
        "both": (
            "Both lines turn: both losses look at errors in the target alone.",
            "robust taken as helpless" if not inputs else "",
            "A far input has a long lever, and a bounded pull is no help against a lever."
            if inputs else "The pull of one target is bounded under absolute error.",
        ),
        "squared": (
            "Least squares turns, and least absolute error stays about where it was.",
            "robust taken as robust to all" if inputs else "",
            "Absolute error bounds the pull of a wrong target, not the lever of a wrong input."
            if inputs else "The pull of one target grows with its error under squares and is constant else.",
        ),
        "none": (
            f"Neither line moves much: it is only one of {n} points.",
            "one point taken as harmless",
            "Under squared error one point may move the line as far as it likes.",
        ),
        "absolute": (
            "Least absolute error turns, and least squares stays about where it was.",
            "losses swapped", "It is squared error whose pull grows with the error.",
        ),
    }  # fmt: skip
    right = answers.pop("both" if inputs else "squared")
    return Draft(
        f"Of {n} points about a line, {what} {times} times too large. You fit one "
        "line by least squares and one by least absolute error. What happens?",
        right[0],
        tuple(Distractor(*entry) for entry in answers.values()),
        right[2],
        values={"inputs": inputs, "n": n, "times": times},
    )
