"""One build at a time in one folder."""

__all__ = ["alone"]

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coursekit._check import CourseError


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the folder's build lock; the system releases it however the process ends.

    Args:
        root: the project's folder.

    Raises:
        CourseError: if another build holds it.
    """
    path = root / "_build" / "lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise CourseError(
                f"another build (process {holder}) works in {root}: wait until it ends, then start again"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
