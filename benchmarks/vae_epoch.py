"""CPU time of one VAE epoch, 784-512-16 on 5,000 images in batches of 64: coursekit beside pythae.

Every round runs each case once, in an order that alternates; the figure to keep is the median over rounds of
the ratio to pythae's trainer within the round, for the machine's speed drifts and its load comes and goes.
"""

import argparse
import contextlib
import io
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE as PythaeVAE
from pythae.models import VAEConfig
from pythae.trainers import BaseTrainer, BaseTrainerConfig

from coursekit.data import mnist5k
from coursekit.train import fit
from coursekit.vae import VAE

ROWS, BATCH, RATE = 5000, 64, 1e-3
PEER = "pythae BaseTrainer"
Case = Callable[[torch.Tensor], float]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the peer's progress bars and messages off the screen; both are part of its normal work."""
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        yield
    logging.disable(logging.NOTSET)


def cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def pythae_epoch(x: torch.Tensor, *, save: bool = True) -> float:
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=16, reconstruction_loss="bce")
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
        trainer = BaseTrainer(model=PythaeVAE(config), train_dataset=data, training_config=settings)
        if not save:
            trainer.save_model = lambda *_, **__: None  # type: ignore[method-assign]
        return cpu_seconds(trainer.train)


def coursekit_epoch(x: torch.Tensor, *, fused: bool = True, checkpoint: bool = False) -> float:
    model = VAE(784, [512], 16, generator=torch.Generator().manual_seed(0))
    optimizer = None if fused else torch.optim.Adam(model.parameters(), RATE)
    with tempfile.TemporaryDirectory() as folder:
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
                checkpoint=Path(folder) / "run.pt" if checkpoint else None,
            )
        )


CASES: dict[str, Case] = {
    PEER: pythae_epoch,
    "the same, its final save skipped": lambda x: pythae_epoch(x, save=False),
    "coursekit.train.fit": coursekit_epoch,
    "the same, with a checkpoint": lambda x: coursekit_epoch(x, checkpoint=True),
    "the same, with torch's default Adam": lambda x: coursekit_epoch(x, fused=False),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    split = mnist5k(binarize=True, seed=0, test_size=0.2)
    x = torch.cat([split.x_train, split.x_test])[:ROWS].contiguous()
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    for number in range(rounds + 1):
        order = list(CASES) if number % 2 else list(reversed(CASES))
        for name in order:
            taken = CASES[name](x)
            if number > 0:  # the first round warms up
                seconds[name].append(taken)
    print("| case | CPU ms an epoch | x pythae |\n| --- | --- | --- |")
    for name, taken in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(taken, seconds[PEER], strict=True))
        print(f"| {name} | {1000 * statistics.median(taken):.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
