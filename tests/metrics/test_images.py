"""The peak signal-to-noise ratio against errors whose decibels are known."""

import math

import pytest
import torch

from coursekit.metrics import psnr


def _draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_ratio_equals_numpys_logarithm_of_each_sample() -> None:
    x, outputs = _draw(5, 1, 4, 6), _draw(5, 1, 4, 6, seed=1)
    for row, value in enumerate(psnr(outputs, x, peak=2.0).tolist()):
        errors = [
            (a - b) ** 2
            for a, b in zip(outputs[row].flatten().tolist(), x[row].flatten().tolist(), strict=True)
        ]
        assert value == pytest.approx(
            20 * math.log10(2.0) - 10 * math.log10(math.fsum(errors) / 24), abs=1e-10
        )


def test_a_tenth_of_the_error_is_twenty_decibels_and_none_is_infinite() -> None:
    x = _draw(3, 7)
    far, near = psnr(x + 0.3, x), psnr(x + 0.03, x)
    torch.testing.assert_close(near - far, torch.full((3,), 20.0, dtype=torch.float64))
    assert psnr(x, x).tolist() == [math.inf] * 3


def test_scale_of_the_pixels_cancels_against_the_peak() -> None:
    x, outputs = _draw(4, 9), _draw(4, 9, seed=1)
    torch.testing.assert_close(psnr(255 * outputs, 255 * x, peak=255.0), psnr(outputs, x))


def test_mean_of_the_ratios_exceeds_the_ratio_of_the_mean() -> None:
    x = _draw(2, 8)
    outputs = x + torch.tensor([[0.01], [0.5]])
    assert psnr(outputs, x).mean() > psnr(outputs.reshape(1, -1), x.reshape(1, -1))[0]


def test_bad_arguments_are_named() -> None:
    x = torch.zeros(2, 3)
    with pytest.raises(ValueError, match=r"outputs must have shape \(2, 3\); got \(2, 4\)"):
        psnr(torch.zeros(2, 4), x)
    with pytest.raises(ValueError, match=r"x must have shape \(B, ...\) with pixels; got \(3,\)"):
        psnr(torch.zeros(3), torch.zeros(3))
    with pytest.raises(ValueError, match="peak must be a finite number above zero; got 0"):
        psnr(x, x, peak=0)
    with pytest.raises(TypeError, match="x must have a floating dtype"):
        psnr(x.long(), x.long())
