"""A side without torch, where an assignment forbids it, is understood by one with it."""

import json
import socket
import sys

import numpy as np
import pytest
import torch

from coursekit.grading.inside.peer import Peer
from coursekit.grading.inside.streams import changed_streams, set_streams
from coursekit.grading.inside.wire import pack, unpack


def test_the_streams_of_torch_cross_as_numbers_that_need_no_torch() -> None:
    frame = pack(changed_streams({}))
    size = int.from_bytes(frame[1:5])
    text, tail = frame[9 : 9 + size], frame[9 + size :]
    assert "tensor" not in json.dumps(json.loads(text))
    torch.manual_seed(3)
    moved = changed_streams({})
    assert isinstance(moved["torch"], np.ndarray)
    expected = torch.rand(4)
    torch.manual_seed(4)
    known: dict[str, object] = {}
    set_streams(moved, known)
    assert torch.equal(torch.rand(4), expected)
    assert known.keys() == moved.keys() == {"legacy", "python", "torch"}
    assert unpack(text, tail).keys() == moved.keys()


def test_who_has_no_torch_does_not_switch_gradients_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host runs cells in a process with torch, and needs none itself: networks must still train there."""
    asked: list[bool] = []
    with socket.socket() as line:
        peer = Peer(line, judging=True)
        monkeypatch.setattr(peer, "_ask", lambda request, _: asked.append(request["graded"]))
        peer.call(None, "run", ("x = 1",), {})
        with torch.no_grad():
            peer.call(None, "run", ("x = 1",), {})
            monkeypatch.setitem(sys.modules, "torch", None)
            peer.call(None, "run", ("x = 1",), {})
    assert asked == [True, False, True]
