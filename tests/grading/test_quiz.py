"""The micro-quiz through nbgrader: the score is the number of right answers, the feedback names the slip."""

import html
import json
import re
from pathlib import Path

import pytest

from coursekit.assess import question
from tests.grading.course import Course, put, submission

QUIZ = "quiz-vae"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_quiz_is_graded(tmp_path: Path) -> None:
    course = Course(tmp_path, QUIZ)
    course.run("generate_assignment", QUIZ, "--create")
    drawn = question("vae/kl-value").draw(2024)
    twice = put("answer-1", f"answer_1 = {2 * float(drawn.answer)}")
    class_ = {
        "right": submission(QUIZ),
        "blank": submission(QUIZ, blank=True),
        "slip": submission(
            QUIZ, twice, put("answer-2", "answer_2 = 'no letter'"), put("answer-3", "answer_3 = 1 / 0")
        ),
    }
    for name, notebook in class_.items():
        (course.inbox / f"{name}_2026-11-21_{QUIZ}.ipynb").write_text(json.dumps(notebook), "utf-8")
    course.run("zip_collect", QUIZ)
    course.run("autograde", QUIZ)
    course.run("generate_feedback", QUIZ)
    assert course.scores() == {"right": (10.0, 10.0), "blank": (0.0, 10.0), "slip": (7.0, 10.0)}
    page = " ".join(html.unescape(re.sub(r"<[^>]+>", "", course.feedback("slip"))).split())
    assert "the bracket is multiplied by ½" in page
    assert "must be one letter" in page
    assert (
        "7 of 10 right (70%): not yet: 80% is needed" not in page
    )  # answer_3 has no value: the line can't be printed
    assert "10 of 10 right (100%): mastered" in course.feedback("right")
