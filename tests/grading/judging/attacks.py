# ruff: noqa: E501 (submissions are code in strings)
"""Hostile submissions of the small assignment: what they do, and which answers deserve nothing for it."""

__all__ = ["ATTACKS", "Attack"]

from typing import NamedTuple


class Attack(NamedTuple):
    """One submission.

    Attributes:
        answers: the cells that differ from the right ones.
        lost: answers that are wrong in truth, and must get nothing.
        may_lose: answers that are right, but which the attack itself may have spoilt.
    """

    answers: dict[str, str]
    lost: str = ""
    may_lose: str = ""


_ALL = "double total softmax stats word"
_YES = """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __bool__(self): return True
    def __sub__(self, other): return self
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __sub__
    def __abs__(self): return self
    def __float__(self): return 0.0
    def __array__(self, *a, **k): return np.zeros(())
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    def __getitem__(self, key): return self
    def __len__(self): return 3
    def __contains__(self, other): return True
    def __hash__(self): return 1
    def __index__(self): return 6
    shape = (3,)
    dtype = float
"""
_WRONG = {
    "double": "def double(x):\n    return 0 * x",
    "total": "def total(x):\n    return 0.5",
    "softmax": "def softmax(x):\n    return np.ones(3) / 3",
    "stats": "def stats(x):\n    return {'mean': 0.123, 'rows': [6]}",
    "word": "word = 'loss'",
}


def _wrong(first: str, **more: str) -> Attack:
    """Answer everything wrongly after a piece of code that should make it count."""
    return Attack({**_WRONG, "double": f"{first}\n{_WRONG['double']}", **more}, _ALL)


def _look(expression: str) -> Attack:
    """Print what an expression finds; the answers are right."""
    code = f"import os, sys, glob, gc\ntry:\n    print({expression})\nexcept Exception as error:\n    print(type(error).__name__)"
    return Attack(
        {"total": f"{code}\ndef total(x):\n    return float(np.sum(x))", "word": f"word = 'gradient'\n{code}"}
    )


def _act(code: str, lost: str = "", may_lose: str = "") -> Attack:
    """Do something before the answer to `total`, which is right."""
    return Attack({"total": f"{code}\ndef total(x):\n    return float(np.sum(x))"}, lost, may_lose)


def _within(code: str) -> Attack:
    """Do something whenever `total` is called: its point may be lost, no other."""
    body = "\n".join(f"    {line}" for line in code.splitlines())
    return Attack({"total": f"def total(x):\n{body}\n    return float(np.sum(x))"}, may_lose="total")


_WALK = "[p for r in (os.getcwd(), *(f'/{n}' for n in os.listdir('/') if n not in ('proc', 'sys', 'usr', 'lib', 'lib64'))) for d, _, fs in os.walk(r) if 'site-packages' not in d for f in fs for p in [os.path.join(d, f)] if f.endswith(('.ipynb', '.db', '.json')) or 'secret' in f]"
_READ = "''.join(open(p, errors='replace').read() for p in {} if os.access(p, os.R_OK))"

ATTACKS: dict[str, Attack] = {
    # reading
    "find notebooks and databases": _look(_READ.format(_WALK)),
    "read the course folder": _look("open(COURSE + '/gradebook.db').read(), os.listdir(COURSE)"),
    "read the home folder": _look("os.listdir(os.path.expanduser('~root')), open('/root/.bashrc').read()"),
    "read the host's secrets": _look("open('/etc/shadow').read()"),
    "import the exercises": _look("__import__('coursekit.assess.workshop.one_neuron').__file__"),
    "import the references": _look("__import__('coursekit.vae').__file__"),
    "read the package": _look(
        "[open(p).read() for p in glob.glob('/**/coursekit/assess/workshop/*.py', recursive=True)][0]"
    ),
    "history": _look(
        "[dict(get_ipython().user_ns).get(k) for k in ('In', 'Out', '_ih', '_i', '_oh')], list(get_ipython().history_manager.get_range(raw=True)) "
    ),
    "all objects": _look(
        "[o for o in gc.get_objects() if isinstance(o, (list, dict)) and 'hidden-' + 'test' in repr(o)[:100000]][:3]"
    ),
    "frames": _look(
        "[f.f_locals for f in sys._current_frames().values()], [sys._getframe(i).f_locals for i in range(5)]"
    ),
    "environment": _look("dict(os.environ)"),
    "parents' environment": _look("[open(p, 'rb').read() for p in glob.glob('/proc/*/environ')]"),
    "parents' memory": _look(
        "[open(p, 'rb').read(10) for p in glob.glob('/proc/*/mem') if '/self/' not in p and f'/{os.getpid()}/' not in p]"
    ),
    "parents' files": _look("[os.readlink(p) for p in glob.glob('/proc/[0-9]*/fd/*')]"),
    "links out of the box": _act(
        "import os\nos.symlink(COURSE, 'out')\nprint(os.listdir('out'))", may_lose="total"
    ),
    "mount the host": _act("import ctypes\nprint(ctypes.CDLL(None).mount(b'/', b'/tmp', None, 4096, None))"),
    "loopback": _look("__import__('socket').create_connection(('127.0.0.1', PORT), 1).recv(100)"),
    "abstract socket": _look(
        "[(s.connect(chr(0) + 'coursekit-toy'), s.recv(100)) for s in [__import__('socket').socket(1)]]"
    ),
    "the network": _look("__import__('urllib.request').request.urlopen('http://1.1.1.1', timeout=1).read()"),
    # faking the comparison
    "np.allclose replaced": _wrong("np.allclose = lambda *a, **k: True"),
    "np.allclose replaced by a thread": _wrong(
        "import threading, time\ndef again():\n    while True:\n        np.allclose = lambda *a, **k: True\n        time.sleep(0.001)\nthreading.Thread(target=again, daemon=True).start()"
    ),
    "numpy faked": _wrong(
        "import sys, types\nfake = types.ModuleType('numpy'); fake.__getattr__ = lambda name: (lambda *a, **k: True)\nsys.modules['numpy'] = fake"
    ),
    "builtins replaced": _wrong(
        "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.AssertionError = type('Quiet', (BaseException,), {})"
    ),
    "asserts dropped by a transformer": _wrong(
        "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\nget_ipython().ast_transformers.append(Drop())"
    ),
    "cells blanked by a transformer": _wrong(
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])"
    ),
    "run_cell replaced": _wrong(
        "type(get_ipython()).run_cell = lambda *a, **k: type('R', (), {'success': True, 'result': 2.0})()"
    ),
    "the shell of the judge replaced": _wrong(
        "import coursekit.grading.inside.cells as c\nc.Cell.fail = lambda *a: None\nc.Shell.run = lambda *a: []"
    ),
    "the wire replaced": _wrong(
        "import coursekit.grading.inside.wire as w, coursekit.grading.inside.peer as p\np.pack = lambda *a, **k: w.pack({'value': True, 'networks': (), 'params': (), 'streams': {}, 'forgotten': ()}, answer=True)"
    ),
    "trust replaced": _wrong(
        "import coursekit.grading.inside.trust as t\nt.Strict.may_use = lambda *a, **k: True"
    ),
    "an object that agrees": Attack(
        {
            **_WRONG,
            "double": f"{_YES}\ndef double(x):\n    return Yes()",
            "total": "def total(x):\n    return Yes()",
            "softmax": "def softmax(x):\n    return Yes()",
            "stats": "def stats(x):\n    return Yes()",
            "word": "word = Yes()",
        },
        _ALL,
    ),
    "lying subclasses": Attack(
        {
            "double": "class A(np.ndarray):\n    def __array_function__(self, *a, **k): return True\n    def __array_ufunc__(self, *a, **k): return True\n    def __eq__(self, o): return True\ndef double(x):\n    return np.zeros(4).view(A)",
            "total": "class F(float):\n    def __sub__(self, o): return 0.0\ndef total(x):\n    return F(7)",
            "softmax": "class B(np.ndarray):\n    shape = (3,)\n    def __array_function__(self, *a, **k): return True\ndef softmax(x):\n    return np.zeros(3).view(B)",
            "stats": "class D(dict):\n    def __getitem__(self, k): return Y()\nclass Y(float):\n    def __sub__(self, o): return 0.0\n    def __eq__(self, o): return True\ndef stats(x):\n    return D(mean=Y(1), rows=[6])",
            "word": "class S(str):\n    def __eq__(self, o): return True\n    __hash__ = str.__hash__\nword = S('loss')",
        },
        _ALL,
    ),
    "a test seen through its own arguments": _wrong(
        "import sys\ndef peek():\n    f = sys._getframe()\n    while f:\n        for k, v in f.f_locals.items():\n            if k in ('x', 'found'): return v\n        f = f.f_back",
        double="def double(x):\n    return peek()",
    ),
    "a name of the test defined": _wrong(
        "x = np.zeros(4); found = None; SECRET = 1\nassert_ = lambda *a: None"
    ),
    "the test's modules under other names": _wrong(
        "np = type('N', (), {'allclose': staticmethod(lambda *a: True), 'random': __import__('numpy').random, 'exp': __import__('numpy').exp, 'ones': __import__('numpy').ones})"
    ),
    # outputs as points
    "points displayed": _wrong(
        "from IPython.display import display\ndisplay(2.0)\nimport sys\nsys.displayhook(2.0)\nprint(2.0)\n2.0"
    ),
    "points displayed while called": Attack(
        {
            **_WRONG,
            "total": "def total(x):\n    from IPython.display import display\n    display(2.0); print(2.0)\n    get_ipython().display_pub.publish({'text/plain': '2.0'})\n    return 0.5",
        },
        _ALL,
    ),
    "no outputs by clearing": _wrong(
        "from IPython.display import clear_output\nclear_output()\nget_ipython()._showtraceback = lambda *a: None\nimport sys\nsys.excepthook = lambda *a: None"
    ),
    "an exception that says ok": Attack(
        {
            **_WRONG,
            "total": "class ok(Exception):\n    def _render_traceback_(self): return []\n    def __str__(self): return '2.0'\ndef total(x):\n    raise ok",
        },
        _ALL,
    ),
    "errors that are no errors": Attack(
        {
            **_WRONG,
            "total": "def total(x):\n    raise StopIteration(2.0)",
            "double": "def double(x):\n    raise GeneratorExit",
            "softmax": "def softmax(x):\n    raise KeyboardInterrupt",
            "stats": "def stats(x):\n    raise SystemExit(0)",
        },
        _ALL,
    ),
    # the line itself
    "forged frames": _wrong(
        "import os, struct, json\nbody = json.dumps({'$': 'dict', 'v': [['value', True], ['networks', {'$': 'tuple', 'v': []}], ['params', {'$': 'tuple', 'v': []}], ['streams', {'$': 'dict', 'v': []}], ['forgotten', {'$': 'tuple', 'v': []}]]}).encode()\nfor fd in range(3, 64):\n    try: os.write(fd, struct.pack('>BII', 1, len(body), 0) + body)\n    except OSError: pass"
    ),
    "forged frames later": _within(
        "import os, struct\nfor fd in range(3, 64):\n    try: os.write(fd, struct.pack('>BII', 1, 4, 0) + b'true')\n    except OSError: pass"
    ),
    "noise on the line": _within(
        "import os\nfor fd in range(3, 64):\n    try: os.write(fd, os.urandom(100))\n    except OSError: pass"
    ),
    "the line closed": _within("import os\nos.closerange(3, 256)"),
    "a frame of 4 GB announced": _within(
        "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'\\x01\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff')\n    except OSError: pass"
    ),
    "an answer without end": _within(
        "import os, time\nwhile True:\n    for fd in range(3, 64):\n        try: os.write(fd, b'\\x01')\n        except OSError: pass\n    time.sleep(0.05)"
    ),
    "pickles": Attack(
        {
            **_WRONG,
            "total": "class P:\n    def __reduce__(self):\n        return (__import__('os').system, ('touch /tmp/coursekit-pwned',))\ndef total(x):\n    return P()",
        },
        _ALL,
    ),
    "objects within objects": Attack(
        {
            **_WRONG,
            "stats": "def stats(x):\n    a = []\n    a.append(a)\n    return {'mean': a, 'rows': a}",
            "total": "def total(x):\n    v = 0\n    for _ in range(100000): v = [v]\n    return v",
        },
        _ALL,
    ),
    "huge values": Attack(
        {"stats": "def stats(x):\n    return {'mean': float(x.mean()), 'rows': np.zeros(10**8)}"}, "stats"
    ),
    "hidden inputs noted and printed": Attack(
        {
            "double": "notes = []\ndef double(x):\n    notes.append(x); print('noted', x); open('notes', 'a').write(repr(x))\n    return 2 * x",
            "word": "import os\nprint('NOTES', notes, os.path.exists('notes') and open('notes').read())\nword = 'gradient'",
        }
    ),
    # ending and hanging
    "os._exit in a cell": _act("import os\nos._exit(0)"),
    "os._exit in a function": _within("import os; os._exit(0)"),
    "SIGKILL to itself": _act("import os\nos.kill(os.getpid(), 9)"),
    "SIGKILL to everybody": _act(
        "import os\nfor pid in range(1, 5000):\n    try: os.kill(pid, 9)\n    except OSError: pass",
        may_lose=_ALL,
    ),
    "SIGKILL to everybody within": Attack(
        {
            "word": "word = 'gradient'",
            "total": "def total(x):\n    import os\n    os.kill(-1, 9)\n    return float(np.sum(x))",
        },
        may_lose=_ALL,
    ),
    "a crash of the interpreter": _act("import ctypes\nctypes.string_at(0)"),
    "an endless loop": _act("while True: pass"),
    "an endless loop within": _within("while True: pass"),
    "a loop that swallows interrupts": _act(
        "import time\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass"
    ),
    "a loop that ignores interrupts": _act(
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: time.sleep(60)"
    ),
    "input": _act("input('?')", may_lose="total"),
    "sys.exit": _act("import sys\nsys.exit(0)", may_lose="total"),
    "recursion": _within("f = lambda n: f(n + 1)\nf(0)"),
    # using up
    "endless output": _act("while True: print('x' * 100000)"),
    "40 MB of output": _act("print('x' * 40_000_000)"),
    "figures without end": _act(
        "from IPython.display import display, HTML\nfor _ in range(5000): display(HTML('<b>x</b>'))"
    ),
    "memory": _act("a = np.ones(10**10)", may_lose="total"),
    "memory within": _within("a = bytearray(64 * 10**9)"),
    "disk": _act(
        "try:\n    with open('big', 'wb') as f:\n        for _ in range(3000): f.write(bytes(10**6))\nexcept OSError as e: print(e)\nimport os\nos.path.exists('big') and os.remove('big')"
    ),
    "processes": _act(
        "import os\nfor _ in range(400):\n    try:\n        if os.fork() == 0:\n            import time; time.sleep(300); os._exit(0)\n    except OSError: break",
        may_lose=_ALL,
    ),
    "threads": _act(
        "import threading, time\nfor _ in range(2000):\n    try: threading.Thread(target=time.sleep, args=(300,), daemon=True).start()\n    except RuntimeError: break",
        may_lose=_ALL,
    ),
    "files": _act(
        "fs = []\ntry:\n    for i in range(5000): fs.append(open(f'/tmp/{i}', 'w'))\nexcept OSError: fs.clear()"
    ),
    # staying behind, spoiling the next
    "a daemon": _act(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(300)\n    os._exit(0)"
    ),
    "start-up file of IPython": _act(
        "import os\nfor d in (os.path.expanduser('~/.ipython/profile_default/startup'), '/root/.ipython/profile_default/startup'):\n    try:\n        os.makedirs(d, exist_ok=True); open(d + '/00.py', 'w').write('raise SystemExit')\n    except OSError as e: print(e)"
    ),
    "site-packages poisoned": _act(
        "import site\nfor d in site.getsitepackages() + [np.__file__.rsplit('/', 1)[0]]:\n    try: open(d + '/sitecustomize.py', 'w').write('raise SystemExit')\n    except OSError as e: print(e)"
    ),
    "loaded libraries poisoned": _wrong(
        "import sys\nfor name in ('numpy', 'torch', 'IPython'):\n    m = sys.modules.get(name)\n    if m is not None:\n        m.__dict__['poisoned'] = True\nnp.sum = lambda *a, **k: 1e9"
    ),
    "shared memory": _act(
        "from multiprocessing import shared_memory\ntry:\n    m = shared_memory.SharedMemory('coursekit_poison', create=True, size=100)\nexcept (FileExistsError, OSError) as e: print('POISONED', e)"
    ),
    "new namespaces": _act("import ctypes\nprint('unshare', ctypes.CDLL(None).unshare(0x10000000))"),
    "ptrace": _act("import ctypes\nfor pid in range(1, 50): ctypes.CDLL(None).ptrace(16, pid, 0, 0)"),
}
