"""How much of the machine one student's code may use."""

__all__ = ["Limits", "apply_limits", "tasks_of"]

import contextlib
import os
import resource
from dataclasses import dataclass
from pathlib import Path

from coursekit._check import check_positive_int

_MB = 1 << 20
_LOWEST_PRIORITY = "1000"  # the first to be ended when the machine runs out of memory


@dataclass(frozen=True)
class Limits:
    """What one walled-in box may use; the defaults fit a notebook that trains small networks with torch.

    Memory is what a process allocates for itself (RLIMIT_DATA): the address space would count libraries
    and reserved ranges too, several GB with torch. It is bounded apart, at the start plus twice the memory,
    since shared memory is no data. These hold for each process; only a control group holds for all together.

    Attributes:
        memory_mb: of each process; its cells get seven eighths.
        processes: processes and threads of the box together.
        cpu_seconds: of each process.
        file_mb: size of one file.
        open_files: at a time, for each process.
        disk_mb: all files together; they lie in memory.

    Raises:
        ValueError: if one is too small to run anything.
    """

    memory_mb: int = 3072
    processes: int = 64
    cpu_seconds: int = 120
    file_mb: int = 256
    open_files: int = 1024
    disk_mb: int = 256

    def __post_init__(self) -> None:
        """Refuse limits below which not even the walls can be set up."""
        lowest = {"memory_mb": 64, "processes": 2, "open_files": 16}
        for name in self.__dataclass_fields__:
            check_positive_int(getattr(self, name), name, minimum=lowest.get(name, 1))


def _address_space() -> int:
    """Return the bytes of address space that this process has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _lower(kind: int, soft: int, hard: int | None = None) -> None:
    """Set a limit, or the lower one that already holds."""
    _, most = resource.getrlimit(kind)
    wanted = soft if hard is None else hard
    wanted = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(kind, (min(soft, wanted), wanted))


def tasks_of(user: int) -> int:
    """Return how many processes and threads of a user run on this machine.

    Args:
        user: its number.
    """
    found = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found += len(list((entry / "task").iterdir())) if entry.stat().st_uid == user else 0
    return found


def apply_limits(limits: Limits, others: int = 0) -> None:
    """Bind this process and all that it starts.

    Args:
        limits: what it may use.
        others: processes of its user that are not the box's, where the kernel counts them with it.

    Raises:
        OSError: if the kernel refuses.

    Example:
        >>> Limits(memory_mb=512).processes
        64
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_LOWEST_PRIORITY, encoding="ascii")
    memory = limits.memory_mb * _MB
    _lower(resource.RLIMIT_AS, _address_space() + 2 * memory)
    # An eighth is kept back for what comes after the cells: a cell that ate all the rest spoils no test.
    _lower(resource.RLIMIT_DATA, memory - memory // 8, memory)
    _lower(resource.RLIMIT_NPROC, limits.processes + others)
    # The first signal can be caught, the second, a second later, can't.
    _lower(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)
    _lower(resource.RLIMIT_FSIZE, limits.file_mb * _MB)
    _lower(resource.RLIMIT_NOFILE, limits.open_files)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE):
        _lower(kind, 0)
