"""What one side does for the other: call, read and set its objects, and pull gradients through its graphs."""

__all__ = ["METHOD", "network_kinds", "perform", "pull"]

import copy
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any

from coursekit.grading.inside.trust import Trust

if TYPE_CHECKING:
    from coursekit.grading.inside.book import Book


class _Mark(Enum):
    METHOD = "method"


METHOD = _Mark.METHOD  # what reading an attribute gives when it is to be called


def network_kinds() -> tuple[type, ...]:
    """Return what makes a network a network: nothing without torch."""
    torch = sys.modules.get("torch")
    return (torch.nn.Module,) if torch is not None else ()


def perform(trust: Trust, request: dict[str, Any]) -> Any:
    """Call, read or set an object of ours.

    Args:
        trust: what the other side may do.
        request: the operation, its target, a name, and what belongs to it.

    Raises:
        AttributeError: if the other side may not do that, or there is no such name.
    """
    op, target, name = str(request["op"]), request["target"], str(request["name"])
    if op == "copy" and isinstance(target, network_kinds()):
        return copy.deepcopy(target)
    if op not in ("call", "get", "set") or not trust.may_use(target, name, setting=op == "set"):
        raise AttributeError(f"{name[:80]} can't be used from here")
    if op == "call":
        return _call(target, name, request)
    if op == "set":
        return setattr(target, name, request["value"])
    value = getattr(target, name)
    return METHOD if callable(value) and not isinstance(value, network_kinds()) else value


def _call(target: Any, name: str, request: dict[str, Any]) -> Any:
    """Call an object or a method of it, with gradients if they are wanted over there."""
    method = target if name == "__call__" else getattr(target, name)
    torch = sys.modules.get("torch")
    if torch is None:
        return method(*request["args"], **request["kwargs"])
    with torch.set_grad_enabled(bool(request["graded"])):
        return method(*request["args"], **request["kwargs"])


def pull(book: "Book", out: int, grad: Any, keys: list[Any]) -> tuple[Any, ...]:
    """Return gradients of an output of ours by what was sent for it.

    Args:
        book: of the call that gave the output.
        out: which output.
        grad: the gradient that reached it on the other side.
        keys: of what was sent, as the other side names it.
    """
    import torch

    from coursekit.grading.inside.gradients import seeded

    modules, slots = book.peer.modules, {key[1]: tensor for key, tensor in book.leaves}
    leaves = [slots[key[1]] if key[0] == "slot" else modules.find(not key[1], key[2]) for key in keys]
    if not leaves:
        return ()
    number = seeded(book.outputs[out], grad)
    with modules.collecting((not key[1], key[2]) for key in keys if key[0] == "par"):
        found = torch.autograd.grad(number, leaves, retain_graph=True, allow_unused=True)
    for key, arrived in zip(keys, found, strict=True):
        if key[0] == "par":
            modules.pulled(not key[1], key[2], arrived, serving=True)
    return tuple(found)
