"""Reading tar archives from a stream: own code, since nothing may be unpacked before it is counted."""

__all__ = ["Entry", "TarError", "entries"]

from collections.abc import Callable, Iterator
from typing import NamedTuple

_BLOCK, _LONGEST_NAME, _LONGEST_PAX = 512, 65_536, 1_000_000
_KINDS = {b"1": "link", b"2": "link", b"5": "folder", b"0": "file", b"\0": "file", b"7": "file"}
Reader = Callable[[int], bytes]


class TarError(ValueError):
    """A tar archive that is damaged or cut off."""


class Entry(NamedTuple):
    """A member: its name, kind (file, folder, link, special), size, time, and a reader of its content."""

    name: str
    kind: str
    size: int
    time: int
    read: Reader


def _number(field: bytes) -> int:
    """Return a number field: octal digits, or binary where the first bit is set."""
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    try:
        value = int(field.split(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        raise TarError("a header holds no number where one belongs") from None
    if value < 0:
        raise TarError("a header holds a negative number")
    return value


def _text(field: bytes) -> str:
    """Return a text field up to its first zero byte."""
    return field.split(b"\0")[0].decode("utf-8", "surrogateescape")


def _check(header: bytes) -> None:
    """Refuse a header whose checksum is wrong."""
    sums = sum(header[:148]) + 8 * 32 + sum(header[156:])
    if _number(header[148:156]) != sums:
        raise TarError("a header is damaged")


def _pax(data: bytes) -> dict[str, str]:
    """Return the records of an extended header."""
    records = {}
    while data.strip(b"\0"):
        length, _, _ = data.partition(b" ")
        size = int(length) if length.isdigit() and len(length) < 8 else 0
        if not len(length) < size <= len(data):
            raise TarError("an extended header is damaged")
        key, _, value = data[len(length) + 1 : size].rstrip(b"\n").partition(b"=")
        records[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        data = data[size:]
    return records


def _exactly(read: Reader, size: int) -> bytes:
    """Read so many bytes or say that the archive is cut off."""
    pieces, missing = [], size
    while missing:
        piece = read(min(missing, 1 << 20))
        if not piece:
            raise TarError("it is cut off")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


class _Body:
    """The content of a member: may be read in pieces, in part or not at all."""

    def __init__(self, read: Reader, size: int) -> None:
        self._read, self._left, self._padding = read, size, -size % _BLOCK

    def read(self, size: int) -> bytes:
        """Return at most so many bytes, none at the end."""
        if not self._left:
            return b""
        piece = self._read(min(size, self._left, 1 << 20))
        if not piece:
            raise TarError("it is cut off")
        self._left -= len(piece)
        return piece

    def skip(self) -> None:
        """Go to the next header."""
        while self._left:
            self.read(1 << 20)
        _exactly(self._read, self._padding)


def entries(read: Reader) -> Iterator[Entry]:
    """Go through a tar archive once; nothing is kept.

    Args:
        read: returns at most so many of the next bytes, none at the end.

    Raises:
        TarError: where the archive is damaged or cut off.
    """
    long_name, extended = "", dict[str, str]()
    while True:
        header = _exactly(read, _BLOCK)
        if not header.strip(b"\0"):
            return
        _check(header)
        size, kind = _number(header[124:136]), header[156:157]
        if kind in b"LKxg":
            if size > (_LONGEST_NAME if kind in b"LK" else _LONGEST_PAX):
                raise TarError("a name is too long")
            data = _exactly(read, size + -size % _BLOCK)[:size]
            if kind == b"L":
                long_name = _text(data)
            elif kind == b"x":
                extended = _pax(data)
            continue
        name, prefix = _text(header[:100]), _text(header[345:500])
        if header[257:262] == b"ustar" and header[257:265] != b"ustar  \0" and prefix:
            name = f"{prefix}/{name}"
        if extended.get("size", "").isdecimal():
            size = int(extended["size"][:18])
        name, told = extended.get("path") or long_name or name, _KINDS.get(kind, "special")
        body = _Body(read, size)
        yield Entry(name, "folder" if name.endswith("/") else told, size, _number(header[136:148]), body.read)
        body.skip()
        long_name, extended = "", {}
