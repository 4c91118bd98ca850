"""Inside the throw-away wall: services worth attacking, then the grader's commands, then who is left."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path


def serve(listener: socket.socket, secret: bytes) -> None:
    """Tell whoever connects the host's secret."""
    while True:
        line, _ = listener.accept()
        with line:
            line.sendall(secret)


def running() -> list[str]:
    """Return the command lines of processes that run besides this one and bubblewrap's."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
            text = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if state != "Z" and int(entry.name) not in (1, os.getpid()) and not text.startswith("bwrap"):
            found.append(text[:200])
    return found


def main() -> None:
    """Run the commands of a specification."""
    order = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    listener, inner = socket.create_server(("127.0.0.1", order["port"])), socket.socket(socket.AF_UNIX)
    inner.bind("\0coursekit-toy")
    inner.listen()
    for one in (listener, inner):
        threading.Thread(target=serve, args=(one, order["secret"].encode()), daemon=True).start()
    told = []
    for line, limit, folder in order["commands"]:
        begun = time.monotonic()
        with open("/out/log", "ab") as log:
            process = subprocess.Popen(
                line, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
            try:
                code = process.wait(limit)
            except subprocess.TimeoutExpired:
                code = None
                os.killpg(process.pid, signal.SIGKILL)
        told.append({"code": code, "seconds": round(time.monotonic() - begun, 2)})
        if code is not None:
            time.sleep(1)
            told[-1]["alive"] = running()
        else:
            for text in Path("/proc").glob("[0-9]*"):  # what was cut off takes its own processes along
                if int(text.name) not in (1, os.getpid()):
                    with contextlib.suppress(OSError):
                        os.kill(int(text.name), signal.SIGKILL)
        Path("/out/driver.json").write_text(json.dumps(told))


main()
