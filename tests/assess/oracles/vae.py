"""The VAE chapter: quadrature, arrays of ones, ramps and finite differences."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_PHRASES = {"sign": "sign in front", "half": "factor ½"}
_TRUE = ("each $q(z", "its $q(z", "what $q(z", "does not depend", "without parameters")


def _kl(mu: float, var: float) -> float:
    """Average log q − log p over q by Gauss-Hermite quadrature."""
    z = mu + math.sqrt(var) * _NODES
    log_q = -0.5 * (_NODES**2 + math.log(2 * math.pi * var))
    log_p = -0.5 * (z**2 + math.log(2 * math.pi))
    return float(_WEIGHTS @ (log_q - log_p))


def _second_moment(mu: float, std: float) -> float:
    return float(_WEIGHTS @ (mu + std * _NODES) ** 2)


def _slope(v: Mapping[str, Any]) -> float:
    h = 1e-4
    step = (h, 0.0) if v["by"] == "mu" else (0.0, h)
    up = _second_moment(v["mu"] + step[0], v["std"] + step[1])
    down = _second_moment(v["mu"] - step[0], v["std"] - step[1])
    return (up - down) / (2 * h)


def _effective_beta(v: Mapping[str, Any]) -> float:
    """Weight of the KL over that of the summed reconstruction, from arrays of ones."""
    reconstruction = np.ones((v["batch"], v["pixels"]))
    return float(reconstruction.sum(1).mean() / reconstruction.mean(1).mean())


def _lowest_entropy(v: Mapping[str, Any]) -> float:
    """Search the smallest cross-entropy of each pixel on a grid, finer and finer."""
    total = 0.0
    for grey in v["greys"]:
        low, high = 1e-4, 1 - 1e-4
        for _ in range(4):
            p = np.linspace(low, high, 501)
            loss = -grey * np.log(p) - (1 - grey) * np.log1p(-p)
            at, width = p[loss.argmin()], p[1] - p[0]
            low, high = max(at - 2 * width, 1e-6), min(at + 2 * width, 1 - 1e-6)
        total += float(loss.min())
    return total


def _capacity(v: Mapping[str, Any]) -> float:
    ramp = np.interp(v["step"], [0, v["warm"], 10 * v["warm"]], [0, v["top"], v["top"]])
    return float(v["gamma"] * abs(v["kl"] - ramp))


def _mixture_variance(v: Mapping[str, Any]) -> float:
    """Two equally likely inputs with means ±s have means of variance s²."""
    s = math.sqrt(v["spread"])
    z = np.concatenate([mean + math.sqrt(v["own"]) * _NODES for mean in (-s, s)])
    w = np.concatenate([_WEIGHTS, _WEIGHTS]) / 2
    return float(w @ z**2 - (w @ z) ** 2)


def _slip(v: Mapping[str, Any]) -> str:
    """Find the slip from the printed number: −1 or 2 times the right one."""
    ratio = v["printed"] / _kl(v["mu"], v["var"])
    return _PHRASES["sign" if abs(ratio + 1) < 1e-6 else "half" if abs(ratio - 2) < 1e-6 else "?"]


def _true(v: Mapping[str, Any]) -> str:
    """Return the phrase that only true statements hold."""
    return next(phrase for phrase in _TRUE if phrase in v["right"])


ORACLES = {
    "vae/kl-value": lambda v: _kl(v["mu"], v["var"]),
    "vae/kl-sign": _slip,
    "vae/kl-half": _slip,
    "vae/reduction": _effective_beta,
    "vae/grey-bernoulli": _lowest_entropy,
    "vae/iwae": lambda v: float(np.logaddexp(math.log(v["small"]), math.log(v["large"])) - math.log(2e9)),
    "vae/logvar-to-std": lambda v: float(np.sqrt(np.exp(np.log(v["var"])))),
    "vae/reparameterised-sample": lambda v: float(np.polyval([v["var"] ** 0.5, v["mu"]], v["eps"])),
    "vae/gradient-second-moment": _slope,
    "vae/capacity-schedule": _capacity,
    "vae/aggregate": _mixture_variance,
    "vae/kl-role": _true,
    "vae/trick": _true,
}
