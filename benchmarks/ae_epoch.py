"""CPU time of an epoch of a plain autoencoder beside pythae, and of a contractive penalty beside jacrev.

Every round runs each case once, in an order that alternates; the figure to keep is the median over rounds of
the ratio to the peer within the round, for the machine's speed drifts and its load comes and goes.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping

import torch
from pythae.data.datasets import BaseDataset
from pythae.models import AE as PythaeAE
from pythae.models import AEConfig
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from vae_epoch import BATCH, PEER, RATE, ROWS, Case, cpu_seconds, quiet

from coursekit.autoencoders import ContractiveAutoencoder, DenseAutoencoder, frobenius_closed
from coursekit.data import mnist5k
from coursekit.train import fit

UNITS, JACOBIAN_ROWS, CLOSED_RUNS = 64, 128, 20
JACOBIAN = "vmap(jacrev)"


def pythae_epoch(x: torch.Tensor, *, save: bool = True) -> float:
    """Its own dense networks, 784-512-16 and back; the sigmoid at the end is taken off, as ours has none."""
    config = AEConfig(input_dim=(1, 28, 28), latent_dim=16)
    model = PythaeAE(config)
    model.decoder.layers[-1][1] = torch.nn.Identity()
    with tempfile.TemporaryDirectory() as folder, quiet():
        settings = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=1,
            learning_rate=RATE,
            per_device_train_batch_size=BATCH,
            no_cuda=True,
            keep_best_on_train=True,
        )
        data = BaseDataset(x.view(-1, 1, 28, 28), torch.zeros(len(x)))  # as its own pipeline makes it
        trainer = BaseTrainer(model=model, train_dataset=data, training_config=settings)
        if not save:
            trainer.save_model = lambda *_, **__: None  # type: ignore[method-assign]
        return cpu_seconds(trainer.train)


def coursekit_epoch(x: torch.Tensor, *, fused: bool = True) -> float:
    model = DenseAutoencoder(784, [512], 16, generator=torch.Generator().manual_seed(0))
    optimizer = None if fused else torch.optim.Adam(model.parameters(), RATE)
    return cpu_seconds(
        lambda: fit(
            model,
            (x,),
            loss=lambda m, batch, g: m.loss(*batch, generator=g)._asdict(),
            epochs=1,
            batch_size=BATCH,
            lr=RATE,
            optimizer=optimizer,
            generator=torch.Generator().manual_seed(1),
        )
    )


EPOCHS: dict[str, Case] = {
    PEER: pythae_epoch,
    "the same, its final save skipped": lambda x: pythae_epoch(x, save=False),
    "coursekit.train.fit": coursekit_epoch,
    "the same, with torch's default Adam": lambda x: coursekit_epoch(x, fused=False),
}


CONTRACTIVE = ContractiveAutoencoder(784, [], UNITS, generator=torch.Generator().manual_seed(0))


def closed(x: torch.Tensor) -> torch.Tensor:
    """The penalty of the course: from the codes and the norms of the weight's rows."""
    return CONTRACTIVE.contraction(x)


def by_jacrev(x: torch.Tensor) -> torch.Tensor:
    """The same from the whole Jacobian of each sample, by torch alone."""
    layer = CONTRACTIVE.encoder[0]

    def code(row: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(torch.nn.functional.linear(row, layer.weight, layer.bias))

    return torch.func.vmap(torch.func.jacrev(code))(x).square().sum((1, 2))


def penalty(
    value: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, runs: int, *, step: bool
) -> float:
    """Time one value, with its gradient for the weights or without; the mean of several runs."""
    rows, weights = x[:JACOBIAN_ROWS], list(CONTRACTIVE.encoder.parameters())

    def work() -> None:
        for _ in range(runs):
            if step:
                torch.autograd.grad(value(rows).mean(), weights)
            else:
                with torch.no_grad():
                    value(rows)

    return cpu_seconds(work) / runs


def from_codes(x: torch.Tensor) -> float:
    """Time what the penalty adds to a pass whose codes are there already, as in the loss of the course."""
    weight = CONTRACTIVE.encoder[0].weight
    with torch.no_grad():
        z = CONTRACTIVE.encode(x[:JACOBIAN_ROWS])
        return penalty(lambda _: frobenius_closed(z, weight, "sigmoid"), x, CLOSED_RUNS, step=False)


PENALTIES: dict[str, Case] = {
    JACOBIAN: lambda x: penalty(by_jacrev, x, 2, step=False),
    "closed form, its pass through the encoder counted": lambda x: penalty(
        closed, x, CLOSED_RUNS, step=False
    ),
    "closed form, from the codes of the pass": from_codes,
}
STEPS: dict[str, Case] = {
    JACOBIAN: lambda x: penalty(by_jacrev, x, 2, step=True),
    "closed form, its pass through the encoder counted": lambda x: penalty(closed, x, CLOSED_RUNS, step=True),
}


def table(title: str, cases: Mapping[str, Case], peer: str, x: torch.Tensor, rounds: int) -> None:
    """Run the cases in turn and print their medians; the first round warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name in list(cases) if number % 2 else list(reversed(cases)):
            taken = cases[name](x)
            if number > 0:
                seconds[name].append(taken)
    print(f"| {title} | CPU ms | x peer |\n| --- | --- | --- |")
    for name, taken in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(taken, seconds[peer], strict=True))
        print(f"| {name} | {1000 * statistics.median(taken):.3g} | {ratio:.3g} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    split = mnist5k(seed=0, test_size=0.2)
    x = torch.cat([split.x_train, split.x_test])[:ROWS].contiguous()
    table("one epoch", EPOCHS, PEER, x, rounds)
    table("penalty of a batch", PENALTIES, JACOBIAN, x, rounds)
    table("penalty and gradient", STEPS, JACOBIAN, x, rounds)
    exact = by_jacrev(x[:JACOBIAN_ROWS])
    print(f"largest relative difference: {((closed(x[:JACOBIAN_ROWS]) - exact) / exact).abs().max():.1e}")


if __name__ == "__main__":
    main()
