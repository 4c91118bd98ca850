"""The loss in features against closed forms; what it freezes, and what it refuses."""

import pytest
import torch
from torch import nn

from coursekit.autoencoders.perceptual import FeatureLoss
from coursekit.experiments.bench import seeded


def _images(batch: int = 5, channels: int = 1) -> torch.Tensor:
    return torch.rand(batch, channels, 6, 6, generator=seeded(0), dtype=torch.float64)


def test_a_linear_extractor_gives_a_quadratic_form() -> None:
    a = torch.randn(7, 36, generator=seeded(1), dtype=torch.float64)
    layer = nn.Linear(36, 7).double()
    layer.weight.data.copy_(a)
    x, y = _images(), _images().flip(0) ** 2
    d = (y - x).flatten(1)
    told = FeatureLoss(nn.Sequential(nn.Flatten(), layer))(y, x)
    expected = torch.einsum("bi,ij,bj->b", d, a.T @ a, d) / 7
    torch.testing.assert_close(told, expected, rtol=1e-12, atol=0)
    y = y.requires_grad_()
    FeatureLoss(nn.Sequential(nn.Flatten(), layer))(y, x).sum().backward()
    assert y.grad is not None
    torch.testing.assert_close(y.grad.flatten(1), 2 * d @ a.T @ a / 7, rtol=1e-12, atol=1e-14)


def test_equal_images_cost_nothing_and_only_the_output_gets_a_gradient() -> None:
    extractor = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Dropout(0.5), nn.ReLU()).double()
    loss = FeatureLoss(extractor).train()
    x, y = _images().requires_grad_(), _images().sqrt().requires_grad_()
    assert loss(x, x).abs().max() == 0
    before = {name: value.clone() for name, value in loss.state_dict().items()}
    told = loss(y, x)
    torch.testing.assert_close(told, loss(y, x))  # in evaluation mode nothing is drawn
    told.sum().backward()
    assert x.grad is None
    assert y.grad is not None
    assert y.grad.abs().sum() > 0
    assert all(p.grad is None and not p.requires_grad for p in loss.extractor.parameters())
    for name, value in loss.state_dict().items():
        assert torch.equal(value, before[name])
    # The module that was handed in is as it was.
    assert extractor.training
    assert all(p.requires_grad for p in extractor.parameters())


def test_one_channel_becomes_three_that_are_standardised() -> None:
    mean, std = [0.5, 0.25, 0.125], [0.5, 0.25, 2.0]
    loss = FeatureLoss(nn.Identity(), channels=3, mean=mean, std=std)
    x = _images()
    by_hand = torch.stack([(x[:, 0] - m) / s for m, s in zip(mean, std, strict=True)], 1)
    torch.testing.assert_close(loss.features(x), by_hand.flatten(1))
    y = x + 0.1
    expected = sum((0.1 / s) ** 2 for s in std) / 3
    assert loss(y, x).tolist() == pytest.approx([expected] * 5)
    three = _images(channels=3)
    torch.testing.assert_close(FeatureLoss(nn.Identity(), channels=3).features(three), three.flatten(1))


def test_a_network_for_three_channels_takes_grey_images() -> None:
    bare = nn.Conv2d(3, 4, 3)
    with pytest.raises(RuntimeError, match="to have 3 channels, but got 1"):
        bare(torch.rand(2, 1, 6, 6))
    assert FeatureLoss(bare, channels=3)(torch.rand(2, 1, 6, 6), torch.rand(2, 1, 6, 6)).shape == (2,)


def test_what_does_not_fit_is_refused() -> None:
    loss = FeatureLoss(nn.Identity(), channels=3)
    with pytest.raises(ValueError, match=r"x must have shape \(B, 1 or 3, H, W\); got \(2, 36\)"):
        loss(torch.rand(2, 36), torch.rand(2, 36))
    with pytest.raises(ValueError, match=r"outputs must have shape \(2, 1, 6, 6\); got \(2, 1, 6, 5\)"):
        loss(torch.rand(2, 1, 6, 5), torch.rand(2, 1, 6, 6))
    with pytest.raises(ValueError, match="mean must hold one number for each of channels=3"):
        FeatureLoss(nn.Identity(), channels=3, mean=[0.5])
    with pytest.raises(ValueError, match="std must hold one number for each of channels=None"):
        FeatureLoss(nn.Identity(), std=[0.5])
    with pytest.raises(ValueError, match="each of std must be a finite number above zero; got 0"):
        FeatureLoss(nn.Identity(), channels=1, std=[0.0])
    with pytest.raises(TypeError, match="extractor must be a torch module; got str"):
        FeatureLoss("vgg16")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="floating"):
        FeatureLoss(nn.Identity())(torch.ones(2, 2, dtype=torch.long), torch.ones(2, 2))
