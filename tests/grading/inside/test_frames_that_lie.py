"""Frames of a hostile side: nothing is read beyond their own data; arrays hold numbers only."""

import json
import time

import pytest

from coursekit.grading.inside import wire
from coursekit.grading.inside.frames import Deadline
from coursekit.grading.inside.wire import WireError, pack, unpack


def test_a_deadline_is_put_off_once_and_by_as_much_as_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def late() -> float:
        asked.append(now[0])
        return 5

    deadline = Deadline(110, late)
    assert deadline.left() == 10
    now[0] = 111
    assert deadline.left() == 5
    now[0] = 114  # the grace goes on while an answer comes in pieces, and ends
    assert deadline.left() == 2
    now[0] = 117
    with pytest.raises(TimeoutError):
        deadline.left()
    assert asked == [111]
    assert Deadline().left() is None
    with pytest.raises(TimeoutError):
        Deadline(110, lambda: 0).left()


@pytest.mark.parametrize("at", [[0, 9], [4, 5], [-4, 4], [-8, 12], [9, 0], [2, -2], [0, True], [0.0, 8]])
def test_a_piece_must_lie_in_the_tail(at: list[object]) -> None:
    with pytest.raises(WireError):
        unpack(json.dumps({"$": "bytes", "at": at}).encode(), b"12345678")
    assert unpack(b'{"$": "bytes", "at": [2, 3]}', b"12345678") == b"345"


@pytest.mark.parametrize("dtype", ["<M8[s]", "<m8[s]", "S8", "<U2", "O", "V8", "<i4,<i4", "(2,)<i4"])
def test_an_array_holds_numbers_only(dtype: str) -> None:
    with pytest.raises(WireError):
        unpack(json.dumps({"$": "array", "d": dtype, "s": [1], "at": [0, 8]}).encode(), b"12345678")


@pytest.mark.parametrize("shape", [[2], [1, 2], [-1], [0], [1 << 62, 4]])
def test_a_shape_must_be_filled(shape: list[int]) -> None:
    with pytest.raises(WireError):
        unpack(json.dumps({"$": "array", "d": "<f8", "s": shape, "at": [0, 8]}).encode(), b"12345678")


def test_a_text_too_long_is_refused_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LONGEST_TEXT", 100)
    assert pack("x" * 90)
    with pytest.raises(WireError, match="of text; got more"):
        pack("x" * 99)
