"""Files that pass a check of the shape: the model, an untrained one, one with noise, one fixed size."""

__all__ = ["FILES", "FilesResult", "NoiseInside", "files", "pictures", "run", "tries"]

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor, nn

from coursekit.autoencoders import Autoencoder, DenseAutoencoder
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.ship_models import EPOCHS, HIDDEN, LATENT, held_out, trained
from coursekit.ship import export_model

Run = Callable[[Tensor], Tensor]
FILES = ("the model", "its name, rebound", "exported while training", "one batch size")
EXAMPLE = 8


class NoiseInside(nn.Module):
    r"""A mistake on purpose: a denoiser that adds its noise in ``forward``, in training mode.

    .. math:: r(x) = g(f(x + \sigma \varepsilon)) \text{ in training}, \quad g(f(x)) \text{ in evaluation}

    Args:
        model: an autoencoder; held, not copied.
        sigma: standard deviation of the noise.

    Shape:
        forward: (B, D) to (B, D).
    """

    def __init__(self, model: Autoencoder, sigma: float = 0.3) -> None:
        super().__init__()
        self.model, self.sigma = model, sigma

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs.

        Args:
            x: samples.

        Shape:
            x: (B, D).
        """
        if self.training:
            x = x + self.sigma * torch.randn_like(x)
        return self.model._decode(self.model._encode(x))


class FilesResult(NamedTuple):
    """For each file, an entry a seed; differences are the largest over pixels and held-out digits.

    ``shape`` tells whether the outputs for the example have the input's shape, ``gap`` is the difference from
    the model, ``again`` that between two calls with the same digits, ``sizes`` how many of five batch sizes
    ran.
    """

    seeds: tuple[int, ...]
    shape: Mapping[str, tuple[bool, ...]]
    gap: Mapping[str, tuple[float, ...]]
    again: Mapping[str, tuple[float, ...]]
    sizes: Mapping[str, tuple[int, ...]]


def _naive(module: nn.Module, x: Tensor, *, free: bool) -> Run:
    """Export in the mode in which the module is, with a free batch size or the one at hand."""
    sizes = ({0: torch.export.Dim("batch", min=1)},) if free else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.requires_grad_(False)
        return torch.export.export(module, (x,), dynamic_shapes=sizes).module()


@cache
def files(seed: int, *, epochs: int = EPOCHS) -> dict[str, Run]:
    """Return what the four files run, by name: made once a process, so leave them as they are.

    Args:
        seed: of the model.
        epochs: passes over the training digits.
    """
    model, x = trained(seed, epochs), held_out()[:EXAMPLE]
    fresh = DenseAutoencoder(64, [HIDDEN], LATENT, batch_norm=True, generator=seeded(seed))
    noisy = NoiseInside(copy.deepcopy(model)).train()
    still = NoiseInside(copy.deepcopy(model)).eval()
    right, wrong = (export_model(net, x).module() for net in (model, fresh))
    made = (right, wrong, _naive(noisy, x, free=True), _naive(still, x, free=False))
    return dict(zip(FILES, made, strict=True))


def tries(run: Run, x: Tensor, batches: Sequence[int] = (1, 2, 3, 7, 64)) -> int:
    """Return for how many batch sizes a file runs at all.

    Args:
        run: what the file runs.
        x: samples, as many as the largest size.
        batches: the sizes.

    Shape:
        x: (B, D).
    """
    done = 0
    for size in batches:
        try:
            done += len(run(x[:size])) == size
        except (RuntimeError, AssertionError):
            continue
    return done


@contextmanager
def _stream(seed: int) -> Iterator[None]:
    """Let noise inside, drawn from torch's own stream, depend on a seed, and leave that stream as it was."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.set_rng_state(seeded(seed).get_state())
        yield


def _judged(run: Run, model: Autoencoder, seed: int) -> tuple[bool, float, float, int]:
    """Return the four columns of one file."""
    x = held_out()
    example = x[:EXAMPLE]
    with _stream(seed):
        first, second = run(example), run(example)
        gap = float((first - model.reconstruct(example)).abs().max())
        return first.shape == example.shape, gap, float((first - second).abs().max()), tries(run, x)


def pictures(seed: int = 0, *, epochs: int = EPOCHS) -> Tensor:
    """Return eight digits, then what each of the four files makes of them.

    Args:
        seed: of the model.
        epochs: passes over the training digits.

    Shape:
        Returns (5, 8, 64).
    """
    x = held_out()[:EXAMPLE]
    with _stream(seed):
        return torch.stack([x, *(made(x) for made in files(seed, epochs=epochs).values())])


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> FilesResult:
    """Export each seed's model in four ways and compare every file with the model.

    Args:
        seeds: one model each.
        epochs: passes over the training digits.
        fast: two seeds, a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    table = [
        {
            name: _judged(made, trained(seed, epochs), seed)
            for name, made in files(seed, epochs=epochs).items()
        }
        for seed in seeds
    ]
    columns = [{name: tuple(row[name][k] for row in table) for name in FILES} for k in range(4)]
    shape, gap, again, sizes = columns
    return FilesResult(seeds, shape, gap, again, sizes)  # type: ignore[arg-type]
