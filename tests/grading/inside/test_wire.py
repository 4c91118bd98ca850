"""What crosses the wire comes back the same, what must not cross is refused, no frame does anything else."""

import contextlib
import json
import math
import socket
import struct
import threading
import time
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from coursekit.grading.inside import wire
from coursekit.grading.inside.frames import Deadline, receive
from coursekit.grading.inside.wire import WireError, pack, unpack

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=20)
    | st.complex_numbers() | st.just(...),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def _through(value: object) -> Any:
    frame = pack(value)
    _, text, tail = struct.unpack(">BII", frame[:9])
    assert len(frame) == 9 + text + tail
    return unpack(frame[9 : 9 + text], frame[9 + text :])


def _same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, complex):
        return _same(a.real, b.real) and _same(a.imag, b.imag)
    return bool(a == b)


@given(PLAIN)
@settings(max_examples=300, deadline=None)
def test_plain_data_comes_back_the_same(value: object) -> None:
    assert _same(_through(value), value)


@given(
    npst.arrays(
        npst.scalar_dtypes().filter(lambda d: d.kind in "biufc"), npst.array_shapes(min_dims=0, min_side=0)
    )
)
@settings(max_examples=200, deadline=None)
def test_arrays_come_back_to_the_last_bit(value: Any) -> None:
    found = _through(value)
    assert (found.dtype, found.shape, found.tobytes()) == (value.dtype, value.shape, value.tobytes())
    assert found.flags.writeable


@pytest.mark.parametrize("dtype", sorted(wire.TENSORS))
def test_tensors_come_back_to_the_last_bit(dtype: str) -> None:
    value = torch.arange(12).reshape(3, 4).to(getattr(torch, dtype)).T
    found = _through(value)
    assert found.dtype == value.dtype
    assert torch.equal(found, value)
    assert _through(value[:0]).shape == (0, 3)
    assert _through(value[0, 0]).shape == ()


def test_kinds_are_exact_whatever_a_subclass_says_of_itself() -> None:
    class Yes(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    class Liar(np.ndarray):
        def __array_function__(self, *_: Any, **__: Any) -> bool:  # type: ignore[override]
            return True

    class Text(str):
        def __str__(self) -> str:
            return "another"

    assert type(_through(Yes(3))) is int
    assert _through(Yes(3)) != 4
    lied = _through(np.arange(3).view(Liar))
    assert type(lied) is np.ndarray
    assert not np.allclose(lied, 7)
    assert _through(Text("this")) == "this"
    assert type(_through(np.float64(2))) is np.float64
    assert type(_through(range(3))) is range


@pytest.mark.parametrize("value", [object(), print, np.array([object()]), {"a": [int]}, type("X", (), {})()])
def test_objects_do_not_cross(value: object) -> None:
    with pytest.raises(WireError, match="can't be handed to the judge"):
        pack(value)


def test_too_much_is_refused_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    deep: Any = 0
    for _ in range(40):
        deep = [deep]
    with pytest.raises(WireError, match="deep"):
        pack(deep)
    with pytest.raises(WireError, match="parts"):
        pack([0] * 300_000)
    monkeypatch.setattr(wire, "LARGEST", 1000)
    with pytest.raises(WireError, match="of numbers; got more"):
        pack(np.zeros(126))
    assert _through(np.zeros(125)).shape == (125,)


BROKEN = (
    {"$": "array", "d": "|O", "s": [1], "at": [0, 8]},
    {"$": "array", "d": "<f8", "s": [2], "at": [0, 8]},
    {"$": "array", "d": "<f8", "s": [-1, -1], "at": [0, 8]},
    {"$": "array", "d": "<f8", "s": [1], "at": [-8, 8]},
    {"$": "array", "d": "<f8", "s": [1], "at": [4, 8]},
    {"$": "array", "d": "f8,f8", "s": [1], "at": [0, 8]},
    {"$": "array", "d": "(1000000,1000000)f8", "s": [0], "at": [0, 0]},
    {"$": "tensor", "d": "load", "s": [1], "at": [0, 8]},
    {"$": "tensor", "d": "quint8", "s": [1], "at": [0, 8]},
    {"$": "raw"}, {"$": "read"}, {"$": "__init__"}, {"$": "links"}, {"$": "tail"}, {"$": []}, {"$": "shaped"},
    {"$": "ref", "v": {}}, {"$": "float", "v": "x"}, {"$": "int", "v": "9" * 10_000}, {"$": "list", "v": 3},
    {"$": "dict", "v": [[{"$": "list", "v": []}, 1]]}, {"$": "range", "v": [0, 1, 0]}, {"a": 1}, [1], 1.5,
)  # fmt: skip


@pytest.mark.parametrize("written", BROKEN, ids=lambda written: json.dumps(written)[:40])
def test_a_forged_message_is_refused(written: object) -> None:
    with pytest.raises(WireError):
        unpack(json.dumps(written).encode(), bytes(8))


@given(st.binary(max_size=200), st.binary(max_size=20))
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise_anything_else(text: bytes, tail: bytes) -> None:
    with contextlib.suppress(WireError):
        unpack(text, tail)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(sorted(wire.KINDS)),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["$", "v", "d", "s", "at", "n"]), inner, max_size=5)
        ),
        max_leaves=12,
    )
)
@settings(max_examples=500, deadline=None)
def test_no_tree_raises_anything_else(tree: object) -> None:
    with contextlib.suppress(WireError):
        unpack(json.dumps(tree).encode(), bytes(16))


def test_a_frame_too_large_is_not_read() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(struct.pack(">BII", 0, 5, wire.LARGEST + 1))
        with pytest.raises(WireError, match="at most"):
            receive(here)


def test_writing_slowly_does_not_put_the_deadline_off() -> None:
    here, there = socket.socketpair()
    over = threading.Event()

    def trickle() -> None:
        frame = pack(list(range(1000)))
        for byte in frame:
            if over.wait(0.02):
                return
            there.sendall(bytes([byte]))

    writer = threading.Thread(target=trickle)
    writer.start()
    start = time.monotonic()
    with here, there:
        with pytest.raises(TimeoutError):
            receive(here, Deadline(start + 0.3))
        over.set()
        writer.join()
    assert time.monotonic() - start < 5


def test_a_side_that_ends_is_told_from_one_that_is_slow() -> None:
    here, there = socket.socketpair()
    there.sendall(pack(1)[:6])
    there.close()
    with here, pytest.raises(EOFError):
        receive(here, Deadline(time.monotonic() + 5))
