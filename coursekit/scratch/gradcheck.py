"""The one gradient checker: slopes along random directions against central differences."""

__all__ = ["Report", "central_difference", "check_gradient", "gradcheck"]

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import check_positive, check_positive_int, require
from coursekit.scratch._arrays import Floats, Rng, as_floats, check_rng

# A dozen steps find the bottom of the V for functions that vary over 1e-3 as well as over 1e3.
_STEPS = tuple(10.0**-k for k in range(2, 8))
_SPARE = 10.0


class Report(NamedTuple):
    """What :func:`gradcheck` found along its worst direction.

    ``relative_error`` is compared with the tolerance, ``step`` the step of the differences, ``holds`` whether
    all directions agree; ``claimed`` and ``measured`` are the two slopes (order 2: their lengths) along
    ``direction``, which is number ``worst`` of those drawn, counted from 0. An error below ``resolution``,
    relative to the gradient, could not have been seen: rounding of a large f hides small gradients.
    """

    relative_error: float
    step: float
    holds: bool
    worst: int
    claimed: float
    measured: float
    direction: Floats
    resolution: float


class _Setting(NamedTuple):
    """What all directions of one check share."""

    order: int
    accuracy: int
    tolerance: float
    step: float | None
    size: float


class _Slope(NamedTuple):
    """A difference quotient and how far it can be off: rounding, and the change from halving the step."""

    value: Any
    noise: float


def central_difference(
    f: Callable[[Any], Any], x: ArrayLike, v: ArrayLike, *, step: float, accuracy: int = 2
) -> Any:
    r"""Return the derivative of f at x along v, from values on both sides.

    .. math:: D_2(h) = \frac{f(x + h v) - f(x - h v)}{2h} = f' + O(h^2), \qquad
              D_4(h) = \frac{4 D_2(h) - D_2(2h)}{3} = f' + O(h^4)

    The error falls with the step until rounding, of order :math:`\varepsilon |f| / h`, takes over: a V.
    For sin at 1.234 it is 5.5e-8, 4.6e-12, 2.8e-9 and 1.7e-4 at steps 1e-3, 1e-5, 1e-8 and 1e-13.

    Args:
        f: a function that returns a number or an array.
        x: where; float32 stays float32.
        v: the direction.
        step: :math:`h`, above zero.
        accuracy: 2 or 4, the power of the step that the error falls with.

    Shape:
        x, v: (N, ...), the same shape; returns the shape of f(x).

    Raises:
        TypeError: if x or v holds no real numbers, or the step is no number.
        ValueError: if v has another shape than x, the step is not above zero, or the accuracy another one.

    Source:
        Press et al. (2007), Numerical Recipes, section 5.7.

    Example:
        >>> float(central_difference(lambda x: x**3, 2.0, 1.0, step=0.5))
        12.25
    """
    at = as_floats(x, "x")
    along = as_floats(v, "v", shape=at.shape).astype(at.dtype)
    check_positive(step, "step")
    require(accuracy in (2, 4), f"accuracy must be 2 or 4; got {accuracy!r}")
    if accuracy == 4:
        near = central_difference(f, at, along, step=step)
        return (4.0 * near - central_difference(f, at, along, step=2 * step)) / 3.0
    return (f(at + step * along) - f(at - step * along)) / (2.0 * step)


def _rounding(size: float, step: float) -> float:
    """Return a bound on what rounding of values as large as f's does to a difference quotient."""
    return float(4.0 * np.finfo(np.float64).eps * size / step)


def _slope(f: Callable[[Any], Any], x: Floats, v: Floats, step: float, setting: _Setting) -> _Slope:
    """Measure a slope and its uncertainty."""
    value, half = (central_difference(f, x, v, step=h, accuracy=setting.accuracy) for h in (step, step / 2.0))
    return _Slope(value, float(np.linalg.norm(value - half)) + _rounding(setting.size, step / 2.0))


def _best_step(f: Callable[[Any], Any], x: Floats, v: Floats, setting: _Setting) -> float:
    """Return the step whose slope the shorter steps contradict least, beyond what rounding explains."""
    spread = float(np.sqrt(np.mean(x * x)))
    scales = {1.0, spread} if spread > 0.0 else {1.0}
    steps = sorted(scale * step for scale in scales for step in _STEPS)
    # A long step may leave the domain of f; NaN contradicts everything.
    with np.errstate(all="ignore"):
        slopes = [central_difference(f, x, v, step=step, accuracy=setting.accuracy) for step in steps]
        doubts = [_rounding(setting.size, step) for step in steps]
        for i, long in enumerate(slopes):
            gaps = (
                float(np.linalg.norm(long - slopes[j])) - _rounding(setting.size, steps[j]) for j in range(i)
            )
            doubts[i] += max([0.0, *(gap if np.isfinite(gap) else np.inf for gap in gaps)])
    # The shortest step is a witness only: nothing could contradict it.
    return steps[1 + int(np.argmin(doubts[1:]))]


def _direction(shape: tuple[int, ...], generator: Rng) -> Floats:
    """Draw signs times sizes in [1/2, 3/2]: no coordinate is ever looked past."""
    return generator.choice([-1.0, 1.0], size=shape) * generator.uniform(0.5, 1.5, size=shape)


def _compare(
    f: Callable[[Any], Any], gradient: Callable[..., Any], x: Floats, v: Floats, setting: _Setting
) -> Report:
    """Compare the claimed with the measured slope along one direction."""
    step = _best_step(f, x, v, setting) if setting.step is None else check_positive(setting.step, "step")
    slope = _slope(f, x, v, step, setting)
    _check_settled(slope, step, setting)
    found = np.asarray(gradient(x) if setting.order == 1 else gradient(x, v), dtype=np.float64)
    require(found.shape == x.shape, f"gradient must return the shape of x, {x.shape}; got {found.shape}")
    claimed: Any = np.vdot(found, v) if setting.order == 1 else found
    # A random direction sees a slope of about |g|, also where it happens to stand across the gradient.
    norm = max(float(np.linalg.norm(found)), float(np.linalg.norm(slope.value)))
    gap = float(np.linalg.norm(claimed - slope.value))
    visible = setting.tolerance * norm + _SPARE * slope.noise
    error = setting.tolerance * gap / visible if gap else 0.0
    one, two = (claimed, slope.value) if setting.order == 1 else map(np.linalg.norm, (claimed, slope.value))
    resolution = visible / norm if norm else np.inf
    return Report(error, step, error <= setting.tolerance, 0, float(one), float(two), v, resolution)


def _checked(f: Callable[[Any], Any], x: ArrayLike, order: int) -> tuple[Floats, float]:
    """Return x as an array and the size of f there, after checks of both."""
    require(order in (1, 2), f"order must be 1 or 2; got {order!r}")
    at = as_floats(x, "x")
    require(at.dtype == np.float64, f"x must be float64; got {at.dtype}")
    value = np.asarray(f(at))
    wanted = () if order == 1 else at.shape
    require(value.shape == wanted, f"f must return shape {wanted} for order {order}; got {value.shape}")
    return at, float(np.linalg.norm(value))


def _check_settled(slope: _Slope, step: float, setting: _Setting) -> None:
    """Refuse differences that say nothing: a check without power must not pass."""
    settled = slope.noise <= 0.01 * (float(np.linalg.norm(slope.value)) + setting.size)
    doubt = f"{slope.noise:.1e} at step {step:.1e}"
    require(settled, f"f must be smooth around x; got differences uncertain by {doubt}")


def gradcheck(
    f: Callable[[Any], Any], gradient: Callable[..., Any], x: ArrayLike, *, order: int = 1, accuracy: int = 2,
    directions: int = 4, tolerance: float = 1e-6, step: float | None = None, generator: Rng,
) -> Report:  # fmt: skip
    r"""Compare a claimed derivative with central differences along random directions.

    .. math:: \langle \nabla f(x), v \rangle \approx \frac{f(x + h v) - f(x - h v)}{2h}, \qquad
              H(x)\, v \approx \frac{\nabla f(x + h v) - \nabla f(x - h v)}{2h}

    Each :math:`v` has random signs and sizes in [1/2, 3/2]: it looks at all coordinates. The error
    is relative to the norm of the gradient, less what the differences themselves leave open.

    Args:
        f: order 1: returns a number. Order 2: returns the gradient, with the shape of x.
        gradient: order 1: ``gradient(x)``. Order 2: ``gradient(x, v)``, the Hessian times v.
        x: where, in float64; not on a kink of f, where differences measure the mean of both sides.
        order: 1 for a gradient, 2 for a Hessian.
        accuracy: 2 or 4, the power of the step that the error of the differences falls with.
        directions: how many, at least 1.
        tolerance: the largest relative error that holds.
        step: :math:`h`; if None, of 1e-2 to 1e-7, times 1 and times the size of x, the one that settles best.
        generator: draws the directions.

    Shape:
        x: (N, ...), as are the directions.

    Raises:
        TypeError: if x holds no real numbers, a number is none, or the generator is none.
        ValueError: if an argument is out of range, a shape is wrong, or f is too rough for differences.

    Example:
        >>> f, rng = lambda x: (x**3).sum(), np.random.default_rng(0)
        >>> [gradcheck(f, lambda x: k * x**2, np.ones(9), generator=rng).holds for k in (2, 3)]
        [False, True]
    """
    at, size = _checked(f, x, order)
    check_positive_int(directions, "directions")
    setting = _Setting(order, accuracy, check_positive(tolerance, "tolerance"), step, size)
    found = [
        _compare(f, gradient, at, _direction(at.shape, check_rng(generator)), setting)
        for _ in range(directions)
    ]
    # NaN counts as the largest error.
    worst = int(np.argmax([report.relative_error for report in found]))
    return found[worst]._replace(worst=worst)


def check_gradient(
    f: Callable[[Any], Any],
    gradient: Callable[..., Any],
    x: ArrayLike,
    *,
    tolerance: float = 1e-6,
    **options: Any,
) -> Report:
    """Raise unless a claimed derivative agrees with central differences; see :func:`gradcheck`.

    Args:
        f: as for :func:`gradcheck`.
        gradient: as for :func:`gradcheck`.
        x: where.
        tolerance: the largest relative error that passes.
        options: the other arguments of :func:`gradcheck`; ``generator`` is required.

    Shape:
        x: (N, ...).

    Raises:
        TypeError: if an argument is of a wrong type.
        ValueError: if the two disagree: the message names the worst direction and both slopes along it.

    Example:
        >>> check_gradient(np.sin, np.cos, 0.5, generator=np.random.default_rng(0)).holds
        True
    """
    report = gradcheck(f, gradient, x, tolerance=tolerance, **options)
    if not report.holds:
        along = np.array2string(report.direction, precision=3, threshold=6, edgeitems=2, separator=", ")
        raise ValueError(
            f"gradient must agree with central differences to {tolerance:g}; got a relative error of "
            f"{report.relative_error:.2g} along direction {report.worst}, {' '.join(along.split())}: "
            f"claimed {report.claimed:.6g}, measured {report.measured:.6g} with step {report.step:.1e}"
        )
    return report
