"""Running a candidate on its cases and saying what came of it; nothing a candidate does gets out of here."""

__all__ = ["CALL", "VISIBLE_SEED", "check", "draw_from", "examine", "grade", "grade_answer", "reported"]

import contextlib
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from coursekit._place import place
from coursekit.assess.exercise import Case, Exercise
from coursekit.assess.plain import told
from coursekit.assess.registry import exercise, question
from coursekit.assess.report import NotPassed, Outcome, Report
from coursekit.assess.verdict import Finding, verdict

# A call of `check` or `grade` as a notebook has it; the group is the id of the exercise.
CALL = re.compile(r"""\b(?:check|grade)\(\s*["']([^"']+)["']""")
VISIBLE_SEED = 0
_BETWEEN_VARIANTS = 1_000_003  # far more than the seeds of one assignment span


_secret: list[int] = []
_reports: list[Report] = []


def draw_from(secret: int) -> None:
    """Draw the inputs of all checks of this process from a secret, each exercise from its own part of it.

    Args:
        secret: the judge's; an equal one gives equal inputs.
    """
    _secret[:] = [secret]
    _reports.clear()


def reported() -> list[Report]:
    """Return what the checks said since this was last asked; they are kept for a judge only."""
    found = _reports.copy()
    _reports.clear()
    return found


def _kept(report: Report) -> Report:
    """Keep a report where a judge will ask for it."""
    if _secret:
        _reports.append(report)
    return report


def _seed(exercise_id: str, seed: int) -> int:
    """Return the seed of a check: the visible one is replaced where a secret was given."""
    if seed != VISIBLE_SEED or not _secret:
        return seed
    return int.from_bytes(sha256(f"{_secret[0]}/{exercise_id}".encode()).digest()[:4])


def _crash(task: Exercise, case: str, error: BaseException) -> Report:
    """Turn an exception of the student's code into a report without a traceback."""
    if isinstance(error, NotImplementedError):
        return _not_attempted(task)
    text = " ".join(str(error).split())
    if len(text) > 300:
        text = text[:297] + "..."
    what = f"{type(error).__name__}{f': {text}' if text else ''}"
    # An error of a walled-in answer brings its place along: its frames are in another process.
    where = getattr(error, "students_line", "") or place(error.__traceback__)
    if not where:  # no line of the student's: the answer is of another kind than asked for
        message = f"Expected {task.signature}; using yours gave {what}."
        return Report(task.id, Outcome.WRONG, message, case, points=task.points)
    return Report(task.id, Outcome.CRASHED, f"{what}.{where}", case, points=task.points)


def _not_attempted(task: Exercise) -> Report:
    """Report a placeholder."""
    message = f"Nothing to check yet: write {task.signature}."
    return Report(task.id, Outcome.NOT_ATTEMPTED, message, points=task.points)


def _is_placeholder(seen: object) -> bool:
    """Tell whether all that came back is None or Ellipsis, as from a body with nothing but a comment."""
    blank = {told(None), told(...)}
    values = list(seen.values()) if isinstance(seen, dict) else []
    return bool(values) and all(isinstance(value, str) and value in blank for value in values)


def _look(task: Exercise, candidate: object, case: Case, *, begun: bool) -> Finding | Report | None:
    """Look at one case; return what is wrong, or a report that ends the check, or None.

    Nothing at all at the first look is a placeholder; after another case held it is a forgotten return.
    """
    try:
        # nbgrader takes any line on stderr, a harmless warning too, for a failed test.
        with contextlib.redirect_stderr(sys.stdout):
            seen = task.observe(candidate, case)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # sys.exit() in a student's function is a crash, not our exit
        return _crash(task, case.name, error)
    return _not_attempted(task) if not begun and _is_placeholder(seen) else verdict(task, case, seen)


def _stage(
    task: Exercise, candidate: object, cases: Sequence[Case], *, begun: bool
) -> Finding | Report | None:
    """Look at the cases of a stage; of the failures of its first failing layer, return the most telling.

    The largest case decides whether a misconception is recognised: on a small one different mistakes may
    look alike. Where none is, the case with the fewest numbers is the easiest to look at.
    """
    failures: list[tuple[Case, Finding]] = []
    for number, case in enumerate(cases):
        if failures and case.layer > failures[0][0].layer:
            break
        found = _look(task, candidate, case, begun=begun or number > 0)
        if isinstance(found, Report) and not failures:
            return found
        if isinstance(found, Finding):
            failures.append((case, found))
    if not failures:
        return None
    largest = max(failures, key=lambda pair: pair[0].size)[1]
    unknown = [pair for pair in failures if not pair[1].mutant]
    return largest if largest.mutant else min(unknown, key=lambda pair: pair[0].size)[1]


def examine(task: Exercise, candidate: object, seed: int = VISIBLE_SEED) -> Report:
    """Go through the stages of an exercise and stop at the first that fails: one mistake, one message.

    Args:
        task: the exercise.
        candidate: the student's function, class or model; anything at all may come.
        seed: of the inputs.
    """
    if candidate is None or candidate is Ellipsis or candidate is NotImplemented:
        return _not_attempted(task)
    if not callable(candidate):
        message = f"Expected {task.signature}; got {told(candidate)}."
        return Report(task.id, Outcome.WRONG, message, points=task.points)
    earned, number = 0.0, 0
    for points, cases in task.stages(seed):
        found = _stage(task, candidate, cases, begun=number > 0)
        if isinstance(found, Report):
            return replace(found, earned=earned)
        if found is not None:
            return Report(
                task.id, Outcome.WRONG, found.message, found.case, found.mutant, task.points, earned
            )
        earned, number = earned + points, number + len(cases)
    held = "Its one check holds" if number == 1 else f"All {number} checks hold"
    message = f"{held} ({task.points:g} point{'' if task.points == 1 else 's'})."
    return Report(task.id, Outcome.RIGHT, message, points=task.points, earned=earned)


def check(exercise_id: str, candidate: object, *, seed: int = VISIBLE_SEED, variant: int = 0) -> Report:
    """Check an answer and say what came of it; nothing an answer does gets out of here.

    Args:
        exercise_id: such as ``mini-sprint-vae/kl``.
        candidate: the student's function, class or model.
        seed: of the inputs; the visible checks use one fixed seed.
        variant: of the assignment; each has sizes, data and inputs of its own.
    """
    try:
        task = exercise(exercise_id, variant)
    except ValueError as error:
        return Report(str(exercise_id), Outcome.CRASHED, str(error))
    return _kept(examine(task, candidate, _seed(exercise_id, seed) + _BETWEEN_VARIANTS * variant))


def grade(exercise_id: str, candidate: object, *, seed: int = VISIBLE_SEED, variant: int = 0) -> float:
    """Return the points that an answer earns; the one line of a test cell.

    An answer that earns nothing raises: nbgrader counts an error as 0 and shows its text in the feedback,
    whatever else the cell printed. Points come back as a plain float, which nbgrader reads from the cell's
    output; what a half-right answer lacks is printed.

    Args:
        exercise_id: such as ``mini-sprint-vae/kl``.
        candidate: the student's function, class or model.
        seed: of the inputs.
        variant: of the assignment.

    Raises:
        NotPassed: if the answer earns nothing; the message says why.
    """
    report = check(exercise_id, candidate, seed=seed, variant=variant)
    if not report.earned:
        raise NotPassed(str(report))
    if not report.passed:
        print(report)
    return float(report.earned)


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
    outcome, earned = (Outcome.RIGHT, 1.0) if marked.correct else (Outcome.WRONG, 0.0)
    _kept(Report(question_id, outcome, marked.feedback, mutant=marked.slip, points=1.0, earned=earned))
    if not marked.correct:
        raise NotPassed(f"{question_id}: {marked.feedback} Read: {marked.link}")
    return 1.0
