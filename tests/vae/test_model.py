"""The plain VAE: shapes, gradients, determinism, pictures, and every argument that it refuses."""

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Independent, Normal, kl_divergence

from coursekit.vae import VAE, lerp, slerp, traversal


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small(**options: object) -> VAE:
    return VAE(6, [5], 3, generator=seeded(), **options).double()  # type: ignore[arg-type]


def binary(rows: int = 4) -> torch.Tensor:
    return (torch.rand(rows, 6, generator=seeded(9)) > 0.5).double()


def test_shapes_of_one_pass() -> None:
    out = small()(binary(), generator=seeded())
    assert [tuple(t.shape) for t in out] == [(4, 6), (4, 3), (4, 3), (4, 3)]


def test_loss_equals_a_version_written_with_torch_alone() -> None:
    model, x = small(), binary()
    terms = model.loss(x, generator=seeded(1))
    mu, logvar = model.encode(x)
    q = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    noise = torch.randn(mu.shape, generator=seeded(1), dtype=mu.dtype)
    logits = model.decoder(mu + q.base_dist.stddev * noise)
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = kl_divergence(q, p).mean()
    torch.testing.assert_close(terms.reconstruction, reconstruction, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(terms.kl, kl, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(terms.loss, reconstruction + kl, rtol=1e-12, atol=1e-12)


def test_loss_gradient_matches_central_differences_along_a_random_direction() -> None:
    model, x, h = small(activation="tanh"), binary(), 1e-5
    parameters = list(model.parameters())
    direction = [torch.randn(p.shape, generator=seeded(2), dtype=p.dtype) for p in parameters]
    gradients = torch.autograd.grad(model.loss(x, generator=seeded(1)).loss, parameters)
    slope = sum((g * d).sum() for g, d in zip(gradients, direction, strict=True))
    values = []
    for sign in (1, -2):
        with torch.no_grad():
            for p, d in zip(parameters, direction, strict=True):
                p += sign * h * d
        values.append(model.loss(x, generator=seeded(1)).loss.item())
    assert float(slope) == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-7)


def test_the_reconstruction_alone_reaches_every_parameter_of_both_heads() -> None:
    # 000-M-13, M-14: a detached draw or a detached std cuts these gradients.
    model = small()
    model.loss(binary(), generator=seeded()).reconstruction.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_both_heads_reach_both_signs() -> None:
    # 000-M-20: a ReLU on a head cannot be negative.
    mu, logvar = VAE(6, [32], 3, generator=seeded()).encode(torch.randn(200, 6, generator=seeded(1)))
    for head in (mu, logvar):
        assert (head > 0).any()
        assert (head < 0).any()


def test_the_decoder_returns_logits_not_probabilities() -> None:
    model = small()
    z = 50 * torch.randn(100, 3, generator=seeded(3), dtype=torch.float64)
    logits = model.decode(z)
    assert logits.min() < 0
    assert logits.max() > 1
    torch.testing.assert_close(model.means(logits), torch.sigmoid(logits))


def test_gaussian_likelihood_returns_means_and_draws_around_them() -> None:
    model = small(likelihood="gaussian", sigma=0.1)
    outputs = model.decode(torch.zeros(20_000, 3, dtype=torch.float64))
    assert torch.equal(model.means(outputs), outputs)
    drawn = model.observe(outputs, draw=True, generator=seeded())
    assert abs((drawn - outputs).std().item() / 0.1 - 1) < 0.01
    x = binary()
    log_prob = Normal(outputs[:4], torch.full_like(x, 0.1)).log_prob(x).sum(1)
    torch.testing.assert_close(model.nll(outputs[:4], x), -log_prob)


def test_weights_come_from_the_generator_and_leave_the_global_one_alone() -> None:
    before = torch.get_rng_state()
    first, second, third = (VAE(6, [5], 3, generator=seeded(s)) for s in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(first.trunk[0].weight, second.trunk[0].weight)
    assert not torch.equal(first.trunk[0].weight, third.trunk[0].weight)
    bound = 6**-0.5  # torch's own default range for a layer with 6 inputs
    assert 0.9 * bound < first.trunk[0].weight.abs().max() <= bound


def test_sample_decodes_standard_normal_codes() -> None:
    # 000-M-25: with the decoder stubbed by the identity the codes themselves come out.
    model = VAE(3, [4], 3, likelihood="gaussian", generator=seeded())
    model.decoder = torch.nn.Sequential(torch.nn.Linear(3, 3))
    with torch.no_grad():
        model.decoder[0].weight.copy_(torch.eye(3))
        model.decoder[0].bias.zero_()
    model.trunk = torch.nn.Sequential()  # encode would now fail: sample must not call it
    z = model.sample(50_000, generator=seeded(1))
    assert (z.mean(0).abs() < 4 / 50_000**0.5).all()
    assert ((z.var(0) - 1).abs() < 4 * (2 / 50_000) ** 0.5).all()
    assert not torch.equal(z[:2], model.sample(2, generator=seeded(2)))


def test_sample_returns_means_or_binary_draws() -> None:
    model = small()
    means = model.sample(2000, generator=seeded())
    assert ((means > 0) & (means < 1)).all()
    draws = model.sample(2000, draw=True, generator=seeded())
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    assert (draws.mean(0) - means.mean(0)).abs().max() < 4 * 0.5 / 2000**0.5


def test_reconstruct_is_deterministic_and_decodes_the_posterior_mean() -> None:
    model, x = small(), binary()
    torch.testing.assert_close(model.reconstruct(x), model.reconstruct(x), rtol=0, atol=0)
    torch.testing.assert_close(model.reconstruct(x), torch.sigmoid(model.decoder(model.encode(x)[0])))
    assert not model.reconstruct(x).requires_grad


@pytest.mark.parametrize("path", ["lerp", "slerp"])
def test_interpolation_ends_at_the_mean_reconstructions(path: str) -> None:
    model, x = small(), binary()
    for steps in (2, 7):
        pictures = model.interpolate(x[0], x[1], steps, path=path)
        assert pictures.shape == (steps, 6)
        torch.testing.assert_close(pictures[[0, -1]], model.reconstruct(x[:2]))
        mu = model.encode(x[:2])[0]
        codes = {"lerp": lerp, "slerp": slerp}[path](mu[0], mu[1], steps)
        torch.testing.assert_close(pictures, torch.sigmoid(model.decode(codes)))


def test_traverse_moves_one_latent_only() -> None:
    model, x = small(), binary()
    mu = model.encode(x)[0].detach()
    values = torch.tensor([-2.0, mu[0, 1].item(), 2.0], dtype=torch.float64)
    pictures = model.traverse(x[0], 1, values)
    torch.testing.assert_close(pictures[1], model.reconstruct(x)[0])
    assert not torch.allclose(pictures[0], pictures[2])


def test_paths_in_latent_space() -> None:
    start, end = torch.tensor([1.0, 0.0]).double(), torch.tensor([0.0, 2.0]).double()
    torch.testing.assert_close(lerp(start, end, 3)[1], torch.tensor([0.5, 1.0]).double())
    unit = slerp(start, end / 2, 5)
    torch.testing.assert_close(unit.norm(dim=1), torch.ones(5).double())
    cosines = (unit[1:] * unit[:-1]).sum(1)
    torch.testing.assert_close(cosines, cosines[:1].expand(4))  # constant speed
    torch.testing.assert_close(slerp(start, 3 * start, 3), lerp(start, 3 * start, 3))
    codes = traversal(start, 1, torch.tensor([5.0, 6.0]).double())
    assert codes.tolist() == [[1.0, 5.0], [1.0, 6.0]]


def test_bad_constructor_arguments() -> None:
    with pytest.raises(ValueError, match=r"input_dim must be an int of at least 1; got 0"):
        VAE(0, [4], 2)
    with pytest.raises(ValueError, match=r"latent_dim must be an int of at least 1; got -1"):
        VAE(4, [4], -1)
    with pytest.raises(TypeError, match=r"latent_dim must be an int of at least 1; got float 2.0"):
        VAE(4, [4], 2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"hidden_dims must hold at least one width; got none"):
        VAE(4, [], 2)
    with pytest.raises(ValueError, match=r"each of sizes must be an int of at least 1; got 0"):
        VAE(4, [0], 2)
    with pytest.raises(ValueError, match=r"likelihood must be one of bernoulli, gaussian; got 'bernouli'"):
        VAE(4, [4], 2, likelihood="bernouli")
    with pytest.raises(ValueError, match=r"activation must be one of relu, tanh, .*; got 'relo'"):
        VAE(4, [4], 2, activation="relo")
    with pytest.raises(ValueError, match=r"sigma must be a finite number above zero; got 0"):
        VAE(4, [4], 2, likelihood="gaussian", sigma=0.0)


def test_bad_method_arguments() -> None:
    model, x = small(), binary()
    with pytest.raises(ValueError, match=r"x must have shape \(B, 6\); got \(4, 5\)"):
        model.loss(x[:, :5])
    with pytest.raises(TypeError, match=r"x must have a floating dtype .*; got torch.int64"):
        model.encode(x.long())
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]; got values from 0 to 16"):
        model.loss(16 * x)
    with pytest.raises(ValueError, match=r"z must have shape \(B, 3\); got \(4, 2\)"):
        model.decode(x[:, :2])
    with pytest.raises(ValueError, match=r"VAE takes no condition; use ConditionalVAE"):
        model.encode(x, x)
    with pytest.raises(ValueError, match=r"n must be an int of at least 1; got 0"):
        model.sample(0)
    with pytest.raises(ValueError, match=r"steps must be an int of at least 2; got 1"):
        model.interpolate(x[0], x[1], 1)
    with pytest.raises(ValueError, match=r"x1 must have shape \(6,\); got \(1, 6\)"):
        model.interpolate(x[0], x[:1], 3)
    with pytest.raises(ValueError, match=r"path must be one of lerp, slerp; got 'line'"):
        model.interpolate(x[0], x[1], 3, path="line")
    with pytest.raises(ValueError, match=r"latent must be an index from 0 to 2; got 3"):
        model.traverse(x[0], 3, torch.zeros(2).double())


def test_a_seed_in_place_of_a_generator_is_refused() -> None:
    model, x, message = small(), binary(), r"generator must be a torch.Generator, .*; got int 0"
    for call in (
        lambda: VAE(6, [5], 3, generator=0),  # type: ignore[arg-type]
        lambda: model.loss(x, generator=0),  # type: ignore[arg-type]
        lambda: model.sample(3, generator=0),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match=message):
            call()


def test_bad_paths() -> None:
    a = torch.tensor([1.0, 0.0])
    with pytest.raises(ValueError, match=r"end must have shape \(2,\); got \(3,\)"):
        lerp(a, torch.zeros(3), 3)
    with pytest.raises(ValueError, match="start and end must not be zero"):
        slerp(a, torch.zeros(2), 3)
    with pytest.raises(ValueError, match="start and end must not be opposite"):
        slerp(a, -a, 3)
    with pytest.raises(ValueError, match=r"values must have shape \(T,\); got \(1, 2\)"):
        traversal(a, 0, torch.zeros(1, 2))
