# ruff: noqa: E501 (metadata as editors write it)
"""What editors and students do to notebooks, applied by code to any assignment."""

import copy
import json
import random
from collections.abc import Callable
from functools import cache

import jupytext
import nbformat
from nbformat import NotebookNode

from coursekit.grading.graft import Guess, graft
from coursekit.grading.intake.code import names, normal
from tests.grading.course import ROOT, Notebook, delete, read, source, submission

ASSIGNMENTS = sorted(path.name for path in (ROOT / "exercises").iterdir())


def slots(assignment: str) -> list[str]:
    """Return the ids of the cells that a student fills."""
    return [cell["id"] for cell in read("exercises", assignment)["cells"] if _tag(cell).get("solution")]


def _tag(cell: Notebook) -> Notebook:
    return dict(cell["metadata"].get("nbgrader", {}))


@cache
def _answers(assignment: str) -> tuple[tuple[str, str], ...]:
    wanted = slots(assignment)
    return tuple((c["id"], normal(source(c))) for c in submission(assignment)["cells"] if c["id"] in wanted)


def answers(assignment: str) -> dict[str, str]:
    """Return the student's answers by grade id, which is the cell's id in this project."""
    return dict(_answers(assignment))


def stubs(assignment: str) -> dict[str, str]:
    """Return the released texts of the slots."""
    return {
        c["id"]: normal(source(c))
        for c in read("exercises", assignment)["cells"]
        if c["id"] in slots(assignment)
    }


def nodes(notebook: Notebook) -> NotebookNode:
    """Return a notebook as nbformat reads it."""
    return nbformat.reads(json.dumps(notebook), as_version=4)


def grafted(assignment: str, notebook: Notebook) -> tuple[NotebookNode, list[Guess]]:
    """Return what is graded, after making sure that it is the release but for the answers."""
    released = nodes(read("exercises", assignment))
    result, guesses = graft(released, nodes(notebook))
    nbformat.validate(result)
    assert result.metadata == released.metadata
    kept = [cell for cell in result.cells if not cell.id.startswith("extra-")]
    assert [(c.id, c.cell_type, c.metadata) for c in kept] == [
        (c.id, c.cell_type, c.metadata) for c in released.cells
    ]
    for cell, original in zip(kept, released.cells, strict=True):
        if _tag(original) and not _tag(original).get("solution") and not _tag(original).get("task"):
            assert cell.source == original.source
    return result, guesses


def given(result: NotebookNode) -> dict[str, str]:
    """Return the answers in what is graded."""
    return {cell.metadata.nbgrader.grade_id: normal(cell.source) for cell in result.cells
            if cell.metadata.get("nbgrader", {}).get("solution")}  # fmt: skip


def extras(result: NotebookNode) -> list[str]:
    """Return the texts of the student's own cells in what is graded."""
    return [cell.source for cell in result.cells if cell.id.startswith("extra-")]


def new(text: str, kind: str = "code", **more: object) -> Notebook:
    """Return a cell."""
    cell: Notebook = {"cell_type": kind, "id": "new", "metadata": {}, "source": text}
    return {**cell, "outputs": [], "execution_count": None, **more} if kind == "code" else {**cell, **more}


# Transformations that change nothing of the answers.


def as_it_is(_: Notebook) -> None:
    """Change nothing."""


def colab(notebook: Notebook) -> None:
    """Save as Google Colab does: format 4.0, its own metadata and ids there, sources as lists.

    It would keep the ids of format 4.5, and writes 4.0 for notebooks of its own (colabtools, issue 5402); that it
    keeps no tags of others is assumed: the worst case.
    """
    for at, cell in enumerate(notebook["cells"]):
        del cell["id"]
        cell["metadata"] = {
            "id": f"x{at:011}",
            "colab": {"base_uri": "https://localhost:8080/"},
            "outputId": f"{at:08x}-0000-4000-8000-000000000000",
        }
        cell["source"] = source(cell).splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["0.5\n"]}]
            cell["execution_count"] = at
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {"colab": {"provenance": [], "toc_visible": True}, "kernelspec": {"name": "python3", "display_name": "Python 3"},
                            "language_info": {"name": "python"}, "accelerator": "GPU"}  # fmt: skip


def vscode(notebook: Notebook) -> None:
    """Save as VS Code does today: tags and ids stay; lines in lists, fields sorted, its own kernel.

    Its serialiser (extensions/ipynb) writes what it read of a cell's metadata, and a language where it differs.
    """
    for cell in notebook["cells"]:
        cell["source"] = source(cell).replace("\r\n", "\n").splitlines(keepends=True)
        if cell["cell_type"] == "code" and source(cell).startswith("%%"):
            cell["metadata"]["vscode"] = {"languageId": "shellscript"}
    cells = [dict(sorted(cell.items())) for cell in notebook["cells"]]
    notebook.update(cells=cells, metadata={
        "kernelspec": {"display_name": ".venv", "language": "python", "name": "python3"},
        "language_info": {"codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py",
                          "mimetype": "text/x-python", "name": "python", "version": "3.13.1"},
    })  # fmt: skip


def vscode_2020(notebook: Notebook) -> None:
    """Save as VS Code's Python extension of 2020 does: running a cell takes all its metadata away (issue 9997)."""
    for cell in notebook["cells"]:
        del cell["id"]
        cell["source"] = source(cell).splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["metadata"], cell["execution_count"] = {}, 1
        else:
            cell["metadata"] = {"vscode": {}}
    notebook["nbformat_minor"] = 2
    notebook["metadata"] = {"language_info": {"name": "python", "version": 3}, "orig_nbformat": 2,
                            "kernelspec": {"name": "python_defaultSpec_1", "display_name": "Python 3.8"}}  # fmt: skip


def _by_jupytext(notebook: Notebook, form: str) -> None:
    """Go through a text file without any metadata, as a repository of scripts keeps it, by jupytext itself."""
    nodes_read = nodes(notebook)
    nodes_read.metadata["jupytext"] = {"cell_metadata_filter": "-all", "notebook_metadata_filter": "-all"}
    back = jupytext.reads(jupytext.writes(nodes_read, form), form)
    notebook.clear()
    notebook.update(json.loads(nbformat.writes(back)))


def percent_script(notebook: Notebook) -> None:
    """Keep the notebook as a script with cell marks."""
    _by_jupytext(notebook, "py:percent")


def light_script(notebook: Notebook) -> None:
    """Keep the notebook as a script without marks: cells are cut anew at empty lines."""
    _by_jupytext(notebook, "py:light")


def old_minor(notebook: Notebook) -> None:
    """Save in format 4.4: no ids, the metadata stays."""
    for cell in notebook["cells"]:
        del cell["id"]
    notebook["nbformat_minor"] = 4


def tags_lost(notebook: Notebook) -> None:
    """Lose nbgrader's metadata; the ids stay."""
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def windows(notebook: Notebook) -> None:
    """End lines as Windows does, and with spaces."""
    for cell in notebook["cells"]:
        cell["source"] = source(cell).replace("\n", " \r\n") + "\r\n\r\n"


def forged(notebook: Notebook) -> None:
    """Mark every cell as a solution worth a hundred points, unlocked; weaken the tests."""
    for cell in notebook["cells"]:
        cell["metadata"].setdefault("nbgrader", {"grade_id": cell["id"], "schema_version": 3})
        tested = cell["metadata"]["nbgrader"].get("grade")
        cell["metadata"]["nbgrader"].update(solution=True, grade=True, points=100, locked=False, task=True)
        if tested:
            cell["source"] = "100.0"


def tests_as_solutions(notebook: Notebook) -> None:
    """Swap the roles: tests are solutions, solutions are tests."""
    for cell in notebook["cells"]:
        tag = cell["metadata"].get("nbgrader", {})
        tag.update(solution=not tag.get("solution"), grade=not tag.get("grade"))


def retyped(notebook: Notebook) -> None:
    """Turn code into text and text into code."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["cell_type"] = "markdown"
            del cell["outputs"], cell["execution_count"]
        else:
            cell.update(cell_type="code", outputs=[], execution_count=None)


def raw(notebook: Notebook) -> None:
    """Turn the answers into raw cells."""
    for cell in notebook["cells"]:
        if _tag(cell).get("solution"):
            cell["cell_type"] = "raw"
            del cell["outputs"], cell["execution_count"]


def tags_moved(notebook: Notebook) -> None:
    """Give every answer the tag and the id of the next one."""
    found = [cell for cell in notebook["cells"] if _tag(cell).get("solution")]
    marks = [(cell["metadata"], cell["id"]) for cell in found]
    for cell, (metadata, name) in zip(found, marks[1:] + marks[:1], strict=True):
        cell["metadata"], cell["id"] = metadata, name


def tags_on_junk(notebook: Notebook) -> None:
    """Move every answer's tag and id to a new cell of no use behind it."""
    for cell in [cell for cell in notebook["cells"] if _tag(cell).get("solution")]:
        junk = new("print('scratch')", metadata=cell["metadata"])
        junk["id"], cell["id"], cell["metadata"] = cell["id"], f"{cell['id']}-moved", {}
        notebook["cells"].insert(notebook["cells"].index(cell) + 1, junk)


def reordered(notebook: Notebook) -> None:
    """Put the cells in the opposite order."""
    notebook["cells"].reverse()


def shuffled(notebook: Notebook) -> None:
    """Put the cells in no order."""
    random.Random(7).shuffle(notebook["cells"])


def only_answers(notebook: Notebook) -> None:
    """Delete everything else."""
    notebook["cells"] = [cell for cell in notebook["cells"] if _tag(cell).get("solution")]


def copied(notebook: Notebook) -> None:
    """Paste a copy of every cell behind it."""
    notebook["cells"] = [twin for cell in notebook["cells"]
                         for twin in (cell, copy.deepcopy(cell) | {"id": f"{cell['id']}-copy"})]  # fmt: skip


def with_blank_copies(notebook: Notebook) -> None:
    """Keep the released text of every answer in a copy behind it."""
    blank = {cell["id"]: cell for cell in read("exercises", _name(notebook))["cells"]}
    for cell in [cell for cell in notebook["cells"] if _tag(cell).get("solution")]:
        twin = copy.deepcopy(blank[cell["id"]]) | {"id": f"{cell['id']}-copy"}
        notebook["cells"].insert(notebook["cells"].index(cell) + 1, twin)


def _name(notebook: Notebook) -> str:
    """Return whose assignment a notebook is."""
    ids = [cell["id"] for cell in notebook["cells"]]
    return next(name for name in ASSIGNMENTS if set(slots(name)) <= set(ids))


HARMLESS: list[Callable[[Notebook], None]] = [
    as_it_is, colab, vscode, vscode_2020, percent_script, old_minor, tags_lost, windows, forged, tests_as_solutions, retyped, raw, tags_moved,
    tags_on_junk, reordered, shuffled, only_answers, copied, with_blank_copies,
]  # fmt: skip
# After these the metadata helps no more.
STRIPPING: list[Callable[[Notebook], None]] = [colab, vscode_2020]


def cut(notebook: Notebook, name: str, tag: str) -> bool:
    """Cut an answer in two in the middle; tell whether it has a middle. ``tag`` says which halves keep the tag."""
    at = next(at for at, cell in enumerate(notebook["cells"]) if cell["id"] == name)
    cell = notebook["cells"][at]
    lines = source(cell).strip("\n").split("\n")
    half = len(lines) // 2
    if half == 0 or normal("\n".join(lines[:half])) in stubs(_name(notebook)).values():
        return False
    lower = copy.deepcopy(cell) | {"id": f"{name}-lower", "source": "\n".join(lines[half:])}
    cell["source"] = "\n".join(lines[:half])
    if tag in ("upper", "none"):
        lower["metadata"] = {}
    if tag in ("lower", "none"):
        cell["metadata"], cell["id"] = {}, f"{name}-upper"
    notebook["cells"].insert(at + 1, lower)
    return True


def all_in(notebook: Notebook, place: int, *, leave: bool) -> str:
    """Put all answers into one of their cells; the others keep the released text, or are deleted."""
    assignment = _name(notebook)
    found = [cell for cell in notebook["cells"] if _tag(cell).get("solution")]
    whole = "\n\n".join(source(cell).strip("\n") for cell in found)
    for at, cell in enumerate(found):
        if at == place % len(found):
            cell["source"] = whole
        elif leave:
            cell["source"] = stubs(assignment)[cell["id"]]
        else:
            delete(cell["id"])(notebook)
    return whole


def defines(text: str, stub: str) -> bool:
    """Tell whether a text defines all that a stub asks for."""
    return names(stub).keys() <= names(text).keys()
