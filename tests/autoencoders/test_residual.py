"""Residual blocks: the identity at zero, a loop in NumPy, gradients that survive depth, and R-25 in small."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from coursekit.autoencoders import ResidualAutoencoder, ResidualBlock
from coursekit.data import digits
from coursekit.train import fit


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def zero(module: nn.Module) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()


def loop(block: ResidualBlock, rows: np.ndarray, skip: bool) -> np.ndarray:
    """Apply one block with tanh, written out."""
    w1, b1, w2, b2 = (p.detach().numpy() for p in block.parameters())
    added = np.tanh(np.tanh(rows) @ w1.T + b1) @ w2.T + b2
    return rows + added if skip else added


@pytest.mark.parametrize("skip", [True, False])
def test_block_equals_a_loop_in_numpy(skip: bool) -> None:
    block = ResidualBlock(5, activation="tanh", skip=skip, generator=seeded()).double()
    x = draw(7, 5)
    np.testing.assert_allclose(
        block(x).detach().numpy(), loop(block, x.numpy(), skip), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "linear"])
def test_block_is_the_identity_at_zero_for_inputs_of_either_sign(activation: str) -> None:
    # 001-BP-7: with an activation behind the sum this holds for inputs above zero only.
    block = ResidualBlock(5, activation=activation, generator=seeded()).double()
    zero(block)
    x = draw(7, 5)
    assert torch.equal(block(x), x)
    jacobian = torch.autograd.functional.jacobian(lambda row: block(row[None])[0], x[0])
    assert torch.equal(jacobian, torch.eye(5, dtype=torch.float64))


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("hidden", [[6], [6, 4], [3, 8, 5]])
@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_model_equals_a_loop_in_numpy(skip: bool, hidden: list[int], blocks: int) -> None:
    model = ResidualAutoencoder((2, 4), hidden, 3, blocks=blocks, skip=skip, activation="tanh",
                                generator=seeded()).double()  # fmt: skip
    x = draw(5, 2, 4)
    rows = x.reshape(5, 8).numpy()
    for side, widths in ((model.encoder, hidden), (model.decoder, hidden[::-1])):
        layers = iter(layer for layer in side if isinstance(layer, (nn.Linear, ResidualBlock)))
        for _ in widths:
            stem = next(layers)
            rows = rows @ stem.weight.detach().numpy().T + stem.bias.detach().numpy()
            for _ in range(blocks):
                rows = loop(next(layers), rows, skip)  # type: ignore[arg-type]
            rows = np.tanh(rows)
        end = next(layers)
        rows = rows @ end.weight.detach().numpy().T + end.bias.detach().numpy()
        assert next(layers, None) is None
    np.testing.assert_allclose(model(x).outputs.detach().numpy().reshape(5, 8), rows, rtol=1e-12, atol=1e-12)


def test_blocks_at_zero_leave_the_model_without_blocks() -> None:
    deep = ResidualAutoencoder(8, [6], 3, blocks=4, generator=seeded()).double()
    flat = ResidualAutoencoder(8, [6], 3, blocks=0, generator=seeded(1)).double()
    for block in (layer for layer in deep.modules() if isinstance(layer, ResidualBlock)):
        zero(block)
    linears = [
        [layer for layer in (*model.encoder, *model.decoder) if isinstance(layer, nn.Linear)]
        for model in (deep, flat)
    ]
    for mine, other in zip(*linears, strict=True):
        other.load_state_dict(mine.state_dict())
    x = draw(5, 8)
    assert torch.equal(deep(x).outputs, flat(x).outputs)


def test_gradient_of_the_loss_matches_central_differences() -> None:
    model = ResidualAutoencoder(8, [6], 3, blocks=2, activation="tanh", generator=seeded()).double()
    x, h, parameters = draw(5, 8), 1e-6, list(model.parameters())
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


def test_gradient_reaches_the_first_layer_through_eight_blocks_only_with_skips() -> None:
    x = torch.rand(50, 64, generator=seeded(1))
    sizes = {}
    for skip in (True, False):
        model = ResidualAutoencoder(64, [64], 8, blocks=8, skip=skip, generator=seeded())
        model.loss(x).loss.backward()
        sizes[skip] = model.encoder[0].weight.grad.norm().item()  # type: ignore[union-attr, operator]
    assert sizes[True] > 1e4 * sizes[False]


def test_weights_come_from_the_generator_and_config_builds_the_model_again() -> None:
    before, hidden = torch.get_rng_state(), [6, 4]
    first, second = (
        ResidualAutoencoder((2, 4), hidden, 3, blocks=2, skip=False, activation="elu", loss="huber",
                            delta=0.3, generator=seeded())
        for _ in range(2)
    )  # fmt: skip
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    hidden.append(1)
    twin = ResidualAutoencoder(**first.config(), generator=seeded(3))
    assert torch.equal(before, torch.get_rng_state())
    twin.load_state_dict(first.state_dict())
    x = draw(5, 2, 4).float()
    assert torch.equal(twin.reconstruct(x), first.reconstruct(x))
    assert twin.loss(x).loss.item() == first.loss(x).loss.item()
    assert twin.config() == first.config()


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"hidden_dims must hold at least one width; got none"):
        ResidualAutoencoder(8, [], 3)
    with pytest.raises(ValueError, match=r"blocks must be an int of at least 0; got -1"):
        ResidualAutoencoder(8, [6], 3, blocks=-1)
    with pytest.raises(ValueError, match=r"each of hidden_dims must be an int of at least 1; got 0"):
        ResidualAutoencoder(8, [6, 0], 3)
    with pytest.raises(ValueError, match=r"activation must be one of relu, .*; got 'Relu'"):
        ResidualAutoencoder(8, [6], 3, activation="Relu")
    with pytest.raises(ValueError, match=r"width must be an int of at least 1; got 0"):
        ResidualBlock(0)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_depth_ruins_the_plain_network_and_not_the_residual_one() -> None:
    # digits, 64 wide, K = 8, 25 epochs; test error a pixel, two seeds (the book shows five).
    split = digits(seed=0, test_size=0.2)
    mean_image = (split.x_test - split.x_train.mean(0)).square().mean().item()
    errors: dict[tuple[bool, int], list[float]] = {}
    for skip in (True, False):
        for blocks in (1, 8):
            for seed in range(2):
                model = ResidualAutoencoder(64, [64], 8, blocks=blocks, skip=skip, generator=seeded(seed))
                fit(model, (split.x_train,), loss=lambda m, batch, g: m.loss(*batch, generator=g)._asdict(),
                    epochs=25, batch_size=64, lr=1e-3, generator=seeded(seed + 1))  # fmt: skip
                error = (model.reconstruct(split.x_test) - split.x_test).square().mean().item()
                errors.setdefault((skip, blocks), []).append(error)
    assert all(math.isfinite(error) for values in errors.values() for error in values)
    assert max(errors[True, 8]) < 0.4 * mean_image
    assert min(errors[False, 8]) > 0.95 * mean_image
    assert max(errors[True, 1]) < min(errors[False, 1])
