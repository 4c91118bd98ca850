"""Squared error on test images of MNIST-5k after 30 epochs: coursekit beside pythae, same network and budget.

pythae's decoder ends in a sigmoid and is trained on the squared error; the second case takes the sigmoid
off, as the plain autoencoder here has none. The last case is what the course advises for pixels in [0, 1]:
logits, trained on the cross-entropy, and judged by the same squared error.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable

import torch
from pythae.data.datasets import BaseDataset
from pythae.models import AE as PythaeAE
from pythae.models import AEConfig
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from vae_epoch import BATCH, RATE, quiet

from coursekit.autoencoders import DenseAutoencoder
from coursekit.data import Split, mnist5k
from coursekit.train import fit

EPOCHS = 30


def train_pythae(split: Split, seed: int, *, sigmoid: bool) -> torch.nn.Module:
    torch.manual_seed(seed)
    model = PythaeAE(AEConfig(input_dim=(1, 28, 28), latent_dim=16))
    if not sigmoid:
        model.decoder.layers[-1][1] = torch.nn.Identity()
    with tempfile.TemporaryDirectory() as folder, quiet():
        settings = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=EPOCHS,
            learning_rate=RATE,
            per_device_train_batch_size=BATCH,
            no_cuda=True,
            keep_best_on_train=True,
            seed=seed,
        )
        data = BaseDataset(split.x_train.view(-1, 1, 28, 28), split.y_train)
        BaseTrainer(model=model, train_dataset=data, training_config=settings).train()
    return model.eval()


def train_coursekit(split: Split, seed: int, loss: str) -> torch.nn.Module:
    model = DenseAutoencoder(784, [512], 16, loss=loss, generator=torch.Generator().manual_seed(seed))
    fit(
        model,
        (split.x_train,),
        loss=lambda m, batch, g: m.loss(*batch, generator=g)._asdict(),
        epochs=EPOCHS,
        batch_size=BATCH,
        lr=RATE,
        generator=torch.Generator().manual_seed(seed + 1),
    )
    return model.eval()


@torch.no_grad()
def error(model: torch.nn.Module, x: torch.Tensor) -> float:
    """Return the squared error summed over the pixels, averaged over the images."""
    if isinstance(model, PythaeAE):
        copy = model.decoder(model.encoder(x.view(-1, 1, 28, 28)).embedding).reconstruction.flatten(1)
    else:
        copy = model.reconstruct(x)
    return (copy - x).square().sum(1).mean().item()


CASES: dict[str, Callable[[Split, int], torch.nn.Module]] = {
    "pythae BaseTrainer, as it is": lambda split, seed: train_pythae(split, seed, sigmoid=True),
    "the same, without the sigmoid": lambda split, seed: train_pythae(split, seed, sigmoid=False),
    "coursekit, squared error": lambda split, seed: train_coursekit(split, seed, "squared"),
    "coursekit, cross-entropy": lambda split, seed: train_coursekit(split, seed, "bernoulli"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    torch.set_num_threads(1)
    split = mnist5k(seed=0, test_size=0.2)
    found: dict[str, list[float]] = {name: [] for name in CASES}
    print("| case | seed | squared error an image | CPU s |\n| --- | --- | --- | --- |")
    for seed in range(parser.parse_args().seeds):
        for name, trainer in CASES.items():
            start = time.process_time()
            model = trainer(split, seed)
            taken = time.process_time() - start
            found[name].append(error(model, split.x_test))
            print(f"| {name} | {seed} | {found[name][-1]:.2f} | {taken:.0f} |", flush=True)
    for name, values in found.items():
        print(f"| {name} | mean | {statistics.mean(values):.2f} | |")


if __name__ == "__main__":
    main()
