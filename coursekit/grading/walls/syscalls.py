"""seccomp: what student code never asks of the kernel, and most holes of kernels are found in."""

__all__ = ["refusals", "refuse_calls"]

import errno
import socket
from typing import Any

from coursekit.grading.walls.kernel import Namespace, forbid_new_privileges

# Those that a machine's libseccomp has no name for yet are left out, but for the ones numbered below.
_DENIED = (
    "unshare", "setns", "pivot_root", "chroot", "ptrace", "process_vm_readv", "process_vm_writev",
    "process_madvise", "kcmp", "pidfd_getfd", "mount", "umount2", "fsopen", "fsconfig", "fsmount",
    "fspick", "move_mount", "open_tree", "mount_setattr", "statmount", "listmount", "bpf", "keyctl",
    "add_key", "request_key", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module",
    "open_by_handle_at", "fanotify_init", "swapon", "swapoff", "reboot", "settimeofday", "clock_settime",
    "clock_adjtime", "adjtimex", "acct", "quotactl", "quotactl_fd", "syslog", "lookup_dcookie",
    "vhangup", "nfsservctl", "iopl", "ioperm", "sethostname", "setdomainname",
)  # fmt: skip
# A caller that meets "no such call" tries another way.
_ABSENT = (
    "clone3", "memfd_create", "memfd_secret", "shmget", "semget", "msgget",
)  # fmt: skip
# The same on every architecture.
_NUMBERED = {"open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
             "fspick": 433, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
             "mount_setattr": 442, "memfd_secret": 447, "statmount": 457, "listmount": 458}  # fmt: skip
_TERMINAL_INPUT, _TERMINAL_LINUX = 0x5412, 0x541C
_PERSONALITY_QUERY = 0xFFFFFFFF


def _arguments(rules: Any, library: Any) -> None:
    """Add the rules that depend on what a call is given."""
    denied, masked, other = library.ERRNO(errno.EPERM), library.MASKED_EQ, library.NE
    for kind in Namespace:
        if kind is not Namespace.TIME:  # in `clone` this bit belongs to the number of a signal
            rules.add_rule(denied, "clone", library.Arg(0, masked, int(kind), int(kind)))
    no_family = library.ERRNO(errno.EAFNOSUPPORT)
    for name in ("socket", "socketpair"):
        rules.add_rule(no_family, name, library.Arg(0, other, int(socket.AF_UNIX)))
    rules.add_rule(denied, "personality", library.Arg(0, other, _PERSONALITY_QUERY))
    for request in (_TERMINAL_INPUT, _TERMINAL_LINUX):
        rules.add_rule(denied, "ioctl", library.Arg(1, masked, 0xFFFFFFFF, request))


def refusals() -> Any:
    """Return the filter, which a process can load after a fork.

    Raises:
        ImportError: if pyseccomp or the library below it is not installed.
    """
    try:
        import pyseccomp as library
    except (OSError, RuntimeError) as error:
        raise ImportError(f"pyseccomp does not find libseccomp: {error}", name="pyseccomp") from None
    rules = library.SyscallFilter(library.ALLOW)
    for names, number in ((_DENIED, errno.EPERM), (_ABSENT, errno.ENOSYS)):
        for name in names:
            try:
                rules.add_rule(library.ERRNO(number), name)
            except (OSError, ValueError):
                if name in _NUMBERED:
                    rules.add_rule(library.ERRNO(number), _NUMBERED[name])
    _arguments(rules, library)
    return rules


def refuse_calls(rules: Any) -> None:
    """Bind this process and all that it starts to a filter.

    Args:
        rules: from ``refusals``.

    Raises:
        OSError: if the kernel refuses.
    """
    forbid_new_privileges()
    rules.load()
