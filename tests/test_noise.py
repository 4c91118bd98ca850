"""Corruptions against the laws that they state: moments, shares, scipy's blur, and what must not happen."""

import math

import pytest
import torch
from scipy import ndimage, stats

from coursekit.noise import (
    Corruption,
    blur,
    corruption,
    corruptions,
    dropout,
    gaussian,
    masking,
    salt_and_pepper,
)

ALARM = 1e-6  # of each statistical test below, before the seed is fixed
Z = stats.norm.isf(ALARM / 2)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def within_binomial(hits: int, n: int, p: float) -> bool:
    low, high = stats.binom.ppf((ALARM / 2, 1 - ALARM / 2), n, p)
    return bool(low <= hits <= high)


def level(value: float, *shape: int) -> torch.Tensor:
    return torch.full(shape, value, dtype=torch.float64)


# Gaussian


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("sigma", [0.3, 0.04])
def test_gaussian_has_mean_x_and_standard_deviation_sigma_at_every_level(value: float, sigma: float) -> None:
    # 001-M-07 passes the variance, 001-M-08 draws uniform numbers.
    n = 200_000
    noise = gaussian(level(value, n), sigma, generator=generator()) - value
    assert abs(noise.mean().item()) < Z * sigma / n**0.5
    low, high = stats.chi2.ppf((ALARM / 2, 1 - ALARM / 2), n)
    assert low < noise.square().sum().item() / sigma**2 < high
    assert stats.kstest(noise.numpy() / sigma, "norm").pvalue > ALARM


def test_gaussian_entries_are_independent() -> None:
    noise = gaussian(level(0.0, 50_000, 3), 1.0, generator=generator(1))
    correlation = torch.corrcoef(noise.T) - torch.eye(3, dtype=torch.float64)
    assert correlation.abs().max().item() < Z / 50_000**0.5


def test_clamping_shifts_a_black_pixel_and_halves_its_second_moment() -> None:
    # D-18: bias sigma / sqrt(2 pi), second moment sigma^2 / 2 (the cut at 1 is 3.3 sigma away).
    n, sigma = 400_000, 0.3
    cut = stats.norm.cdf
    noisy = gaussian(level(0.0, n), sigma, clamp=True, generator=generator(2))
    assert noisy.min().item() == 0.0
    assert noisy.max().item() <= 1.0
    assert within_binomial(int((noisy == 0).sum()), n, 0.5)
    upper = 1 / sigma
    bias = sigma * (stats.norm.pdf(0) - stats.norm.pdf(upper)) + (1 - cut(upper))
    assert bias == pytest.approx(sigma / math.sqrt(2 * math.pi), rel=2e-3)
    assert abs(noisy.mean().item() - bias) < Z * sigma / n**0.5
    second = noisy.square()
    assert abs(second.mean().item() - sigma**2 / 2) < Z * second.std().item() / n**0.5 + 2e-4


def test_gaussian_of_width_zero_is_x() -> None:
    x = torch.rand(4, 5, generator=generator())
    assert torch.equal(gaussian(x, 0.0, generator=generator()), x)


# Salt and pepper, masking, dropout


@pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 1.0])
def test_salt_and_pepper_each_take_half_of_p(p: float) -> None:
    # D-20: drawing places with replacement gave 0.259 for 0.3, and more pepper than salt.
    n = 200_000
    noisy = salt_and_pepper(level(0.5, n), p, generator=generator(3))
    assert within_binomial(int((noisy == 0).sum()), n, p / 2)
    assert within_binomial(int((noisy == 1).sum()), n, p / 2)
    assert within_binomial(int((noisy == 0.5).sum()), n, 1 - p)


def test_salt_and_pepper_hits_every_image_alike() -> None:
    noisy = salt_and_pepper(level(0.5, 300, 400), 0.3, generator=generator(4))
    hits = (noisy != 0.5).sum(1)
    # The number of hits in an image is binomial: its variance over the images is 400 * 0.3 * 0.7.
    low, high = stats.chi2.ppf((ALARM / 2, 1 - ALARM / 2), 299)
    assert low < 299 * hits.double().var().item() / (400 * 0.3 * 0.7) < high


def test_salt_and_pepper_takes_other_values() -> None:
    noisy = salt_and_pepper(level(0.0, 1000), 0.5, low=-1.0, high=2.0, generator=generator())
    assert set(noisy.tolist()) == {-1.0, 0.0, 2.0}


@pytest.mark.parametrize("p", [0.1, 0.3, 0.9])
def test_masking_drops_a_share_p_and_keeps_the_rest_as_it_was(p: float) -> None:
    # 001-M-10 keeps with probability p; 001-M-11 rescales what it keeps.
    x = 0.1 + torch.rand(200_000, generator=generator(), dtype=torch.float64)
    noisy = masking(x, p, generator=generator(5))
    dropped = noisy == 0
    assert within_binomial(int(dropped.sum()), len(x), p)
    assert torch.equal(noisy[~dropped], x[~dropped])


def test_masking_changes_few_pixels_of_a_dark_image() -> None:
    # D-22: only what is not black can be dropped.
    x = (torch.rand(100_000, generator=generator()) < 0.19).double()
    changed = (masking(x, 0.3, generator=generator(6)) != x).sum()
    assert within_binomial(int(changed), int(x.sum()), 0.3)


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5])
def test_dropout_keeps_the_mean_and_leaves_the_range(p: float) -> None:
    n = 200_000
    noisy = dropout(level(0.8, n), p, generator=generator(7))
    kept = noisy != 0
    assert within_binomial(int((~kept).sum()), n, p)
    torch.testing.assert_close(noisy[kept], level(0.8 / (1 - p), int(kept.sum())))
    assert abs(noisy.mean().item() - 0.8) <= Z * 0.8 * (p / (1 - p) / n) ** 0.5 + 1e-12
    assert p < 0.2 or noisy.max().item() > 1


# Blur


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.0, 2.5])
@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (5, 9), (1, 7)])
def test_blur_equals_scipy_beyond_every_edge(sigma: float, shape: tuple[int, int]) -> None:
    x = torch.rand(2, 3, *shape, generator=generator(), dtype=torch.float64)
    twin = ndimage.gaussian_filter(x.numpy(), sigma, axes=(2, 3), mode="reflect", truncate=4.0)
    torch.testing.assert_close(blur(x, sigma), torch.from_numpy(twin), rtol=0, atol=1e-12)


def test_blur_of_a_given_size_equals_scipy_with_that_radius() -> None:
    x = torch.rand(1, 1, 12, 10, generator=generator(), dtype=torch.float64)
    twin = ndimage.gaussian_filter(x.numpy(), 1.3, axes=(2, 3), mode="reflect", radius=2)
    torch.testing.assert_close(blur(x, 1.3, size=5), torch.from_numpy(twin), rtol=0, atol=1e-12)


def test_blur_keeps_the_light_of_an_impulse_anywhere_and_has_no_chance_in_it() -> None:
    pictures = torch.eye(36, dtype=torch.float64).view(36, 1, 6, 6)
    blurred = blur(pictures, 1.5)
    torch.testing.assert_close(blurred.sum((1, 2, 3)), torch.ones(36, dtype=torch.float64))
    assert torch.equal(blurred, blur(pictures, 1.5))
    assert torch.equal(blur(pictures, 1.5, size=1), pictures)


def test_blur_keeps_channels_and_pictures_apart() -> None:
    x = torch.zeros(2, 2, 5, 5)
    x[1, 0] = 1
    assert blur(x, 1.0).sum((2, 3)).flatten().tolist() == pytest.approx([0, 0, 25, 0], abs=1e-5)


# What all share


@pytest.mark.parametrize(
    "made",
    [
        corruption("gaussian", sigma=0.4),
        corruption("salt_and_pepper", p=0.4),
        corruption("masking", p=0.4),
        corruption("dropout", p=0.4),
        corruption("blur", sigma=1.0),
    ],
    ids=lambda made: made.name,
)
def test_corruption_changes_its_result_only(made: Corruption) -> None:
    # 001-M-04: x += noise spoils the data set; D-16: some names returned x itself.
    x = torch.rand(4, 1, 8, 8, generator=generator())
    before, stream = x.clone(), torch.get_rng_state()
    first = made(x, generator=generator(1))
    assert torch.equal(x, before)
    assert torch.equal(torch.get_rng_state(), stream)
    assert first.shape == x.shape
    assert not torch.equal(first, x)
    assert torch.equal(first, made(x, generator=generator(1)))
    assert torch.equal(first, made(x, generator=generator(2))) is not made.random
    assert made.random is (made.name != "blur")
    assert corruption(**made.config()) == made


def test_registry_calls_the_function_of_the_name() -> None:
    x = torch.rand(2, 1, 6, 6, generator=generator())
    pairs = {
        "gaussian": gaussian(x, 0.2, clamp=True, generator=generator(3)),
        "salt_and_pepper": salt_and_pepper(x, 0.2, high=3.0, generator=generator(3)),
        "masking": masking(x, 0.2, generator=generator(3)),
        "dropout": dropout(x, 0.2, generator=generator(3)),
        "blur": blur(x, 0.8, size=3),
    }
    settings = {
        "gaussian": {"sigma": 0.2, "clamp": True},
        "salt_and_pepper": {"p": 0.2, "high": 3.0},
        "masking": {"p": 0.2},
        "dropout": {"p": 0.2},
        "blur": {"sigma": 0.8, "size": 3},
    }
    assert tuple(pairs) == corruptions()
    for name, wanted in pairs.items():
        assert torch.equal(corruption(name, **settings[name])(x, generator=generator(3)), wanted)


@pytest.mark.parametrize("name", ["salt-and-pepper", "Gaussian", "none", ""])
def test_unknown_corruption_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"name must be one of gaussian, salt_and_pepper, .*; got"):
        corruption(name, sigma=0.3)


def test_wrong_settings_are_refused_when_the_object_is_built() -> None:
    with pytest.raises(
        ValueError, match=r"gaussian takes sigma, clamp; got 'sigm' \(did you mean 'sigma'\?\)"
    ):
        corruption("gaussian", sigm=0.3)
    with pytest.raises(ValueError, match="masking needs p; got nothing"):
        corruption("masking")
    with pytest.raises(ValueError, match="p must be a probability, from 0 to 1; got 2"):
        corruption("salt_and_pepper", p=2.0)
    with pytest.raises(ValueError, match="sigma must be a finite number, zero or above; got -1"):
        corruption("gaussian", sigma=-1.0)
    with pytest.raises(TypeError, match="p must be a finite number"):
        corruption("masking", p="half")


def test_bad_numbers_and_shapes_are_refused() -> None:
    x = torch.rand(2, 9)
    with pytest.raises(ValueError, match="p must be below 1"):
        dropout(x, 1.0)
    with pytest.raises(ValueError, match=r"x must have shape \(B, C, H, W\); got \(2, 9\)"):  # D-23
        blur(x, 1.0)
    with pytest.raises(ValueError, match="size must be odd"):
        blur(x.view(2, 1, 3, 3), 1.0, size=4)
    with pytest.raises(ValueError, match="sigma must be a finite number above zero"):
        blur(x.view(2, 1, 3, 3), 0.0)
    with pytest.raises(TypeError, match="x must have a floating dtype"):
        masking(torch.ones(3, dtype=torch.uint8), 0.5)
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator"):
        gaussian(x, 0.1, generator=0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator"):
        masking(x, 0.1, generator=0)  # type: ignore[arg-type]
