"""Naming the line of a student's code that an error came from."""

__all__ = ["place"]

import linecache
import site
import sysconfig
import traceback
from pathlib import Path
from types import TracebackType

_OURS = str(Path(__file__).resolve().parent)
_THEIRS = (sysconfig.get_paths()["stdlib"], *site.getsitepackages(), "<frozen")


def place(trace: TracebackType | None) -> str:
    """Name the last line of the student's own code that an error went through; empty if it met none.

    Args:
        trace: the error's.
    """
    frames = [
        frame for frame in traceback.extract_tb(trace)
        if not frame.filename.startswith((_OURS, *_THEIRS)) and "torch" not in Path(frame.filename).parts
    ]  # fmt: skip
    if not frames:
        return ""
    last = frames[-1]
    source = linecache.getline(last.filename, last.lineno or 0).strip()
    return f" In `{last.name}`, line {last.lineno}{f': `{source}`' if source else ''}."
