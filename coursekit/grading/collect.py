"""Collecting: archives of any kind, files of any name, unreadable notebooks; one never stops the others."""

__all__ = ["Collector", "Extractor", "replace_unreadable"]

import json
import os
import re
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import IO, Any

import nbformat
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from traitlets.config import Config

MAX_BYTES, MAX_FILES = 50_000_000, 200
_NAME = re.compile(
    r"^(?:[\w.+-]+?_)??(?P<student>[A-Za-z0-9][A-Za-z0-9.@+-]*)_(?:attempt_)?(?P<time>\d{4}(?:-\d\d){2,5})(?:_|$)"
)


def _tell(message: str) -> None:
    """Say something to the instructor without stopping."""
    print(f"coursekit: {message}", file=sys.stderr)


Members = Iterator[tuple[str, int, IO[bytes]]]


@contextmanager
def _opened(path: Path) -> Iterator[Members]:
    """Open an archive and go through its plain files: name, size, content."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            infos = [i for i in archive.infolist() if not i.is_dir() and (i.external_attr >> 28) != 0o12]
            yield ((i.filename, i.file_size, archive.open(i)) for i in infos)
    else:
        with tarfile.open(path) as tar:
            files = [m for m in tar.getmembers() if m.isreg()]
            yield ((m.name, m.size, stream) for m in files if (stream := tar.extractfile(m)))


def _unpack(path: Path, folder: Path) -> int:
    """Copy the notebooks of an archive into a folder, flat; return how many there were."""
    count = 0
    with _opened(path) as members:
        for name, size, stream in members:
            plain = Path(name.replace("\\", "/")).name
            if not plain.endswith(".ipynb") or plain.startswith(".") or "__MACOSX" in name:
                continue
            if size > MAX_BYTES or count >= MAX_FILES:
                raise ValueError(
                    f"holds more than {MAX_FILES} notebooks or one above {MAX_BYTES // 10**6} MB"
                )
            folder.mkdir(parents=True, exist_ok=True)
            (folder / plain).write_bytes(stream.read(MAX_BYTES))
            count += 1
    return count


class Extractor(ExtractorPlugin):
    """Extracts notebooks only, without links or paths that climb; reports a bad archive and goes on."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Fill the folder of extracted files.

        Args:
            archive_path: folder with what was handed in.
            extracted_path: folder to fill.
        """
        source, target = Path(archive_path), Path(extracted_path)
        for path in sorted(source.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            folder = target / path.relative_to(source).parent
            try:
                if path.suffix in self.zip_ext or path.suffix in (".tar", ".tgz"):
                    stem = path.name.removesuffix(path.suffix).removesuffix(".tar")
                    if not _unpack(path, folder / stem):
                        _tell(f"{path.name}: no notebook inside")
                else:
                    folder.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, folder / path.name)
            except Exception as error:  # damaged, encrypted, of an unknown kind, too large
                _tell(f"{path.name}: left out, {error}")


def _grade_ids(path: Path) -> set[str]:
    """Return the grade ids in a notebook file, an empty set if it can't be read."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        return {
            str(cell["metadata"]["nbgrader"]["grade_id"]) for cell in cells if "nbgrader" in cell["metadata"]
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()


def _closest(path: Path, released: list[Path]) -> Path:
    """Return the released notebook that a file answers: by its grade ids, then by its name."""
    own = _grade_ids(path)

    def fit(candidate: Path) -> tuple[int, float]:
        alike = SequenceMatcher(None, candidate.stem.lower(), path.stem.lower()).ratio()
        return len(own & _grade_ids(candidate)), alike

    return max(released, key=fit)


def _timestamp(text: str | None) -> str | None:
    """Return a time that nbgrader reads, or None."""
    if text:
        for form in ("%Y-%m-%d-%H-%M-%S", "%Y-%m-%d-%H-%M", "%Y-%m-%d"):
            try:
                return datetime.strptime(text, form).isoformat(" ")
            except ValueError:
                continue
    return None


class Collector(FileNameCollectorPlugin):
    """Finds out whose notebook a file is and which one, whatever it is called.

    Names of the form ``[course_]student_[attempt_]2026-11-21-10-00-00_...`` give student and time; otherwise
    the student is the first folder (or the archive's name), or the part of the file name before ``_``.
    """

    def collect(self, submitted_file: str) -> dict[str, Any] | None:
        """Return student, notebook and time of a file, or None to leave it out.

        Args:
            submitted_file: path of an extracted file.
        """
        path = Path(submitted_file)
        if path.suffix != ".ipynb" or path.name.startswith("."):
            return None
        course = self.parent.coursedir
        released = sorted(
            Path(course.format_path(course.release_directory, ".", course.assignment_id)).glob("*.ipynb")
        )
        if not released:
            _tell(f"{path.name}: left out, assignment {course.assignment_id} has not been released")
            return None
        parts = path.parts[path.parts.index("extracted") + 1 :] if "extracted" in path.parts else (path.name,)
        found = next((m for part in reversed(parts) if (m := _NAME.match(Path(part).stem))), None)
        folder = parts[0] if len(parts) > 1 else path.stem.split("_")[0]
        student = found["student"] if found else re.sub(r"[^A-Za-z0-9.@-]", "-", folder)
        notebook = _closest(path, released)
        if not path.stem.endswith(notebook.stem):
            _tell(f"{path.name}: taken for {notebook.name} of {student}")
        info = {
            "student_id": student,
            "file_id": notebook.stem,
            "timestamp": _timestamp(found and found["time"]),
        }
        return {key: value for key, value in info.items() if value is not None}


def _readable(path: Path) -> str | None:
    """Return why a notebook can't be graded, or None."""
    if path.is_symlink():
        return "it is a link"
    try:
        if path.stat().st_size > MAX_BYTES:
            return f"it is larger than {MAX_BYTES // 10**6} MB"
        notebook = nbformat.read(path, as_version=4)
        if not all(isinstance(cell.source, str) for cell in notebook.cells):
            return "a cell has no text"
    except Exception as error:  # nbformat raises many kinds
        return f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
    return None


def replace_unreadable(assignment: str, student: str, notebooks: list[str]) -> None:
    """Put the blank release in the place of a notebook that can't be read; the original is kept beside it.

    nbgrader calls this before it grades a submission. So the student gets 0 with the reason in the feedback,
    instead of no grade or that of an earlier hand-in.

    Args:
        assignment: the assignment's name.
        student: nbgrader's pattern of students; not used.
        notebooks: paths of the submission's notebooks.
    """
    del student
    config = Config()
    config.CourseDirectory.update(_course_settings())
    course = CourseDirectory(config=config)
    for name in notebooks:
        path = Path(name)
        reason = _readable(path)
        if reason is None:
            continue
        _tell(f"unreadable notebook {path}: {reason}; graded as blank")
        released = Path(course.format_path(course.release_directory, ".", assignment)) / path.name
        blank = nbformat.read(released, as_version=4)
        note = f"**The file that was handed in could not be read** ({reason}). It counts as blank."
        blank.cells.insert(0, nbformat.v4.new_markdown_cell(note, id="unreadable"))
        part = path.with_name(f"{path.name}.part")
        nbformat.write(blank, part)
        os.replace(path, path.with_name(f"{path.name}.unreadable"))
        os.replace(part, path)


def _course_settings() -> dict[str, Any]:
    """Return the folders that the running nbgrader command was configured with."""
    from traitlets.config import Application

    running = Application.instance() if Application.initialized() else None
    return dict(running.config.CourseDirectory) if running is not None else {}
