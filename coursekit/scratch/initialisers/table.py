"""The initialisers by name."""

__all__ = ["initialise", "names"]

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from coursekit._check import check_choice
from coursekit.scratch._arrays import Floats, Rng, check_rng
from coursekit.scratch.initialisers import plain, scaled

_TABLE: dict[str, Callable[..., Floats]] = {
    "xavier_normal": scaled.xavier_normal,
    "xavier_uniform": scaled.xavier_uniform,
    "he_normal": scaled.he_normal,
    "he_uniform": scaled.he_uniform,
    "lecun_normal": scaled.lecun_normal,
    "normal": plain.normal,
    "constant": plain.constant,
}
_REQUIRED = {"normal": "std", "constant": "value"}
_OPTIONAL = {"xavier_normal": "gain", "xavier_uniform": "gain"}


def names() -> tuple[str, ...]:
    """Return the names of the initialisers.

    Example:
        >>> names()[:2]
        ('xavier_normal', 'xavier_uniform')
    """
    return tuple(_TABLE)


def initialise(
    name: str,
    fan_in: int,
    fan_out: int,
    *,
    generator: Rng,
    dtype: DTypeLike = np.float64,
    **options: float,
) -> Floats:
    """Return a weight matrix from the initialiser of that name.

    Args:
        name: one of :func:`names`.
        fan_in: the number of inputs, at least 1.
        fan_out: the number of units, at least 1.
        generator: the source of randomness; a constant draws nothing from it.
        dtype: float32 or float64.
        options: ``gain`` of the Xavier pair, ``std`` of ``"normal"``, ``value`` of ``"constant"``.

    Shape:
        Returns (fan_in, fan_out).

    Raises:
        TypeError: if an option is missing or unknown, a size no int, or the generator no NumPy generator.
        ValueError: if the name is unknown, a size below 1, or an option out of range.

    Example:
        >>> initialise("constant", 2, 1, generator=np.random.default_rng(0), value=3).tolist()
        [[3.0], [3.0]]
    """
    draw = _TABLE[check_choice(name, "initialiser", _TABLE)]
    needed, known = _REQUIRED.get(name), _REQUIRED.get(name) or _OPTIONAL.get(name)
    for option in options:
        if option != known:
            raise TypeError(f"{name} takes {f'the option {known}' if known else 'no option'}; got {option}")
    if needed and needed not in options:
        raise TypeError(f"{name} needs the option {needed}; got none")
    check_rng(generator)
    if name == "constant":
        return draw(fan_in, fan_out, dtype=dtype, **options)
    return draw(fan_in, fan_out, generator=generator, dtype=dtype, **options)
