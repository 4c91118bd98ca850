"""A role for trying the walls: it runs what it is sent. Only the doctor and the tests put it into a kit."""

__all__ = ["ask", "main"]

import json
import socket
import traceback
from typing import Any


def main(connection: socket.socket) -> None:
    """Run each piece of code that comes; answer with the value of its name ``r``, or how it failed.

    Args:
        connection: to the host.
    """
    with connection.makefile("rw", encoding="utf-8") as line:
        for text in line:
            space: dict[str, Any] = {"__name__": "__probe__"}
            try:
                exec(json.loads(text), space)
                answer = {"value": space.get("r")}
            except BaseException:
                answer = {"error": traceback.format_exc()}
            line.write(json.dumps(answer, default=repr) + "\n")
            line.flush()


def ask(connection: socket.socket, code: str, seconds: float = 60.0) -> dict[str, Any]:
    """Have code run by a probe; return its answer, ``{"gone": True}`` if its process ended.

    Args:
        connection: to it.
        code: Python.
        seconds: to wait.

    Raises:
        TimeoutError: if it takes longer.
    """
    connection.settimeout(seconds)
    text = b""
    try:
        connection.sendall(json.dumps(code).encode() + b"\n")
        while not text.endswith(b"\n"):
            piece = connection.recv(1 << 16)
            if not piece:
                return {"gone": True}
            text += piece
    except (BrokenPipeError, ConnectionResetError):
        return {"gone": True}
    return dict(json.loads(text))
