"""Skip connections against the network written out, and the measurement that they make the code idle."""

import pytest
import torch
import torch.nn.functional as F

from coursekit.autoencoders.convolutional import ConvolutionalAutoencoder
from coursekit.autoencoders.interface import Autoencoder
from coursekit.autoencoders.skip import SkipAutoencoder
from coursekit.data import digits


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=seeded(seed), dtype=torch.float64)


def test_the_model_equals_its_layers_written_out() -> None:
    model = SkipAutoencoder((2, 5, 7), [3, 4], 6, activation="tanh", generator=seeded()).double()
    x = images(2, 2, 5, 7)
    w = {name: value.detach() for name, value in model.named_parameters()}

    def convolve(maps: torch.Tensor, name: str) -> torch.Tensor:
        return F.conv2d(maps, w[f"{name}.weight"], w[f"{name}.bias"], padding=1)

    def pool(maps: torch.Tensor) -> torch.Tensor:
        # Padding with -inf on the far side is what rounding up means.
        height, width = maps.shape[2:]
        return F.max_pool2d(F.pad(maps, (0, width % 2, 0, height % 2), value=-torch.inf), 2)

    fine = torch.tanh(convolve(x, "stages.0.0"))
    coarse = torch.tanh(convolve(pool(fine), "stages.1.0"))
    z = pool(coarse).flatten(1) @ w["to_code.1.weight"].T + w["to_code.1.bias"]
    torch.testing.assert_close(model.encode(x), z)
    bottom = torch.tanh(z @ w["from_code.0.weight"].T + w["from_code.0.bias"]).reshape(2, 4, 2, 2)
    hidden = torch.cat([F.interpolate(bottom, (3, 4)), coarse], 1)
    hidden = torch.tanh(convolve(hidden, "ups.0"))
    outputs = convolve(torch.cat([F.interpolate(hidden, (5, 7)), fine], 1), "ups.1")
    torch.testing.assert_close(model(x).outputs, outputs)
    torch.testing.assert_close(model.decode(z, (fine, coarse)), outputs)
    for mine, twin in zip(model.skips(x), (fine, coarse), strict=True):
        torch.testing.assert_close(mine, twin)


@pytest.mark.parametrize("channels", [[1], [3, 2], [2, 4, 3]])
def test_any_size_and_any_list_of_channels(channels: list[int]) -> None:
    for height, width in [(side, 30 - side) for side in range(5, 26)]:
        model = SkipAutoencoder((1, height, width), channels, 2)
        with torch.no_grad():
            outputs, z = model(torch.zeros(1, 1, height, width))
        assert outputs.shape == (1, 1, height, width)
        assert z.shape == (1, 2)


def test_the_output_reads_x_beside_the_code() -> None:
    # The gradient of the outputs with respect to x, the code held fixed: zero for a bottleneck, not here.
    model = SkipAutoencoder((1, 8, 8), [3, 4], 2, generator=seeded()).double()
    x = images(1, 1, 8, 8).requires_grad_()
    z = model.encode(x).detach()
    (beside,) = torch.autograd.grad(model.decode(z, model.skips(x)).square().sum(), x)
    assert beside.abs().min() > 0


def test_a_code_alone_is_not_decoded() -> None:
    model, x = SkipAutoencoder((1, 8, 8), [3, 4], 2), torch.zeros(2, 1, 8, 8)
    maps = model.skips(x)
    with pytest.raises(
        ValueError, match=r"skips must be the 2 maps of model.skips\(x\), .*; got NoneType None"
    ):
        model.decode(torch.zeros(2, 2))
    with pytest.raises(ValueError, match=r"skips must be the 2 maps .*; got 1 maps"):
        model.decode(torch.zeros(2, 2), maps[:1])
    with pytest.raises(ValueError, match=r"skips\[0\] must have shape \(2, 3, 8, 8\); got \(2, 4, 4, 4\)"):
        model.decode(torch.zeros(2, 2), maps[::-1])
    with pytest.raises(ValueError, match=r"skips\[0\] must have shape \(1, 3, 8, 8\); got \(2, 3, 8, 8\)"):
        model.decode(torch.zeros(1, 2), maps)
    with pytest.raises(ValueError, match=r"before each of 3 halvings; got 4 x 9, 2 x 5, 1 x 3"):
        SkipAutoencoder((1, 4, 9), [1, 1, 1], 2)


def test_weights_come_from_the_generator_alone_and_config_builds_again() -> None:
    before = torch.get_rng_state()
    model = SkipAutoencoder((1, 7, 9), [3, 4], 2, loss="absolute", activation="elu", generator=seeded(1))
    again = SkipAutoencoder(**model.config(), generator=seeded(1))
    assert torch.equal(before, torch.get_rng_state())
    x = images(2, 1, 7, 9).float()
    assert torch.equal(model(x).outputs, again(x).outputs)
    assert again.config() == model.config()


def ablations(model: Autoencoder, x: torch.Tensor, test: torch.Tensor, epochs: int, seed: int) -> list[float]:
    """Return the test error with the codes as they are, at zero, and handed to other images."""
    optimizer, order = torch.optim.Adam(model.parameters(), 5e-3), seeded(100 + seed)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=order).split(64):
            optimizer.zero_grad()
            model.loss(x[rows]).loss.backward()
            optimizer.step()
    with torch.no_grad():
        z = model.encode(test)
        codes = (z, torch.zeros_like(z), z[torch.randperm(len(z), generator=seeded(5))])
        if isinstance(model, SkipAutoencoder):
            maps = model.skips(test)
            outputs = [model.decode(code, maps) for code in codes]
        else:
            outputs = [model.decode(code) for code in codes]
    return [(output - test).square().mean().item() for output in outputs]


@pytest.mark.slow
def test_with_skips_the_code_is_idle_and_without_them_it_is_not() -> None:
    # 001-R-10 on digits; five seeds are on the page, by coursekit.experiments.conv_skip.
    data = digits()
    x, test = data.x_train.reshape(-1, 1, 8, 8), data.x_test.reshape(-1, 1, 8, 8)
    for seed in range(2):
        skips = SkipAutoencoder((1, 8, 8), [8, 16], 2, generator=seeded(seed))
        plain = ConvolutionalAutoencoder(
            (1, 8, 8), [8, 16], 2, down="pool", up="nearest", generator=seeded(seed)
        )
        whole, zeroed, shuffled = ablations(skips, x[:800], test, 10, seed)
        bottleneck, *others = ablations(plain, x[:800], test, 10, seed)
        # Absolute rises: a tiny error of its own would make any rise look large.
        assert shuffled - whole < 0.02 * (others[1] - bottleneck)
        assert min(others) > 1.2 * bottleneck
        # A code of zeros is one that the decoder never met; what that costs is under a tenth all the same.
        assert zeroed - whole < 0.1 * (others[0] - bottleneck)
        assert whole < 0.05 * bottleneck
