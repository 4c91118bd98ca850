"""Jacobians and their norms against jacrev, finite differences, closed forms and many draws."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap

from coursekit.autoencoders import DenseAutoencoder
from coursekit.autoencoders.jacobian import (
    frobenius_closed,
    frobenius_exact,
    hutchinson,
    hutchinson_variance,
    jacobian,
)

SQUASH: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "linear": lambda z: z,
}
Z = 4.9  # two-sided false alarm 1e-6 of a normal mean


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def encoder(*, width: int = 5) -> nn.Sequential:
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, width), nn.Sigmoid()).double()
    with torch.no_grad():
        for seed, parameter in enumerate(net.parameters()):
            parameter.copy_(draw(*parameter.shape, seed=seed))
    return net


def one_by_one(net: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return torch.stack([jacrev(net)(row) for row in x]).detach()


def test_jacobian_equals_jacrev_of_each_sample_and_finite_differences() -> None:
    net, x = encoder(), draw(4, 6, seed=20)
    j = jacobian(net, x)
    assert j.shape == (4, 5, 6)
    torch.testing.assert_close(j, one_by_one(net, x), rtol=0, atol=1e-12)
    step = 1e-6
    for d in range(6):
        move = step * torch.eye(6, dtype=torch.float64)[d]
        column = (net(x + move) - net(x - move)) / (2 * step)
        torch.testing.assert_close(j[:, :, d], column, rtol=0, atol=1e-8)


def test_jacobian_of_images_is_flattened_in_the_order_of_the_pixels() -> None:
    net, x = encoder(), draw(3, 1, 2, 3)
    j = jacobian(lambda images: net(images.flatten(1)), x)
    torch.testing.assert_close(j, one_by_one(net, x.flatten(1)), rtol=0, atol=1e-12)


def test_jacobian_takes_the_encode_of_a_model_its_checks_included() -> None:
    model = DenseAutoencoder((1, 2, 3), [7], 4, activation="tanh", generator=generator()).double()
    x = draw(3, 1, 2, 3)
    wanted = vmap(jacrev(lambda row: model.encoder(row)))(x.flatten(1))
    torch.testing.assert_close(jacobian(model.encode, x), wanted, rtol=0, atol=1e-12)
    torch.testing.assert_close(jacobian(lambda rows: model(rows).z, x), wanted, rtol=0, atol=1e-12)


def test_x_is_neither_marked_nor_changed_and_no_grad_does_not_matter() -> None:
    # D-45, D-46, D-49 and D-51.
    net, x = encoder(), draw(4, 6)
    before = x.clone()
    frobenius_exact(net, x).sum().backward()
    hutchinson(net, x, generator=generator()).sum().backward()
    assert not x.requires_grad
    assert x.grad is None
    assert torch.equal(x, before)
    with torch.no_grad():
        inside = frobenius_exact(net, x)
        hutchinson(net, x, generator=generator())
    torch.testing.assert_close(inside, frobenius_exact(net, x).detach())
    tracked = x.clone().requires_grad_()
    frobenius_exact(net, tracked).sum().backward()
    assert tracked.grad is None


def test_frobenius_is_the_sum_of_squares_and_quadruples_with_the_encoder() -> None:
    # D-44, M-25: not the norm but its square.
    net, x = encoder(), draw(4, 6)
    wanted = torch.stack([torch.linalg.matrix_norm(j) ** 2 for j in one_by_one(net, x)])
    torch.testing.assert_close(frobenius_exact(net, x).detach(), wanted, rtol=1e-12, atol=0)
    torch.testing.assert_close(frobenius_exact(lambda r: 2 * net(r), x), 4 * frobenius_exact(net, x))


def test_frobenius_of_a_linear_encoder_is_that_of_its_matrix_at_every_x() -> None:
    w = draw(3, 5)
    values = frobenius_exact(lambda x: x @ w.T, draw(4, 5, seed=1))
    torch.testing.assert_close(values, w.square().sum().expand(4))


@pytest.mark.parametrize("activation", list(SQUASH))
@pytest.mark.parametrize(("width", "inputs"), [(1, 1), (3, 8), (12, 5)])
def test_closed_form_equals_jacrev(activation: str, width: int, inputs: int) -> None:
    w, b, x = draw(width, inputs), draw(width, seed=1), draw(9, inputs, seed=2)
    squash = SQUASH[activation]
    wanted = vmap(jacrev(lambda row: squash(row @ w.T + b)))(x).square().sum((1, 2))
    closed = frobenius_closed(squash(x @ w.T + b), w, activation)
    torch.testing.assert_close(closed, wanted, rtol=1e-10, atol=1e-10)


def _gap(penalty: Callable[[Tensor, Tensor], Tensor], w: Tensor, b: Tensor) -> float:
    """Return the largest gap between autograd and central differences, over the largest gradient."""
    weights = [w.clone().requires_grad_(), b.clone().requires_grad_()]
    gradients = torch.autograd.grad(penalty(*weights), weights)
    step, worst, largest = 1e-5, 0.0, 0.0
    for which, gradient in enumerate(gradients):
        for index in range(gradient.numel()):
            values = []
            for sign in (1, -1):
                moved = [w.clone(), b.clone()]
                moved[which].view(-1)[index] += sign * step
                values.append(penalty(*moved).item())
            wanted = (values[0] - values[1]) / (2 * step)
            worst = max(worst, abs(gradient.view(-1)[index].item() - wanted))
            largest = max(largest, abs(wanted))
    return worst / largest


@pytest.mark.parametrize("method", ["exact", "closed", "gaussian", "rademacher"])
def test_weight_gradient_of_each_penalty_equals_finite_differences(method: str) -> None:
    # M-23: without a graph behind the Jacobian the penalty is a constant, and nobody is told.
    x = draw(5, 4, seed=2)

    def penalty(w: Tensor, b: Tensor) -> Tensor:
        def encode(rows: Tensor) -> Tensor:
            return torch.sigmoid(rows @ w.T + b)

        if method == "exact":
            return frobenius_exact(encode, x).mean()
        if method == "closed":
            return frobenius_closed(encode(x), w, "sigmoid").mean()
        return hutchinson(encode, x, probes=2, distribution=method, generator=generator(4)).mean()

    assert _gap(penalty, draw(3, 4), draw(3, seed=1)) < 1e-6


@pytest.mark.parametrize("distribution", ["gaussian", "rademacher"])
def test_hutchinson_has_the_right_mean_and_the_stated_variance(distribution: str) -> None:
    # M-29: a vector of length 1 would give exact / K.
    net, x, n = encoder(), draw(2, 6, seed=8), 40_000
    j = one_by_one(net, x)
    exact, variance = j.square().sum((1, 2)), hutchinson_variance(j, distribution=distribution)
    draws = torch.stack([
        hutchinson(net, x.repeat(500, 1), distribution=distribution, generator=generator(s)).view(500, 2)
        for s in range(n // 500)
    ]).detach().flatten(0, 1)  # fmt: skip
    assert ((draws.mean(0) - exact).abs() < Z * (variance / n) ** 0.5).all()
    # The error of a sample variance, from the sample's own fourth moment.
    squares = (draws - exact).square()
    assert ((squares.mean(0) - variance).abs() < Z * squares.std(0) / n**0.5).all()


def test_rademacher_variance_equals_the_sum_over_all_signs() -> None:
    j = draw(3, 4, 5)
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=torch.float64)] * 4)  # all 16 of them
    values = torch.einsum("sk,bkd->sbd", signs, j).square().sum(2)
    torch.testing.assert_close(values.mean(0), j.square().sum((1, 2)))
    torch.testing.assert_close(values.var(0, correction=0), hutchinson_variance(j))
    torch.testing.assert_close(values.var(0, correction=0) / 3, hutchinson_variance(j, probes=3))


def test_gaussian_variance_equals_the_moments_of_the_weighted_chi_squares() -> None:
    # v^T A v is a sum of chi-squares weighed by the eigenvalues of A, each of variance 2.
    j = draw(3, 4, 5)
    wanted = 2 * torch.linalg.svdvals(j).pow(4).sum(1)
    torch.testing.assert_close(hutchinson_variance(j, distribution="gaussian"), wanted)
    assert (hutchinson_variance(j) < wanted).all()


def test_probes_are_averaged_and_one_sign_is_exact_for_orthogonal_rows() -> None:
    net, x = encoder(), draw(3, 6)
    j, v = one_by_one(net, x), torch.randn(4, 3, 5, generator=generator(1), dtype=torch.float64)
    wanted = torch.einsum("pbk,bkd->pbd", v, j).square().sum(2).mean(0)
    got = hutchinson(net, x, probes=4, distribution="gaussian", generator=generator(1))
    torch.testing.assert_close(got, wanted)
    scale = torch.tensor([1.0, -2.0, 3.0, 0.5, 4.0, 0.0], dtype=torch.float64)
    torch.testing.assert_close(
        hutchinson(lambda r: r * scale, x, generator=generator()), scale.square().sum().expand(3)
    )


def test_hutchinson_draws_from_the_generator_only() -> None:
    net, x, stream = encoder(), draw(3, 6), torch.get_rng_state()
    first = hutchinson(net, x, generator=generator(1))
    assert torch.equal(first, hutchinson(net, x, generator=generator(1)))
    assert not torch.equal(first, hutchinson(net, x, generator=generator(2)))
    assert torch.equal(torch.get_rng_state(), stream)


@pytest.mark.parametrize("call", [jacobian, frobenius_exact, hutchinson])
def test_batch_norm_in_training_mode_is_refused(call: Callable[..., Tensor]) -> None:
    # D-47: samples mix, and a batch-summed backward pass gave 2.94 for 8.38.
    model = DenseAutoencoder(6, [5], 3, batch_norm=True, generator=generator()).double()
    x = draw(4, 6)
    for encode in (model.encode, model.encoder):
        with pytest.raises(ValueError, match="each sample alone; got batch norm in training mode: call eval"):
            call(encode, x)
    model.eval()
    wanted = torch.stack([jacrev(model.encoder)(row[None])[0, :, 0] for row in x])
    torch.testing.assert_close(jacobian(model.encode, x), wanted)


def test_wrong_arguments_are_refused() -> None:
    net, x = encoder(), draw(3, 6)
    with pytest.raises(ValueError, match=r"encode must return codes \(B, K\), B 3; got \(5, 3\)"):
        jacobian(lambda rows: net(rows).T, x)
    with pytest.raises(ValueError, match=r"x must have shape \(B, ...\), B at least 1; got \(6,\)"):
        jacobian(net, x[0])
    with pytest.raises(ValueError, match="distribution must be one of gaussian, rademacher; got 'normal'"):
        hutchinson(net, x, distribution="normal")
    with pytest.raises(ValueError, match="probes must be an int of at least 1; got 0"):
        hutchinson(net, x, probes=0)
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator"):
        hutchinson(net, x, generator=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="activation must be one of sigmoid, tanh, relu, linear; got 'gelu'"):
        frobenius_closed(x, draw(6, 2), "gelu")
    with pytest.raises(ValueError, match=r"weight must have shape \(6, D\); got \(2, 6\)"):
        frobenius_closed(x, draw(2, 6), "tanh")
