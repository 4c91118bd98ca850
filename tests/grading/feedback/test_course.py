"""The whole path by nbgrader's own commands: hand in, grade, and read the page."""

import html
import json
import re

import pytest
from playwright.sync_api import Browser

from tests.grading.course import Course, Notebook, read, source, submission
from tests.grading.feedback.test_hostile import META, policy_of
from tests.grading.feedback.visits import Reader, Tried

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
QUIZ = "quiz-vae"
ACT = "<img src=x onerror=hit(1)><script>hit(2)</script>"


def _hostile(notebook: Notebook) -> None:
    """Add cells that act, and a page of the student's own among the files."""
    shows = f"from IPython.display import HTML, display\ndisplay(HTML({ACT!r}))\nprint({ACT!r})"
    notebook["cells"] += [
        {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": f"{ACT}\n\nIt is $x^2$."},
        {
            "cell_type": "code",
            "id": "show",
            "metadata": {},
            "source": shows,
            "outputs": [],
            "execution_count": None,
        },
    ]
    notebook["metadata"]["title"] = ACT


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Grade one student with a mistake, hostile cells and a file of her own."""
    course = Course(tmp_path_factory.mktemp("course"), QUIZ)
    course.run("generate_assignment", QUIZ, "--create")
    folder = course.folder / ".nbgrader" / "submitted" / "ada" / QUIZ
    folder.mkdir(parents=True)
    notebook = submission(QUIZ, _hostile, blank=True)
    (folder / f"{QUIZ}.ipynb").write_text(json.dumps(notebook), "utf-8")
    (folder / "own.html").write_text(ACT)
    (folder / "timestamp.txt").write_text("2026-11-21 10:00:00 UTC")
    course.run("autograde", QUIZ)
    course.run("generate_feedback", QUIZ)
    return course


def _words(page: str) -> str:
    """Return what a reader reads, without the space between."""
    return "".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def _hidden() -> list[str]:
    """Return the lines that the assignment keeps to itself."""
    lines, inside, found = [], False, []
    for cell in read("solutions", QUIZ)["cells"]:
        lines += source(cell).splitlines()
    for line in lines:
        if "### END" in line:
            inside = False
        found += [line] if inside and line.strip() else []
        inside = inside or "### BEGIN HIDDEN" in line
    return found


def test_the_page_stands_alone_and_does_nothing(course: Course, browser: Browser) -> None:
    page = course.feedback("ada")
    assert "default-src 'none'; script-src 'none'" in policy_of(page)
    assert "<math" in page[page.index('id="notebook"') :]
    reader = Reader(browser)
    assert reader.tried(META.sub("", page)) == Tried()
    reader.close()
    assert ACT not in page
    assert html.escape("<script>hit(2)</script>") in page  # what she printed is there, as text


def test_hidden_tests_stay_hidden(course: Course) -> None:
    hidden = _hidden()
    assert len(hidden) >= 5
    graded = (course.folder / ".nbgrader" / "autograded" / "ada" / QUIZ / f"{QUIZ}.ipynb").read_text("utf-8")
    text = "".join(source(cell) for cell in json.loads(graded)["cells"])
    page = _words(course.feedback("ada"))
    for line in hidden:
        assert line in text
        assert "".join(line.split()) not in page


def test_a_wrong_answer_gets_its_message_and_its_points(course: Course) -> None:
    page = course.feedback("ada")
    score, most = course.scores()["ada"]
    assert (score, f"<strong>0</strong> of {most:g} points" in page) == (0, True)
    assert page.count('class="points none"') == 2 * most  # in the table and at the cell


def test_files_of_the_student_are_not_handed_on(course: Course) -> None:
    folder = course.folder / ".nbgrader" / "feedback" / "ada" / QUIZ
    assert {path.name for path in folder.iterdir()} == {f"{QUIZ}.html", "timestamp.txt"}
    assert (course.folder / ".nbgrader" / "autograded" / "ada" / QUIZ / "own.html").exists()
