"""One linear classifier of digits trained under four scores, on labels of which three in ten are wrong."""

__all__ = ["SCORES", "WRONG", "DigitScores", "mislabel", "run", "score_of_logits", "trained"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from coursekit._check import check_choice, check_tensor
from coursekit.data import Split, digits
from coursekit.experiments.bench import plan, seeded

SCORES = ("log", "brier", "spherical", "linear")
CLASSES, WRONG, STEPS, RATE = 10, 0.3, 100, 0.05


class DigitScores(NamedTuple):
    """What the classifiers say of 297 test digits, and how often they are right; one entry a seed.

    ``confidence`` is the mean of the largest probability, ``noisy`` the share of test labels met when these
    are mislabelled like the training labels, ``clean`` the share of true labels met, ``surprise`` the mean
    of -log q over the mislabelled test labels, in nats.
    """

    seeds: tuple[int, ...]
    confidence: dict[str, tuple[float, ...]]
    noisy: dict[str, tuple[float, ...]]
    clean: dict[str, tuple[float, ...]]
    surprise: dict[str, tuple[float, ...]]


@cache
def _split() -> Split:
    return digits(seed=0, test_size=297)


def mislabel(labels: Tensor, *, share: float = WRONG, generator: torch.Generator) -> Tensor:
    """Replace each label, with a given probability, by one of the nine others.

    Args:
        labels: whole numbers from 0 to 9.
        share: probability of a replacement.
        generator: source of the draws.

    Shape:
        labels: (N,); returns the same.

    Raises:
        TypeError: if labels is no tensor.
        ValueError: if it has another shape.

    Example:
        >>> mislabel(torch.arange(10), share=0.0, generator=torch.Generator()).tolist() == list(range(10))
        True
    """
    check_tensor(labels, "labels", shape=("N",))
    hit = torch.rand(len(labels), generator=generator) < share
    other = (labels + torch.randint(1, CLASSES, labels.shape, generator=generator)) % CLASSES
    return torch.where(hit, other, labels)


def score_of_logits(name: str, logits: Tensor, labels: Tensor) -> Tensor:
    r"""Return the mean score of the forecasts that logits stand for.

    .. math:: -\log q_k, \quad \|q - e_k\|^2, \quad -q_k / \|q\|, \quad 1 - q_k, \qquad q = \text{softmax}(u)

    Args:
        name: "log", "brier", "spherical" or "linear".
        logits: u.
        labels: the class k of each row.

    Shape:
        logits: (B, K); labels: (B,); returns ().

    Raises:
        ValueError: if the name is unknown.

    Source:
        Gneiting & Raftery 2007, section 3.

    Example:
        >>> score_of_logits("linear", torch.zeros(1, 4), torch.tensor([2])).item()
        0.75
    """
    check_choice(name, "name", SCORES)
    if name == "log":
        return F.cross_entropy(logits, labels)
    q = logits.softmax(1)
    hit = q.gather(1, labels[:, None]).squeeze(1)
    if name == "brier":
        return (q.square().sum(1) - 2 * hit + 1).mean()
    return -(hit / q.norm(dim=1)).mean() if name == "spherical" else (1 - hit).mean()


def trained(name: str, seed: int, steps: int = STEPS) -> Tensor:
    """Train a softmax on mislabelled digits under a score and return its forecasts of the test digits.

    Args:
        name: "log", "brier", "spherical" or "linear".
        seed: of the mislabelling; weights start at zero.
        steps: of Adam on all training rows.

    Shape:
        returns (297, 10).

    Raises:
        ValueError: if the name is unknown.
    """
    data = _split()
    labels = mislabel(data.y_train, generator=seeded(seed))
    weights = torch.zeros(data.x_train.shape[1], CLASSES, requires_grad=True)
    bias = torch.zeros(CLASSES, requires_grad=True)
    optimiser = torch.optim.Adam([weights, bias], lr=RATE)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = score_of_logits(name, data.x_train @ weights + bias, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        return (data.x_test @ weights + bias).softmax(1)


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False) -> DigitScores:
    """Train under each of the four scores and compare what is said with what comes true.

    Args:
        seeds: one mislabelling each.
        fast: two seeds, a quarter of the steps.

    Raises:
        ValueError: there is no seed.
    """
    used, steps = plan(seeds, STEPS, fast)
    truth = _split().y_test
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in SCORES}
    for seed in used:
        # Another stream than the training labels': the same wrong draws in both would flatter.
        said = mislabel(truth, generator=seeded(10_000 + seed))
        for name in SCORES:
            q = trained(name, seed, steps)
            confidence, best = q.max(1)
            surprise = -q.gather(1, said[:, None]).log().mean()
            shares = [(best == labels).float().mean() for labels in (said, truth)]
            rows[name].append(tuple(part.item() for part in (confidence.mean(), *shares, surprise)))
    columns = [{name: tuple(row[at] for row in rows[name]) for name in SCORES} for at in range(4)]
    return DigitScores(used, *columns)
