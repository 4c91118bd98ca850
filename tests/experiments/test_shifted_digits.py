"""Moved and shuffled digits, edges in known directions, and tables of numbers."""

import math

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from coursekit.experiments import shifted_digits, tables


def test_moving_keeps_every_pixel_and_reaches_every_place() -> None:
    images = torch.rand(500, 64, generator=torch.Generator().manual_seed(0)) + 0.1
    moved = shifted_digits.move(images, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(moved.sum((1, 2)), images.sum(1))
    tops = (moved.sum(2) > 0).double().argmax(1)
    lefts = (moved.sum(1) > 0).double().argmax(1)
    for places in (tops, lefts):
        counts = torch.bincount(places, minlength=7)
        assert len(counts) == 7
        assert (counts - 500 / 7).abs().max() < 5.5 * math.sqrt(500 / 7)
    top, left = int(tops[3]), int(lefts[3])
    torch.testing.assert_close(moved[3, top : top + 8, left : left + 8].flatten(), images[3])


def test_edges_of_a_bar_are_counted_by_direction_and_quarter() -> None:
    bar = torch.zeros(1, 16, 16)
    bar[0, 3, 1:7] = 1.0
    # Six pixels above see the grey rise downwards, six below upwards; two at each end to the side.
    expected = torch.zeros(2, 2, 8)
    expected[0, 0] = torch.tensor([2.0, 0, 6, 0, 2, 0, 6, 0])
    told = (expected / expected.norm()).flatten()
    torch.testing.assert_close(shifted_digits.edge_histogram(bar)[0], told)
    upright = shifted_digits.edge_histogram(bar.transpose(1, 2).flip(2))[0].view(2, 2, 8)
    torch.testing.assert_close(upright[0, 1], torch.tensor([6.0, 0, 2, 0, 6, 0, 2, 0]) / expected.norm())
    ramp = (torch.arange(40.0)[:, None] + torch.arange(40.0))[None]
    ramp[:, -1], ramp[:, :, -1] = 0, 0  # a frame of black, so that the outer edges point back inside
    assert shifted_digits.edge_histogram(ramp)[0].view(2, 2, 8)[0, 0].argmax() == 1  # to the lower right
    assert shifted_digits.edge_histogram(torch.zeros(1, 4, 4)).abs().sum() == 0


def test_linear_accuracy_equals_another_solver() -> None:
    data = shifted_digits._split()
    train, test = shifted_digits._views(0)["centred"]
    model = LogisticRegression(C=1.0, max_iter=500).fit(train.flatten(1).numpy(), data.y_train.numpy())
    told = model.score(test.flatten(1).numpy(), data.y_test.numpy())
    assert abs(shifted_digits._accuracy("linear", train, test, 0, 10) - told) < 0.03


@pytest.mark.slow
def test_a_linear_model_needs_things_in_place_and_a_shuffle_hurts_only_who_looks_nearby() -> None:
    result = shifted_digits.run((0,))
    found = {key: values[0] for key, values in result.accuracy.items()}
    assert found["linear", "centred"] > 0.9
    assert found["linear", "moved"] < 0.35
    assert found["CNN", "moved"] > found["MLP", "moved"] + 0.2
    assert found["edges + linear", "moved"] > found["linear", "moved"] + 0.2
    assert abs(found["MLP", "centred"] - found["MLP", "shuffled"]) < 0.05
    assert found["edges + linear", "shuffled"] < found["edges + linear", "centred"] - 0.08


@pytest.mark.slow
def test_on_a_table_no_method_runs_away() -> None:
    result = tables.run((0,))
    assert len(result.accuracy) == 6
    assert min(values[0] for values in result.accuracy.values()) > 0.9


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match=r"images must have shape \(B, 64\); got \(1, 63\)"):
        shifted_digits.move(torch.zeros(1, 63))
    with pytest.raises(ValueError, match="images must have even sides; got 3 by 4"):
        shifted_digits.edge_histogram(torch.zeros(1, 3, 4))
    with pytest.raises(ValueError, match="models must be among linear"):
        shifted_digits.run((0,), models=("tree",))
    with pytest.raises(ValueError, match="sets must be one of cancer, wine; got 'beer'"):
        tables.run((0,), sets=("beer",))
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        tables.run(())
