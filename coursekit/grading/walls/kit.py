"""The part of this package that lies behind the walls: files of a list; the rest can't be read there."""

__all__ = ["ALLOWED", "Kit", "packed"]

import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import coursekit
from coursekit._check import require

_PACKAGE = Path(coursekit.__file__).resolve().parent
# What sets up the walls from within; no secret.
_OWN = (
    "__init__.py", "_check.py", "grading/__init__.py",
    *(f"grading/walls/{name}.py" for name in
      ("__init__", "guard", "inner", "kernel", "landlock", "limits", "pages", "syscalls", "zygote")),
)  # fmt: skip
ALLOWED = (
    "__init__.py", "_check.py", "_place.py", "_write.py", "disk.py", "data/", "plot/", "grading/__init__.py",
    "grading/inside/",
)  # fmt: skip


def _refusal(name: str) -> str:
    """Return the text of a module that stands in for a forbidden one."""
    return f"raise ModuleNotFoundError({f'{name} is not part of this assignment'!r}, name={name!r})\n"


def packed() -> IO[bytes]:
    """Return an archive of the whole package, for a process behind the walls that may see all of it."""
    with tempfile.NamedTemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            archive.add(_PACKAGE, "coursekit", filter=lambda one: None if "__pycache__" in one.name else one)
        file.flush()
        return open(file.name, "rb")  # to be read only; whoever asked for it closes it


@dataclass(frozen=True)
class Kit:
    """What student code finds of ``coursekit``, and what it does not find of other packages.

    Attributes:
        files: of the package, relative to it; a folder ends in "/", and "./" is all of it.
        extra: further files by their path below the kit, such as ``coursekit/grading/inside/echo.py``.
        forbidden: top-level modules of the environment that can't be imported, such as ``torch``.
    """

    files: tuple[str, ...] = ALLOWED
    extra: Mapping[str, str] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Copy the files.

        Args:
            folder: an empty one; it becomes the first place where modules are looked for.

        Raises:
            ValueError: if a file isn't there, or lies outside.
        """
        for name in (*self.files, *_OWN):
            source, target = _PACKAGE / name, folder / "coursekit" / name
            require(source.resolve().is_relative_to(_PACKAGE), f"kit: {name} must lie in the package")
            require(source.exists(), f"kit: {name} must be a file or folder of the package")
            target.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                compiled = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, target, False, compiled, shutil.copyfile, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, target)
        for name, text in {**self.extra, **{f"{name}.py": _refusal(name) for name in self.forbidden}}.items():
            target = folder / name
            require(folder.resolve() in target.resolve().parents, f"kit: {name} must lie below the kit")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        # Whatever the umask was: another user reads it behind the walls.
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
