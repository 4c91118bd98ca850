# ruff: noqa: E501 (attempts are code in strings)
"""An assignment without torch: no way leads to it, NumPy works, and the tests may use what they like."""

from collections.abc import Iterator

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from coursekit.grading.judging.houses import Houses
from coursekit.grading.judging.plan import plan
from coursekit.grading.judging.session import Session, Timing
from tests.grading.judging.toy import POINTS, graded, released, submitted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
# Where the package would lie, whatever stands in its place.
_PLACES = "import sysconfig, glob, sys, os\nplace = sysconfig.get_path('purelib') + '/torch'\n"
# Each sets `found` to something of torch.
WAYS = {
    "import": "import torch\nfound = torch.ones(2)",
    "from": "from torch import nn\nfound = nn.Linear(2, 2)",
    "submodule": "import torch.nn.functional as F\nfound = F.relu",
    "import_module": "import importlib\nfound = importlib.import_module('torch').ones(2)",
    "__import__": "found = __import__('torch').ones(2)",
    "the stand-in taken away": "import importlib, os, sys\nhere = os.path.dirname(os.path.dirname(__import__('coursekit').__file__))\nsys.modules.pop('torch', None)\nsys.path[:] = [p for p in sys.path if p != here]\nsys.path_importer_cache.clear()\nimportlib.invalidate_caches()\nspec = importlib.util.find_spec('torch')\nfound = spec and open(spec.origin).read(10)\nassert found",
    "loaded already": "import sys\nfound = next(m for name, m in sys.modules.items() if name.split('.')[0] == 'torch' and hasattr(m, 'ones'))",
    "from memory": "import gc\nfound = next(o for o in gc.get_objects() if type(o).__module__.startswith('torch'))",
    "by path": _PLACES + "import importlib.util as u\nspec = u.spec_from_file_location('torch', place + '/__init__.py', submodule_search_locations=[place])\nsys.modules['torch'] = found = u.module_from_spec(spec)\nspec.loader.exec_module(found)\nfound = found.ones(2)",
    "exec of the file": _PLACES + "names = {'__file__': place + '/__init__.py', '__name__': 'torch', '__path__': [place]}\nexec(compile(open(place + '/version.py').read(), 'v', 'exec'), names)\nfound = names['__version__']",
    "runpy": "import runpy\nfound = runpy.run_module('torch.version')['__version__']",
    "library by ctypes": _PLACES + "import ctypes\nfound = ctypes.CDLL(glob.glob(place + '/lib/libc10*.so')[0])",
    "files read": _PLACES + "found = next(f for f in glob.glob(place + '/**', recursive=True) if os.path.isfile(f) and os.path.getsize(f))",
    "files by way of /proc": _PLACES + "found = next(f for p in glob.glob('/proc/[0-9]*/root') for f in glob.glob(p + place + '/**') if os.path.isfile(f))",
    "another process": "import subprocess, sys\nfound = subprocess.run([sys.executable, '-I', '-c', 'import torch; print(torch.ones(2))'], capture_output=True, text=True, check=True).stdout",
    "another process without the kit": "import subprocess, sys, os\nenv = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}\nfound = subprocess.run([sys.executable, '-c', 'import torch; print(torch.ones(2))'], env=env, capture_output=True, text=True, check=True).stdout",
    "a package that brings it along": "import functorch\nfound = functorch.vmap",
    "our data": "from coursekit.data import digits\nfound = digits().x_train",
}  # fmt: skip
# What of it lies anywhere, under whatever folder.
SEARCH = """import os
found = [os.path.join(folder, name) for folder, _, names in os.walk('/') if not folder.startswith(('/proc', '/sys'))
         for name in names if name.startswith(('libtorch', 'libc10')) or (name == 'functional.py' and folder.endswith('/torch/nn'))]
print('FOUND', found)"""


@pytest.fixture(scope="module")
def without() -> Iterator[Houses]:
    """Put up walls without torch."""
    with Houses(forbidden=("torch",)) as found:
        yield found


@pytest.fixture(scope="module")
def usual() -> Iterator[Houses]:
    """Put up walls with it."""
    with Houses() as found:
        yield found


def _shown(houses: Houses, *sources: str) -> str:
    """Return what cells show."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    session = Session(plan(notebook.cells), houses.student, houses.examiners, Timing(cell=60))
    session.judge(notebook.cells, 0)
    return "".join(
        f"{o.get('text', '')}{o.get('ename', '')} {o.get('evalue', '')}"
        for c in notebook.cells
        for o in c.outputs
    )


@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_to_a_forbidden_module(without: Houses, way: str) -> None:
    shown = _shown(without, WAYS[way], "print('GOT', type(found))")
    assert "GOT" not in shown
    assert "NameError name 'found' is not defined" in shown  # the second cell did run


@pytest.mark.parametrize("way", [way for way in WAYS if way != "files by way of /proc"])
def test_the_same_ways_lead_there_where_it_is_allowed(usual: Houses, way: str) -> None:
    assert "GOT" in _shown(usual, WAYS[way], "print('GOT', type(found))")


def test_nothing_of_it_lies_anywhere(without: Houses) -> None:
    assert "FOUND []" in _shown(without, SEARCH)


@pytest.mark.parametrize("way", ["import", "from", "submodule", "import_module", "__import__"])
def test_the_student_reads_why(without: Houses, way: str) -> None:
    assert "ModuleNotFoundError torch is not part of this assignment" in _shown(without, WAYS[way])


def test_numpy_works_and_the_tests_may_use_what_is_forbidden(without: Houses) -> None:
    use = "import torch\nassert torch.equal(torch.tensor(double(x)), torch.tensor(2 * x))\nassert isinstance(double(x), np.ndarray)"
    notebook = submitted(word="try:\n    import torch\nexcept ImportError:\n    word = 'gradient'")
    test = next(cell for cell in notebook.cells if cell.id == "test-double")
    test.source += f"\n{use}"
    session = Session(plan(released().cells, notebook.cells), without.student, without.examiners, Timing())
    judged = session.judge(notebook.cells, 0)
    assert graded(notebook) == dict.fromkeys(graded(released()), POINTS), test.outputs
    assert judged.faults == []
