"""What one call carries: arguments that may be changed in place, networks, streams, and gradients to come."""

__all__ = ["Book", "networks"]

import sys
from collections import namedtuple
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.grading.inside.requests import METHOD
from coursekit.grading.inside.streams import is_generator, make_generator, set_state, state_of
from coursekit.grading.inside.wire import WireError

if TYPE_CHECKING:
    from coursekit.grading.inside.peer import Peer

_COPIED = (
    str,
    bytes,
    bytearray,
    int,
    float,
    complex,
    np.generic,
    set,
    frozenset,
    range,
    type(None),
    type(...),
)


def _torch() -> Any:
    """Return torch if this process has loaded it."""
    return sys.modules.get("torch")


def _is(value: Any, kind: str) -> bool:
    """Tell whether a value is a Tensor, a dtype or a Module of torch, without loading torch."""
    torch = _torch()
    if torch is None:
        return False
    return isinstance(value, torch.nn.Module if kind == "Module" else getattr(torch, kind))


def networks(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the networks in a value.

    Args:
        value: plain data or anything else.
        depth: how deep it lies.
    """
    if _is(value, "Module"):
        yield value
    elif depth < 4 and isinstance(value, (list, tuple, dict)):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from networks(entry, depth + 1)


def _mutable(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield what a function could change in place in its arguments."""
    if isinstance(value, (np.ndarray, list, dict)) or _is(value, "Tensor"):
        yield value
    if depth < 8 and isinstance(value, (list, tuple, dict, type({}.values()))):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _mutable(entry, depth + 1)


def _named(fields: list[str], values: tuple[Any, ...]) -> Any:
    """Return a named tuple like the one that was sent."""
    try:
        return namedtuple("Answer", [str(field) for field in fields])(*values)
    except ValueError as error:
        raise WireError(f"a named tuple that can't be: {error}") from None


class Book:
    """The mutable values of one call, by number; both sides of a call keep one."""

    def __init__(self, peer: "Peer", *given: Any, graph: int = 0) -> None:
        self.peer, self.replying, self.graph = peer, graph > 0, graph
        self._given = {id(value) for value in _mutable(given)}
        self.slots: dict[int, Any] = {}
        self.before: dict[int, Any] = {}
        self.leaves: list[tuple[Any, Any]] = []  # (key, tensor): gradients go back to these
        self.outputs: list[Any] = []
        self._halves: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}

    # -- writing ------------------------------------------------------------------------------------------
    def number(self, value: Any) -> int | None:
        """Give a mutable argument its number."""
        return self._add(value) if id(value) in self._given else None

    def _add(self, value: Any) -> int:
        self._numbers[id(value)] = len(self.slots)
        self.slots[len(self.slots)] = value
        return len(self.slots) - 1

    def refer(self, value: Any) -> dict[str, Any] | None:
        """Return a reference for everything that is not copied."""
        if id(value) in self._numbers:
            return {"o": "slot", "n": self._numbers[id(value)]}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {"o": "named", "fields": list(value._fields), "v": tuple(value)}
        if isinstance(value, slice):
            return {"o": "slice", "v": (value.start, value.stop, value.step)}
        if is_generator(value):
            return {"o": "stream", "n": -1 if self.replying else self._add(value), "v": state_of(value)}
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
            return self._view(value) if self.replying else None
        if _is(value, "Tensor"):
            return self._tensor(value)
        if isinstance(value, (*_COPIED, list, tuple, dict)) or (
            isinstance(value, np.ndarray) and value.dtype.kind == "U"
        ):
            return None
        if value is METHOD:
            return {"o": "method"}
        if _is(value, "dtype"):
            return {"o": "dtype", "v": str(value).removeprefix("torch.")}
        return self.peer.export(value, answering=self.replying)

    def _view(self, value: Any) -> dict[str, Any] | None:
        """Return a reference to part of an argument's memory, so that who shares memory still does."""
        for number, owner in self.slots.items():
            if (
                isinstance(owner, np.ndarray)
                and owner.flags.c_contiguous
                and np.may_share_memory(owner, value)
            ):
                offset = value.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
                return {"o": "view", "n": number, "at": offset, "s": value.shape, "t": value.strides,
                        "d": value.dtype.str}  # fmt: skip
        return None

    def _tensor(self, value: Any) -> dict[str, Any] | None:
        """Return a reference for a tensor that gradients go through, None for one that is copied."""
        trained, parameter = value.requires_grad, isinstance(value, _torch().nn.Parameter)
        if not trained and (self.replying or not parameter):
            return None
        if self.replying:
            self.outputs.append(value)
            return {"o": "out", "g": self.graph, "n": len(self.outputs) - 1, "v": value.detach()}
        number = self._add(value)
        if trained:
            self.leaves.append((["slot", number], value))
        grad = value.grad if value.is_leaf else None
        return {"o": "leaf", "n": number, "v": value.detach().clone(), "grad": grad, "trained": trained,
                "parameter": parameter}  # fmt: skip

    # -- reading ------------------------------------------------------------------------------------------
    def made(self, number: int, value: Any) -> None:
        """Remember an argument as it came."""
        self.slots[number] = value
        self._numbers[id(value)] = number
        self.before[number] = _snapshot(value)

    def resolve(self, reference: Mapping[str, Any]) -> Any:
        """Return what a reference stands for.

        Args:
            reference: from ``refer`` of the other side.

        Raises:
            WireError: if it stands for nothing that may be made.
        """
        kind = reference["o"]
        if kind == "slot":
            return self.slots[reference["n"]]
        if kind == "named":
            return _named(reference["fields"], reference["v"])
        if kind == "slice":
            return slice(*reference["v"])
        if kind == "stream":
            stream = make_generator(reference["v"])
            if not self.replying:
                return stream
            self.made(reference["n"], stream)
            return stream
        if kind == "view":
            dtype = np.dtype(str(reference["d"]))
            if dtype.kind not in "biufc":
                raise WireError(f"an array of {dtype} can't cross")
            return np.ndarray(
                reference["s"], dtype, self.slots[reference["n"]], reference["at"], reference["t"]
            )
        if kind == "method":
            return METHOD
        if kind == "dtype":
            return getattr(_torch(), str(reference["v"]))
        if kind == "leaf":
            return self._leaf(reference)
        if kind == "out":
            return self._joined(reference)
        return self.peer.resolve(reference)

    def _leaf(self, reference: Mapping[str, Any]) -> Any:
        trained = bool(reference["trained"])
        tensor = reference["v"].clone().requires_grad_(trained)
        if reference["parameter"]:
            tensor = _torch().nn.Parameter(tensor.detach(), trained)
        tensor.grad = reference["grad"]
        self.made(reference["n"], tensor)
        if trained:
            self.leaves.append((["slot", reference["n"]], tensor))
        return tensor

    def _joined(self, reference: Mapping[str, Any]) -> Any:
        from coursekit.grading.inside.gradients import join

        graph, out = int(reference["g"]), int(reference["n"])
        return join(self._halves, self.peer, graph, out, reference["v"], self.leaves)

    # -- what a call changed ------------------------------------------------------------------------------
    def changed(self) -> list[tuple[int, Any]]:
        """Return the arguments that are no longer what they were, as plain content."""
        return [
            (n, _content(value)) for n, value in self.slots.items() if not _unchanged(self.before[n], value)
        ]

    def apply(self, changed: Any) -> None:
        """Change the arguments as the other side did.

        Args:
            changed: from its ``changed``.
        """
        for number, content in changed:
            _put(self.slots[number], content)


def _snapshot(value: Any) -> Any:
    """Return what is needed to see later whether an argument was changed."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, dict)):
        return value.copy()
    if is_generator(value):
        return state_of(value)
    return value.detach().clone(), value.requires_grad, None if value.grad is None else value.grad.clone()


def _unchanged(before: Any, value: Any) -> bool:
    """Tell whether an argument is as it was."""
    if isinstance(value, np.ndarray):
        return bool(before.shape == value.shape and before.tobytes() == value.tobytes())
    if isinstance(value, list):
        return len(before) == len(value) and all(a is b for a, b in zip(before, value, strict=True))
    if isinstance(value, dict):
        return list(before) == list(value) and all(before[key] is value[key] for key in before)
    now = _snapshot(value)
    if is_generator(value):
        return repr(before) == repr(now) if not _is(value, "Generator") else bool((before[1] == now[1]).all())
    torch = _torch()
    if before[1] is not now[1] or (before[2] is None) is not (now[2] is None):
        return False
    pairs = [(before[0], now[0])] + ([] if now[2] is None else [(before[2], now[2])])
    return all(
        torch.equal(a.isnan(), b.isnan()) and torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in pairs
    )


def _content(value: Any) -> Any:
    """Return an argument's content in a form that is written as a copy."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return tuple(value.items())
    if is_generator(value):
        return state_of(value)
    return _snapshot(value)


def _put(value: Any, content: Any) -> None:
    """Give an argument another content, in place."""
    if isinstance(value, np.ndarray):
        value[...] = content
    elif isinstance(value, list):
        value[:] = content
    elif isinstance(value, dict):
        value.clear()
        value.update(content)
    elif is_generator(value):
        set_state(value, content)
    else:
        data, trained, grad = content
        with _torch().no_grad():
            value.copy_(data)
        if value.is_leaf:
            value.requires_grad_(bool(trained))
            value.grad = grad
