"""The process behind the outer wall that all boxes are forked from, as the host sees it."""

__all__ = ["House"]

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from coursekit._check import CourseError
from coursekit.grading.walls.box import Box, Meeting
from coursekit.grading.walls.groups import Group
from coursekit.grading.walls.inner import BOX
from coursekit.grading.walls.limits import Limits, tasks_of
from coursekit.grading.walls.lowered import nobody
from coursekit.grading.walls.openings import openings, reachable
from coursekit.grading.walls.outer import Outer, environment_folders, inside_environment

_READY = 300.0  # s: libraries on a slow disk
_ZYGOTE = "coursekit.grading.walls.zygote"
# Since Linux 5.14 processes are counted for each user namespace apart.
_COUNTS_APART = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2]) >= (5, 14)


class House:
    """An outer wall with the forking process in it.

    Args:
        kind: "nested" for boxes with namespaces of their own inside bubblewrap, "single" for bubblewrap
            around one box, "bare" for none.
        outer: the wall.
        scratch: a folder of this run.
        preload: modules to load once; those after "--" later.
        limits: of each box.

    Raises:
        CourseError: if the wall can't be put up or a module can't be loaded.
    """

    def __init__(
        self, kind: str, outer: Outer, scratch: Path, preload: Sequence[str], limits: Limits
    ) -> None:
        self.kind, self._outer, self._scratch, self._limits = kind, outer, scratch, limits
        self._complaints = scratch / "complaints"
        self._sources = outer.sources()
        self._user = nobody() if kind != "bare" or reachable([*environment_folders(), scratch]) else None
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told, tells = os.pipe()
        self._first: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._boxes = count(1)
        self._openings = scratch / "openings"
        if kind == "bare":  # too long a list for a message
            self._openings.write_text(json.dumps(openings(outer)), encoding="utf-8")
            self._openings.chmod(0o644)
        try:
            program = [sys.executable, "-P", "-m", _ZYGOTE, str(theirs.fileno()), *preload]
            line = self._bare_line(program) if kind == "bare" else self._line(tells, program)
            self._start(line, (tells, theirs.fileno()))
        finally:
            theirs.close()
            os.close(tells)
        try:
            self._wait_until_ready(told)
        except BaseException:
            self.close()
            raise
        finally:
            os.close(told)

    def _line(self, tells: int, program: Sequence[str]) -> list[str]:
        """Return the whole command; as root by way of a program that becomes an ordinary user first."""
        disk = self._limits.disk_mb if self.kind == "single" else None
        if self._user is None:
            line = self._outer.command(self._sources, disk)
            return [line[0], "--info-fd", str(tells), *line[1:], *program]
        folder = self._stage()
        names = {target: str(number) for number, target in enumerate(self._sources)}
        stage = {names[target]: str(source) for target, source in self._sources.items()}
        line = self._outer.command({target: folder / names[target] for target in self._sources}, disk)
        return self._lowered(stage, [line[0], "--info-fd", str(tells), *line[1:], *program])

    def _bare_line(self, program: Sequence[str]) -> list[str]:
        """Return the command without bubblewrap."""
        return list(program) if self._user is None else self._lowered({}, program)

    def _stage(self) -> Path:
        """Return a folder that every user reaches; only the started program sees what is laid there."""
        own = self._scratch / "stage"
        own.mkdir(exist_ok=True)
        return own if reachable([own]) else Path("/tmp")

    def _lowered(self, stage: Mapping[str, str], program: Sequence[str]) -> list[str]:
        """Return the command by which root starts a program as an ordinary user."""
        order = json.dumps({"user": self._user, "folder": str(self._stage()), "stage": dict(stage)})
        return [sys.executable, "-P", "-m", "coursekit.grading.walls.lowered", order, *program]

    def _environment(self) -> dict[str, str]:
        """Return the environment of the first program: bubblewrap sets that of the others."""
        if self.kind == "bare":
            return inside_environment(str(self._outer.kit), str(self._scratch), str(self._scratch))
        names = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
        return {name: os.environ[name] for name in names if name in os.environ}

    def _start(self, line: list[str], descriptors: tuple[int, ...]) -> None:
        """Start the command in a thread of its own, with which it would end: the caller's may end earlier."""
        begun, failure = threading.Event(), list[OSError]()

        def live() -> None:
            try:
                with self._complaints.open("wb") as complaints:
                    self._process = subprocess.Popen(
                        line, pass_fds=descriptors, stdin=subprocess.DEVNULL, stdout=complaints,
                        stderr=complaints, start_new_session=True, env=self._environment(),
                    )  # fmt: skip
            except OSError as error:
                failure.append(error)
            begun.set()
            if self._process is not None:
                self._process.wait()

        self._thread = threading.Thread(target=live, name="walls", daemon=True)
        self._thread.start()
        begun.wait()
        if failure:
            raise CourseError(f"the walls can't be started: {failure[0]}")

    def _wait_until_ready(self, told: int) -> None:
        """Learn the number of the first process behind the wall, then wait until the libraries are loaded."""
        text = b""
        while self.kind != "bare" and not text.endswith(b"}\n") and (piece := os.read(told, 4096)):
            text += piece
        with contextlib.suppress(ValueError, KeyError, ProcessLookupError):
            if self.kind != "bare":
                self._first = os.pidfd_open(json.loads(text)["child-pid"])
            elif self._process is not None:
                self._first = os.pidfd_open(self._process.pid)
        self._control.settimeout(_READY)
        try:
            word = self._control.recv(4096)
        except TimeoutError:
            raise CourseError(f"the libraries were not loaded within {_READY:g} s behind the walls") from None
        except OSError:
            word = b""
        if word != b"ready":
            why = word[1:].decode(errors="replace") if word else self._last_words()
            raise CourseError(f"the walls can't be put up: {why}")

    def _last_words(self) -> str:
        """Return the last line that was complained about."""
        lines = self._complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "the process behind them ended without a word"

    def stands(self, seconds: float = 0.0) -> bool:
        """Tell whether its process can be asked for boxes.

        Args:
            seconds: how long to watch it fall.
        """
        if self._process is None or self._process.poll() is not None:
            return False
        readable, _, _ = select.select([self._control], [], [], seconds)
        return not readable  # it never speaks unasked: it has ended

    def _order(self) -> dict[str, Any]:
        """Return what a box of this kind needs to know."""
        if self.kind != "bare":
            below = [Path(target) for target in self._sources if target.startswith("/tmp/")]
            kept = [str(path) for path in below if not any(other in path.parents for other in below)]
            others = 0 if _COUNTS_APART else self._tasks()
            return {"kind": self.kind, "box": BOX, "kept": kept, "others": others}
        folder = self._scratch / f"box{os.getpid()}-{id(self)}-{next(self._boxes)}"
        folder.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(folder, self._user, self._user)
        return {
            "kind": self.kind, "box": str(folder), "others": self._tasks(), "openings": str(self._openings),
            "write": [str(folder), "/dev/shm"],
        }  # fmt: skip

    def _tasks(self) -> int:
        """Return how many tasks the kernel counts with those of a box."""
        return tasks_of(os.geteuid() if self._user is None else self._user)

    def spawn(self, order: Mapping[str, Any], group: Group | None = None) -> Box:
        """Fork a box.

        Args:
            order: its role, limits and walls.
            group: a control group for it.

        Raises:
            CourseError: if it can't be walled in.
        """
        ours, theirs = socket.socketpair()
        held, leash = socket.socketpair()
        box = Box(ours, held if self.kind == "bare" else None, group)
        try:
            with Meeting() as meeting, theirs, leash:
                mine = self._order()
                if self.kind == "bare":
                    box.afterwards = partial(shutil.rmtree, mine["box"], ignore_errors=True)
                handles = [theirs.fileno(), meeting.theirs.fileno()]
                handles += [leash.fileno()] if self.kind == "bare" else []
                socket.send_fds(self._control, [json.dumps({**order, **mine}).encode()], handles)
                meeting.theirs.close()
                box.meet(meeting)
        except OSError as error:
            box.kill()
            raise CourseError(f"the process behind the walls does not answer: {error}") from None
        except BaseException:
            box.kill()
            raise
        finally:
            if self.kind != "bare":
                held.close()
        return box

    def close(self) -> None:
        """End everything behind the wall; when this returns, nothing of it runs."""
        self._control.close()
        if self._first is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
            select.select([self._first], [], [], 10)
            os.close(self._first)
            self._first = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._thread.join(10)
