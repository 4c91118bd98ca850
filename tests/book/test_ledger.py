"""Ledgers: an equation without a row, a row without an equation, a promise that names nothing."""

from pathlib import Path

import pytest

from coursekit._check import CourseError
from coursekit.book import ledger
from coursekit.book.build import check
from coursekit.book.pages import Page, equation_labels, labels, pages, quiz_chapters
from tests.book.project import write

ROOT = Path(__file__).parents[2]
EQUATION = "# A page\n\n$$\na = b\n$$ (eq-one)\n"
TEST = "tests/test_x.py::test_a"
ROW = f"- {{label: eq-one, states: a is b, symbol: coursekit.vae.negative_elbo, test: {TEST}}}\n"
COVERED = f"- {{id: A-1, title: t, anchor: 'page#eq-one', symbol: coursekit.vae.VAE, test: {TEST}}}\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    write(tmp_path, page=EQUATION)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text("def test_a(): pass\n", encoding="utf-8")
    (tmp_path / "ledger" / "equations" / "page.yml").write_text(ROW, encoding="utf-8")
    (tmp_path / "ledger" / "coverage" / "page.yml").write_text(COVERED, encoding="utf-8")
    return tmp_path


def problems(root: Path) -> list[str]:
    return ledger.problems(root, ledger.load(root), pages(root))


def test_kept_promises_are_silent(book: Path) -> None:
    assert problems(book) == []


def test_promises_of_the_book_are_kept() -> None:
    rows = ledger.load(ROOT)
    assert min(map(len, (rows.equations, rows.errata, rows.coverage))) > 0
    assert problems(ROOT) == []


def test_an_edited_row_is_read_again_and_an_unchanged_one_is_not(book: Path) -> None:
    first = ledger.load(book)
    assert ledger.load(book) is first
    (book / "ledger" / "equations" / "page.yml").write_text(ROW.replace("a is b", "a is c"), encoding="utf-8")
    assert [row.states for row in ledger.load(book).equations] == ["a is c"]


def test_equation_without_row_fails_the_build(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (book / "ledger" / "equations" / "page.yml").write_text("[]\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"1 rule\(s\) of the book are broken"):
        check(book)
    assert "equation eq-one has no row in ledger/equations" in capsys.readouterr().out


def test_question_that_leads_nowhere(book: Path) -> None:
    """The page of a chapter must have the place that the feedback of its questions names."""
    page = Page("chapters/foundations/neurons", book / "page.md", "(rule-neurons-brain)=\n## A cell\n")
    found = ledger.problems(book, ledger.load(book), (*pages(book), page))
    assert not [line for line in found if "rule-neurons-brain" in line]
    assert any(
        "leads to rule-neurons-spiking, which chapters/foundations/neurons does not" in line for line in found
    )
    assert not [line for line in found if "exam/" in line]


def test_row_without_equation(book: Path) -> None:
    (book / "page.md").write_text("# A page\n\n(eq-one)=\nText.\n", encoding="utf-8")
    assert problems(book) == ["ledger/equations: no page has the equation eq-one"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("equations", "negative_elbo", "missing", "equations: eq-one: no symbol coursekit.vae.missing"),
        ("equations", "test_a", "test_b", "equations: eq-one: no test tests/test_x.py::test_b"),
        ("equations", "test_x", "test_y", "equations: eq-one: no test tests/test_y.py::test_a"),
        ("coverage", "page#eq-one", "page#nowhere", "coverage: A-1: no page has the place page#nowhere"),
        ("coverage", "vae.VAE", "vae.Missing", "coverage: A-1: no symbol coursekit.vae.Missing"),
    ],
)
def test_empty_promise(book: Path, file: str, old: str, new: str, message: str) -> None:
    path = book / "ledger" / file / "page.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert problems(book) == [f"ledger/{message}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n", "must be a YAML list of rows; got dict"),
        ("- 3\n", r"equations/page.yml row 1 must be a mapping .*; got 3"),
        ("- [\n", "must be readable YAML"),
        ("- {label: x}\n", r"row 1 \(x\) field 'states' must be a non-empty text; got None"),
        (ROW + ROW, "must name each label once; eq-one stands twice"),
        (ROW.replace("}", ", more: y}"), "has the unknown field 'more'"),
    ],
)
def test_malformed_ledger_is_one_line(book: Path, text: str, message: str) -> None:
    (book / "ledger" / "equations" / "page.yml").write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=message) as caught:
        ledger.load(book)
    assert "\n" not in str(caught.value)


def test_every_item_of_the_inventory_has_a_home(book: Path) -> None:
    inventory = book / "ledger" / "inventory.yml"
    inventory.write_text("one section: [A-1..3]\nanother: [B-X]\n", encoding="utf-8")
    assert ledger.load(book).items == ("A-1", "A-2", "A-3", "B-X")
    assert problems(book) == [f"ledger/inventory.yml: {item} has no home" for item in ("A-2", "A-3", "B-X")]
    inventory.write_text("one: [A-08..11]\n", encoding="utf-8")
    assert ledger.load(book).items == ("A-08", "A-09", "A-10", "A-11")
    for text in ("- A-1\n", "one: A-1\n", "one: [A-3..1]\n", "one: [A..3]\n", "one: [\n"):
        inventory.write_text(text, encoding="utf-8")
        with pytest.raises(CourseError, match=r"inventory\.yml must"):
            ledger.load(book)


def test_missing_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"_toc\.yml must be a readable table of contents"):
        pages(tmp_path)
    (tmp_path / "_toc.yml").write_text("root: gone\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"_toc\.yml names the page gone"):
        pages(tmp_path)


def test_labels_of_a_page() -> None:
    text = (
        "(here)=\n# A page\n\n$$\na\n$$ (eq-one)\n\n```{math}\n:label: eq-two\nb\n```\n\n"
        "```{myth} 000-D-VAE-1\n```\n\n```{quiz} generative/x\n```\n"
    )
    page = Page("page", Path("page.md"), text)
    assert equation_labels(page) == ("eq-one", "eq-two")
    assert labels(page) == {"here", "eq-one", "eq-two", "myth-000-d-vae-1"}
    assert quiz_chapters(page) == ("generative/x",)
