"""Opening archives of strangers: nothing is unpacked to a path of theirs, and every byte is counted."""

__all__ = ["Member", "kind_of", "members"]

import bz2
import gzip
import lzma
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NamedTuple, cast

from coursekit.grading.intake.rules import Limits
from coursekit.grading.intake.tars import TarError, entries

_PIECE, _XZ_MEMORY = 1 << 16, 256 << 20
_MAGIC = {
    b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz",
    b"Rar!": "unknown", b"7z\xbc\xaf\x27\x1c": "unknown", b"\x28\xb5\x2f\xfd": "unknown",
}  # fmt: skip
_OPENERS: dict[str, Callable[..., object]] = {
    "tar": open, "gz": gzip.open, "bz2": bz2.open, "xz": lzma.open,
}  # fmt: skip
_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_LINK, _FILE, _FOLDER = 0o12, 0o10, 0o04


class Member(NamedTuple):
    """A member of an archive: its content, or the rule that keeps it out and why."""

    name: str
    data: bytes | None
    stamp: str = ""
    rule: str = ""
    detail: str = ""


class _Stop(Exception):
    """Ends an archive under a rule."""

    def __init__(self, rule: str, detail: str = "") -> None:
        super().__init__(rule)
        self.rule, self.detail = rule, detail


def kind_of(path: Path) -> str:
    """Return zip, tar, gz, bz2, xz, unknown (an archive that is not read) or nothing, by content.

    Args:
        path: a file.
    """
    with path.open("rb") as file:
        head = file.read(512)
    found = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "")
    return found or ("tar" if head[257:262] == b"ustar" else "")


def _directory_size(path: Path) -> int:
    """Return how many bytes a zip's list of contents takes; 0 if it names none."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 66_000))
        end = file.read()
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + 22:
        return 0
    size: int = struct.unpack("<L", end[at + 12 : at + 16])[0]
    at = end.rfind(b"PK\x06\x06", 0, at)
    if size == 0xFFFFFFFF and at >= 0 and len(end) >= at + 48:
        size = struct.unpack("<Q", end[at + 40 : at + 48])[0]
    return size


class _Counter:
    """Reads pieces and stops where a limit is passed."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.total = limits, 0

    def whole(self, read: Callable[[int], bytes], packed: int) -> bytes:
        """Return all that a reader gives."""
        pieces, size = [], 0
        while piece := read(_PIECE):
            size, self.total = size + len(piece), self.total + len(piece)
            if size > self.limits.free and size > self.limits.ratio * packed:
                raise _Stop("bomb", f"more than {self.limits.ratio} times its size")
            if self.total > self.limits.total:
                raise _Stop("total", f"more than {self.limits.total // 10**6} MB")
            pieces.append(piece)
        return b"".join(pieces)


def _name(info: zipfile.ZipInfo) -> tuple[str, str]:
    """Return a zip member's name, and the rule if it had to be read in another encoding than it says."""
    if info.flag_bits & 0x800:
        return info.filename, ""
    try:
        # Windows' and macOS' own tools write UTF-8 without saying so.
        read = info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename, "" if info.filename.isascii() else "name-encoding"
    return read, "" if read == info.filename else "name-encoding"


def _from_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, counter: _Counter) -> Member:
    """Return one member of a zip."""
    name, renamed = _name(info)
    mode = info.external_attr >> 28
    stamp = "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*info.date_time)
    if mode not in (0, _FILE, _FOLDER):
        return Member(name, None, rule="link" if mode == _LINK else "special")
    if info.flag_bits & 0x1:
        return Member(name, None, rule="encrypted")
    if info.compress_type not in (_STORED, _DEFLATED, _BZIP2):
        return Member(name, None, rule="unknown-archive", detail=f"compression {info.compress_type}")
    if info.file_size > counter.limits.file:
        return Member(name, None, rule="large", detail=f"{info.file_size // 10**6} MB")
    try:
        with archive.open(info) as stream:
            data = counter.whole(stream.read, info.compress_size)
    except _Stop as stop:
        if stop.rule == "total":
            raise
        return Member(name, None, rule=stop.rule, detail=stop.detail)
    except Exception as error:  # zipfile and its decoders raise many kinds
        wrong = "CRC" in str(error)
        return Member(name, None, rule="wrong-size" if wrong else "damaged", detail=str(error))
    if len(data) != info.file_size:
        return Member(name, None, rule="wrong-size", detail=f"{len(data)} for {info.file_size} bytes")
    return Member(name, data, stamp, renamed)


def _zip(path: Path, limits: Limits) -> Iterator[Member]:
    """Go through a zip."""
    if _directory_size(path) > 400 * limits.members:
        raise _Stop("many", f"more than {limits.members}")
    counter = _Counter(limits)
    with zipfile.ZipFile(path) as archive:
        for count, info in enumerate(archive.infolist()):
            if count >= limits.members:
                raise _Stop("many", f"more than {limits.members}")
            if not info.is_dir():
                yield _from_zip(archive, info, counter)


def _opened(path: Path, kind: str) -> IO[bytes]:
    """Open a file, compressed or not."""
    if kind == "xz":
        with path.open("rb") as file:  # the real reader takes as much memory as the file asks for
            lzma.LZMADecompressor(memlimit=_XZ_MEMORY).decompress(file.read(_PIECE), 1)
    return cast(IO[bytes], _OPENERS[kind](path, "rb"))


def _when(seconds: int) -> str:
    """Return a tar's time as a zip writes it."""
    return datetime.fromtimestamp(min(seconds, 4_000_000_000), UTC).strftime("%Y-%m-%d %H:%M:%S")


def _tar(path: Path, kind: str, limits: Limits) -> Iterator[Member]:
    """Go through a tar, plain or compressed."""
    with _opened(path, kind) as stream:
        yield from _tar_members(stream, path.stat().st_size, limits)


def _tar_members(stream: IO[bytes], packed: int, limits: Limits) -> Iterator[Member]:
    """Go through an opened tar."""
    total = 0

    def read(size: int) -> bytes:
        nonlocal total
        piece = stream.read(size)
        total += len(piece)
        if total > limits.free and total > limits.ratio * packed:
            raise _Stop("bomb", f"more than {limits.ratio} times its size")
        if total > 2 * limits.total:
            raise _Stop("total", f"more than {limits.total // 10**6} MB")
        return piece

    counter = _Counter(limits)
    for count, entry in enumerate(entries(read)):
        if count >= limits.members:
            raise _Stop("many", f"more than {limits.members}")
        if entry.kind in ("link", "special"):
            yield Member(entry.name, None, rule=entry.kind)
        elif entry.kind == "file" and entry.size > limits.file:
            yield Member(entry.name, None, rule="large", detail=f"{entry.size // 10**6} MB")
        elif entry.kind == "file":
            yield Member(entry.name, counter.whole(entry.read, entry.size), _when(entry.time))


def members(path: Path, kind: str, limits: Limits) -> Iterator[Member]:
    """Go through an archive; whatever is wrong with it is a member without content that names the rule.

    Args:
        path: the archive.
        kind: what ``kind_of`` said.
        limits: what it may hold.
    """
    try:
        yield from _zip(path, limits) if kind == "zip" else _tar(path, kind, limits)
    except _Stop as stop:
        yield Member("", None, rule=stop.rule, detail=stop.detail)
    except (TarError, EOFError, zipfile.BadZipFile) as error:
        yield Member("", None, rule="damaged", detail=str(error))
    except Exception as error:  # the decoders raise many kinds, and a stranger picks which
        yield Member("", None, rule="damaged", detail=f"{type(error).__name__}: {error}")
