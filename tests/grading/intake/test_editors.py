# ruff: noqa: E501 (submissions are code in strings)
"""Three assignments as other editors save them, without their metadata: every grade is that of the answers."""

import json
from collections.abc import Callable, Iterator

import pytest

from coursekit.grading.judging.houses import Houses
from tests.grading.course import Course, Notebook, swap
from tests.grading.faults.desk import Case, Desk, said
from tests.grading.intake.editors import colab, light_script, percent_script, vscode, vscode_2020

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
EDITORS: dict[str, Callable[[Notebook], None]] = {
    one.__name__: one for one in (colab, vscode, vscode_2020, percent_script, light_script)
}
# What the answers deserve: by the points of the steps, and the parts that the texts of the assignments name.
HALF = {
    "one-neuron": Case(
        (swap("output", "X @ w + b", "X @ w - b"), swap("cost", "X.T @ error / len(d)", "2 * X.T @ error / len(d)"),
         swap("rate", "return 2 /", "return 1 /")),
        "output rate", {"cost": 1.0},
    ),
    "sparse": Case(
        (swap("kl-penalty", "return (rho", "return -(rho"), swap("hoyer", "return (np.sqrt(K) - ratio)", "return ratio"),
         swap("top-k", "[-k:]", "[:k]")),
        "kl-penalty hoyer top-k", {"sparse-loss": 1.0},
    ),
    "model-selection": Case(
        (swap("choose", "fit(X, d, penalties[best])", "w"), swap("mse", ".sum(axis=1).mean()", ".mean()"),
         swap("error-rate", "y != d", "y == d")),
        "mse error-rate", {"choose": 2.0},
    ),
}  # fmt: skip
BLANK = {
    "one-neuron": "output cost sgd batch-step logistic rate",
    "sparse": "l1-penalty kl-penalty hoyer top-k proximal-step sparse-loss",
    "model-selection": "error-rate mse holdout kfold choose leave-one-out",
}
KINDS = ("right", "half", "blank")
BY_NBGRADER = ("colab", "vscode_2020", "light_script")


def _case(assignment: str, kind: str) -> Case:
    """Return a submission and what it deserves."""
    blank = Case(lost=BLANK[assignment], blank=True)
    return {"right": Case(), "half": HALF[assignment], "blank": blank}[kind]


@pytest.fixture(scope="module")
def desks() -> Iterator[dict[str, Desk]]:
    """Put up the walls once for all three."""
    with Houses() as houses:
        yield {name: Desk(houses, name) for name in HALF}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("editor", EDITORS)
@pytest.mark.parametrize("assignment", HALF)
def test_a_grade_is_that_of_the_answers(
    desks: dict[str, Desk], assignment: str, editor: str, kind: str
) -> None:
    table, case = desks[assignment], _case(assignment, kind)
    notebook = table.made(case)
    EDITORS[editor](notebook)
    points, judged, shown = table.judge(notebook)
    assert points == table.deserved(case), said(shown)[-3000:]
    assert judged.faults == []


@pytest.mark.parametrize("editor", [name for name in EDITORS if name != "vscode"])
def test_nothing_is_left_for_a_grader_that_goes_by_metadata(editor: str) -> None:
    """Otherwise these tests would prove nothing."""
    notebook = Desk.__new__(Desk)
    notebook.assignment = "sparse"
    made = notebook.made(Case())
    before = {cell["id"] for cell in made["cells"]}
    EDITORS[editor](made)
    assert not any("nbgrader" in cell["metadata"] for cell in made["cells"])
    assert not before & {cell.get("id") for cell in made["cells"]}


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, float]]:
    """Grade one assignment of every editor by nbgrader's own commands."""
    name = "one-neuron"
    course = Course(tmp_path_factory.mktemp("course"), name, timeout=60)
    course.run("generate_assignment", name, "--create")
    made = Desk.__new__(Desk)
    made.assignment = name
    for editor in BY_NBGRADER:
        for kind in KINDS:
            notebook = made.made(_case(name, kind))
            EDITORS[editor](notebook)
            folder = course.folder / ".nbgrader" / "submitted" / f"{editor}-{kind}" / name
            folder.mkdir(parents=True)
            (folder / f"{name}.ipynb").write_text(json.dumps(notebook), "utf-8")
    course.run("autograde", name)
    return course.scores()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("editor", BY_NBGRADER)
def test_nbgrader_gives_the_same_grades(
    scores: dict[str, tuple[float, float]], editor: str, kind: str
) -> None:
    assert scores[f"{editor}-{kind}"] == ({"right": 15.0, "half": 9.0, "blank": 0.0}[kind], 15.0)
