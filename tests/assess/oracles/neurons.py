"""The chapter on neurons: torch modules, automatic derivatives, solvers and small simulations."""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from scipy.optimize import brentq
from torch import nn
from torch.nn import functional as F

from tests.assess.oracles.concepts import by_stem


def _tensor(numbers: Any, *, grad: bool = False) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=grad)


def _counts(v: Mapping[str, Any]) -> tuple[int, int]:
    layer = nn.Linear(v["D"], v["K"], device="meta")
    u = layer(torch.empty(v["B"], v["D"], device="meta"))
    return u.numel(), sum(p.numel() for p in layer.parameters())


def _he(v: Mapping[str, Any]) -> float:
    """Ask torch for the gain of ReLU and divide by the root of the fan that it counts."""
    weight = torch.empty(v["n_out"], v["n_in"], device="meta")
    fan_in, _ = nn.init._calculate_fan_in_and_fan_out(weight)
    return nn.init.calculate_gain("relu") / fan_in**0.5


@cache
def _kept_by_relu() -> float:
    """Integrate the square of ReLU against a standard normal density."""
    u = np.linspace(-12, 12, 2_400_001)
    density = np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi)
    return float(np.trapezoid(np.maximum(u, 0) ** 2 * density, u))


def _relu_signal(v: Mapping[str, Any]) -> float:
    size = v["start"]
    for _ in range(v["layers"]):
        size *= math.sqrt(_kept_by_relu())
    return size


def _interval(v: Mapping[str, Any]) -> float:
    """Find the time at which the charging curve meets the threshold."""
    return brentq(
        lambda t: -v["drive"] * math.expm1(-t / v["tau"]) - v["theta"], 0, 50 * v["tau"], xtol=1e-12
    )


def _leaky(v: Mapping[str, Any]) -> tuple[float, float]:
    u = _tensor(v["u"], grad=True)
    y = F.leaky_relu(u, v["a"])
    return y.item(), torch.autograd.grad(y, u)[0].item()


def _prelu(v: Mapping[str, Any]) -> float:
    a = _tensor([v["a"]], grad=True)
    return torch.autograd.grad((F.prelu(_tensor(v["u"]), a) * _tensor(v["g"])).sum(), a)[0].item()


def _tanh(v: Mapping[str, Any]) -> float:
    return torch.tanh(torch.logit(_tensor(v["s"])) / 2).item()


def _ratio(v: Mapping[str, Any]) -> float:
    y = torch.softmax(_tensor(v["u"]) + v["c"], 0)
    return (y[0] / y[1]).item()


def _trained(value: float, *, random_output: bool = False) -> tuple[nn.Sequential, nn.Sequential]:
    """Return a small network before and after some steps from weights that are all equal."""
    g = torch.Generator().manual_seed(0)
    nets = []
    for steps in (0, 30):
        net = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3)).double()
        for parameter in net.parameters():
            nn.init.constant_(parameter, value if parameter.ndim > 1 else 0.0)
        if random_output:
            nn.init.normal_(net[2].weight, generator=torch.Generator().manual_seed(1))
        x, d = torch.randn(50, 6, generator=g.manual_seed(2), dtype=torch.float64), torch.arange(50) % 7 % 3
        for _ in range(steps):
            net.zero_grad()
            F.cross_entropy(net(x), d).backward()
            with torch.no_grad():
                for parameter in net.parameters():
                    parameter -= 0.5 * parameter.grad
        nets.append(net)
    return nets[0], nets[1]


def _different(net: nn.Sequential) -> int:
    return len(np.unique(net[0].weight.detach().numpy().round(9), axis=0))


def _stay_equal(_: str) -> str:
    _, net = _trained(0.01)
    return "still copies of one another" if _different(net) == 1 else "grown apart"


def _break(_: str) -> str:
    _, net = _trained(0.01, random_output=True)
    return "Yes, because each" if _different(net) == 16 else "No, because"


def _rank(_: str) -> str:
    _, net = _trained(0.01)
    return f"${np.linalg.matrix_rank(net[0].weight.detach().numpy(), tol=1e-9)}$"


def _changed(_: str) -> str:
    before, after = _trained(0.0)
    moved = [not torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True)]
    return "biases of the output alone" if moved == [False, False, False, True] else "All of them"


ORACLES = {
    "neurons/counts": _counts,
    "neurons/he": _he,
    "neurons/relu-signal": _relu_signal,
    "neurons/interval": _interval,
    "neurons/leaky": _leaky,
    "neurons/prelu": _prelu,
    "neurons/tanh": _tanh,
    "neurons/ratio": _ratio,
    # Looked up: Attwell and Laughlin 2001 (power), Feldman and Ballard 1982 (steps), Kandel (times).
    "neurons/brain": by_stem(
        {
            "one clock cycle": lambda _: {1e6: "million times longer"}[round(1e-3 / 1e-9)],
            "name an object": lambda _: "few hundred" if 0.2 / 1e-3 < 1000 else "Millions",
            "makes up for the slowness": "work at the same time",
            "how much power": "About $20$ watts",
        }
    ),
    "neurons/spiking": by_stem(
        {
            "output of a neuron in a spiking network": "times at which it fires",
            "leaky integrate-and-fire neuron have": "A state that changes",
            "just below its threshold": "It never fires",
            "if you think of a living one": "How often it fires",
        }
    ),
    "neurons/equal-start": by_stem(
        {
            "start at $0.01$": _stay_equal,
            "output weights at random": _break,
            "Which rank": _rank,
            "Which numbers does gradient descent change": _changed,
        }
    ),
    "neurons/which-activation": by_stem(
        {
            "Mish outperforms": "On which data and network",
            "feed-forward blocks of a transformer": "GELU, or a gated unit",
            "convolutional network": "ReLU",
            "What is SwiGLU": "multiplies one linear map by the SiLU",
        }
    ),
}
