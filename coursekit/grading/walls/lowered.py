"""Started by root: lays folders where an ordinary user reaches them, becomes that user, and starts a program.

The kernel binds root by no limit on processes, and root's number owns most files of the machine: student
code gets the number of nobody instead. Nothing that is laid out here can be seen by other processes.
"""

__all__ = ["main", "nobody"]

import json
import os
import stat
import sys
from pathlib import Path

from coursekit.grading.walls import kernel
from coursekit.grading.walls.kernel import Namespace

_RECURSIVE, _PRIVATE, _BIND, _NO_SUID, _NO_DEVICES = 0x4000, 0x40000, 0x1000, 2, 4
_NOBODY = 65533  # reserved in Debian's policy, and without an account elsewhere; 65534 owns files of NFS


def nobody() -> int | None:
    """Return the number that student code runs as when root grades; None for an ordinary user."""
    if os.geteuid() != 0:
        return None
    lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    spans = [(int(first), int(count)) for first, _, count in (line.split() for line in lines)]
    return _NOBODY if any(first <= _NOBODY < first + count for first, count in spans) else None


def main() -> None:
    """Do what the first argument says, then run the program that the others give."""
    order = json.loads(sys.argv[1])
    if order["stage"]:
        kernel.unshare(Namespace.MOUNT)
        kernel.mount(None, "/", None, _RECURSIVE | _PRIVATE)
        # Held open, for what is laid over next may hide them.
        held = {name: os.open(source, os.O_PATH) for name, source in order["stage"].items()}
        kernel.mount("stage", order["folder"], "tmpfs", _NO_SUID | _NO_DEVICES, "size=1m,mode=0755")
        for name in order["stage"]:
            target = Path(order["folder"], name)
            if stat.S_ISDIR(os.fstat(held[name]).st_mode):
                target.mkdir()
            else:
                target.touch()
            kernel.mount(f"/proc/self/fd/{held[name]}", str(target), None, _BIND | _RECURSIVE)
            os.close(held[name])
    os.setgroups([])
    os.setresgid(order["user"], order["user"], order["user"])
    os.setresuid(order["user"], order["user"], order["user"])
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
