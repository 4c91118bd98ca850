"""Quality beside the peers on the same data: the test negative ELBO of the reference runs."""

import pytest

from coursekit.data import mnist5k
from coursekit.experiments import digits_vae
from coursekit.experiments.bench import score, seeded
from coursekit.train import fit, own_loss
from coursekit.vae import VAE


@pytest.mark.slow
def test_digits_vae_reaches_19_4_nats_on_five_seeds() -> None:
    result = digits_vae.run((0, 1, 2, 3, 4), samples=50)
    assert max(result.negative_elbo) <= 19.4
    assert min(result.kl) >= 4.7
    assert max(result.kl) <= 6.2
    assert min(result.active) >= 6
    assert max(result.negative_elbo) < result.baseline - 5


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_mnist5k_vae_reaches_101_5_nats_in_the_mean_of_three_seeds() -> None:
    # pythae 0.1.2 with the same network and budget on a split of the same sizes: 101.5 +- 0.3, three seeds.
    split = mnist5k(binarize=True, seed=0, test_size=0.2)
    assert (len(split.x_train), len(split.x_test)) == (4000, 1000)
    results = []
    for seed in (0, 1, 2):
        model, generator = VAE(784, [512], 16, generator=seeded(seed)), seeded(seed + 1)
        fit(model, (split.x_train,), loss=own_loss, epochs=30, batch_size=64, lr=1e-3, generator=generator)
        results.append(score(model, split.x_test, draws=100))
    assert sum(r.negative_elbo for r in results) / 3 <= 101.5
    assert min(r.kl for r in results) > 20
