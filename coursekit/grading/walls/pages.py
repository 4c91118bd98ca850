"""Fewer and larger pages: a fork copies a table of them, and most of its time goes into that."""

__all__ = ["use_huge_pages"]

import ctypes
from collections.abc import Collection
from pathlib import Path

_HUGE = 2 << 20
_COLLAPSE = 25  # MADV_COLLAPSE of Linux 6.1 and newer; older ones refuse it


def use_huge_pages(but: Collection[int] = ()) -> set[int]:
    """Ask the kernel to put this process's own memory into huge pages; return where it did.

    It may refuse: then forks take longer, and nothing else is different.

    Args:
        but: where it did before. A page that was written to since a fork is in pieces, and would be copied
            to be made whole again: it would lie twice in memory, once here and once in the forks.
    """
    library, made = ctypes.CDLL(None), set[int]()
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        place, rights, *_, last = line.split()
        if not rights.startswith("rw-p") or not (last == "[heap]" or last == "0"):
            continue  # a file's, or shared
        start, end = (int(number, 16) for number in place.split("-"))
        for at in range(-(-start // _HUGE) * _HUGE, end - _HUGE + 1, _HUGE):
            if at not in but and not library.madvise(ctypes.c_void_p(at), ctypes.c_size_t(_HUGE), _COLLAPSE):
                made.add(at)
    return made
