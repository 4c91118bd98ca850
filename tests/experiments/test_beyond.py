"""The relatives of the autoencoder: small runs of each claim, and oracles that share no code with them."""

import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.linear_model import Ridge

from coursekit.experiments import (
    beyond_adversary,
    beyond_codebook,
    beyond_latents,
    beyond_padding,
    beyond_patches,
    beyond_relatives,
)
from coursekit.experiments.bench import digits_split, seeded

ROOT = Path(__file__).parents[2]


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


# The codebook


def coded(symbols: list[int], shares: list[Fraction]) -> int:
    """Return the length of an arithmetic code of the symbols: bits of the shortest binary fraction inside."""
    low, width = Fraction(0), Fraction(1)
    for symbol in symbols:
        low, width = low + width * sum(shares[:symbol], Fraction(0)), width * shares[symbol]
    bits = 0
    while True:
        at = Fraction(math.ceil(low * 2**bits), 2**bits)
        if at + Fraction(1, 2**bits) <= low + width:
            return bits
        bits += 1


def test_bits_are_those_of_an_arithmetic_coder() -> None:
    counted = torch.randint(5, (40, 1), generator=seeded(0)).clamp(max=3)
    message = torch.randint(5, (60, 1), generator=seeded(1))
    counts = np.bincount(counted.flatten().numpy(), minlength=5)
    shares = [Fraction(1 + int(count), 45) for count in counts]
    told = beyond_codebook.slot_bits(message, counted, 5).sum().item()
    # The coder of a whole message needs the sum of its symbols' bits, and at most two more.
    assert told <= coded(message.flatten().tolist(), shares) <= told + 2


def test_bits_of_several_slots_add_up() -> None:
    counted, message = (torch.randint(4, (n, 3), generator=seeded(n)) for n in (30, 7))
    alone = [beyond_codebook.slot_bits(message[:, [m]], counted[:, [m]], 4) for m in range(3)]
    torch.testing.assert_close(beyond_codebook.slot_bits(message, counted, 4), torch.stack(alone).sum(0))
    assert beyond_codebook.fixed_bits() == 24.0


@pytest.fixture(scope="module")
def books() -> beyond_codebook.CodebookResult:
    return beyond_codebook.run((0,), epochs=8)


def test_rows_out_of_use_are_revived(books: beyond_codebook.CodebookResult) -> None:
    assert books.used["loss"][0] < 45 < books.used["loss, revived"][0]
    assert books.perplexity["loss"][0, -1] < 0.4 * books.perplexity["loss, revived"][0, -1]
    assert books.nll["loss, revived"][0] < books.nll["loss"][0]


def test_perplexity_is_that_of_scipy(books: beyond_codebook.CodebookResult) -> None:
    model, told = beyond_codebook.trained("loss", 0, 8)
    rows = beyond_codebook.choices(model, digits_split().x_train[:500]).numpy()
    assert told[-1] == pytest.approx(math.exp(stats.entropy(np.bincount(rows.ravel(), minlength=64))))
    assert books.perplexity["loss"].shape == (1, 8)


# The game


def test_distance_is_the_largest_of_scipys() -> None:
    rays = torch.randn(20, 3, generator=seeded(9), dtype=torch.float64).numpy()
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    for z in (0.3 + 1.2 * draw(150, 3), 0.2 * draw(40, 3), draw(1, 3), 0.1 * draw(3, 3, seed=4) - 1):
        twin = max(stats.kstest(z.numpy() @ ray, "norm").statistic for ray in rays)
        assert beyond_adversary.distance(z) == pytest.approx(twin, rel=1e-9)


def test_one_in_twenty_true_samples_is_beyond_the_critical_distance() -> None:
    # On a line, by scipy's exact law; the error bar of a share of 1,000 samples is 0.007.
    assert stats.kstwo.sf(beyond_adversary.critical(297, width=1), 297) == pytest.approx(0.05, abs=0.02)
    # In the plane, by other draws: more directions have a larger largest gap.
    plane = beyond_adversary.critical(297)
    above = [beyond_adversary.distance(draw(297, 2, seed=seed)) > plane for seed in range(400)]
    assert np.mean(above) == pytest.approx(0.05, abs=0.04)
    assert plane > stats.kstwo.isf(0.05, 297)


def test_the_game_brings_codes_closer_to_the_prior() -> None:
    told = beyond_adversary.run((3,), epochs=12)
    assert told.distance[1, 0] < 0.7 * told.distance[0, 0]
    assert told.distance[1, 0] > 1.2 * told.draws[0]


# Padding


def test_waves_are_sines_of_their_lengths() -> None:
    x, lengths = beyond_padding.waves(200, 3)
    assert int(lengths.min()) == 5
    assert int(lengths.max()) == 12
    for row, length in zip(x[:20, :, 0].double().numpy(), lengths[:20].tolist(), strict=True):
        assert (row[length:] == 0).all()
        # x_{t+1} + x_{t-1} = 2 cos(w) x_t for a sine: three values fix w, the rest must agree.
        twice = (row[2:length] + row[: length - 2]) / row[1 : length - 1]
        clear = twice[np.abs(row[1 : length - 1]) > 0.05]
        assert np.ptp(clear) < 1e-3
        assert 0.29 < math.acos(clear[0] / 2) < 1.21


def test_padding_moves_only_the_model_that_does_not_know_the_lengths() -> None:
    told = beyond_padding.run((0,), epochs=3)
    assert told.change.tolist() == [0.0]
    assert told.moved.tolist() == told.told.tolist()
    assert told.untold_change[0] > 0.1
    assert told.untold_moved[0] > told.untold[0]


def test_padding_may_hold_anything() -> None:
    model = beyond_padding.trained(True, 0, 3)
    x, lengths = beyond_padding.waves(20, 1)
    wild = x.clone()
    wild[torch.arange(12) >= lengths[:, None]] = float("nan")
    wild = beyond_padding.padded(wild, 3, float("nan"))
    assert torch.equal(model.encode(wild, lengths), model.encode(x, lengths))
    assert torch.equal(model.loss(wild, lengths).loss, model.loss(x, lengths).loss)


# Patches


def test_linear_filling_is_a_ridge_regression_of_hidden_on_visible_pixels() -> None:
    x = torch.rand(6, 1, 8, 8, generator=seeded(0), dtype=torch.float64)
    known = torch.rand(300, 1, 8, 8, generator=seeded(1), dtype=torch.float64)
    mask = torch.zeros(6, 16, dtype=torch.bool)
    mask[:, 2:14] = True
    found = beyond_patches.fill_linear(x, mask, known, ridge=0.01).reshape(6, 64)
    # Which pixels are hidden, by hand: patches run row by row, two pixels wide.
    gone = np.array([2 <= 4 * (p // 8 // 2) + p % 8 // 2 < 14 for p in range(64)])
    rows, table = x.reshape(6, 64).numpy(), known.reshape(300, 64).numpy()
    ridge = Ridge(alpha=0.01 * 299).fit(table[:, ~gone], table[:, gone])
    np.testing.assert_allclose(found.numpy()[:, gone], ridge.predict(rows[:, ~gone]), rtol=1e-8)
    np.testing.assert_array_equal(found.numpy()[:, ~gone], rows[:, ~gone])


def test_filling_in_leaves_what_is_seen_and_reads_nothing_else() -> None:
    model = beyond_patches.trained(True, 0, 1)
    x = torch.rand(5, 1, 8, 8, generator=seeded(0))
    mask = model.draw_mask(5, generator=seeded(1))
    out = beyond_patches.filled(model, x, mask)
    other = torch.where(mask.unsqueeze(2), 7.0, beyond_patches.patchify(x, 2))
    again = beyond_patches.filled(model, beyond_patches.unpatchify(other, (1, 8, 8), 2), mask)
    torch.testing.assert_close(out, again)
    assert beyond_patches.hidden_error(out, x, ~mask) == 0.0
    assert beyond_patches.hidden_error(out, x, mask) > 0


@pytest.mark.slow
def test_a_masked_autoencoder_beats_the_mean_and_a_copier_does_not() -> None:
    told = beyond_patches.run((0,), epochs=20)
    assert told.masked[0] < 0.9 * told.mean < told.plain[0]
    assert told.linear < told.mean


# Latent diffusion


def test_diffusion_draws_codes_like_the_real_ones() -> None:
    told = beyond_latents.run((0,), epochs=50)
    assert told.diffusion[0] < 0.75 * told.gaussian[0]
    assert told.loss[0] < told.linear[0]
    assert abs(told.codes[0]) < 0.5 * told.gaussian[0]


def test_gaussian_codes_have_the_moments_of_the_codes() -> None:
    z = draw(500, 3) @ draw(3, 3, seed=1) + 2
    draws = beyond_latents.gaussian_codes(z, 200_000, generator=seeded(2))
    cov = torch.cov(z.T)
    d = cov.diag()
    assert ((draws.mean(0) - z.mean(0)).abs() < 5.5 * (d / 200_000).sqrt()).all()
    error = 5.5 * ((cov**2 + d[:, None] * d) / 200_000).sqrt()
    assert ((torch.cov(draws.T) - cov).abs() < error).all()


# Graphs and ratings


def test_normalised_links_divide_by_the_roots_of_both_degrees() -> None:
    links, *_ = beyond_relatives.blocks(0)
    loops = links.double().numpy() + np.eye(120)
    twin = loops / np.sqrt(np.outer(loops.sum(1), loops.sum(1)))
    np.testing.assert_allclose(beyond_relatives.normalised(links.double()).numpy(), twin, rtol=1e-12)


def test_hidden_links_are_links_no_more() -> None:
    links, hidden, none = beyond_relatives.blocks(1)
    assert torch.equal(links, links.T)
    assert links.diag().sum() == 0
    for pairs in (hidden, none):
        assert (links[pairs[0], pairs[1]] == 0).all()
        assert len({tuple(pair) for pair in pairs.T.tolist()}) == pairs.shape[1]
    seen = {tuple(pair) for pair in hidden.T.tolist()} & {tuple(pair) for pair in none.T.tolist()}
    assert not seen


def test_codes_of_a_graph_find_hidden_links() -> None:
    told = beyond_relatives.graph((0, 1), steps=60)
    assert (told.model > 0.65).all()


def test_gaps_have_no_part_in_the_loss_nor_in_its_gradient() -> None:
    x, given = draw(6, 4), draw(6, 4, seed=1) > 0
    outputs = draw(6, 4, seed=2).requires_grad_()
    wild = x.masked_fill(~given, float("nan"))
    loss = beyond_relatives.masked_error(outputs, wild, given)
    pairs = [(outputs[i, j].item(), x[i, j].item()) for i, j in given.nonzero().tolist()]
    assert loss.item() == pytest.approx(sum((a - b) ** 2 for a, b in pairs) / len(pairs))
    (slope,) = torch.autograd.grad(loss, outputs)
    assert (slope[~given] == 0).all()
    assert (slope[given] != 0).all()


def test_zeros_in_the_gaps_are_learnt_as_ratings() -> None:
    told = beyond_relatives.ratings((0,), steps=60)
    assert told.observed[0] < told.mean[0] < told.zeros[0]


# History


def test_a_turned_code_has_the_same_likelihood() -> None:
    # D-92: with N(0, I) as its prior nothing in the data fixes the axes of a code.
    w, c, s = draw(5, 2), math.cos(0.7), math.sin(0.7)
    turn = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
    x, eye = draw(7, 5, seed=2), torch.eye(5, dtype=torch.float64)
    density = [stats.multivariate_normal(np.zeros(5), (a @ a.T + 0.1 * eye).numpy()) for a in (w, w @ turn)]
    np.testing.assert_allclose(density[0].logpdf(x.numpy()), density[1].logpdf(x.numpy()), rtol=1e-10)
    assert (w @ turn - w).abs().max() > 0.1


def test_the_time_line_agrees_with_the_bibliography() -> None:
    # D-89 to D-91: each row of the page's table has the year of its entries, and they stand in order.
    page = (ROOT / "chapters/autoencoders/beyond-autoencoders.md").read_text(encoding="utf-8")
    source = (ROOT / "references.bib").read_text(encoding="utf-8")
    known = dict(re.findall(r"@\w+\{(\w+),.*?year\s*=\s*\{(\d{4})\}", source, re.DOTALL))
    rows = re.findall(r"^\| (\d{4}) \|.*\{cite:t\}`([\w,]+)`", page, re.MULTILINE)
    years = [int(year) for year, _ in rows]
    assert years == sorted(years)
    assert len(rows) >= 10
    cited = {key: year for year, keys in rows for key in keys.split(",")}
    assert {key: year for key, year in cited.items() if key in known} == {
        key: known[key] for key in cited if key in known
    }
    for key in ("bourlard1988", "kramer1991", "demers1993", "hinton2006", "kingma2014vae", "rezende2014"):
        assert key in cited


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="way must be one of loss, running means"):
        beyond_codebook.trained("EMA", 0)
    with pytest.raises(ValueError, match=r"counted must have shape \(N, 3\); got \(4, 2\)"):
        beyond_codebook.slot_bits(torch.zeros(2, 3).long(), torch.zeros(4, 2).long(), 3)
    with pytest.raises(ValueError, match=r"z must have shape \(B, K\); got \(4,\)"):
        beyond_adversary.distance(draw(4))
    with pytest.raises(ValueError, match="n must be an int of at least 1; got 0"):
        beyond_padding.waves(0, 0)
    with pytest.raises(ValueError, match="at least one seed"):
        beyond_latents.run(())
    with pytest.raises(ValueError, match="given must hold at least one rating; got none"):
        beyond_relatives.masked_error(draw(2, 3), draw(2, 3), torch.zeros(2, 3).bool())
    with pytest.raises(ValueError, match="ridge must be a finite number above zero; got 0"):
        beyond_patches.fill_linear(
            torch.ones(1, 1, 8, 8), torch.ones(1, 16).bool(), torch.ones(3, 1, 8, 8), ridge=0
        )
