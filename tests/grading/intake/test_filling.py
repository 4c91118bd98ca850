# ruff: noqa: E501 (cells as text)
"""The rules by which an answer is found, one at a time, on a notebook of two or three slots."""

from itertools import pairwise
from typing import Any

from coursekit.grading.graft import Guess, graft
from tests.grading.course import Notebook, strip
from tests.grading.intake.editors import extras, new, nodes

STOP = "raise NotImplementedError"


def _slot(name: str, text: str, kind: str = "code") -> Notebook:
    tag = {
        "grade_id": name,
        "schema_version": 3,
        "solution": True,
        "grade": False,
        "locked": False,
        "task": False,
    }
    return new(text, kind, metadata={"nbgrader": tag}) | {"id": name}


def _notebook(*cells: Notebook, minor: int = 5) -> Notebook:
    """Return a notebook; ids are made for cells that have none."""
    named = [cell | ({"id": f"own{at}"} if cell["id"] == "new" else {}) for at, cell in enumerate(cells)]
    if minor < 5:
        named = [{key: value for key, value in cell.items() if key != "id"} for cell in named]
    return {"cells": named, "metadata": {}, "nbformat": 4, "nbformat_minor": minor}


def _text(text: str, name: str) -> Notebook:
    return new(text, "markdown") | {"id": name}


FOUR = _slot("four", f"a = b = c = d = None\n{STOP}")
NEXT = _slot("next", f"def g(x):\n    {STOP}")
RELEASE = _notebook(_text("# One", "one"), FOUR, _text("# Two", "two"), NEXT)


def _filled(four: Notebook | None, *more: Notebook, after: Any = "def g(x):\n    return x") -> Notebook:
    """Return a submission: the answer to the first slot, cells behind it, the answer to the second."""
    cells = [RELEASE["cells"][0], *([four] if four else []), *more, RELEASE["cells"][2]]
    return _notebook(*cells, NEXT | {"source": after})


def _grafted(
    submitted: Notebook, release: Notebook = RELEASE
) -> tuple[dict[str, str], dict[str, Guess], list[str]]:
    result, guesses = graft(nodes(release), nodes(submitted))
    found = {
        cell.metadata.nbgrader.grade_id: cell.source for cell in result.cells if "nbgrader" in cell.metadata
    }
    return found, {guess.grade_id: guess for guess in guesses}, extras(result)


def _stripped(notebook: Notebook) -> Notebook:
    strip(notebook)
    return notebook


def test_some_of_the_names_make_an_answer_and_one_of_many_does_not() -> None:
    two, one = new("a = 1\nb = 2"), new("a = 1")
    found, guesses, _ = _grafted(_filled(two))
    assert found["four"] == "a = 1\nb = 2"
    assert guesses["four"].how == "names"
    found, guesses, own = _grafted(_filled(one))
    assert found["four"] == FOUR["source"]
    assert guesses["four"].how == "missing"
    assert own == ["a = 1"]


def test_without_ids_no_cell_has_the_id_of_a_slot() -> None:
    """Notebooks of format 4.4 have none: none here and none there is nothing in common."""
    release = _notebook(*RELEASE["cells"], minor=4)
    submitted = _notebook(_text("# One", "one"), new("print('hello')"), _text("# Two", "two"), minor=4)
    result, guesses = graft(nodes(release), nodes(submitted))
    assert [cell.source for cell in result.cells if "nbgrader" in cell.metadata] == [
        FOUR["source"],
        NEXT["source"],
    ]
    assert {guess.how for guess in guesses} == {"missing"}


def test_an_answer_pasted_twice_needs_no_human() -> None:
    answer = FOUR | {"source": "a = b = c = d = 1"}
    _, guesses, own = _grafted(_filled(answer, answer | {"id": "again"}))
    assert (guesses, own) == ({}, [])


def test_lines_end_in_one_way_only() -> None:
    found, _, _ = _grafted(_filled(FOUR | {"source": "a = b = 1\r\nc = d = 2\r\n"}))
    assert found["four"] == "a = b = 1\nc = d = 2\n"


def test_an_answer_beside_one_that_holds_some_of_it_is_for_a_human() -> None:
    tagged = FOUR | {"source": "print('my work is below')"}
    found, guesses, _ = _grafted(_filled(tagged, _text("# Three", "three"), new("a = 1\nb = 2")))
    assert found["four"] == "print('my work is below')"
    assert (guesses["four"].check, guesses["four"].confidence) == ("another cell defines it", 0.6)


def test_a_scratch_cell_is_no_rival() -> None:
    """It holds one name of five: by that alone it would not be taken for an answer."""
    five = _slot("five", f"a = b = c = d = e = None\n{STOP}")
    release = _notebook(five, NEXT)
    submitted = _notebook(new("a = 1\nb = 2"), _text("# Mine", "mine"), new("print(1)\nc = 3"), NEXT)
    guess = _grafted(submitted, release)[1]["five"]
    assert (guess.how, guess.check) == ("names", "")


def test_an_emptied_copy_behind_a_worked_on_text_does_not_win() -> None:
    why = _slot("why", "YOUR ANSWER HERE", "markdown")
    release = _notebook(_text("# Why?", "title"), why)
    submitted = _notebook(
        _text("# Why?", "title"), why | {"source": "Because."}, why | {"source": "", "id": "copy"}
    )
    assert _grafted(submitted, release)[0]["why"] == "Because."


def test_an_instruction_that_a_student_changed_is_not_the_answer_below_it() -> None:
    example = _text(
        "**Claim:** write here what you claim\n\n**Evidence:** write here what you see", "example"
    )
    words = _slot(
        "words", "**Claim:** write here what you claim\n\n**Evidence:** write here what you saw", "markdown"
    )
    changed = example | {"source": f"{example['source']} soon"}
    found, guesses, _ = _grafted(_notebook(changed), _notebook(example, words))
    assert found["words"] == words["source"]
    assert guesses["words"].how == "missing"


def test_free_text_that_looks_like_code_asks_for_no_names() -> None:
    why = _slot("why", "answer = write it here", "markdown")
    release = _notebook(_text("# Why?", "title"), why)
    submitted = _notebook(_text("# Why?", "title"), why | {"source": "It is small."}, new("answer = 3"))
    found, guesses, _ = _grafted(submitted, release)
    assert found["why"] == "It is small."
    assert guesses == {}


def test_an_answer_goes_on_in_the_next_cell_wherever_it_was_cut() -> None:
    whole = "@staticmethod\ndef g(x):\n    y = [\n        x,\n    ]\n    if x:\n        return y\n    return '''\nno\n'''"
    many = "def g(x):\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n    return x"
    for text, cuts in [*((whole, [at]) for at in (1, 3, 4, 6, 9)), (many, [2, 3, 4, 5])]:
        lines = text.split("\n")
        ends = [0, *cuts, len(lines)]
        parts = [new("\n".join(lines[a:b])) for a, b in pairwise(ends)]
        submitted = _notebook(RELEASE["cells"][0], FOUR, RELEASE["cells"][2], *parts)
        found, guesses, own = _grafted(_stripped(submitted))
        assert found["next"] == text, cuts
        assert guesses["next"].how == "joined"
        assert own == []


def test_an_answer_is_not_joined_with_what_stops_or_what_was_handed_out() -> None:
    stopped = f"a = b = c = d = 0\n{STOP}  # not yet"
    answer = "a = b = c = d = 1"
    found, guesses, own = _grafted(_filled(FOUR | {"source": stopped}, new(answer)))
    assert (found["four"], own) == (stopped, [answer])
    for cells in (
        (FOUR | {"source": answer}, FOUR | {"id": "copy"}),
        (FOUR | {"id": "copy"}, FOUR | {"source": answer}),
    ):
        found, guesses, _ = _grafted(_filled(*cells))
        assert found["four"] == answer
        assert guesses == {}


def test_what_another_answer_holds_is_shared_and_only_what_was_asked_for() -> None:
    both = "def g(x):\n    return x\n\n\na = 1\nb = 2"
    found, guesses, _ = _grafted(_filled(None, after=both))
    assert found == {"four": both, "next": both}  # values are taken with all that made them
    assert guesses["four"].how == "shared"
    f, g = (_slot(name, f"def {name}(x):\n    {STOP}") for name in "fg")
    both = "def f(x):\n    return 1\n\n\ndef g(x):\n    return 2"
    found, guesses, _ = _grafted(_notebook(f | {"source": ""}, g | {"source": both}), _notebook(f, g))
    assert found == {
        "f": "def f(x):\n    return 1",
        "g": both,
    }  # an emptied cell is no answer where there is one
    assert guesses["f"].how == "shared"


def test_of_several_cells_the_one_that_holds_most_is_shared() -> None:
    f, g = (_slot(name, f"def {name}(x):\n    {STOP}") for name in "fg")
    most, some = "def g(x): return 1\na = b = c = 1", "def f(x): return 1\na = b = 2"
    for order in ((f | {"source": some}, g | {"source": most}), (g | {"source": most}, f | {"source": some})):
        found, guesses, _ = _grafted(_notebook(*order), _notebook(FOUR, f, g))
        assert found["four"] == most
        assert guesses["four"].how == "shared"


def test_an_emptied_answer_is_the_students_even_where_the_release_has_an_empty_cell() -> None:
    release = _notebook(*RELEASE["cells"], new(""))
    submitted = _filled(FOUR | {"source": "a = b = c = d = 1"}, after="")
    assert _grafted(submitted, release)[0]["next"] == ""


def test_words_of_a_student_are_kept_once_and_all_of_them() -> None:
    """A pasted copy of an open cell is one of their own; ids that changed places move no text."""
    one, two = RELEASE["cells"][0], RELEASE["cells"][2]
    mine, again = one | {"source": "# Mine"}, one | {"source": "# Mine again"}
    submitted = _notebook(mine, again, FOUR, two | {"source": " "}, NEXT)
    result, _ = graft(nodes(RELEASE), submitted)  # type: ignore[arg-type]  # (two of one id, as some editors paste)
    assert [cell.source for cell in result.cells][:2] == ["# Mine", "# Mine again"]
    assert two["source"] in [
        cell.source for cell in result.cells
    ]  # a heading that was emptied is there again
    swapped = one | {"id": "two"}, FOUR, two | {"id": "one"}, NEXT
    result, _ = graft(nodes(RELEASE), nodes(_notebook(*swapped)))
    assert [cell.source for cell in result.cells] == [cell["source"] for cell in RELEASE["cells"]]


def test_pictures_of_a_text_are_kept_and_code_has_none() -> None:
    why = _slot("why", "YOUR ANSWER HERE", "markdown")
    picture = {"attachments": {"a.png": {"image/png": "aGk="}}}
    release = _notebook(_text("# Why?", "title"), why, FOUR)
    code = {**FOUR, "cell_type": "markdown", "source": "a = b = c = d = 1", **picture}
    for name in ("outputs", "execution_count"):
        del code[name]
    submitted = _notebook(
        _text("# Why?", "title"), why | {"source": "![](attachment:a.png)", **picture}, code
    )
    result, _ = graft(nodes(release), nodes(submitted))
    assert [cell.get("attachments") for cell in result.cells] == [None, picture["attachments"], None]
