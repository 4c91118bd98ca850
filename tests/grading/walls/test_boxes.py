"""Boxes: what they share, what they leave behind, and how they end."""

import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

import pytest

from coursekit import __version__
from coursekit._check import CourseError
from coursekit.grading.walls import probe
from coursekit.grading.walls.bait import processes_with
from coursekit.grading.walls.kit import Kit
from coursekit.grading.walls.limits import Limits
from coursekit.grading.walls.lowered import nobody
from coursekit.grading.walls.pool import KINDS, Walled
from tests.grading.processes import below
from tests.grading.walls.places import DAEMON, KIT, PROBE, left_by_a_killed_host, mark_of_its_own, run

ZYGOTE = "coursekit.grading.walls.zygote"


def test_box_speaks_and_is_alive(walled: Walled) -> None:
    box = walled.spawn("probe")
    assert run(box, "r = 6 * 7") == 42
    assert box.alive
    box.kill()
    assert not box.alive
    box.kill()


def test_kill_leaves_no_process(walled: Walled) -> None:
    mark, box = mark_of_its_own(), walled.spawn("probe")
    assert run(box, DAEMON.format(mark=mark))
    assert len(processes_with(mark)) == 2
    box.kill()
    assert processes_with(mark) == []


def test_daemons_do_outlive_a_plain_process() -> None:
    mark = mark_of_its_own()
    subprocess.run([sys.executable, "-c", DAEMON.format(mark=mark)], check=True)
    left = processes_with(mark)
    for number in left:
        os.kill(number, signal.SIGKILL)
    assert len(left) == 2


def test_copies_live_on_when_the_student_s_process_ends(walled: Walled) -> None:
    """Frozen copies are asked after a cell has ended the process that they were made of."""
    box = walled.spawn("probe")
    assert run(box, "import os\nr = True\nif os.fork():\n    os._exit(0)") is True
    end = time.monotonic() + 10
    while box.alive and time.monotonic() < end:
        time.sleep(0.01)
    assert not box.alive
    assert not box.ended
    assert run(box, "r = 7") == 7
    box.kill()


def test_interrupt_reaches_the_student_only(walled: Walled) -> None:
    box = walled.spawn("probe")
    code = """
import os, time
child = os.fork()
if child == 0:
    time.sleep(20)
    os._exit(3)
try:
    open("/box/ready", "w").close()
    time.sleep(20)
except KeyboardInterrupt:
    r = os.waitpid(child, os.WNOHANG)[0]
"""
    timer = threading.Timer(1.0, box.interrupt)
    timer.start()
    assert run(box, code) == 0
    assert run(box, "r = 1") == 1
    timer.join()
    box.kill()


def test_interrupt_of_an_ended_process_is_nothing(walled: Walled) -> None:
    box = walled.spawn("probe")
    assert probe.ask(box.connection, "import os; os._exit(5)") == {"gone": True}
    end = time.monotonic() + 10
    while box.alive and time.monotonic() < end:
        box.interrupt()
    assert not box.alive
    box.interrupt()
    box.kill()


def test_boxes_do_not_see_each_other(walled: Walled) -> None:
    one, two = walled.spawn("probe"), walled.spawn("probe")
    mark = mark_of_its_own()
    made = f"""
import os, socket, subprocess, sys
from multiprocessing import shared_memory
open("/box/note", "w").write("x"), open("/tmp/note", "w").write("x")
memory = shared_memory.SharedMemory("note", create=True, size=10)
line = socket.socket(socket.AF_UNIX); line.bind("\\0note"); line.listen()
path = socket.socket(socket.AF_UNIX); path.bind("/tmp/line"); path.listen()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)", "{mark}"])
while "{mark}" not in open(f"/proc/{{child.pid}}/cmdline").read(): pass  # it is about to begin
sys.modules["kept"] = (memory, line, path, child)
r = [child.pid, os.getpid()]
"""
    seen = f"""
import os, socket
def connects(name):
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(name)
        except OSError:
            return False
    return True
lines = [open(f"/proc/{{n}}/cmdline").read() for n in os.listdir("/proc") if n.isdigit()]
names = [n for f in ("/box", "/tmp", "/dev/shm") for n in os.listdir(f)]
r = {{"files": sorted(n for n in names if n in ("note", "line")),
     "abstract": connects("\\0note"), "path": connects("/tmp/line"),
     "processes": sum("{mark}" in line for line in lines)}}
"""
    pids = run(one, made)
    notes = ["line", "note", "note", "note"]
    assert run(one, seen) == {"files": notes, "abstract": True, "path": True, "processes": 1}
    assert run(two, seen) == {"files": [], "abstract": False, "path": False, "processes": 0}
    # Numbers of the one mean nothing, or its own processes, to the other.
    code = f"""
import os
for number in {pids}:
    if number > 2 and number != os.getpid():
        try:
            os.kill(number, 9)
        except OSError:
            pass
r = 1
"""
    run(two, code)
    assert run(one, seen)["processes"] == 1
    one.kill()
    two.kill()


def test_namespaces_are_each_box_s_own(walled: Walled) -> None:
    kinds = ("user", "mnt", "pid", "ipc", "uts", "net", "cgroup")
    code = f"import os\nr = [os.readlink(f'/proc/self/ns/{{kind}}') for kind in {kinds!r}]"
    boxes = [walled.spawn("probe") for _ in range(2)]
    found = [run(box, code) for box in boxes]
    host = [os.readlink(f"/proc/self/ns/{kind}") for kind in kinds]
    for box in boxes:
        box.kill()
    assert all(len(set(names)) == 3 for names in zip(*found, host, strict=True))


def test_a_box_has_no_privilege_left(walled: Walled) -> None:
    box = walled.spawn("probe")
    code = """
import ctypes, os
lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
r = [int(lines[n], 16) for n in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")]
r += [int(lines["NoNewPrivs"]), int(lines["Seccomp"]), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), os.getuid()]
"""
    assert run(box, code) == [0, 0, 0, 0, 0, 1, 2, 0, 1000]
    box.kill()


def test_root_grades_as_nobody(walled: Walled) -> None:
    """The number outside is what the kernel goes by."""
    box = walled.spawn("probe")
    mark = mark_of_its_own()
    code = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)", "{mark}"])
while "{mark}" not in open(f"/proc/{child.pid}/cmdline").read(): pass  # it is about to begin
r = 1
""".replace("{mark}", mark)
    run(box, code)
    (number,) = processes_with(mark)
    line = next(x for x in Path(f"/proc/{number}/status").read_text().splitlines() if x.startswith("Uid:"))
    box.kill()
    assert set(line.split()[1:]) == {str(nobody() or os.getuid())}
    assert "0" not in line.split()[1:]


def test_poison_does_not_reach_the_next_box(walled: Walled) -> None:
    poison = """
import os, sys, numpy, site
tried = []
for path in [site.getsitepackages()[0] + "/poison.pth", sys.prefix + "/poison", "/kit/sitecustomize.py",
             os.path.expanduser("~/.ipython/profile_default/startup/poison.py"), numpy.__file__,
             "/dev/poison", "/dev/shm/poison", "/tmp/poison"]:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as handle:
            handle.write("x")
        tried.append(path)
    except OSError:
        pass
numpy.allclose = lambda *a, **k: True
sys.modules["json"] = numpy
import builtins
builtins.poison = 1
r = tried
"""
    one = walled.spawn("probe")
    home = "/box/.ipython/profile_default/startup/poison.py"
    assert run(one, poison) == [home, "/dev/shm/poison", "/tmp/poison"]
    one.kill()
    two = walled.spawn("probe")
    look = f"""
import builtins, json, os, numpy
r = [hasattr(builtins, "poison"), json.__name__, bool(numpy.allclose(0, 1)),
     [p for p in ({home!r}, "/dev/shm/poison", "/tmp/poison") if os.path.exists(p)]]
"""
    assert run(two, look) == [False, "json", False, []]
    two.kill()


def test_process_that_forks_survives_a_box_that_kills_its_parent(walled: Walled) -> None:
    box = walled.spawn("probe")
    code = """
import os, signal
r = []
for number in {1, os.getppid(), *range(2, 50)} - {os.getpid()}:
    for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        try:
            os.kill(number, kind)
            r.append(number)
        except OSError:
            pass
"""
    assert run(box, code) == []
    box.kill()
    after = walled.spawn("probe")
    assert run(after, "r = 1") == 1
    after.kill()


def test_fifty_boxes_leak_nothing(walled: Walled) -> None:
    walled.spawn("probe").kill()
    before = _held()
    for _ in range(50):
        walled.spawn("probe").kill()
    walled.spawn("probe").kill()
    assert _held() == before


def _held() -> tuple[int, ...]:
    """Count descriptors, descendants, mounts and control groups that this process may leave behind."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    mounts = len([line for line in lines if " /tmp " in line or "/coursekit-walls-" in line])  # ours alone
    groups = len(list(Path("/sys/fs/cgroup").rglob(f"coursekit-{os.getpid()}-*")))
    return len(os.listdir("/proc/self/fd")), len(below(os.getpid())), mounts, groups


def test_random_numbers_and_temporary_folders_are_each_box_s_own(walled: Walled) -> None:
    code = "import numpy, random, tempfile\nr = [numpy.random.rand(), random.random(), tempfile.gettempdir()]"
    answers = []
    for _ in range(2):
        box = walled.spawn("probe")
        answers.append(run(box, code))
        box.kill()
    (one, two) = answers
    assert one[0] != two[0]
    assert one[1] != two[1]
    assert one[2] == two[2] == "/tmp"


def test_nothing_of_the_host_is_handed_over(walled: Walled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "xyz")
    box = walled.spawn("probe")
    code = "import os\nr = [sorted(os.environ), sorted(os.listdir('/proc/self/fd')), os.listdir('/')]"
    names, files, root = run(box, code)
    assert "SECRET_TOKEN" not in names
    assert len(files) <= 5  # three standard streams, the connection, and the listing itself
    assert "home" not in root
    box.kill()


def test_only_the_kit_is_left_of_the_package(walled: Walled) -> None:
    box = walled.spawn("probe")
    code = """
import importlib, pathlib, coursekit, sys
found = [coursekit.__file__]
for name in ("assess", "grading.graft", "grading.inside.probe", "exam", "experiments"):
    try:
        importlib.import_module("coursekit." + name)
        found.append(name)
    except ImportError:
        pass
places = [path for path in map(pathlib.Path, sys.path) if list(path.glob("coursekit/*"))]
r = [*found, *map(str, places)]
"""
    assert run(box, code) == ["/kit/coursekit/__init__.py", "grading.inside.probe", "/kit"]
    box.kill()


def test_hidden_folders_are_empty_even_among_the_system_s() -> None:
    folder = Path(sysconfig.get_path("stdlib"), "idlelib")
    assert any(folder.iterdir())
    with Walled(Limits(), KIT, preload=(), hidden=(folder,)) as walls:
        box = walls.spawn("probe")
        assert run(box, f"import os\nr = os.listdir({str(folder)!r})") == []
        box.kill()


def test_the_kit_is_enough_for_data_and_pictures() -> None:
    with Walled(Limits(), KIT, preload=()) as walls:
        box = walls.spawn("probe")
        assert run(box, "import coursekit.data, coursekit.plot\nr = coursekit.__version__") == __version__
        box.kill()


def test_forbidden_modules_say_so() -> None:
    kit = Kit(extra=PROBE, forbidden=("sklearn", "six"))
    with Walled(Limits(), kit, preload=()) as walls:
        box = walls.spawn("probe")
        code = """
r = []
for name in ("sklearn", "six", "numpy"):
    try:
        __import__(name)
    except ImportError as error:
        r.append(str(error))
"""
        assert run(box, code) == [
            "sklearn is not part of this assignment", "six is not part of this assignment"
        ]  # fmt: skip
        # Nor can it be read and taken over.
        place = sysconfig.get_path("purelib")
        code = f"import os\nr = [os.listdir('{place}/sklearn'), open('{place}/six.py').read()]"
        assert run(box, code) == [[], ""]
        box.kill()


@pytest.mark.parametrize("kind", KINDS)
def test_the_package_is_hidden_where_it_is_installed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "site-packages"
    for name in ("coursekit", "other"):
        (packages / name).mkdir(parents=True)
        (packages / name / "answers.py").write_text("answer = 42")
    for folder in (tmp_path, packages, tmp_path.parent):
        folder.chmod(0o755)
    monkeypatch.syspath_prepend(str(packages))
    with Walled(Limits(), KIT, preload=(), kind=kind) as walls:
        box = walls.spawn("probe")
        code = f"""
r = []
for name in ("coursekit", "other"):
    try:
        r.append(open("{packages}/" + name + "/answers.py").read())
    except OSError:
        r.append(None)
"""
        assert run(box, code) == [None, "answer = 42"]
        box.kill()


def test_a_new_process_forks_when_the_old_one_has_died() -> None:
    others = set(processes_with(ZYGOTE))
    with Walled(Limits(), KIT, preload=()) as walls:
        old = _forking(others)
        box = walls.spawn("probe")
        os.kill(old, signal.SIGKILL)
        again = walls.spawn("probe")
        assert run(again, "r = 2") == 2
        assert box.ended  # it is pulled down with the wall around it
    assert not again.alive


def _forking(others: set[int]) -> int:
    """Return the number of this process's newest forking process: of Python, not of the wall around it."""
    (found,) = [
        number
        for number in (set(processes_with(ZYGOTE)) - others) & set(below(os.getpid()))
        if Path(f"/proc/{number}/comm").read_text().startswith("python")
    ]
    return found


def test_everything_ends_with_the_host(tmp_path: Path) -> None:
    assert left_by_a_killed_host(tmp_path) == []


def test_a_parent_with_threads_is_not_forked() -> None:
    late = """
import threading, time
def late():
    time.sleep(1)
    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
"""
    left = "import threading, time\nthreading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n"
    with pytest.raises(CourseError, match="left threads running"):
        Walled(Limits(), Kit(extra={**PROBE, "left.py": left}), preload=("left",)).__enter__()
    # A thread that only begins later: a signal's handler starts it, and no box is forked from then on.
    handler = f"import signal\n{late}\nsignal.signal(signal.SIGUSR1, lambda *_: late())\n"
    others = set(processes_with(ZYGOTE))
    with Walled(Limits(), Kit(extra={**PROBE, "handler.py": handler}), preload=("handler",)) as walls:
        walls.spawn("probe").kill()
        parent = _forking(others)
        os.kill(parent, signal.SIGUSR1)
        time.sleep(1.5)
        with pytest.raises(CourseError, match="forking it isn't safe"):
            walls.spawn("probe")


def test_mistakes_are_told() -> None:
    missing = Walled(Limits(), KIT, preload=("no_such_module",))
    with pytest.raises(CourseError, match="no_such_module"), missing:
        pass
    missing.close()
    with Walled(Limits(), KIT, preload=()) as walls:
        with pytest.raises(CourseError, match=r"coursekit\.grading\.inside\.nobody"):
            walls.spawn("nobody")
        with pytest.raises(ValueError, match="role must be the name of a module"):
            walls.spawn("../x")
    with pytest.raises(ValueError, match="taken down"):
        walls.spawn("probe")
