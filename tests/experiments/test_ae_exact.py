"""The equations of the chapter on autoencoders, by autograd, distributions and counting."""

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.autoencoders import DenseAutoencoder, reconstruction_loss
from coursekit.experiments import ae_exact, ae_traps
from coursekit.experiments.bench import seeded


def _uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=seeded(seed), dtype=torch.float64)


def test_the_loss_is_torchs_mean_times_the_number_of_pixels() -> None:
    outputs, x = _uniform(5, 7), _uniform(5, 7, seed=1)
    told = reconstruction_loss(outputs, x).mean()
    assert told.item() == pytest.approx(7 * F.mse_loss(outputs, x).item(), rel=1e-12)
    summed = F.mse_loss(outputs, x, reduction="sum") / 5
    assert told.item() == pytest.approx(summed.item(), rel=1e-12)


@pytest.mark.parametrize("sigma", [0.3, 2.0])
def test_squared_error_is_the_gaussian_likelihood_at_any_variance(sigma: float) -> None:
    outputs, x = _uniform(5, 7), _uniform(5, 7, seed=1)
    nll = -torch.distributions.Normal(outputs, sigma).log_prob(x).sum(1)
    told = reconstruction_loss(outputs, x) / (2 * sigma**2) + 3.5 * math.log(2 * math.pi * sigma**2)
    torch.testing.assert_close(told, nll, rtol=1e-12, atol=0)


def test_the_slope_by_a_logit_is_what_is_missing() -> None:
    logits = (20 * _uniform(4, 6) - 10).requires_grad_()
    x = _uniform(4, 6, seed=1)
    (told,) = torch.autograd.grad(reconstruction_loss(logits, x, loss="bernoulli").sum(), logits)
    expected = 1 / (1 + np.exp(-logits.detach().numpy())) - x.numpy()
    np.testing.assert_allclose(told.numpy(), expected, rtol=1e-10, atol=1e-15)


def test_probabilities_lose_the_gradient_that_logits_keep() -> None:
    logit = torch.tensor([20.0], requires_grad=True)
    target = torch.zeros(1)
    loss = F.binary_cross_entropy(torch.sigmoid(logit), target)
    (slope,) = torch.autograd.grad(loss, logit)
    assert (loss.item(), slope.item()) == (100.0, 0.0)  # capped, and flat
    loss = reconstruction_loss(logit[None], target[None], loss="bernoulli").sum()
    (slope,) = torch.autograd.grad(loss, logit)
    assert (loss.item(), slope.item()) == (pytest.approx(20.0), pytest.approx(1.0))


def test_swapped_arguments_are_another_loss() -> None:
    y, x = _uniform(3, 4), _uniform(3, 4, seed=1)
    right, swapped = F.binary_cross_entropy(y, x).item(), F.binary_cross_entropy(x, y).item()
    assert abs(right - swapped) > 0.01
    told = reconstruction_loss(torch.logit(y), x, loss="bernoulli").mean().item() / 4
    assert told == pytest.approx(right, rel=1e-10)


def test_the_floor_is_reached_by_the_image_itself_and_by_nothing_else() -> None:
    x = _uniform(6, 5)
    floor = ae_traps.pixel_entropy(x)
    expected = torch.distributions.Bernoulli(probs=x).entropy().sum(1)
    torch.testing.assert_close(floor, expected, rtol=1e-10, atol=0)
    at = reconstruction_loss(torch.logit(x), x, loss="bernoulli")
    torch.testing.assert_close(at, floor, rtol=1e-10, atol=0)
    nudged = torch.logit(x) + 0.3 * (_uniform(6, 5, seed=2) - 0.5)
    assert (reconstruction_loss(nudged, x, loss="bernoulli") > floor).all()
    assert ae_traps.pixel_entropy(torch.tensor([[0.0, 1.0]])).item() == 0
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]"):
        ae_traps.pixel_entropy(torch.tensor([[-0.5]]))


@pytest.mark.parametrize("k", [1, 3, 9])
def test_the_rank_of_a_linear_one_is_at_most_its_code(k: int) -> None:
    model = DenseAutoencoder(6, [], k, generator=seeded(0)).double()
    x = _uniform(2, 6)
    jacobian = torch.autograd.functional.jacobian(lambda row: model(row).outputs, x[:1])[0, :, 0]
    assert int(torch.linalg.matrix_rank(jacobian)) == min(k, 6)


@pytest.mark.parametrize(("rows", "width", "k"), [(1, 3, 2), (5, 4, 1), (4, 6, 6)])
def test_the_tied_gradient_equals_autograd(rows: int, width: int, k: int) -> None:
    w, b, c, x = (
        _uniform(*shape, seed=at) - 0.5
        for at, shape in enumerate([(k, width), (k,), (width,), (rows, width)])
    )
    w.requires_grad_()
    loss = (F.linear(F.linear(x, w, b), w.T, c) - x).square().sum(1).mean()
    (told,) = torch.autograd.grad(loss, w)
    torch.testing.assert_close(ae_exact.tied_gradient(w.detach(), b, c, x), told, rtol=1e-10, atol=1e-14)


def test_the_tied_gradient_is_that_of_the_model() -> None:
    model = DenseAutoencoder(6, [], 2, tied=True, generator=seeded(0)).double()
    x = _uniform(5, 6)
    model.loss(x).loss.backward()
    layer = model.encoder[0]
    biases = [p for p in model.parameters() if p.ndim == 1]
    told = ae_exact.tied_gradient(
        layer.weight.detach(), *(next(p for p in biases if len(p) == n).detach() for n in (2, 6)), x
    )
    torch.testing.assert_close(told, layer.weight.grad, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("widths", [[5, 2], [7, 4, 3], [6, 5, 4, 2]])
@pytest.mark.parametrize("tied", [False, True])
def test_parameters_are_those_that_torch_counts(widths: list[int], tied: bool) -> None:
    layers = [torch.nn.Linear(a, b) for a, b in itertools.pairwise(widths)]
    back = [torch.nn.Linear(b, a) for a, b in itertools.pairwise(widths)]
    expected = sum(p.numel() for layer in layers for p in layer.parameters())
    expected += sum(p.numel() for layer in back for p in layer.parameters() if not (tied and p.ndim == 2))
    assert ae_exact.parameter_count(widths, tied=tied) == expected


def test_compression_counts_bytes_as_numpy_does() -> None:
    image, code = np.zeros(784, np.uint8), np.zeros(32, np.float32)
    ratio = ae_exact.compression(784, 32)
    assert ratio.bits == image.nbytes / code.nbytes == 6.125
    assert ratio.numbers == image.size / code.size == 24.5


def test_batch_means_weigh_the_last_batch_too_much() -> None:
    errors = torch.arange(10.0)
    of_means, mean = ae_traps.batch_means(errors, 4)
    assert of_means == pytest.approx(np.mean([np.mean([0, 1, 2, 3]), np.mean([4, 5, 6, 7]), np.mean([8, 9])]))
    assert mean == 4.5
    assert ae_traps.batch_means(errors, 5)[0] == pytest.approx(4.5)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="latents must be an int of at least 1; got 0"):
        ae_exact.compression(8, 0)
    with pytest.raises(ValueError, match=r"widths must hold an input and a code width; got \[4\]"):
        ae_exact.parameter_count([4])
    with pytest.raises(ValueError, match=r"x must have shape \(B, 3\); got \(2, 4\)"):
        ae_exact.tied_gradient(torch.ones(2, 3), torch.ones(2), torch.ones(3), torch.ones(2, 4))
    with pytest.raises(ValueError, match="size must be an int of at least 1; got 0"):
        ae_traps.batch_means(torch.ones(3), 0)
