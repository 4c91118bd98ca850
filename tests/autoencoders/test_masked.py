"""The masked autoencoder: who sees what, by gradients that are zero exactly, and the patches by loops."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from coursekit.autoencoders.masked import MaskedAutoencoder, patchify, random_mask, unpatchify
from coursekit.data import digits
from coursekit.ship import export_model


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=seeded(seed), dtype=torch.float64)


def make(loss: str = "squared", **options: object) -> MaskedAutoencoder:
    return MaskedAutoencoder(
        (2, 6, 4), [7, 5], 3, patch=2, mask_ratio=0.5, loss=loss, generator=seeded(), **options  # type: ignore[arg-type]
    ).double()  # fmt: skip


def pixel_mask(mask: torch.Tensor, model: MaskedAutoencoder) -> torch.Tensor:
    """Spread a mask of patches over pixels, by loops."""
    channels, height, width = model.input_shape
    spread = torch.zeros(len(mask), channels, height, width, dtype=torch.bool)
    for b, i, j in itertools.product(range(len(mask)), range(height), range(width)):
        spread[b, :, i, j] = mask[b, (i // model.patch) * (width // model.patch) + j // model.patch]
    return spread


# Patches and masks


def test_patches_equal_slices_and_unfold() -> None:
    x = images(2, 3, 6, 9)
    patches = patchify(x, 3)
    for number, (i, j) in enumerate(itertools.product(range(2), range(3))):
        block = x[:, :, 3 * i : 3 * i + 3, 3 * j : 3 * j + 3].flatten(1)
        assert torch.equal(patches[:, number], block)
    assert torch.equal(patches, F.unfold(x, 3, stride=3).transpose(1, 2))


@pytest.mark.parametrize(
    ("shape", "patch"), [((1, 8, 8), 2), ((3, 6, 4), 2), ((2, 5, 15), 5), ((1, 7, 3), 1)]
)
def test_patches_laid_out_again_are_the_images(shape: tuple[int, int, int], patch: int) -> None:
    x = images(4, *shape)
    assert torch.equal(unpatchify(patchify(x, patch), shape, patch), x)


def test_every_mask_is_equally_likely() -> None:
    draws = 60_000
    masks = random_mask(draws, 5, 2, generator=seeded())
    assert torch.equal(masks.sum(1), torch.full((draws,), 2))
    kinds = torch.unique(masks, dim=0, return_counts=True)[1].double()
    assert len(kinds) == math.comb(5, 2)
    # Pearson's statistic, chi-squared with 9 degrees of freedom: above 46 with probability 6e-7.
    assert ((kinds - draws / 10) ** 2 / (draws / 10)).sum() < 46


def test_masks_come_from_the_generator_alone() -> None:
    before = torch.get_rng_state()
    first, second = random_mask(3, 9, 4, generator=seeded(1)), random_mask(3, 9, 4, generator=seeded(1))
    assert torch.equal(first, second)
    make().loss(images(2, 2, 6, 4), generator=seeded(2))
    assert torch.equal(before, torch.get_rng_state())


# Who sees what


def test_the_encoder_does_not_see_hidden_patches() -> None:
    model, x = make(), images(3, 2, 6, 4).requires_grad_()
    mask = model.draw_mask(3, generator=seeded(4))
    hidden = pixel_mask(mask, model)
    (gradient,) = torch.autograd.grad(model.encode(x, mask).square().sum(), x)
    assert torch.equal(gradient[hidden], torch.zeros(int(hidden.sum()), dtype=torch.float64))
    assert (gradient[~hidden] != 0).any()
    blank = x.detach().masked_fill(hidden, torch.nan)
    assert torch.equal(model.encode(blank, mask), model.encode(x, mask))


@pytest.mark.parametrize("loss", ["squared", "bernoulli", "absolute", "huber"])
def test_the_loss_counts_hidden_patches_only(loss: str) -> None:
    model, x = make(loss), images(3, 2, 6, 4)
    mask = model.draw_mask(3, generator=seeded(4))
    hidden = pixel_mask(mask, model)
    outputs = images(3, 2, 6, 4, seed=9).requires_grad_()
    error = model.masked_error(outputs, x, mask)
    (gradient,) = torch.autograd.grad(error.sum(), outputs)
    assert torch.equal(gradient[~hidden], torch.zeros(int((~hidden).sum()), dtype=torch.float64))
    assert (gradient[hidden] != 0).all()
    # Predictions and targets of visible patches may be anything.
    other = model.masked_error(outputs.masked_fill(~hidden, 77.0), x.masked_fill(~hidden, 0.25), mask)
    assert torch.equal(other, error)


def test_the_loss_is_the_sum_over_hidden_pixels_by_loops() -> None:
    model, x = make(), images(3, 2, 6, 4)
    mask = model.draw_mask(3, generator=seeded(8))
    outputs, _ = model(x, mask)
    total = sum(
        ((outputs[b] - x[b])[:, 2 * (n // 2) : 2 * (n // 2) + 2, 2 * (n % 2) : 2 * (n % 2) + 2] ** 2).sum()
        for b, n in itertools.product(range(3), range(6))
        if mask[b, n]
    )
    terms = model.loss(x, generator=seeded(8))
    torch.testing.assert_close(terms.loss, total / 3)
    torch.testing.assert_close(terms.reconstruction, terms.loss)


def test_hidden_targets_reach_the_loss_by_their_error_alone() -> None:
    # d loss / d x at hidden pixels is -2 (output - x) / B: no other way leads there.
    model, x = make(), images(3, 2, 6, 4).requires_grad_()
    mask = model.draw_mask(3, generator=seeded(8))
    hidden = pixel_mask(mask, model)
    outputs = model(x, mask).outputs
    (gradient,) = torch.autograd.grad(model.loss(x, generator=seeded(8)).loss, x)
    torch.testing.assert_close(gradient[hidden], (-2 * (outputs - x) / 3)[hidden])


# The network


def test_the_code_is_a_mean_over_visible_patches_written_out() -> None:
    model, x = make(), images(2, 2, 6, 4)
    w = {name: value.detach() for name, value in model.named_parameters()}
    mask = torch.tensor([[True, False, False, True, True, False], [False, True, True, False, False, True]])
    for b in range(2):
        rows = []
        for n in range(6):
            if mask[b, n]:
                continue
            block = x[b, :, 2 * (n // 2) : 2 * (n // 2) + 2, 2 * (n % 2) : 2 * (n % 2) + 2].flatten()
            # A one-hot row after the pixels picks a column of the weight: an embedding of the place.
            weight = w["encoder.0.weight"]
            hidden = (weight[:, :8] @ block + weight[:, 8 + n] + w["encoder.0.bias"]).relu()
            rows.append((w["encoder.2.weight"] @ hidden + w["encoder.2.bias"]).relu())
        code = w["head.weight"] @ torch.stack(rows).mean(0) + w["head.bias"]
        torch.testing.assert_close(model.encode(x, mask)[b], code)


def test_encode_without_a_mask_sees_everything() -> None:
    model, x = make(), images(2, 2, 6, 4)
    assert torch.equal(model.encode(x), model.encode(x, torch.zeros(2, 6, dtype=torch.bool)))
    assert torch.equal(model.reconstruct(x), model.decode(model.encode(x)))


def test_config_builds_the_model_again_from_the_generator_alone() -> None:
    before = torch.get_rng_state()
    model = MaskedAutoencoder(
        (1, 8, 8), [9], 3, patch=2, mask_ratio=0.3, loss="bernoulli", generator=seeded(1)
    )
    again = MaskedAutoencoder(**model.config(), generator=seeded(1))
    assert torch.equal(before, torch.get_rng_state())
    assert again.config() == model.config()
    assert model.hidden == 5
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match=r"patch must divide both sides 28 x 28; got 5"):
        MaskedAutoencoder((1, 28, 28), [4], 2, patch=5)
    with pytest.raises(ValueError, match=r"mask_ratio must hide 1 to 3 of 4 patches; got 4 from 0.95"):
        MaskedAutoencoder((1, 4, 4), [4], 2, patch=2, mask_ratio=0.95)
    with pytest.raises(ValueError, match=r"mask_ratio must hide 1 to 3 of 4 patches; got 0 from 0.1"):
        MaskedAutoencoder((1, 4, 4), [4], 2, patch=2, mask_ratio=0.1)
    with pytest.raises(ValueError, match=r"hidden_dims must hold at least one width; got none"):
        MaskedAutoencoder((1, 4, 4), [], 2, patch=2)
    with pytest.raises(ValueError, match=r"hidden must leave one of 4 patches visible; got 4"):
        random_mask(2, 4, 4)
    model, x = make(), images(2, 2, 6, 4)
    mask = torch.zeros(2, 6, dtype=torch.bool)
    with pytest.raises(TypeError, match=r"mask must be boolean, .*; got torch.int64"):
        model.encode(x, mask.long())
    with pytest.raises(ValueError, match=r"mask must have shape \(2, 6\); got \(1, 6\)"):
        model.encode(x, mask[:1])
    uneven = mask.clone()
    uneven[0, :2] = True
    with pytest.raises(ValueError, match=r"mask must hide as many patches in each row; got 0 to 2"):
        model.encode(x, uneven)
    with pytest.raises(ValueError, match=r"mask must leave one of 6 patches visible; got none"):
        model.encode(x, ~mask)
    with pytest.raises(ValueError, match=r"mask must hide at least one patch; got none hidden"):
        model.masked_error(x, x, mask)
    with pytest.raises(ValueError, match=r"x must hold at least one sample; got none"):
        model.loss(x[:0])
    with pytest.raises(ValueError, match=r"patches must have shape \(B, 6, 8\); got \(1, 5, 8\)"):
        unpatchify(torch.zeros(1, 5, 8), (2, 6, 4), 2)


@pytest.mark.parametrize("part", ["reconstruct", "encode", "decode"])
def test_it_can_be_exported_for_any_batch_size(part: str) -> None:
    model, x = make(), images(4, 2, 6, 4)
    example = images(4, 3) if part == "decode" else x
    graph = export_model(model, example, part=part).module()
    with torch.no_grad():
        for rows in (example[:1], example, example.repeat(3, *[1] * (example.ndim - 1))):
            want = {"reconstruct": model.reconstruct, "encode": model.encode, "decode": model.decode}[part](
                rows
            )
            torch.testing.assert_close(graph(rows), want, rtol=0, atol=1e-12)
    # The model itself keeps the check that the graph cannot hold.
    with pytest.raises(ValueError, match=r"x in its visible patches must be finite; got 1 NaN"):
        model.encode(x.index_put((torch.tensor(0),) * 4, torch.tensor(torch.nan, dtype=torch.float64)))


@pytest.mark.slow
def test_it_paints_hidden_patches_better_than_the_mean_image() -> None:
    data = digits()
    x, test = data.x_train.reshape(-1, 1, 8, 8), data.x_test.reshape(-1, 1, 8, 8)
    for seed in range(2):
        model = MaskedAutoencoder((1, 8, 8), [128], 32, patch=2, mask_ratio=0.5, generator=seeded(seed))
        optimizer, draws = torch.optim.Adam(model.parameters(), 5e-3, fused=True), seeded(100 + seed)
        for _ in range(16):
            for rows in torch.randperm(len(x), generator=draws).split(64):
                optimizer.zero_grad()
                model.loss(x[rows], generator=draws).loss.backward()
                optimizer.step()
        mask = model.draw_mask(len(test), generator=seeded(1))
        with torch.no_grad():
            painted = model.masked_error(model(test, mask).outputs, test, mask).mean()
            guessed = model.masked_error(x.mean(0).expand_as(test), test, mask).mean()
        # Measured: 0.70 and 0.72 of the mean image's error.
        assert painted < 0.83 * guessed
