"""Reading notebooks of any kind: encodings, formats 1 to 4.x, broken cells; never an error."""

__all__ = ["MOST_BYTES", "MOST_CELLS", "TOO_LARGE", "Read", "plain_cells", "read_notebook", "text_of"]

import codecs
import json
import re
import warnings
from dataclasses import dataclass, field
from typing import Any

import nbformat

from coursekit.grading.intake.rules import RULES
from coursekit.grading.marking.verdict import NOT_GRADABLE

Json = dict[str, Any]
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}$")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_KINDS = ("code", "markdown", "raw")
MOST_BYTES, MOST_CELLS = 50_000_000, 3_000
TOO_LARGE = f"it is larger than {MOST_BYTES // 10**6} MB"
_NEWEST = 5  # minor number of format 4 that this module writes


@dataclass
class Read:
    """A notebook as it can be graded, or none; the rules that applied; whether a copy must be graded.

    ``notes`` holds pairs of a rule's key and a detail. ``notebook`` is format 4.5 without outputs.
    """

    notebook: Json | None = None
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def rewrite(self) -> bool:
        """Whether the file itself is no notebook that nbgrader reads."""
        return self.notebook is not None and bool(self.notes)

    @property
    def ours(self) -> bool:
        """Whether the file is none that was handed in, but what an earlier command laid in its place."""
        return any(rule == "stand-in" for rule, _ in self.notes)

    @property
    def told(self) -> str:
        """The rules that applied, in words."""
        return "; ".join(
            f"{RULES[rule].what} ({detail})" if detail else RULES[rule].what for rule, detail in self.notes
        )

    def dump(self) -> bytes:
        """Return the notebook as a file."""
        return (json.dumps(self.notebook, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _decoded(data: bytes, read: Read) -> str:
    """Return the text of a file, with a note if it is not plain UTF-8."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            read.notes.append(("encoding", f"{encoding} with a byte order mark"))
            return data[len(mark) :].decode(encoding, "replace")
    try:
        if b"\0" in data[:4]:
            raise UnicodeError
        return data.decode("utf-8")
    except UnicodeError:
        guess = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be" if data[:1] == b"\0" else "cp1252"
        read.notes.append(("encoding", f"read as {guess}"))
        return data.decode(guess, "replace")


def text_of(source: Any) -> str:
    """Return the text of a cell whose source is a string, a list of strings, or neither.

    Args:
        source: the cell's.
    """
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _strings(source: Any) -> bool:
    """Tell whether a source has a form that format 4 allows."""
    listed = isinstance(source, list) and all(isinstance(line, str) for line in source)
    return listed or isinstance(source, str)


def _cells(content: Json) -> list[Any] | None:
    """Return the cells of a notebook of any format, None if it has none."""
    sheets = content.get("worksheets")
    if isinstance(sheets, list):
        lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return [cell for cells in lists if isinstance(cells, list) for cell in cells]
    cells = content.get("cells")
    return cells if isinstance(cells, list) else None


def _whole(text: str) -> str:
    """Return a text without halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _metadata(cell: Json) -> Json:
    """Return of a cell's metadata what grading reads."""
    found = cell.get("metadata")
    tag = found.get("nbgrader") if isinstance(found, dict) else None
    if not isinstance(tag, dict):
        return {}
    plain = (str, int, float, bool, type(None))
    return {"nbgrader": {key: value for key, value in tag.items() if isinstance(value, plain)}}


def _cell(cell: Json, number: int, ids: set[str]) -> Json:
    """Return a cell of format 4.5, without outputs."""
    kind, source = (
        cell.get("cell_type"),
        next((cell[k] for k in ("source", "input", "code") if k in cell), ""),
    )
    text = _whole(text_of(source))
    if kind == "heading":
        level = cell.get("level")
        text = f"{'#' * (level if isinstance(level, int) and 0 < level < 7 else 1)} {text}"
    kind = kind if kind in _KINDS else "markdown" if kind in ("heading", "html", "text") else "code"
    name = cell.get("id")
    if not (isinstance(name, str) and _ID.match(name)) or name in ids:
        name = f"cell-{number}"
        while name in ids:
            name += "-"
    ids.add(name)
    made: Json = {"cell_type": kind, "id": name, "metadata": _metadata(cell), "source": text}
    if kind == "code":
        return {**made, "execution_count": None, "outputs": []}
    pictures = cell.get("attachments")
    return {**made, "attachments": pictures} if _pictures(pictures) else made


def _pictures(found: Any) -> bool:
    """Tell whether a cell's attachments are of the form that format 4 asks for."""
    return isinstance(found, dict) and all(
        isinstance(bundle, dict) and all(isinstance(data, str) for data in bundle.values())
        for bundle in found.values()
    )


def plain_cells(notebook: Json) -> list[Json]:
    """Return the cells of a notebook that someone else has read, each with all its fields.

    Args:
        notebook: format 4, perhaps broken.
    """
    ids: set[str] = set()
    cells = notebook.get("cells")
    found = cells if isinstance(cells, list) else []
    return [_cell(cell, at, ids) for at, cell in enumerate(found) if isinstance(cell, dict)]


def _odd(cell: Any, old: bool) -> str:
    """Say what is wrong with a cell, nothing if it is as its format says."""
    if not isinstance(cell, dict):
        return "a cell that is no cell"
    if old:
        return ""
    if cell.get("cell_type") not in _KINDS:
        return "a cell of an unknown type"
    if not _strings(cell.get("source")):
        return "a cell without text"
    if not isinstance(cell.get("metadata"), dict):
        return "a cell without metadata"
    if "id" in cell and not (isinstance(cell["id"], str) and _ID.match(cell["id"])):
        return "a cell with an id that is none"
    return "" if _pictures(cell.get("attachments", {})) and _outputs_hold(cell) else "outputs of a wrong kind"


def _outputs_hold(cell: Json) -> bool:
    """Tell whether the outputs of a cell can be read by others."""
    if cell["cell_type"] != "code":
        return True
    outputs = cell.get("outputs")
    return isinstance(outputs, list) and all(isinstance(one, dict) and _output(one) for one in outputs)


def _output(output: Json) -> bool:
    """Tell whether one output has what its type asks for."""
    kind = output.get("output_type")
    if kind == "stream":
        return _strings(output.get("text")) and isinstance(output.get("name"), str)
    if kind == "error":
        named = isinstance(output.get("ename"), str) and isinstance(output.get("evalue"), str)
        return named and isinstance(output.get("traceback"), list)
    data, metadata = output.get("data"), output.get("metadata")
    return (
        kind in ("display_data", "execute_result") and isinstance(data, dict) and isinstance(metadata, dict)
    )


def _form(content: Json, cells: list[Any], read: Read) -> None:
    """Note what the format of a notebook asks for."""
    major, minor = content.get("nbformat"), content.get("nbformat_minor")
    numbers = isinstance(major, int) and isinstance(minor, int)
    if "worksheets" in content or (isinstance(major, int) and major < 4):
        read.notes.append(("old-format", f"format {str(major)[:20]}"))
    elif not numbers:
        read.notes.append(("repaired", "no number of a format"))
    elif (major, minor) > (4, _NEWEST):
        read.notes.append(("new-format", f"format {str(major)[:20]}.{str(minor)[:20]}"))
    elif minor is not None and minor < 0:
        read.notes.append(("repaired", "a negative number of a format"))
    old = any(rule == "old-format" for rule, _ in read.notes)
    wrong = sorted({odd for cell in cells if (odd := _odd(cell, old))})
    ids = [cell["id"] for cell in cells if isinstance(cell, dict) and isinstance(cell.get("id"), str)]
    wrong += ["two cells with one id"] if len(ids) > len(set(ids)) else []
    wrong += [] if isinstance(content.get("metadata"), dict) or old else ["no metadata"]
    if wrong:
        read.notes.append(("repaired", "; ".join(wrong)))


def _surrogates(data: bytes) -> bool:
    """Tell whether a file may hold halves of surrogate pairs."""
    return re.search(rb"\\u[dD][89a-fA-F]", data) is not None


def read_notebook(data: bytes) -> Read:
    """Read a notebook from the bytes of a file, whatever they are.

    Args:
        data: the file's content.

    Example:
        >>> read_notebook(b"<html>").notes
        [('web-page', '')]
    """
    try:
        return _read(data)
    except (RecursionError, MemoryError) as error:
        return Read(notes=[("not-json", type(error).__name__)])


def _stands_in(content: Json) -> str | None:
    """Return why a notebook was laid in the place of a file that could not be read, None if it was not."""
    found = content.get("metadata")
    told = found.get("coursekit") if isinstance(found, dict) else None
    if not isinstance(told, dict) or told.get("state") != NOT_GRADABLE:
        return None
    return " ".join(text_of(told.get("reason")).split())[:200]


def _others_read(text: str) -> bool:
    """Tell whether nbformat, and so nbgrader, can read a notebook as it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = nbformat.convert(nbformat.reader.reads(text), 4)
        return all(isinstance(cell.source, str) for cell in found.cells)
    except Exception:  # it raises many kinds
        return False


def _read(data: bytes) -> Read:
    """Read a notebook; text nested beyond reason is an error."""
    read = Read()
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        return Read(notes=[("empty", "")])
    text = _decoded(data, read)
    if text.lstrip().startswith("<"):
        return Read(notes=[("web-page", "")])
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits are a ValueError as well
        told = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return Read(notes=[*read.notes, ("not-json", told)])
    cells = _cells(content) if isinstance(content, dict) else None
    if cells is None:
        return Read(notes=[("no-notebook", "")])
    if (why := _stands_in(content)) is not None:
        return Read(notes=[("stand-in", why)])
    if len(cells) > MOST_CELLS:
        return Read(notes=[("cells", f"{len(cells)}, more than {MOST_CELLS}")])
    _form(content, cells, read)
    if _surrogates(data) and _whole(text_all := json.dumps(content, ensure_ascii=False)) != text_all:
        read.notes.append(("repaired", "characters that are none"))
    if not read.notes and not _others_read(text):
        read.notes.append(("repaired", "a form that nbformat does not read"))
    ids: set[str] = set()
    kept = [_cell(cell, at, ids) for at, cell in enumerate(cells) if isinstance(cell, dict)]
    read.notebook = {"cells": kept, "metadata": {}, "nbformat": 4, "nbformat_minor": _NEWEST}
    return read
