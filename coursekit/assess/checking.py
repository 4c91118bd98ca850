"""Running a candidate on its cases and saying what came of it; nothing a candidate does gets out of here."""

__all__ = ["VISIBLE_SEED", "check", "grade", "grade_answer", "hint"]

import contextlib
import linecache
import site
import sys
import sysconfig
import traceback
from pathlib import Path
from types import TracebackType

from coursekit.assess.exercise import Exercise
from coursekit.assess.plain import told
from coursekit.assess.registry import exercise, question
from coursekit.assess.report import NotPassed, Outcome, Report
from coursekit.assess.verdict import verdict

VISIBLE_SEED = 0
_OURS = str(Path(__file__).resolve().parents[1])
_THEIRS = (sysconfig.get_paths()["stdlib"], *site.getsitepackages(), "<frozen")
_shown: dict[str, int] = {}


def _place(trace: TracebackType | None) -> str:
    """Name the last line of the student's own code that the error went through."""
    frames = [
        frame for frame in traceback.extract_tb(trace)
        if not frame.filename.startswith((_OURS, *_THEIRS)) and "torch" not in Path(frame.filename).parts
    ]  # fmt: skip
    if not frames:
        return ""
    last = frames[-1]
    source = linecache.getline(last.filename, last.lineno or 0).strip()
    return f" In `{last.name}`, line {last.lineno}{f': `{source}`' if source else ''}."


def _crash(task: Exercise, case: str, error: BaseException) -> Report:
    """Turn an exception of the student's code into a report without a traceback."""
    if isinstance(error, NotImplementedError):
        return _not_attempted(task)
    text = " ".join(str(error).split())
    if len(text) > 300:
        text = text[:297] + "..."
    what, place = f"{type(error).__name__}{f': {text}' if text else ''}", _place(error.__traceback__)
    if not place:  # no line of the student's: the answer is of another kind than asked for
        message = f"Expected {task.signature}; using yours gave {what}."
        return Report(task.id, Outcome.WRONG, message, case, points=task.points)
    return Report(task.id, Outcome.CRASHED, f"{what}.{place}", case, points=task.points)


def _not_attempted(task: Exercise) -> Report:
    """Report a placeholder."""
    message = f"Nothing to check yet: write {task.signature}."
    return Report(task.id, Outcome.NOT_ATTEMPTED, message, points=task.points)


def _is_placeholder(seen: object) -> bool:
    """Tell whether all that came back is None or Ellipsis, as from a body with nothing but a comment."""
    blank = {told(None), told(...)}
    values = list(seen.values()) if isinstance(seen, dict) else []
    return bool(values) and all(isinstance(value, str) and value in blank for value in values)


def _check(task: Exercise, candidate: object, seed: int) -> Report:
    """Run the cases layer by layer and stop at the first that fails: one mistake, one message."""
    if candidate is None or candidate is Ellipsis or candidate is NotImplemented:
        return _not_attempted(task)
    if not callable(candidate):
        message = f"Expected {task.signature}; got {told(candidate)}."
        return Report(task.id, Outcome.WRONG, message, points=task.points)
    cases = sorted(task.cases(seed), key=lambda case: case.layer)
    for case in cases:
        try:
            # nbgrader takes any line on stderr, a harmless warning too, for a failed test.
            with contextlib.redirect_stderr(sys.stdout):
                seen = task.observe(candidate, case)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # sys.exit() in a student's function is a crash, not our exit
            return _crash(task, case.name, error)
        if _is_placeholder(seen):
            return _not_attempted(task)
        finding = verdict(task, case, seen)
        if finding is not None:
            return Report(task.id, Outcome.WRONG, finding.message, finding.case, finding.mutant, task.points)
    held = "Its one check holds" if len(cases) == 1 else f"All {len(cases)} checks hold"
    message = f"{held} ({task.points:g} point{'' if task.points == 1 else 's'})."
    return Report(task.id, Outcome.RIGHT, message, points=task.points)


def check(exercise_id: str, candidate: object, *, seed: int = VISIBLE_SEED) -> Report:
    """Check an answer and say what came of it; raises nothing, whatever the answer is.

    Args:
        exercise_id: such as ``mini-sprint-vae/kl``.
        candidate: the student's function, class or model.
        seed: of the inputs; the visible checks use one fixed seed.
    """
    try:
        task = exercise(exercise_id)
    except ValueError as error:
        return Report(str(exercise_id), Outcome.CRASHED, str(error))
    return _check(task, candidate, seed)


def grade(exercise_id: str, candidate: object, *, seed: int = VISIBLE_SEED) -> float:
    """Return the points of a right answer; the one line of a test cell.

    A failed test raises: nbgrader counts an error as 0 and shows its text in the feedback, whatever else
    the cell printed. The points come back as a plain float, which nbgrader reads from the cell's output.

    Args:
        exercise_id: such as ``mini-sprint-vae/kl``.
        candidate: the student's function, class or model.
        seed: of the inputs.

    Raises:
        NotPassed: if the answer is not right; the message says why.
    """
    report = check(exercise_id, candidate, seed=seed)
    if not report.passed:
        raise NotPassed(str(report))
    return float(report.points)


def grade_answer(question_id: str, answer: object, *, seed: int) -> float:
    """Return 1.0 for the right answer to a drawn question; the one line of a quiz's test cell.

    Args:
        question_id: such as ``vae/kl-value``.
        answer: a number or a letter.
        seed: the question was drawn with.

    Raises:
        NotPassed: if the answer is not right; the message names the misconception and where to read.
        ValueError: if there is no such question.
    """
    marked = question(question_id).draw(seed).mark(answer)
    if not marked.correct:
        raise NotPassed(f"{question_id}: {marked.feedback} Read: {marked.link}")
    return 1.0


def hint(exercise_id: str) -> str:
    """Return the next hint of an exercise, from a nudge to nearly the answer; after the last, the last again.

    Args:
        exercise_id: such as ``mini-sprint-vae/kl``.

    Raises:
        ValueError: if there is no such exercise.
    """
    hints = exercise(exercise_id).hints
    number = min(_shown.get(exercise_id, 0), len(hints) - 1)
    _shown[exercise_id] = number + 1
    return f"Hint {number + 1} of {len(hints)}: {hints[number]}"
