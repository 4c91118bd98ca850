"""What the page on convolutional autoencoders measures, against NumPy, torch, scikit-learn, closed forms."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor, nn

from coursekit.autoencoders import ConvolutionalAutoencoder, DenseAutoencoder, SkipAutoencoder
from coursekit.experiments import (
    conv_checker,
    conv_counts,
    conv_places,
    conv_race,
    conv_shift,
    conv_sizes,
    conv_skip,
)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_convolution_is_the_sum_over_its_kernel() -> None:
    x, w = draw(11).numpy(), draw(3, seed=1).numpy()
    for s, d, p in ((1, 1, 0), (2, 1, 1), (2, 2, 1), (3, 2, 4)):
        padded = np.concatenate([np.zeros(p), x, np.zeros(p)])
        wanted = []
        for o in range(100):
            if s * o + 2 * d >= len(padded):
                break
            wanted.append(0.5 + sum(w[a] * padded[s * o + d * a] for a in range(3)))
        layer = nn.Conv1d(1, 1, 3, stride=s, dilation=d, padding=p).double()
        layer.weight.data[:] = torch.from_numpy(w)
        layer.bias.data.fill_(0.5)  # type: ignore[union-attr]
        theirs = layer(torch.from_numpy(x)[None, None]).flatten().detach().numpy()
        np.testing.assert_allclose(theirs, wanted, rtol=1e-12)


def test_the_recipe_is_what_torch_does_with_its_layers() -> None:
    # D-03, D-04: zeros through real layers, without a formula.
    down = nn.Sequential(*(nn.Conv2d(1, 1, 3, stride=2, padding=1) for _ in range(4)))
    up = nn.Sequential(
        *(nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1) for _ in range(4))
    )
    for side in (8, 15, 16, 17, 23, 24, 27, 28, 32, 64, 128):
        told = conv_sizes.recipe(side)
        assert told.reached == down(torch.zeros(1, 1, side, side)).shape[-1]
        assert told.returned == up(torch.zeros(1, 1, side // 8, side // 8)).shape[-1]
        assert told.planned == side // 8
    # The audit: 15 of 121 sizes run, and return 16 or 32 pixels; none fits.
    plans = [conv_sizes.recipe(side) for side in range(8, 129)]
    assert {plan.returned for plan in plans if plan.runs} == {16, 32}
    assert sum(plan.runs for plan in plans) == 15
    assert not any(plan.fits for plan in plans)
    with pytest.raises(ValueError, match="side must be an int of at least 8; got 7"):
        conv_sizes.recipe(7)


def test_counts_are_those_of_the_closed_form() -> None:
    for side, channels, code in ((28, (8, 16), 16), (9, (3, 4, 5), 2)):
        model = ConvolutionalAutoencoder((1, side, side), channels, code)
        height = side
        widths, filters = (1, *channels), 0
        for less, more in itertools.pairwise(widths):
            height = (height + 1) // 2
            filters += (9 * less + 1) * more + (9 * more + 1) * less
        entries = channels[-1] * height**2
        dense = (entries + 1) * code + (code + 1) * entries
        told = conv_counts.count(model)
        assert told == (filters + dense, filters + dense, dense)
        model.encoder.requires_grad_(False)
        assert conv_counts.count(model).trainable < told.trainable == told.total
    assert conv_counts.source_counts().total == 1_369_089  # D-38, as the audit ran it


def test_products_are_counted_layer_by_layer() -> None:
    dense = DenseAutoencoder(10, [7], 3)
    assert conv_counts.multiplications(dense) == 10 * 7 + 7 * 3 + 3 * 7 + 7 * 10
    model = ConvolutionalAutoencoder((1, 8, 8), [2], 3)
    # 9 products for each of 4 x 4 outputs and 2 channels, down and up; 32 x 3 twice.
    assert conv_counts.multiplications(model) == 2 * (9 * 16 * 2) + 2 * 32 * 3


def test_stride_1_follows_every_move_and_stride_2_the_even_ones() -> None:
    told = conv_shift.run((0,), shifts=(1, 2))
    errors = {kind: rows[0] for kind, rows in told.errors.items()}
    assert max(errors["stride 1"]) < 1e-12
    assert max(errors["mean over places"]) < 1e-12
    for kind in ("stride 2", "max pooling 2"):
        assert errors[kind][0] > 0.2
        assert errors[kind][1] < 1e-12
    x = draw(2, 1, 4, 6)
    # A map that only picks every other column: moved by one, it shows the other columns.
    found = conv_shift.map_error(lambda v: v[..., ::2], x, 1)
    even, odd = x[..., ::2].numpy(), np.roll(x.numpy(), 1, 3)[..., ::2]
    best = min(np.linalg.norm(odd - np.roll(even, m, 3)) for m in range(3))
    assert found == pytest.approx(best / np.linalg.norm(even), rel=1e-12)


def test_how_far_a_code_moves() -> None:
    class Flat(DenseAutoencoder):
        def _encode(self, x: Tensor) -> Tensor:
            return x.flatten(1)

    x = draw(5, 1, 3, 4)
    flat, moved = x.flatten(1).numpy(), np.roll(x.numpy(), 2, 3).reshape(5, -1)
    apart = [np.linalg.norm(flat[i] - flat[j]) for i in range(5) for j in range(i)]
    wanted = np.sort(np.linalg.norm(moved - flat, axis=1))[2] / np.sort(apart)[4]
    assert conv_shift.code_moves(Flat((1, 3, 4), [], 12), x, 2) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (4, 2), (2, 2), (5, 3), (3, 1), (2, 3)])
def test_taps_are_a_transposed_convolution_of_ones(kernel: int, stride: int) -> None:
    ones = torch.ones(1, 1, 6, 6), torch.ones(1, 1, kernel, kernel)
    theirs = F.conv_transpose2d(*ones, stride=stride)[0, 0]
    assert torch.equal(conv_checker.taps(6, kernel, stride), theirs)
    # Away from the borders: the kernel over the stride, rounded up or down.
    inner = theirs[kernel:-kernel, kernel:-kernel].sqrt()
    assert inner.min().item() == kernel // stride
    assert inner.max().item() == -(-kernel // stride)


def test_the_spectrum_sees_a_pattern_of_two_pixels_and_nothing_else() -> None:
    noise = torch.randn(400, 1, 20, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    # 3 and 7 frequencies of 400 spectra each, exponential: the ratio is 1 with a standard error of 0.04.
    assert conv_checker.checker_power(noise) == pytest.approx(1.0, abs=0.2)
    checkered = (-1.0) ** torch.arange(20)
    for pattern in (checkered[:, None] * checkered, checkered[:, None] + 0 * checkered):
        assert conv_checker.checker_power(noise + pattern) > 3
    assert conv_checker.checker_power(noise + torch.cos(torch.arange(20) * torch.pi / 2)) < 1.2
    window = np.outer(*[np.hanning(21)[:-1]] * 2)
    x = noise.numpy() - noise.numpy().mean((2, 3), keepdims=True)
    power = (abs(np.fft.fft2(x * window)) ** 2).mean((0, 1))
    beside = [(10, 7), (7, 10), (7, 7), (7, 0), (10, 3), (0, 7), (3, 10)]
    wanted = np.mean([power[at] for at in ((10, 10), (10, 0), (0, 10))]) / np.mean(
        [power[at] for at in beside]
    )
    assert conv_checker.checker_power(noise) == pytest.approx(wanted, rel=1e-9)


def test_random_decoders_checker_with_transposed_convolutions_only() -> None:
    for seed in (0, 1):
        assert conv_checker.checker_power(conv_checker.random_pictures("transpose", seed)) > 5
        assert conv_checker.checker_power(conv_checker.random_pictures("nearest", seed)) < 0.5


def test_even_taps_leave_the_pattern_to_random_weights_and_take_it_from_equal_ones() -> None:
    for seed in (0, 1):
        pictures = conv_checker.random_pictures("transpose", seed, kernel=4)
        assert pictures.shape == (50, 1, 28, 28)
        assert conv_checker.checker_power(pictures) > 5
        assert not torch.allclose(pictures, conv_checker.random_pictures("transpose", seed), atol=1e-3)
    maps = F.avg_pool2d(torch.rand(50, 1, 16, 16, generator=torch.Generator().manual_seed(0)), 3, 1)
    uneven, even = (
        F.conv_transpose2d(maps, torch.ones(1, 1, k, k), stride=2, padding=1, output_padding=k % 2)
        for k in (3, 4)
    )
    assert conv_checker.checker_power(uneven) > 100
    assert conv_checker.checker_power(even) < 1


def test_kernels_that_a_random_decoder_cannot_have() -> None:
    with pytest.raises(ValueError, match="kernel must be 3 or 4; got 5"):
        conv_checker.random_pictures("transpose", 0, kernel=5)
    with pytest.raises(ValueError, match='kernel must be 3 where up is "nearest"; got 4'):
        conv_checker.random_pictures("nearest", 0, kernel=4)


def test_the_race_scores_what_numpy_scores_and_shuffles_every_picture_alike() -> None:
    told = conv_race.run((0,), names=("dense 17",), epochs=1).get("dense 17")
    x, model = conv_race.split().x_test, conv_race.trained("dense 17", 0, 1)
    wanted = ((model.reconstruct(x) - x).numpy() ** 2).sum((1, 2, 3)).mean()
    assert told.error[0] == pytest.approx(wanted, rel=1e-5)
    assert told.parameters == 28_034
    mixed = conv_race.pictures("strided, shuffled pixels").x_test
    order = conv_race.order()
    assert sorted(order.tolist()) == list(range(784))
    for at in (0, 7):
        assert torch.equal(mixed[at].flatten(), x[at].flatten()[order])


def test_neighbours_matter_to_a_convolution() -> None:
    # R-09's control, in 20 steps: the same network on the same pixels in another order.
    told = conv_race.run((0,), names=("strided, nearest", "strided, shuffled pixels"), epochs=2)
    assert told.get("strided, nearest").error[0] < 0.85 * told.get("strided, shuffled pixels").error[0]


def test_strangers_codes_cost_a_bottleneck_and_not_a_network_with_skips() -> None:
    # D-42, R-10: absolute rises.
    told = conv_skip.run((0,), epochs=4)
    assert told.bottleneck.rise[0] > 0.15
    assert abs(told.skips.rise[0]) < 0.1 * told.bottleneck.rise[0]
    assert told.skips.own[0] < 0.3 * told.bottleneck.own[0]


def test_the_exchange_of_codes_written_out() -> None:
    told = conv_skip.run((3,), epochs=1).skips
    model, (_, x, mixed) = conv_skip.trained("skips", 3, 1), conv_skip.pictures()
    assert isinstance(model, SkipAutoencoder)
    z = model.encode(x).detach()
    own = ((model.decode(z, model.skips(x)) - x) ** 2).sum((1, 2, 3)).detach()
    assert told.own[0] == pytest.approx(own.mean().item(), rel=1e-5)
    circle = torch.randperm(len(z), generator=torch.Generator().manual_seed(3)).tolist()
    error = 0.0
    for at, other in zip(circle, [circle[-1], *circle[:-1]], strict=True):
        picture = x[at : at + 1]
        drawn = model.decode(z[other : other + 1], model.skips(picture))
        error += ((drawn - picture) ** 2).sum().item()
    assert told.stranger[0] == pytest.approx(error / len(z), rel=1e-4)
    odd = ((model.reconstruct(mixed) - mixed) ** 2).sum((1, 2, 3))
    truth = np.repeat([0, 1], len(z))
    assert told.shuffled[0] == pytest.approx(roc_auc_score(truth, torch.cat([own, odd]).numpy()), abs=1e-6)
    # The same grey values in every picture, in another order.
    assert torch.equal(mixed.flatten(1).sort(1).values, x.flatten(1).sort(1).values)


def test_places_within_windows_and_their_neighbours() -> None:
    x = torch.tensor([[[[0.0, 1, 9, 0], [0, 0, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]]]])
    assert conv_places.within_windows(x).tolist() == [[[[1, 0], [2, 3]]]]
    assert conv_places.within_windows(x[:, :, [1, 0, 3, 2]]).tolist() == [[[[3, 2], [0, 1]]]]
    rows, y = draw(60, 5), torch.arange(60) % 3
    theirs = KNeighborsClassifier(1).fit(rows[:40].numpy(), y[:40].numpy())
    wanted = theirs.score(rows[40:].numpy(), y[40:].numpy())
    assert conv_places.nearest_accuracy(rows[:40], y[:40], rows[40:], y[40:]) == pytest.approx(wanted)


def test_places_alone_tell_digits_apart() -> None:
    told = conv_places.run((0,))
    assert told.places[0] > 0.5  # a guess is right once in ten
    assert told.places[0] < told.pixels[0]
