"""Finding every question template and exercise by itself: a module in ``bank`` or ``workshop`` is enough."""

__all__ = ["exercise", "exercises", "question", "questions"]

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from coursekit._check import closest
from coursekit.assess.question import Question

if TYPE_CHECKING:
    from coursekit.assess.exercise import Exercise

Item = TypeVar("Item", "Question", "Exercise")


def _modules(package_name: str) -> list[ModuleType]:
    """Import the public modules of a package, in the order of their names."""
    package = importlib.import_module(package_name)
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__) if found.name[0] != "_")
    return [importlib.import_module(f"{package_name}.{name}") for name in names]


def _unique(items: list[Item], kind: str) -> dict[str, Item]:
    """Index by id, refusing an id that stands twice."""
    index: dict[str, Item] = {}
    for item in items:
        if item.id in index:
            raise ValueError(f"{kind} ids must be unique; {item.id!r} stands twice")
        index[item.id] = item
    return index


@cache
def _questions() -> dict[str, Question]:
    return _unique([q for module in _modules("coursekit.assess.bank") for q in module.QUESTIONS], "question")


@cache
def _exercises() -> dict[str, "Exercise"]:
    return _unique(
        [e for module in _modules("coursekit.assess.workshop") for e in module.EXERCISES], "exercise"
    )


def _pick(index: dict[str, Item], name: str, kind: str) -> Item:
    """Return one item or say which ids there are."""
    if name not in index:
        known = ", ".join(index)
        raise ValueError(f"{kind} must be one of {known}; got {name!r}{closest(name, index)}")
    return index[name]


def questions(chapter: str | None = None) -> tuple[Question, ...]:
    """Return all question templates, or those of a chapter, in the order they are taught.

    Args:
        chapter: such as ``generative/variational-autoencoders``; all chapters if None.
    """
    return tuple(q for q in _questions().values() if chapter is None or q.chapter == chapter)


def question(name: str) -> Question:
    """Return the template with this id.

    Raises:
        ValueError: if there is none.
    """
    return _pick(_questions(), name, "question")


def exercises() -> tuple["Exercise", ...]:
    """Return all exercises, in the order they are worked on."""
    return tuple(_exercises().values())


def exercise(name: str) -> "Exercise":
    """Return the exercise with this id.

    Raises:
        ValueError: if there is none.
    """
    return _pick(_exercises(), name, "exercise")
