"""Streams of random numbers on both sides of the wall: a generator that crosses goes on where it stood."""

__all__ = [
    "begin_streams",
    "changed_streams",
    "is_generator",
    "make_generator",
    "set_state",
    "set_streams",
    "state_of",
]

import random
import sys
from hashlib import sha256
from typing import Any

import numpy as np

from coursekit.grading.inside.wire import WireError

_BITS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


def _torch() -> Any:
    """Return torch if this process has loaded it."""
    return sys.modules.get("torch")


def is_generator(value: object) -> bool:
    """Tell whether a value is a stream of random numbers.

    Args:
        value: anything.
    """
    torch = _torch()
    kinds = (np.random.Generator, np.random.RandomState, random.Random)
    return isinstance(value, kinds) or (torch is not None and isinstance(value, torch.Generator))


def state_of(stream: Any) -> Any:
    """Return the state of a stream as plain data.

    Args:
        stream: a generator of NumPy, torch or Python.
    """
    if isinstance(stream, np.random.Generator):
        return ["numpy", stream.bit_generator.state]
    if isinstance(stream, np.random.RandomState):
        return ["legacy", stream.get_state(legacy=False)]
    if isinstance(stream, random.Random):
        return ["python", _numbers(stream.getstate())]
    return ["torch", stream.get_state().clone()]


def _numbers(state: tuple[Any, ...]) -> list[Any]:
    """Return a state of Python's with its 625 numbers as one array, which crosses in one piece."""
    version, inner, gauss = state
    return [version, np.array(inner, dtype=np.uint32), gauss]


def _python(state: Any) -> tuple[Any, ...]:
    """Return a state as Python's ``random`` wants it."""
    version, inner, gauss = state
    return version, tuple(np.asarray(inner).tolist()), gauss


def make_generator(state: Any) -> Any:
    """Return a new stream with this state.

    Args:
        state: from ``state_of``.

    Raises:
        WireError: if the state is of no known kind.
    """
    library, inner = state
    if library == "numpy":
        name = str(inner["bit_generator"])
        if name not in _BITS:
            raise WireError(f"a stream must be one of {', '.join(_BITS)}; got {name[:40]!r}")
        stream: Any = np.random.Generator(getattr(np.random, name)())
    elif library == "torch":
        import torch

        stream = torch.Generator()
    elif library in ("legacy", "python"):
        stream = np.random.RandomState() if library == "legacy" else random.Random()
    else:
        raise WireError(f"a stream must be NumPy's, torch's or Python's; got {str(library)[:40]!r}")
    set_state(stream, state)
    return stream


def set_state(stream: Any, state: Any) -> None:
    """Put a stream where another one stands.

    Args:
        stream: changed in place.
        state: of a stream of the same kind.

    Raises:
        WireError: if it is none.
    """
    library, inner = state
    try:
        if isinstance(stream, np.random.Generator):
            stream.bit_generator.state = inner
        elif isinstance(stream, np.random.RandomState):
            stream.set_state(inner)
        elif isinstance(stream, random.Random):
            stream.setstate(_python(inner))
        else:
            stream.set_state(inner)
    except (TypeError, ValueError, KeyError, IndexError, RuntimeError) as error:
        raise WireError(f"a {str(library)[:20]} stream can't stand there: {type(error).__name__}") from None


def _same(a: Any, b: Any) -> bool:
    """Tell whether two states are equal; arrays and tensors lie inside."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(map(_same, a, b))
    if hasattr(a, "shape"):
        return hasattr(b, "shape") and a.shape == b.shape and bool((a == b).all())
    return bool(a == b)


def _global() -> dict[str, Any]:
    """Return the states of the global streams: those that ``np.random``, ``random`` and torch draw from."""
    found = {"legacy": np.random.get_state(legacy=False), "python": _numbers(random.getstate())}
    torch = _torch()
    # As an array: the other side may have no torch, where the assignment forbids it.
    return {**found, "torch": torch.get_rng_state().numpy()} if torch is not None else found


def begin_streams(secret: str) -> None:
    """Let the global streams begin at a place that nobody knows who does not know the secret.

    Args:
        secret: an equal one gives equal draws.
    """
    place = int.from_bytes(sha256(secret.encode()).digest()[:4])
    np.random.seed(place)
    random.seed(place)
    torch = _torch()
    if torch is not None:
        torch.default_generator.manual_seed(place)


def changed_streams(known: dict[str, Any]) -> dict[str, Any]:
    """Return the global streams that stand elsewhere than the other side knows, and note that it will know.

    Args:
        known: states at the last crossing, changed in place.
    """
    now = _global()
    moved = {name: state for name, state in now.items() if name not in known or not _same(known[name], state)}
    known.update(moved)
    return moved


def set_streams(moved: dict[str, Any], known: dict[str, Any]) -> None:
    """Put the global streams where those of the other side stand.

    Args:
        moved: from ``changed_streams`` of the other side.
        known: states at the last crossing, changed in place.

    Raises:
        WireError: if a state is none.
    """
    torch = _torch()
    try:
        if "legacy" in moved:
            np.random.set_state(moved["legacy"])
        if "python" in moved:
            random.setstate(_python(moved["python"]))
        if "torch" in moved and torch is not None:
            torch.random.set_rng_state(torch.from_numpy(np.array(moved["torch"])))
    except (TypeError, ValueError, KeyError, IndexError, RuntimeError) as error:
        raise WireError(f"a global stream can't stand there: {type(error).__name__}") from None
    known.update(moved)
