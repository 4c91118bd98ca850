"""Denoisers against quadrature, regression and autograd; the model against a spy; then digits."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from coursekit.autoencoders import DenseAutoencoder
from coursekit.autoencoders.denoisers import (
    Mixture,
    fit_wiener,
    mixture_score,
    optimal_denoiser,
    score_of_denoiser,
    wiener,
)
from coursekit.autoencoders.denoising import DenoisingAutoencoder
from coursekit.autoencoders.interface import AEOutput
from coursekit.data import digits
from coursekit.noise import corruption, gaussian
from coursekit.train import fit

NOISES = [
    corruption("gaussian", sigma=0.3),
    corruption("masking", p=0.3),
    corruption("salt_and_pepper", p=0.3),
    corruption("dropout", p=0.3),
    corruption("blur", sigma=1.0),
]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def covariance(d: int, seed: int) -> Tensor:
    root = draw(d, d, seed=seed)
    return root @ root.T / d + 0.05 * torch.eye(d, dtype=torch.float64)


def mixture(d: int = 2) -> Mixture:
    weights = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
    return Mixture(weights, 2 * draw(3, d, seed=5), torch.stack([covariance(d, seed) for seed in (1, 2, 3)]))


def noisy_law(law: Mixture, sigma: float) -> MixtureSameFamily:
    d = law.means.shape[1]
    parts = MultivariateNormal(law.means, law.covariances + sigma**2 * torch.eye(d, dtype=torch.float64))
    return MixtureSameFamily(Categorical(probs=law.weights), parts)


# The model


class Spy(DenoisingAutoencoder):
    """A network that returns its input, and remembers what it was given."""

    def forward(self, x: Tensor) -> AEOutput:
        self.seen = x
        return AEOutput(x, x.new_zeros(len(x), self.latent_dim))


@pytest.mark.parametrize("noise", NOISES, ids=lambda made: made.name)
def test_model_sees_the_noisy_samples_and_is_judged_by_the_clean_ones(noise: object) -> None:
    # M-01: against the noisy target a copying network costs 0; M-02: without noise as well.
    model, x = Spy((1, 4, 4), [], 2, corruption=noise), torch.rand(6, 1, 4, 4, generator=generator())
    before = x.clone()
    loss = model.loss(x, generator=generator(3))
    wanted = noise(x, generator=generator(3))  # type: ignore[operator]
    assert torch.equal(model.seen, wanted)
    assert torch.equal(x, before)  # M-04
    torch.testing.assert_close(loss.loss, (wanted - x).square().flatten(1).sum(1).mean())
    assert loss.loss.item() > 0.1
    assert loss.penalty.item() == 0.0


def test_noise_is_drawn_from_the_generator_in_training_and_in_evaluation() -> None:
    # D-15: an evaluation without noise measures no denoising.
    model, x = (
        DenoisingAutoencoder(16, [8], 4, corruption=NOISES[0]),
        torch.rand(6, 16, generator=generator()),
    )
    stream = torch.get_rng_state()
    for training in (True, False):
        model.train(training)
        one, same, other = (model.loss(x, generator=generator(seed)).loss for seed in (1, 1, 2))
        assert torch.equal(one, same)
        assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), stream)


def test_everything_but_the_loss_is_deterministic() -> None:
    # M-05, D-17: no noise in the model, in neither mode.
    model, x = (
        DenoisingAutoencoder(16, [8], 4, corruption=NOISES[0]),
        torch.rand(6, 16, generator=generator()),
    )
    for training in (True, False):
        model.train(training)
        assert torch.equal(model(x).outputs, model(x).outputs)
        assert torch.equal(model.denoise(x), model.decode(model.encode(x)).detach())
        assert model.training is training
    noisy = model.corrupt(x, generator=generator())
    assert not torch.equal(model.denoise(noisy), model.denoise(x))  # D-14: the figure denoised clean images


def test_gradient_is_that_of_the_plain_network_on_fixed_noisy_samples() -> None:
    model = DenoisingAutoencoder(16, [8], 4, corruption=NOISES[1], generator=generator()).double()
    plain = DenseAutoencoder(16, [8], 4).double()
    plain.load_state_dict(model.state_dict())
    x = torch.rand(6, 16, generator=generator(), dtype=torch.float64)
    model.loss(x, generator=generator(4)).loss.backward()
    noisy = NOISES[1](x, generator=generator(4))
    ((plain(noisy).outputs - x) ** 2).sum(1).mean().backward()
    for mine, twin in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, twin.grad)


@pytest.mark.parametrize("noise", NOISES, ids=lambda made: made.name)
def test_config_builds_the_same_model_again(noise: object) -> None:
    model = DenoisingAutoencoder((1, 4, 4), [8], 4, corruption=noise, tied=True, loss="huber")  # type: ignore[arg-type]
    twin = DenoisingAutoencoder(**model.config())
    twin.load_state_dict(model.state_dict())
    x = torch.rand(6, 1, 4, 4, generator=generator())
    assert twin.config() == model.config()
    assert torch.equal(twin.loss(x, generator=generator()).loss, model.loss(x, generator=generator()).loss)


def test_corruptions_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"x must have shape \(B, C, H, W\); got \(1, 16\)"):  # D-23
        DenoisingAutoencoder(16, [8], 4, corruption=NOISES[4])
    with pytest.raises(
        TypeError, match=r"corruption must come from coursekit.noise.corruption; got str 'blur'"
    ):
        DenoisingAutoencoder(16, [8], 4, corruption="blur")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="name must be one of gaussian"):  # D-16
        DenoisingAutoencoder(16, [8], 4, corruption={"name": "Gaussian", "sigma": 0.3})


# Closed forms


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
def test_optimal_denoiser_equals_quadrature_in_one_dimension(sigma: float) -> None:
    law = Mixture(torch.tensor([0.3, 0.7]).double(), torch.tensor([[-1.0], [1.5]]).double(),
                  torch.tensor([[[0.04]], [[0.25]]]).double())  # fmt: skip
    grid = torch.linspace(-8, 8, 40_001, dtype=torch.float64)
    clean = torch.zeros_like(grid)
    for weight, mean, variance in zip(law.weights, law.means[:, 0], law.covariances[:, 0, 0], strict=True):
        clean += weight * torch.exp(-((grid - mean) ** 2) / (2 * variance)) / (2 * math.pi * variance).sqrt()
    noisy = torch.linspace(-3, 3, 25, dtype=torch.float64)
    joint = clean * torch.exp(-((noisy[:, None] - grid) ** 2) / (2 * sigma**2))
    wanted = torch.trapezoid(grid * joint, grid) / torch.trapezoid(joint, grid)
    torch.testing.assert_close(optimal_denoiser(noisy[:, None], law, sigma)[:, 0], wanted, rtol=0, atol=1e-9)


def test_optimal_denoiser_equals_quadrature_in_two_dimensions() -> None:
    law, sigma = mixture(), 0.6
    side = torch.linspace(-9, 9, 601, dtype=torch.float64)
    grid = torch.cartesian_prod(side, side)
    clean = noisy_law(law, 0.0).log_prob(grid).exp()
    for point in draw(5, 2, seed=9):
        joint = clean * torch.exp(-(point - grid).square().sum(1) / (2 * sigma**2))
        wanted = (grid * joint[:, None]).sum(0) / joint.sum()
        torch.testing.assert_close(optimal_denoiser(point[None], law, sigma)[0], wanted, rtol=0, atol=1e-8)


@pytest.mark.parametrize("sigma", [0.0, 0.3, 1.5])
@pytest.mark.parametrize("d", [1, 2, 5])
def test_score_equals_the_gradient_of_the_log_density(d: int, sigma: float) -> None:
    law, x = mixture(d), draw(20, d, seed=7).requires_grad_()
    (wanted,) = torch.autograd.grad(noisy_law(law, sigma).log_prob(x).sum(), x)
    torch.testing.assert_close(mixture_score(x.detach(), law, sigma), wanted, rtol=1e-9, atol=1e-9)


def test_tweedie_joins_the_optimal_denoiser_and_the_score_of_the_density() -> None:
    law, sigma, x = mixture(3), 0.7, draw(20, 3, seed=7).requires_grad_()
    (score,) = torch.autograd.grad(noisy_law(law, sigma).log_prob(x).sum(), x)
    denoised = optimal_denoiser(x.detach(), law, sigma)
    torch.testing.assert_close(denoised, x.detach() + sigma**2 * score, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(score_of_denoiser(denoised, x.detach(), sigma), score, rtol=1e-9, atol=1e-9)


def test_no_other_denoiser_beats_the_optimum_on_many_draws() -> None:
    law, sigma, n = mixture(), 0.8, 40_000
    part = torch.multinomial(law.weights, n, replacement=True, generator=generator(1))
    clean = law.means[part] + (torch.linalg.cholesky(law.covariances)[part] @ draw(n, 2, 1, seed=2))[..., 0]
    noisy = clean + sigma * draw(n, 2, seed=3)
    best = (optimal_denoiser(noisy, law, sigma) - clean).square().sum(1)
    for other in (fit_wiener(clean, sigma).denoise(noisy), 0.95 * optimal_denoiser(noisy, law, sigma), noisy):
        lead = (other - clean).square().sum(1) - best
        assert lead.mean() > 4.9 * lead.std() / n**0.5


def test_far_components_do_not_overflow_and_one_between_gets_the_mean_of_both() -> None:
    law = Mixture(torch.tensor([0.5, 0.5]), torch.tensor([[-50.0], [50.0]]), torch.full((2, 1, 1), 1e-4))
    there = optimal_denoiser(torch.tensor([[0.0], [-40.0], [1000.0]]), law, 0.1)
    assert there[0].item() == 0.0
    assert torch.isfinite(there).all()
    assert there[1].item() < -49


# Wiener


def test_wiener_equals_the_inverse_formula_and_the_optimum_of_one_gaussian() -> None:
    mean, sigma = draw(5), 0.6
    cov, x = covariance(5, 4), draw(30, 5, seed=8)
    told = wiener(mean, cov, sigma)
    gain = cov @ torch.linalg.inv(cov + sigma**2 * torch.eye(5, dtype=torch.float64))
    torch.testing.assert_close(told.gain, gain, rtol=1e-10, atol=1e-12)
    one = Mixture(torch.ones(1, dtype=torch.float64), mean[None], cov[None])
    torch.testing.assert_close(told.denoise(x), optimal_denoiser(x, one, sigma), rtol=1e-9, atol=1e-10)
    torch.testing.assert_close(torch.tensor(told.error).double(), torch.trace(cov - gain @ cov))


def test_wiener_equals_a_linear_regression_of_clean_on_noisy_draws() -> None:
    # The data are no Gaussian: the best affine map needs two moments only.
    n, sigma = 300_000, 0.5
    mixing = torch.tensor([[1.0, 0.0, 0.5], [0.3, 0.8, 0.0], [0.0, -0.4, 0.6]], dtype=torch.float64)
    clean = torch.rand(n, 3, generator=generator(1), dtype=torch.float64).pow(3) @ mixing
    noisy = clean + sigma * draw(n, 3, seed=2)
    design = torch.cat([noisy, torch.ones(n, 1, dtype=torch.float64)], 1)
    fitted = torch.linalg.lstsq(design, clean).solution  # (4, 3)
    told = fit_wiener(clean, sigma)
    residual = clean - design @ fitted
    # Standard errors of a regression, robust to errors that depend on the design.
    inverse = torch.linalg.inv(design.T @ design)
    for column in range(3):
        meat = (design * residual[:, column : column + 1].square()).T @ design
        spread = (inverse @ meat @ inverse).diagonal().sqrt()
        intercept = told.mean[column] - told.gain[column] @ told.mean
        wanted = torch.cat([told.gain[column], intercept[None]])
        assert ((fitted[:, column] - wanted).abs() < 5.5 * spread).all()
    errors = (told.denoise(noisy) - clean).square().sum(1)
    assert abs(errors.mean().item() - told.error) < 4.9 * errors.std().item() / n**0.5


def test_wiener_takes_the_moments_of_the_samples_themselves() -> None:
    x = draw(5, 3).numpy()
    told, cov = fit_wiener(torch.from_numpy(x), 0.4), np.cov(x.T, ddof=0)
    np.testing.assert_allclose(told.mean.numpy(), x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(told.gain.numpy(), cov @ np.linalg.inv(cov + 0.16 * np.eye(3)), rtol=1e-9)


def test_wiener_counts_an_eigenvalue_below_zero_as_zero() -> None:
    # Rounding can put one at -sigma^2, where the formula divides by zero.
    told = wiener(torch.zeros(2).double(), torch.diag(torch.tensor([1.0, -0.25]).double()), 0.5)
    assert told.gain.tolist() == [[0.8, 0.0], [0.0, 0.0]]
    assert told.error == pytest.approx(0.2)


def test_wiener_of_data_in_a_subspace_stays_in_it() -> None:
    x = draw(50, 2) @ draw(2, 6, seed=1)
    told = fit_wiener(x, 1e-3)
    torch.testing.assert_close(told.denoise(x), x, rtol=0, atol=1e-4)
    assert int(torch.linalg.matrix_rank(told.gain, rtol=1e-6)) == 2
    assert torch.isfinite(fit_wiener(torch.ones(4, 3), 0.1).gain).all()


def test_bad_numbers_are_refused() -> None:
    law, x = mixture(), draw(4, 2)
    with pytest.raises(ValueError, match="sigma must be a finite number above zero; got 0"):
        wiener(torch.zeros(2), torch.eye(2), 0.0)
    with pytest.raises(ValueError, match=r"covariance must have shape \(2, 2\); got \(3, 3\)"):
        wiener(torch.zeros(2), torch.eye(3), 1.0)
    with pytest.raises(ValueError, match="x must hold at least 2 samples to have a covariance; got 1"):
        fit_wiener(x[:1], 1.0)
    with pytest.raises(ValueError, match=r"x must have shape \(B, 2\); got \(4, 1\)"):
        fit_wiener(x, 1.0).denoise(x[:, :1])
    with pytest.raises(ValueError, match="weights must sum to 1; got 2"):
        optimal_denoiser(x, law._replace(weights=2 * law.weights), 1.0)
    with pytest.raises(ValueError, match="weights must be above 0"):
        mixture_score(x, law._replace(weights=torch.tensor([1.5, -1.0, 0.5]).double()), 1.0)
    with pytest.raises(ValueError, match=r"covariances must have shape \(3, 2, 2\); got \(3, 2\)"):
        optimal_denoiser(x, law._replace(covariances=law.means), 1.0)
    with pytest.raises(ValueError, match=r"denoised must have shape \(4, 2\); got \(3, 2\)"):
        score_of_denoiser(x[:3], x, 1.0)


#


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("sigma", [0.3, 0.5])
def test_on_noisy_digits_the_denoiser_beats_the_plain_model_and_the_best_linear_filter(sigma: float) -> None:
    split = digits(seed=0, test_size=397)
    x = split.x_test
    noisy = gaussian(x, sigma, generator=generator(99))
    linear = (fit_wiener(split.x_train, sigma).denoise(noisy) - x).square().mean().item()
    for seed in range(5):
        models = (
            DenoisingAutoencoder(64, [128], 32, corruption=corruption("gaussian", sigma=sigma),
                                 generator=generator(seed)),
            DenseAutoencoder(64, [128], 32, generator=generator(seed)),
        )  # fmt: skip
        for model in models:
            fit(model, (split.x_train,), loss=lambda m, batch, g: m.loss(*batch, generator=g)._asdict(),
                epochs=100, batch_size=64, lr=1e-3, generator=generator(seed + 100))  # fmt: skip
        denoising, plain = ((m.reconstruct(noisy) - x).square().mean().item() for m in models)
        price, clean = ((m.reconstruct(x) - x).square().mean().item() for m in models)
        assert denoising < 0.5 * plain
        assert denoising < linear
        assert clean < 0.5 * price
