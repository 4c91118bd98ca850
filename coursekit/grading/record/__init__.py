"""What was graded, when, from what and with which outcome: written once, never changed."""

__all__ = ["Line", "Record"]

from coursekit.grading.record.log import Line
from coursekit.grading.record.store import Record
