"""Two relatives: an autoencoder of a graph that guesses missing links, and one of ratings with gaps."""

__all__ = [
    "GraphResult",
    "RatingsResult",
    "blocks",
    "graph",
    "masked_error",
    "normalised",
    "ratings",
    "table",
]

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_tensor, require
from coursekit.autoencoders import DenseAutoencoder
from coursekit.dense import linear, reset_weights
from coursekit.experiments.bench import plan, seeded
from coursekit.metrics import auroc

NODES, GROUPS, INSIDE, ACROSS, GRAPH_WIDTH, GRAPH_STEPS = 120, 4, 0.25, 0.02, 8, 120
USERS, ITEMS, TASTES, SEEN, RATING_STEPS = 300, 30, 3, 0.3, 150


class GraphResult(NamedTuple):
    """Area under the ROC curve for hidden links against as many absent ones, (S,) each.

    ``model`` ranks pairs by the dot product of their codes, ``shared`` by the number of common neighbours.
    """

    seeds: tuple[int, ...]
    model: Tensor
    shared: Tensor


class RatingsResult(NamedTuple):
    """Mean squared error of hidden ratings, (S,) each, by what the loss counted in training.

    ``observed`` counts the given ratings only, ``zeros`` takes each gap for a rating of 0; ``mean`` answers
    with the mean of an item's given ratings.
    """

    seeds: tuple[int, ...]
    observed: Tensor
    zeros: Tensor
    mean: Tensor


def blocks(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw a graph of four groups and hide a tenth of its links.

    Args:
        seed: of the draws.

    Shape:
        Returns the links that are left (120, 120), symmetric and with an empty diagonal, then the hidden
        links and as many absent ones, each (2, M).
    """
    generator = seeded(seed)
    group = torch.arange(NODES) % GROUPS
    chance = torch.where(group[:, None] == group, INSIDE, ACROSS)
    upper = (torch.rand(NODES, NODES, generator=generator) < chance).triu(1)
    links, absent = upper.nonzero(), (~upper).triu(1).nonzero()
    hidden = links[torch.randperm(len(links), generator=generator)[: len(links) // 10]].T
    none = absent[torch.randperm(len(absent), generator=generator)[: hidden.shape[1]]].T
    left = upper.clone()
    left[hidden[0], hidden[1]] = False
    return (left | left.T).float(), hidden, none


def normalised(links: Tensor) -> Tensor:
    r"""Return the adjacency matrix with loops, each link divided by the root of the degrees at its ends.

    .. math:: \hat A = R^{-1/2} (A + I) R^{-1/2}, \qquad R_{ii} = 1 + \sum_j A_{ij}

    Args:
        links: A, symmetric, 0 and 1.

    Shape:
        links: (N, N); returns the same.

    Raises:
        TypeError, ValueError: links is no square floating-point tensor.

    Source:
        Kipf & Welling 2017, equation (2).
    """
    nodes = check_tensor(links, "links", ndim=2, floating=True).shape[0]
    check_tensor(links, "links", shape=(nodes, nodes))
    looped = links + torch.eye(nodes, dtype=links.dtype)
    root = looped.sum(1).rsqrt()
    shared: Tensor = root[:, None] * looped * root
    return shared


def _codes(links: Tensor, seed: int, steps: int) -> Tensor:
    """Train two graph convolutions without features, and return a code for each node."""
    spread, generator = normalised(links), seeded(seed)
    layers = torch.nn.ModuleList([linear(NODES, 32, bias=False), linear(32, GRAPH_WIDTH, bias=False)])
    reset_weights(layers, generator=generator)
    optimizer = torch.optim.Adam(layers.parameters(), 1e-2)
    weight = (links == 0).sum() / links.sum()  # links are rare: both kinds count alike
    for _ in range(steps):
        optimizer.zero_grad()
        # Without features a node is a one-hot row, and the first product is the matrix itself.
        z = spread @ layers[1](torch.relu(layers[0](spread)))
        F.binary_cross_entropy_with_logits(z @ z.T, links, pos_weight=weight).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    codes: Tensor = z.detach()
    return codes


def graph(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, steps: int = GRAPH_STEPS, fast: bool = False
) -> GraphResult:
    """Train a graph autoencoder for each of several graphs, and rank hidden links against absent ones.

    Args:
        seeds: a graph and a training each.
        steps: of the optimiser.
        fast: two seeds and a quarter of the steps.

    Raises:
        ValueError: there is no seed, or steps is below 1.
    """
    seeds, steps = plan(seeds, steps, fast)
    rows = []
    for seed in seeds:
        links, hidden, none = blocks(seed)
        z, pairs = _codes(links, seed, steps), torch.cat([hidden, none], dim=1)
        y = torch.cat([torch.ones(hidden.shape[1]), torch.zeros(none.shape[1])]).long()
        shared = links @ links
        rows.append([auroc(scores[pairs[0], pairs[1]], y) for scores in (z @ z.T, shared)])
    return GraphResult(seeds, *torch.tensor(rows).T)


def table(seed: int) -> tuple[Tensor, Tensor]:
    """Draw ratings from three tastes with a little noise, and which of them are given.

    Args:
        seed: of the draws.

    Shape:
        Returns ratings (400, 30), and True where one is given, of the same shape.
    """
    generator = seeded(seed)
    tastes = torch.randn(USERS, TASTES, generator=generator)
    items = torch.randn(TASTES, ITEMS, generator=generator)
    noise = 0.3 * torch.randn(USERS, ITEMS, generator=generator)
    given = torch.rand(USERS, ITEMS, generator=generator) < SEEN
    return 1 + tastes @ items / TASTES**0.5 + noise, given


def masked_error(outputs: Tensor, x: Tensor, given: Tensor) -> Tensor:
    r"""Return the squared error of the given entries only.

    .. math:: \sum_{(b, d)\, \text{given}} (\hat x_{bd} - x_{bd})^2 \Big/ \#\text{given}

    Args:
        outputs: guesses.
        x: ratings; what stands in the gaps is never read.
        given: True where a rating is given.

    Shape:
        outputs, x, given: (B, D); returns a scalar.

    Raises:
        TypeError, ValueError: the shapes differ, or nothing is given.
    """
    check_tensor(outputs, "outputs", shape=tuple(x.shape), floating=True)
    check_tensor(given, "given", shape=tuple(x.shape))
    require(bool(given.any()), "given must hold at least one rating; got none")
    gaps = torch.where(given, outputs - x, 0.0)  # picking the entries out would be ten times slower
    error: Tensor = gaps.square().sum() / given.sum()
    return error


def _guesses(x: Tensor, given: Tensor, counted: Tensor, seed: int, steps: int) -> Tensor:
    """Train on the rows with gaps at 0, and return the outputs for them."""
    model = DenseAutoencoder(ITEMS, [32], TASTES, generator=seeded(seed))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    rows = x.masked_fill(~given, 0.0)
    for _ in range(steps):
        optimizer.zero_grad()
        masked_error(model(rows).outputs, rows, counted).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    outputs: Tensor = model(rows).outputs.detach()
    return outputs


def ratings(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, steps: int = RATING_STEPS, fast: bool = False
) -> RatingsResult:
    """Train an autoencoder of ratings on the given ones, and one on zeros in the gaps, for each seed.

    Args:
        seeds: a table and two trainings each.
        steps: of the optimiser.
        fast: two seeds and a quarter of the steps.

    Raises:
        ValueError: there is no seed, or steps is below 1.
    """
    seeds, steps = plan(seeds, steps, fast)
    rows = []
    for seed in seeds:
        x, given = table(seed)
        mean = (x * given).sum(0) / given.sum(0)
        found = (
            _guesses(x, given, given, seed, steps),
            _guesses(x, given, torch.ones_like(given), seed, steps),
            mean.expand_as(x),
        )
        rows.append([masked_error(outputs, x, ~given).item() for outputs in found])
    return RatingsResult(seeds, *torch.tensor(rows).T)
