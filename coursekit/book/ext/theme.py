"""The dress of the site: styles and scripts, a page's buttons, and the foot that says when it was run."""

__all__ = ["configure", "finish_page"]

import html
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

import coursekit.book
from coursekit.book.execute import load_run

_STATIC = Path(coursekit.book.__file__).parent / "static"
_LAB = "http://localhost:8888/lab/tree"


def configure(app: Sphinx, config: Config) -> None:
    """Add the course's style sheet and script to every page.

    Args:
        app: the Sphinx application.
        config: its configuration.
    """
    if str(_STATIC) not in config.html_static_path:
        config.html_static_path.append(str(_STATIC))
    app.add_css_file("course.css")
    app.add_js_file("quiz.js", loading_method="defer")


def _is_thebe(file: Any) -> bool:
    """Tell whether a script or style belongs to the live-code feature, which needs a server elsewhere."""
    return "thebe" in f"{getattr(file, 'filename', file)} {getattr(file, 'attributes', '')}".lower()


def _buttons(context: dict[str, Any], pagename: str, depth: str) -> None:
    """Offer each page as a notebook, once, and drop what needs a network."""
    kept = [group for group in context.get("header_buttons", []) if group.get("label") != "launch-buttons"]
    for group in kept:
        if group.get("label") == "download-buttons":
            group["buttons"] = [b for b in group["buttons"] if not str(b.get("url", "")).endswith(".ipynb")]
            notebook = {
                "type": "link", "text": ".ipynb", "tooltip": "Download this page as a notebook",
                "icon": "fas fa-code", "url": f"{depth}_sources/{pagename}.ipynb",
                "label": "download-notebook-button",
            }  # fmt: skip
            group["buttons"].insert(0, notebook)
    context["header_buttons"] = kept


def _foot(root: Path, pagename: str, depth: str) -> str:
    """Return the foot of a page: its run, and how to open it in the reader's own JupyterLab."""
    run = load_run(root, pagename)
    fresh = ""
    if run:
        fresh = (
            f"<p>Run on {html.escape(run.date)} in {run.seconds:.0f} s, at commit {html.escape(run.commit)}, "
            f"lock {html.escape(run.lock)}, Python {html.escape(run.python)}, "
            f"torch {html.escape(run.torch)}.</p>"
        )
    return (
        f'<footer class="ck-foot">{fresh}<p><strong>In your own JupyterLab:</strong> '
        "run <code>make lab</code> in a clone of the course, "
        f'then <a href="{_LAB}/{pagename}.md">open this page in it</a>, '
        f'or <a href="{depth}_sources/{pagename}.ipynb" download>download the notebook</a> '
        "and put it anywhere in the clone.</p></footer>"
    )


def finish_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Set buttons, scripts and foot of one page.

    Args:
        app: the Sphinx application.
        pagename: the page.
        templatename: its template.
        context: what the template is filled with; changed in place.
        doctree: the page's tree; None for pages that Sphinx makes itself.
    """
    del templatename
    for key in ("script_files", "css_files"):
        if context.get(key) is not None:
            context[key] = [file for file in context[key] if not _is_thebe(file)]
    if doctree is None:
        return
    depth = "../" * pagename.count("/")
    _buttons(context, pagename, depth)
    # Sphinx calls a bibliography a list and its entries something else, which a screen reader stumbles over.
    body = context.get("body", "").replace('role="list" class="citation-list"', 'class="citation-list"')
    context["body"] = body + _foot(Path(app.srcdir), pagename, depth)
