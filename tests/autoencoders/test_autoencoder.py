"""The dense autoencoder against a loop in NumPy and torch's own layers: maps, gradients, every option."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit.autoencoders import DenseAutoencoder
from coursekit.autoencoders.layers import GeneratorDropout, TiedLinear, dropout_drawn_from
from coursekit.train import fit

ACTIVATIONS = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0), "linear": lambda a: a}
HIDDEN: tuple[list[int], ...] = ([], [5], [3, 5], [5, 5, 4])


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(rows: int = 6, seed: int = 1) -> Tensor:
    return torch.rand(rows, 1, 3, 4, generator=seeded(seed), dtype=torch.float64)


def small(hidden: list[int] | None = None, k: int = 3, **options: object) -> DenseAutoencoder:
    hidden = [5] if hidden is None else hidden
    return DenseAutoencoder((1, 3, 4), hidden, k, generator=seeded(), **options).double()  # type: ignore[arg-type]


def weights(layers: nn.Sequential) -> list[np.ndarray]:
    return [p.detach().numpy() for p in layers.parameters()]


def by_hand(rows: np.ndarray, parameters: list[np.ndarray], hidden: str, end: str) -> np.ndarray:
    """Apply pairs of a weight and a bias, an activation after each but the last, another after that one."""
    steps = list(zip(parameters[::2], parameters[1::2], strict=True))
    for number, (w, b) in enumerate(steps):
        rows = ACTIVATIONS[hidden if number < len(steps) - 1 else end](rows @ w.T + b)
    return rows


# The two maps


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("activation", "code"), [("tanh", "linear"), ("relu", "tanh"), ("linear", "relu")])
def test_both_maps_equal_a_loop_in_numpy(hidden: list[int], activation: str, code: str) -> None:
    model, x = small(hidden, activation=activation, code_activation=code), images()
    z = by_hand(x.reshape(6, 12).numpy(), weights(model.encoder), activation, code)
    np.testing.assert_allclose(model.encode(x).detach().numpy(), z, rtol=1e-12, atol=1e-12)
    out = by_hand(z, weights(model.decoder), activation, "linear").reshape(6, 1, 3, 4)
    np.testing.assert_allclose(model(x).outputs.detach().numpy(), out, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(model.reconstruct(x).numpy(), out, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_tied_decoder_applies_the_encoders_weights_transposed(hidden: list[int]) -> None:
    model = small(hidden, activation="tanh", tied=True)
    z = torch.randn(6, 3, generator=seeded(2), dtype=torch.float64)
    down = [p for p in weights(model.encoder) if p.ndim == 2]
    biases = weights(model.decoder)
    parameters = [part for w, b in zip(down[::-1], biases, strict=True) for part in (w.T, b)]
    out = by_hand(z.numpy(), parameters, "tanh", "linear").reshape(6, 1, 3, 4)
    np.testing.assert_allclose(model.decode(z).detach().numpy(), out, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_number_of_parameters_follows_the_formula(hidden: list[int], tied: bool, bias: bool) -> None:
    # M-40: weights tied by copying would count twice.
    model = small(hidden, tied=tied, bias=bias)
    widths = [12, *hidden, 3]
    entries = sum(a * b for a, b in itertools.pairwise(widths))
    constants = sum(widths[1:]) + sum(widths[:-1]) if bias else 0
    assert sum(p.numel() for p in model.parameters()) == entries * (1 if tied else 2) + constants
    assert sum(t.numel() for t in model.state_dict().values()) == entries * (1 if tied else 2) + constants


def test_linear_model_has_the_rank_of_its_code() -> None:
    # 001-INT-8: whatever the hidden widths, the map from pixels to pixels has rank K.
    model = small([8, 6], 2, activation="linear", bias=False)
    jacobian = torch.autograd.functional.jacobian(lambda x: model(x[None]).outputs[0], images(1)[0])
    singular = torch.linalg.svdvals(jacobian.reshape(12, 12))
    assert singular[1] > 1e-3
    assert singular[2] < 1e-12


def test_flat_and_image_models_with_the_same_weights_agree() -> None:
    image, x = small([5, 4]), images()
    flat = DenseAutoencoder(12, [5, 4], 3, generator=seeded()).double()
    assert flat.input_shape == (12,)
    torch.testing.assert_close(flat(x.flatten(1)).outputs, image(x).outputs.flatten(1), rtol=0, atol=0)
    torch.testing.assert_close(flat.loss(x.flatten(1)).loss, image.loss(x).loss)


# Training


@pytest.mark.parametrize("loss", ["squared", "bernoulli", "absolute", "huber"])
@pytest.mark.parametrize("tied", [False, True])
def test_gradient_of_the_loss_matches_central_differences(loss: str, tied: bool) -> None:
    model, x, h = small([5, 4], activation="tanh", tied=tied, loss=loss), images(), 1e-6
    parameters = list(model.parameters())
    direction = [torch.randn(p.shape, generator=seeded(2), dtype=p.dtype) for p in parameters]
    gradients = torch.autograd.grad(model.loss(x).loss, parameters)
    slope = sum((g * d).sum() for g, d in zip(gradients, direction, strict=True))
    values = []
    for sign in (1, -2):
        with torch.no_grad():
            for p, d in zip(parameters, direction, strict=True):
                p += sign * h * d
        values.append(model.loss(x).loss.item())
    assert float(slope) == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-6)


def test_tied_weights_stay_tied_through_training_and_copies() -> None:
    # M-40: copied weights drift apart at the first step.
    model, x = small([5], tied=True), images(20)
    fit(model, (x,), loss=lambda m, batch, g: m.loss(*batch, generator=g)._asdict(), epochs=3, batch_size=5,
        lr=0.1, generator=seeded())  # fmt: skip
    twin = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter += 1.0
    for net in (model, twin):
        down = [layer for layer in net.encoder if isinstance(layer, nn.Linear)]
        up = [layer for layer in net.decoder if isinstance(layer, TiedLinear)]
        for mine, other in zip(down, up[::-1], strict=True):
            assert torch.equal(mine.weight.T, other.weight)
            assert mine.weight.data_ptr() == other.weight.data_ptr()
    assert not torch.equal(model.encoder[0].weight, twin.encoder[0].weight)


def test_a_code_as_wide_as_the_input_copies_it() -> None:
    # 001-INT-9: a linear model with K = D and no penalty can be the identity.
    model, x = small([], 12, bias=False), images(40)
    optimizer = torch.optim.LBFGS(model.parameters(), lr=1, max_iter=400, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = model.loss(x).loss
        loss.backward()
        return loss

    optimizer.step(closure)  # type: ignore[arg-type]
    assert model.loss(x).loss.item() < 1e-6


def test_weights_come_from_the_generator_and_leave_the_global_one_alone() -> None:
    before = torch.get_rng_state()
    options = {"tied": True, "dropout": 0.5, "batch_norm": True}
    first, second, third = (
        DenseAutoencoder(6, [5], 3, generator=seeded(seed), **options)  # type: ignore[arg-type]
        for seed in (0, 0, 1)
    )
    first.loss(torch.rand(4, 6, generator=seeded()), generator=seeded())
    assert torch.equal(before, torch.get_rng_state())
    states = [list(model.parameters()) for model in (first, second, third)]
    assert all(torch.equal(a, b) for a, b in zip(states[0], states[1], strict=True))
    assert not torch.equal(states[0][0], states[2][0])


def test_reset_draws_everything_again() -> None:
    model = small([5], tied=True, batch_norm=True).float()
    model.reset_parameters(generator=seeded())
    fresh = {name: value.clone() for name, value in model.state_dict().items()}
    model.loss(images().float())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(3.0)
    model.reset_parameters(generator=seeded())
    for name, value in model.state_dict().items():
        assert torch.equal(value, fresh[name]), name


# Batch norm


def twin_with_batch_norm(model: DenseAutoencoder, x: Tensor) -> Tensor:
    """Normalise by the batch's own mean and variance, written out."""
    rows = x.flatten(1)
    for part in (model.encoder, model.decoder):
        for layer in part:
            if isinstance(layer, nn.Linear):
                rows = rows @ layer.weight.T + layer.bias
            elif isinstance(layer, nn.BatchNorm1d):
                variance = ((rows - rows.mean(0)) ** 2).mean(0)
                rows = layer.weight * (rows - rows.mean(0)) / torch.sqrt(variance + layer.eps) + layer.bias
            elif isinstance(layer, nn.Tanh):
                rows = torch.tanh(rows)
    return rows


def test_batch_norm_stands_between_the_linear_layer_and_its_activation() -> None:
    model, x = small([5, 4], batch_norm=True, activation="tanh"), images()
    kinds = [type(layer).__name__ for layer in model.encoder]
    assert kinds == ["Linear", "BatchNorm1d", "Tanh"] * 2 + ["Linear", "Identity"]
    assert [type(layer).__name__ for layer in model.decoder] == ["Linear", "BatchNorm1d", "Tanh"] * 2 + [
        "Linear"
    ]
    torch.testing.assert_close(model(x).outputs.flatten(1), twin_with_batch_norm(model, x))


def test_reconstruct_uses_the_running_statistics_and_leaves_them_alone() -> None:
    model, x = small(batch_norm=True), images()
    model.loss(x)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    one = torch.cat([model.reconstruct(row[None]) for row in x])
    torch.testing.assert_close(model.reconstruct(x), one)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training


def test_batch_of_one_with_batch_norm_says_what_to_do() -> None:
    # D-12: torch's own message speaks of values per channel.
    model = small(batch_norm=True)
    message = (
        r"batch norm needs a batch of at least 2 in training mode; got 1: call eval\(\) .*, or leave out"
    )
    for call in (lambda: model(images(1)), lambda: model.loss(images(1)), lambda: model.encode(images(1)),
                 lambda: model.decode(torch.zeros(1, 3, dtype=torch.float64))):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            call()
    model.reconstruct(images(1))
    model.eval()
    model.loss(images(1))


# Dropout


def test_dropout_is_torchs_own_when_both_draw_the_same_numbers() -> None:
    layer, x = GeneratorDropout(0.3), images(50)
    with torch.random.fork_rng():
        torch.manual_seed(4)
        twin = F.dropout(x, 0.3)
    with dropout_drawn_from(layer, seeded(4)):
        torch.testing.assert_close(layer(x), twin)
    assert layer.generator is None
    assert torch.equal(layer.eval()(x), x)


def test_dropout_zeroes_at_its_rate_and_keeps_the_mean() -> None:
    n, p = 200_000, 0.2
    layer, x = GeneratorDropout(p), torch.ones(n, dtype=torch.float64)
    with dropout_drawn_from(layer, seeded()):
        out = layer(x)
    zeros = (out == 0).sum().item()
    assert abs(zeros - n * p) < 5 * math.sqrt(n * p * (1 - p))  # false alarm 6e-7
    assert set(out.unique().tolist()) == {0.0, 1 / (1 - p)}
    assert torch.equal(x, torch.ones_like(x))


def test_dropout_follows_the_generator_of_the_loss() -> None:
    model, x = small([50, 40], dropout=0.5), images()
    kinds = [type(layer).__name__ for layer in model.encoder]
    assert kinds == ["Linear", "ReLU", "GeneratorDropout"] * 2 + ["Linear", "Identity"]
    first, again, other = (model.loss(x, generator=seeded(s)).loss.item() for s in (1, 1, 2))
    assert first == again
    assert first != other
    model.eval()
    assert model.loss(x, generator=seeded(1)).loss.item() == model.loss(x, generator=seeded(2)).loss.item()


def test_dropout_forgets_the_generator_after_an_error() -> None:
    model = small(dropout=0.5, loss="bernoulli")
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]"):
        model.loss(2 * images(), generator=seeded())
    assert all(layer.generator is None for layer in model.modules() if isinstance(layer, GeneratorDropout))


# Around the model


@pytest.mark.parametrize("options", [{}, {"tied": True, "bias": False}, {"batch_norm": True, "dropout": 0.1}])
def test_config_builds_the_model_again(options: dict[str, object]) -> None:
    hidden, shape = [5, 4], [1, 3, 4]
    model = DenseAutoencoder(shape, hidden, 3, code_activation="sigmoid", loss="huber", delta=0.5,
                             activation="elu", generator=seeded(), **options)  # type: ignore[arg-type]  # fmt: skip
    hidden.append(9)
    shape.append(9)
    config = model.config()
    twin = DenseAutoencoder(**config, generator=seeded(5))
    twin.load_state_dict(model.state_dict())
    x = images().float()
    assert torch.equal(twin.reconstruct(x), model.reconstruct(x))
    assert twin.config() == config
    assert twin.eval().loss(x).loss == model.eval().loss(x).loss
    assert config["hidden_dims"] == [5, 4]


@pytest.mark.parametrize("tied", [False, True])
def test_model_can_be_exported_for_any_batch(tied: bool) -> None:
    class Maps(nn.Module):
        def __init__(self, model: DenseAutoencoder) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: Tensor) -> Tensor:
            return self.model._decode(self.model._encode(x))

    model = small(tied=tied, batch_norm=True).eval()
    program = torch.export.export(Maps(model), (images(3),), dynamic_shapes=({0: torch.export.Dim("B")},))
    for rows in (2, 7):
        torch.testing.assert_close(program.module()(images(rows)), model(images(rows)).outputs)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"each of hidden_dims must be an int of at least 1; got 0"):
        small([5, 0])
    with pytest.raises(TypeError, match=r"each of hidden_dims must be an int of at least 1; got float 2.5"):
        small([2.5])  # type: ignore[list-item]
    with pytest.raises(ValueError, match=r"latent_dim must be an int of at least 1; got -1"):
        small([5], -1)
    with pytest.raises(ValueError, match=r"activation must be one of relu, .*; got 'Sigmoid' .*'sigmoid'"):
        small([5], activation="Sigmoid")
    with pytest.raises(ValueError, match=r"code_activation must be one of relu, .*; got 'softplus'"):
        small([], code_activation="softplus")
    with pytest.raises(ValueError, match=r"batch_norm needs a hidden layer; got hidden_dims empty"):
        small([], batch_norm=True)
    with pytest.raises(ValueError, match=r"dropout needs a hidden layer; got hidden_dims empty"):
        small([], dropout=0.1)
    with pytest.raises(ValueError, match=r"dropout must be below 1; got 1.0"):
        small(dropout=1.0)
    with pytest.raises(ValueError, match=r"dropout must be a finite number, zero or above; got -0.1"):
        small(dropout=-0.1)
    with pytest.raises(TypeError, match=r"generator must be a torch.Generator"):
        small(dropout=0.1).loss(images(), generator=1)  # type: ignore[arg-type]


def test_unknown_hidden_activation_is_refused_even_where_no_layer_uses_it() -> None:
    with pytest.raises(ValueError, match=r"activation must be one of relu, .*; got 'Relu'"):
        small([], activation="Relu")
