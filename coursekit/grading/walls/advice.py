"""What the doctor says: which walls are up, in plain words, and what to install or change for the others."""

__all__ = ["advice", "told"]

import contextlib
import platform
import shutil
import sys
from pathlib import Path

from coursekit.grading.walls.doctor import REQUIRED, Standing

_BUILT = {
    "nested": "bubblewrap around one process, and namespaces around each box that it forks",
    "single": "bubblewrap around each box (slower: libraries are loaded for each)",
    "bare": "Landlock, seccomp and limits, without bubblewrap",
    "": "none",
}
_MEANING = {
    "files": "reads nothing but the libraries, writes nowhere but in its box",
    "network": "reaches no port and no nameless socket",
    "limits": "memory, processes, processor time and disk are bounded",
    "sockets": "reaches no socket of another program's folder",
    "calls": "dangerous calls of the kernel are refused",
    "signals": "sends signals to nobody outside",
    "privileges": "can't become another user or mount anything",
    "ending": "nothing outlives its box",
}
_SETTINGS = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1",
     "Ubuntu's AppArmor keeps bubblewrap from making namespaces: write a profile /etc/apparmor.d/bwrap "
     "with `profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }`, load it with `apparmor_parser -r`, "
     "or set `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"),
    ("kernel/unprivileged_userns_clone", "0",
     "user namespaces are switched off: set `sysctl kernel.unprivileged_userns_clone=1`"),
    ("user/max_user_namespaces", "0",
     "user namespaces are switched off: set `sysctl user.max_user_namespaces=10000`"),
)  # fmt: skip


def _settings() -> list[str]:
    """Return what in this machine's settings stands in the way of bubblewrap."""
    found = []
    for name, value, text in _SETTINGS:
        with contextlib.suppress(OSError):
            if Path("/proc/sys", name).read_text(encoding="ascii").strip() == value:
                found.append(text)
    return found


def advice(found: Standing) -> list[str]:
    """Return what to install or to change, a line each, the most useful first.

    Args:
        found: the walls of this machine.
    """
    if not sys.platform.startswith("linux"):
        if platform.system() == "Windows":
            return ["grade inside WSL 2: `wsl --install`, then follow the README there"]
        return ["grade inside a Linux container or virtual machine, such as Docker Desktop, Podman or Lima"]
    lines = []
    if found.kind != "nested" and found.why:
        if shutil.which("bwrap") is None:
            lines.append("install bubblewrap: `apt install bubblewrap`, or `dnf install bubblewrap`")
        else:
            lines += _settings() or [
                "bubblewrap is installed but can't make its namespaces: in a container, allow them "
                "(Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
                "--security-opt systempaths=unconfined), or grade outside of it"
            ]
    if not found.facts.get("seccomp"):
        lines.append("install pyseccomp (`make book` does) and its library (`apt install libseccomp2`)")
    if not found.facts.get("landlock"):
        lines.append("this kernel has no Landlock: use Linux 5.13 or newer, with `landlock` switched on")
    if found.facts.get("root") and not found.facts.get("lowered") and not found.facts.get("groups"):
        lines.append("grade as an ordinary user: the kernel does not bound the number of root's processes")
    return lines


def told(found: Standing) -> str:
    """Return the doctor's report.

    Args:
        found: the walls of this machine.
    """
    lines = [f"Walls on this machine: {_BUILT[found.kind]}."]
    for name, meaning in _MEANING.items():
        if name in found.walls:
            lines.append(f"  {name:12s}{'up  ' if found.walls[name] else 'DOWN'}  {meaning}")
    lines += [f"An attack succeeded: to {name}." for name in found.broken]
    if found.why:
        lines.append(f"Why not better: {found.why}.")
    lines += [f"To do: {text}." for text in advice(found)]
    if found.facts and not found.facts["sum"]:
        lines.append("Note: memory is bounded for each process of a box, not for their sum.")
    need = ", ".join(REQUIRED)
    lines.append(
        f"Students' work can be graded here: {need} are up." if found.enough
        else f"Students' work is not graded here unless you say so: {need} must be up."
    )  # fmt: skip
    return "\n".join(lines)
