"""How submissions come in: stated rules for every kind of file, archive and name, and a report."""

__all__ = ["RULES", "Notice", "Read", "Report", "Taken", "collect", "read_notebook", "table"]

from coursekit.grading.intake.collecting import Report, Taken, collect
from coursekit.grading.intake.notebooks import Read, read_notebook
from coursekit.grading.intake.rules import RULES, Notice, table
