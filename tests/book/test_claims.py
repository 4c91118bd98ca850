"""Claims: what holds is shown and recorded, what does not hold stops the page and the build."""

from pathlib import Path
from typing import Any

import pytest
import torch

import coursekit.book.claims as claims
from coursekit._check import CourseError
from coursekit.book import ClaimError, claim, glue
from coursekit.book.build import build
from tests.book.project import chapter, write


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Collect what a page would display, as (data, metadata)."""
    seen: list[tuple[dict[str, str], dict[str, Any]]] = []
    monkeypatch.setattr(claims, "display", lambda data, *, metadata=None, **_: seen.append((data, metadata)))
    return seen


def test_true_claim_is_shown_recorded_and_glued(shown: list[Any]) -> None:
    claim("bound", "Test bound", [19.14, 19.29], between=(19, 19.4), seeds=[0, 1], unit="nats", fmt=".1f")
    (card, about), (glued, scrap) = shown
    assert "19.1 to 19.3 nats" in card["text/html"]
    assert about[claims.CLAIM_KEY] == {
        "name": "bound",
        "statement": "Test bound",
        "seeds": "seeds 0, 1",
        "measured": "19.1 to 19.3 nats",
        "required": "19 to 19.4 nats",
    }
    assert list(glued.values()) == ["19.1 to 19.3 nats"]
    assert scrap["scrapbook"]["name"] == "bound"


def test_card_says_holds_for_a_truth_and_folds_a_run_of_seeds(shown: list[Any]) -> None:
    claim("a", "It is so", True, seeds=range(5))
    claim("b", "It is so", [2.0], at_least=1, seeds=(0, 1, 3))
    cards = [data["text/html"] for data, _ in shown if "text/html" in data]
    assert "It is so: it holds; seeds 0 to 4." in cards[0]
    assert "It is so: measured 2; required at least 1; seeds 0, 1, 3." in cards[1]


def test_ends_of_a_range_belong_to_it(shown: list[Any]) -> None:
    claim("a", "s", torch.tensor([1.0, 2.0]), between=(1, 2))
    claim("b", "s", 1.0, at_least=1.0)
    claim("c", "s", 1.0, at_most=1.0)
    claim("d", "s", True)
    assert sum(claims.CLAIM_KEY in about for _, about in shown) == 4


@pytest.mark.parametrize("values", [[1.0, 2.0001], [0.9999, 2.0], float("nan"), float("inf"), [[1.5], [3.0]]])
def test_one_value_outside_is_enough(shown: list[Any], values: object) -> None:
    with pytest.raises(ClaimError, match=r"claim 'a' is false: s: measured .*, required 1 to 2"):
        claim("a", "s", values, between=(1, 2))
    assert shown == []


def test_infinity_does_not_pass_an_open_end() -> None:
    with pytest.raises(ClaimError, match="is false"):
        claim("a", "s", float("inf"), at_least=0)


def test_false_truth_value_raises() -> None:
    with pytest.raises(ClaimError, match="measured false, required true"):
        claim("a", "s", False)


def test_shortened_run_says_that_nothing_was_checked(shown: list[Any]) -> None:
    claim("a", "s", 3.0, between=(1, 2), enforce=False)
    assert "not checked" in shown[0][0]["text/plain"]
    assert all(claims.CLAIM_KEY not in (about or {}) for _, about in shown)


def test_card_shows_markup_as_text(shown: list[Any]) -> None:
    claim("a", "x <b> y & z", True)
    assert "x &lt;b&gt; y &amp; z" in shown[0][0]["text/html"]


@pytest.mark.parametrize(
    ("values", "limits", "message"),
    [
        ([], {"at_most": 1}, "at least one number"),
        ([1.0], {}, "needs its range"),
        ([1.0], {"between": (0, 1), "at_most": 1}, "needs its range"),
        ([1.0], {"between": (2, 1)}, r"low <= high; got \(2, 1\)"),
        (True, {"at_most": 1}, "a truth value takes no range"),
    ],
)
def test_claim_refuses_what_cannot_be_judged(values: object, limits: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        claim("a", "s", values, **limits)


def test_claim_refuses_text_and_an_empty_name() -> None:
    with pytest.raises(TypeError, match="values must be numbers or a truth value; got str"):
        claim("a", "s", "19.2", at_most=20)
    with pytest.raises(ValueError, match="name must be a non-empty text"):
        claim(" ", "s", True)
    with pytest.raises(ValueError, match="name must be a non-empty text"):
        glue("", 1.0)


def test_glue_prints_a_true_minus(shown: list[Any]) -> None:
    glue("n", -1.25, ".1f")
    assert list(shown[0][0].values()) == ["−1.2"]


@pytest.mark.slow
def test_broken_claim_fails_the_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = 'from coursekit.book import claim\nclaim("two", "One and one", 1 + 1, between=(3, 4))'
    write(tmp_path, page=chapter(code))
    with pytest.raises(CourseError, match=r"page\.md:\d+: ClaimError: claim 'two' is false: One and one"):
        build(tmp_path, jobs=1)
    assert "FAILED page" in capsys.readouterr().out
    made = {path.name for path in (tmp_path / "_build").iterdir()}
    assert made.isdisjoint({"html", "status.json", "runs"})
