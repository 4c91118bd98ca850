"""An inbox in a temporary folder, and what one command makes of it."""

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coursekit.grading.intake import Notice, Report, collect
from tests.grading.course import ROOT, Notebook, submission

NAME = "mini-sprint-vae"
RELEASE = ROOT / "exercises" / NAME
Member = tuple[str | tarfile.TarInfo | zipfile.ZipInfo, bytes]


def work(mark: str = "", **changes: Any) -> bytes:
    """Return a submission as a file; the mark makes it another one."""
    notebook: Notebook = {**submission(NAME), **changes}
    notebook["cells"][0]["source"] = f"{mark} {''.join(notebook['cells'][0]['source'])}"
    return json.dumps(notebook).encode()


WORK = work()


def zipped(members: Mapping[str, bytes] | list[Member], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip with these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, data in members.items() if isinstance(members, Mapping) else members:
            archive.writestr(name, data)  # type: ignore[arg-type]
    return file.getvalue()


def tarred(
    members: Mapping[str, bytes] | list[Member], mode: str = "w", form: int = tarfile.GNU_FORMAT
) -> bytes:
    """Return a tar with these members."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for name, data in members.items() if isinstance(members, Mapping) else members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(str(name))
            if info.isreg():
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def entry(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    """Return a tar member of another kind than a file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


class Inbox:
    """A folder of what came in, and the folder that the chosen notebooks go to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.target = folder / "in", folder / "out" / "extracted"
        self.folder.mkdir()

    def put(self, name: str, data: bytes = WORK) -> Path:
        """Add a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def collect(self, **options: Any) -> Report:
        """Take everything in."""
        return collect(self.folder, RELEASE, self.target, titles=[NAME], **options)

    def files(self) -> dict[str, bytes]:
        """Return every file that was written, by its path."""
        found = [path for path in self.target.parent.rglob("*") if path.is_file() or path.is_symlink()]
        return {path.relative_to(self.target.parent).as_posix(): path.read_bytes() for path in found}

    def state(self) -> dict[str, tuple[bytes, int]]:
        """Return the inbox's content and times."""
        found = [path for path in sorted(self.folder.rglob("*")) if path.is_file() and not path.is_symlink()]
        return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def rules(report: Report) -> dict[str, list[Notice]]:
    """Return the notices by their rule."""
    found: dict[str, list[Notice]] = {}
    for notice in report.notices:
        found.setdefault(notice.rule, []).append(notice)
    return found
