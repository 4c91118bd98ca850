"""The Sphinx extension of the book: its directives, its pages' head and foot, its quiz, its tables."""

__all__ = ["setup"]

from typing import Any

from sphinx.application import Sphinx

from coursekit import __version__
from coursekit.book.ext.api import ApiRoom
from coursekit.book.ext.downloads import write_downloads
from coursekit.book.ext.formula import Formula
from coursekit.book.ext.head import ChapterHead, Myth
from coursekit.book.ext.outdated import outdated, remember
from coursekit.book.ext.quiz import Quiz
from coursekit.book.ext.rules import Rules
from coursekit.book.ext.tables import TABLES
from coursekit.book.ext.theme import configure, finish_page


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension.

    Args:
        app: the Sphinx application.
    """
    app.add_directive("api-room", ApiRoom)
    app.add_directive("chapter-head", ChapterHead)
    app.add_directive("formula", Formula)
    app.add_directive("myth", Myth)
    app.add_directive("quiz", Quiz)
    app.add_directive("rules", Rules)
    for name, table in TABLES.items():
        app.add_directive(name, table)
    app.set_html_assets_policy("always")  # a quiz may hold formulas on a page that has no others
    app.connect("config-inited", configure)
    app.connect("env-get-outdated", outdated)
    app.connect("env-purge-doc", remember)
    # After the book's theme has filled the page's header buttons.
    app.connect("html-page-context", finish_page, priority=900)
    app.connect("build-finished", write_downloads)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
