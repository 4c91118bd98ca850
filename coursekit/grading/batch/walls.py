"""Which walls this machine has, without trying all of them again at every command."""

__all__ = ["standing_walls"]

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path

from coursekit._write import write_whole
from coursekit.grading.walls import doctor
from coursekit.grading.walls.doctor import REQUIRED, require_walls

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def _here() -> str:
    """Return what the walls depend on: this start of this machine, who asks, and what builds them."""
    found = sha256(f"{os.uname()} {os.geteuid()} {shutil.which('bwrap')}".encode())
    if _BOOT.exists():
        found.update(_BOOT.read_bytes())
    for path in sorted(Path(doctor.__file__).parent.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def standing_walls(folder: Path, *, unsafe: bool) -> str:
    """Return the kind of walls that stands here, empty if there is none.

    All walls are tried by attacking them, once after each start of the machine; a change of this package or
    of the user makes it happen again.

    Args:
        folder: where to remember what was found.
        unsafe: whether to go on without walls.

    Raises:
        CourseError: if one of the three that grading needs is down, and ``unsafe`` is not set.
    """
    path, here = folder / "walls.json", _here()
    try:
        known = json.loads(path.read_text("utf-8"))
        if known["here"] == here and all(known["found"]["walls"].get(name) for name in REQUIRED):
            return str(known["found"]["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing is known, or nobody can read it: they are tried
    found = require_walls(unsafe)
    write_whole(path, json.dumps({"here": here, "found": found}))
    enough = all(found["walls"].get(name) for name in REQUIRED)
    return str(found["kind"]) if enough else ""
