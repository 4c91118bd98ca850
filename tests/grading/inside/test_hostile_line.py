"""The judge's end of a line whose other end writes what it likes: nothing stale or endless comes in."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from coursekit.grading.inside.errors import Crossed, SideGone, TooSlow
from coursekit.grading.inside.frames import Deadline
from coursekit.grading.inside.peer import Peer
from coursekit.grading.inside.remote import Remote
from coursekit.grading.inside.wire import HEAD, LARGEST, LONGEST_TEXT, pack
from tests.grading.inside.across import across

Line = tuple[Peer, socket.socket]


def _line(*, lean: bool) -> Iterator[Line]:
    here, there = socket.socketpair()
    with here, there:
        peer = Peer(here, judging=True, lean=lean)
        peer.deadline = Deadline(time.monotonic() + 2)
        yield peer, there


@pytest.fixture
def line() -> Iterator[Line]:
    """Yield a judge's end of a line and the bare other end."""
    yield from _line(lean=False)


@pytest.fixture
def lean() -> Iterator[Line]:
    """Yield the host's end of a line and the bare other end."""
    yield from _line(lean=True)


_KEPT: dict[str, Any] = {
    "networks": (),
    "params": (),
    "forgotten": (),
    "streams": {},
}  # in step, on both sides


def _answer(value: Any = 1, **more: Any) -> bytes:
    """Return an answer as an honest side writes it, but for what is said."""
    return pack({"value": value, "changed": (), **_KEPT} | more, answer=True)


def test_an_honest_answer_gets_through(line: Line, lean: Line) -> None:
    for peer, there in (line, lean):
        there.sendall(_answer([5, "text"]))
        assert peer.root.value == [5, "text"]


def test_an_answer_that_comes_late_is_not_taken_for_the_next_one() -> None:
    def slow(seconds: float) -> str:
        time.sleep(seconds)
        return f"after {seconds}"

    with across(lambda: slow, seconds=0.5) as answer:
        with pytest.raises(TooSlow):
            answer(1.0)
        object.__getattribute__(answer, "_peer").deadline = Deadline(time.monotonic() + 20)
        with pytest.raises(SideGone):
            answer(0.0)


@pytest.mark.parametrize(
    "wrong",
    [pack({"changed": (), **_KEPT}, answer=True),
     pack([1], answer=True), HEAD.pack(True, 3, 0) + b"{{{",
     pack({"error": {"name": "E"}, **_KEPT}, answer=True),
     HEAD.pack(True, LONGEST_TEXT + 1, 0), HEAD.pack(True, 2, LARGEST + 1), _answer(streams=3),
     _answer(networks=(3,)), _answer(networks=({"id": 1},))],
    ids=["no value", "no message", "no JSON", "half an error", "much text", "many numbers", "streams",
         "a number for a network", "half a network"],
)  # fmt: skip
def test_after_a_message_that_is_none_the_line_is_dead(line: Line, wrong: bytes) -> None:
    """Were it read on, the next answer could be one that was written before its question."""
    peer, there = line
    there.sendall(wrong + _answer("stale"))
    for _ in range(2):
        with pytest.raises(SideGone):
            _ = peer.root.value


def test_a_request_that_is_none_ends_the_line_too(line: Line) -> None:
    peer, there = line
    there.sendall(pack([1, 2]) + _answer("stale"))
    for _ in range(2):
        with pytest.raises(SideGone):
            _ = peer.root.value


@pytest.mark.parametrize("value", [np.zeros(2), {1, 2}, b"bytes", 1j], ids=lambda value: type(value).__name__)
def test_the_host_takes_text_and_numbers_and_nothing_else(line: Line, lean: Line, value: Any) -> None:
    """It stays small and loads nothing for a submission: what needs more goes to the process of the tests."""
    peer, there = line
    there.sendall(_answer(value))
    assert type(peer.root.value) is type(value)
    peer, there = lean
    there.sendall(_answer(value))
    with pytest.raises(SideGone):
        _ = peer.root.value


def test_the_streams_of_the_host_are_not_a_submissions_to_set(lean: Line) -> None:
    before = np.random.get_state(legacy=False)["state"]["pos"]
    peer, there = lean
    there.sendall(_answer(streams={"legacy": 3}, params=(3,)))
    assert peer.root.value == 1
    assert np.random.get_state(legacy=False)["state"]["pos"] == before


def test_a_stand_in_has_a_short_name_and_no_private_side(line: Line) -> None:
    peer, there = line
    thing = peer.resolve({"o": "object", "id": 7, "name": "x" * 10_000, "able": ["__eq__", "__bool__"]})
    assert isinstance(thing, Remote)
    assert len(repr(thing)) < 100
    there.sendall(_answer("forged"))
    for name in ("_hidden", "__array__", "__array_interface__", "__torch_function__"):
        with pytest.raises(AttributeError, match="has no attribute"):
            getattr(thing, name)
    assert thing != thing.public == "forged"


def test_what_crosses_twice_is_known_by_one_number(line: Line) -> None:
    peer, _ = line
    once, again = (peer.export(len, answering=False)["id"] for _ in range(2))
    assert once == again != peer.export(max, answering=False)["id"]


def test_a_line_that_was_in_a_hurry_has_time_for_the_next_message() -> None:
    """What was left for one answer is no limit for sending the next question."""
    with across(lambda: np.sum) as answer:
        object.__getattribute__(answer, "_peer").connection.settimeout(0.001)
        assert answer(np.ones(4_000_000)) == 4_000_000


def test_calls_within_calls_have_an_end_that_is_ours() -> None:
    depth = 0
    with across(lambda: lambda f: f()) as answer:

        def again() -> Any:
            nonlocal depth
            depth += 1
            return answer(again)

        with pytest.raises(Crossed, match="calls within calls"):
            again()
        assert depth < 130
        for _ in range(200):  # one after the other is no depth
            assert answer(lambda: 1) == 1
