"""The page as a reader meets it, its policy in force: light, dark, phone, and nothing on the console."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser

from coursekit.grading.feedback.page import Total, page
from coursekit.plot import curves
from tests.browser.test_site import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOKS: dict[str, dict[str, Any]] = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": PHONE}
WORDS = f"""# Title

| a long heading | b |
|---|--:|
| $x^2$ | {"wide " * 30} |

$$\\mathrm{{KL}} = \\tfrac12 \\sum_j (\\mu_j^2 + \\sigma_j^2 - 1 - \\log \\sigma_j^2)$$

> A quotation with [a link](https://example.org) and `code`.
"""


def _marks(grade_id: str, score: float, **more: object) -> dict[str, Any]:
    base = {"grade": True, "solution": False, "locked": True, "points": 2, "score": score}
    return {"nbgrader": {**base, "grade_id": grade_id, **more}}


def _page() -> str:
    """Return a page that shows everything."""
    figure = curves({"train": [3, 2, 1]}, alt="The loss falls to 1", xlabel="epoch", ylabel="loss")
    told = new_output("error", ename="NotPassed", evalue="✗ kl: wrong. The sign.", traceback=[])
    trace = [f'File "x.py", line 1{" " * 80}in f', "ValueError: bad"]
    source = (
        '@decorate\ndef f(x: int = 3) -> str:\n    """Text."""\n    return f"{x}" + "long " * 40  # note\n'
    )
    cells = [
        new_markdown_cell(WORDS),
        new_code_cell(source, metadata=_marks("kl", 0, grade=False, solution=True, comment="*Nearly.*")),
        new_code_cell("hidden", outputs=[told], metadata=_marks("test-kl", 0)),
        new_code_cell("hidden", metadata=_marks("test-loss", 1)),
        new_code_cell("hidden", metadata=_marks("test-model", 2)),
        new_markdown_cell("Because.", metadata=_marks("essay", 0, solution=True, waiting=True)),
        new_code_cell("plot()", outputs=[new_output("display_data", data=figure._repr_mimebundle_())]),
        new_code_cell("f()", outputs=[new_output("error", ename="E", evalue="bad", traceback=trace)]),
    ]
    state = {"state": "graded with faults", "faults": ["Cell 7 hung."], "guesses": ["kl by its name."]}
    nb = new_notebook(cells=cells, metadata={"coursekit": state})
    names = {"notebook": "sprint", "assignment": "sprint", "student": "ada"}
    return page(nb, names, Total(3, 8, 0.5), {"test-kl": 'grade("mini-sprint-vae/kl", kl)'})


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write the page as a file, as a student opens it."""
    path = Path(tmp_path_factory.mktemp("page")) / "page.html"
    path.write_text(_page(), "utf-8")
    return path.as_uri()


@pytest.mark.parametrize("look", LOOKS)
def test_it_is_silent_readable_and_fits(browser: Browser, address: str, look: str) -> None:
    context = browser.new_context(**LOOKS[look])
    opened = context.new_page()
    console: list[str] = []
    opened.on("console", lambda message: console.append(message.text))
    opened.goto(address, wait_until="load")
    assert console == []
    assert opened.evaluate("getComputedStyle(document.querySelector('.kicker')).textTransform") == "uppercase"
    assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    shown = opened.evaluate(
        "[...document.images].map(i => [i.className, i.naturalWidth > 100, !!i.offsetParent])"
    )
    dark = look == "dark"
    assert shown == [["ck-light only-light", True, not dark], ["ck-dark only-dark", True, dark]]
    base, power = opened.evaluate(
        "[...document.querySelector('msup').children].map(e => e.getBoundingClientRect().bottom)"
    )
    assert power < base  # the formula is set, not spelled
    context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_it_is_accessible(browser: Browser, address: str, look: str) -> None:
    context = browser.new_context(bypass_csp=True, **LOOKS[look])  # the checker is a script
    opened = context.new_page()
    opened.goto(address, wait_until="load")
    found = Axe().run(opened).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found] == []
    context.close()
