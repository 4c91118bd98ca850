"""Quiz notebooks: the solutions are the key, a blank earns nothing, and nothing is left to chance."""

import json
import random
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursekit._check import CourseError
from coursekit.assess import NotPassed, questions
from coursekit.assess.template import Distractor, Draft, template
from coursekit.cli import main
from coursekit.grading.quizzes import quiz, write_quiz
from tests.grading.course import ROOT

CHAPTERS = tuple(dict.fromkeys(q.chapter for q in questions()))
VAE = "generative/variational-autoencoders"


def cells(notebook: Any) -> dict[str, str]:
    """Return the source of every cell by its id."""
    return {cell["id"]: cell["source"] for cell in notebook["cells"]}


def grades(sources: dict[str, str], *, blank: bool) -> list[float]:
    """Run setup, answers and tests as nbgrader would; return the points of each test."""
    names: dict[str, Any] = {}
    earned = []
    exec(sources["setup"], names)
    for name, source in sources.items():
        if name.startswith("answer-"):
            exec(source.split("### BEGIN SOLUTION")[0] if blank else source, names)
        elif name.startswith("grade-"):
            *before, last = [line for line in source.splitlines() if not line.startswith("#")]
            exec("\n".join(before), names)
            try:
                earned.append(eval(last, names))
            except NotPassed as error:
                earned.append(0.0 if "Not attempted yet" in str(error) else -1.0)
    return earned


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("seed", [1, 2024])
def test_solutions_get_full_marks_and_blanks_none(
    chapter: str, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = cells(quiz(ROOT, chapter, seed=seed))
    count = len(questions(chapter))
    assert grades(sources, blank=False) == [1.0] * count
    assert grades(sources, blank=True) == [0.0] * count
    names: dict[str, Any] = {}
    for name, source in sources.items():
        if name.startswith(("setup", "answer", "mastery")):
            exec(source, names)
    assert capsys.readouterr().out == f"{count} of {count} right (100%): mastered\n"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_notebook_is_valid_and_only_answers_are_open(tmp_path: Path, chapter: str) -> None:
    path = write_quiz(tmp_path, chapter, seed=3)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        tag = cell.metadata.get("nbgrader")
        if cell.cell_type == "code":
            assert tag["grade_id"] == cell.id
            assert tag["solution"] == cell.id.startswith("answer-") != tag["locked"]
            assert tag["grade"] == cell.id.startswith("grade-") == ("points" in tag)
            assert cell.outputs == []


def thirds(rng: random.Random) -> Draft:
    """Return a question whose numbers have no end in decimals, and are to be exact."""
    share = rng.choice((1, 2)) / 3
    wrong = Distractor((share, 3.0), "other number", "Count again.")
    return Draft("Which shares?", (share, 2.0), (wrong,), "So it is.", asks=("a", "b"))


def test_a_key_that_rounding_would_spoil_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = template("made/thirds", "made/up", "number")(thirds)
    assert not exact.draw(1).mark("0.3333, 2").correct
    monkeypatch.setattr("coursekit.grading.quizzes.questions", lambda *_: (exact,))
    sources = cells(quiz(ROOT, "made/up", seed=1))
    names: dict[str, Any] = {}
    exec(sources["answer-1"], names)
    assert exact.draw(1).mark(names["answer_1"]).correct
    assert "several numbers in brackets such as `(1.5, -2)`" in sources["intro"]


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    paths = [write_quiz(folder, "exam/lecture-03", seed=9, wanted=4) for folder in (one, two)]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].name == "quiz-lecture-03.ipynb"
    other = write_quiz(two, "exam/lecture-03", seed=10, wanted=4, force=True)
    assert other.read_bytes() != paths[0].read_bytes()
    assert [p.name for p in other.parent.iterdir()] == ["quiz-lecture-03.ipynb"]


def test_a_number_of_questions_is_chosen_by_the_seed_and_keeps_the_order() -> None:
    order = [q.id for q in questions(VAE)]
    seen = set()
    for seed in range(40):
        sources = cells(quiz(ROOT, VAE, seed=seed, wanted=3))
        asked = re.findall(r'^question\("(.+)"\)\.draw', "\n".join(sources.values()), re.MULTILINE)
        assert len(asked) == 3
        assert asked == sorted(asked, key=order.index)
        seen |= set(asked)
    assert seen == set(order)


def test_the_quiz_in_the_repository_is_what_the_command_writes() -> None:
    kept = json.loads((ROOT / "solutions" / "quiz-vae" / "quiz-vae.ipynb").read_text("utf-8"))
    sources = {cell["id"]: "".join(cell["source"]) for cell in kept["cells"]}
    asked = re.findall(r'"(vae/[a-z0-9-]+)": answer_', sources["mastery"])
    assert len(asked) == 10
    assert nbformat.writes(quiz(ROOT, VAE, seed=2024, wanted=asked)) + "\n" == (
        ROOT / "solutions" / "quiz-vae" / "quiz-vae.ipynb"
    ).read_text("utf-8")


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (
            "---\na: b\n# no\n---\n(x)=\n# Lecture 3: layers\n\n# Later\n",
            "# Micro-quiz for lecture 3: layers",
        ),
        ("```python\n# a comment\n```\n\n# Layers\n", "# Micro-quiz: layers"),
        ("# MLPs and more\n", "# Micro-quiz: MLPs and more"),
        ("no heading\n", "# Micro-quiz: lecture 03"),
        (None, "# Micro-quiz: lecture 03"),
    ],
)
def test_title_is_the_pages_heading(tmp_path: Path, page: str | None, title: str) -> None:
    if page is not None:
        (tmp_path / "chapters" / "exam").mkdir(parents=True)
        (tmp_path / "chapters" / "exam" / "lecture-03.md").write_text(page, "utf-8")
    intro = cells(quiz(tmp_path, "exam/lecture-03", seed=1, wanted=1))["intro"]
    assert intro.splitlines()[0] == title
    assert "One question with" in intro
    assert "with 1 right answer of 1 (80 %)" in intro


@pytest.mark.parametrize(("count", "need"), [(2, 2), (4, 4), (5, 4), (6, 5), (10, 8)])
def test_intro_says_how_many_are_enough(tmp_path: Path, count: int, need: int) -> None:
    intro = cells(quiz(tmp_path, VAE, seed=1, wanted=count))["intro"]
    assert f"with {need} right answers of {count} (80 %)" in intro


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (["exam/lecture-3", "--seed", "1"], 1, "chapter must be one of .*got 'exam/lecture-3' .did you mean"),
        ([VAE], 2, "required: --seed"),
        ([VAE, "--seed", "x"], 2, "argument --seed: invalid int value"),
        ([VAE, "--seed", "1", "--questions", "0"], 1, "questions must be 1 to 13 .*; got 0"),
        ([VAE, "--seed", "1", "--questions", "99"], 1, "questions must be 1 to 13 .*; got 99"),
        ([VAE, "--seed", "1", "--questions", "-1"], 1, "questions must be 1 to 13 .*; got -1"),
        (
            [VAE, "--seed", "1", "--questions", "vae/kl-valu"],
            1,
            "must be among .*did you mean 'vae/kl-value'",
        ),
        ([VAE, "--seed", "1", "--questions", "vae/iwae,vae/iwae"], 1, "must name each question once"),
        ([VAE, "--seed", "1", "--name", "../up"], 1, "name must be small letters, digits and dashes"),
        ([VAE, "--seed", "1", "--root", "/proc/none"], 1, "coursekit: "),
    ],
)
def test_mistakes_are_one_line(
    line: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["quiz", *line]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(message.replace("13", str(len(questions(VAE)))), err)
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = [
        "quiz",
        VAE,
        "--root",
        str(tmp_path),
        "--name",
        "quiz-own",
        "--questions",
        "vae/iwae,vae/kl-value",
    ]
    assert main([*line, "--seed", "5"]) == 0
    assert "quiz-own.ipynb: release it with `nbgrader generate_assignment quiz-own" in capsys.readouterr().out
    path = tmp_path / "solutions" / "quiz-own" / "quiz-own.ipynb"
    before = path.read_bytes()
    with pytest.raises(CourseError, match="is there already: choose another --name"):
        write_quiz(tmp_path, VAE, seed=6, name="quiz-own")
    assert main([*line, "--seed", "6"]) == 1
    assert path.read_bytes() == before
    assert main([*line, "--seed", "6", "--force"]) == 0
    assert path.read_bytes() != before
