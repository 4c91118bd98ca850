"""Each page as a notebook to take away: cells that run, and text that reads well where no directive works."""

__all__ = ["to_notebook", "write_downloads"]

import re
from pathlib import Path

import nbformat
from sphinx.application import Sphinx
from sphinx.util import logging

from coursekit.book import ledger
from coursekit.book.execute import load_run
from coursekit.book.ext.quiz import asked, forms
from coursekit.book.ext.rules import example, title, way, worked
from coursekit.book.kernel import read_notebook
from coursekit.book.pages import Page, pages

_LOG = logging.getLogger(__name__)
_DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w:-]+)\}[ \t]*(?P<argument>[^\n]*)\n"
    r"(?P<body>.*?)^(?P=fence)[ \t]*$\n?",
    re.MULTILINE | re.DOTALL,
)
_OPTION = re.compile(r"^:([\w-]+):[ \t]*(.*)$", re.MULTILINE)
_ROLE = re.compile(r"\{([\w:+-]+)\}`([^`]*)`")
_EXPLICIT = re.compile(r"^(.*?)\s*<([^>]*)>$", re.DOTALL)
_TARGET = re.compile(r"^\([\w-]+\)=[ \t]*\n", re.MULTILINE)


def _role(match: re.Match[str], glued: dict[str, str]) -> str:
    """Return a role as plain text."""
    name, text = match.groups()
    if name.startswith("glue"):
        return glued.get(text, text)
    explicit = _EXPLICIT.match(text)
    shown = explicit.group(1) if explicit else text.rpartition("/")[2]
    if name.startswith("cite"):
        return f"[{shown}]"
    if name == "eq":
        return f"({shown})"
    return f"`{shown}`" if name.startswith(("func", "class", "meth", "mod", "py:")) else shown


def _source(page: Page, argument: str, options: dict[str, str]) -> str:
    """Return the code that a literalinclude shows."""
    import ast

    text = (page.path.parent / argument).read_text(encoding="utf-8")
    wanted = options.get("pyobject", "").split(".")
    body = ast.parse(text).body
    found = None
    for name in filter(None, wanted):
        found = next((node for node in body if getattr(node, "name", "") == name), None)
        body = getattr(found, "body", [])
    shown = text if found is None else "\n".join(text.splitlines()[found.lineno - 1 : found.end_lineno])
    return f"```python\n{shown}\n```\n"


def _folded(summary: str, text: str) -> str:
    """Return Markdown that a notebook shows when it is unfolded."""
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>\n"


def _directive(match: re.Match[str], page: Page, rows: dict[str, ledger.Erratum]) -> str:
    """Return a directive as plain Markdown."""
    name, argument, body = match["name"], match["argument"].strip(), match["body"]
    options = dict(_OPTION.findall(body))
    content = _OPTION.sub("", body).strip()
    if name == "literalinclude":
        return _source(page, argument, options)
    if name == "math":
        return f"$$\n{content}\n$$\n"
    if name == "myth" and argument in rows:
        row = rows[argument]
        return f"> **Commonly said:** {row.said}\n>\n> **In fact:** {row.right}\n\n{content}\n"
    if name == "quiz":
        drawn = [forms(question)[0] for question in asked(argument)]
        return "\n".join(
            f"**{n}.** {one._repr_markdown_()}\n\n{_folded('Answer', way(one))}"
            for n, one in enumerate(drawn, start=1)
        )
    if name == "rules":
        return "\n".join(
            f"**{title(one)}**\n\n{one.rule}\n\n{_folded('Worked example', worked(example(one)))}"
            for one in asked(argument)
            if one.rule
        )
    if name in ("solution-start", "solution-end", "bibliography", "eval-rst") or name.endswith(
        ("-table", "-ledger")
    ):
        return "**Solution**\n" if name == "solution-start" else ""
    heading = f"**{argument}**\n\n" if argument and name not in ("grid", "code") else ""
    inner = _DIRECTIVE.sub(lambda m: _directive(m, page, rows), content + "\n")
    return f"{heading}{inner}\n"


def to_notebook(page: Page, root: Path) -> nbformat.NotebookNode:
    """Return a page as a notebook that runs where coursekit is installed.

    Args:
        page: any page of the book.
        root: the project's folder.
    """
    run = load_run(root, page.slug)
    glued = run.glued if run else {}
    rows = {row.id: row for row in ledger.load(root).errata}
    if page.executable:
        notebook = read_notebook(page)
    else:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(page.text)])
    fresh = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            made = nbformat.v4.new_code_cell(cell.source, metadata={"tags": cell.metadata.get("tags", [])})
        else:
            text = _TARGET.sub("", _DIRECTIVE.sub(lambda m: _directive(m, page, rows), cell.source + "\n"))
            made = nbformat.v4.new_markdown_cell(_ROLE.sub(lambda m: _role(m, glued), text).strip())
        made["id"] = f"cell-{number}"
        if made.source:
            fresh.append(made)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=fresh, metadata={"kernelspec": kernel})


def write_downloads(app: Sphinx, exception: Exception | None) -> None:
    """Write the notebook of every page beside the page sources of a finished HTML build.

    Args:
        app: the Sphinx application.
        exception: why the build failed, if it did.
    """
    if exception is not None or app.builder.format != "html":
        return
    root = Path(app.srcdir)
    for page in pages(root):
        target = Path(app.outdir) / "_sources" / f"{page.slug}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(to_notebook(page, root), target)
    _LOG.info("wrote every page as a notebook")
