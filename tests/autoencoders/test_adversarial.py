"""The adversarial autoencoder: the best discriminator by quadrature, and whose parameters a loss reaches."""

import math

import pytest
import torch
from scipy import stats
from torch.distributions import Normal

from coursekit.autoencoders.adversarial import AdversarialAutoencoder, discriminator_loss, fooling_loss
from coursekit.data import digits
from coursekit.dense import mlp, reset_weights

Z = torch.linspace(-40, 40, 40_001, dtype=torch.float64)
P = Normal(torch.zeros((), dtype=torch.float64), 1.0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def make(**options: object) -> AdversarialAutoencoder:
    options = {"weight": 2.0, "generator": seeded(), **options}
    return AdversarialAutoencoder((5,), [7], 3, discriminator_dims=(6,), **options).double()  # type: ignore[arg-type]


def integral(logits: torch.Tensor, q: Normal) -> float:
    """Return the expected discriminator loss for logits on the grid, by quadrature."""
    p_part = torch.trapezoid(P.log_prob(Z).exp() * torch.logaddexp(torch.zeros_like(Z), -logits), Z)
    q_part = torch.trapezoid(q.log_prob(Z).exp() * torch.logaddexp(torch.zeros_like(Z), logits), Z)
    return (p_part + q_part).item()


def divergence(q: Normal) -> float:
    """Return the Jensen-Shannon divergence between q and N(0, 1), by quadrature."""
    p, q_ = P.log_prob(Z), q.log_prob(Z)
    half = torch.logaddexp(p, q_) - math.log(2)
    return (0.5 * torch.trapezoid(p.exp() * (p - half) + q_.exp() * (q_ - half), Z)).item()


# The two losses


def test_losses_equal_the_logarithms_of_sigmoids() -> None:
    prior, code = draw(9), draw(6, seed=1)
    real, fake = torch.sigmoid(prior), torch.sigmoid(code)
    torch.testing.assert_close(discriminator_loss(prior, code), -real.log().mean() - (1 - fake).log().mean())
    torch.testing.assert_close(fooling_loss(code), -fake.log().mean())


def test_losses_neither_overflow_nor_lose_their_gradient() -> None:
    far = torch.tensor([-200.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(fooling_loss(far), far)
    assert fooling_loss(far).item() == 200.0
    assert gradient.item() == -1.0
    # The saturating form log(1 - sigmoid) has no gradient at a code that the discriminator is sure of.
    (dead,) = torch.autograd.grad(-torch.nn.functional.softplus(far).sum(), far)
    assert dead.item() == 0.0


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (1.5, 0.6), (-0.5, 2.0), (6.0, 1.0)])
def test_the_optimal_discriminator_reaches_the_closed_value_and_nothing_lies_below(
    mean: float, sd: float
) -> None:
    q = Normal(torch.tensor(mean, dtype=torch.float64), sd)
    best = P.log_prob(Z) - q.log_prob(Z)
    value = 2 * math.log(2) - 2 * divergence(q)
    assert integral(best, q) == pytest.approx(value, abs=1e-9)
    for other in (best + 0.3, best - 0.3, 1.2 * best + 0.01, best + 0.5 * torch.sin(Z)):
        assert integral(other, q) > value + 1e-6
    # The function itself, by Monte Carlo, five standard errors (false alarm 6e-7).
    n = 200_000
    a, b = draw(n), mean + sd * draw(n, seed=1)
    losses = [P.log_prob(z) - q.log_prob(z) for z in (a, b)]
    noise = [
        torch.nn.functional.softplus(sign * loss).std().item()
        for sign, loss in zip((-1, 1), losses, strict=True)
    ]
    error = 5 * math.hypot(*noise) / n**0.5 + 1e-12
    assert discriminator_loss(*losses).item() == pytest.approx(value, abs=error)


@pytest.mark.slow
def test_a_trained_discriminator_comes_near_the_optimal_value() -> None:
    # N(1.5, 0.6^2) against N(0, 1): no network does better than the closed value.
    q = Normal(torch.tensor(1.5, dtype=torch.float64), 0.6)
    value = 2 * math.log(2) - 2 * divergence(q)
    for seed in range(2):
        g = seeded(seed)
        network = mlp([1, 32, 1], activation="tanh")
        reset_weights(network, generator=g)
        optimizer = torch.optim.Adam(network.parameters(), 1e-2)
        for _ in range(400):
            optimizer.zero_grad()
            a, b = torch.randn(256, 1, generator=g), 1.5 + 0.6 * torch.randn(256, 1, generator=g)
            discriminator_loss(network(a).squeeze(1), network(b).squeeze(1)).backward()
            optimizer.step()
        with torch.no_grad():
            logits = network.double()(Z.unsqueeze(1)).squeeze(1)
        assert value < integral(logits, q) < value + 0.02


# Whose parameters a loss reaches


def test_each_loss_reaches_its_own_parameters_only() -> None:
    model, x = make(), draw(4, 5)
    own, others = list(model.autoencoder_parameters()), list(model.discriminator.parameters())
    assert len(own) + len(others) == len(list(model.parameters()))
    model.loss(x).loss.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in own)
    assert all(p.grad is None for p in others)
    model.zero_grad(set_to_none=True)
    model.discriminator_loss(x, generator=seeded(1)).backward()
    assert all(p.grad is None for p in own)
    assert all(p.grad is not None for p in others)
    assert sum(p.grad.abs().sum().item() for p in others if p.grad is not None) > 0


def test_the_loss_is_reconstruction_and_weighted_fooling_with_its_gradient() -> None:
    model, x = make(), draw(4, 5)
    terms = model.loss(x)
    z = model.encode(x)
    d = torch.sigmoid(model.discriminator(z)[:, 0])
    twin = ((model.decode(z) - x) ** 2).sum() / 4 - 2.0 * d.log().mean()
    torch.testing.assert_close(terms.loss, twin)
    torch.testing.assert_close(terms.penalty, -2.0 * d.log().mean())
    own = list(model.autoencoder_parameters())
    for a, b in zip(torch.autograd.grad(terms.loss, own), torch.autograd.grad(twin, own), strict=True):
        torch.testing.assert_close(a, b)


def test_the_encoder_is_pulled_towards_the_prior_by_finite_differences() -> None:
    model, x = make(), draw(4, 5)
    *_, bias = model.encoder.parameters()
    (gradient,) = torch.autograd.grad(model.loss(x).penalty, bias)
    for k in range(3):
        values = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                bias[k] += step
                values.append(model.loss(x).penalty.item())
                bias[k] -= step
        assert gradient[k].item() == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-6, abs=1e-9)


def test_discriminator_loss_of_the_model_takes_codes_and_as_many_draws() -> None:
    model, x = make(), draw(4, 5)
    draws = model.draw_prior(4, generator=seeded(1))
    twin = -(
        torch.sigmoid(model.discriminator(draws)).log()
        + torch.sigmoid(-model.discriminator(model.encode(x))).log()
    )
    torch.testing.assert_close(model.discriminator_loss(x, generator=seeded(1)), twin.mean())


# The prior


@pytest.mark.parametrize(("prior", "law"), [("gaussian", stats.norm()), ("uniform", stats.uniform(-1, 2))])
def test_draws_follow_the_prior(prior: str, law: "stats.rv_frozen") -> None:
    codes = make(prior=prior).draw_prior(20_000, generator=seeded())
    assert codes.dtype == torch.float64
    assert stats.kstest(codes.flatten().numpy(), law.cdf).pvalue > 1e-6
    correlation = torch.corrcoef(codes.T) - torch.eye(3, dtype=torch.float64)
    assert correlation.abs().max() < 5 / 20_000**0.5


def test_samples_are_decoded_draws_as_pixels() -> None:
    model = AdversarialAutoencoder((1, 3, 2), [7], 3, loss="bernoulli", generator=seeded())
    samples = model.sample(4, generator=seeded(1))
    twin = torch.sigmoid(model.decode(torch.randn(4, 3, generator=seeded(1))))
    torch.testing.assert_close(samples, twin)
    assert samples.shape == (4, 1, 3, 2)


def test_everything_random_comes_from_the_generator() -> None:
    before = torch.get_rng_state()
    model = AdversarialAutoencoder(6, [4, 3], 2, prior="uniform", weight=0.5, generator=seeded(1))
    again = AdversarialAutoencoder(**model.config(), generator=seeded(1))
    model.discriminator_loss(torch.zeros(2, 6), generator=seeded())
    model.sample(2, generator=seeded())
    assert torch.equal(before, torch.get_rng_state())
    assert again.config() == model.config()
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    model.reset_parameters(generator=seeded(2))
    assert not torch.equal(model.discriminator[0].weight, again.discriminator[0].weight)  # type: ignore[arg-type]


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match=r"prior must be one of gaussian, uniform; got 'gauss'"):
        make(prior="gauss")
    with pytest.raises(ValueError, match=r"weight must be a finite number, zero or above; got -1"):
        make(weight=-1.0)
    with pytest.raises(ValueError, match=r"z must have shape \(B, 3\); got \(2, 4\)"):
        make().discriminate(draw(2, 4))
    with pytest.raises(ValueError, match=r"n must be an int of at least 1; got 0"):
        make().sample(0)
    with pytest.raises(ValueError, match=r"code_logits must have shape \(B,\); got \(2, 1\)"):
        discriminator_loss(draw(2), draw(2, 1))
    with pytest.raises(TypeError, match=r"generator must be a torch.Generator"):
        make().draw_prior(2, generator=0)  # type: ignore[arg-type]


def distance(z: torch.Tensor) -> float:
    """Return the largest Kolmogorov-Smirnov distance from N(0, 1) over twenty directions."""
    directions = torch.randn(20, z.shape[1], generator=seeded(9))
    rays = directions / directions.norm(dim=1, keepdim=True)
    return max(float(stats.kstest((z @ ray).numpy(), "norm").statistic) for ray in rays)


@pytest.mark.slow
def test_training_brings_codes_near_the_prior() -> None:
    # Two seeds and a rate of 2e-3 for a short test; the chapter has five, and its bands.
    data = digits(seed=0, test_size=297)
    for seed in range(2):
        distances = []
        for weight in (0.0, 1.0):
            model = AdversarialAutoencoder(
                64, [64], 2, weight=weight, discriminator_dims=(64,), generator=seeded(seed)
            )
            reconstruct = torch.optim.Adam(model.autoencoder_parameters(), 2e-3)
            judge = torch.optim.Adam(model.discriminator.parameters(), 2e-3, betas=(0.5, 0.999))
            draws = seeded(10_000 + seed)
            for _ in range(25):
                for rows in torch.randperm(len(data.x_train), generator=draws).split(100):
                    x = data.x_train[rows]
                    judge.zero_grad()
                    model.discriminator_loss(x, generator=draws).backward()
                    judge.step()
                    reconstruct.zero_grad()
                    model.loss(x).loss.backward()
                    reconstruct.step()
            with torch.no_grad():
                distances.append(distance(model.encode(data.x_test)))
        # Measured: 0.46 and 0.60 without the game, 0.12 and 0.17 with it; 297 true draws give 0.06.
        assert distances[1] < 0.25
        assert distances[1] < 0.6 * distances[0]
