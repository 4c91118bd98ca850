"""Which files student code may read where no bubblewrap hides the others: a list for Landlock."""

__all__ = ["openings", "reachable"]

from collections.abc import Iterable
from pathlib import Path

from coursekit.grading.walls.outer import ETC, MACHINE, SYSTEM, Outer, environment_folders, package_folders

_WORLD = 0o005


def _around(path: Path, closed: frozenset[Path]) -> tuple[list[str], list[str]]:
    """Return what to read, and of what to read only the names: all below a path but the closed."""
    if path in closed:
        return [], []
    if not any(path in other.parents for other in closed):
        return [str(path)], []
    read, browse = list[str](), [str(path)]
    for child in path.iterdir():
        if not child.is_symlink():  # what a link leads to has a rule of its own, or none
            more, names = _around(child, closed)
            read += more
            browse += names
    return read, browse


def openings(outer: Outer) -> tuple[list[str], list[str]]:
    """Return the folders and files that may be read, and the folders of which only the names may be.

    Args:
        outer: what would lie behind bubblewrap.
    """
    closed = [path for folder in package_folders() for path in outer.masked(folder)]
    real = frozenset(path.resolve() for path in (*closed, *outer.hidden))
    # The environment may lie in a hidden folder: it is open all the same, but for what is closed in it.
    environment = [path.resolve() for path in environment_folders()]
    shut = frozenset(path for path in real if not any(path in (own, *own.parents) for own in environment))
    read, browse = [*ETC, *MACHINE, "/proc", str(outer.kit)], list[str]()
    for path in dict.fromkeys([Path("/usr"), *(Path("/", name).resolve() for name in SYSTEM), *environment]):
        if path.is_dir():
            more, names = _around(path, shut)
            read += more
            browse += names
    return read, browse


def reachable(paths: Iterable[Path]) -> bool:
    """Tell whether everybody can read folders, by the rights of those on the way.

    Args:
        paths: absolute ones.
    """
    return all(
        place.stat().st_mode & (_WORLD if place == path else 0o001) == (_WORLD if place == path else 0o001)
        for path in paths
        for place in (path.resolve(), *path.resolve().parents)
    )
