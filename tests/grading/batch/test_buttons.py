"""nbgrader's formgrader in a browser: its buttons run the judge, and a person's points join the judge's."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.grading.batch.toy_course import NAME, RIGHT, ToyCourse

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
ENDS = {**RIGHT, "word": "word = 'gradient'\nimport os\nos._exit(3)"}
_TOKEN = {"Authorization": "token instructor"}


def _until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something that takes a moment."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.2)


class Formgrader:
    """A course and the server of its formgrader."""

    def __init__(self, course: ToyCourse) -> None:
        self.course = course
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        line = [
            sys.executable, "-m", "jupyter", "server", "--allow-root", "--no-browser",
            f"--port={self.address.rpartition(':')[2]}", "--IdentityProvider.token=instructor",
            "--ServerApp.root_dir=.",
        ]  # fmt: skip
        settings = {**os.environ, "OMP_NUM_THREADS": "1", "JUPYTER_PLATFORM_DIRS": "1"}
        self.process = subprocess.Popen(
            line, cwd=course.folder, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _until(self._answers, "the server does not answer")

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the server has ended"
        try:
            return self.ask("api")["version"] != ""
        except OSError:
            return False

    def ask(self, path: str, data: bytes | None = None) -> dict[str, str]:
        """Return what the server says: to a post if there is data."""
        request = urllib.request.Request(f"{self.address}/{path}", data, _TOKEN)
        with urllib.request.urlopen(request, timeout=120) as answer:
            found: dict[str, str] = json.load(answer)
        return found

    def asked(self, question: str) -> list[tuple[object, ...]]:
        """Return what the gradebook says."""
        with sqlite3.connect(self.course.database) as database:
            return database.execute(question).fetchall()


@pytest.fixture(scope="module")
def formgrader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Formgrader]:
    """Hand in, and start the server."""
    course = ToyCourse(tmp_path_factory.mktemp("buttons") / "course")
    for student, answers in {"ada": RIGHT, "emil": ENDS, "fred": "no notebook"}.items():
        course.hand_in(student, answers)
    found = Formgrader(course)
    yield found
    found.process.terminate()
    found.process.wait()


@pytest.fixture
def page(formgrader: Formgrader, browser: Browser) -> Iterator[Page]:
    """Open a window of the instructor's."""
    context = browser.new_context(extra_http_headers=_TOKEN)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{formgrader.address}/formgrader/manage_submissions/{NAME}")
    page.wait_for_selector("text=ada")
    yield page
    context.close()


def _click(page: Page, student: str, button: str) -> str:
    """Click a student's button; return the title of what comes of it."""
    page.locator("tr", has_text=student).locator(f"td.{button} a").click()
    dialog = page.locator(".modal.in")
    dialog.wait_for()
    title = dialog.locator(".modal-title").inner_text()
    dialog.locator("button.close, .btn-primary").first.click()
    dialog.wait_for(state="detached")
    return title


def test_the_button_runs_the_judge(formgrader: Formgrader, page: Page) -> None:
    assert [_click(page, student, "autograde") for student in ("ada", "emil", "fred")] == ["Success"] * 3
    marks = {
        student: [score for score, _ in found.values()]
        for student, found in formgrader.course.marks().items()
    }
    assert {student: sorted(found, key=str) for student, found in marks.items()} == {
        "ada": [1.0, 2.0, 3.0, None], "emil": [0.0, 2.0, 3.0, None], "fred": [None] * 4,
    }  # fmt: skip
    states = {"ada": "graded", "emil": "graded with faults", "fred": "not gradable"}
    assert formgrader.course.states() == states
    page.reload()
    page.wait_for_selector("text=ada")
    assert "6 / 10" in page.locator("tr", has_text="ada").inner_text()


def test_points_by_hand_join_those_of_the_judge(formgrader: Formgrader, page: Page) -> None:
    [(number,)] = formgrader.asked(
        "select n.id from submitted_notebook n join submitted_assignment a on a.id = n.assignment_id"
        " where a.student_id = 'ada'"
    )
    page.goto(f"{formgrader.address}/formgrader/submissions/{number}/")
    page.wait_for_load_state("networkidle")  # what the gradebook holds has come
    page.locator("input#essay.score").fill("3.5")
    page.locator("input#essay.score").dispatch_event("change")
    page.locator("textarea.comment").last.fill("Well said.")
    page.locator("textarea.comment").last.blur()
    by_hand = "select manual_score from grade where manual_score is not null"
    _until(lambda: formgrader.asked(by_hand) == [(3.5,)], "the points were not saved")
    said = "select manual_comment from comment where manual_comment is not null"
    _until(lambda: formgrader.asked(said) == [("Well said.",)], "the comment was not saved")
    told = formgrader.course.grade()
    assert "3 submissions" in told
    assert formgrader.asked(by_hand) == [(3.5,)]
    assert formgrader.course.states()["fred"] == "not gradable"


def test_the_button_for_feedback_makes_our_page(formgrader: Formgrader, page: Page) -> None:
    assert _click(page, "ada", "generate-feedback") == "Success"
    [path] = formgrader.course.folder.glob(f".nbgrader/feedback/ada/{NAME}/*.html")
    text = path.read_text("utf-8")
    assert "Well said." in text
    assert "Content-Security-Policy" in text
    assert "9.5" in text


def test_a_release_that_nobody_can_pass_is_refused_and_the_server_lives(formgrader: Formgrader) -> None:
    path = formgrader.course.folder / "solutions" / NAME / f"{NAME}.ipynb"
    whole = path.read_text("utf-8")
    path.write_text(
        whole.replace("word = ...", "# say the word").replace("word = 'gradient'", "pass"), "utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urllib.error, "HTTPError", OSError)
        told = formgrader.ask(f"formgrader/api/assignment/{NAME}/assign", b"")
    path.write_text(whole, "utf-8")
    assert told["success"] is False
    assert formgrader.ask("api")["version"]
