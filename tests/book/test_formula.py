"""Repeated equations: the same LaTeX, a link, the test; and no equation without a row."""

from pathlib import Path

import pytest

from coursekit.book.ext.formula import equation_source
from coursekit.book.pages import Page
from tests.book.toybook import build, read

EQUATION = "$$\na = b +\nc .\n$$ (eq-toy)\n"
LEDGERS = {
    "equations": "- label: eq-toy\n  states: a is a sum\n  symbol: math.fsum\n  test: tests/t.py::test_a\n",
    "errata": "- id: T-1\n  said: The sum is a *product*.\n  right: A sum.\n  test: tests/t.py::test_a\n",
}


def _built(root: Path, patch: pytest.MonkeyPatch, directive: str) -> tuple[Path, str]:
    for name, text in LEDGERS.items():
        (root / "ledger" / name).mkdir(parents=True)
        (root / "ledger" / name / "toy.yml").write_text(text, encoding="utf-8")
    return build(root, patch, page=f"# Toy\n\n{EQUATION}\n$$\nx = 1\n$$\n\n{directive}\n")


def test_the_equation_is_repeated_with_place_test_and_the_wrong_one_struck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, heard = _built(tmp_path, monkeypatch, "```{formula} eq-toy\n:wrong: T-1\n:struck: a = b c\n```")
    assert heard == ""
    box = read(page).select_one(".ck-formula")
    assert box is not None
    assert "a = b +\nc ." in box.select_one("div.math").text
    assert box.select_one(".ck-formula-title").text.startswith("a is a sum")
    assert box.select_one(".ck-formula-title a")["href"] == "#equation-eq-toy"
    assert "tests/t.py::test_a" in box.select_one(".ck-formula-test").text
    assert box.select_one(".ck-wrong del .math").text == "\\(a = b c\\)"
    assert box.select_one(".ck-wrong").text.endswith("T-1")
    assert len(read(page).select(".eqno")) == 1


def test_without_a_struck_formula_the_words_of_the_ledger_are_struck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, heard = _built(tmp_path, monkeypatch, "```{formula} eq-toy\n:says: In short\n:wrong: T-1\n```")
    assert heard == ""
    box = read(page).select_one(".ck-formula")
    assert box.select_one("del").text == "The sum is a product."
    assert box.select_one(".ck-formula-title").text.startswith("In short")


@pytest.mark.parametrize(
    ("directive", "told"),
    [
        ("```{formula} eq-none\n```", "ledger/equations has no row eq-none"),
        ("```{formula} eq-toy\n:wrong: T-2\n```", "ledger/errata has no row T-2"),
        ("```{formula} eq-toy\n:struck: a = b c\n```", "struck needs the one erratum that says why"),
    ],
)
def test_what_has_no_row_cannot_be_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directive: str, told: str
) -> None:
    _, heard = _built(tmp_path, monkeypatch, directive)
    assert told in heard


def test_a_row_without_its_equation_cannot_be_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = LEDGERS["equations"] + LEDGERS["equations"].replace("eq-toy", "eq-gone")
    monkeypatch.setitem(LEDGERS, "equations", more)
    _, heard = _built(tmp_path, monkeypatch, "```{formula} eq-gone\n```")
    assert "no page of the book has the equation eq-gone" in heard


def test_the_source_is_the_nearest_pair_of_dollars_or_a_fence() -> None:
    fenced = "```{math}\n:label: eq-b\nz^2\n```\n"
    page = Page("toy", Path("toy.md"), f"$$\nx = 1\n$$\n\nWords.\n\n{EQUATION}\n{fenced}")
    assert equation_source(page, "eq-toy") == "a = b +\nc ."
    assert equation_source(page, "eq-b") == "z^2"
    with pytest.raises(ValueError, match="toy must have the equation eq-c"):
        equation_source(page, "eq-c")
