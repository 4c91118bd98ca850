"""Exercises that recognise misconceptions, question templates, and the mastery rule."""

__all__ = [
    "Alternate",
    "Case",
    "Distractor",
    "Draft",
    "DrawnQuestion",
    "Exercise",
    "Mastery",
    "Mutant",
    "NotPassed",
    "Option",
    "Outcome",
    "Question",
    "Report",
    "Tolerance",
    "check",
    "exercise",
    "exercises",
    "grade",
    "grade_answer",
    "hint",
    "mastery",
    "question",
    "questions",
    "solution",
    "template",
]

from coursekit.assess.answer import Tolerance
from coursekit.assess.checking import check, grade, grade_answer
from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant
from coursekit.assess.help import hint, solution
from coursekit.assess.mastery import Mastery, mastery
from coursekit.assess.question import DrawnQuestion, Option
from coursekit.assess.registry import exercise, exercises, question, questions
from coursekit.assess.report import NotPassed, Outcome, Report
from coursekit.assess.template import Distractor, Draft, Question, template
