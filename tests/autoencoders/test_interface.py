"""The losses against torch's own and by hand; what the base class promises, on a toy of two matrices."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Bernoulli, Independent, Laplace, Normal

from coursekit.autoencoders import AEOutput, Autoencoder, reconstruction_loss
from coursekit.autoencoders.losses import losses, pixels


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=seeded(seed), dtype=torch.float64)


class Toy(Autoencoder):
    """z = A x, outputs = B z, noise of a tenth, and the mean square of the code as a penalty."""

    def __init__(self, loss: str = "squared", shape: tuple[int, ...] = (2, 3)) -> None:
        super().__init__(shape, 2, loss=loss)
        width = math.prod(shape)
        self.a = torch.nn.Parameter(draw(2, width, seed=3))
        self.b = torch.nn.Parameter(draw(width, 2, seed=4))
        self.seen: list[Tensor] = []
        self.modes: list[bool] = []

    def _encode(self, x: Tensor) -> Tensor:
        self.seen.append(x)
        self.modes.append(self.training)
        return x.flatten(1) @ self.a.T

    def _decode(self, z: Tensor) -> Tensor:
        return (z @ self.b.T).unflatten(1, self.input_shape)

    def corrupt(self, x: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        return x + 0.1 * torch.randn(x.shape, generator=generator, dtype=x.dtype)

    def penalty(self, x: Tensor, output: AEOutput) -> Tensor:
        assert len(x) == len(output.z)
        return 0.5 * output.z.square().sum(1).mean()


class Plain(Autoencoder):
    """Nothing overridden but the two maps: the identity."""

    def _encode(self, x: Tensor) -> Tensor:
        return x

    def _decode(self, z: Tensor) -> Tensor:
        return z


# Losses


def test_squared_loss_is_the_gaussian_log_likelihood_up_to_a_constant() -> None:
    out, x = draw(5, 3, 4), draw(5, 3, 4, seed=1)
    twin = -Independent(Normal(out, math.sqrt(0.5)), 2).log_prob(x) - 12 * 0.5 * math.log(math.pi)
    torch.testing.assert_close(reconstruction_loss(out, x), twin, rtol=1e-12, atol=1e-12)
    # 001-INT-1: summed over the pixels it is D times the mean over them.
    mean = F.mse_loss(out, x)
    assert reconstruction_loss(out, x).mean().item() == pytest.approx(12 * mean.item(), rel=1e-12)


def test_bernoulli_loss_is_the_log_probability_of_binary_pixels() -> None:
    logits, x = 3 * draw(6, 5), (uniform(6, 5) > 0.5).double()
    twin = -Independent(Bernoulli(logits=logits), 1).log_prob(x)
    torch.testing.assert_close(reconstruction_loss(logits, x, loss="bernoulli"), twin)


def test_bernoulli_loss_of_a_sure_and_wrong_pixel_keeps_its_gradient() -> None:
    # D-110: a sigmoid and a probability-space loss stop at 100 with gradient 0.
    a = torch.full((1, 1), 120.0, requires_grad=True)
    loss = reconstruction_loss(a, torch.zeros(1, 1), loss="bernoulli").sum()
    assert loss.item() == 120.0
    assert torch.autograd.grad(loss, a)[0].item() == 1.0


def test_absolute_loss_is_the_laplace_log_likelihood_up_to_a_constant() -> None:
    out, x = draw(5, 7), draw(5, 7, seed=1)
    twin = -Independent(Laplace(out, torch.ones_like(out)), 1).log_prob(x) - 7 * math.log(2)
    torch.testing.assert_close(reconstruction_loss(out, x, loss="absolute"), twin, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("delta", [0.3, 1.0, 2.5])
def test_huber_loss_by_its_two_branches(delta: float) -> None:
    out, x = 3 * draw(8, 6), draw(8, 6, seed=1)
    e = (out - x).abs().numpy()
    by_hand = [sum(v * v / 2 if v <= delta else delta * (v - delta / 2) for v in row) for row in e]
    got = reconstruction_loss(out, x, loss="huber", delta=delta)
    assert got.tolist() == pytest.approx(by_hand, rel=1e-12)


def test_huber_on_pixels_with_delta_one_is_half_the_squared_loss() -> None:
    # 001-BP-3: on [0, 1] no error exceeds 1, so that the line is never reached.
    out, x = uniform(9, 4), uniform(9, 4, seed=1)
    huber = reconstruction_loss(out, x, loss="huber")
    torch.testing.assert_close(2 * huber, reconstruction_loss(out, x))


@pytest.mark.parametrize(
    ("loss", "best"), [("squared", "mean"), ("bernoulli", "mean"), ("absolute", "median")]
)
def test_best_constant_of_each_loss(loss: str, best: str) -> None:
    # 001-BP-3b: what a decoder tends to where the code says nothing.
    x = torch.tensor([[0.0], [0.1], [0.2], [0.3], [1.0]], dtype=torch.float64)
    grid = torch.linspace(0.005, 0.995, 199, dtype=torch.float64)
    outputs = torch.logit(grid) if loss == "bernoulli" else grid
    costs = [reconstruction_loss(o.expand(5, 1), x, loss=loss).sum() for o in outputs]
    found = grid[torch.stack(costs).argmin()].item()
    assert found == pytest.approx({"mean": x.mean().item(), "median": x.median().item()}[best], abs=0.0026)


@pytest.mark.parametrize("loss", losses())
def test_gradients_of_the_losses_pass_gradcheck(loss: str) -> None:
    out, x = draw(3, 4).requires_grad_(), uniform(3, 4)
    assert torch.autograd.gradcheck(lambda o: reconstruction_loss(o, x, loss=loss, delta=0.7), (out,))


def test_pixels_are_squashed_for_logits_only() -> None:
    a = draw(4, 3)
    torch.testing.assert_close(pixels(a, "bernoulli"), 1 / (1 + torch.exp(-a)))
    for loss in ("squared", "absolute", "huber"):
        assert torch.equal(pixels(a, loss), a)
    with pytest.raises(ValueError, match=r"loss must be one of squared.*got 'mse'"):
        pixels(a, "mse")


def test_losses_refuse_what_they_cannot_compare() -> None:
    x = torch.zeros(2, 3)
    with pytest.raises(ValueError, match=r"outputs must have shape \(2, 3\); got \(2, 1\)"):
        reconstruction_loss(torch.zeros(2, 1), x)
    with pytest.raises(ValueError, match=r"loss must be one of .*got 'square' \(did you mean 'squared'\?\)"):
        reconstruction_loss(x, x, loss="square")
    with pytest.raises(ValueError, match=r"delta must be a finite number above zero; got 0"):
        reconstruction_loss(x, x, loss="huber", delta=0.0)
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]; got values from 0 to 16"):
        reconstruction_loss(x, torch.tensor([[0.0, 1.0, 16.0]] * 2), loss="bernoulli")
    with pytest.raises(TypeError, match=r"x must have a floating dtype .*; got torch.uint8"):
        reconstruction_loss(x, x.byte())


# The base class


@pytest.mark.parametrize("loss", losses())
def test_loss_is_that_of_the_clean_samples_plus_the_penalty(loss: str) -> None:
    model, x = Toy(loss), uniform(5, 2, 3)
    terms = model.loss(x, generator=seeded(7))
    noisy = x.flatten(1) + 0.1 * torch.randn(5, 2, 3, generator=seeded(7), dtype=x.dtype).flatten(1)
    z = torch.einsum("bd,kd->bk", noisy, model.a)
    out = torch.einsum("bk,dk->bd", z, model.b)
    flat = x.flatten(1)
    twins = {
        "squared": F.mse_loss(out, flat, reduction="sum"),
        "bernoulli": F.binary_cross_entropy_with_logits(out, flat, reduction="sum"),
        "absolute": F.l1_loss(out, flat, reduction="sum"),
        "huber": F.huber_loss(out, flat, reduction="sum"),
    }
    torch.testing.assert_close(terms.reconstruction, twins[loss] / 5)
    torch.testing.assert_close(terms.penalty, z.square().sum() / 10)
    torch.testing.assert_close(terms.loss, twins[loss] / 5 + z.square().sum() / 10)


def test_loss_is_a_mean_over_the_batch_that_duplication_does_not_change() -> None:
    model, x = Plain((4,), 4, loss="absolute"), uniform(3, 4)
    model._decode = lambda z: z + 1.0  # type: ignore[method-assign]
    once, twice = model.loss(x), model.loss(x.repeat(2, 1))
    assert once.loss.item() == pytest.approx(4.0, rel=1e-12)
    torch.testing.assert_close(once.loss, twice.loss)
    assert once.penalty.item() == 0.0


def test_plain_model_sees_x_itself_and_its_loss_moves_no_gradient_into_the_data() -> None:
    model, x = Plain((4,), 4), uniform(3, 4)
    assert model.corrupt(x) is x
    out = model(x)
    assert torch.equal(out.z, x)
    assert torch.equal(out.outputs, x)
    toy = Toy()
    data = uniform(3, 2, 3)
    before = data.clone()
    toy.loss(data, generator=seeded()).loss.backward()
    assert data.grad is None
    assert not data.requires_grad
    assert torch.equal(data, before)


def test_reconstruct_returns_pixels_without_noise_in_evaluation_mode() -> None:
    model, x = Toy("bernoulli"), uniform(4, 2, 3)
    picture = model.reconstruct(x)
    expected = torch.sigmoid((x.flatten(1) @ model.a.T @ model.b.T).reshape(4, 2, 3))
    torch.testing.assert_close(picture, expected.detach())
    assert not picture.requires_grad
    assert model.modes == [False]
    assert model.training
    assert torch.equal(model.seen[-1], x)
    model.eval()
    model.reconstruct(x)
    assert not model.training


def test_reconstruct_returns_to_training_after_an_error() -> None:
    model = Toy()
    with pytest.raises(ValueError, match=r"x must have shape \(B, 2, 3\); got \(4, 6\)"):
        model.reconstruct(uniform(4, 6))
    assert model.training


def test_noise_comes_from_the_generator_alone() -> None:
    model, x = Toy(), uniform(4, 2, 3)
    before = torch.get_rng_state()
    first, again, other = (model.loss(x, generator=seeded(s)).loss.item() for s in (1, 1, 2))
    assert first == again
    assert first != other
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(4, 6), r"x must have shape \(B, 2, 3\); got \(4, 6\)"),
        (torch.zeros(0, 2, 3), "x must hold at least one sample; got none"),
        (torch.full((2, 2, 3), math.nan), "x must be finite; got 12 NaN or infinite of 12 elements"),
        (torch.full((2, 2, 3), math.inf), "x must be finite"),
    ],
)
def test_bad_samples_are_refused_by_every_method(x: Tensor, message: str) -> None:
    model = Toy()
    for method in (model.encode, model, model.reconstruct, model.loss):
        with pytest.raises(ValueError, match=message):
            method(x.double())


def test_bad_arguments_of_the_methods() -> None:
    model, x = Toy("bernoulli"), uniform(4, 2, 3)
    with pytest.raises(TypeError, match=r"x must be a torch.Tensor; got list"):
        model.encode([[0.0]])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"x must have a floating dtype .*; got torch.int64"):
        model.loss(torch.zeros(2, 2, 3).long())
    with pytest.raises(ValueError, match=r"z must have shape \(B, 2\); got \(4, 3\)"):
        model.decode(uniform(4, 3))
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]; got values from 0 to 16"):
        model.loss(16 * (x > 0.5).double())
    with pytest.raises(TypeError, match=r"generator must be a torch.Generator.*; got int 0"):
        model.loss(x, generator=0)  # type: ignore[arg-type]


def test_bad_arguments_of_the_constructor() -> None:
    with pytest.raises(ValueError, match=r"input_shape must hold at least one size; got none"):
        Plain((), 2)
    with pytest.raises(ValueError, match=r"each size of input_shape must be an int of at least 1; got 0"):
        Plain((3, 0), 2)
    with pytest.raises(ValueError, match=r"latent_dim must be an int of at least 1; got 0"):
        Plain(3, 0)
    with pytest.raises(ValueError, match=r"loss must be one of .*; got 'mse'"):
        Plain(3, 2, loss="mse")
    with pytest.raises(ValueError, match=r"delta must be a finite number above zero; got -1"):
        Plain(3, 2, loss="huber", delta=-1.0)
    assert Plain(3, 2).input_shape == (3,)


def test_what_a_model_must_override_says_so() -> None:
    bare = Autoencoder(3, 2)
    for call in (lambda: bare.encode(torch.zeros(1, 3)), lambda: bare.decode(torch.zeros(1, 2)), bare.config):
        with pytest.raises(NotImplementedError, match=r"Autoencoder must override"):
            call()
