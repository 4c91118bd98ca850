"""One layer, 64 to 128 to 64, trained on digits with different penalties: what the decoder receives."""

__all__ = [
    "CASES",
    "BesideTheNetwork",
    "CodeResult",
    "CodeRow",
    "mean_correlation",
    "run",
    "split",
    "trained",
]

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_tensor, require
from coursekit.autoencoders import (
    Activity,
    AEOutput,
    SparseAutoencoder,
    UnitColumns,
    bernoulli_kl_penalty,
    dead_units,
)
from coursekit.autoencoders.activity import activity
from coursekit.data import Split, digits
from coursekit.experiments.bench import named, plan, seeded
from coursekit.train import fit, own_loss

INPUTS, UNITS, EPOCHS, RATE, BATCH = 64, 128, 30, 5e-3, 250


class BesideTheNetwork(SparseAutoencoder):
    """A mistake on purpose: the divergence is taken of a sigmoid of z, and the decoder receives z itself."""

    def penalty(self, x: Tensor, output: AEOutput) -> Tensor:
        r"""Return the weighted divergence of a tensor that the decoder never sees.

        Args:
            x: the samples, which play no part.
            output: the pass whose loss is taken.

        Shape:
            x: (B, \*input_shape); returns a scalar.
        """
        del x
        return self.weight * bernoulli_kl_penalty(output.z.sigmoid(), self.rho)


CASES: dict[str, dict[str, Any]] = {
    "sigmoid": {"penalty": "none", "code_activation": "sigmoid"},
    "KL 0.1": {"penalty": "kl", "weight": 0.1},
    "KL 0.5": {"penalty": "kl", "weight": 0.5},
    "KL beside": {"penalty": "l1", "weight": 0.1, "code_activation": "linear"},
    "linear": {"penalty": "none", "code_activation": "linear"},
    "linear, L1 0.1": {"penalty": "l1", "weight": 0.1, "code_activation": "linear"},
    "ReLU": {"penalty": "none"},
    "L1 0.1, free columns": {"penalty": "l1", "weight": 0.1},
    "L1 0.03": {"penalty": "l1", "weight": 0.03, "unit_norm": True},
    "L1 0.1": {"penalty": "l1", "weight": 0.1, "unit_norm": True},
    "L1 0.3": {"penalty": "l1", "weight": 0.3, "unit_norm": True},
    "top 10": {"penalty": "none", "top_k": 10, "unit_norm": True},
}


class CodeRow(NamedTuple):
    """One way of training, an entry a seed; errors are squared and summed over the pixels of an image.

    ``gap`` is the test minus the training error, ``length`` the mean length of the decoder's columns,
    ``correlation`` the mean absolute correlation of two units that are not dead.
    """

    name: str
    error: tuple[float, ...]
    gap: tuple[float, ...]
    length: tuple[float, ...]
    correlation: tuple[float, ...]
    codes: tuple[Activity, ...]

    def column(self, name: str) -> list[float]:
        """Return one statistic of the test codes, an entry a seed.

        Raises:
            ValueError: there is no such statistic.
        """
        check_choice(name, "name", Activity._fields)
        return [float(getattr(code, name)) for code in self.codes]


class CodeResult(NamedTuple):
    """The cases in the order in which they were run."""

    seeds: tuple[int, ...]
    epochs: int
    rows: tuple[CodeRow, ...]

    def get(self, name: str) -> CodeRow:
        """Return a case by its name.

        Raises:
            ValueError: there is no such case.
        """
        return named(self.rows, name)


@cache
def split() -> Split:
    """Return the digits that all of these runs use: grey pixels in [0, 1], 297 of them for the test."""
    return digits(seed=0, test_size=297)


@cache
def trained(name: str, seed: int, epochs: int = EPOCHS) -> SparseAutoencoder:
    """Return the model of a case and a seed: one object a process, so leave it as it is.

    Args:
        name: one of ``CASES``.
        seed: of the weights and the order of the rows.
        epochs: passes over the training images.

    Raises:
        ValueError: there is no such case.
    """
    options = CASES[check_choice(name, "name", CASES)]
    kind = BesideTheNetwork if name == "KL beside" else SparseAutoencoder
    model = kind(INPUTS, [], UNITS, generator=seeded(seed), **options)
    fit(model, (split().x_train,), loss=own_loss, epochs=epochs, batch_size=BATCH, lr=RATE,
        generator=seeded(10_000 + seed))  # fmt: skip
    return model.eval()


def mean_correlation(z: Tensor) -> float:
    """Return the mean absolute correlation over the samples of two different units, dead ones left out.

    Args:
        z: codes of at least two units that are not constant.

    Shape:
        z: (B, K).

    Raises:
        TypeError: z is no floating-point tensor.
        ValueError: z has another shape, or fewer than two units that vary.
    """
    check_tensor(z, "z", shape=("B", "K"), floating=True, finite=True)
    varied = z[:, z.std(0) > 0]
    require(varied.shape[1] > 1, f"z must have at least 2 units that vary; got {varied.shape[1]}")
    table = torch.corrcoef(varied.T).abs()
    count = len(table)
    return ((table.sum() - count) / (count * (count - 1))).item()


@torch.no_grad()
def _row(name: str, models: Sequence[SparseAutoencoder]) -> CodeRow:
    train, test = split().x_train, split().x_test
    # A sigmoid is never 0, so it needs a threshold; a tenth is small beside the 1 that it could reach.
    threshold = 0.1 if models[0].code_activation == "sigmoid" else 1e-3
    codes = [model.encode(test) for model in models]
    errors = [model.loss(test).reconstruction.item() for model in models]
    own = [model.loss(train).reconstruction.item() for model in models]
    decoders = [cast(nn.Linear, model.decoder[0]) for model in models]
    columns = [layer.columns if isinstance(layer, UnitColumns) else layer.weight for layer in decoders]
    return CodeRow(
        name=name,
        error=tuple(errors),
        gap=tuple(e - o for e, o in zip(errors, own, strict=True)),
        length=tuple(float(w.norm(dim=0).mean()) for w in columns),
        correlation=tuple(mean_correlation(z[:, ~dead_units(z)]) for z in codes),
        codes=tuple(activity(z, threshold=threshold) for z in codes),
    )


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, names: Sequence[str] = tuple(CASES), epochs: int = EPOCHS,
    fast: bool = False,
) -> CodeResult:  # fmt: skip
    """Train each case once a seed and describe the codes that its decoder receives.

    Args:
        seeds: one run each.
        names: the cases, of ``CASES``.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Units:
        Squared errors summed over the 64 pixels of a test image.

    Raises:
        ValueError: there is no seed, epochs is below 1, or a case is unknown.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    rows = [_row(name, [trained(name, seed, epochs) for seed in seeds]) for name in names]
    return CodeResult(seeds, epochs, tuple(rows))
