"""Walls that a module's tests share: to put them up takes a while."""

import sys
from collections.abc import Iterator

import pytest

from coursekit.grading.walls.pool import Walled
from tests.grading.walls.places import KIT, SMALL


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of the walls where there are none."""
    if not sys.platform.startswith("linux"):
        for item in items:
            if "grading/walls" in item.nodeid:
                item.add_marker(pytest.mark.skip(reason="the walls are made of calls of the Linux kernel"))


@pytest.fixture(scope="package")
def walled() -> Iterator[Walled]:
    """Small boxes with a probe in them, and NumPy."""
    with Walled(SMALL, KIT, preload=("numpy.random",)) as walls:
        yield walls
