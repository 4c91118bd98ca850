"""Making the students' version: like nbgrader, but a line ``answer = ...`` is placeholder enough."""

__all__ = ["ClearAnswers"]

import re
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

_PLACEHOLDER = re.compile(r"^\w+ = \.\.\.", re.MULTILINE)


class ClearAnswers(ClearSolutions):
    """``ClearSolutions`` that adds no ``raise NotImplementedError()`` below a variable set to ``...``."""

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        """Clear the solution of one cell.

        Args:
            cell: the cell.
            resources: nbgrader's.
            index: its position.
        """
        usual = dict(self.code_stub)
        if _PLACEHOLDER.search(cell.source):
            self.set_trait("code_stub", {**usual, "python": ""})
        try:
            cell, resources = super().preprocess_cell(cell, resources, index)
        finally:
            self.set_trait("code_stub", usual)
        cell.source = cell.source.rstrip("\n")
        return cell, resources
