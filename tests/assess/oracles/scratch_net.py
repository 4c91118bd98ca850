"""The chapter on a network from scratch, by loops, torch and NumPy's own functions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from tests.assess.oracles.concepts import by_stem


def _steps(v: Mapping[str, Any]) -> int:
    rows = torch.zeros(v["rows"])
    return sum(1 for _ in range(v["epochs"]) for _ in rows.split(v["size"]))


def _first_loss(v: Mapping[str, Any]) -> float:
    return F.cross_entropy(torch.zeros(4, v["K"], dtype=torch.float64), torch.tensor([0, 1, 2, 0])).item()


def _output_gradient(v: Mapping[str, Any]) -> torch.Tensor:
    h, labels = torch.tensor(v["H"], dtype=torch.float64), torch.tensor(v["labels"])
    logits = torch.tensor(v["Y"], dtype=torch.float64).log()
    w = torch.zeros(2, 2, dtype=torch.float64, requires_grad=True)
    # The softmax of these logits is Y, and any further h @ w with w = 0 leaves it there.
    return torch.autograd.grad(F.cross_entropy(logits + h @ w, labels), w)[0][:, 0]


def _depth_factor(v: Mapping[str, Any]) -> float:
    # Mean squared length of W (s * g) for |g| = 1: n neurons, each with variance spread^2 over the open half.
    squared = v["n"] * v["spread"] ** 2 * 0.5
    return float(np.prod([squared**0.5] * v["layers"]))


def _zero_gradients(v: Mapping[str, Any]) -> str:
    generator = torch.Generator().manual_seed(0)
    shapes = {"W1": (3, 5), "b1": (5,), "W2": (5, 2), "b2": (2,)}
    p = {name: torch.zeros(shape) for name, shape in shapes.items()}
    if v["case"].startswith("only"):
        p["W1"] = torch.randn(3, 5, generator=generator)
    leaves = [value.requires_grad_() for value in p.values()]
    x = torch.randn(8, 3, generator=generator)
    f = torch.relu if v["name"] == "ReLU" else torch.tanh
    out = f(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    grads = torch.autograd.grad(F.cross_entropy(out, torch.tensor([0, 0, 0, 0, 0, 1, 1, 0])), leaves)
    moving = tuple(name for name, g in zip(p, grads, strict=True) if g.abs().max() > 0)
    return {("b2",): "$b_2$ alone", ("W2", "b2"): "$W_2$ and $b_2$"}[moving]


def _outer_shape(v: Mapping[str, Any]) -> str:
    shape = np.outer(np.zeros((v["B"], v["D"])), np.zeros((v["B"], v["K"]))).shape
    return f"$({shape[0]}, {shape[1]})$"


def _kept(_: str) -> str:
    """Clip by torch: the cosine to the old gradient is one, the length and the largest entry are not kept."""
    leaf = torch.zeros(3, dtype=torch.float64)
    leaf.grad = old = torch.tensor([3.0, -4.0, 12.0], dtype=torch.float64)
    before = old.clone()
    torch.nn.utils.clip_grad_norm_([leaf], 1.0)
    assert torch.cosine_similarity(leaf.grad, before, dim=0) > 1 - 1e-9
    assert leaf.grad.norm() < before.norm()
    assert leaf.grad.max() < before.max()
    return "The direction of the gradient"


def _grows(_: str) -> str:
    """Measure the first gradient at depth 4 and 24 for each start; exactly one grows."""
    found = {}
    for name, gain, norm in (
        ("Batch norm before every ReLU, without residuals", 2, True),
        ("He's start", 2, False),
        ("Xavier's start", 1, False),
    ):
        sizes = []
        for depth in (4, 24):
            generator, total = torch.Generator().manual_seed(1), []
            for _repeat in range(4):
                ws = [
                    (torch.randn(100, 100, generator=generator) * (gain / 100) ** 0.5).requires_grad_()
                    for _ in range(depth)
                ]
                h = torch.randn(128, 100, generator=generator)
                for w in ws:
                    u = h @ w
                    h = torch.relu(F.batch_norm(u, None, None, training=True) if norm else u)
                loss = (h * torch.randn(h.shape, generator=generator)).sum()
                total.append(torch.autograd.grad(loss, ws[0])[0].norm().log())
            sizes.append(torch.stack(total).mean())
        found[name] = float(sizes[1] - sizes[0]) / 20
    (answer,) = (name for name, rate in found.items() if rate > 0.1)
    return answer


ORACLES = {
    "scratch/steps": _steps,
    "scratch/first-loss": _first_loss,
    "scratch/output-gradient": _output_gradient,
    "scratch/depth-factor": _depth_factor,
    "scratch/zero-gradients": _zero_gradients,
    "scratch/outer-shape": _outer_shape,
    "scratch/symptom": by_stem(
        {
            "accuracy is near chance": "Whether the rows come sorted by class",
            "exactly the same loss": "A function inside sets its own seed.",
            "gradient check holds for": "In the hidden error",
            "when other rows join": "Something lies or sums along the batch axis.",
        }
    ),
    "scratch/remedy": by_stem(
        {
            "cannot help": "Clipping the gradient",
            "keep as it is": _kept,
            "grow with depth": _grows,
            "without biases starts": "All of them, about equally small",
        }
    ),
}
