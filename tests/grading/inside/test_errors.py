"""Errors and stand-ins that a hostile side describes: none ends the judge or floods it."""

from typing import Any

import pytest

from coursekit.grading.inside.errors import Crossed, described, rebuilt
from coursekit.grading.inside.remote import remote


def _written(**changes: str) -> dict[str, Any]:
    return {"name": "Own", "near": "ValueError", "text": "mine", "place": " line 3", **changes}


@pytest.mark.parametrize("near", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "int", ""])
def test_what_would_end_a_process_is_an_ordinary_error_here(near: str) -> None:
    error = rebuilt(_written(near=near))
    assert type(error).__bases__ == (Crossed,)


@pytest.mark.parametrize("near", ["UnicodeDecodeError", "UnicodeEncodeError", "ExceptionGroup"])
def test_errors_that_can_t_be_made_from_a_text_become_plain_ones(near: str) -> None:
    error = rebuilt(_written(near=near))
    assert isinstance(error, Crossed)
    assert str(error) == "mine"


def test_an_error_keeps_its_name_text_and_place_if_they_are_some() -> None:
    error = rebuilt(_written())
    assert isinstance(error, ValueError)
    assert (type(error).__name__, str(error), vars(type(error))["students_line"]) == (
        "Own",
        "mine",
        " line 3",
    )
    for name in ("not a name", "", "3", "a\nb", "x" * 10**6 + "!"):
        assert type(rebuilt(_written(name=name))).__name__ in ("Exception", "x" * 80)


def test_an_error_s_text_is_cut_and_may_be_missing() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert described(Mute())["text"] == ""
    assert len(described(ValueError("x" * 10**6))["text"]) == 4000
    assert described(type("Long" * 100, (KeyError,), {})())["near"] == "KeyError"
    assert len(described(type("Long" * 100, (KeyError,), {})())["name"]) == 80


def test_private_names_of_a_stand_in_are_not_even_asked_for() -> None:
    asked = []

    class Line:
        def get(self, _: object, name: str) -> str:
            asked.append(name)
            return name

    line: Any = Line()
    thing: Any = remote(line, 3, "theirs", able=frozenset())
    assert thing.shape == "shape"
    for name in ("_secret", "__array__", "__array_interface__", "__float__", "_repr_html_"):
        with pytest.raises(AttributeError, match="theirs has no attribute"):
            getattr(thing, name)
    assert asked == ["shape"]
