"""Objects that live on the other side: functions, classes, anything with methods."""

__all__ = ["FORWARDED", "Remote", "forward", "remote"]

import functools
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coursekit.grading.inside.peer import Peer

# No comparison and no truth value: what an answer says of itself is no proof.
FORWARDED = (
    *("__len__", "__iter__", "__next__", "__getitem__", "__setitem__", "__enter__", "__exit__"),
    *("__neg__", "__pos__", "__abs__"),
    *(f"__{side}{name}__" for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
      for side in ("", "r")),
)  # fmt: skip
_FORWARDED = frozenset(FORWARDED)


class Remote:
    """A stand-in for an object of the other side.

    Calls, attributes, items and arithmetic go there; comparing it does not, and it is never true or false.
    """

    def __init__(self, peer: "Peer", number: int, name: str) -> None:
        object.__setattr__(self, "_peer", peer)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "__name__", name)
        object.__setattr__(self, "__qualname__", name)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the object there."""
        if name.startswith("_"):
            raise AttributeError(f"{self.__name__} has no attribute {name!r}")
        return self._peer.get(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute of the object there."""
        self._peer.set(self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the object there."""
        return self._peer.call(self, "__call__", args, kwargs)

    def __bool__(self) -> bool:
        """Refuse to be taken for true."""
        raise TypeError(f"{self.__name__} is neither true nor false")

    def __repr__(self) -> str:
        """Return its name."""
        return f"<{self.__name__}>"


def forward(name: str) -> Callable[..., Any]:
    """Return a method that is called on the other side.

    Args:
        name: of a special method.
    """

    def method(self: Any, *args: Any) -> Any:
        return self._peer.call(self, name, args, {})

    method.__name__ = name
    return method


def _by_items(self: Any) -> Iterator[Any]:
    """Go through an object that has items and no iterator, as Python itself does."""
    for at in count():
        try:
            yield self[at]
        except IndexError:
            return


for _name in FORWARDED:
    setattr(Remote, _name, forward(_name))


def remote(peer: "Peer", number: int, name: str, *, able: frozenset[str]) -> Remote:
    """Return a stand-in that has the special methods of its object and no others.

    Args:
        peer: the line to the other side.
        number: the object's, there.
        name: what it is called.
        able: its special methods.
    """
    return _kind(able & _FORWARDED)(peer, number, name)


@functools.lru_cache(maxsize=64)
def _kind(able: frozenset[str]) -> type[Remote]:
    """Return the class of stand-ins that have these special methods."""
    missing = _FORWARDED - able
    own: dict[str, Any] = dict.fromkeys(missing)
    if "__iter__" in missing and "__getitem__" in able:
        own["__iter__"] = _by_items
    return type("Remote", (Remote,), own)
