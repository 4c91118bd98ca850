"""A throw-away wall around a whole grader: hostile submissions are never run without it."""

__all__ = ["COURSE", "PORT", "walled"]

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from coursekit.grading.walls.groups import Groups
from coursekit.grading.walls.limits import Limits

PORT, COURSE, HERE = 7431, "/course", Path(__file__).parent
_LEAST = ("ld.so.cache", "alternatives", "fonts", "localtime")


def _confine() -> None:
    for kind, most in (
        (resource.RLIMIT_DATA, 3500 << 20),
        (resource.RLIMIT_FSIZE, 300 << 20),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def walled(
    environment: Path, world: Path, secret: str, commands: list[tuple[list[str], int, str]]
) -> list[dict[str, object]]:
    """Run commands behind a wall of their own, without network; return how each ended.

    Args:
        environment: of the grader; what is written into it goes to a layer that is thrown away.
        world: a folder with "course", "home" and "out".
        secret: that its variable, its home and its services tell.
        commands: each with its limit in seconds and its folder.
    """
    order = {"port": PORT, "secret": secret, "commands": commands}
    (world / "order.json").write_text(json.dumps(order))
    (world / "hosts").write_text("127.0.0.1 localhost\n")
    (world / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    layered = world / "environment"
    shutil.rmtree(world / "work", ignore_errors=True)
    for name in ("environment", "upper", "work"):
        (world / name).mkdir(exist_ok=True)
    layers = f"lowerdir={environment},upperdir={world / 'upper'},workdir={world / 'work'}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(layered)], check=True)
    base = Path(os.path.realpath(environment / "bin" / "python")).parent.parent
    line = [
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--cap-drop",
        "ALL",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    line += ["--ro-bind", "/usr", "/usr", "--tmpfs", "/tmp"]
    for name in ("bin", "sbin", "lib", "lib64"):
        line += ["--symlink", f"usr/{name}", f"/{name}"]
    for name in _LEAST:
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    line += ["--bind", str(world / "home"), "/root", "--ro-bind", str(base), str(base)]
    for source, target in (("course", COURSE), ("out", "/out")):
        line += ["--bind", str(world / source), target]
    line += ["--bind", str(layered), str(environment), "--ro-bind", str(HERE / "driver.py"), "/driver.py"]
    line += ["--ro-bind", str(world / "order.json"), "/order.json"]
    for name in ("hosts", "passwd"):
        line += ["--ro-bind", str(world / name), f"/etc/{name}"]
    settings = {"HOME": "/root", "PATH": f"{environment}/bin:/usr/bin:/bin", "OMP_NUM_THREADS": "1",
                "LANG": "C.UTF-8", "COURSEKIT_TOY": secret, "USER": "root"}  # fmt: skip
    for name, value in settings.items():
        line += ["--setenv", name, value]
    group = Groups(Limits(processes=300)).new()
    if group is None:
        raise SystemExit("no control group for processes can be made here: hostile submissions are not run")
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", "import os, sys; sys.stdin.read(1); os.execvp(sys.argv[1], sys.argv[1:])",
             *line, str(environment / "bin" / "python"), "/driver.py", "/order.json"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=_confine,
        )  # fmt: skip
        group.add(process.pid)
        try:
            _, errors = process.communicate(b"g", sum(limit for _, limit, _ in commands) + 60)
        except subprocess.TimeoutExpired:
            process.kill()
            _, errors = process.communicate()
    finally:
        subprocess.run(["umount", "-l", str(layered)], check=False)
        group.remove()
    told = world / "out" / "driver.json"
    if errors and not told.exists():
        print("   ", errors.decode(errors="replace")[-300:], flush=True)
    return json.loads(told.read_text()) if told.exists() else []
