"""The log of a course's grading: lines are added, never changed, and each names the one before it."""

__all__ = ["Line", "Log"]

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from coursekit._check import CourseError

START = "0" * 64


@dataclass(frozen=True)
class Line:
    """One event.

    Attributes:
        event: "run", "graded", "written", "kept back" or "exported".
        assignment: its name.
        student: whose submission; empty where the event is of the whole class.
        key: address of the verdict; empty where there is none.
        details: more of it, plain data.
        moment: when it was logged, in UTC.
        before: hash of the line before it.
    """

    event: str
    assignment: str
    student: str = ""
    key: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    moment: str = ""
    before: str = START

    def text(self) -> str:
        """Return the line as JSON."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)


class Log:
    """A file of lines, one JSON object each, chained by their hashes.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def _held(self) -> Iterator[int]:
        """Hold the file for this process; half a line that a killed run left is cut off."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)

    def add(self, *lines: Line) -> None:
        """Add lines; when this returns they are on the disk.

        Args:
            lines: without moment and predecessor, which are filled in here.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._held() as handle:
            size, last = _tail(handle)
            texts = []
            for line in lines:
                texts.append(Line(**asdict(line) | {"moment": now, "before": last}).text())
                last = _hash(texts[-1])
            os.ftruncate(handle, size)
            os.lseek(handle, 0, os.SEEK_END)
            data = "".join(f"{text}\n" for text in texts).encode()
            while data:
                data = data[os.write(handle, data) :]
            os.fsync(handle)

    def read(self) -> Iterator[Line]:
        """Yield the lines from the first to the last.

        Raises:
            CourseError: if a line was changed, removed or put in.
        """
        if not self._path.exists():
            return
        last = START
        with self._path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, start=1):
                if not text.endswith("\n"):
                    return  # cut off while it was written: it does not count
                line = Line(**json.loads(text))
                if line.before != last:
                    raise CourseError(
                        f"{self._path}, line {number}: it does not follow from the line before it; "
                        "somebody changed this file"
                    )
                last = _hash(text[:-1])
                yield line


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _tail(handle: int) -> tuple[int, str]:
    """Return the size of the whole lines of a file, and the hash of the last one."""
    size = os.lseek(handle, 0, os.SEEK_END)
    reach, data = 0, b""
    while reach < size and data[:-1].count(b"\n") < 2:
        reach = min(size, max(4096, 2 * reach))
        data = os.pread(handle, reach, size - reach)
    end = data.rfind(b"\n") + 1
    if not end:
        return 0, START
    start = data.rfind(b"\n", 0, end - 1) + 1
    return size - (len(data) - end), sha256(data[start : end - 1]).hexdigest()
