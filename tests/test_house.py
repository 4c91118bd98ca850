"""The house rules of the package, each as a test: sizes, annotations, docstrings, imports, examples."""

import ast
import doctest
import importlib
import re
import statistics
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import coursekit

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "coursekit"
MODULES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}

# A room may import from the rooms in the lines below its own, and from itself.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("grading", "book", "exam"),
    ("assess",),
    ("experiments",),
    ("train", "metrics", "data", "plot", "anomaly", "ship"),
    ("vae", "autoencoders"),
    ("init", "dense", "disk", "noise", "scratch"),
    ("_check", "_place", "_write"),
    ("",),
)
FLOOR = {room: len(FLOORS) - height for height, rooms in enumerate(FLOORS) for room in rooms}
# Its one purpose is that the global streams of two processes stand at the same place.
STREAMS = PACKAGE / "grading" / "inside" / "streams.py"
# "(B, Z)" in a sentence says a shape as well as a section does.
SHAPE = re.compile(r"Shape:|\([A-Z](, ?[A-Za-z0-9_]+)*,?\)")
ARRAYS = re.compile(r"\b(Tensor|ndarray|NDArray|ArrayLike|Batch)\b")
SECTIONS = ("Args:", "Shape:", "Units:", "Raises:", "Source:", "Example:")
LARGEST_MODULE, MEDIAN_MODULE, LONGEST_FUNCTION, LONGEST_EXAMPLE = 300, 150, 45, 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    """Return a path as it is printed in a failure."""
    return str(path.relative_to(ROOT))


def _functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def _is_template(function: Function) -> bool:
    """Tell whether a function is the template of a question."""
    return any(ast.unparse(entry).startswith("template(") for entry in function.decorator_list)


def _public(tree: ast.Module) -> Iterator[tuple[str, Function, str]]:
    """Yield the public functions and methods of a module with the docstring that speaks for them."""
    for node in tree.body:
        # The id, the rule and the slips in its decorator say what a question's template does.
        if isinstance(node, Function) and not node.name.startswith("_") and not _is_template(node):
            yield node.name, node, ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for part in node.body:
                if isinstance(part, Function) and (part.name == "__init__" or not part.name.startswith("_")):
                    speaker = node if part.name == "__init__" else part
                    yield f"{node.name}.{part.name}", part, ast.get_docstring(speaker) or ""


def _calls(function: Function) -> set[str]:
    """Return the plain names that a function calls, those of its nested functions left out."""
    names: set[str] = set()
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        if isinstance(node, Function | ast.Lambda):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names.add(node.func.id)
        todo.extend(ast.iter_child_nodes(node))
    return names


def _raises(function: Function) -> bool:
    """Tell whether a function raises, itself or by a check of ``coursekit._check``."""
    if any(name == "require" or name.startswith("check_") for name in _calls(function)):
        return True
    # A bare `raise` hands on what another function documents.
    return any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(function))


def test_there_is_a_package_to_judge() -> None:
    assert len(MODULES) >= 20
    assert sum(1 for tree in TREES.values() for _ in _public(tree)) >= 50


def test_modules_are_short() -> None:
    lines = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: count for name, count in lines.items() if count > LARGEST_MODULE} == {}
    assert statistics.median(lines.values()) <= MEDIAN_MODULE


def test_functions_are_short() -> None:
    long = {
        f"{_name(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path, tree in TREES.items()
        for node in _functions(tree)
        if node.end_lineno is not None and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    }
    assert long == {}


def test_every_parameter_and_result_is_annotated() -> None:
    bare = []
    for path, tree in TREES.items():
        for node in _functions(tree):
            parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            parameters += [extra for extra in (node.args.vararg, node.args.kwarg) if extra]
            missing = [p.arg for p in parameters if p.annotation is None and p.arg not in ("self", "cls")]
            missing += ["return"] if node.returns is None and node.name != "__init__" else []
            bare += [f"{_name(path)}:{node.name}:{parameter}" for parameter in missing]
    assert bare == []


def test_no_assert_in_the_package() -> None:
    found = [
        f"{_name(path)}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
    ]
    assert found == []


def test_modules_open_with_one_sentence_and_their_names() -> None:
    wrong = []
    for path, tree in TREES.items():
        opening = (ast.get_docstring(tree) or "").split("\n\n")[0]
        if not opening.endswith((".", ":")):
            wrong.append(f"{_name(path)}: no docstring that is a sentence")
        first = tree.body[1] if len(tree.body) > 1 else None
        target = getattr(first, "target", None) or (getattr(first, "targets", None) or [None])[0]
        if getattr(target, "id", None) != "__all__":
            wrong.append(f"{_name(path)}: __all__ does not come first")
    assert wrong == []


def test_names_in_all_exist_and_are_sorted() -> None:
    for path, tree in TREES.items():
        names = ast.literal_eval(tree.body[1].value)  # type: ignore[attr-defined]
        defined = {alias.asname or alias.name for node in ast.walk(tree)
                   if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}  # fmt: skip
        defined |= {node.name for node in tree.body if isinstance(node, Function | ast.ClassDef)}
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign):
                stored = (part for part in ast.walk(node) if isinstance(part, ast.Name))
                defined |= {part.id for part in stored if isinstance(part.ctx, ast.Store)}
        lazy = any(isinstance(node, Function) and node.name == "__getattr__" for node in tree.body)
        assert lazy or set(names) <= defined, _name(path)
        assert len(set(names)) == len(names), _name(path)


def test_public_callables_are_documented() -> None:
    silent, shapeless, unwarned, disordered = [], [], [], []
    for path, tree in TREES.items():
        for name, node, text in _public(tree):
            place = f"{_name(path)}:{name}"
            if not text:
                silent.append(place)
            if ARRAYS.search(ast.unparse(node.args)) and not SHAPE.search(text):
                shapeless.append(place)
            if _raises(node) and "Raises:" not in text:
                unwarned.append(place)
            order = [text.find(f"\n{section}") for section in SECTIONS if f"\n{section}" in text]
            if order != sorted(order):
                disordered.append(place)
    assert {"no docstring": silent, "no Shape": shapeless, "no Raises": unwarned, "order": disordered} == {
        "no docstring": [], "no Shape": [], "no Raises": [], "order": [],
    }  # fmt: skip


def _imports(path: Path) -> Iterator[str]:
    """Yield every module that a module imports, wherever the statement stands."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "relative"
            elif node.module == "coursekit":
                yield from (f"coursekit.{alias.name}" for alias in node.names)
            elif node.module:
                yield node.module


def _room(module: str) -> str:
    """Return the room of a dotted name; names of the package itself, such as its version, are below all."""
    room = module.split(".")[1] if "." in module else ""
    return "" if room.startswith("__") and room != "__main__" else room


def test_every_room_has_a_floor() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}
    assert rooms <= set(FLOOR)


def test_imports_point_downwards() -> None:
    wrong = []
    for path in MODULES:
        parts = path.relative_to(PACKAGE).parts
        own = parts[0].removesuffix(".py").replace("__init__", "")
        for module in _imports(path):
            if module == "relative":
                wrong.append(f"{_name(path)}: a relative import hides its floor")
            if module.split(".")[0] != "coursekit":
                continue
            room = _room(module)
            if room != own and FLOOR[room] >= FLOOR[own]:
                wrong.append(f"{_name(path)} imports {module}")
    assert wrong == []


def test_only_plot_imports_matplotlib() -> None:
    users = {
        path.relative_to(PACKAGE).parts[0]
        for path in MODULES
        for module in _imports(path)
        if module.split(".")[0] == "matplotlib"
    }
    assert users == {"plot"}


def test_scikit_learn_is_imported_late() -> None:
    early = [
        _name(path)
        for path, tree in TREES.items()
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom) and "sklearn" in ast.unparse(node)
    ]
    assert early == []


def test_no_module_touches_a_global_stream() -> None:
    torch_names = {"torch.manual_seed", "torch.random.manual_seed", "torch.seed", "random.seed"}
    numpy_names = re.compile(r"(?:np|numpy)\.random\.(?!default_rng|Generator|PCG64|SeedSequence)\w+")
    touching = [
        f"{_name(path)}:{node.lineno} {ast.unparse(node)}"
        for path, tree in TREES.items()
        if path != STREAMS
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (ast.unparse(node) in torch_names or numpy_names.fullmatch(ast.unparse(node)))
    ]
    assert touching == []


def _loaded(*statements: str) -> list[set[str]]:
    """Run statements in a fresh interpreter; return the top-level packages loaded after each."""
    code = ["import sys", "tops = lambda: print(*sorted({m.split('.')[0] for m in sys.modules}))"]
    for statement in statements:
        code += [statement, "tops()"]
    done = subprocess.run([sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, check=True)
    return [set(line.split()) for line in done.stdout.splitlines()]


def test_importing_the_package_is_cheap() -> None:
    (loaded,) = _loaded("import coursekit")
    assert loaded.isdisjoint({"torch", "numpy", "matplotlib", "sklearn"})


@pytest.mark.parametrize("room", ["vae", "init", "metrics", "train", "anomaly", "ship"])
def test_models_load_nothing_beyond_torch(room: str) -> None:
    """Counted in packages, not in seconds: a clock on a busy machine says little about 3 %."""
    before, after = _loaded("import torch", f"import coursekit.{room}")
    assert after - before - set(sys.stdlib_module_names) == {"coursekit"}


def test_the_numpy_half_loads_nothing_beyond_numpy() -> None:
    rooms = [_dotted(path) for path in MODULES if path.relative_to(PACKAGE).parts[0] == "scratch"]
    assert rooms
    before, after = _loaded("import numpy", "import " + ", ".join(rooms))
    assert after - before - set(sys.stdlib_module_names) == {"coursekit"}


def test_models_load_no_further_part_of_torch() -> None:
    code = (
        "import sys, torch; before = set(sys.modules); import coursekit.vae; "
        "print(*(m for m in set(sys.modules) - before if m.startswith('torch')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def _dotted(path: Path) -> str:
    """Return the dotted name of a module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "__main__.py"], ids=_dotted)
def test_examples_run(path: Path) -> None:
    with warnings.catch_warnings():
        # Other projects' modules (Sphinx, nbgrader) warn when they are imported; the examples may not.
        warnings.simplefilter("ignore")
        module = importlib.import_module(_dotted(path))
    torch.manual_seed(0)
    found = doctest.DocTestFinder(exclude_empty=True).find(module)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in found:
        lines = sum(part.source.count("\n") for part in example.examples)
        assert lines <= LONGEST_EXAMPLE, f"{example.name}: {lines} lines"
        runner.run(example)
    assert runner.summarize(verbose=False).failed == 0


def test_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert coursekit.__version__ == version("coursekit")


def _tool(*line: str) -> str:
    """Run a checker from the environment over the repository; return what it complains about."""
    done = subprocess.run(
        [sys.executable, "-m", *line], capture_output=True, text=True, cwd=ROOT, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_ruff_has_nothing_to_say() -> None:
    assert _tool("ruff", "check", "--no-cache", "--output-format", "concise", ".") == ""


@pytest.mark.slow
def test_strict_type_checker_is_silent() -> None:
    assert _tool("mypy", "--strict", "coursekit") == ""
