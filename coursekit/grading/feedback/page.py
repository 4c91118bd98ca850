"""The whole page: one file without a script, under a policy that lets nothing run and nothing leave."""

__all__ = ["POLICY", "Total", "page"]

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from coursekit.grading.feedback.code import plain
from coursekit.grading.feedback.status import status
from coursekit.grading.feedback.views import views

_FOLDER = Path(__file__).parent
# The style is known by its hash: no style of a stranger's, in an element or an attribute, is one of the page.
POLICY = (
    "default-src 'none'; script-src 'none'; style-src '{style}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-src 'none'; object-src 'none'"
)


@dataclass(frozen=True)
class Total:
    """The points of a notebook.

    Attributes:
        score: after the penalty.
        most: what it is worth.
        penalty: for a late submission.
    """

    score: float
    most: float
    penalty: float = 0.0


@cache
def _environment() -> Environment:
    """Return a template engine that escapes whatever is not known to be harmless."""
    return Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _policy(style: str) -> str:
    digest = hashlib.sha256(style.encode("utf-8")).digest()
    return POLICY.format(style=f"sha256-{base64.b64encode(digest).decode('ascii')}")


def page(
    notebook: Mapping[str, Any], names: Mapping[str, str], total: Total | None, released: Mapping[str, str]
) -> str:
    """Return the feedback on a graded notebook as one HTML page.

    Args:
        notebook: with the points of the gradebook in its cells' metadata.
        names: of ``notebook``, ``assignment`` and ``student``.
        total: its points; None if the gradebook has none.
        released: what the released notebook showed of each of its marked cells, by grade id.
    """
    state = status(notebook.get("metadata"))
    style = f"\n{(_FOLDER / 'page.css').read_text('utf-8')}"
    return _environment().get_template("page.html.j2").render(
        policy=Markup(_policy(style)), style=Markup(style), status=state,
        names={key: plain(value) for key, value in names.items()},
        total=total if state.counts else None, cells=views(list(notebook["cells"]), released),
    )  # fmt: skip
