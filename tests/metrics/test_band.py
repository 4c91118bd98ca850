"""Bands against the statistics module."""

import math
import statistics

import pytest
import torch

from coursekit import metrics


def test_band_equals_the_statistics_module() -> None:
    values = [19.21, 19.3, 19.25, 19.32, 19.24]
    band = metrics.mean_and_band(values)
    assert band.mean == pytest.approx(statistics.mean(values))
    assert band.sd == pytest.approx(statistics.stdev(values))
    assert (band.low, band.high, band.seeds) == (19.21, 19.32, 5)
    assert str(band) == "19.26 (19.21 to 19.32, 5 seeds)"
    assert metrics.mean_and_band(torch.tensor([2.0])).sd == 0.0


@pytest.mark.parametrize(
    ("values", "message"),
    [([], "values must hold at least one number"), ([1.0, math.nan], "values must be finite")],
)
def test_bad_values_are_named(values: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        metrics.mean_and_band(values)
