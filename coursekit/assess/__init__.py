"""Exercises that recognise misconceptions, question templates, and the mastery rule."""

__all__ = [
    "Alternate",
    "Case",
    "DrawnQuestion",
    "Exercise",
    "Mastery",
    "Mutant",
    "NotPassed",
    "Option",
    "Outcome",
    "Question",
    "Report",
    "check",
    "draw",
    "exercise",
    "exercises",
    "grade",
    "grade_answer",
    "hint",
    "mastery",
    "question",
    "questions",
]

from coursekit.assess.checking import check, grade, grade_answer, hint
from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant
from coursekit.assess.mastery import Mastery, mastery
from coursekit.assess.question import DrawnQuestion, Option, Question, draw
from coursekit.assess.registry import exercise, exercises, question, questions
from coursekit.assess.report import NotPassed, Outcome, Report
