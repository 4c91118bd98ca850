"""The record of a course: verdicts and graded notebooks by their address, and the log of what was done."""

__all__ = ["Record"]

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from coursekit._write import write_whole
from coursekit.grading.marking.verdict import Verdict
from coursekit.grading.record.log import Line, Log

FOLDER = Path(".nbgrader", "record")


class Record:
    """What was graded in a course.

    A verdict lies under the hash of all that it depends on, a notebook under the hash of its bytes. Files are
    written whole or not at all, and never changed.

    Args:
        root: the course's folder.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER
        self._log = Log(self._folder / "log.jsonl")

    def _path(self, kind: str, address: str) -> Path:
        return self._folder / kind / address[:2] / address[2:]

    def _keep(self, path: Path, data: bytes) -> None:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, data, mode=0o600, sync=True, keep=True)

    def keep(self, data: bytes) -> str:
        """Keep a file; return its address.

        Args:
            data: its bytes.
        """
        address = sha256(data).hexdigest()
        self._keep(self._path("files", address), data)
        return address

    def content(self, address: str) -> bytes:
        """Return a kept file.

        Args:
            address: where ``keep`` put it.
        """
        return self._path("files", address).read_bytes()

    def put(self, verdict: Verdict) -> None:
        """Keep a verdict under its key; the first one stays.

        Args:
            verdict: of a submission.
        """
        self._keep(self._path("verdicts", verdict.key), f"{verdict.text()}\n".encode())

    def find(self, key: str) -> Verdict | None:
        """Return the verdict of a key, None if there is none yet.

        Args:
            key: its address.
        """
        try:
            return Verdict.read(self._path("verdicts", key).read_text("utf-8"))
        except FileNotFoundError:
            return None

    def note(self, *lines: Line) -> None:
        """Add to the log.

        Args:
            lines: what was done.
        """
        self._log.add(*lines)

    def log(self) -> Iterator[Line]:
        """Yield all that was done, from the first to the last."""
        return self._log.read()

    def latest(self, assignment: str) -> dict[str, Verdict]:
        """Return for each student the verdict that stands in the gradebook.

        Args:
            assignment: its name.
        """
        keys = {
            line.student: line.key
            for line in self.log()
            if line.event == "written" and line.assignment == assignment
        }
        found = {student: self.find(key) for student, key in keys.items() if key}
        return {student: verdict for student, verdict in sorted(found.items()) if verdict is not None}
