"""Vector quantisation against brute force, gradients by hand and a NumPy loop of the running means."""

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.spatial.distance import cdist

from coursekit.data import digits
from coursekit.vae.quantizer import VectorQuantizer, nearest_code, perplexity, straight_through
from coursekit.vae.vqvae import VQVAE


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def quantizer(decay: float | None = None, codes: int = 5, width: int = 3) -> VectorQuantizer:
    layer = VectorQuantizer(codes, width, commitment=0.4, decay=decay, generator=seeded()).double()
    with torch.no_grad():
        layer.codebook.copy_(draw(codes, width, seed=7))
        if decay is not None:
            layer.sums.copy_(layer.codebook)
    return layer


# The nearest code


def test_nearest_code_equals_brute_force() -> None:
    for codes, width in itertools.product((1, 2, 17, 200), (1, 3, 8)):
        z, codebook = draw(40, 3, width), draw(codes, width, seed=codes)
        twin = cdist(z.reshape(-1, width).numpy(), codebook.numpy()).argmin(1).reshape(40, 3)
        np.testing.assert_array_equal(nearest_code(z, codebook).numpy(), twin)


def test_nearest_code_keeps_its_digits_far_from_the_origin() -> None:
    # In float32 at 1,000, |z|^2 - 2 z.e + |e|^2 is exact to 0.1 only; these rows lie 0.01 apart.
    codebook = 1000 + 0.01 * torch.arange(40.0)[:, None].expand(-1, 4)
    z = codebook.repeat(3, 1)
    twin = cdist(z.double().numpy(), codebook.double().numpy()).argmin(1)
    np.testing.assert_array_equal(nearest_code(z, codebook).numpy(), twin)
    quick = (codebook.square().sum(1) - 2 * z @ codebook.T + z.square().sum(1, keepdim=True)).argmin(1)
    assert (quick.numpy() != twin).any()


def test_the_first_row_of_a_tie_is_taken() -> None:
    codebook = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert nearest_code(torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 3.0]]), codebook).tolist() == [0, 0, 2]


# The gradient


def test_straight_through_is_the_quantised_value_to_the_last_bit() -> None:
    z, q = 1e3 * draw(500).float(), draw(500, seed=1).float()
    assert torch.equal(straight_through(z, q), q)
    assert not torch.equal(z + (q - z), q)


def test_the_encoder_gets_the_gradient_at_the_quantised_point() -> None:
    layer, z = quantizer(), draw(4, 2, 3).requires_grad_()
    probe = draw(3, 3, seed=2)

    def downstream(point: torch.Tensor) -> torch.Tensor:
        return torch.tanh(point @ probe).pow(3).sum()

    output = layer(z)
    (through,) = torch.autograd.grad(downstream(output.z), z)
    point = layer.codebook.detach()[output.indices].requires_grad_()
    (at_point,) = torch.autograd.grad(downstream(point), point)
    torch.testing.assert_close(through, at_point, rtol=1e-14, atol=0)
    (at_z,) = torch.autograd.grad(downstream(z), z)
    assert not torch.allclose(through, at_z)


def test_the_decoder_gives_the_codebook_no_gradient() -> None:
    layer, z = quantizer(), draw(4, 2, 3).requires_grad_()
    (gradient,) = torch.autograd.grad(layer(z).z.square().sum(), layer.codebook, allow_unused=True)
    assert gradient is None


def test_codebook_and_commitment_losses_and_gradients_by_hand() -> None:
    layer, z = quantizer(), draw(4, 2, 3).requires_grad_()
    output = layer(z)
    e, points = layer.codebook.detach().numpy(), z.detach().numpy()
    nearest = cdist(points.reshape(-1, 3), e).argmin(1).reshape(4, 2)
    distances = ((points - e[nearest]) ** 2).sum((1, 2))
    np.testing.assert_allclose(output.codebook.detach().numpy(), distances, rtol=1e-12)
    np.testing.assert_allclose(output.commitment.detach().numpy(), 0.4 * distances, rtol=1e-12)
    by_rows, no_z = torch.autograd.grad(
        output.codebook.sum(), (layer.codebook, z), retain_graph=True, allow_unused=True
    )
    hand = np.zeros_like(e)
    for b, m in itertools.product(range(4), range(2)):
        hand[nearest[b, m]] += 2 * (e[nearest[b, m]] - points[b, m])
    np.testing.assert_allclose(by_rows.numpy(), hand, rtol=1e-12, atol=1e-14)
    assert no_z is None
    no_rows, by_z = torch.autograd.grad(output.commitment.sum(), (layer.codebook, z), allow_unused=True)
    np.testing.assert_allclose(by_z.numpy(), 2 * 0.4 * (points - e[nearest]), rtol=1e-12, atol=1e-14)
    assert no_rows is None


# The running means


def test_running_means_equal_a_numpy_loop() -> None:
    layer = quantizer(decay=0.8)
    e = layer.codebook.numpy().copy()
    counts, sums = np.ones(5), e.copy()
    for step in range(12):
        z = draw(6, 2, 3, seed=step)
        output = layer(z)
        rows = z.numpy().reshape(-1, 3)
        nearest = cdist(rows, e).argmin(1)
        np.testing.assert_array_equal(output.indices.numpy().ravel(), nearest)
        np.testing.assert_allclose(output.z.numpy().reshape(-1, 3), e[nearest], rtol=1e-10, atol=1e-13)
        for j in range(5):
            mine = rows[nearest == j]
            counts[j] = 0.8 * counts[j] + 0.2 * len(mine)
            sums[j] = 0.8 * sums[j] + 0.2 * mine.sum(0)
            e[j] = sums[j] / counts[j]
        np.testing.assert_allclose(layer.codebook.numpy(), e, rtol=1e-10, atol=1e-13)
        assert (output.codebook == 0).all()


def test_running_means_settle_on_the_mean_of_their_codes() -> None:
    # A constant input: e = (1 - 0.8^t) mean + 0.8^t e_0 for N = 1 at the start and one code a step.
    layer, z = quantizer(decay=0.8, codes=1), draw(1, 1, 3)
    start = layer.codebook.clone()
    for _ in range(10):
        layer(z)
    torch.testing.assert_close(layer.codebook, (1 - 0.8**10) * z[0] + 0.8**10 * start)


def test_a_code_that_is_never_used_stays_and_never_becomes_nan() -> None:
    layer = VectorQuantizer(2, 1, decay=0.5, generator=seeded())
    with torch.no_grad():
        layer.codebook.copy_(torch.tensor([[0.0], [100.0]]))
        layer.sums.copy_(layer.codebook)
    for _ in range(300):  # 0.5^300 is 0 in float32: m / N would be 0 / 0
        layer(torch.full((1, 1, 1), 0.25))
    assert layer.codebook[1].item() == 100.0
    assert layer.codebook[0].item() == pytest.approx(0.25, rel=1e-6)
    layer(torch.full((1, 1, 1), 90.0))
    assert layer.codebook[1].item() == pytest.approx(90.0)


def test_the_codebook_moves_in_training_mode_only() -> None:
    layer, z = quantizer(decay=0.8), draw(6, 2, 3)
    state = {name: value.clone() for name, value in layer.state_dict().items()}
    layer.eval()(z)
    assert all(torch.equal(value, state[name]) for name, value in layer.state_dict().items())
    layer.train()(z)
    assert not torch.equal(layer.codebook, state["codebook"])
    plain = quantizer()
    before = plain.codebook.clone()
    plain(z)
    assert torch.equal(plain.codebook, before)
    assert [name for name, _ in layer.named_parameters()] == []


# Perplexity


def test_perplexity_is_the_exponential_of_the_entropy() -> None:
    assert perplexity(torch.zeros(3, 4, dtype=torch.int64), 7).item() == 1.0
    for used in (1, 2, 5, 7):
        indices = torch.arange(used).repeat(6).reshape(6, used)
        assert perplexity(indices, 7).item() == pytest.approx(used, rel=1e-14)
    # Shares 1/2, 1/4, 1/4: entropy 1.5 log 2.
    assert perplexity(torch.tensor([0, 0, 3, 1]), 4).item() == pytest.approx(2**1.5, rel=1e-14)
    indices = torch.randint(0, 9, (500,), generator=seeded())
    shares = np.bincount(indices.numpy(), minlength=9) / 500
    assert perplexity(indices, 9).item() == pytest.approx(
        math.exp(-(shares * np.log(shares)).sum()), rel=1e-12
    )


# The model


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("decay", [None, 0.9])
def test_the_loss_is_the_sum_of_its_terms_written_out(likelihood: str, decay: float | None) -> None:
    model = VQVAE(
        6, [7], 2, slots=3, codes=4, commitment=0.4, decay=decay, likelihood=likelihood, generator=seeded()
    ).double()
    x = torch.rand(5, 6, generator=seeded(1), dtype=torch.float64)
    codebook = model.quantizer.codebook.detach().clone()
    z = model.encoder(x).detach().reshape(5, 3, 2)
    rows = codebook[
        torch.from_numpy(cdist(z.reshape(-1, 2).numpy(), codebook.numpy()).argmin(1)).reshape(5, 3)
    ]
    outputs = model.decoder(rows.flatten(1))
    if likelihood == "bernoulli":
        nll = F.binary_cross_entropy_with_logits(outputs, x, reduction="sum") / 5
    else:
        nll = -torch.distributions.Normal(outputs, 1.0).log_prob(x).sum() / 5
    distance = (z - rows).square().sum() / 5
    means = torch.sigmoid(outputs) if likelihood == "bernoulli" else outputs
    torch.testing.assert_close(model.reconstruct(x), means)
    terms = model.loss(x)
    torch.testing.assert_close(terms.reconstruction, nll)
    torch.testing.assert_close(terms.codebook, distance if decay is None else 0 * distance)
    torch.testing.assert_close(terms.commitment, 0.4 * distance)
    torch.testing.assert_close(terms.loss, terms.reconstruction + terms.codebook + terms.commitment)


def test_every_parameter_learns_and_reconstruction_moves_no_codebook() -> None:
    model, x = VQVAE(6, [7], 2, slots=3, codes=4, generator=seeded()), torch.rand(5, 6, generator=seeded(1))
    model.loss(x).loss.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    model = VQVAE(6, [], 2, slots=3, codes=4, decay=0.9, generator=seeded())
    before = model.quantizer.codebook.clone()
    assert torch.equal(model.reconstruct(x), model.reconstruct(x))
    assert torch.equal(model.quantizer.codebook, before)
    assert model.training


@pytest.mark.parametrize("hidden", [[], [5], [9, 4, 6]])
def test_any_list_of_hidden_sizes_from_the_generator_alone(hidden: list[int]) -> None:
    before = torch.get_rng_state()
    model, again = (VQVAE(6, hidden, 2, slots=3, generator=seeded(1)) for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    for a, b in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
    x = torch.rand(4, 6, generator=seeded())
    outputs, codes = model(x)
    assert outputs.shape == (4, 6)
    torch.testing.assert_close(outputs, model.decode(model.quantizer.codebook[codes.indices]))
    assert model.quantizer.codebook.abs().max() <= 1 / 64
    again.reset_parameters(generator=seeded(2))
    assert not torch.equal(model.quantizer.codebook, again.quantizer.codebook)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match=r"decay must be None or lie in \(0, 1\); got 1.0"):
        VectorQuantizer(4, 2, decay=1.0)
    with pytest.raises(ValueError, match=r"codes must be an int of at least 1; got 0"):
        VectorQuantizer(0, 2)
    with pytest.raises(ValueError, match=r"commitment must be a finite number, zero or above; got -0.1"):
        VectorQuantizer(4, 2, commitment=-0.1)
    with pytest.raises(ValueError, match=r"z must have shape \(B, M, 3\); got \(4, 3\)"):
        quantizer()(draw(4, 3))
    with pytest.raises(ValueError, match=r"z must be finite; got 1 NaN"):
        quantizer()(
            draw(4, 1, 3).index_fill(0, torch.tensor([1]), 0.0).put(torch.tensor([0]), draw(1) * torch.nan)
        )
    with pytest.raises(ValueError, match=r"z must have shape \(\.\.\., 3\); got \(4, 2\)"):
        nearest_code(draw(4, 2), draw(5, 3))
    with pytest.raises(ValueError, match=r"codebook must hold at least one row; got none"):
        nearest_code(draw(4, 3), draw(0, 3))
    with pytest.raises(ValueError, match=r"quantized must have shape \(4,\); got \(3,\)"):
        straight_through(draw(4), draw(3))
    with pytest.raises(ValueError, match=r"indices must lie in 0 to 3; got 0 to 4"):
        perplexity(torch.tensor([0, 4]), 4)
    with pytest.raises(ValueError, match=r"indices must hold at least one code; got none"):
        perplexity(torch.zeros(0, dtype=torch.int64), 4)
    model = VQVAE(6, [7], 2, slots=3)
    with pytest.raises(ValueError, match=r"x must have shape \(B, 6\); got \(2, 7\)"):
        model(torch.zeros(2, 7))
    with pytest.raises(ValueError, match=r"z must have shape \(B, 3, 2\); got \(2, 6\)"):
        model.decode(torch.zeros(2, 6))
    with pytest.raises(ValueError, match=r"likelihood must be one of bernoulli, gaussian; got 'normal'"):
        VQVAE(6, [7], 2, likelihood="normal")


@pytest.mark.slow
@pytest.mark.parametrize("decay", [None, 0.95])
def test_it_learns_the_digits(decay: float | None) -> None:
    data = digits()
    mean_image = (data.x_test - data.x_train.mean(0)).square().mean().item()
    for seed in range(5):
        model = VQVAE(
            64, [64], 4, slots=4, codes=16, decay=decay, likelihood="gaussian", generator=seeded(seed)
        )
        optimizer, order = torch.optim.Adam(model.parameters(), 1e-3), seeded(100 + seed)
        for _ in range(20):
            for rows in torch.randperm(len(data.x_train), generator=order).split(64):
                optimizer.zero_grad()
                model.loss(data.x_train[rows]).loss.backward()
                optimizer.step()
        error = (model.reconstruct(data.x_test) - data.x_test).square().mean().item()
        used = perplexity(model.quantizer.eval()(model.encode(data.x_test)).indices, 16).item()
        # Measured: errors 0.0316 to 0.0364, the mean image 0.0739; 12.7 to 15.7 codes of 16 in use.
        assert error < 0.6 * mean_image
        assert used > 8
