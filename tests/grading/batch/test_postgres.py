"""The same class in SQLite and in PostgreSQL gives the same gradebook."""

import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from tests.grading.batch.postgres import server
from tests.grading.batch.test_grade import CLASS
from tests.grading.batch.toy_course import ToyCourse

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_ASKED = """
    select a.student_id, b.name, g.auto_score, g.needs_manual_grade, a.timestamp, n.late_submission_penalty
    from grade g join submitted_notebook n on n.id = g.notebook_id
    join submitted_assignment a on a.id = n.assignment_id join base_cell b on b.id = g.cell_id
"""
_STATES = "select student, state, reason from coursekit_verdict"


def _rows(url: str, query: str) -> list[tuple[str, ...]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text(query)).all()
    engine.dispose()
    return sorted(
        tuple("1" if one is True else "0" if one is False else str(one)[:19] for one in row) for row in rows
    )


def test_postgres_holds_what_sqlite_holds(tmp_path: Path) -> None:
    found = []
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as url:
        for name, address in (("postgres", url), ("sqlite", "")):
            settings = f"c.CourseDirectory.db_url = {address!r}" if address else ""
            course = ToyCourse(tmp_path / name, settings)
            for student in ("ada", "bob", "cleo", "fred"):
                course.hand_in(student, CLASS[student][0], "2026-01-01 15:00:00")
            course.grade()
            told = course.grade()
            assert "4 of 4 submissions were graded before" in told
            where = address or f"sqlite:///{course.database}"
            found.append([_rows(where, _ASKED), _rows(where, _STATES)])
            assert course.database.exists() is not bool(address)
            assert "coursekit_verdict" in inspect(create_engine(where)).get_table_names()
        assert found[0] == found[1]
        assert ("fred", "test-double", "None", "1") in {row[:4] for row in found[0][0]}
        assert ("ada", "test-total", "3.0", "0") in {row[:4] for row in found[0][0]}
