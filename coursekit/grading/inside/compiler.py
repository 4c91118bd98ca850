"""torch's compiler, loaded when something is asked of it that only it can do.

Each optimiser of torch imports the compiler at its first step, only to tell it to keep out: a second of
processor time and 75 MB for every submission that trains. Nothing is compiled there.
"""

__all__ = ["wait_for_use"]

import importlib
import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

_NAME = "torch._dynamo"


def _disable(function: Callable[..., Any] | None = None, *_: Any, **__: Any) -> Any:
    """Return a function as it is: nothing compiles it."""
    return function if function is not None else _disable


class _Waiting(ModuleType):
    """What stands in the compiler's place until it is needed."""

    def __getattr__(self, name: str) -> Any:
        """Load the compiler; what belongs to a module as such is not asked of it."""
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)
        if sys.modules.get(_NAME) is self:
            del sys.modules[_NAME]
        return getattr(importlib.import_module(_NAME), name)


def wait_for_use() -> None:
    """Let a module stand in the compiler's place that loads it when more is asked than to keep out."""
    spec = importlib.util.find_spec(_NAME)
    if spec is None or _NAME in sys.modules:
        return
    waiting = _Waiting(_NAME)
    waiting.__spec__, waiting.__file__, waiting.__package__ = spec, spec.origin, _NAME
    for name, value in (("disable", _disable), ("graph_break", lambda *_, **__: None)):
        setattr(waiting, name, value)
    sys.modules[_NAME] = waiting
