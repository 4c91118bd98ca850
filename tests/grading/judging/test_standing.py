"""The walls of a process: one for each kind of limits, begun early, taken down when others are wanted."""

from collections.abc import Iterator
from typing import ClassVar

import pytest

from coursekit._check import CourseError
from coursekit.grading.judging import standing
from coursekit.grading.walls.limits import Limits


class Fake:
    """Walls that note what happens to them."""

    all: ClassVar[list["Fake"]] = []
    broken = False

    def __init__(self, limits: Limits, forbidden: tuple[str, ...], kind: str | None) -> None:
        self.limits, self.forbidden, self.kind, self.closed = limits, forbidden, kind, False

    def __enter__(self) -> "Fake":
        """Stand, or not."""
        if Fake.broken:
            raise CourseError("no walls today")
        Fake.all.append(self)
        return self

    def close(self) -> None:
        """Fall."""
        self.closed = True


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put up no real walls."""
    monkeypatch.setattr(standing, "Houses", Fake)
    monkeypatch.setattr(standing, "_standing", {})
    Fake.all, Fake.broken = [], False
    yield
    standing.close()


def test_equal_limits_share_walls_and_others_do_not() -> None:
    first = standing.house(5, ["torch"])
    assert standing.house(5.2, ("torch",)) is first
    assert standing.house(5) is not first
    assert [(one.limits.cpu_seconds, one.forbidden) for one in Fake.all] == [(5, ("torch",)), (5, ())]


def test_the_usual_walls_are_begun_and_then_found() -> None:
    standing.begin("nested")
    found = standing.only(standing.WHOLE)
    assert [one for one in Fake.all if not one.closed] == [found]


def test_walls_that_nobody_wanted_are_taken_down() -> None:
    guessed = standing.house(standing.WHOLE)
    wanted = standing.only(7, ["torch"])
    assert (guessed.closed, wanted.closed) == (True, False)
    assert standing.only(7, ["torch"]) is wanted
    standing.close()
    assert wanted.closed


def test_trouble_is_told_to_whoever_asks() -> None:
    Fake.broken = True
    standing.begin("nested")
    with pytest.raises(CourseError, match="no walls today"):
        standing.only(standing.WHOLE)
