"""The convolutional autoencoder: every size comes back, its layers equal a twin written out."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit.autoencoders.convolutional import ConvolutionalAutoencoder, conv, up_stage
from coursekit.data import digits

MODES = list(itertools.product(("stride", "pool"), ("transpose", "nearest")))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=seeded(seed), dtype=torch.float64)


def comes_back(height: int, width: int, down: str, up: str) -> None:
    model = ConvolutionalAutoencoder((1, height, width), [1, 2], 1, down=down, up=up)
    with torch.no_grad():
        outputs, z = model(torch.zeros(1, 1, height, width))
    assert outputs.shape == (1, 1, height, width)
    assert z.shape == (1, 1)


@pytest.mark.parametrize(("down", "up"), MODES)
def test_every_side_comes_back(down: str, up: str) -> None:
    for side in range(5, 41):
        comes_back(side, 45 - side, down, up)
        comes_back(side, side, down, up)


@pytest.mark.slow
@pytest.mark.parametrize(("down", "up"), MODES)
def test_every_height_with_every_width_comes_back(down: str, up: str) -> None:
    for height, width in itertools.product(range(5, 41), repeat=2):
        comes_back(height, width, down, up)


@pytest.mark.parametrize(("down", "up"), MODES)
@pytest.mark.parametrize("channels", [[1], [7], [3, 2], [2, 5, 3], [4, 1, 1, 6]])
def test_any_list_of_channels_and_colours(down: str, up: str, channels: list[int]) -> None:
    given = list(channels)
    model = ConvolutionalAutoencoder((3, 13, 18), channels, 4, down=down, up=up).double()
    x = images(2, 3, 13, 18)
    assert model(x).outputs.shape == x.shape
    assert channels == given
    torch.testing.assert_close(model.loss(x).loss, (model(x).outputs - x).square().sum() / 2)


def test_the_strided_model_equals_its_layers_written_out() -> None:
    model = ConvolutionalAutoencoder((2, 9, 6), [3, 4], 5, activation="tanh", generator=seeded()).double()
    x = images(3, 2, 9, 6)
    w = {name: value.detach() for name, value in model.named_parameters()}
    hidden = torch.tanh(F.conv2d(x, w["encoder.0.weight"], w["encoder.0.bias"], stride=2, padding=1))
    hidden = torch.tanh(F.conv2d(hidden, w["encoder.2.weight"], w["encoder.2.bias"], stride=2, padding=1))
    z = hidden.reshape(3, -1) @ w["encoder.5.weight"].T + w["encoder.5.bias"]
    torch.testing.assert_close(model.encode(x), z)
    hidden = torch.tanh(z @ w["decoder.0.weight"].T + w["decoder.0.bias"]).reshape(3, 4, 3, 2)
    # 9 -> 5 -> 3 and 6 -> 3 -> 2: an output padding of 1 for the even sides only.
    hidden = F.conv_transpose2d(
        hidden, w["decoder.3.weight"], w["decoder.3.bias"], stride=2, padding=1, output_padding=(0, 0)
    )
    outputs = F.conv_transpose2d(
        torch.tanh(hidden),
        w["decoder.5.weight"],
        w["decoder.5.bias"],
        stride=2,
        padding=1,
        output_padding=(0, 1),
    )
    torch.testing.assert_close(model.decode(z), outputs)


def test_the_pooling_model_equals_its_layers_written_out() -> None:
    model = ConvolutionalAutoencoder(
        (1, 5, 4), [3], 2, down="pool", up="nearest", generator=seeded()
    ).double()
    x = images(2, 1, 5, 4)
    w = {name: value.detach() for name, value in model.named_parameters()}
    hidden = F.conv2d(x, w["encoder.0.weight"], w["encoder.0.bias"], padding=1).relu()
    pooled = torch.stack(
        [
            torch.stack(
                [hidden[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].amax((2, 3)) for j in range(2)], -1
            )
            for i in range(3)
        ],
        -2,
    )
    z = pooled.reshape(2, -1) @ w["encoder.4.weight"].T + w["encoder.4.bias"]
    torch.testing.assert_close(model.encode(x), z)
    hidden = (z @ w["decoder.0.weight"].T + w["decoder.0.bias"]).reshape(2, 3, 3, 2).relu()
    # Nearest pixel for 3 -> 5: row i of the result is row floor(3 i / 5) of the input.
    rows, columns = torch.arange(5) * 3 // 5, torch.arange(4) * 2 // 4
    big = hidden[:, :, rows][:, :, :, columns]
    outputs = F.conv2d(big, w["decoder.3.1.weight"], w["decoder.3.1.bias"], padding=1)
    torch.testing.assert_close(model.decode(z), outputs)


def test_pooling_keeps_the_last_row_of_an_odd_side() -> None:
    model = ConvolutionalAutoencoder((1, 7, 7), [2], 3, down="pool", activation="linear").double()
    first = model.encoder[0]
    nn.init.zeros_(first.weight)
    first.weight.data[:, :, 1, 1] = 1.0  # the convolution hands every pixel on
    nn.init.zeros_(first.bias)
    hidden = images(1, 1, 7, 7)
    for layer in model.encoder[:3]:
        hidden = layer(hidden)
    # A pool that rounds down has no fourth row at all.
    assert model.sides == [(7, 7), (4, 4)]
    torch.testing.assert_close(hidden[0, 0, 3, 3], images(1, 1, 7, 7)[0, 0, 6, 6])


def test_the_count_of_parameters_is_the_audits() -> None:
    # 1 -> 16 -> 32 on 8 x 8, K = 8: 160 + 4,640 + 1,032 down, 1,152 + 4,624 + 145 up (001-R-09).
    for down, up in MODES:
        model = ConvolutionalAutoencoder((1, 8, 8), [16, 32], 8, down=down, up=up)
        assert sum(parameter.numel() for parameter in model.parameters()) == 11_753


def test_weights_come_from_the_generator_alone_and_span_torchs_range() -> None:
    before = torch.get_rng_state()
    first = ConvolutionalAutoencoder((1, 8, 8), [16, 32], 8, generator=seeded(3))
    again = ConvolutionalAutoencoder((1, 8, 8), [16, 32], 8, generator=seeded(3))
    other = ConvolutionalAutoencoder((1, 8, 8), [16, 32], 8, generator=seeded(4))
    assert torch.equal(before, torch.get_rng_state())
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
        assert not torch.equal(value, other.state_dict()[name])
    twin, mine = nn.ConvTranspose2d(32, 16, 3), up_stage(32, 16, (8, 8), up="transpose")
    first.decoder.append(mine)
    first.reset_parameters(generator=seeded())
    # 4,608 draws from U(-b, b): the largest is below 0.99 b with probability 0.99^4608 = 8e-21.
    bound = (16 * 9) ** -0.5
    for layer in (twin, mine):
        assert 0.99 * bound < layer.weight.abs().max() <= bound


def test_config_builds_the_model_again() -> None:
    model = ConvolutionalAutoencoder(
        (2, 9, 7), [3, 4], 5, down="pool", up="nearest", loss="huber", delta=0.5, activation="elu"
    )
    twin = ConvolutionalAutoencoder(**model.config())
    twin.load_state_dict(model.state_dict())
    x = images(2, 2, 9, 7).float()
    assert torch.equal(twin(x).outputs, model(x).outputs)
    assert twin.config() == model.config()


def test_sizes_that_do_not_fit_are_refused_with_their_numbers() -> None:
    with pytest.raises(ValueError, match=r"before each of 4 halvings; got 5 x 40, 3 x 20, 2 x 10, 1 x 5"):
        ConvolutionalAutoencoder((1, 5, 40), [2, 2, 2, 2], 3)
    with pytest.raises(ValueError, match=r"input_shape must be \(C, H, W\); got \(28, 28\)"):
        ConvolutionalAutoencoder((28, 28), [2], 3)
    with pytest.raises(ValueError, match=r"channels must hold at least one count; got none"):
        ConvolutionalAutoencoder((1, 8, 8), [], 3)
    with pytest.raises(ValueError, match=r"each of channels must be an int of at least 1; got 0"):
        ConvolutionalAutoencoder((1, 8, 8), [4, 0], 3)
    with pytest.raises(
        ValueError, match=r"down must be one of stride, pool; got 'pol' \(did you mean 'pool'\?\)"
    ):
        ConvolutionalAutoencoder((1, 8, 8), [4], 3, down="pol")
    with pytest.raises(ValueError, match=r"up must be one of transpose, nearest; got 'bilinear'"):
        ConvolutionalAutoencoder((1, 8, 8), [4], 3, up="bilinear")
    model = ConvolutionalAutoencoder((1, 8, 8), [4], 3)
    with pytest.raises(ValueError, match=r"x must have shape \(B, 1, 8, 8\); got \(2, 64\)"):
        model(torch.zeros(2, 64))


def test_a_convolution_follows_a_shift_and_its_stride_breaks_that() -> None:
    # 001-D-37: away from the border conv(shift(x)) = shift(conv(x)); with stride 2 no shift fits.
    x = F.pad(images(1, 1, 8, 8), (4, 4, 4, 4))
    layer, strided = conv(1, 2), conv(1, 2, stride=2)
    nn.init.uniform_(layer.weight, -1, 1, generator=seeded())
    strided.weight.data = layer.weight.data
    for one in (layer, strided):
        one.double()
        nn.init.zeros_(one.bias)
    moved = x.roll(1, dims=3)
    torch.testing.assert_close(layer(moved), layer(x).roll(1, dims=3))
    errors = [(strided(moved) - strided(x).roll(k, dims=3)).abs().max().item() for k in (-1, 0, 1)]
    assert min(errors) > 0.1


@pytest.mark.slow
@pytest.mark.parametrize(("down", "up"), [("stride", "transpose"), ("pool", "nearest")])
def test_it_learns_the_digits(down: str, up: str) -> None:
    data = digits()
    x, test = data.x_train.reshape(-1, 1, 8, 8), data.x_test.reshape(-1, 1, 8, 8)
    mean_image = (test - x.mean(0)).square().mean().item()
    for seed in range(5):
        model = ConvolutionalAutoencoder((1, 8, 8), [16, 32], 8, down=down, up=up, generator=seeded(seed))
        optimizer, order = torch.optim.Adam(model.parameters(), 2e-3), seeded(100 + seed)
        for _ in range(15):
            for rows in torch.randperm(len(x), generator=order).split(64):
                optimizer.zero_grad()
                model.loss(x[rows]).loss.backward()
                optimizer.step()
        # Measured over the seeds: 0.0227 to 0.0314, the mean image 0.0739.
        assert (model.reconstruct(test) - test).square().mean().item() < 0.55 * mean_image
