"""Whose file it is: the naming of learning platforms, and ids that are safe as names of folders.

Moodle (``mod/assign``): ``Ann Example_123_assignsubmission_file/work.ipynb``, older versions with ``_`` at
the end, without folders ``Ann Example_123_assignsubmission_file_work.ipynb``; teams have the group's name and
number, anonymous marking says ``Participant``. The number belongs to the assignment, not to the student.
Canvas: ``exampleann_4711_90125_work.ipynb``, ``exampleann_LATE_4711_90125_work-1.ipynb``,
``anon_x1Y2z_90125_work.ipynb``: user's number, file's number (it grows), the student's own name for the file.
Blackboard, as in nbgrader's manual: ``Homework 1_ann_attempt_2026-11-21-10-00-00_work.ipynb``.
Otherwise the first folder, the archive's name, or the part of a file's name before ``_`` is the student.
"""

__all__ = ["Owner", "is_download", "is_junk", "owner_of", "plain_owner", "safe_id", "tidy"]

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

_STAMP = r"(?P<stamp>\d{4}(?:-\d\d){2,5})"
_MOODLE = re.compile(
    r"(?P<name>[^_/]+)(?:_(?P<number>\d+))?_assignsubmission_[a-z]+(?:_(?P<rest>.*))?$", re.S
)
_CANVAS = re.compile(
    r"(?P<anonymous>anon(?:ymous)?)_(?:late_)?(?P<code>[^_/]{4,8})_(?P<file2>\d+)_(?P<rest2>.+)$"
    r"|(?P<name>[^/]+?)_(?:late_)?(?P<number>\d+)_(?P<file>\d+)_(?P<rest>.+)$",
    re.I | re.S,
)
_DATED = re.compile(rf"(?:.*?_)??(?P<name>[^_/]+)_(?:attempt_)?{_STAMP}(?:_(?P<rest>.*)|\..*)?$", re.S)
_AGAIN = re.compile(r"[-(](\d{1,3})\)?$")
_DOWNLOAD = re.compile(r"submissions(?:[ _-]?\(?\d+\)?)?$|gradebook_", re.I)
_MOODLE_DOWNLOAD = re.compile(r".+-.+-\d+$", re.S)
_JUNK = re.compile(
    r"(?:__MACOSX|\.ipynb_checkpoints|__pycache__|\.git|\.vscode|\.idea|node_modules)$"
    r"|(?:\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|~\$.*|.*-checkpoint\.ipynb|.*\.pyc|\.gitignore)$",
    re.I | re.S,
)
_LETTERS = str.maketrans({
    "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "Ae", "œ": "oe",
    "Œ": "Oe", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D", "ı": "i", " ": "-", "_": "-", "'": "", "’": "",
})  # fmt: skip
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$", re.I)
_FORMS = ("%Y-%m-%d-%H-%M-%S", "%Y-%m-%d-%H-%M", "%Y-%m-%d-%H", "%Y-%m-%d")


@dataclass(frozen=True)
class Owner:
    """Whose a file is: the name that the platform gives, its number, the attempt's time and order."""

    name: str
    number: str = ""
    stamp: str = ""
    order: int = 0
    platform: str = ""
    bad_stamp: bool = False


def tidy(name: str) -> str:
    """Return a name in the composed form of Unicode, without bytes that are no text.

    Args:
        name: as a disk or an archive gives it.
    """
    whole = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return unicodedata.normalize("NFC", whole)


def _time(text: str) -> str:
    """Return a stamp as nbgrader reads it, nothing if there is no such time."""
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).isoformat(" ")
        except ValueError:
            continue
    return ""


def _dated(part: str, titles: Sequence[str]) -> re.Match[str] | None:
    """Return how Blackboard's or nbgrader's naming reads a name."""
    for title in sorted(titles, key=len, reverse=True):
        # With the assignment's own name in front, an account may hold underscores.
        named = re.match(rf"{re.escape(title)}_(?P<name>.+?)_attempt_{_STAMP}(?:[_.]|$)", part, re.I | re.S)
        if named:
            return named
    return _DATED.match(part)


def owner_of(part: str, titles: Sequence[str] = ()) -> Owner | None:
    """Return the owner that a platform's naming gives, or None.

    Args:
        part: one part of a path.
        titles: names that the assignment goes by.

    Example:
        >>> owner_of("Ann Example_123_assignsubmission_file")
        Owner(name='Ann Example', number='123', stamp='', order=0, platform='moodle', bad_stamp=False)
    """
    if moodle := _MOODLE.match(part):
        return Owner(moodle["name"], moodle["number"] or "", platform="moodle")
    canvas, dated = _CANVAS.match(part), _dated(part, titles)
    # What follows a platform's marks is the student's own name for the file: the marks further left count.
    if dated and not (canvas and canvas.start("file" if canvas["file"] else "file2") < dated.start("stamp")):
        stamp = _time(dated["stamp"])
        return Owner(dated["name"], stamp=stamp, platform="dated", bad_stamp=not stamp)
    if canvas is None:
        return None
    again = _AGAIN.search((canvas["rest"] or canvas["rest2"]).rsplit(".", 1)[0])
    order = 1000 * int((canvas["file"] or canvas["file2"])[:18]) + (int(again[1]) if again else 0)
    name, number = canvas["name"] or canvas["anonymous"], canvas["number"] or canvas["code"]
    return Owner(name, number, order=order, platform="canvas")


def plain_owner(part: str, titles: Sequence[str] = (), *, folder: bool) -> Owner | None:
    """Return the owner that an instructor's own naming gives, or None.

    Args:
        part: name of a folder or archive (without its ending), or of a notebook.
        titles: names that the assignment goes by.
        folder: whether the whole name is the student's.
    """
    name = part if folder else part.split("_")[0]
    # "model (2).ipynb" and "model_final.ipynb" name the notebook and nobody.
    plain = re.sub(r"[ (-]+\d+\)?$", "", name).casefold()
    nobody = not name.strip(" .-_") or (not folder and plain in {title.casefold() for title in titles})
    return None if nobody else Owner(name)


def safe_id(owner: Owner) -> str:
    """Return an id that is one plain name on every system, never a path.

    Args:
        owner: whose.
    """
    number = owner.number if owner.platform == "canvas" or owner.name.lower() == "participant" else ""
    told = f"{owner.name.strip()}-{number}" if number else owner.name.strip()
    plain = unicodedata.normalize("NFKD", told.translate(_LETTERS))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).translate(_LETTERS)
    spelt = re.sub(r"[^\x00-\x7f]", lambda sign: f"u{ord(sign[0]):x}", plain)
    clean = re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9.@+-]", "-", spelt)).strip(".-")
    clean = re.sub(r"\.{2,}", ".", clean)
    mark = hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:6]
    if not clean or len(clean) > 60:
        clean = f"{clean[:50] or 'student'}-{mark}"
    return f"student-{clean}" if _DEVICES.match(clean) or not clean[0].isalnum() else clean


def is_junk(parts: Iterable[str]) -> bool:
    """Tell whether a path leads to what the system or an editor left behind.

    Args:
        parts: the parts of the path.
    """
    return any(_JUNK.match(part) for part in parts)


def is_download(name: str, tops: Sequence[str], titles: Sequence[str] = ()) -> bool:
    """Tell whether a folder or archive is a platform's download of a class rather than one student's.

    Its own name must be one that a platform gives: what a student packs decides nothing.

    Args:
        name: of the folder or archive, without its ending.
        tops: first parts of the paths inside.
        titles: names that the assignment goes by.
    """
    owners = [owner_of(top, titles) for top in tops]
    known = {(owner.name, owner.number) for owner in owners if owner}
    if _DOWNLOAD.match(name):
        return bool(known)
    moodle = all(owner is not None and owner.platform == "moodle" for owner in owners)
    return bool(_MOODLE_DOWNLOAD.match(name)) and moodle and len(known) > 1
