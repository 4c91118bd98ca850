"""A corruption as an object: a name and its settings, ready to be called, compared and saved."""

__all__ = ["Corruption", "corruption", "corruptions"]

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from coursekit._check import check_choice, check_generator, closest, require
from coursekit.noise.blurring import blur
from coursekit.noise.entries import dropout, gaussian, masking, salt_and_pepper

_FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "gaussian": gaussian,
    "salt_and_pepper": salt_and_pepper,
    "masking": masking,
    "dropout": dropout,
    "blur": blur,
}


def corruptions() -> tuple[str, ...]:
    """Return the names that :func:`corruption` knows.

    Example:
        >>> corruptions()
        ('gaussian', 'salt_and_pepper', 'masking', 'dropout', 'blur')
    """
    return tuple(_FUNCTIONS)


@dataclass(frozen=True)
class Corruption:
    """A corruption with its settings; build one with :func:`corruption`, which checks them.

    Attributes:
        name: one of :func:`corruptions`.
        settings: the arguments of the function of that name, in alphabetical order.
    """

    name: str
    settings: tuple[tuple[str, float], ...]

    @property
    def random(self) -> bool:
        """Tell whether two calls may differ; blur is the one noise that never does."""
        return "generator" in inspect.signature(_FUNCTIONS[self.name]).parameters

    def __call__(self, x: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """Return x corrupted.

        Args:
            x: samples, never changed.
            generator: source of the noise, where there is any; torch's default generator when None.

        Shape:
            x: as the function of that name wants it; returned with the same shape.
        """
        if generator is not None:
            check_generator(generator)
        source = {"generator": generator} if self.random else {}
        return _FUNCTIONS[self.name](x, **dict(self.settings), **source)

    def config(self) -> dict[str, Any]:
        """Return the arguments of :func:`corruption` that build this object again.

        Example:
            >>> corruption("gaussian", sigma=0.3).config()
            {'name': 'gaussian', 'sigma': 0.3}
        """
        return {"name": self.name, **dict(self.settings)}


def corruption(name: str, **settings: Any) -> Corruption:
    """Return the corruption of a name, its settings tried out.

    Args:
        name: one of :func:`corruptions`.
        settings: arguments of the function of that name, but for x and the generator.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: the name or a setting is unknown, one is missing, or a value is out of its range.

    Example:
        >>> noisy = corruption("masking", p=0.3)(torch.ones(4, 64))
        >>> sorted(set(noisy.flatten().tolist()))
        [0.0, 1.0]
    """
    check_choice(name, "name", corruptions())
    function = _FUNCTIONS[name]
    parameters = inspect.signature(function).parameters
    known = {key: value for key, value in parameters.items() if key not in ("x", "generator")}
    for key in settings:
        require(key in known, f"{name} takes {', '.join(known)}; got {key!r}{closest(key, known)}")
    missing = [key for key, value in known.items() if value.default is value.empty and key not in settings]
    require(not missing, f"{name} needs {', '.join(missing)}; got {', '.join(settings) or 'nothing'}")
    made = Corruption(name, tuple(sorted(settings.items())))
    # Tried on one pixel, so that a bad number is refused here and not in the first epoch.
    made(torch.zeros(1, 1, 1, 1), generator=torch.Generator().manual_seed(0) if made.random else None)
    return made
