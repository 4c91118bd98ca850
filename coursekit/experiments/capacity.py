"""The controlled capacity: the KL follows its target, but what fills it depends on how hard it is pulled."""

__all__ = ["CapacityCase", "CapacityResult", "FollowCapacity", "run"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch

from coursekit._check import require
from coursekit.experiments.bench import BATCH_SIZE, digits_split, plan, score, seeded, train
from coursekit.experiments.latent_space import kl_parts
from coursekit.train import Hook, Run
from coursekit.vae.beta import CapacityVAE


@dataclass(frozen=True)
class CapacityCase:
    """One gamma, one entry a seed, in nats per image.

    ``kl_curves`` holds the mean training KL of each epoch and ``final_kl`` its last value; ``information`` is
    the part that tells one training image from another (:func:`coursekit.experiments.latent_space.kl_parts`).
    """

    gamma: float
    kl_curves: tuple[tuple[float, ...], ...]
    final_kl: tuple[float, ...]
    test_kl: tuple[float, ...]
    information: tuple[float, ...]
    negative_elbo: tuple[float, ...]


@dataclass(frozen=True)
class CapacityResult:
    """The target C after each epoch, in nats, and one case for each gamma."""

    seeds: tuple[int, ...]
    capacity_max: float
    target: tuple[float, ...]
    cases: tuple[CapacityCase, ...]


class FollowCapacity(Hook):
    """Tell a :class:`coursekit.vae.beta.CapacityVAE` after each step how far the run is, and record its KL.

    ``targets`` and ``kls`` hold one entry an epoch: C after its last step, and the mean KL over its batches.
    """

    def __init__(self) -> None:
        self.targets: list[float] = []
        self.kls: list[float] = []

    def on_fit_start(self, run: Run) -> None:
        """Set the target of the first step."""
        cast(CapacityVAE, run.model).set_progress(run.step)

    def on_batch_end(self, run: Run) -> None:
        """Set the target of the next step."""
        cast(CapacityVAE, run.model).set_progress(run.step)

    def on_epoch_end(self, run: Run) -> None:
        """Record target and KL."""
        self.targets.append(cast(CapacityVAE, run.model).capacity())
        self.kls.append(run.history.last("kl"))


def _train(seed: int, gamma: float, capacity_max: float, epochs: int) -> tuple[CapacityVAE, FollowCapacity]:
    x = digits_split().x_train
    steps = epochs * -(-len(x) // BATCH_SIZE)
    model = CapacityVAE(
        64,
        [128],
        8,
        gamma=gamma,
        capacity_max=capacity_max,
        warmup_steps=max(1, 3 * steps // 4),
        generator=seeded(seed),
    )
    follower = FollowCapacity()
    train(model, (x,), seed=seed, epochs=epochs, hooks=(follower,))
    return model, follower


@torch.no_grad()
def _case(gamma: float, runs: Sequence[tuple[CapacityVAE, FollowCapacity]]) -> CapacityCase:
    split = digits_split()
    test = [score(model, split.x_test) for model, _ in runs]
    parts = [kl_parts(*model.encode(split.x_train), draws=3, generator=seeded(0)) for model, _ in runs]
    return CapacityCase(
        gamma=gamma,
        kl_curves=tuple(tuple(follower.kls) for _, follower in runs),
        final_kl=tuple(follower.kls[-1] for _, follower in runs),
        test_kl=tuple(s.kl for s in test),
        information=tuple(p.mutual_information for p in parts),
        negative_elbo=tuple(s.negative_elbo for s in test),
    )


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    *,
    gammas: Sequence[float] = (3.0, 100.0),
    capacity_max: float = 8.0,
    epochs: int = 40,
    fast: bool = False,
) -> CapacityResult:
    """Train with a target that rises over the first three quarters of the steps, and record the KL beside it.

    A large gamma holds the KL to its target too, yet the code stays empty: moving every posterior away from
    the prior by the same amount is the quickest way to a given KL.

    Args:
        seeds: one run each.
        gammas: weights of the distance, each above 0.
        capacity_max: final target, 0 or more.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Units:
        Nats per image.

    Raises:
        ValueError: there is no seed or no gamma, or a number is out of range.
    """
    require(len(gammas) > 0, "gammas must hold at least one weight; got none")
    seeds, epochs = plan(seeds, epochs, fast)
    runs = {g: [_train(seed, g, capacity_max, epochs) for seed in seeds] for g in gammas}
    target = tuple(runs[gammas[0]][0][1].targets)
    return CapacityResult(seeds, capacity_max, target, tuple(_case(g, runs[g]) for g in gammas))
