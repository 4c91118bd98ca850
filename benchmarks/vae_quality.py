"""Test negative ELBO on MNIST-5k after 30 epochs: coursekit beside pythae, same images, network and budget.

The KL is exact, the reconstruction term averaged over 100 draws of z an image, by the same code for both.
"""

import argparse
import tempfile
import time

import torch
import torch.nn.functional as F
from pythae.data.datasets import BaseDataset
from pythae.models import VAE as PythaeVAE
from pythae.models import VAEConfig
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from vae_epoch import BATCH, RATE, quiet

from coursekit.data import Split, mnist5k
from coursekit.train import fit
from coursekit.vae import VAE, kl_standard_normal

EPOCHS, DRAWS = 30, 100


def train_pythae(split: Split, seed: int) -> PythaeVAE:
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=16, reconstruction_loss="bce")
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
        torch.manual_seed(seed)
        model = PythaeVAE(config)
        data = BaseDataset(split.x_train.view(-1, 1, 28, 28), split.y_train)
        BaseTrainer(model=model, train_dataset=data, training_config=settings).train()
    return model.eval()


def train_coursekit(split: Split, seed: int) -> VAE:
    model = VAE(784, [512], 16, generator=torch.Generator().manual_seed(seed))
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
def negative_elbo(model: PythaeVAE | VAE, x: torch.Tensor) -> tuple[float, float]:
    """Return the negative ELBO and its KL, in nats per image."""
    peer = isinstance(model, PythaeVAE)
    if peer:
        code = model.encoder(x.view(-1, 1, 28, 28))
        mu, logvar = code.embedding, code.log_covariance
    else:
        mu, logvar = model.encode(x)
    g, total = torch.Generator().manual_seed(0), 0.0
    for _ in range(DRAWS):
        z = mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=g)
        p = model.decoder(z).reconstruction.flatten(1) if peer else torch.sigmoid(model.decode(z))
        total += F.binary_cross_entropy(p, x, reduction="sum").item() / len(x) / DRAWS
    kl = kl_standard_normal(mu, logvar).mean().item()
    return total + kl, kl


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    torch.set_num_threads(1)
    split = mnist5k(binarize=True, seed=0, test_size=0.2)
    print("| case | seed | negative ELBO | KL | CPU s |\n| --- | --- | --- | --- | --- |")
    for seed in range(parser.parse_args().seeds):
        for name, trainer in (("pythae", train_pythae), ("coursekit", train_coursekit)):
            start = time.process_time()
            model = trainer(split, seed)
            taken = time.process_time() - start
            bound, kl = negative_elbo(model, split.x_test)
            print(f"| {name} | {seed} | {bound:.2f} | {kl:.2f} | {taken:.0f} |", flush=True)


if __name__ == "__main__":
    main()
