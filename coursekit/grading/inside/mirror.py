"""Networks that live on the other side: a mirror has their parameters, and calls them for everything else."""

__all__ = ["Mirror", "kind_of", "mirror_class"]

import functools
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from coursekit.grading.inside.remote import FORWARDED, forward

if TYPE_CHECKING:
    from coursekit.grading.inside.peer import Peer

_PRIVATE = (nn.ParameterList, nn.ParameterDict)  # they keep what they hold under private names
# What a network of parts is built with, and what works on private things.
_CHANGING = ("append", "clear", "extend", "insert", "pop", "update", "flatten_parameters")
_MOST = 256


class Mirror(nn.Module):
    """A network of the other side: parameters, buffers and parts are here, its methods are called there."""

    def __init__(self, peer: "Peer", number: int, name: str) -> None:
        nn.Module.__init__(self)  # and nothing else: the mirror of a Linear draws no weights
        object.__setattr__(self, "_peer", peer)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_title", name)

    def __getattr__(self, name: str) -> Any:
        """Return a parameter, a part, or what the network there has under this name."""
        if name in ("_parameters", "_buffers", "_modules") or name.startswith("_"):
            return super().__getattr__(name)
        try:
            return super().__getattr__(name)
        except AttributeError:
            return self._peer.get(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute there, and here with it what is a parameter or a part; the mode is set here."""
        if name.startswith("_") or name == "training" or not self._peer.judging:
            super().__setattr__(name, value)
        else:
            self._peer.set(self, name, value)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Run the network there."""
        return self._peer.call(self, "__call__", args, kwargs)

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Change the type of its numbers there; there is one device."""
        typed = self._peer.judging and any(isinstance(one, torch.dtype) for one in (*args, *kwargs.values()))
        return self._peer.call(self, "to", args, kwargs) if typed else super().to(*args, **kwargs)

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        """Change the tensors that are here; what a layer of torch's keeps besides is there."""
        return nn.Module._apply(self, fn, recurse)  # type: ignore[no-untyped-call]

    def _get_name(self) -> str:
        return str(self._title)

    def __deepcopy__(self, _: Any) -> Any:
        """Return the mirror of a copy that is made there."""
        return self._peer.copy(self)


def _there(name: str) -> Callable[..., Any]:
    """Return a method of every network's that a mirror of the judge's calls on the other side."""
    usual = getattr(nn.Module, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self._peer.judging:
            return self._peer.call(self, name, args, kwargs)
        return usual(self, *args, **kwargs)

    return method


for _name in ("add_module", "register_module", "register_parameter", "register_buffer"):
    setattr(Mirror, _name, _there(_name))
for _name in ("double", "float", "half", "bfloat16", "extra_repr"):
    setattr(Mirror, _name, _there(_name))
for _name in ("register_forward_hook", "register_forward_pre_hook"):  # parts are called there, and only there
    setattr(Mirror, _name, _there(_name))


@functools.lru_cache(maxsize=_MOST)
def kind_of(network: type) -> tuple[str, tuple[str, ...]]:
    """Return which class of torch's a class is or derives from, and what it has that must be asked for there.

    Args:
        network: of a network of ours.
    """
    own = set[str]()
    for one in network.__mro__:
        if getattr(nn, one.__name__, None) is one and one not in _PRIVATE:
            return one.__name__, tuple(sorted(own))
        own |= {name for name in vars(one) if _is_theirs(name)}
    return "Module", tuple(sorted(own))


def _is_theirs(name: str) -> bool:
    """Tell whether a mirror asks the other side for a name, whatever torch's class has."""
    usual = name.startswith("_") or name == "training" or hasattr(nn.Module, name)
    return name in FORWARDED or not usual


def _elsewhere(_: Mirror) -> Any:
    """Be no attribute, so that the other side is asked."""
    raise AttributeError


def _item(self: Any, key: Any) -> Any:
    """Return a part, or several as a network of this side's."""
    names = list(self._modules)
    if not isinstance(key, slice):
        return self._modules[names[key]]
    parts = OrderedDict((name, self._modules[name]) for name in names[key])
    return nn.ModuleList(parts.values()) if isinstance(self, nn.ModuleList) else nn.Sequential(parts)


@functools.lru_cache(maxsize=_MOST)
def mirror_class(kind: str, own: frozenset[str]) -> type[Mirror]:
    """Return the class of mirrors of networks that are or derive from a class of torch's.

    So a test may look at a network as at home: ``net.body[0]``, ``isinstance(part, nn.Dropout)``.

    Args:
        kind: from ``kind_of`` of the other side.
        own: from there too.
    """
    base = getattr(nn, kind, None)
    bases: list[type] = [Mirror]
    if isinstance(base, type) and issubclass(base, nn.Module) and base is not nn.Module:
        bases.append(base)
    asked = {name for name in own if _is_theirs(name)} | {name for name in _CHANGING if hasattr(base, name)}
    made: dict[str, Any] = {"__getitem__": _item} if base in (nn.Sequential, nn.ModuleList) else {}
    made |= {name: forward(name) if name in FORWARDED else property(_elsewhere) for name in asked}
    return type("Mirror", tuple(bases), made)
