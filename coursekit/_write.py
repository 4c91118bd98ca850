"""Files that are written whole or not at all: beside their place first, then put there under their name."""

__all__ = ["beside", "write_whole"]

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_SHOWN = 40  # letters of the target's name in the temporary one, which may not grow longer than a disk takes


def _name(temporary: Path, path: Path, *, keep: bool) -> None:
    """Give a file its name; where one that is there is kept, it goes."""
    if keep:
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a disk without links
            os.replace(temporary, path)
            return
        temporary.unlink()
    else:
        os.replace(temporary, path)


@contextmanager
def beside(path: Path, *, mode: int = 0o666, sync: bool = False, keep: bool = False) -> Iterator[BinaryIO]:
    """Yield an open file that takes a target's name at the end of the block; a failure leaves the old one.

    Two writers never share a file: the one that ends last stays. A link at the target is replaced, not
    followed.

    Args:
        path: the target; its folder is there.
        mode: who may read and write it, from its creation on, less what the umask takes away.
        sync: whether its bytes must be on the disk before it takes the name.
        keep: whether a file that has the name by then keeps it, and the new one goes.

    Raises:
        OSError: if the disk is full or the folder may not be written.
    """
    temporary = path.parent / f".{path.name[:_SHOWN]}.{os.urandom(8).hex()}.part"
    # O_BINARY is known on Windows only, where other files get their ends of lines changed.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, flags, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        _name(temporary, path, keep=keep)
    except BaseException:
        # What went wrong first is what is told.
        with suppress(OSError):
            temporary.unlink()
        raise


def write_whole(
    path: Path, content: bytes | str, *, mode: int = 0o666, sync: bool = False, keep: bool = False
) -> None:
    """Write a file whole or not at all.

    Args:
        path: where to; missing folders are made.
        content: its bytes, or its text, which is written in UTF-8 with its ends of lines as they are.
        mode: who may read and write it, from its creation on, less what the umask takes away.
        sync: whether its bytes must be on the disk before it takes the name.
        keep: whether a file that has the name by then keeps it, and the new one goes.

    Raises:
        OSError: if the disk is full or the folder may not be written.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path, mode=mode, sync=sync, keep=keep) as file:
        file.write(data)
