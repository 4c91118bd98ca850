"""Latent diffusion against closed forms: variances, a Gaussian's best predictor, the sampler's moments."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from coursekit.autoencoders.autoencoder import DenseAutoencoder
from coursekit.autoencoders.latent_denoiser import LatentDiffusion, NoisePredictor
from coursekit.autoencoders.latent_diffusion import (
    diffuse,
    draw_codes,
    gaussian_predictor,
    noise_loss,
    noise_schedule,
    reverse_step,
)

M = torch.tensor([0.7, -1.1, 0.2], dtype=torch.float64)
ROOT = torch.tensor([[1.0, 0, 0], [0.6, 0.5, 0], [-0.3, 0.2, 0.3]], dtype=torch.float64)
S = ROOT @ ROOT.T


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def codes(n: int, seed: int = 0) -> torch.Tensor:
    return M + draw(n, 3, seed=seed) @ ROOT.T


def shares(t: int, alpha_bar: torch.Tensor) -> tuple[float, float, float]:
    """Return beta, and what is kept before and after step t, in plain Python."""
    before, now = float(alpha_bar[t - 1]), float(alpha_bar[t])
    return 1 - now / before, before, now


# The schedule


@pytest.mark.parametrize("steps", [1, 2, 10, 1000])
def test_cosine_schedule_is_the_papers(steps: int) -> None:
    curve = [math.cos((t / steps + 0.008) / 1.008 * math.pi / 2) ** 2 for t in range(steps + 1)]
    kept, twin = 1.0, [1.0]
    for t in range(1, steps + 1):
        kept *= 1 - min(1 - curve[t] / curve[t - 1], 0.999)
        twin.append(kept)
    np.testing.assert_allclose(noise_schedule(steps).numpy(), twin, rtol=1e-12)


def test_linear_schedule_of_a_thousand_steps_is_the_papers() -> None:
    twin = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))
    np.testing.assert_allclose(noise_schedule(1000, kind="linear")[1:].numpy(), twin, rtol=1e-12)
    short = noise_schedule(20, kind="linear")
    assert ((short[1:] / short[:-1]) < 1).all()
    assert short[-1] > 0


# The way out


@pytest.mark.parametrize("kind", ["cosine", "linear"])
def test_many_small_steps_are_one_large_one(kind: str) -> None:
    # Mean factor and variance, step by step: a' = sqrt(1 - beta) a, v' = (1 - beta) v + beta.
    alpha_bar = noise_schedule(30, kind=kind)
    factor, variance = 1.0, 0.0
    for t in range(1, 31):
        beta, _, now = shares(t, alpha_bar)
        factor, variance = math.sqrt(1 - beta) * factor, (1 - beta) * variance + beta
        assert factor == pytest.approx(math.sqrt(now), rel=1e-12)
        assert variance == pytest.approx(1 - now, rel=1e-9)


def test_noised_codes_have_the_closed_mean_and_covariance() -> None:
    n, alpha_bar = 200_000, noise_schedule(10)
    for t in (0, 3, 10):
        noised = diffuse(codes(n), torch.full((n,), t), alpha_bar, generator=seeded(1))
        kept = alpha_bar[t].item()
        wanted = kept * S + (1 - kept) * torch.eye(3)
        # Five and a half standard errors of each entry (false alarm below 1e-6 over all of them).
        d = wanted.diag()
        error = 5.5 * ((wanted**2 + d[:, None] * d) / n).sqrt()
        assert ((torch.cov(noised.z.T) - wanted).abs() < error).all()
        assert ((noised.z.mean(0) - kept**0.5 * M).abs() < 5.5 * (d / n).sqrt()).all()
        twin = kept**0.5 * codes(n) + (1 - kept) ** 0.5 * noised.noise
        torch.testing.assert_close(noised.z, twin)


def test_each_row_has_its_own_step() -> None:
    z, alpha_bar, t = draw(4, 3), noise_schedule(6), torch.tensor([0, 2, 6, 3])
    noised = diffuse(z, t, alpha_bar, generator=seeded(1))
    for row, step in enumerate(t.tolist()):
        kept = alpha_bar[step].item()
        twin = math.sqrt(kept) * z[row] + math.sqrt(1 - kept) * noised.noise[row]
        torch.testing.assert_close(noised.z[row], twin)


# The loss


def test_loss_of_no_guess_is_the_width_and_of_the_truth_zero() -> None:
    n, alpha_bar = 100_000, noise_schedule(10)
    nothing = noise_loss(lambda z, _: torch.zeros_like(z), codes(n), alpha_bar, generator=seeded())
    # The squared norm of a standard normal of width 3: mean 3, variance 6.
    assert nothing.item() == pytest.approx(3, abs=5.5 * (6 / n) ** 0.5)
    zero = torch.zeros(50, 3, dtype=torch.float64)

    def exact(z: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return z / (1 - alpha_bar[t]).sqrt()[:, None]

    assert noise_loss(exact, zero, alpha_bar, generator=seeded()).item() < 1e-20


def test_loss_draws_all_steps_but_zero_alike() -> None:
    seen: list[torch.Tensor] = []

    def spy(z: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        seen.append(t)
        return torch.zeros_like(z)

    noise_loss(spy, draw(40_000, 1), noise_schedule(8), generator=seeded())
    counts = torch.bincount(seen[0], minlength=9)
    assert counts[0] == 0
    assert len(counts) == 9
    assert stats.chisquare(counts[1:].numpy()).pvalue > 1e-6


def test_gaussian_predictor_is_the_regression_of_noise_on_codes() -> None:
    n, alpha_bar = 300_000, noise_schedule(10)
    predict = gaussian_predictor(M, S, alpha_bar)
    for t in (1, 5, 10):
        steps = torch.full((n,), t)
        noised = diffuse(codes(n), steps, alpha_bar, generator=seeded(1))
        table = np.column_stack([np.ones(n), noised.z.numpy()])
        weights, *_ = np.linalg.lstsq(table, noised.noise.numpy(), rcond=None)
        at = draw(4, 3, seed=5)
        twin = np.column_stack([np.ones(4), at.numpy()]) @ weights
        found = predict(at, torch.full((4,), t)).numpy()
        # The standard errors of the fitted values, five and a half of them.
        rest = (noised.noise.numpy() - table @ weights).std(0)
        rows = np.column_stack([np.ones(4), at.numpy()])
        error = np.sqrt(np.einsum("ij,jk,ik->i", rows, np.linalg.inv(table.T @ table), rows))
        assert (np.abs(found - twin) < 5.5 * error[:, None] * rest + 1e-9).all()


def test_no_predictor_is_better_for_gaussian_codes() -> None:
    alpha_bar, z = noise_schedule(10), codes(100_000)
    best = gaussian_predictor(M, S, alpha_bar)
    own = noise_loss(best, z, alpha_bar, generator=seeded())
    # Mean over t of K minus the trace of (1 - abar) C_t^-1, the variance that the codes leave of the noise.
    eye = torch.eye(3, dtype=torch.float64)
    spread = [3 - (1 - k) * torch.linalg.inv(k * S + (1 - k) * eye).trace() for k in alpha_bar[1:]]
    assert own.item() == pytest.approx(float(sum(spread) / 10), abs=0.04)
    for other in (
        lambda z, t: 1.05 * best(z, t),
        lambda z, t: best(z, t) + 0.1,
        gaussian_predictor(M + 0.2, S, alpha_bar),
        gaussian_predictor(M, 1.3 * S, alpha_bar),
    ):
        assert noise_loss(other, z, alpha_bar, generator=seeded()) > own + 1e-4


# The way back


@pytest.mark.parametrize("variance", ["beta", "posterior"])
def test_a_step_back_from_one_code_is_bayes_rule(variance: str) -> None:
    # Where all codes are the same c, the noise is known, and N(z_{t-1} | z_t, c) is a product of Gaussians.
    alpha_bar, c, z = noise_schedule(12), draw(1, 3), draw(5, 3, seed=1)
    for t in (2, 7, 12):
        beta, before, now = shares(t, alpha_bar)
        guess = (z - math.sqrt(now) * c) / math.sqrt(1 - now)
        precision = (1 - beta) / beta + 1 / (1 - before)
        mean = (math.sqrt(1 - beta) * z / beta + math.sqrt(before) * c / (1 - before)) / precision
        step = reverse_step(z, guess, t, alpha_bar, torch.zeros_like(z), variance=variance)
        torch.testing.assert_close(step, mean)
        moved = reverse_step(z, guess, t, alpha_bar, torch.ones_like(z), variance=variance) - mean
        wanted = beta if variance == "beta" else 1 / precision
        torch.testing.assert_close(moved, torch.full_like(z, math.sqrt(wanted)))


def recursion(alpha_bar: torch.Tensor, variance: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and covariance of what the sampler draws with the best predictor, step by step."""
    eye = torch.eye(3, dtype=torch.float64)
    mean, cov = torch.zeros(3, dtype=torch.float64), eye
    for t in range(len(alpha_bar) - 1, 0, -1):
        beta, before, now = shares(t, alpha_bar)
        inverse = torch.linalg.inv(now * S + (1 - now) * eye)
        a = (eye - beta * inverse) / math.sqrt(1 - beta)
        mean = a @ mean + beta * math.sqrt(now / (1 - beta)) * inverse @ M
        fresh = beta if variance == "beta" else beta * (1 - before) / (1 - now)
        cov = a @ cov @ a.T + (fresh if t > 1 else 0.0) * eye
    return mean, cov


@pytest.mark.parametrize("variance", ["beta", "posterior"])
def test_sampler_follows_the_recursion_of_its_moments(variance: str) -> None:
    n, alpha_bar = 100_000, noise_schedule(12)
    predict = gaussian_predictor(M, S, alpha_bar)
    found = draw_codes(predict, n, 3, alpha_bar, variance=variance, dtype=torch.float64, generator=seeded())
    mean, cov = recursion(alpha_bar, variance)
    d = cov.diag()
    assert ((found.mean(0) - mean).abs() < 5.5 * (d / n).sqrt()).all()
    assert ((torch.cov(found.T) - cov).abs() < 5.5 * ((cov**2 + d[:, None] * d) / n).sqrt()).all()


@pytest.mark.parametrize("variance", ["beta", "posterior"])
def test_the_best_predictor_brings_the_gaussian_back_with_many_steps(variance: str) -> None:
    errors = []
    for steps in (10, 100, 1000):
        mean, cov = recursion(noise_schedule(steps), variance)
        errors.append(max((mean - M).abs().max().item(), (cov - S).abs().max().item()))
    assert errors[2] < 0.01
    assert errors[1] < 0.35 * errors[0]
    assert errors[2] < 0.35 * errors[1]


def test_standard_normal_codes_come_back_exactly_with_any_number_of_steps() -> None:
    # For N(0, I) the best guess is sqrt(1 - abar) z: a step is sqrt(1 - beta) z plus noise of variance beta.
    alpha_bar = noise_schedule(4)
    predict = gaussian_predictor(torch.zeros(2).double(), torch.eye(2).double(), alpha_bar)
    z = draw(6, 2)
    for t in (4, 3, 2, 1):
        beta, *_ = shares(t, alpha_bar)
        step = reverse_step(z, predict(z, torch.full((6,), t)), t, alpha_bar, torch.zeros_like(z))
        torch.testing.assert_close(step, math.sqrt(1 - beta) * z)


# The model


def model(steps: int = 8) -> tuple[LatentDiffusion, torch.Tensor]:
    x = draw(40, 6, seed=3)
    inner = DenseAutoencoder(6, [5], 3, generator=seeded()).double()
    return LatentDiffusion(inner, x, [7], steps=steps, generator=seeded(1)).double(), x


def test_codes_are_standardised_and_decoded_from_their_own_units() -> None:
    diffusion, x = model()
    z = diffusion.encode(x)
    torch.testing.assert_close(z.mean(0), torch.zeros(3).double(), atol=1e-12, rtol=0)
    torch.testing.assert_close(z.std(0), torch.ones(3).double())
    torch.testing.assert_close(diffusion.decode(z), diffusion.autoencoder.reconstruct(x))


def test_loss_reaches_the_denoiser_only() -> None:
    diffusion, x = model()
    diffusion.loss(x, generator=seeded(2)).backward()
    own = list(diffusion.denoiser_parameters())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in own)
    assert all(p.grad is None for p in diffusion.autoencoder.parameters())
    twin = noise_loss(diffusion.predictor, diffusion.encode(x), noise_schedule(8), generator=seeded(2))
    assert diffusion.loss(x, generator=seeded(2)).item() == twin.item()


def test_predictor_is_its_network_on_codes_and_angles() -> None:
    predictor = NoisePredictor(2, [5], steps=10, frequencies=3, generator=seeded()).double()
    z, t = draw(4, 2), torch.tensor([1, 5, 10, 2])
    angles = [[2.0**i * math.pi * s / 10 for i in (-1, 0, 1)] for s in t.tolist()]
    table = np.concatenate([z.numpy(), np.sin(angles), np.cos(angles)], axis=1)
    first, last = predictor.network[0], predictor.network[2]
    hidden = table @ first.weight.detach().numpy().T + first.bias.detach().numpy()  # type: ignore[union-attr, operator]
    hidden = hidden / (1 + np.exp(-hidden))
    twin = hidden @ last.weight.detach().numpy().T + last.bias.detach().numpy()  # type: ignore[union-attr, operator]
    np.testing.assert_allclose(predictor(z, t).detach().numpy(), twin, rtol=1e-10)


def test_everything_random_comes_from_the_generator() -> None:
    before = torch.get_rng_state()
    (a, x), (b, _) = model(), model()
    assert torch.equal(a.sample(5, generator=seeded()), b.sample(5, generator=seeded()))
    assert a.sample(5, generator=seeded()).shape == (5, 6)
    a.loss(x, generator=seeded())
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.equal(a.sample(5, generator=seeded()), a.sample(5, generator=seeded(1)))


def test_a_trained_predictor_finds_the_gaussian_one() -> None:
    alpha_bar, g = noise_schedule(10), seeded(4)
    z = codes(2000).float()
    network = NoisePredictor(3, [32], steps=10, generator=seeded())
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(250):
        optimizer.zero_grad()
        noise_loss(network, z[torch.randint(2000, (256,), generator=g)], alpha_bar, generator=g).backward()
        optimizer.step()
    best = gaussian_predictor(M.float(), S.float(), alpha_bar)
    losses = [noise_loss(p, codes(20_000, seed=9).float(), alpha_bar, generator=seeded(8)).item()
              for p in (best, network)]  # fmt: skip
    assert losses[0] < losses[1] < 1.15 * losses[0]


def test_bad_arguments() -> None:
    alpha_bar = noise_schedule(5)
    with pytest.raises(ValueError, match="steps must be an int of at least 1; got 0"):
        noise_schedule(0)
    with pytest.raises(ValueError, match="kind must be one of cosine, linear; got 'cosin'"):
        noise_schedule(5, kind="cosin")
    with pytest.raises(ValueError, match="t must lie in 0 to 5; got 0 to 6"):
        diffuse(draw(2, 3), torch.tensor([0, 6]), alpha_bar)
    with pytest.raises(ValueError, match=r"t must have shape \(2,\); got \(3,\)"):
        diffuse(draw(2, 3), torch.tensor([0, 1, 2]), alpha_bar)
    with pytest.raises(ValueError, match="t must lie in 1 to 5; got 0"):
        reverse_step(draw(2, 3), draw(2, 3), 0, alpha_bar, draw(2, 3))
    with pytest.raises(ValueError, match="variance must be one of beta, posterior; got 'exact'"):
        reverse_step(draw(2, 3), draw(2, 3), 1, alpha_bar, draw(2, 3), variance="exact")
    with pytest.raises(ValueError, match=r"what predict returns must have shape \(2, 3\); got \(2, 1\)"):
        noise_loss(lambda z, _: z[:, :1], draw(2, 3), alpha_bar)
    with pytest.raises(ValueError, match="n must be an int of at least 1; got 0"):
        draw_codes(gaussian_predictor(M, S, alpha_bar), 0, 3, alpha_bar)
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator"):
        diffuse(draw(2, 3), torch.tensor([0, 1]), alpha_bar, generator=0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="autoencoder must be an Autoencoder; got Linear"):
        LatentDiffusion(torch.nn.Linear(2, 2), draw(4, 2), [3])  # type: ignore[arg-type]
    constant = DenseAutoencoder(6, [5], 3, generator=seeded()).double()
    with pytest.raises(ValueError, match="each unit of the code must vary over x; got 3 constant ones"):
        LatentDiffusion(constant, torch.ones(4, 6, dtype=torch.float64), [3])
