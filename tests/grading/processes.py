"""The processes of this machine, as Linux lists them."""

__all__ = ["below"]

from contextlib import suppress
from pathlib import Path


def below(process: int, *, dead: bool = True) -> list[int]:
    """Return the processes that descend from one, those who started others first.

    Args:
        process: its number.
        dead: whether those count that have ended and that nobody has buried yet.
    """
    children: dict[int, list[int]] = {}
    ended = set[int]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):  # it may be gone by now
            # Its name stands in parentheses before these, and may hold spaces and parentheses itself.
            state, parent = path.read_text("ascii", errors="replace").rpartition(")")[2].split()[:2]
            number = int(path.parent.name)
            children.setdefault(int(parent), []).append(number)
            if state == "Z":
                ended.add(number)
    found, newest = list[int](), [process]
    while newest:
        newest = sorted(number for parent in newest for number in children.get(parent, ()))
        found += newest
    return [number for number in found if dead or number not in ended]
