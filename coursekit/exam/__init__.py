"""Printed exams: papers with numbers of their own, the key with worked steps, and the marking sheet."""

__all__ = ["Plan", "Student", "again", "lectures", "numbered", "plan", "roster", "write"]

from coursekit.exam.folder import write
from coursekit.exam.plan import Plan, Student, again, lectures, numbered, plan, roster
