"""Going through an inbox: folders, files, archives of one student and downloads of a whole class."""

__all__ = ["Arrival", "Gatherer"]

import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.grading.intake.archives import Member, kind_of, members
from coursekit.grading.intake.names import (
    Owner,
    is_download,
    is_junk,
    owner_of,
    plain_owner,
    safe_id,
    tidy,
)
from coursekit.grading.intake.rules import Limits, Log

_ONE, _CLASS = Limits(), Limits(file=200_000_000, total=20_000_000_000, members=20_000)
_ARCHIVE = re.compile(r"(?:\.tar)?\.(?:zip|tar|tgz|tbz2?|txz|gz|bz2|xz|rar|7z|zst)$", re.I)
_NOTEBOOK = re.compile(r"\.ipynb(?:\.(?:txt|json|html?|ipynb|download))*(?: ?\(\d+\))?$", re.I)
_DRIVE = re.compile(r"[A-Za-z]:|//")
_DEEPEST = 20


@dataclass(frozen=True)
class Arrival:
    """A notebook file: whose it is, the name to show, where its bytes lie, the time an archive gives it."""

    owner: Owner
    file: str
    path: Path
    stamp: str = ""
    handed: str = ""

    @property
    def stem(self) -> str:
        """The notebook's name without its ending."""
        return _NOTEBOOK.sub("", self.file.rsplit("/", 1)[-1])


class Gatherer:
    """Finds the notebooks of an inbox; writes members of archives to a folder of numbered files."""

    def __init__(self, stage: Path, titles: Sequence[str], log: Log) -> None:
        self.stage, self.titles, self.log = stage, titles, log
        self.arrivals: list[Arrival] = []
        self._junk: Counter[str] = Counter()
        self._count = 0

    def run(self, inbox: Path) -> list[Arrival]:
        """Go through an inbox.

        Args:
            inbox: the folder.
        """
        self._folder(inbox, None, "", 0)
        for place, count in sorted(self._junk.items()):
            self.log.add("junk", place, detail=f"{count} of them")
        return self.arrivals

    def _folder(self, folder: Path, owner: Owner | None, shown: str, depth: int) -> None:
        """Go through a folder, which is a student's or none's."""
        for path in sorted(folder.iterdir()):
            name = tidy(path.name)
            file = f"{shown}{name}"
            try:
                self._entry(path, name, file, owner, depth)
            except Exception as error:  # one file never stops the others
                self.log.add("failed", file, detail=f"{type(error).__name__}: {error}")

    def _entry(self, path: Path, name: str, file: str, owner: Owner | None, depth: int) -> None:
        """Take in a file or a folder."""
        whose = safe_id(owner) if owner else ""
        if is_junk([name]):
            self._junk[file.split("/")[0]] += 1
        elif path.is_symlink():
            self.log.add("link", file, whose)
        elif path.is_dir():
            if depth >= _DEEPEST:
                raise ValueError(f"more than {_DEEPEST} folders deep")
            if owner is None and self._is_class(name, [tidy(part.name) for part in path.iterdir()], file):
                self._folder(path, None, f"{file}/", depth + 1)
            else:
                owner = self._checked(owner, name, file) or plain_owner(name, folder=True)
                self._folder(path, owner, f"{file}/", depth + 1)
        elif not path.is_file():
            self.log.add("special", file, whose)
        else:
            if path.stat().st_nlink > 1:
                self.log.add("hard-link", file, whose)
            self._file(path, name, file, owner)

    def _is_class(self, name: str, inside: Sequence[str], file: str) -> bool:
        """Tell whether this is a platform's download of a class, and say so."""
        tops = [top for top in inside if not is_junk([top])]
        found = is_download(name, tops, self.titles)
        if found:
            self.log.add("download", file)
        return found

    def _checked(self, owner: Owner | None, name: str, file: str) -> Owner | None:
        """Return the owner of something inside: the outer one stays, whatever the inner name says."""
        inner = owner_of(name, self.titles)
        if owner is None:
            if inner and inner.bad_stamp:
                self.log.add("bad-stamp", file, safe_id(inner))
            return inner
        marked = inner is not None and (inner.platform != "dated" or "_attempt_" in name)
        if inner is not None and marked and safe_id(inner) != safe_id(owner):
            self.log.add("other-name", file, safe_id(owner), safe_id(inner))
        return owner

    def _file(self, path: Path, name: str, file: str, owner: Owner | None, stamp: str = "") -> None:
        """Take in a plain file of the inbox or of a class's download."""
        notebook, packed, kind = _NOTEBOOK.search(name), _ARCHIVE.search(name), kind_of(path)
        with path.open("rb") as opened:
            head = opened.read(4096)
        if packed and not kind and head.lstrip().startswith(b"{"):
            notebook, packed = re.search("$", name), None
        if notebook is None and not packed and Path(name).suffix in ("", ".json", ".txt"):
            notebook = re.search("$", name) if b'"cells"' in head and b'"cell_type"' in head else None
        stem = _ARCHIVE.sub("", _NOTEBOOK.sub("", name))
        whole = not notebook or bool(kind)
        if owner is None and packed and kind == "zip" and self._is_class(stem, _tops(path), file):
            self._archive(path, kind, file, None)
            return
        owner = self._checked(owner, name, file)
        if notebook is None and not packed:
            self.log.add("other", file, safe_id(owner) if owner else "")
            return
        owner = owner or plain_owner(stem, self.titles, folder=whole)
        if owner is None:
            self.log.add("nobody", file)
        elif kind == "unknown" or (packed and not kind):
            self.log.add("unknown-archive" if kind else "damaged", file, safe_id(owner))
        elif kind:
            self._archive(path, kind, file, owner)
        elif path.stat().st_size > _ONE.file:
            self.log.add("large", file, safe_id(owner), f"{path.stat().st_size // 10**6} MB")
        else:
            if not name.endswith(".ipynb"):
                self.log.add("suffix", file, safe_id(owner))
            self.arrivals.append(Arrival(owner, file, path, stamp, file.split("/")[0]))

    def _archive(self, path: Path, kind: str, file: str, owner: Owner | None) -> None:
        """Take in the members of an archive; without an owner it is a class's."""
        before, whose = len(self.arrivals), safe_id(owner) if owner else ""
        refused = False
        for member in members(path, kind, _ONE if owner else _CLASS):
            shown = f"{file}/{tidy(member.name)}" if member.name else file
            if member.rule:
                self.log.add(member.rule, shown, whose, member.detail)
            refused = refused or member.data is None
            if member.data is not None:
                try:
                    self._member(member, file, owner)
                except Exception as error:  # one member never stops the others
                    self.log.add("failed", shown, whose, f"{type(error).__name__}: {error}")
        if owner and len(self.arrivals) == before and not refused:
            self.log.add("nothing", file, whose)

    def _parts(self, name: str, file: str, whose: str) -> list[str]:
        """Return the parts of a member's name that may be believed."""
        if "\\" in name:
            self.log.add("backslashes", file, whose)
            name = name.replace("\\", "/")
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if ".." in parts or name.startswith("/") or _DRIVE.match(name):
            self.log.add("climbs", f"{file}/{name}", whose)
            parts = [re.sub("^[A-Za-z]:", "", part) for part in parts[-1:] if part != ".."]
        return parts

    def _member(self, member: Member, file: str, owner: Owner | None) -> None:
        """Take in a member of an archive."""
        whose = safe_id(owner) if owner else ""
        parts = self._parts(tidy(member.name), file, whose)
        if not parts or is_junk(parts):
            self._junk[file.split("/")[0]] += 1
            return
        shown, one = f"{file}/{'/'.join(parts)}", owner
        if one is None:
            one = self._checked(None, parts[0], shown)
            if one is None:
                self.log.add("nobody", shown)
                return
        else:
            for part in parts:
                self._checked(one, part, shown)
        self._count += 1
        path = self.stage / f"{self._count:06}"
        path.write_bytes(member.data or b"")
        if owner and _ARCHIVE.search(parts[-1]) and kind_of(path):
            self.log.add("nested", shown, whose)
        elif owner is None:
            self._file(path, parts[-1], shown, one, member.stamp)
        else:
            self._notebook(path, parts[-1], shown, one, member.stamp)

    def _notebook(self, path: Path, name: str, file: str, owner: Owner, stamp: str) -> None:
        """Take in a file of a student's archive."""
        if not _NOTEBOOK.search(name):
            self.log.add("other", file, safe_id(owner))
        elif kind_of(path):
            self.log.add("nested", file, safe_id(owner))
        else:
            if not name.endswith(".ipynb"):
                self.log.add("suffix", file, safe_id(owner))
            self.arrivals.append(Arrival(owner, file, path, stamp, file.split("/")[0]))


def _tops(path: Path) -> list[str]:
    """Return the first parts of the names in a zip, none if it can't be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {tidy(name.replace("\\", "/")).lstrip("/").split("/")[0] for name in archive.namelist()}
    except Exception:  # reading it for its content will say what is wrong
        return []
    return sorted(name for name in names if name)
