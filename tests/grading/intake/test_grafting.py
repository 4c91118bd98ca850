# ruff: noqa: E501 (cells as text)
"""Every assignment after everything that editors and students do to a notebook: the answers are the student's."""

import copy
import json
import re
import time
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from coursekit.grading.graft import Guess
from coursekit.grading.intake.code import definitions, names, normal, parses
from coursekit.grading.intake.matching import SIMILAR, alike
from tests.grading.course import Notebook, delete, duplicate, put, read, source, strip, submission, swap
from tests.grading.intake.editors import (
    ASSIGNMENTS,
    HARMLESS,
    STRIPPING,
    all_in,
    answers,
    as_it_is,
    cut,
    defines,
    extras,
    forged,
    given,
    grafted,
    new,
    nodes,
    slots,
    stubs,
    tags_lost,
    tags_moved,
)

VAE = "mini-sprint-vae"
RIGHT = answers(VAE)
Change = Callable[[Notebook], None]
every = pytest.mark.parametrize("assignment", ASSIGNMENTS)


def hows(guesses: list[Guess]) -> dict[str, str]:
    """Return how each answer was found."""
    return {guess.grade_id: guess.how for guess in guesses if guess.how != "restored"}


def test_every_assignment_is_here() -> None:
    assert len(ASSIGNMENTS) >= 13
    assert sum(len(slots(name)) for name in ASSIGNMENTS) >= 80


@every
@pytest.mark.parametrize("change", HARMLESS, ids=lambda change: change.__name__)
def test_answers_survive(assignment: str, change: Change) -> None:
    notebook = submission(assignment)
    change(notebook)
    result, guesses = grafted(assignment, notebook)
    assert given(result) == answers(assignment)
    if change is as_it_is:
        assert guesses == []
        assert [normal(cell.source) for cell in result.cells] == [
            normal(source(cell)) for cell in notebook["cells"]
        ]


@every
@pytest.mark.parametrize("editor", STRIPPING, ids=lambda change: change.__name__)
@pytest.mark.parametrize("change", HARMLESS, ids=lambda change: change.__name__)
def test_answers_survive_without_metadata_too(assignment: str, change: Change, editor: Change) -> None:
    notebook = submission(assignment)
    change(notebook)
    for at, cell in enumerate(notebook["cells"]):
        cell["id"] = f"c{at}"
    editor(notebook)
    result, guesses = grafted(assignment, notebook)
    assert given(result) == answers(assignment)
    assert hows(guesses) == dict.fromkeys(slots(assignment), "names")


@every
def test_a_deleted_answer_is_the_released_one_again(assignment: str) -> None:
    for name in slots(assignment):
        for editor in (as_it_is, strip):
            notebook = submission(assignment, delete(name))
            editor(notebook)
            result, guesses = grafted(assignment, notebook)
            assert given(result) == answers(assignment) | {name: stubs(assignment)[name]}
            assert Guess(name, "missing") in guesses


@every
def test_an_untouched_notebook_stays_untouched(assignment: str) -> None:
    for editor in (as_it_is, strip):
        notebook = submission(assignment, blank=True)
        editor(notebook)
        result, guesses = grafted(assignment, notebook)
        assert given(result) == stubs(assignment)
        assert guesses == []
        assert extras(result) == []


@every
@pytest.mark.parametrize("tag", ["both", "upper", "lower", "none"])
def test_an_answer_cut_in_two_is_put_together(assignment: str, tag: str) -> None:
    for name in slots(assignment):
        notebook = submission(assignment)
        if cut(notebook, name, tag):
            result, guesses = grafted(assignment, notebook)
            assert given(result) == answers(assignment), name
            assert hows(guesses) == {name: "joined"}
            assert [guess.check for guess in guesses] == ["it was cut into 2 cells"]


@every
def test_an_answer_merged_with_the_cells_below_it(assignment: str) -> None:
    """Merging keeps the first cell's metadata and brings check and test along."""
    for name in slots(assignment):
        for editor in (as_it_is, strip):
            notebook = submission(assignment)
            cells = notebook["cells"]
            at = next(at for at, cell in enumerate(cells) if cell["id"] == name)
            below = [cell for cell in cells[at + 1 : at + 3] if cell["cell_type"] == "code"]
            merged = "\n\n".join([source(cells[at]).strip("\n"), *(source(cell) for cell in below)])
            cells[at]["source"] = merged
            for cell in below:
                cells.remove(cell)
            editor(notebook)
            result, _ = grafted(assignment, notebook)
            assert given(result) == answers(assignment) | {name: normal(merged)}


@every
@pytest.mark.parametrize(("place", "leave"), list(product([0, 1, -1], [True, False])))
@pytest.mark.parametrize("editor", [as_it_is, strip], ids=["as it is", "stripped"])
def test_all_answers_in_one_cell_satisfy_every_slot(
    assignment: str, place: int, leave: bool, editor: Change
) -> None:
    notebook = submission(assignment)
    whole = normal(all_in(notebook, place, leave=leave))
    editor(notebook)
    result, guesses = grafted(assignment, notebook)
    found = given(result)
    for name, answer in answers(assignment).items():
        assert defines(found[name], stubs(assignment)[name])
        assert answer in found[name] or found[name] == whole
        assert stubs(assignment)[name] not in found[name].replace(answer, "")
    assert whole in found.values()
    shared = [guess for guess in guesses if guess.how == "shared"]
    assert len(shared) == len(slots(assignment)) - 1
    assert all(guess.check.startswith("one cell answers this and") for guess in shared)
    assert extras(result) == []


@every
def test_two_answers_in_one_cell_run_as_they_did(assignment: str) -> None:
    """Each slot alone defines its names: what a function needs of the same cell comes along."""
    names_of = [name for name in slots(assignment) if set(names(stubs(assignment)[name]).values()) == {"def"}]
    for name in names_of:
        helped = f"import math\n_SCALE = 2\ndef _helper(x):\n    return math.floor(_SCALE * x)\n\n{answers(assignment)[name]}\n    _helper(1)"
        other = next((one for one in names_of if one != name), None)
        if other is None or not parses(helped):
            continue
        notebook = submission(
            assignment, put(other, f"{helped}\n\n{answers(assignment)[other]}"), delete(name)
        )
        result, _ = grafted(assignment, notebook)
        assert {"_helper", "_SCALE"} <= names(given(result)[name]).keys()
        assert given(result)[name].startswith("import math")


@every
def test_added_cells_stay_where_they_were(assignment: str) -> None:
    notebook = submission(assignment)
    marked = []
    for at, cell in enumerate(notebook["cells"]):
        marked += [
            cell,
            new(
                f"own_{at} = {at}",
                metadata={"nbgrader": {"grade": True, "points": 9, "grade_id": f"own{at}"}},
            ),
        ]
        marked[-1]["id"] = f"own{at}"
    notebook["cells"] = marked
    for editor in (as_it_is, strip):
        editor(notebook)
        result, _ = grafted(assignment, notebook)
        assert [normal(cell.source) for cell in result.cells] == [normal(source(cell)) for cell in marked]
        assert all(cell.metadata == {} for cell in result.cells if cell.id.startswith("extra-"))


# One case at a time, on one assignment.


def _answer(*changes: Change, name: str = "kl") -> tuple[str, dict[str, Guess]]:
    result, guesses = grafted(VAE, submission(VAE, *changes))
    return given(result)[name], {guess.grade_id: guess for guess in guesses}


OWN = "def kl(mu, logvar):\n    return 1"


def _pasted(text: str) -> Change:
    def change(notebook: Notebook) -> None:
        duplicate("kl")(notebook)
        put("pasted", text)(notebook)

    return change


def test_of_two_copies_the_later_worked_on_one_counts_and_is_flagged() -> None:
    answer, guesses = _answer(_pasted(OWN))
    assert answer == OWN
    assert guesses["kl"].how == "close"
    assert guesses["kl"].check == "2 cells answer it"
    result, _ = grafted(VAE, submission(VAE, _pasted(OWN)))
    # The earlier one still runs, before it: a name that only it defines may be used elsewhere.
    assert [normal(text) for text in extras(result)] == [RIGHT["kl"]]
    at = [cell.id for cell in result.cells].index("kl")
    assert result.cells[at - 1].id.startswith("extra-")


def test_an_untouched_or_emptied_copy_does_not_win() -> None:
    for text in (stubs(VAE)["kl"], "", "  \n"):
        assert _answer(_pasted(text))[0] == RIGHT["kl"]


def test_an_emptied_answer_is_empty_not_the_released_one() -> None:
    answer, guesses = _answer(put("kl", ""))
    assert answer == ""
    assert "kl" not in guesses


def test_an_answer_in_a_cell_of_the_students_own() -> None:
    def move(notebook: Notebook) -> None:
        put("kl", stubs(VAE)["kl"])(notebook)
        notebook["cells"].insert(5, new(RIGHT["kl"]))

    answer, guesses = _answer(move)
    assert answer == RIGHT["kl"]
    assert (guesses["kl"].how, guesses["kl"].check) == ("names", "")
    result, _ = grafted(VAE, submission(VAE, move))
    assert extras(result) == []


def test_an_answer_in_a_test_or_check_cell() -> None:
    for place in ("check-kl", "test-kl"):
        answer, guesses = _answer(put("kl", stubs(VAE)["kl"]), put(place, OWN))
        assert answer == OWN
        assert guesses["kl"].how == "names"
    result, _ = grafted(VAE, submission(VAE, put("kl", stubs(VAE)["kl"]), put("check-kl", OWN)))
    check = next(cell.source for cell in result.cells if cell.id == "check-kl")
    assert check.startswith("check(")  # what stands there is the release's again


def test_names_beat_a_tag_that_lies_and_values_do_not() -> None:
    """A tag on another cell loses against a definition; a variable of a function's name is no definition."""
    answer, guesses = _answer(put("kl", "print('junk')"), lambda notebook: notebook["cells"].append(new(OWN)))
    assert answer == OWN
    assert guesses["kl"].check
    broken = RIGHT["kl"].replace("def kl", "deff kl")
    answer, _ = _answer(put("kl", broken), lambda notebook: notebook["cells"].append(new("kl = 3")))
    assert answer == broken


def test_a_cell_id_is_enough() -> None:
    answer, guesses = _answer(put("kl", "print('no idea')"), tags_lost)
    assert answer == "print('no idea')"
    assert guesses["kl"].how == "cell id"
    assert {guess.how for guess in guesses.values()} == {"cell id"}


def test_a_scratch_variable_does_not_take_an_answers_place() -> None:
    scratch = new("model = VAE()\nmodel")
    answer, guesses = _answer(lambda notebook: notebook["cells"].insert(30, scratch), name="trained")
    assert answer == RIGHT["trained"]
    assert guesses == {}
    answer, guesses = _answer(strip, lambda notebook: notebook["cells"].insert(30, scratch), name="trained")
    assert answer == RIGHT["trained"]


@every
def test_a_definition_with_a_slip_is_found_by_its_text(assignment: str) -> None:
    """Not Python, and another name: nothing but the text is left."""
    for name in slots(assignment):
        wrong = answers(assignment)[name]
        for word in names(stubs(assignment)[name]):
            wrong = re.sub(rf"\b{word}\b", f"my_{word}_fn", wrong)
        wrong = re.sub("^(def|class) ", r"\1f ", wrong)
        result, guesses = grafted(assignment, submission(assignment, put(name, wrong), strip))
        assert given(result) == answers(assignment) | {name: normal(wrong)}
        assert hows(guesses)[name] == "similarity"
        assert all(guess.check for guess in guesses if guess.grade_id == name)


def test_the_threshold_parts_own_answers_from_others() -> None:
    """Measured over all assignments: three kinds of altered names, and every answer to another assignment."""
    table = {
        (one, name): (stubs(one)[name], answers(one)[name]) for one in ASSIGNMENTS for name in slots(one)
    }
    own = []
    for stub, answer in table.values():
        for change in (r"my_\g<0>_fn", lambda found: f"{found[0][: max(2, len(found[0]) // 2)]}X"):
            text = answer
            for word in names(stub):
                text = re.sub(rf"\b{word}\b", change, text)
            own.append(alike(stub, text))
        own.append(alike(stub, re.sub("^(def|class) ", r"\1f ", answer)))
    others = [
        alike(stub, answer)
        for (one, _), (stub, _) in table.items()
        for (two, _), (_, answer) in table.items()
        if one != two
    ]
    assert min(own) >= SIMILAR > max(others)
    assert (len(own), len(others)) >= (249, 6000)


def test_two_texts_almost_as_like_are_both_named() -> None:
    wrong = RIGHT["kl"].replace("def kl(", "deff kll(")
    again = RIGHT["kl"].replace("def kl(", "deff klx(")
    result, guesses = grafted(
        VAE, submission(VAE, put("kl", wrong), lambda notebook: notebook["cells"].append(new(again)), strip)
    )
    assert given(result)["kl"] in (wrong, again)
    assert "almost as like" in next(guess.check for guess in guesses if guess.grade_id == "kl")


def test_unlike_texts_are_not_taken() -> None:
    result, guesses = grafted(VAE, submission(VAE, put("kl", "print('nothing of the kind')\nx = 1"), strip))
    assert given(result)["kl"] == stubs(VAE)["kl"]
    assert hows(guesses)["kl"] == "missing"
    assert extras(result) == ["print('nothing of the kind')\nx = 1"]


def test_open_cells_keep_the_students_words_and_locked_ones_do_not() -> None:
    result, guesses = grafted(
        VAE, submission(VAE, put("check-kl", "mine = 2"), put("setup", "import os"), put("test-kl", "3.0"))
    )
    texts = [cell.source for cell in result.cells]
    assert "mine = 2" in texts
    assert not {"import os", "3.0"} & set(texts)
    assert {guess.grade_id for guess in guesses if guess.how == "restored"} == {"setup", "test-kl"}
    assert all("is the release's again" in str(guess) for guess in guesses)


def test_forged_metadata_is_gone_and_named() -> None:
    notebook = submission(VAE)
    forged(notebook)
    result, guesses = grafted(VAE, notebook)
    assert {guess.how for guess in guesses} == {"restored"}
    assert "100.0" not in [cell.source for cell in result.cells]


def test_an_answer_of_another_cell_type_is_named() -> None:
    def change(notebook: Notebook) -> None:
        cell = next(cell for cell in notebook["cells"] if cell["id"] == "kl")
        cell.update(cell_type="markdown")
        del cell["outputs"], cell["execution_count"]

    answer, guesses = _answer(change)
    assert answer == RIGHT["kl"]
    assert guesses["kl"].how == "cell type"


@pytest.mark.parametrize(
    "junk",
    [None, 3, "x", [], {"grade_id": ["list"]}, {"grade_id": None, "solution": "yes"}, {"grade_id": "kl"}],
)
def test_odd_metadata_is_survived(junk: Any) -> None:
    notebook = submission(VAE, swap("kl", "return", "retrun"))
    for cell in notebook["cells"]:
        cell["metadata"]["nbgrader"] = copy.deepcopy(junk)
    result, _ = grafted(VAE, notebook)
    assert "retrun" in given(result)["kl"]
    assert given(result) | {"kl": ""} == RIGHT | {"kl": ""}


def test_magics_and_shell_lines_do_not_hide_a_definition() -> None:
    text = f"%matplotlib inline\n!pip list\n{RIGHT['kl']}"
    answer, guesses = _answer(put("kl", text), strip)
    assert answer == text
    assert guesses["kl"].how == "names"


def test_metadata_that_moved_is_believed_less_than_what_a_cell_says() -> None:
    notebook = submission("quiz-vae")
    tags_moved(notebook)
    result, guesses = grafted("quiz-vae", notebook)
    assert given(result) == answers("quiz-vae")
    assert set(hows(guesses).values()) == {"names"}


# Free text and tasks: the project has none yet, instructors' own assignments do.


def _tagged(name: str, text: str, kind: str = "markdown", **tag: Any) -> Notebook:
    whole = {
        "grade_id": name,
        "schema_version": 3,
        "solution": False,
        "grade": False,
        "locked": False,
        "task": False,
    } | tag
    return new(text, kind, metadata={"nbgrader": whole}) | {"id": name}


def _essay() -> Notebook:
    cells = [
        new("# Why?", "markdown") | {"id": "title"},
        _tagged("why", "YOUR ANSWER HERE", solution=True, grade=True, points=2),
        new("# And how?", "markdown") | {"id": "second"},
        _tagged("how", "YOUR ANSWER HERE", solution=True, grade=True, points=2),
        _tagged("plot", "Plot the loss below.", task=True, locked=True, points=3),
        new("# Summary", "markdown") | {"id": "third"},
        _tagged(
            "words",
            "**Claim:** write here what you claim\n\n**Evidence:** write here what you saw",
            solution=True,
            grade=True,
            points=2,
        ),
    ]
    return {
        "cells": cells,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "x"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


WORDS = {"why": "Because of the KL term.", "how": "By sampling.",
         "words": "**Claim:** write here what you claim: it works\n\n**Evidence:** write here what you saw: 0.5"}  # fmt: skip


def _grafted_essay(change: Change = as_it_is) -> tuple[dict[str, str], list[Guess], list[str]]:
    from coursekit.grading.graft import graft

    notebook = _essay()
    for cell in notebook["cells"]:
        cell["source"] = WORDS.get(cell["id"], cell["source"])
    notebook["cells"].insert(5, new("plot(loss)"))
    change(notebook)
    result, guesses = graft(nodes(_essay()), nodes(notebook))
    found = {cell.id: cell.source for cell in result.cells}
    return {name: found[name] for name in WORDS}, guesses, [cell.source for cell in result.cells]


def test_free_text_and_tasks() -> None:
    found, guesses, texts = _grafted_essay()
    assert found == WORDS
    assert guesses == []
    assert texts[5] == "plot(loss)"


def test_free_text_without_metadata_is_found_by_place_and_text_and_flagged() -> None:
    found, guesses, texts = _grafted_essay(strip)
    assert found == WORDS
    assert {guess.grade_id: guess.how for guess in guesses} == {
        "why": "place",
        "how": "place",
        "words": "similarity",
    }
    assert all(guess.check for guess in guesses)
    assert texts[5] == "plot(loss)"


def test_two_new_cells_in_a_place_are_left_to_the_human() -> None:
    def change(notebook: Notebook) -> None:
        notebook["cells"].insert(2, new("And because of the other.", "markdown"))
        strip(notebook)

    found, guesses, texts = _grafted_essay(change)
    assert found["why"] == "YOUR ANSWER HERE"
    assert {guess.grade_id: guess.how for guess in guesses}["why"] == "missing"
    assert texts[1:3] == ["Because of the KL term.", "And because of the other."]


def test_free_text_in_a_code_cell_and_pictures() -> None:
    def change(notebook: Notebook) -> None:
        notebook["cells"][1].update(cell_type="code", outputs=[], execution_count=None)
        notebook["cells"][3]["attachments"] = {"a.png": {"image/png": "aGk="}}

    from coursekit.grading.graft import graft

    found, guesses, _ = _grafted_essay(change)
    assert found == WORDS
    assert [(guess.grade_id, guess.how) for guess in guesses] == [("why", "cell type")]
    notebook = _essay()
    notebook["cells"][3].update(
        source="See ![](attachment:a.png)", attachments={"a.png": {"image/png": "aGk="}}
    )
    result, _ = graft(nodes(_essay()), nodes(notebook))
    assert result.cells[3].attachments == {"a.png": {"image/png": "aGk="}}


def test_a_locked_tasks_text_is_the_releases_and_an_open_ones_the_students() -> None:
    from coursekit.grading.graft import graft

    for locked in (True, False):
        released = _essay()
        released["cells"][4]["metadata"]["nbgrader"]["locked"] = locked
        notebook = copy.deepcopy(released)
        notebook["cells"][4]["source"] = "My plot is below."
        result, guesses = graft(nodes(released), nodes(notebook))
        assert (result.cells[4].source == "My plot is below.") is not locked
        assert [guess.how for guess in guesses] == ["restored"] * locked


def test_what_a_definition_needs_comes_along_and_nothing_else() -> None:
    cell = "import math\nimport os\n\nSCALE = 2\n\n\n@staticmethod\ndef f(x):\n    return g(x) * SCALE\n\n\ndef g(x):\n    return math.exp(x)\n\n\nprint(f(1))\n\n\ndef h(x):\n    return os.getcwd()"
    text = definitions(cell, {"f"})
    assert text is not None
    assert names(text).keys() == {"SCALE", "f", "g"}
    assert "import math" in text
    assert "@staticmethod" in text
    assert not {"os", "print"} & set(re.findall(r"\w+", text))
    assert definitions(cell, {"nothing"}) is None
    assert definitions("if x:\n    def f(): pass", {"f"}) is None
    assert definitions("def f(:", {"f"}) is None


HUGE = {
    "one long cell": ["x = 1\n" * 300_000],
    "many cells": ["kl = 1"] * 2_900,
    "many unlike cells": [f"deff kl(mu, logvar):\n    a{at} = {at}" for at in range(2_900)],
    "many lines": ["\n".join(f"class Encoder{at}(nn.Module:" for at in range(400))] * 300,
    "deep": ["x = " + "1+" * 45_000 + "1", "-" * 90_000 + "1", "(" * 90_000, "[" * 150 + "]" * 150, "x" + ".a" * 45_000],
    "broken": ["a, " * 30_000, "\n" * 90_000 + "=", "def " * 20_000, "@" * 5_000, "lambda:" * 10_000 + "1"],
}  # fmt: skip


@pytest.mark.parametrize("texts", HUGE.values(), ids=HUGE)
def test_a_notebook_made_to_take_for_ever_does_not(texts: list[str]) -> None:
    """Nothing of a student's is run here, so only size can hurt: time, memory, the depth of the stack."""
    notebook = submission(VAE, strip)
    for name in ("kl", "encoder", "sample"):
        notebook["cells"] = [cell for cell in notebook["cells"] if normal(source(cell)) != RIGHT[name]]
    notebook["cells"] += [new(text) for text in texts]
    for cell in notebook["cells"]:
        cell.pop("id", None)
    started = time.process_time()
    result, _ = grafted(VAE, notebook)
    assert time.process_time() - started < 20
    assert given(result)["loss"] == RIGHT["loss"]


def test_guesses_are_lines() -> None:
    lines = [str(Guess("kl", how, 0.8, "look")) for how in
             ("cell id", "names", "similarity", "place", "shared", "joined", "cell type", "close", "missing", "restored")]  # fmt: skip
    assert len(set(lines)) == 10
    assert all("kl" in line and "80%" in line and line.endswith("[please look: look]") for line in lines)


def test_the_release_is_not_changed_and_the_student_s_neither() -> None:
    from coursekit.grading.graft import graft

    released, submitted = nodes(read("exercises", VAE)), nodes(submission(VAE, strip))
    before = json.dumps(released), json.dumps(submitted)
    graft(released, submitted)
    assert (json.dumps(released), json.dumps(submitted)) == before
