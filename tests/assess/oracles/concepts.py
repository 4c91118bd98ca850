"""Concept questions: what a stem says is run, and the words of the answer follow; the rest is looked up.

The keys below are pieces of stems. Exactly one must be found, so that a reworded stem goes red here.
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance_nd
from torch import Tensor, nn

Answers = Mapping[str, str | Callable[[str], str]]


def by_stem(answers: Answers) -> Callable[[Mapping[str, Any]], str]:
    """Make an oracle: the stem picks the answer, written here or computed from the stem."""

    @cache
    def told(stem: str) -> str:
        found = [answer for piece, answer in answers.items() if piece in stem]
        assert len(found) == 1, stem
        return found[0] if isinstance(found[0], str) else found[0](stem)

    return lambda values: told(values["stem"])


# Routing as in Sabour et al. 2017: one input's predictions (lower, upper, width) -> couplings (lower, upper).


def _route(predictions: Tensor, iterations: int) -> Tensor:
    logits = torch.zeros(predictions.shape[:2], dtype=torch.float64)
    for _ in range(iterations):
        couplings = logits.softmax(1)
        s = torch.einsum("ij,ijd->jd", couplings, predictions)
        square = s.square().sum(1, keepdim=True)
        v = square / (1 + square) * s / square.sqrt()
        logits = logits + torch.einsum("ijd,jd->ij", predictions, v)
    return couplings


def _predictions(batch: int) -> Tensor:
    return torch.randn(batch, 4, 10, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def _in_two_batches(_: str) -> str:
    inputs = _predictions(3)
    first, second = (torch.func.vmap(lambda u: _route(u, 3))(inputs[rows])[0] for rows in ([0, 1], [0, 2]))
    return "the same in both" if torch.allclose(first, second) else "differ"


def _summed_over(_: str) -> str:
    couplings = _route(_predictions(1)[0], 3)
    sums = [torch.allclose(couplings.sum(axis), torch.ones(1, dtype=torch.float64)) for axis in (0, 1)]
    return {(True, False): "Over the lower", (False, True): "Over the upper capsules $j$"}[tuple(sums)]


def _first_couplings(_: str) -> str:
    couplings = _route(_predictions(1)[0], 1)
    assert couplings.std() < 1e-12
    return f"${couplings.mean().item():g}$"


# Message passing with the sum over neighbours and random weights: which outputs move with one input.


def _reached(stem: str) -> str:
    arrows = r"\to" in stem
    paths = re.findall(r"\d+(?:-\d+)+", stem.replace(r" \to ", "-"))
    edges = {(int(a), int(b)) for path in paths for a, b in pairwise(path.split("-"))}
    count = max(node for edge in edges for node in edge)
    adjacency = torch.zeros(count, count, dtype=torch.float64)
    for source, target in edges:
        adjacency[target - 1, source - 1] = 1
        if not arrows:
            adjacency[source - 1, target - 1] = 1
    layers = int(re.findall(r"network of (\d+)", stem)[0])
    node = int(re.findall(r"input of node (\d+)", stem)[0]) - 1
    draw = torch.Generator().manual_seed(0)
    weights = [torch.randn(2, 8, 8, dtype=torch.float64, generator=draw) for _ in range(layers)]

    def outputs(h: Tensor) -> Tensor:
        for own, heard in weights:
            h = torch.tanh((h @ own + adjacency @ h @ heard) / 3)
        return h

    x = torch.randn(count, 8, dtype=torch.float64, generator=draw)
    moved = x.clone()
    moved[node] += 1
    changed = (outputs(x) - outputs(moved)).abs().amax(1) > 0
    return "\\{" + ", ".join(str(n + 1) for n in range(count) if changed[n]) + "\\}"


# Two vertical lines of points.


def _distances(apart: float) -> tuple[float, float]:
    y = np.linspace(0, 1, 30)
    left, right = np.stack([0 * y, y], 1), np.stack([0 * y + apart, y], 1)
    here, there = np.repeat([1.0, 0.0], 30) / 30, np.repeat([0.0, 1.0], 30) / 30
    return float(wasserstein_distance_nd(left, right)), float(jensenshannon(here, there) ** 2)


def _lines(stem: str) -> str:
    wasserstein, divergence = _distances(float(re.findall(r"points \$\(([\d.]+), y", stem)[1]))
    assert math.isclose(divergence, math.log(2))
    return f"$W_1 = {wasserstein:.6g}$, and the divergence is $\\ln 2$"


def _shrinking(_: str) -> str:
    (far, far_js), (near, near_js) = _distances(1.0), _distances(0.1)
    assert math.isclose(near, far / 10)
    return "$W_1$ shrinks to a tenth, the divergence stays" if math.isclose(far_js, near_js) else "both"


def _clipped(_: str) -> str:
    """Input gradients of critics whose weights all lie in ±0.01, deeper and deeper."""
    draw, norms = torch.Generator().manual_seed(0), []
    for depth in range(1, 7):
        x = torch.ones(64, dtype=torch.float64, requires_grad=True)
        h: Tensor = x
        for _ in range(depth):
            h = torch.relu((torch.rand(64, 64, dtype=torch.float64, generator=draw) * 2 - 1) * 0.01 @ h)
        (gradient,) = torch.autograd.grad(h.sum(), x)
        norms.append(gradient.norm().item())
    assert all(b < a for a, b in pairwise(norms))
    return "shrinks by a factor"


# Regularisers and steps, by torch's own layers.


def _dropout(stem: str) -> str:
    torch.manual_seed(0)
    layer = nn.Dropout(float(re.findall(r"probability \$([\d.]+)", stem)[0])).train("training" in stem)
    x = torch.ones(1000, dtype=torch.float64)
    kept = layer(x)[layer(x) > 0] if not layer.training else (y := layer(x))[y > 0]
    scale = kept.unique().item()
    return "unchanged" if scale == 1 else f"divides it by ${1 / scale:g}$"


def _after_backward(_: str) -> str:
    net = nn.Linear(2, 1)
    before = net.weight.detach().clone()
    net(torch.ones(1, 2)).sum().backward()
    assert net.weight.grad is not None
    assert net.weight.grad.abs().sum() > 0
    return "the weights are as before" if torch.equal(before, net.weight.detach()) else "moved"


def _backward_order(_: str) -> str:
    order: list[str] = []
    net = nn.Sequential(*(nn.Linear(2, 2) for _ in range(3)))
    for n, layer in enumerate(net, start=1):
        layer.register_full_backward_hook(lambda *_, n=n: order.append(str(n)))
    net(torch.ones(1, 2, requires_grad=True)).sum().backward()
    return ", ".join(order)


def _far_out(_: str) -> str:
    """A ReLU net's second difference, far from its kinks."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 50), nn.ReLU(), nn.Linear(50, 1)).double()
    left, middle, right = net(torch.tensor([[1e6], [2e6], [3e6]], dtype=torch.float64)).flatten()
    return "it is affine" if (left - 2 * middle + right).abs() < 1e-6 else "not bounded"


def _cubes(_: str) -> str:
    draw = np.random.default_rng(0)
    x = np.linspace(-1, 1, 100)[:, None]
    features = (x * draw.normal(size=40) + draw.normal(size=40)) ** 3
    powers = np.linalg.matrix_rank(features, tol=1e-8)
    assert np.linalg.matrix_rank(np.hstack([features, x ** np.arange(powers)]), tol=1e-8) == powers
    return f"Polynomials of degree {powers - 1} or less"


ORACLES = {
    "concept/families": by_stem(
        {
            r"c_{ij} W_{ij} u_i": "Capsule networks",
            r"trained by $\ln p(x)": "Normalising flows",
            r"defined by the step $h_v'": "Graph neural networks",
            r"networks maximises": "Variational autoencoders",
            r"\min_G \max_D": "Generative adversarial networks",
            "to a normalising flow": r"\operatorname{det}",
            "to a variational autoencoder": r"\mathrm{KL}(q(z | x), p(z))",
            "to a graph neural network": r"u \in N(v)",
        }
    ),
    "concept/routing": by_stem(
        {
            "What does routing by agreement": "each lower capsule's prediction counts",
            "gets the same image twice": _in_two_batches,
            "does gradient descent train": "The matrices $W_{ij}$ alone",
            "sum to $1$": _summed_over,
            "stops after its first sum": _first_couplings,
            "raise the logit": "positive scalar product",
        }
    ),
    "concept/hops": by_stem({"message-passing layer": _reached}),
    "concept/wasserstein": by_stem(
        {
            "uniform on the points": _lines,
            "shrinks from $1$ to $0.1$": _shrinking,
            "mainly get its useful gradients": "trained close to its optimum",
            "clipped for": "critic Lipschitz",
            "ReLU critic": _clipped,
            "gradient penalty in a WGAN": "The clipping",
        }
    ),
    "concept/regularisers": by_stem(
        {
            "sets random activations to zero": "Inverted dropout",
            "stored running statistics": "Batch normalisation",
            "on the parameters, in each update": "Weight decay",
            "on the inputs, in training only": "Data augmentation",
            "on the targets": "Label smoothing",
            "number of updates alone": "Early stopping",
            "drops each activation": _dropout,
        }
    ),
    "concept/backprop-steps": by_stem(
        {
            "Which order do the parts": "Forward pass, loss, backpropagation, update",
            "no part of backpropagation": "against the gradient",
            "What does backpropagation deliver": "The gradient of the loss",
            "has just returned": _after_backward,
            "reach the layers": _backward_order,
            "At which weights of layer 2": "the forward pass used",
        }
    ),
    "concept/neuron-parts": by_stem(
        {
            "the strength of a synapse": "A weight $w_i$",
            "arriving at a dendrite": "An input $x_i$",
            "on the axon": "The output $y$",
            "sets the threshold": "The bias $b$",
            "does the sum": "The cell body (soma)",
            "does a weight": "A synapse",
        }
    ),
    "concept/universal": by_stem(
        {
            "On which sets of inputs": "closed and bounded",
            "For which continuous activations": "no polynomial",
            "In which order do the quantifiers": "For every $f$ and every $\\varepsilon$ there are",
            "What follows from": "not that training finds them",
            "within a distance of $1$": _far_out,
            "f(u) = u^3": _cubes,
        }
    ),
}
