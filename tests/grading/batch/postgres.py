"""A PostgreSQL server of one's own, for as long as a test needs it."""

__all__ = ["server"]

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _programs() -> Path:
    """Return the folder with the server's programs; the system's packages keep it off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    if there is None:
        raise FileNotFoundError("PostgreSQL must be installed for this test: apt-get install postgresql")
    return Path(there).resolve().parent


def _as_nobody(folder: Path, *command: str) -> None:
    """Run a command; as another user where this one is root, which the server refuses."""
    prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    subprocess.run(
        [*prefix, *command], check=True, cwd=folder, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60,
    )  # fmt: skip


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a server in an empty folder, with a socket there and no port; yield the address of a database."""
    programs = _programs()
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
        for parent in folder.parents:  # pytest's folders are closed to others
            if parent.owner() == "root" and parent.name.startswith("pytest-"):
                parent.chmod(0o755)
    data = str(folder / "data")
    _as_nobody(folder, str(programs / "initdb"), "-D", data, "-U", "grader", "-A", "trust", "--no-sync")
    control = (str(programs / "pg_ctl"), "-D", data, "-w")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    _as_nobody(folder, *control, "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg2://grader@/postgres?host={folder}"
    finally:
        _as_nobody(folder, *control, "-m", "immediate", "stop")
