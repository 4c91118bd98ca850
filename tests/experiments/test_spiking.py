"""The integrate-and-fire neuron against a solver of differential equations that knows no formula."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from coursekit.experiments import spiking


@pytest.mark.parametrize(
    ("drive", "tau", "threshold"), [(1.2, 10.0, 1.0), (2.0, 5.0, 0.7), (30.0, 8.0, 15.0)]
)
def test_the_interval_is_when_a_solver_reaches_the_threshold(
    drive: float, tau: float, threshold: float
) -> None:
    def reached(_: float, v: np.ndarray) -> float:
        return v[0] - threshold

    reached.terminal = True  # type: ignore[attr-defined]
    run = solve_ivp(
        lambda _, v: (drive - v) / tau, (0, 20 * tau), [0.0], events=reached, rtol=1e-11, atol=1e-12
    )
    assert spiking.interval(drive, tau=tau, threshold=threshold) == pytest.approx(
        run.t_events[0][0], rel=1e-8
    )


@pytest.mark.parametrize("drive", [1.2, 2.0, 5.0])
def test_simulated_intervals_are_late_by_less_than_a_step(drive: float) -> None:
    dt = 0.01
    run = spiking.simulate(drive, dt=dt)
    gaps = np.diff(run.spikes, prepend=0.0)
    late = gaps - spiking.interval(drive)
    assert len(gaps) >= 3
    assert bool((late >= -1e-9).all() and (late < dt + 1e-9).all())
    assert run.voltage.max() < 1.0


def test_below_the_threshold_the_voltage_only_charges() -> None:
    run = spiking.simulate(0.9, duration=30.0)
    assert len(run.spikes) == 0
    np.testing.assert_allclose(run.voltage, 0.9 * (1 - np.exp(-run.time / 10)), rtol=1e-9)
    assert spiking.interval(1.0) == math.inf
    assert spiking.interval(0.0) == math.inf


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="tau must be a finite number above zero; got 0"):
        spiking.interval(2.0, tau=0)
    with pytest.raises(ValueError, match="drive must be a finite number, zero or above; got -1"):
        spiking.simulate(-1.0)
    with pytest.raises(ValueError, match=r"duration must be at least one step of 0.5; got 0.1"):
        spiking.simulate(1.0, dt=0.5, duration=0.1)
