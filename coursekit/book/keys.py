"""The honest cache key of a page: its code, the modules that code reaches, the lock file and the data."""

__all__ = ["ModuleGraph", "page_key"]

import ast
import hashlib
import sys
from functools import cached_property
from pathlib import Path

from coursekit.book.pages import Page

_PACKAGE = "coursekit"


class ModuleGraph:
    """Which modules of the package import which, read from their source without running it.

    Args:
        root: the folder that holds the package.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def files(self) -> dict[str, Path]:
        """Every module of the package and its file."""
        found = {}
        for path in sorted((self.root / _PACKAGE).rglob("*.py")):
            parts = path.relative_to(self.root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found

    @cached_property
    def digests(self) -> dict[str, str]:
        """The hash of each module's source."""
        return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in self.files.items()}

    @cached_property
    def _edges(self) -> dict[str, frozenset[str]]:
        return {
            name: self._imports(path.read_text(encoding="utf-8"), name) for name, path in self.files.items()
        }

    def _with_parents(self, dotted: str) -> set[str]:
        """Return a module and the packages that are imported before it."""
        parts = dotted.split(".")
        return {".".join(parts[:n]) for n in range(1, len(parts) + 1)} & self.files.keys()

    def _imports(self, source: str, owner: str = "") -> frozenset[str]:
        """Return the package's modules that a source imports, at any depth of its functions."""
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return frozenset()  # the page's run will say so with its line
        named: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                named |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        if "pkgutil" in named and owner:
            # A module that looks its neighbours up at run time reaches whatever lies beside and below it.
            home = owner if self.files[owner].name == "__init__.py" else owner.rpartition(".")[0]
            named |= {name for name in self.files if name.startswith(f"{home}.")}
        return frozenset(name for dotted in named for name in self._with_parents(dotted))

    def reached(self, *sources: str) -> frozenset[str]:
        """Return every module that the given sources import, directly or through others.

        Args:
            sources: Python source, such as the cells of a page.
        """
        found: set[str] = set()
        queue = {name for source in sources for name in self._imports(source)}
        while queue:
            name = queue.pop()
            found.add(name)
            queue |= self._edges[name] - found
        return frozenset(found)


def _data_files(root: Path, modules: frozenset[str]) -> list[Path]:
    """Return the data that the reached modules carry: what lies in a ``files`` folder beside them."""
    folders = {root.joinpath(*name.split(".")) / "files" for name in modules}
    return sorted(
        path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file()
    )


def page_key(page: Page, graph: ModuleGraph) -> str:
    """Return a hash that changes exactly when the page has to run again.

    Args:
        page: an executable page.
        graph: the package's modules.
    """
    digest = hashlib.sha256(f"python {sys.version_info[0]}.{sys.version_info[1]}".encode())
    for cell in page.cells:
        digest.update(b"\0cell\0" + cell.encode())
    modules = graph.reached(*page.cells)
    for name in sorted(modules):
        digest.update(f"\0{name}\0{graph.digests[name]}".encode())
    for path in [graph.root / "constraints.txt", *_data_files(graph.root, modules)]:
        digest.update(f"\0{path.name}\0".encode() + (path.read_bytes() if path.is_file() else b""))
    return digest.hexdigest()
