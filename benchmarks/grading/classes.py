# ruff: noqa: E501 (submissions are code in strings)
"""Attack classes: the rows of the table, by the names of the hostile submissions that each stands for."""

__all__ = ["CLASSES", "EXTRA", "NOT_FOR", "every_attack"]

from forged import FORGED, Forged

from tests.grading.judging.attacks import ATTACKS, Attack

_ALL = "double total softmax stats word"
_WRONG = ATTACKS["np.allclose replaced"].answers
_RIGHT_TOTAL = "def total(x):\n    return float(np.sum(x))"
_FIND = """import glob, json
def answers(places, mark):
    for place in places:
        for path in glob.glob(place, recursive=True):
            try:
                text = open(path, errors='replace').read()
                for cell in json.loads(text)['cells']:
                    if cell['cell_type'] == 'code' and 'say(' not in ''.join(cell['source']):
                        exec(''.join(cell['source']), globals())
            except Exception as error:
                say(type(error).__name__)
"""
_SQL = """import sqlite3
try:
    base = sqlite3.connect(COURSE + '/gradebook.db', timeout=5)
    base.execute({!r})
    base.commit(); base.close()
except Exception as error:
    print(type(error).__name__)
"""

# What our attack suite leaves to other tests, because these places do not exist behind our walls.
EXTRA: dict[str, Attack] = {
    "another student's answers used": Attack(
        {**_WRONG, "double": "def double(x):\n    return 0 * x",
         "word": _WRONG["word"] + "\n" + _FIND + "answers([COURSE + '/submitted/a_honest/**/*.ipynb', COURSE + '/a_honest/*.ipynb'], '')"},
        _ALL,
    ),
    "the solution used": Attack(
        {**_WRONG, "double": _FIND + "answers([COURSE + '/source/**/*.ipynb'], '')",
         "total": "", "softmax": "", "stats": "", "word": ""},
        _ALL,
    ),
    "own score in the gradebook": Attack(
        {**_WRONG, "double": _SQL.format("update grade set manual_score = 2 where notebook_id in (select n.id from submitted_notebook n join submitted_assignment s on n.assignment_id = s.id where s.student_id = 'b_attacker')") + "def double(x):\n    return 0 * x"},
        _ALL,
    ),
    "another's score in the gradebook": Attack(
        {"total": _SQL.format("update grade set manual_score = 0 where notebook_id in (select n.id from submitted_notebook n join submitted_assignment s on n.assignment_id = s.id where s.student_id != 'b_attacker')") + _RIGHT_TOTAL},
    ),
    "test source from the running frame": Attack(
        {"double": "import sys, linecache\ndef double(x):\n    f = sys._getframe(1)\n    while f:\n        print(''.join(linecache.getlines(f.f_code.co_filename))[:20000])\n        f = f.f_back\n    return 2 * x"},
    ),
    "the grader's own classes patched": Attack(
        {**_WRONG, "double": "try:\n    import otter.test_files.exception_test as t\n    t.ExceptionTestFile.run = lambda self, env: setattr(self, 'test_case_results', [t.TestCaseResult(test_case=c, message=None, passed=True) for c in self.test_cases])\nexcept Exception as e:\n    print(e)\ndef double(x):\n    return 0 * x"},
        _ALL,
    ),
}  # fmt: skip

_OF_OURS = (
    "import the exercises", "import the references", "read the package", "the shell of the judge replaced",
    "the wire replaced", "trust replaced",
)  # fmt: skip
# What goes for a thing that only another grader has is not counted as held.
NOT_FOR: dict[str, frozenset[str]] = {
    "ours": frozenset(("the grader's own classes patched",)),
    "nbgrader": frozenset((*_OF_OURS, "the grader's own classes patched")),
    "otter": frozenset((*_OF_OURS, "own score in the gradebook", "another's score in the gradebook")),
}

CLASSES: dict[str, tuple[str, ...]] = {
    "find and read files of the course": ("find notebooks and databases", "read the course folder", "links out of the box"),
    "read the grader's answers": ("import the exercises", "import the references", "read the package"),
    "use the solution or another's work": ("the solution used", "another student's answers used"),
    "read the home folder and the host's secrets": ("read the home folder", "read the host's secrets"),
    "test source from history, objects or frames": ("history", "all objects", "frames", "test source from the running frame"),
    "environment, also of the parents": ("environment", "parents' environment"),
    "memory and files of the parents": ("parents' memory", "parents' files", "ptrace"),
    "sockets and the network": ("loopback", "abstract socket", "the network"),
    "own or another's score in the gradebook": ("own score in the gradebook", "another's score in the gradebook"),
    "comparison replaced": ("np.allclose replaced", "np.allclose replaced by a thread", "numpy faked", "builtins replaced", "the test's modules under other names", "loaded libraries poisoned"),
    "objects that agree with everything": ("an object that agrees", "lying subclasses"),
    "cells rewritten before they run": ("asserts dropped by a transformer", "cells blanked by a transformer", "run_cell replaced"),
    "the grader's classes patched": ("the grader's own classes patched", "the shell of the judge replaced", "the wire replaced", "trust replaced"),
    "the test's own names and frames": ("a test seen through its own arguments", "a name of the test defined"),
    "outputs as points": ("points displayed", "points displayed while called"),
    "errors that do not look like errors": ("no outputs by clearing", "an exception that says ok", "errors that are no errors"),
    "forged messages and noise on open files": ("forged frames", "forged frames later", "noise on the line", "the line closed", "a frame of 4 GB announced", "an answer without end"),
    "pickles and values without bound": ("pickles", "objects within objects", "huge values"),
    "hidden inputs noted and printed": ("hidden inputs noted and printed",),
    "the process ended": ("os._exit in a cell", "os._exit in a function", "SIGKILL to itself", "a crash of the interpreter", "sys.exit", "input", "recursion"),
    "everything killed": ("SIGKILL to everybody", "SIGKILL to everybody within"),
    "endless loops": ("an endless loop", "an endless loop within", "a loop that swallows interrupts", "a loop that ignores interrupts"),
    "output without end": ("endless output", "40 MB of output", "figures without end"),
    "memory, disk, processes, files used up": ("memory", "memory within", "disk", "processes", "threads", "files"),
    "something left behind": ("a daemon", "shared memory"),
    "the next student's start poisoned": ("start-up file of IPython", "site-packages poisoned"),
    "mounts and namespaces": ("mount the host", "new namespaces"),
    "points, locks and tests forged in the file": ("points and locks forged", "tests weakened"),
    "cells lost, doubled or retyped": ("test cells marked as answers", "test cells deleted", "all metadata lost", "a test cell twice", "an answer twice", "another kernel"),
    "no notebook in the file": ("garbage in the file", "an empty file"),
    "a link in the place of the work": ("a link to another's work",),
}  # fmt: skip


def every_attack() -> dict[str, Attack | Forged]:
    """Return all hostile submissions by name: the suite's, those that only peers can meet, and forged files."""
    return {**ATTACKS, **EXTRA, **FORGED}
