# ruff: noqa: E501 (what a student may write is one line)
"""Honest content comes through: tables, pictures, formulas, code, links; and the state says what counts."""

import base64
import io
import re
import struct
import zlib
from typing import Any

import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from coursekit.grading.feedback.cleaning import clean
from coursekit.grading.feedback.code import code, plain
from coursekit.grading.feedback.formulas import formula
from coursekit.grading.feedback.page import Total, page
from coursekit.grading.feedback.pictures import picture
from coursekit.grading.feedback.prose import prose
from coursekit.grading.marking.verdict import FAULTS, GRADED, NOT_GRADABLE, NOT_RUN
from coursekit.plot import curves

NAMES = {"notebook": "sheet", "assignment": "task", "student": "ada"}


def _png(size: tuple[int, int] = (3, 2)) -> str:
    file = io.BytesIO()
    Image.new("RGB", size, (1, 2, 3)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def _bomb() -> str:
    """Return the head of a picture that says that it is 30,000 pixels wide and high."""
    data = bytearray(base64.b64decode(_png()))
    data[16:24] = struct.pack(">II", 30_000, 30_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return base64.b64encode(data).decode("ascii")


def _svg(inside: str = "<path d='M0 0'/>") -> str:
    return base64.b64encode(f"<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>".encode()).decode(
        "ascii"
    )


def _soup(*cells: NotebookNode, total: Total | None = None, **told: Any) -> BeautifulSoup:
    nb = new_notebook(cells=list(cells), metadata={"coursekit": told} if told else {})
    return BeautifulSoup(page(nb, NAMES, total or Total(1, 4), {"test-kl": "check('x')"}), "html.parser")


def _test(score: float, *outputs: NotebookNode, source: str = "assert secret(41) == 42") -> NotebookNode:
    marks = {
        "grade": True,
        "solution": False,
        "locked": True,
        "grade_id": "test-kl",
        "points": 4,
        "score": score,
    }
    return new_code_cell(source, outputs=list(outputs), metadata={"nbgrader": marks})


def test_a_table_keeps_its_cells_and_its_sides() -> None:
    soup = BeautifulSoup(prose("| a | b |\n|---|--:|\n| 1 | **2** |"), "html.parser")
    assert [cell.text for cell in soup.select("table th, table td")] == ["a", "b", "1", "2"]
    assert [cell.get("align") for cell in soup.select("td")] == [None, "right"]
    assert soup.select_one("td strong") is not None


def test_links_are_kept_where_they_lead_to_pages() -> None:
    text = "[a](https://a.org/x?y=1&z=2) [b](mailto:a@b.org) [c](javascript:x) [d](file:///etc) [e](//a.org) [f](own.html)"
    soup = BeautifulSoup(prose(text), "html.parser")
    assert [link.get("href") for link in soup.select("a")][:3] == [
        "https://a.org/x?y=1&z=2",
        "mailto:a@b.org",
        None,
    ]
    assert not any(link.get("href") for link in soup.select("a")[2:])
    assert {tuple(link["rel"]) for link in soup.select("a[href]")} == {("noopener", "noreferrer", "nofollow")}


@pytest.mark.parametrize(
    ("text", "display"),
    [("so $x^2$ it", "inline"), ("$$x^2$$", "block"), ("\\begin{align}x^2\\end{align}", "block")],
)
def test_formulas_become_mathml(text: str, display: str) -> None:
    soup = BeautifulSoup(prose(text), "html.parser")
    (math,) = soup.select("math")
    assert math["display"] == display
    assert [part.text for part in math.select_one("msup").children] == ["x", "2"]  # type: ignore[union-attr]
    assert "$" not in soup.text


@pytest.mark.parametrize(
    "source", [r"\def\a{\a\a}\a", r"\newcommand{\a}{b}", "x" * 5000, "", r"\frac", r"\left("]
)
def test_what_is_no_formula_stays_as_its_source(source: str) -> None:
    soup = BeautifulSoup(formula(source, block=False), "html.parser")
    assert soup.select("math") == []
    assert soup.code is not None
    assert soup.code.text == f"${source}$"


def test_text_in_a_formula_is_text() -> None:
    found = formula(r"\text{<img src=x>} < \href{javascript:x}{y} \color{red}{z}", block=False)
    soup = BeautifulSoup(found, "html.parser")
    assert soup.select("img, a, [href], [style], [mathcolor]") == []


@pytest.mark.parametrize(
    "first", ["![words](attachment:a.png)", f"<img alt=words src='data:image/png;base64,{_png()}'>"]
)
def test_pictures_in_words_are_kept(first: str) -> None:
    found = prose(first, {"a.png": {"image/png": _png()}})
    (image,) = BeautifulSoup(found, "html.parser").select("img")
    assert (image["alt"], image["src"]) == ("words", f"data:image/png;base64,{_png()}")


def test_a_remote_picture_is_named_and_not_asked_for() -> None:
    assert (
        BeautifulSoup(prose("![my cat](https://a.org/cat.png)"), "html.parser").text.strip()
        == "[not shown: my cat]"
    )


def test_a_figure_of_the_course_keeps_both_themes_and_its_words() -> None:
    figure = curves({"train": [3, 2, 1]}, alt="The loss falls to 1", xlabel="epoch", ylabel="loss")
    soup = BeautifulSoup(clean(figure.to_html()), "html.parser")
    assert [image["alt"] for image in soup.select("img.ck-light, img.ck-dark")] == ["The loss falls to 1"] * 2
    drawn = [base64.b64decode(str(image["src"]).partition(",")[2]) for image in soup.select("img")]
    assert all(data.count(b"path") >= figure.light.count(b"<path") for data in drawn)
    assert soup.text.strip() == ""  # no style sheet as words


@pytest.mark.parametrize(
    "inside",
    [
        "<script>hit(1)</script>", "<path onload='hit(1)'/>", "<image href='http://a.org/x.png'/>",
        "<foreignObject/>", "<style>@import 'http://a.org'</style>", "<rect style='fill:url(http://a.org)'/>",
        "<a href='javascript:x'><path/></a>", "<use href='http://a.org#x'/>", "<set attributeName='href' to='x'/>",
        f"<image href='data:image/svg+xml;base64,{_svg()}'/>", "<html xmlns='http://www.w3.org/1999/xhtml'/>",
    ],
)  # fmt: skip
def test_a_drawing_that_does_more_than_draw_is_none(inside: str) -> None:
    assert picture(_svg()).startswith("data:image/svg+xml;base64,")
    assert picture(_svg(inside)) == ""


@pytest.mark.parametrize("text", ["", "x", "====", "PHNjcmlwdD4=", _bomb(), 'x" onerror="hit(1)'])
def test_what_is_no_picture_is_none(text: str) -> None:
    assert picture(text) == ""


def test_code_is_coloured_and_whole() -> None:
    source = "def f(x):\n    return '<b>' + x  # comment\n"
    soup = BeautifulSoup(code(source), "html.parser")
    assert soup.text == source
    assert {tag["class"][0]: tag.text for tag in soup.select("span.k, span.nf, span.c1")} == {
        "k": "return", "nf": "f", "c1": "# comment",
    }  # fmt: skip


def test_plain_text_loses_what_steers_a_terminal() -> None:
    assert plain("\x1b[31mred\x1b[0m\r\nnext\r 50%\r100%\x07\n") == "red\n100%\n"
    assert len(plain("a" * 1_000_000)) < 101_000


@pytest.mark.parametrize("state", [NOT_GRADABLE, NOT_RUN, "made up"])
def test_without_a_mark_no_number_is_shown(state: str) -> None:
    error = new_output("error", ename="NotPassed", evalue="It has the wrong sign.", traceback=[])
    soup = _soup(_test(0, error), state=state, reason="It <b>can't</b> be read.")
    assert soup.select(".points, .total, meter, nav, .none") == []
    assert "It <b>can't</b> be read." in soup.text
    assert not re.search(r"\d of \d", soup.text)


@pytest.mark.parametrize("state", [GRADED, FAULTS])
def test_a_mark_is_shown_with_its_faults(state: str) -> None:
    soup = _soup(
        _test(1), total=Total(1, 4, 0.5), state=state, faults=["Cell 3 hung."], guesses=["Cell 4 by name."]
    )
    assert soup.select_one(".state h2").text == state.capitalize()  # type: ignore[union-attr]
    assert [line.text for line in soup.select(".state li")] == ["Cell 3 hung.", "Cell 4 by name."]
    assert soup.select_one(".total").text == "1 of 4 points"  # type: ignore[union-attr]
    assert "it came late: 0.5." in soup.text


@pytest.mark.parametrize(("score", "outcome"), [(4, "full"), (1.5, "part"), (0, "none")])
def test_a_check_tells_message_and_points_but_not_itself(score: float, outcome: str) -> None:
    told = new_output(
        "error", ename="NotPassed", evalue="✗ kl: wrong.", traceback=["---> assert secret(41) == 42"]
    )
    bare = new_output("execute_result", data={"text/plain": "1.5"})
    soup = _soup(_test(score, told, bare), _test(score))
    cell = soup.select(".check")[0]
    assert [line.text for line in cell.select(".message")] == ["✗ kl: wrong."]
    assert (cell.select_one(".label .points") or cell).text.strip() == f"{score:g} of 4"
    assert cell["class"] == ["cell", "check", outcome]
    assert "secret" not in str(soup)
    assert (cell.select_one("details pre") or cell).text.strip() == "check('x')"
    assert [line.text for line in soup.select(".check")[1].select(".message")] == (
        ["Right."] if score == 4 else []
    )


def test_a_failed_exercise_gets_its_first_hint() -> None:
    marks = {"grade": True, "solution": False, "locked": True, "grade_id": "t", "points": 3, "score": 0}
    nb = new_notebook(cells=[new_code_cell("x", metadata={"nbgrader": marks})])
    source = 'grade("mini-sprint-vae/kl", kl)'
    soup = BeautifulSoup(page(nb, NAMES, Total(0, 3), {"t": source}), "html.parser")
    from coursekit.assess import exercise

    hint = BeautifulSoup(prose(exercise("mini-sprint-vae/kl").hints[0]), "html.parser").text.strip()
    assert hint
    assert soup.select(".check details summary")[0].text == "A hint"
    assert hint in soup.select(".check details")[0].text


def test_what_waits_for_a_person_is_no_zero() -> None:
    marks = {"grade": True, "solution": True, "grade_id": "essay", "points": 5, "score": 0, "waiting": True}
    cell = new_markdown_cell(
        "Because.", metadata={"nbgrader": {**marks, "comment": "**Good** $x$ <script>x</script>"}}
    )
    soup = _soup(cell)
    assert soup.select_one(".label .points").text == "not read yet, 5 at most"  # type: ignore[union-attr]
    comment = soup.select_one(".comment")
    assert comment is not None
    assert [comment.strong.text, len(comment.select("math, script"))] == ["Good", 1]  # type: ignore[union-attr]


def test_a_students_class_id_and_style_are_not_taken_over() -> None:
    text = '<div class="total" id="state" style="position:fixed" onclick="x">10 of 10</div><p class="k">x</p>'
    soup = BeautifulSoup(clean(text), "html.parser")
    assert [tag.attrs for tag in soup.find_all(True)] == [{}, {"class": ["k"]}]
