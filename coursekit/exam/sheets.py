"""What stands on the sheets beside the questions: instructions, accepted ranges, what wrong numbers mean."""

__all__ = ["accepted", "instructions", "needed", "passing", "right", "slips", "title"]

from coursekit.assess import DrawnQuestion
from coursekit.assess.answer import show
from coursekit.assess.mastery import mastery
from coursekit.exam.plan import Plan, Student

POINTS = 2


def title(student: Student) -> str:
    """Name a student on a sheet."""
    return f"{student.id} {student.name}".strip()


def needed(count: int) -> int:
    """Return how many questions must be right to pass, by the course's one mastery rule.

    Args:
        count: how many questions there are.
    """
    passing = (n for n in range(count + 1) if mastery([True] * n + [False] * (count - n)).mastered)
    return next(passing, count)


def passing(plan: Plan) -> str:
    """Say how many points pass.

    Args:
        plan: the exam.
    """
    count = len(plan.templates)
    return f"{needed(count) * POINTS} of {count * POINTS} points pass."


def instructions(plan: Plan) -> str:
    """Return what stands on the first page of a paper, Markdown.

    Args:
        plan: the exam.
    """
    return (
        f"{len(plan.templates)} questions, {POINTS} points each: both if the answer is right, one if the way "
        f"is right and a number is not. {passing(plan)} "
        "The numbers are yours alone. Show your working, write each answer into its box, "
        "and give decimals with four digits."
    )


def right(drawn: DrawnQuestion) -> str:
    """Return the right answer as printed, with its unit.

    Args:
        drawn: the question with its numbers.
    """
    letter = f"{drawn.letter}: " if drawn.kind == "choice" else ""
    return f"{letter}{drawn.key.text}{f' {drawn.unit}' if drawn.unit else ''}"


def accepted(drawn: DrawnQuestion) -> str:
    """Return which numbers count as right.

    Args:
        drawn: the question with its numbers.
    """
    if drawn.kind == "choice":
        return "this letter"
    if not any(drawn.tolerance):
        return "exactly"
    ranges = [
        f"{show(number - drawn.tolerance.at(number))} to {show(number + drawn.tolerance.at(number))}"
        for number in drawn.key.numbers
    ]
    return "; ".join(ranges)


def slips(drawn: DrawnQuestion) -> list[tuple[str, str, str]]:
    """Return each foreseen wrong answer, its misconception, and what to say.

    Args:
        drawn: the question with its numbers.
    """
    letters = dict(zip(drawn.options, "ABCDEFGH", strict=False))
    mark = drawn.kind == "choice"
    return [(f"{letters[o]}" if mark else o.text, o.slip, o.feedback) for o in drawn.options if not o.correct]
