"""The few calls of the Linux kernel that Python's library lacks."""

__all__ = [
    "Namespace",
    "code_of",
    "drop_capabilities",
    "forbid_new_privileges",
    "fork_into",
    "hide_memory",
    "inherit_orphans",
    "mount",
    "set_host_name",
    "system_call",
    "unshare",
]

import ctypes
import errno
import os
import signal
import struct
from enum import IntFlag

_libc = ctypes.CDLL(None, use_errno=True)
_holding_the_lock = ctypes.PyDLL(None, use_errno=True)
_CLONE3 = 435
(
    _PR_SET_CHILD_SUBREAPER,
    _PR_SET_DUMPABLE,
    _PR_CAPBSET_DROP,
    _PR_SET_NO_NEW_PRIVS,
    _PR_CAP_AMBIENT,
    _CLEAR_ALL,
) = 36, 4, 24, 38, 47, 4
_CAPABILITY_VERSION_3 = 0x20080522


class Namespace(IntFlag):
    """The kinds of namespaces, by their number in ``unshare`` and ``clone``."""

    TIME = 0x80
    MOUNT = 0x20000
    CGROUP = 0x2000000
    HOST_NAME = 0x4000000
    IPC = 0x8000000
    USER = 0x10000000
    PROCESS = 0x20000000
    NETWORK = 0x40000000


def code_of(error: OSError) -> str:
    """Return the name of an error of the kernel, such as EPERM."""
    return errno.errorcode.get(error.errno or 0, "unknown error")


def _checked(result: int, what: str) -> int:
    """Return what a call returned, or raise what went wrong."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def system_call(what: str, number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call by its number.

    Args:
        what: its name, for the message.
        number: that on every architecture since 2019.
        arguments: at most six.

    Raises:
        OSError: what the kernel answers.
    """
    given = [ctypes.c_long(entry) if isinstance(entry, int) else entry for entry in arguments]
    return _checked(int(_libc.syscall(ctypes.c_long(number), *given)), what)


def unshare(kinds: Namespace) -> None:
    """Leave namespaces for new ones of one's own.

    Args:
        kinds: which.

    Raises:
        OSError: if the kernel refuses.
    """
    _checked(_libc.unshare(ctypes.c_int(int(kinds))), "unshare")


def fork_into(kinds: Namespace) -> int:
    """Fork into new namespaces in one step; return 0 in the child, which is the first process there.

    ``os.fork`` after ``unshare`` would copy a large process once more. Python's own work at a fork is left
    out: the child may fork properly, and should do little else.

    Args:
        kinds: which.

    Raises:
        OSError: if the kernel refuses.
    """
    # flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls: the first clone_args
    arguments = struct.pack("=8Q", int(kinds), 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    call = _holding_the_lock.syscall
    return _checked(int(call(ctypes.c_long(_CLONE3), arguments, ctypes.c_size_t(len(arguments)))), "clone3")


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Mount a file system.

    Args:
        source: what; only a name for the kernel's own kinds.
        target: where.
        kind: such as ``tmpfs``.
        flags: the kernel's ``MS_`` numbers.
        options: of that kind.

    Raises:
        OSError: if the kernel refuses.
    """
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    done = _libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    _checked(done, f"mount {target}")


def set_host_name(name: str) -> None:
    """Name the machine, in a namespace of one's own.

    Args:
        name: without dots.

    Raises:
        OSError: if the kernel refuses.
    """
    text = name.encode()
    _checked(_libc.sethostname(text, ctypes.c_size_t(len(text))), "sethostname")


def _prctl(option: int, *values: int) -> int:
    """Change an attribute of this process."""
    given = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return int(_libc.prctl(ctypes.c_int(option), *given))


def drop_capabilities() -> None:
    """Give up every privilege of this process, and the chance to get one by starting a program.

    Raises:
        OSError: if the kernel refuses.
    """
    for number in range(64):
        if _prctl(_PR_CAPBSET_DROP, number) < 0 and ctypes.get_errno() == errno.EINVAL:
            break  # past the last one that this kernel knows
    _prctl(_PR_CAP_AMBIENT, _CLEAR_ALL)
    header, nothing = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(24)
    _checked(_libc.capset(header, nothing), "capset")


def forbid_new_privileges() -> None:
    """Make set-user-id programs ordinary ones for this process and all that it starts.

    Raises:
        OSError: if the kernel refuses.
    """
    _checked(_prctl(_PR_SET_NO_NEW_PRIVS, 1), "no_new_privs")


def inherit_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends.

    Raises:
        OSError: if the kernel refuses.
    """
    _checked(_prctl(_PR_SET_CHILD_SUBREAPER, 1), "subreaper")


def hide_memory(hidden: bool = True) -> None:
    """Keep other processes from reading or tracing this one.

    Args:
        hidden: False undoes it, which a change of user makes necessary before identities are mapped.

    Raises:
        OSError: if the kernel refuses.
    """
    _checked(_prctl(_PR_SET_DUMPABLE, 0 if hidden else 1), "not dumpable")
