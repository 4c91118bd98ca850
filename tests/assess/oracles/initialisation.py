"""Lecture 1, initialisation and shapes: what torch.nn.init passes to its own sampler, and torch's shapes."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import torch


def _passed(v: Mapping[str, Any], kind: str) -> float:
    """Return the last argument (standard deviation or upper limit) that torch hands to its sampler."""
    weight = torch.empty(v["n_out"], v["n_in"], device="meta", dtype=torch.float64)
    with patch.object(torch.nn.init, f"_no_grad_{kind}_") as sampler:
        getattr(torch.nn.init, f"xavier_{kind}_")(weight)
    return sampler.call_args.args[2]


ORACLES = {
    "init/normal": lambda v: _passed(v, "normal"),
    "init/uniform": lambda v: _passed(v, "uniform"),
    "init/shape": lambda v: tuple(torch.tensor(v["data"]).shape),
}
