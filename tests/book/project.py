"""A toy book of a few pages, made in a temporary folder."""

from pathlib import Path

from coursekit.book.pages import Page, pages

FRONT = """---
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---
"""
SECTIONS = (
    "The problem", "The idea", "The experiment", "Myth check", "When it fails", "Practice", "Micro-quiz",
    "Further reading",
)  # fmt: skip


def cell(code: str) -> str:
    """Return a code cell of a page."""
    return f"```{{code-cell}} ipython3\n{code}\n```\n"


def executable(*cells: str) -> str:
    """Return the text of a page that runs."""
    return FRONT + "\n# A page\n\n" + "\n".join(map(cell, cells))


def chapter(*cells: str, prose: str = "") -> str:
    """Return a page that keeps every rule of a chapter."""
    body = "\n".join(f"## {title}\n" for title in SECTIONS)
    head = "```{chapter-head}\n:minutes: 1\n\n- a goal\n```\n"
    return executable("FAST = False\nSEED = 0", *cells) + f"\n{head}\n{prose}\n\n{body}"


def write(root: Path, **texts: str) -> tuple[Page, ...]:
    """Write a book whose first page is its root, and return its pages."""
    names = list(texts)
    toc = [f"format: jb-book\nroot: {names[0]}"]
    if names[1:]:
        toc.append("chapters:\n" + "\n".join(f"  - file: {name}" for name in names[1:]))
    (root / "_toc.yml").write_text("\n".join(toc) + "\n", encoding="utf-8")
    (root / "constraints.txt").write_text("torch==2.6.0\n", encoding="utf-8")
    for name in ("equations", "errata", "coverage"):
        (root / "ledger" / name).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (root / f"{name}.md").write_text(text, encoding="utf-8")
    return pages(root)
