"""What student code must not be able to do, each as lines that try it; ``r`` is true if they succeed."""

__all__ = ["ATTACKS", "SETUP"]

# What the attacks share. They run in the box, or in a plain process to see that they do work.
SETUP = '''
import ctypes, errno, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)

def works(action, *arguments):
    try:
        action(*arguments)
    except OSError:
        return False
    return True

def call(name, *arguments):
    ctypes.set_errno(0)
    return getattr(libc, name)(*arguments) != -1

def attempt(action):
    """Tell whether an action works in a child."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if action() else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
'''

# name: (the wall that holds it, code). `given` is a dictionary with what the attack needs to know.
ATTACKS: dict[str, tuple[str, str]] = {
    "read a file of this machine": ("files", "r = works(lambda: open(given['secret']).read())"),
    "list the course's folder": ("files", "r = works(os.listdir, given['folder'])"),
    "read the passwords": ("files", "r = works(lambda: open('/etc/shadow').read())"),
    "read the package's answers": ("files", "r = works(lambda: open(given['package']).read())"),
    "write outside the box": (
        "files",
        """
def write():
    with open(given["folder"] + "/left-behind", "w") as handle:
        handle.write("x")
r = works(write)
""",
    ),
    "write into the environment": (
        "files",
        """
def write():
    with open(given["packages"] + "/left_behind.py", "w") as handle:
        handle.write("x")
    os.remove(given["packages"] + "/left_behind.py")
r = works(write)
""",
    ),
    "reach a port of this machine": (
        "network",
        """
def connect():
    with socket.socket() as line:
        line.settimeout(3)
        line.connect(("127.0.0.1", given["port"]))
r = works(connect)
""",
    ),
    "reach an abstract socket of this machine": (
        "network",
        """
def connect():
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(3)
        line.connect("\\0" + given["abstract"])
r = works(connect)
""",
    ),
    "reach a socket in a folder of this machine": (
        "sockets",
        """
def connect():
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(3)
        line.connect(given["folder"] + "/line")
r = works(connect)
""",
    ),
    "start processes without end": (
        "limits",
        """
import subprocess
children, r = [], True
for _ in range(given["processes"]):
    try:
        child = os.fork()
    except OSError:
        r = False
        break
    if child == 0:
        time.sleep(60)
        os._exit(0)
    children.append(child)
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
""",
    ),
    "allocate without end": (
        "limits",
        """
def hold():
    block = bytearray(given["memory"] << 20)
    return len(block) > 0
r = attempt(hold)
""",
    ),
    "allocate shared memory without end": (
        "limits",
        """
import mmap
def hold():
    block = mmap.mmap(-1, 4 * given["memory"] << 20)
    return len(block) > 0
r = attempt(hold)
""",
    ),
    "fill the disk": (
        "limits",
        """
def fill():
    for number in range(1 + given["disk"] // 8):
        with open(f"{given['scratch']}/fill{number}", "wb") as handle:
            handle.write(bytes(8 << 20))
    time.sleep(0.5)
try:
    r = works(fill)
finally:
    for name in os.listdir(given["scratch"]):
        if name.startswith("fill"):
            os.remove(f"{given['scratch']}/{name}")
""",
    ),
    "write a huge file": (
        "limits",
        """
def fill():
    path = given["scratch"] + "/huge"
    with open(path, "wb") as handle:
        handle.truncate(given["file"] << 20)
    os.remove(path)
r = works(fill)
""",
    ),
    "compute without end": (
        "limits",
        """
def burn():
    begin = time.process_time()
    while time.process_time() - begin < given["seconds"]:
        pass
    return True
r = attempt(burn)
""",
    ),
    "make namespaces": ("calls", "r = attempt(lambda: call('unshare', 0x10000000))"),
    "trace a process": ("calls", "r = attempt(lambda: call('ptrace', 0, 0, None, None))"),
    "trace its parent": (
        "calls",
        """
def trace():
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os._exit(0 if call("ptrace", 0x4206, parent, None, None) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
r = trace()
""",
    ),
    "use the kernel's key rings": (
        "calls",
        """
number = {"x86_64": 250}.get(os.uname().machine, 219)
r = call("syscall", ctypes.c_long(number), 0, -3, 0)
""",
    ),
    "make files that no disk holds": (
        "calls",
        """
handle = libc.memfd_create(b"x", 0)
r = handle >= 0
""",
    ),
    "signal the box's first process": ("signals", "r = works(os.kill, 1, 0)"),
    "become another user": (
        "privileges",
        """
another = 0 if os.getuid() else 12345
r = attempt(lambda: os.setuid(another) is None)
""",
    ),
    "mount a file system": (
        "privileges",
        """
r = attempt(lambda: call("mount", b"x", b"/tmp", b"tmpfs", 0, None))
""",
    ),
}
