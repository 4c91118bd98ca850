"""What the other side of the wall may do with the objects of this one."""

__all__ = ["Open", "Strict", "Trust"]

import sys
import types
from collections.abc import Iterator
from typing import Any, Protocol

from coursekit.grading.inside.remote import FORWARDED

_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType)


class Trust(Protocol):
    """A rule for both directions."""

    def may_use(self, target: Any, name: str, *, setting: bool) -> bool:
        """Tell whether the other side may call, read or set something of an object of ours."""

    def may_have(self, value: Any) -> bool:
        """Tell whether the other side may get hold of an object of ours in an answer."""


class Open:
    """The side of a submission: the judge may use everything that has a public name."""

    def may_use(self, target: Any, name: str, *, setting: bool) -> bool:
        """Tell whether the judge may use a name of an object.

        Args:
            target: the object.
            name: of a method or an attribute.
            setting: whether it is to be set.
        """
        del target, setting
        return name in FORWARDED or name == "__call__" or not name.startswith("_")

    def may_have(self, value: Any) -> bool:
        """Let the judge have everything.

        Args:
            value: an object.
        """
        del value
        return True


class Strict:
    """The side of the judge: what it hands over may be called, and its plain attributes be read.

    A function is called and nothing else: its globals lead to everything. The methods that every network has
    work on the mirror over there, so those of ours are out of reach. No class is given away.
    """

    def may_use(self, target: Any, name: str, *, setting: bool) -> bool:
        """Tell whether a submission may use a name of an object.

        Args:
            target: the object.
            name: of a method or an attribute.
            setting: whether it is to be set; nothing of ours is.
        """
        if setting:
            return False
        if name in FORWARDED or name == "__call__":
            return True
        if name.startswith("_") or isinstance(target, (*_FUNCTIONS, type, types.ModuleType)):
            return False
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(target, torch.nn.Module):
            return name == "forward" or not hasattr(torch.nn.Module, name)
        return True

    def may_have(self, value: Any) -> bool:
        """Tell whether a submission may get hold of an object of ours: a function or an iterator.

        Args:
            value: what a call or an attribute gave.
        """
        return isinstance(value, (*_FUNCTIONS, Iterator))
