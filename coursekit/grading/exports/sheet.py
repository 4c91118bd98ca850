"""Tables for other programs, in which no student's name can become a spreadsheet's formula."""

__all__ = ["Sheet", "defused", "is_formula", "parse", "write_text", "written"]

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit._check import CourseError
from coursekit._write import write_whole

_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?%?|-")
_BOM = "\ufeff"


@dataclass(frozen=True)
class Sheet:
    """A table as it was read.

    Attributes:
        rows: the first is the head.
        comma: what stands between two fields.
        newline: what ends a row.
        mark: whether the file begins with a byte-order mark.
    """

    rows: list[list[str]]
    comma: str = ","
    newline: str = "\n"
    mark: bool = False


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet may take a field for a formula.

    Args:
        text: of the field.

    Source:
        OWASP, CSV injection: fields that begin with =, +, -, @, a tab or an end of a line.

    Example:
        >>> is_formula("=1+1"), is_formula(" @SUM(A1)"), is_formula("-2.5"), is_formula("Ann")
        (True, True, False, False)
    """
    start = text.lstrip(" \u00a0")[:1]
    return bool(start) and start in _STARTS and not _NUMBER.fullmatch(text.strip())


def defused(text: str) -> str:
    """Return a field that stays text in a spreadsheet: one that would be a formula gets an apostrophe.

    Args:
        text: of the field.
    """
    return f"'{text}" if is_formula(text) else text


def written(rows: Iterable[Sequence[str]], comma: str = ",", newline: str = "\n") -> str:
    """Return rows as text, quoted where it is needed.

    Args:
        rows: of fields.
        comma: what stands between two fields.
        newline: what ends a row.
    """
    out = io.StringIO()
    usual = csv.writer(out, delimiter=comma, lineterminator=newline)
    quoted = csv.writer(out, delimiter=comma, lineterminator=newline, quoting=csv.QUOTE_ALL)
    for row in rows:
        # The usual writer leaves a lone carriage return bare, which a reader takes for the end of the row.
        (quoted if any("\r" in field for field in row) else usual).writerow(row)
    return out.getvalue()


def parse(path: Path) -> Sheet:
    """Read a table; what divides it is seen in its first line.

    Args:
        path: of the file, in UTF-8.

    Raises:
        CourseError: if it is missing, no text in UTF-8, or empty.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise CourseError(f"{path} is missing: export the gradebook of the platform to it") from None
    except UnicodeDecodeError:
        raise CourseError(f"{path} must be in UTF-8: export it again, and do not save it elsewhere") from None
    mark, text = text.startswith(_BOM), text.removeprefix(_BOM)
    head = text.partition("\n")[0]
    comma = ";" if head.count(";") > head.count(",") else ","
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=comma))
    if not rows:
        raise CourseError(f"{path} must hold a table with a head; it is empty")
    return Sheet(rows, comma, "\r\n" if "\r\n" in text else "\n", mark)


def write_text(path: Path, text: str, *, mark: bool = False) -> None:
    """Write a file whole or not at all; only its owner may read it, since it names students.

    Args:
        path: of the file; its folder is made where it is missing.
        text: with its ends of lines.
        mark: whether to begin with a byte-order mark.
    """
    write_whole(path, _BOM * mark + text, mode=0o600)
