"""Landlock: a process gives up, for itself and all that it starts, what its user could do."""

__all__ = ["landlock_version", "lock_land"]

import contextlib
import os
import struct
from collections.abc import Iterable

from coursekit.grading.walls.kernel import forbid_new_privileges, system_call

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_PATH_BENEATH = 1
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_RENAME_ACROSS, _TRUNCATE, _DEVICE_CONTROL = 1 << 13, 1 << 14, 1 << 15
_FIRST = (1 << 13) - 1  # what version 1 knows
_ON_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE_CONTROL
_BIND_AND_CONNECT, _SOCKETS_AND_SIGNALS = 3, 3


def landlock_version() -> int:
    """Return the version of Landlock that this kernel has, 0 for none."""
    with contextlib.suppress(OSError):
        return system_call("landlock_create_ruleset", _CREATE, None, 0, 1)
    return 0


def _known(version: int) -> int:
    """Return all the rights on files that a version knows."""
    rights = _FIRST
    for since, right in ((2, _RENAME_ACROSS), (3, _TRUNCATE), (5, _DEVICE_CONTROL)):
        rights |= right if version >= since else 0
    return rights


def _allow(rules: int, path: str, rights: int) -> None:
    """Allow something below a folder, or on a file; a path that isn't there needs no rule."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _ON_FILES
        attributes = struct.pack("=Qi", rights, place)
        system_call("landlock_add_rule", _ADD, rules, _PATH_BENEATH, attributes, 0)
    finally:
        os.close(place)


def lock_land(
    *, read: Iterable[str], write: Iterable[str], devices: Iterable[str] = (), browse: Iterable[str] = ()
) -> None:
    """Allow this process some files and nothing else; deny TCP and signals to others, where the kernel can.

    Args:
        read: folders and files to be read and run.
        write: folders where everything may be done.
        devices: what may be read and written, and nothing be made there.
        browse: folders of which only the names may be read.

    Raises:
        OSError: if the kernel has no Landlock, or refuses.
    """
    version = landlock_version()
    if version == 0:
        raise OSError(38, "this kernel has no Landlock")
    every = _known(version)
    network = _BIND_AND_CONNECT if version >= 4 else 0
    scoped = _SOCKETS_AND_SIGNALS if version >= 6 else 0
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("=QQQ", every, network, scoped)
    rules = system_call("landlock_create_ruleset", _CREATE, attributes, size, 0)
    try:
        for paths, rights in (
            (browse, _LIST), (read, _READ | _LIST | _EXECUTE), (write, every),
            (devices, _READ | _LIST | _WRITE | _TRUNCATE | _DEVICE_CONTROL),
        ):  # fmt: skip
            for path in paths:
                _allow(rules, path, rights & every)
        forbid_new_privileges()
        system_call("landlock_restrict_self", _RESTRICT, rules, 0)
    finally:
        os.close(rules)
