"""The API of a whole room, module by module: a new module appears by itself."""

__all__ = ["ApiRoom", "modules"]

import importlib
import pkgutil

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from coursekit.book.ext.nodes import block


def modules(room: str) -> tuple[str, ...]:
    """Return the names a reader imports from: the public modules of a room, packages as one.

    Args:
        room: a package, such as ``coursekit.experiments``.

    Example:
        >>> "coursekit.scratch.losses" in modules("coursekit.scratch")
        True
    """
    path = importlib.import_module(room).__path__
    return tuple(f"{room}.{found.name}" for found in pkgutil.iter_modules(path) if found.name[0] != "_")


class ApiRoom(SphinxDirective):
    """Every public function and class of a room's modules."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the documentation of each module."""
        found = modules(self.arguments[0])
        for name in found:
            self.env.note_dependency(importlib.import_module(name).__file__ or "")
        texts = (f"```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n```" for name in found)
        return block(self, "\n\n".join(texts))
