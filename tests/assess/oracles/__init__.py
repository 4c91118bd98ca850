"""One oracle a question template: the key once more, from the drawn values, by code that shares nothing.

A module here holds ``ORACLES``: the question's id -> a function of ``drawn.values`` that returns a number,
numbers (nested lists, arrays and tensors are read row by row), or words that stand in the right option and in
no other.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

Oracle = Callable[[Mapping[str, Any]], object]


def oracles() -> dict[str, Oracle]:
    """Return every oracle of this folder."""
    found: dict[str, Oracle] = {}
    for module in pkgutil.iter_modules(__path__):
        found |= importlib.import_module(f"{__name__}.{module.name}").ORACLES
    return found
