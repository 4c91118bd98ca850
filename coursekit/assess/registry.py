"""Finding every question template and exercise by itself: a module in ``bank`` or ``workshop`` is enough."""

__all__ = ["exercise", "exercises", "question", "questions"]

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from coursekit._check import closest
from coursekit.assess.bank._lent import LENT
from coursekit.assess.template import Question
from coursekit.assess.textbank import load

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
    modules = _modules("coursekit.assess.bank")
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Question)]
    folder = Path(__file__).with_name("bank")
    found += [written for path in sorted(folder.glob("*.yml")) for written in load(path)]
    return _unique(found, "question")


@cache
def _exercises(variant: int) -> dict[str, "Exercise"]:
    if variant < 0:
        raise ValueError(f"variant must be 0 or more; got {variant}")
    modules = _modules("coursekit.assess.workshop")
    return _unique([task for module in modules for task in module.exercises(variant)], "exercise")


def _pick(index: dict[str, Item], name: str, kind: str) -> Item:
    """Return one item or say which ids there are."""
    if name not in index:
        known = ", ".join(index)
        raise ValueError(f"{kind} must be one of {known}; got {name!r}{closest(name, index)}")
    return index[name]


def questions(chapter: str | None = None) -> tuple[Question, ...]:
    """Return all question templates, or those that a chapter asks: its own, then those lent to it.

    Args:
        chapter: such as ``generative/variational-autoencoders``; all chapters if None.
    """
    if chapter is None:
        return tuple(_questions().values())
    own = [asked for asked in _questions().values() if asked.chapter == chapter]
    return (*own, *(question(name) for name in LENT.get(chapter, ())))


def question(name: str) -> Question:
    """Return the template with this id.

    Raises:
        ValueError: if there is none.
    """
    return _pick(_questions(), name, "question")


def exercises(variant: int = 0) -> tuple["Exercise", ...]:
    """Return all exercises, in the order they are worked on.

    Args:
        variant: of the assignments; 0 is as written.

    Raises:
        ValueError: if the variant is negative.
    """
    return tuple(_exercises(variant).values())


def exercise(name: str, variant: int = 0) -> "Exercise":
    """Return the exercise with this id.

    Args:
        name: such as ``mini-sprint-vae/kl``.
        variant: of its assignment; 0 is as written.

    Raises:
        ValueError: if there is none, or the variant is negative.
    """
    return _pick(_exercises(variant), name, "exercise")
