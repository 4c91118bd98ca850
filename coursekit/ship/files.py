"""Files that are shipped: written whole or not at all, never over another unasked, known by their hash."""

__all__ = ["file_hash", "read_file", "write_file"]

import hashlib
from pathlib import Path

from coursekit._check import CourseError
from coursekit._write import write_whole


def write_file(path: str | Path, content: bytes, *, overwrite: bool = False) -> None:
    """Write bytes to a file beside the target, which then takes its name; a failure leaves the old one.

    Args:
        path: the target; its folder is made where missing.
        content: what the file is to hold.
        overwrite: whether a file that is there may be replaced.

    Raises:
        CourseError: if the target is there and may not be replaced.
        OSError: if the disk is full or the folder may not be written.
    """
    target = Path(path)
    if target.exists() and not overwrite:
        raise CourseError(f"{target} is there already: choose another path, or say overwrite=True")
    write_whole(target, content, mode=0o600, sync=True)


def read_file(path: str | Path, kind: str = "file") -> bytes:
    """Return the bytes of a file.

    Args:
        path: the file.
        kind: what the message calls it, such as "card".

    Raises:
        CourseError: if it does not exist or cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise CourseError(f"{kind} {path} does not exist") from None
    except OSError as error:
        raise CourseError(f"{kind} {path} cannot be read: {error.strerror}") from None


def file_hash(path: str | Path) -> str:
    """Return the sha256 of a file, as 64 hexadecimal digits.

    Args:
        path: the file.

    Raises:
        CourseError: if it does not exist or cannot be read.
    """
    return hashlib.sha256(read_file(path)).hexdigest()
