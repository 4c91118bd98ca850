"""Markdown as Jupyter reads it, then cleaned: tables, pictures, code and formulas stay."""

__all__ = ["prose"]

import secrets
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from coursekit.grading.feedback.cleaning import clean
from coursekit.grading.feedback.formulas import formula

_LONGEST, _FORMULAS = 50_000, 500


class _Renderer(IPythonRenderer):
    """Jupyter's own renderer, with a mark in the place of each formula.

    The mark holds a number drawn anew for each text, so that no text can hold one by itself.
    """

    def __init__(self, attachments: Mapping[str, Any]) -> None:
        super().__init__(escape=False, exclude_anchor_links=True)
        self._pictures, self._secret = attachments, secrets.token_hex(8)
        self.pieces: dict[str, tuple[str, Markup]] = {}

    def _mark(self, source: str, *, block: bool) -> str:
        if len(self.pieces) >= _FORMULAS:
            return str(Markup("<code>{}</code>").format(source))
        mark = f"formula{self._secret}n{len(self.pieces)}n"
        self.pieces[mark] = (source, formula(source, block=block))
        return mark

    def block_math(self, body: str) -> str:
        return self._mark(body, block=True)

    def inline_math(self, body: str) -> str:
        return self._mark(body, block=False)

    def latex_environment(self, name: str, body: str) -> str:
        return self._mark(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        del title
        if url.startswith("attachment:"):
            url = _attached(self._pictures.get(url.removeprefix("attachment:")))
        return str(Markup('<img src="{}" alt="{}">').format(url, Markup(text).striptags()))

    def block_mermaidjs(self, code: str) -> str:
        return str(Markup("<pre><code>{}</code></pre>").format(code))

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        side = f' align="{align}"' if align else ""
        return f'<th scope="col"{side}>{text}</th>\n' if head else f"<td{side}>{text}</td>\n"

    def task_list_item(self, text: str, checked: bool = False) -> str:
        return f"<li>{'☑' if checked else '☐'} {text}</li>\n"


def _attached(bundle: object) -> str:
    """Return an attachment's address; the cleaner looks at what it is, whatever its type is said to be."""
    values = bundle.values() if isinstance(bundle, Mapping) else ()
    return next((f"data:image/png;base64,{value}" for value in values if isinstance(value, str)), "")


def prose(source: str, attachments: object = None) -> Markup:
    """Return Markdown as harmless HTML; its bare text if it can't be read.

    Args:
        source: Markdown; anything at all may come.
        attachments: the pictures of the cell by name, as Jupyter keeps them.
    """
    if len(source) <= _LONGEST:
        renderer = _Renderer(attachments if isinstance(attachments, Mapping) else {})
        try:
            return clean(MarkdownWithMath(renderer=renderer).render(source), renderer.pieces)
        except Exception:  # one text that breaks a parser must not cost the page
            renderer.pieces.clear()
    return Markup('<pre tabindex="0">{}</pre>').format(source[:_LONGEST])
