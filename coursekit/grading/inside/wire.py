"""The format in which values cross the wall: tagged JSON and raw numbers, capped, never pickle."""

__all__ = [
    "HEAD",
    "KINDS",
    "LARGEST",
    "LEAN",
    "LONGEST_TEXT",
    "TENSORS",
    "Links",
    "WireError",
    "pack",
    "unpack",
]

import json
import math
import struct
import sys
from collections.abc import Collection, Mapping
from typing import Any, Protocol

import numpy as np

LARGEST = 128 << 20
LONGEST_TEXT, _MOST_NODES, _DEEPEST = 16 << 20, 200_000, 16
HEAD = struct.Struct(">BII")
_EXACT = 1 << 53  # JSON readers elsewhere keep whole numbers up to here
_SEQUENCES: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
KINDS = frozenset(
    (
        "int",
        "float",
        "complex",
        "ellipsis",
        "bytes",
        "range",
        "words",
        "dict",
        "array",
        "scalar",
        "tensor",
        "ref",
    )
) | frozenset(_SEQUENCES)
LEAN = frozenset(("int", "float", "dict", "list", "tuple"))  # what an output of a notebook is made of
_NUMBERS = frozenset("biufc")
TENSORS = frozenset(
    ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
     "complex64", "complex128")
)  # fmt: skip


class WireError(ValueError):
    """A value that can't cross, or a message that breaks the format."""


class Links(Protocol):
    """What a side adds to plain data: values known by a reference, and copies that are remembered."""

    def refer(self, value: Any) -> dict[str, Any] | None:
        """Return a reference for a value (its entries are written in turn), or None if it is copied."""

    def resolve(self, reference: Mapping[str, Any]) -> Any:
        """Return what a reference of the other side stands for; its entries have been read."""

    def number(self, value: Any) -> int | None:
        """Return the number under which a copy is remembered, or None."""

    def made(self, number: int, value: Any) -> None:
        """Remember a copy that was made of a numbered value."""


class _Writer:
    """Turns one value into JSON and a tail of raw numbers."""

    def __init__(self, links: Links | None) -> None:
        self.links, self.size, self.nodes = links, 0, 0
        self.tail: list[bytes] = []

    def raw(self, data: bytes) -> list[int]:
        """Append numbers to the tail; return where they lie."""
        if self.size + len(data) > LARGEST:
            raise WireError(f"a message must hold at most {LARGEST >> 20} MiB of numbers; got more")
        self.tail.append(data)
        self.size += len(data)
        return [self.size - len(data), len(data)]

    def write(self, value: Any, depth: int = 0) -> Any:
        """Return the JSON of a value; the first kind that fits decides."""
        self.nodes += 1
        if depth > _DEEPEST or self.nodes > _MOST_NODES:
            raise WireError(f"a value must be at most {_DEEPEST} deep with {_MOST_NODES} parts; got more")
        if value is None or type(value) in (bool, str):
            return value
        number = None
        if self.links is not None:
            if (reference := self.links.refer(value)) is not None:
                return {
                    "$": "ref",
                    "v": {key: self.write(entry, depth + 1) for key, entry in reference.items()},
                }
            number = self.links.number(value)
        if isinstance(value, str):
            return str.__str__(value)
        for write in (self._number, self._array, self._container):
            found = write(value, depth)
            if found is not None:
                return found if number is None else {**found, "n": number}
        raise WireError(f"a {type(value).__name__} can't be handed to the judge")

    def _number(self, value: Any, depth: int) -> Any:
        if isinstance(value, np.generic):
            return self._array(value, depth)
        if isinstance(value, int):
            plain = int.__int__(value)
            return plain if abs(plain) < _EXACT else {"$": "int", "v": str(plain)}
        if isinstance(value, float):
            return {"$": "float", "v": float.hex(value)}
        if isinstance(value, complex):
            return {"$": "complex", "v": [value.real.hex(), value.imag.hex()]}
        if value is ...:
            return {"$": "ellipsis"}
        return {"$": "bytes", "at": self.raw(bytes(value))} if isinstance(value, (bytes, bytearray)) else None

    def _array(self, value: Any, depth: int) -> Any:
        torch = sys.modules.get("torch")
        if isinstance(value, (np.ndarray, np.generic)):
            array = np.asarray(value)
            if array.dtype.kind not in _NUMBERS:
                return (
                    {"$": "words", "v": self.write(array.tolist(), depth + 1)}
                    if array.dtype.kind == "U"
                    else None
                )
            kind = "array" if isinstance(value, np.ndarray) else "scalar"
            data = np.ascontiguousarray(array).tobytes()
            return {"$": kind, "d": array.dtype.str, "s": list(array.shape), "at": self.raw(data)}
        if torch is not None and isinstance(value, torch.Tensor):
            dense = value.detach().cpu().contiguous().resolve_conj().resolve_neg()
            name = str(dense.dtype).removeprefix("torch.")
            if name not in TENSORS or dense.layout != torch.strided:
                return None
            data = dense.reshape(-1).view(torch.uint8).numpy().tobytes() if dense.numel() else b""
            return {"$": "tensor", "d": name, "s": list(dense.shape), "at": self.raw(data)}
        return None

    def _container(self, value: Any, depth: int) -> Any:
        for name, kind in _SEQUENCES.items():
            if isinstance(value, kind):
                return {"$": name, "v": [self.write(entry, depth + 1) for entry in kind.__iter__(value)]}
        if isinstance(value, dict):
            pairs = [
                [self.write(key, depth + 1), self.write(entry, depth + 1)] for key, entry in dict.items(value)
            ]
            return {"$": "dict", "v": pairs}
        if isinstance(value, range):
            return {"$": "range", "v": [value.start, value.stop, value.step]}
        return None


class _Reader:
    """Builds a value from JSON and tail; every size is checked before anything is made of it."""

    def __init__(self, tail: bytes, links: Links | None, kinds: Collection[str]) -> None:
        self.tail, self.links, self.kinds = tail, links, kinds

    def raw(self, at: Any) -> bytes:
        """Return a piece of the tail."""
        start, length = at
        if (
            type(start) is not int
            or type(length) is not int
            or not 0 <= start <= start + length <= len(self.tail)
        ):
            raise WireError("a message points outside its own data")
        return self.tail[start : start + length]

    def read(self, written: Any) -> Any:
        """Return the value of a JSON tree."""
        if written is None or type(written) in (bool, int, str):
            return written
        if type(written) is not dict:
            raise WireError(f"a message holds a bare {type(written).__name__}")
        kind = written.get("$")
        if kind == "ref" and self.links is not None and kind in self.kinds:
            return self.links.resolve({str(key): self.read(entry) for key, entry in written["v"].items()})
        if type(kind) is not str or kind == "ref" or kind not in self.kinds:
            raise WireError(f"a message holds a value of unknown kind {str(kind)[:40]!r}")
        if kind in _SEQUENCES:
            value = _SEQUENCES[kind](self.read(entry) for entry in written["v"])
        else:
            value = getattr(self, f"_{kind}")(written)
        if self.links is not None and type(written.get("n")) is int:
            self.links.made(written["n"], value)
        return value

    def _int(self, written: Any) -> int:
        return int(written["v"])

    def _float(self, written: Any) -> float:
        return float.fromhex(written["v"])

    def _complex(self, written: Any) -> complex:
        return complex(*map(float.fromhex, written["v"]))

    def _ellipsis(self, written: Any) -> Any:
        del written
        return ...

    def _bytes(self, written: Any) -> bytes:
        return self.raw(written["at"])

    def _range(self, written: Any) -> range:
        return range(*map(int, written["v"]))

    def _words(self, written: Any) -> Any:
        return np.array(self.read(written["v"]), dtype=str)

    def _dict(self, written: Any) -> dict[Any, Any]:
        return {self.read(key): self.read(entry) for key, entry in written["v"]}

    def _shaped(self, written: Any, width: int) -> tuple[bytes, tuple[int, ...]]:
        shape = tuple(int(size) for size in written["s"])
        data = self.raw(written["at"])
        if min(shape, default=0) < 0 or len(shape) > 32 or math.prod(shape) * width != len(data):
            raise WireError(f"{len(data)} bytes do not fill the shape {shape}")
        return data, shape

    def _array(self, written: Any) -> Any:
        dtype = np.dtype(str(written["d"]))
        if dtype.kind not in _NUMBERS or dtype.names is not None or dtype.subdtype is not None:
            raise WireError(f"an array of {dtype} can't cross")
        data, shape = self._shaped(written, dtype.itemsize)
        return np.frombuffer(data, dtype).reshape(shape).copy()

    def _scalar(self, written: Any) -> Any:
        return self._array({**written, "s": []})[()]

    def _tensor(self, written: Any) -> Any:
        import torch

        if written["d"] not in TENSORS:
            raise WireError(f"a tensor of {str(written['d'])[:40]} can't cross")
        dtype = getattr(torch, written["d"])
        data, shape = self._shaped(written, dtype.itemsize)
        return (
            torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape)
            if data
            else torch.empty(shape, dtype=dtype)
        )


def pack(value: object, links: Links | None = None, *, answer: bool = False) -> bytes:
    """Return a value as one frame.

    Args:
        value: plain data: None, numbers, text, containers, arrays of numbers, tensors.
        links: for values that are to be known by a reference.
        answer: whether it answers a request.

    Raises:
        WireError: if the value can't cross or is too large.
    """
    writer = _Writer(links)
    text = json.dumps(writer.write(value), separators=(",", ":"), allow_nan=False).encode()
    if len(text) > LONGEST_TEXT:
        raise WireError(f"a message must hold at most {LONGEST_TEXT >> 20} MiB of text; got more")
    return b"".join((HEAD.pack(answer, len(text), writer.size), text, *writer.tail))


def unpack(text: bytes, tail: bytes, links: Links | None = None, kinds: Collection[str] = KINDS) -> Any:
    """Return the value of a frame.

    Args:
        text: its JSON.
        tail: its raw numbers.
        links: for references.
        kinds: of values that may be in it, besides text, whole numbers, True, False and None.

    Raises:
        WireError: if the frame breaks the format; no other error comes out of a frame, whatever is in it.
    """
    try:
        return _Reader(tail, links, kinds).read(json.loads(text))
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, RuntimeError) as error:
        raise WireError(f"a message that can't be read: {type(error).__name__}") from None
