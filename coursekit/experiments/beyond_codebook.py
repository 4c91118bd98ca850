"""A codebook that dies, what revives it, and how many bits its choices are worth."""

__all__ = ["WAYS", "CodebookResult", "Revive", "choices", "fixed_bits", "run", "slot_bits", "trained"]

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, cast

import torch
from torch import Tensor

from coursekit._check import check_choice, check_positive_int, check_tensor
from coursekit.experiments.bench import digits_split, plan, seeded, train
from coursekit.train import Hook, own_loss
from coursekit.train.hooks import Run
from coursekit.vae.quantizer import nearest_code, perplexity
from coursekit.vae.vqvae import VQVAE

SLOTS, CODES, WIDTH, HIDDEN, EPOCHS, RATE, WATCHED = 4, 64, 4, 64, 20, 3e-3, 500
WAYS = ("loss", "running means", "loss, revived")


class CodebookResult(NamedTuple):
    """By way of training: test loss in nats (S,), perplexity of the choices of 500
    training images by epoch (S, T).

    ``used`` counts the rows that some training image chose after training, ``bits`` is the mean cost of an
    image's choices by :func:`slot_bits`; each (S,).
    """

    seeds: tuple[int, ...]
    nll: dict[str, Tensor]
    perplexity: dict[str, Tensor]
    used: dict[str, Tensor]
    bits: dict[str, Tensor]


@torch.no_grad()
def choices(model: VQVAE, x: Tensor) -> Tensor:
    """Return the row of the codebook that each slot of each image takes.

    Args:
        model: trained or not.
        x: images.

    Shape:
        x: (B, D); returns (B, M), int64.
    """
    return nearest_code(model.encode(x), model.quantizer.codebook)


def slot_bits(indices: Tensor, counted: Tensor, codes: int) -> Tensor:
    r"""Return what each image's choices cost a coder that knows how often each slot takes each row.

    .. math:: -\sum_{m=1}^{M} \log_2 p_m(k_m), \qquad p_m(j) = \frac{1 + n_m(j)}{J + N}

    :math:`n_m(j)` counts the images of a training set whose slot m took row j; one is added to each count, so
    that no choice is impossible.

    Args:
        indices: choices to be paid for.
        counted: choices that the counts come from.
        codes: J, the rows there are.

    Shape:
        indices: (B, M); counted: (N, M); returns (B,).

    Units:
        Bits an image.

    Raises:
        TypeError, ValueError: a shape differs, or codes is no positive integer.
    """
    check_tensor(indices, "indices", shape=("B", "M"))
    check_tensor(counted, "counted", shape=("N", indices.shape[1]))
    check_positive_int(codes, "codes")
    table = torch.stack([torch.bincount(column, minlength=codes) for column in counted.T])  # (M, J)
    bits = -torch.log2((1.0 + table) / (codes + len(counted)))
    return bits.gather(1, indices.T).sum(0)


class Revive(Hook):
    """After each epoch but the last, move the rows that no training code chose onto codes drawn at random.

    Args:
        x: the training images.
        epochs: of the run.
        generator: source of the draws.

    Shape:
        x: (N, D).
    """

    def __init__(self, x: Tensor, epochs: int, generator: torch.Generator) -> None:
        self.x, self.epochs, self.generator = x, epochs, generator

    @torch.no_grad()
    def on_epoch_end(self, run: Run) -> None:
        """Replace the rows that are out of use.

        Args:
            run: the run so far; its model is a VQVAE whose codebook is trained by its loss.
        """
        if run.epoch + 1 == self.epochs:
            return
        model = cast(VQVAE, run.model)
        z, codebook = model.encode(self.x), model.quantizer.codebook
        unused = torch.bincount(nearest_code(z, codebook).flatten(), minlength=len(codebook)) == 0
        pool = z.flatten(0, 1)
        rows = torch.randint(len(pool), (int(unused.sum()),), generator=self.generator)
        codebook[unused] = pool[rows]


class _Watch(Hook):
    """Keep the perplexity of the choices after each epoch."""

    def __init__(self, x: Tensor) -> None:
        self.x, self.found = x, list[float]()

    def on_epoch_end(self, run: Run) -> None:
        model = cast(VQVAE, run.model)
        self.found.append(perplexity(choices(model, self.x), model.quantizer.codes).item())


@cache
def trained(way: str, seed: int, epochs: int = EPOCHS) -> tuple[VQVAE, tuple[float, ...]]:
    """Return a VQVAE of the digits, and the perplexity of its choices after each epoch.

    Args:
        way: one of ``WAYS``.
        seed: of the weights, the order of the rows and the draws.
        epochs: passes over the training images.

    Raises:
        ValueError: the way is unknown.
    """
    check_choice(way, "way", WAYS)
    x = digits_split().x_train
    decay = 0.9 if way == "running means" else None
    model = VQVAE(
        64, [HIDDEN], WIDTH, slots=SLOTS, codes=CODES, decay=decay, generator=seeded(seed)
    )  # fmt: skip
    watch = _Watch(x[:WATCHED])
    hooks: list[Hook] = [watch]
    if way == "loss, revived":
        hooks.append(Revive(x, epochs, seeded(20_000 + seed)))
    train(model, (x,), seed=seed, epochs=epochs, loss=own_loss, lr=RATE, hooks=hooks)
    return model, tuple(watch.found)


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, ways: Sequence[str] = WAYS,
    fast: bool = False,
) -> CodebookResult:  # fmt: skip
    """Train a VQVAE a way and seed, and count what its codebook is used for.

    Args:
        seeds: one run of each way.
        epochs: passes over the training images.
        ways: some of ``WAYS``.
        fast: two seeds and a quarter of the epochs.

    Units:
        Nats and bits an image.

    Raises:
        ValueError: there is no seed, epochs is below 1, or a way is unknown.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    split = digits_split()
    table: dict[str, list[Tensor]] = {}
    for way in ways:
        rows = []
        for seed in seeds:
            model, _ = trained(way, seed, epochs)
            own, new = choices(model, split.x_train), choices(model, split.x_test)
            used = (torch.bincount(own.flatten(), minlength=CODES) > 0).sum().item()
            with torch.no_grad():
                nll = model.loss(split.x_test).reconstruction.item()
            rows.append([nll, float(used), slot_bits(new, own, CODES).mean().item()])
        table[way] = list(torch.tensor(rows).T)
    return CodebookResult(
        seeds,
        {way: table[way][0] for way in ways},
        {way: torch.tensor([trained(way, seed, epochs)[1] for seed in seeds]) for way in ways},
        {way: table[way][1] for way in ways},
        {way: table[way][2] for way in ways},
    )


def fixed_bits() -> float:
    """Return what the choices of an image cost when each row has a number of the same length, in bits."""
    return SLOTS * math.log2(CODES)
