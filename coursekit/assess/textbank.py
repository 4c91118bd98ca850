"""Questions in words, written as YAML: a draw picks a variant and three or four of its wrong answers."""

__all__ = ["load"]

import random
from collections import Counter
from collections.abc import Hashable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import yaml

from coursekit._check import describe
from coursekit.assess.template import Distractor, Draft, Question

Fields = dict[str, Any]

_KINDS = {"text": str, "list": list, "whole number or null": (int, type(None))}
_ITEM = {
    "id": "text",
    "source": "text",
    "chapter": "text",
    "lecture": "whole number or null",
    "rule": "text",
    "variants": "list",
}
_VARIANT = {"stem": "text", "right": "text", "feedback": "text", "wrong": "list"}
_WRONG = {"text": "text", "slip": "text", "feedback": "text"}
_FEWEST = 3


class _Loader(yaml.SafeLoader):
    """Plain YAML, but a field that stands twice is an error: the first would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            name = str(key.value)
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"the field {name!r} twice", problem_mark=key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def _double(texts: Iterable[str]) -> str | None:
    """Return a text that stands twice."""
    return next((text for text, times in Counter(texts).items() if times > 1), None)


def _refuse(place: str, field: str, required: str, came: object) -> NoReturn:
    """Raise the one line a writer needs."""
    raise ValueError(f"{place}: {field} must be {required}; got {came}")


def _check(entry: object, wanted: dict[str, str], place: str) -> Fields:
    """Return one entry with exactly these fields, or say which one does not fit."""
    if not isinstance(entry, dict):
        _refuse(place, "entry", f"a mapping with {', '.join(wanted)}", describe(entry))
    for name in entry:
        if name not in wanted:
            _refuse(place, f"field {name!r}", f"one of {', '.join(wanted)}", "an unknown one")
    for name, kind in wanted.items():
        if name not in entry:
            _refuse(place, name, f"a {kind}", "nothing")
        value = entry[name]
        if isinstance(value, bool) or not isinstance(value, _KINDS[kind]):  # type: ignore[arg-type]
            _refuse(place, name, f"a {kind}", describe(value))
        if isinstance(value, str) and not value.strip():
            _refuse(place, name, "a text that is not empty", describe(value))
    return entry


def _variant(entry: object, place: str) -> Fields:
    """Check one variant with its wrong answers."""
    variant = _check(entry, _VARIANT, place)
    wrong = [_check(w, _WRONG, f"{place}, wrong {n}") for n, w in enumerate(variant["wrong"], start=1)]
    if len(wrong) < _FEWEST:
        _refuse(place, "wrong", f"a list of {_FEWEST} answers or more", len(wrong))
    double = _double([variant["right"], *(w["text"] for w in wrong)])
    if double is not None:
        _refuse(
            place, "wrong", "answers that differ from each other and from the right one", f"{double!r} twice"
        )
    return variant


def _build(variants: list[Fields], rng: random.Random) -> Draft:
    """Draw a variant and some of its wrong answers."""
    number = rng.randrange(len(variants))
    variant = variants[number]
    wrong = rng.sample(variant["wrong"], min(len(variant["wrong"]), rng.choice((_FEWEST, _FEWEST + 1))))
    return Draft(
        variant["stem"],
        variant["right"],
        tuple(Distractor(w["text"], w["slip"], w["feedback"]) for w in wrong),
        variant["feedback"],
        values={"variant": number + 1, "stem": variant["stem"]},
    )


def _question(entry: object, file: str, number: int) -> Question:
    """Check one item and make its question."""
    name = entry.get("id") if isinstance(entry, dict) else None
    place = f"{file}: item {name!r}" if isinstance(name, str) else f"{file}: item {number}"
    item = _check(entry, _ITEM, place)
    if not item["variants"]:
        _refuse(place, "variants", "a list of 1 or more", 0)
    variants = [_variant(v, f"{place}, variant {n}") for n, v in enumerate(item["variants"], start=1)]
    label = f"rule-{item['id'].replace('/', '-')}"
    return Question(
        item["id"], item["chapter"], "choice", partial(_build, variants), label,
        rule=item["rule"], lecture=item["lecture"], source=item["source"], file=file,
    )  # fmt: skip


def load(path: Path) -> tuple[Question, ...]:
    """Return the questions of one file.

    Args:
        path: a YAML list of items with ``id`` (area/name), ``source``, ``chapter``, ``lecture``, ``rule`` and
            ``variants``; a variant has ``stem``, ``right``, ``feedback`` and three or more ``wrong``, each
            with ``text``, ``slip`` and ``feedback``.

    Raises:
        ValueError: if the file is malformed; one line names file, item, field, what was required, what came.
    """
    try:
        items = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "some line"
        _refuse(path.name, line, "readable YAML", error.problem)
    except (yaml.YAMLError, ValueError) as error:  # bytes, characters or dates that do not exist
        _refuse(path.name, "file", "readable YAML in UTF-8", " ".join(str(error).split()))
    if not isinstance(items, list):
        _refuse(path.name, "file", "a list of items", describe(items))
    questions = tuple(_question(entry, path.name, n) for n, entry in enumerate(items, start=1))
    double = _double(question.id for question in questions)
    if double is not None:
        _refuse(f"{path.name}: item {double!r}", "id", "unique in the file", "it twice")
    return questions
