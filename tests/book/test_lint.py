"""Each rule of a page: silent on a good page, red on a page that breaks it."""

from pathlib import Path

import pytest

from coursekit.book.lint import lint
from coursekit.book.pages import Page, pages
from tests.book.project import SECTIONS, chapter

ROOT = Path(__file__).parents[2]


def breaches(text: str) -> list[str]:
    return lint(Page("page", Path("page.md"), text))


def test_good_page_is_silent() -> None:
    assert breaches(chapter("x = 1", prose="One sentence.\nAnother with $x = 1.5$ and `2.5`.")) == []


def test_pages_of_the_book_are_silent() -> None:
    found = pages(ROOT)
    assert len(found) >= 11
    assert [line for page in found for line in lint(page)] == []


@pytest.mark.parametrize(
    "prose", ["The bound is 19.2.", "It reaches 92 % of them.", "The gap is 3 nats.", "It took 5 seconds."]
)
def test_typed_result_is_found(prose: str) -> None:
    (line,) = breaches(chapter(prose=prose))
    assert "is typed; glue it from the run" in line


@pytest.mark.parametrize(
    "prose",
    [
        "The bound is {glue:text}`bound`.",
        "The pass mark is 20.0. <!-- stated -->",
        "$$\nx = 19.2\n$$",
        "| a | 19.2 |",
        "```python\nx = 19.2\n```",
        "See [the text 19.2](https://example.org/19.2).",
        "PyTorch 2.6.1 is tested.",
    ],
)
def test_number_that_is_no_result_passes(prose: str) -> None:
    assert breaches(chapter(prose=prose)) == []


def test_two_sentences_on_a_line() -> None:
    (line,) = breaches(chapter(prose="The first. The second."))
    assert "one sentence a line; this line holds 2" in line
    assert breaches(chapter(prose="Someone, e.g. Kingma et al. (2014), wrote it.")) == []


def test_long_cell() -> None:
    found = breaches(chapter(*["x = 1"] * 30, "\n".join(["x = 1"] * 26)))
    assert found == ["page.md: code cell 32 has 26 lines; at most 25: move it to coursekit"]
    assert breaches(chapter(*["x = 1"] * 30, "\n".join(["x = 1"] * 25))) == []


def test_median_and_share_of_cells() -> None:
    (median,) = breaches(chapter(*["\n".join(["x = 1"] * 5)] * 3))
    assert "the median code cell has 5 lines; at most 4" in median
    (share,) = breaches(chapter(*["x = 1"] * 3, "\n".join(["x = 1"] * 12)))
    assert "90% of the code cells must have fewer than 12 lines" in share


@pytest.mark.parametrize("missing", SECTIONS)
def test_missing_section(missing: str) -> None:
    (line,) = breaches(chapter().replace(f"## {missing}\n", ""))
    assert f"needs the section '{missing.lower()}'" in line


def test_sections_out_of_order() -> None:
    swapped = chapter().replace("## The idea", "## X").replace("## Practice", "## The idea")
    (line,) = breaches(swapped.replace("## X", "## Practice"))
    assert "needs the section" in line


@pytest.mark.parametrize("name", ["FAST = False", "SEED = 0"])
def test_missing_parameter(name: str) -> None:
    assert breaches(chapter().replace(name, "x = 0")) == [
        "page.md: the first code cell must set FAST and SEED"
    ]


def test_missing_chapter_head() -> None:
    (line,) = breaches(chapter().replace("{chapter-head}", "{note}"))
    assert line == "page.md: needs a chapter-head directive"


def test_figure_without_words() -> None:
    (line,) = breaches(chapter("plot.image_grid(x, shape=(8, 8))"))
    assert "code cell 2: plot.image_grid needs alt=" in line
    assert breaches(chapter('plot.image_grid(x, shape=(8, 8), alt="Ten digits")')) == []
    (line,) = breaches(chapter("plt.show()"))
    assert "draw with coursekit.plot" in line
    (line,) = breaches(chapter(prose="![](figure.png)"))
    assert "the image needs a text" in line


def test_cell_that_is_no_python() -> None:
    (line,) = breaches(chapter("x = = 1"))
    assert "code cell 2 is not Python" in line


def test_listing_that_cannot_be_made_or_is_too_wide(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(f"def f():\n    return 1\n\n\ndef wide():\n    return {'9' * 90}\n")

    def lines(options: str, file: str = "code.py") -> list[str]:
        text = chapter(prose=f"```{{literalinclude}} {file}\n{options}\n```")
        return lint(Page("page", tmp_path / "page.md", text))

    assert lines(":pyobject: f\n:start-at: return\n:dedent: 4") == []
    for broken in (
        ":pyobject: g",
        ":pyobject: f\n:start-at: yield",
        ":start-after: nothing",
        ":end-before: no",
    ):
        (line,) = lines(broken)
        assert "the listing of code.py can't be made" in line
    (line,) = lines(":pyobject: f", file="other.py")
    assert "can't be made" in line
    (line,) = lines(":pyobject: wide")
    assert "at most 88 characters a line; got 101" in line


def test_rules_of_chapters_leave_other_pages_alone() -> None:
    assert breaches("# Notation\n\nA page of words.\n") == []
    assert breaches("# Notation\n\nIt reached 19.2 at last.\n") != []
