"""A small site with a made-up question bank, built by Sphinx as the book is, in a second."""

import io
import random
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from coursekit.assess.template import Distractor, Draft, Question, template
from tests.book import project

EXTRA = Path(__file__).parents[2] / "_extra"
CHAPTER = "exam/toy"
PAGE = """# Toy

## Rules

```{rules} exam/toy
```

## Questions

```{quiz} exam/toy
```
"""


@template(
    "area/two-numbers", CHAPTER, "number", tolerance=5e-4, relative=1e-3,
    rule="A line through the origin has the slope $a = y / x$, if $x \\ne 0$.",
)  # fmt: skip
def pair(rng: random.Random) -> Draft:
    """Ask for two numbers."""
    a, b = rng.randint(2, 40), rng.randint(50, 90)
    return Draft(
        f"The first is ${a}$ and the second ${b}$.\n\n| $x$ | y |\n| --- | --- |\n| {a} | ${b}$ |\n\nWhich?",
        (float(a), b / 3),
        (
            Distractor((b / 3, float(a)), "swapped", "They are **swapped** & $<$.", "rule-area-word"),
            Distractor((-float(a), b / 3), "sign lost", "A sign is lost."),
        ),
        "Both are right.",
        (f"The first is ${a}$.", f"The second is ${b} / 3$."),
        asks=("$x$", "$y$"),
    )  # fmt: skip


@template("area/word", CHAPTER, "choice", rule="A word is a word.")
def word(rng: random.Random) -> Draft:
    """Ask for a word: three draws differ, no more."""
    which = rng.choice(("cat", "dog", "cow"))
    wrong = (Distractor("a stone", "no animal", "A stone is no animal."), Distractor("$x^2$", "power", "No."))
    return Draft(f"Which is the {which}?", f"the {which}", wrong, "Yes.")


def _product(rng: random.Random) -> Draft:
    """Ask for one number."""
    a, b = rng.randint(2, 30), rng.choice((0.25, 0.5, 1.5))
    wrong = (Distractor(a + b, "sum taken", "That is the sum."), Distractor(-a * b, "sign lost", "No minus."))
    return Draft(f"What is ${a} \\cdot {b}$?", a * b, wrong, "The product.", (f"${a} \\cdot {b} = {a * b}$",))


ONES = tuple(
    template(f"area/{name}", CHAPTER, "number", tolerance=1e-3, label="rule-area-word")(_product)
    for name in ("one", "two", "three")
)
BANK = (pair, word, *ONES)


def questions(chapter: str | None = None) -> tuple[Question, ...]:
    """Stand in for the registry."""
    return tuple(q for q in BANK if chapter in (None, q.chapter))


def build(root: Path, patch: pytest.MonkeyPatch, page: str = PAGE) -> tuple[Path, str]:
    """Build a site of one page; return the page's file and Sphinx's warnings."""
    patch.setattr("coursekit.book.ext.quiz.questions", questions)
    project.write(root, index=page)
    settings = {
        "extensions": ["myst_nb", "sphinx.ext.mathjax", "coursekit.book.ext"], "nb_execution_mode": "off",
        "myst_enable_extensions": ["amsmath", "dollarmath"], "html_theme": "basic", "nitpicky": True,
        "html_extra_path": [str(EXTRA)], "mathjax_path": "../vendor/mathjax/es5/tex-mml-chtml.js",
        "master_doc": "index", "project": "toy", "exclude_patterns": ["_build"],
    }  # fmt: skip
    heard = io.StringIO()
    with patch_docutils(None), docutils_namespace():
        app = Sphinx(
            str(root), None, str(root / "_build" / "html"), str(root / "_build" / "trees"), "html",
            confoverrides=settings, status=None, warning=heard,
        )  # fmt: skip
        app.build()
    return root / "_build" / "html" / "index.html", heard.getvalue()


def read(page: Path) -> BeautifulSoup:
    """Parse a built page."""
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
