"""One side of the wall: it asks the other to call, get and set, and serves the same requests meanwhile."""

__all__ = ["Peer"]

import socket
import sys
import types
from collections.abc import Iterable
from itertools import count
from typing import Any

from coursekit.grading.inside.book import Book, networks
from coursekit.grading.inside.errors import SideGone, TooSlow, described, rebuilt
from coursekit.grading.inside.frames import Deadline, receive
from coursekit.grading.inside.remote import FORWARDED, Remote, remote
from coursekit.grading.inside.requests import METHOD, network_kinds, perform, pull
from coursekit.grading.inside.streams import changed_streams, set_streams
from coursekit.grading.inside.trust import Open, Strict, Trust
from coursekit.grading.inside.wire import KINDS, LEAN, WireError, pack, unpack

_DEEPEST = 60


class Peer:
    """A line to the other side.

    Attributes:
        judging: whether this is the judge's side: it may set attributes of the other's objects, and lets the
            other side use little of its own.
        lean: whether this is a line to the host, which neither takes arrays, networks and references, nor
            keeps random streams in step: it needs text alone, and stays small.
        deadline: after which the other side is too slow.
        forgotten: graphs of the other side that nothing needs any more.
        enclosed: a descriptor that goes with the next request.
    """

    def __init__(self, connection: socket.socket, *, judging: bool, lean: bool = False) -> None:
        self.connection, self.judging, self.lean = connection, judging, lean
        self.trust: Trust = Strict() if judging else Open()
        self.deadline = Deadline()
        self.forgotten: list[int] = []
        self.enclosed: int | None = None
        self._own: dict[int, Any] = {}
        self._ids: dict[int, int] = {}
        self._graphs: dict[int, Book] = {}
        self._counter, self._depth, self._gone = count(1), 0, False
        self._streams: dict[str, Any] = {}
        self._modules: Any = None

    def offer(self, thing: Any) -> None:
        """Let the other side begin with an object of ours.

        Args:
            thing: what ``root`` is over there.
        """
        self._own[0] = thing

    @property
    def root(self) -> Any:
        """The object that the other side offers."""
        return remote(self, 0, "root", able=frozenset())

    # -- asking -------------------------------------------------------------------------------------------
    def call(self, target: Any, method: str, args: Any, kwargs: Any) -> Any:
        """Call a method of an object of the other side.

        Args:
            target: a stand-in.
            method: ``__call__`` for the object itself.
            args: by position.
            kwargs: by name.

        Raises:
            Crossed: what the other side raised.
            TooSlow: past the deadline.
            SideGone: if it ended.
        """
        torch = sys.modules.get("torch")
        graded = torch is None or torch.is_grad_enabled()  # who has no torch has not switched gradients off
        request = {
            "op": "call",
            "target": target,
            "name": method,
            "args": tuple(args),
            "kwargs": dict(kwargs),
        }
        return self._ask(request | {"graded": graded}, networks([target, *args, *kwargs.values()]))

    def get(self, target: Any, name: str) -> Any:
        """Return an attribute of an object of the other side, or a way to call it."""
        found = self._ask({"op": "get", "target": target, "name": name}, networks(target))
        if found is METHOD:
            return lambda *args, **kwargs: self.call(target, name, args, kwargs)
        return found

    def set(self, target: Any, name: str, value: Any) -> None:
        """Set an attribute of an object of the other side."""
        self._ask({"op": "set", "target": target, "name": name, "value": value}, networks([target, value]))

    def copy(self, network: Any) -> Any:
        """Return a copy of a network of the other side, made there."""
        return self._ask({"op": "copy", "target": network, "name": "copy"}, networks(network))

    def pull(self, graph: int, out: int, grad: Any, keys: list[Any]) -> list[Any]:
        """Return the gradients of an output of the other side by what was sent there.

        Args:
            graph: the number of its half.
            out: which output.
            grad: the gradient that reached the output.
            keys: of what was sent.
        """
        own = [(key[1], key[2]) for key in keys if key[0] == "par"]
        request = {"op": "pull", "graph": graph, "out": out, "grad": grad.detach(), "keys": keys}
        with self.modules.collecting(own):
            found = list(self._ask(request))
        for key, grad_there in zip(keys, found, strict=True):
            if key[0] == "par":
                self.modules.pulled(key[1], key[2], grad_there, serving=False)
        return found

    def _ask(self, request: dict[str, Any], involved: Iterable[Any] = ()) -> Any:
        """Send a request and serve the other side until its answer is there."""
        if self._gone:
            raise SideGone("the process of this answer has ended")
        book = Book(self, request.get("args", ()), request.get("kwargs", {}).values())
        tensors = self._in_step(involved)
        try:
            frame = pack(self._head(request, tensors), book)
        except WireError as error:
            raise TypeError(str(error)) from None
        book.leaves += [(["par", mine, n], tensor) for mine, n, tensor in tensors if tensor.requires_grad]
        self._send(frame)
        if self.enclosed is not None:
            socket.send_fds(self.connection, [b"+"], [self.enclosed])
            self.enclosed = None
        while True:
            answer, text, tail = self._receive()
            if not answer:
                self.serve(text, tail)
                continue
            found = self._read(text, tail, book)
            if "error" in found:
                raise rebuilt(found["error"])
            return found["value"]

    # -- serving ------------------------------------------------------------------------------------------
    def serve(self, text: bytes, tail: bytes) -> None:
        """Do what the other side asks for and answer it.

        Args:
            text: of the request.
            tail: of the request.

        Raises:
            SideGone: if the request breaks the format, or nobody is there to be answered.
        """
        book = Book(self, graph=next(self._counter))
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise RecursionError(f"more than {_DEEPEST} calls within calls across the wall")
            request = self._read(text, tail, book)
            reply = self._answer(request, book)
        except SideGone:
            raise
        except BaseException as error:  # whatever an answer raises is told to the other side
            reply = pack(self._head({"error": described(error)}, None), book, answer=True)
        finally:
            self._depth -= 1
        self._send(reply)

    def _answer(self, request: dict[str, Any], book: Book) -> bytes:
        """Do one request; return the frame of its answer."""
        if request["op"] == "pull":
            found = pull(self._graphs[request["graph"]], request["out"], request["grad"], request["keys"])
            return pack(self._head({"value": found}, ()), book, answer=True)
        value = perform(self.trust, request)
        involved = [request["target"], *request.get("args", ()), *request.get("kwargs", {}).values(), value]
        tensors = self._in_step(networks(involved))
        changed = tuple(book.changed())
        frame = pack(self._head({"value": value, "changed": changed}, tensors), book, answer=True)
        if book.outputs:
            self._graphs[book.graph] = book
        return frame

    # -- both ---------------------------------------------------------------------------------------------
    def _in_step(self, involved: Iterable[Any]) -> list[Any]:
        """Return the tensors of the networks in a message, and of all others that both sides know."""
        modules = list(involved)
        if self._modules is not None:
            modules += self._modules.known()
        return list(self.modules.tensors(modules)) if modules else []

    @property
    def modules(self) -> Any:
        """The networks that both sides know; torch is loaded only when there are any."""
        if self._modules is None:
            from coursekit.grading.inside.modules import Modules

            self._modules = Modules(self)
        return self._modules

    def export(self, value: Any, *, answering: bool) -> dict[str, Any]:
        """Return a reference for an object that is not copied.

        Args:
            value: an object of ours, or a stand-in for one of theirs.
            answering: whether it is part of an answer.

        Raises:
            WireError: if the other side may not have it.
        """
        if isinstance(value, Remote):
            return {"o": "yours", "id": value._number}
        if isinstance(value, network_kinds()):
            structure: dict[str, Any] = self.modules.reference(value)
            return structure
        if isinstance(value, types.ModuleType) or (answering and not self.trust.may_have(value)):
            raise WireError(f"a {type(value).__name__} can't be handed over")
        if id(value) not in self._ids:
            self._ids[id(value)] = next(self._counter)
            self._own[self._ids[id(value)]] = value
        able = tuple(name for name in FORWARDED if hasattr(type(value), name))
        name = getattr(value, "__name__", None)
        name = name if isinstance(name, str) else type(value).__name__
        return {"o": "object", "id": self._ids[id(value)], "name": name, "able": able}

    def resolve(self, reference: Any) -> Any:
        """Return what a reference of the other side stands for.

        Args:
            reference: from its ``export``.

        Raises:
            WireError: if it is of no known kind.
        """
        kind, number = reference["o"], reference.get("id")
        if kind == "yours":
            return self._own[number]
        if kind == "object":
            able = frozenset(map(str, reference["able"]))
            return remote(self, int(number), str(reference["name"])[:80], able=able)
        if kind in ("module", "mirror"):
            return self.modules.resolve(reference)
        raise WireError(f"a reference of unknown kind {str(kind)[:40]!r}")

    def _head(self, message: dict[str, Any], tensors: Any) -> dict[str, Any]:
        """Add to a message what both sides keep in step; nothing of networks if the tensors are None."""
        known = tensors is not None and self._modules is not None
        rebuilt, changes = (self.modules.rebuilt(), self.modules.changes(tensors)) if known else ((), ())
        forgotten, self.forgotten = self.forgotten, []
        return {**message, "networks": tuple(rebuilt), "params": tuple(map(tuple, changes)),
                "forgotten": tuple(forgotten),
                "streams": {} if self.lean else changed_streams(self._streams)}  # fmt: skip

    def _read(self, text: bytes, tail: bytes, book: Book) -> dict[str, Any]:
        """Take over a message of the other side; one that breaks the format in any way ends the line."""
        try:
            kinds = LEAN if self.lean and self.judging else KINDS
            found: dict[str, Any] = unpack(text, tail, book, kinds)
            if not self.lean:
                if found["networks"] or found["params"]:
                    self.modules.apply(found["networks"], found["params"])
                set_streams(found["streams"], self._streams)
            for graph in found["forgotten"]:
                self._graphs.pop(graph, None)
            book.apply(found.get("changed", ()))
            if "error" in found:
                found["error"] = {key: str(found["error"][key]) for key in ("name", "near", "text", "place")}
            elif "op" not in found:
                found["value"]
        except Exception as error:
            self._gone = True
            raise SideGone(f"the process of this answer sent what is no message: {error}") from None
        return found

    def _send(self, frame: bytes) -> None:
        try:
            self.connection.settimeout(None)
            self.connection.sendall(frame)
        except OSError:
            self._gone = True
            raise SideGone("the process of this answer has ended") from None

    def _receive(self) -> tuple[bool, bytes, bytes]:
        try:
            return receive(self.connection, self.deadline)
        except TimeoutError:
            self._gone = True
            raise TooSlow("the call ran past its time limit") from None
        except (EOFError, OSError, WireError):
            self._gone = True
            raise SideGone("the process of this answer has ended") from None
