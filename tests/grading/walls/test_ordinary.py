"""All the tests of the walls once more as an ordinary user, where they were run by root."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
USER = 65534

# Folders on the way to the interpreter and the project may be closed to others: laid over in a mount table of
# its own, they are found at the same place by the user that the tests then run as.
BECOME = f"""
import json, os, sys
from pathlib import Path
from coursekit.grading.walls import kernel
kernel.unshare(kernel.Namespace.MOUNT)
kernel.mount(None, "/", None, 0x44000)
needed = [Path(p).resolve() for p in (sys.base_prefix, sys.prefix, {str(ROOT)!r})]
closed = {{p for n in needed for p in n.parents if not p.stat().st_mode & 0o001}}
stage = Path(sys.argv[1])
for number, folder in enumerate(sorted(closed)):
    inside = [n for n in needed if folder in n.parents]
    for k, path in enumerate(inside):
        held = stage / f"{{number}}-{{k}}"
        held.mkdir()
        kernel.mount(str(path), str(held), None, 0x5000)
    kernel.mount("over", str(folder), "tmpfs", 0, "mode=0755")
    for k, path in enumerate(inside):
        path.mkdir(parents=True)
        kernel.mount(str(stage / f"{{number}}-{{k}}"), str(path), None, 0x5000)
os.setgroups([])
os.setresgid({USER}, {USER}, {USER})
os.setresuid({USER}, {USER}, {USER})
os.chdir({str(ROOT)!r})
os.execv(sys.executable, [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", *sys.argv[2:]])
"""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="the tests themselves run as an ordinary user")
def test_walls_hold_for_an_ordinary_user() -> None:
    with tempfile.TemporaryDirectory(prefix="ordinary-") as stage, tempfile.TemporaryDirectory() as home:
        os.chown(home, USER, USER)
        Path(stage).chmod(0o755)
        own = {"HOME": home, "TMPDIR": home, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        line = [sys.executable, "-c", BECOME, stage, str(Path(__file__).parent)]
        done = subprocess.run(
            line,
            cwd=ROOT,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        print(done.stdout)
