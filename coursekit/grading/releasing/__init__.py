"""Before an assignment is handed out: what would make its tests unfair or its judge helpless."""

__all__ = ["complaints", "refuse"]

from coursekit.grading.releasing.lint import complaints, refuse
