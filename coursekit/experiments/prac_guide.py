"""A guide to settings, computed: one knob at a time around a reference, judged by the validation part."""

__all__ = ["KNOBS", "Guide", "Knob", "guide", "together"]

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from coursekit.experiments.bench import named
from coursekit.experiments.prac_stack import Outcome, Recipe, run

KNOBS: dict[str, dict[str, dict[str, Any]]] = {
    "rate": {"0.001": {"rate": 1e-3}, "0.01": {"rate": 1e-2}, "0.03": {"rate": 3e-2}},
    "hidden width": {"16": {"hidden": (16,)}, "256": {"hidden": (256,)}},
    "activation": {"tanh": {"activation": "tanh"}},
    "batch size": {"400": {"batch": 400}},
    "batch norm": {"on": {"batch_norm": True}},
    "dropout 0.2": {"encoder": {"drop": (0.2, 0.0)}, "decoder": {"drop": (0.0, 0.2)}},
    "start": {"Xavier": {"start": "xavier"}, "fan-in": {"start": "fan_in"}, "fan-out": {"start": "fan_out"}},
    "schedule": {"step": {"schedule": "step"}, "cosine": {"schedule": "cosine"}},
}


class Knob(NamedTuple):
    """One setting: validation errors over those of the reference with the same seed, (T, S)."""

    name: str
    tried: tuple[str, ...]
    ratios: Tensor

    @property
    def best(self) -> int:
        """The index of the setting with the smallest mean ratio."""
        return int(self.ratios.mean(1).argmin())

    @property
    def reach(self) -> float:
        """The largest mean ratio over the smallest one, the reference's 1 included."""
        means = torch.cat([self.ratios.mean(1), torch.ones(1)])
        return (means.max() / means.min()).item()


class Guide(NamedTuple):
    """All knobs, the largest reach first, and the reference's validation errors, (S,)."""

    reference: Tensor
    knobs: tuple[Knob, ...]

    def get(self, name: str) -> Knob:
        """Return a knob by its name."""
        return named(self.knobs, name)


def _errors(outcome: Outcome) -> Tensor:
    """Return the validation errors of the last epoch, (S,)."""
    return torch.tensor(outcome.column("valid"))


def guide(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False) -> Guide:
    """Turn each knob alone, from the reference on, with the same seeds.

    Args:
        seeds: one run each.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed.
    """
    base = Recipe()
    changed = {(knob, label): replace(base, **change) for knob, tried in KNOBS.items()
               for label, change in tried.items()}  # fmt: skip
    outcomes = dict(zip(changed, run(list(changed.values()), seeds, fast=fast), strict=True))
    reference = _errors(run([base], seeds, fast=fast)[0])
    knobs = [
        Knob(name, tuple(tried), torch.stack([_errors(outcomes[name, label]) for label in tried]) / reference)
        for name, tried in KNOBS.items()
    ]
    return Guide(reference, tuple(sorted(knobs, key=lambda knob: -knob.reach)))


def together(found: Guide, seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False) -> Outcome:
    """Train one recipe that takes every knob's best setting at once, where it was better than the reference.

    Args:
        found: the guide.
        seeds: one run each.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed.
    """
    change: dict[str, Any] = {}
    for knob in reversed(found.knobs):  # the knob that reaches furthest has the last word
        if knob.ratios.mean(1)[knob.best] < 1:
            change |= KNOBS[knob.name][knob.tried[knob.best]]
    return run([replace(Recipe(), **change)], seeds, fast=fast)[0]
