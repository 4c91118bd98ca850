"""A place worth attacking: what the doctor and the tests lay out before they try the walls."""

__all__ = ["attack", "bait", "processes_with"]

import os
import socket
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import coursekit
from coursekit.grading.walls.attacks import ATTACKS, SETUP


@contextmanager
def bait() -> Iterator[dict[str, Any]]:
    """Lay out a course's folder with a secret and listen on sockets; yield what attacks need to know."""
    with (
        tempfile.TemporaryDirectory(prefix="course-") as folder,
        closing(socket.create_server(("127.0.0.1", 0))) as port,
        closing(socket.socket(socket.AF_UNIX)) as abstract,
        closing(socket.socket(socket.AF_UNIX)) as path,
    ):
        Path(folder).chmod(0o755)  # it is the walls that are to keep it closed, not its rights
        secret = Path(folder, "gradebook.db")
        secret.write_text("10 points", encoding="utf-8")
        name = f"coursekit-{os.getpid()}"
        abstract.bind(f"\0{name}")
        abstract.listen()
        path.bind(f"{folder}/line")
        path.listen()
        Path(folder, "line").chmod(0o777)
        yield {
            "secret": str(secret), "folder": folder, "port": port.getsockname()[1], "abstract": name,
            "package": f"{Path(coursekit.__file__).parent}/assess/__init__.py",
            "packages": sysconfig.get_path("purelib"), "scratch": ".",
            "processes": 300, "memory": 400, "disk": 100, "file": 50, "seconds": 4,
        }  # fmt: skip


def attack(name: str, given: dict[str, Any]) -> str:
    """Return the code of an attack.

    Args:
        name: of the table.
        given: what was laid out.
    """
    return f"{SETUP}\ngiven = {given!r}\n{ATTACKS[name][1]}"


def processes_with(mark: str) -> list[int]:
    """Return the numbers of the processes of this machine in whose command line a mark stands.

    Args:
        mark: that none has by chance.
    """
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found
