"""The race in its fast form, and its activations against the NumPy half."""

import numpy as np
import pytest
import torch

from coursekit.experiments import activation_race
from coursekit.scratch.activations import activation


def test_the_activations_are_those_of_the_numpy_half() -> None:
    u = np.linspace(-6, 6, 241)
    for name, f in activation_race.ACTIVATIONS.items():
        np.testing.assert_allclose(f(torch.tensor(u)).numpy(), activation(name).function(u), atol=1e-12)


@pytest.mark.slow
def test_the_race_shows_what_the_page_says() -> None:
    race = activation_race.run(fast=True, steps=600)
    assert race.steps == 150
    assert [one.name for one in race.entrants] == list(activation_race.ACTIVATIONS)
    step, linear, relu = (race.get(name) for name in ("step", "linear", "relu"))
    assert step.moved == [0.0, 0.0]
    assert min(linear.moved) > 1
    assert max(linear.digits) < 0.07
    assert min(linear.rings) > 0.4
    assert max(relu.rings) < 0.05
    with pytest.raises(ValueError, match=r"name must be one of step, .*did you mean 'relu'"):
        race.get("relo")
