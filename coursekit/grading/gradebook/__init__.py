"""nbgrader's gradebook as the judge writes it: one transaction a student, with the state of each."""

__all__: list[str] = []
