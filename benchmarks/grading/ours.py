"""This project's judge on the same hostile submissions: the attacker, then an honest student."""

__all__ = ["Ours"]

import os
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from worlds import PLANTED, WHO

from coursekit.grading.judging.houses import Houses
from coursekit.grading.judging.session import Timing
from coursekit.grading.marking.judge import judge
from coursekit.grading.walls.doctor import require_walls
from coursekit.grading.walls.limits import Limits
from tests.grading.judging.attacks import Attack
from tests.grading.judging.toy import graded, released, submitted
from tests.grading.processes import below

_TIMING = Timing(cell=10, test=10, whole=60)


def _tell(listener: socket.socket) -> None:
    while True:
        line, _ = listener.accept()
        with line:
            line.sendall(PLANTED.encode())


class Ours:
    """The judge behind its walls, beside a course with the same bait."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="coursekit-bait-")
        self.course = Path(self._folder.name)
        (self.course / "gradebook.db").write_text(PLANTED)
        (self.course / "secret.ipynb").write_text(PLANTED)
        for folder in ("source/toy", "submitted/a_honest/toy"):
            (self.course / folder).mkdir(parents=True)
            nbformat.write(submitted(), self.course / folder / "toy.ipynb")
        os.environ["COURSEKIT_TOY"] = PLANTED
        listener, inner = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
        inner.bind(f"\0coursekit-toy-{os.getpid()}")
        inner.listen()
        self.port = listener.getsockname()[1]
        for one in (listener, inner):
            threading.Thread(target=_tell, args=(one,), daemon=True).start()
        self.walls = require_walls(False)
        self.houses = Houses(Limits(cpu_seconds=60)).__enter__()
        self.before, _ = self._judged(submitted())
        self.usual = len(self._running())

    def _running(self) -> set[int]:
        """Return what runs where submissions do; the place of the tests never runs any code of theirs."""
        house = self.houses._students._standing
        if house is None or house._process is None:
            return set()
        return set(below(house._process.pid, dead=False))

    def _judged(self, notebook: NotebookNode) -> tuple[dict[str, int], str]:
        judge(notebook, released(), self.houses, _TIMING, 1)
        shown = "".join(str(cell.get("outputs", "")) for cell in notebook.cells)
        return graded(notebook), shown

    def run(self, name: str, attack: Attack) -> dict[str, Any]:
        """Judge an attacker between two honest students."""
        from attacks import outcomes

        begun = time.monotonic()
        own = {
            key: text.replace("COURSE", repr(str(self.course))).replace("PORT", str(self.port))
            .replace("coursekit-toy", f"coursekit-toy-{os.getpid()}")
            for key, text in attack.answers.items()
        }  # fmt: skip
        first = self.before  # the honest one after the last attack is the one before this
        hostile, shown = self._judged(submitted(**own))
        after, _ = self._judged(submitted())
        self.before = after
        end = time.monotonic() + 5
        while len(alive := self._running()) > self.usual and time.monotonic() < end:
            time.sleep(0.05)
        alive = sorted(alive) if len(alive) > self.usual else []
        scores: dict[str, Any] = dict(zip(WHO, (first, hostile, after), strict=True))
        found = outcomes(attack, scores, [{"code": 0, "alive": alive}], shown, alone=False)
        seconds, walls = round(time.monotonic() - begun, 1), dict(self.walls)
        return {"name": name, "outcomes": found, "seconds": seconds, "scores": scores, "walls": walls}
