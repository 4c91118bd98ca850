"""A neuron in time: the leaky integrate-and-fire model, stepped and in closed form."""

__all__ = ["Spikes", "interval", "simulate"]

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit._check import check_positive, require


class Spikes(NamedTuple):
    """The time of each step and the voltage after it, both (T,), and the times of the spikes, (S,)."""

    time: NDArray[np.float64]
    voltage: NDArray[np.float64]
    spikes: NDArray[np.float64]


def _check(drive: float, tau: float, threshold: float) -> None:
    """Check what both views of the neuron take."""
    check_positive(drive, "drive", zero=True)
    check_positive(tau, "tau")
    check_positive(threshold, "threshold")


def interval(drive: float, *, tau: float = 10.0, threshold: float = 1.0) -> float:
    r"""Return the time from one spike to the next under a constant drive; infinity if it never fires.

    .. math:: T = \tau \log \frac{I}{I - \theta} \quad (I > \theta)

    :math:`\tau` is the time constant of the leak, :math:`I` the voltage that the input alone would reach,
    :math:`\theta` the threshold. After a spike the voltage starts again from 0.

    Args:
        drive: :math:`I`, zero or above.
        tau: :math:`\tau`, above zero.
        threshold: :math:`\theta`, above zero.

    Units:
        That of ``tau``, such as milliseconds.

    Raises:
        TypeError: if an argument is no number.
        ValueError: if one is out of its range.

    Source:
        Gerstner et al. (2014), Neuronal Dynamics, section 1.3.

    Example:
        >>> round(interval(2.0), 4), interval(1.0)
        (6.9315, inf)
    """
    _check(drive, tau, threshold)
    # log1p keeps its digits when the drive is far above the threshold.
    return -tau * math.log1p(-threshold / drive) if drive > threshold else math.inf


def simulate(
    drive: float, *, tau: float = 10.0, threshold: float = 1.0, dt: float = 0.01, duration: float = 60.0
) -> Spikes:
    r"""Step the voltage through time: it leaks, it charges, and at the threshold it fires and starts again.

    .. math:: \tau \dot v = I - v, \qquad v \ge \theta:\ \text{spike},\ v \leftarrow 0

    Each step solves the equation exactly for a constant drive; only the spike waits for the end of its step.

    Args:
        drive: :math:`I`, zero or above.
        tau: :math:`\tau`, above zero.
        threshold: :math:`\theta`, above zero.
        dt: length of a step, above zero.
        duration: of the whole, at least one step.

    Shape:
        Returns T = duration / dt times and voltages.

    Units:
        Times in that of ``tau``, voltages in that of ``threshold``.

    Raises:
        TypeError: if an argument is no number.
        ValueError: if one is out of its range.

    Example:
        >>> len(simulate(2.0, duration=20.0).spikes)
        2
    """
    _check(drive, tau, threshold)
    check_positive(dt, "dt")
    require(duration >= dt, f"duration must be at least one step of {dt:g}; got {duration:g}")
    keep = math.exp(-dt / tau)
    time = np.arange(1, round(duration / dt) + 1, dtype=np.float64) * np.float64(dt)
    voltage, fired, v = np.zeros(len(time)), [], 0.0
    for n in range(len(time)):
        v = drive + (v - drive) * keep
        if v >= threshold:
            fired.append(n)
            v = 0.0
        voltage[n] = v
    return Spikes(time, voltage, time[fired])
