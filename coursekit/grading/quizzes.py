"""The micro-quiz of a chapter as an nbgrader notebook: questions drawn by a seed, keys between markers."""

__all__ = ["quiz", "write_quiz"]

import json
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

from coursekit._check import CourseError, closest
from coursekit._write import write_whole
from coursekit.assess import DrawnQuestion, Question, mastery, questions
from coursekit.assess.answer import show
from coursekit.assess.mastery import MASTERY

Notebook = Any  # nbformat is not typed
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MINUTES, _MINUTES_SEVERAL = 2, 4
_KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def _chosen(chapter: str, wanted: int | Sequence[str] | None, seed: int) -> list[Question]:
    """Return the templates to ask: all of the chapter, some chosen by the seed, or those named."""
    own = list(questions(chapter))
    if not own:
        known = list(dict.fromkeys(q.chapter for q in questions()))
        hint = closest(chapter, known)
        raise ValueError(f"chapter must be one of {', '.join(known)}; got {chapter!r}{hint}")
    if wanted is None:
        return own
    if isinstance(wanted, int):
        if not 1 <= wanted <= len(own):
            raise ValueError(f"questions must be 1 to {len(own)} for {chapter}; got {wanted}")
        kept = random.Random(f"{chapter}:{seed}").sample(range(len(own)), wanted)
        return [own[at] for at in sorted(kept)]
    index = {q.id: q for q in own}
    for name in wanted:
        if name not in index:
            hint = closest(name, index)
            raise ValueError(f"questions of {chapter} must be among {', '.join(index)}; got {name!r}{hint}")
    if not wanted or len(set(wanted)) < len(wanted):
        raise ValueError(f"questions must name each question once; got {', '.join(wanted) or 'none'}")
    return [index[name] for name in wanted]


def _heading(root: Path, chapter: str) -> str:
    """Return the first heading of the chapter's page, else words from its name."""
    try:
        text = (root / "chapters" / f"{chapter}.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    # Front matter and code may hold lines that look like a heading.
    text = re.sub(r"\A---\n.*?\n---\n|^(`{3,}).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    found = re.search(r"^# +(\S.*)$", text, re.MULTILINE)
    return found[1].strip() if found else chapter.rpartition("/")[2].replace("-", " ")


def _title(heading: str) -> str:
    """Put a heading behind "Micro-quiz"; abbreviations keep their capitals."""
    lowered = heading if heading[1:2].isupper() else heading[:1].lower() + heading[1:]
    return f"# Micro-quiz for {lowered}" if ":" in lowered else f"# Micro-quiz: {lowered}"


def _intro(heading: str, drawn: Sequence[DrawnQuestion]) -> str:
    """Say what the quiz asks, how to answer, and what is enough."""
    count = len(drawn)
    number = _COUNTS[count].capitalize() if count < len(_COUNTS) else str(count)
    minutes = sum(_MINUTES_SEVERAL if len(one.asks) > 1 else _MINUTES for one in drawn)
    need = next(k for k in range(count + 1) if mastery([n < k for n in range(count)]).mastered)
    several = ", several numbers in brackets such as `(1.5, -2)`" if any(one.asks for one in drawn) else ""
    plural = "s" * (count > 1)
    return "\n".join(
        [
            _title(heading),
            "",
            f"{number} question{plural} with numbers drawn for this quiz, about {minutes} minutes. "
            "Pencil and pocket calculator are fine.",
            f"You master the chapter with {need} right answer{'s' * (need > 1)} of {count} "
            f"({round(100 * MASTERY)} %).",
            "",
            "Run a question's cell, work out the answer, and put it into the variable below it: a number"
            f'{several}, or a letter as text such as `"B"`.',
            "The last cell says how many are right. After grading, the feedback names the slip behind each "
            "wrong answer and the section to read again.",
        ]
    )


def _key(drawn: DrawnQuestion) -> str:
    """Write the right answer as Python, rounded as it is printed wherever that still counts as right."""
    if isinstance(drawn.answer, str):
        return json.dumps(drawn.answer)

    def written(digits: list[str]) -> str:
        return f"({', '.join(digits)},)" if len(digits) == 1 else f"({', '.join(digits)})"

    numbers = drawn.key.numbers
    if not isinstance(drawn.answer, tuple):
        short = show(numbers[0])
        return short if drawn.mark(float(short)).correct else repr(numbers[0])
    short_all = [show(number) for number in numbers]
    right = drawn.mark(tuple(map(float, short_all))).correct
    return written(short_all if right else [repr(number) for number in numbers])


def _cell(name: str, source: str, *, grade: bool = False, solution: bool = False) -> Notebook:
    """Return a code cell that nbgrader knows; all but the answers are locked."""
    tag: dict[str, Any] = {"schema_version": 3, "grade_id": name, "grade": grade, "locked": not solution}
    tag |= {"solution": solution, "task": False} | ({"points": 1} if grade else {})
    fixed = {} if solution else {"deletable": False, "editable": False}
    return v4.new_code_cell(source, id=name, metadata={**fixed, "nbgrader": tag})


def _asked(number: int, drawn: DrawnQuestion, seed: str) -> list[Notebook]:
    """Return the three cells of a question: it, drawn with a written seed, the answer, the test."""
    name, answer = json.dumps(drawn.id), f"answer_{number}"
    solution = f"{answer} = ...\n### BEGIN SOLUTION\n{answer} = {_key(drawn)}\n### END SOLUTION"
    test = (
        f"# Question {number} is graded after you hand in.\n### BEGIN HIDDEN TESTS\n"
        f"from coursekit.assess import grade_answer\ngrade_answer({name}, {answer}, seed={seed})\n"
        "### END HIDDEN TESTS"
    )
    return [
        _cell(f"question-{number}", f"question({name}).draw({seed})"),
        _cell(f"answer-{number}", solution, solution=True),
        _cell(f"grade-{number}", test, grade=True),
    ]


def quiz(
    root: Path, chapter: str, *, seed: int = 0, wanted: int | Sequence[str] | None = None,
    seeds: Mapping[str, int] | None = None,
) -> Notebook:  # fmt: skip
    """Return the source notebook of a chapter's quiz; the same arguments give the same notebook.

    Args:
        root: the project's folder, for the chapter's title.
        chapter: such as ``exam/lecture-03``.
        seed: draws the numbers, and which questions if not all are asked.
        wanted: how many questions, or their ids; all of the chapter if None.
        seeds: in place of both: a seed of its own for each question that is asked, by its id.

    Raises:
        ValueError: if there is no such chapter or question.
        TypeError: if a seed is no int.
    """
    chosen = _chosen(chapter, list(seeds) if seeds else wanted, seed)
    drawn = [template.draw(seeds[template.id] if seeds else seed) for template in chosen]
    setup = f"SEEDS = {json.dumps(dict(seeds), indent=4)}" if seeds else f"SEED = {seed}"
    written = {q.id: f"SEEDS[{json.dumps(q.id)}]" if seeds else "SEED" for q in drawn}
    entries = "\n".join(f"    {json.dumps(q.id)}: answer_{n}," for n, q in enumerate(drawn, start=1))
    own = "SEEDS[name]" if seeds else "SEED"
    count = (
        f"answers = {{\n{entries}\n}}\n"
        f"print(mastery({{name: question(name).draw({own}).mark(answer).correct "
        "for name, answer in answers.items()}))"
    )
    cells = [
        v4.new_markdown_cell(_intro(_heading(root, chapter), drawn), id="intro"),
        _cell("setup", f"from coursekit.assess import mastery, question\n\n{setup}"),
        *(cell for n, q in enumerate(drawn, start=1) for cell in _asked(n, q, written[q.id])),
        v4.new_markdown_cell("## Your result", id="result"),
        _cell("mastery", count),
    ]
    return v4.new_notebook(cells=cells, metadata=_KERNEL)


def write_quiz(
    root: Path, chapter: str, *, seed: int, wanted: int | Sequence[str] | None = None,
    name: str = "", force: bool = False,
) -> Path:  # fmt: skip
    """Write a chapter's quiz below ``solutions``, whole or not at all, and return its path.

    Args:
        root: the project's folder.
        chapter: such as ``exam/lecture-03``.
        seed: draws the numbers, and which questions if not all are asked.
        wanted: how many questions, or their ids; all of the chapter if None.
        name: of the assignment; ``quiz-`` and the last part of the chapter's name if empty.
        force: whether a notebook that is there may be replaced.

    Raises:
        ValueError: if there is no such chapter or question, or the name cannot be an assignment's.
        CourseError: if the notebook is there already.
    """
    notebook = quiz(root, chapter, seed=seed, wanted=wanted)
    name = name or f"quiz-{chapter.rpartition('/')[2]}"
    if not _NAME.fullmatch(name):
        raise ValueError(f"name must be small letters, digits and dashes, such as quiz-vae; got {name!r}")
    path = root / "solutions" / name / f"{name}.ipynb"
    if path.exists() and not force:
        raise CourseError(f"{path} is there already: choose another --name, or replace it with --force")
    write_whole(path, nbformat.writes(notebook) + "\n")
    return path
