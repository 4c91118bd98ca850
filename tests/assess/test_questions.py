"""Question templates: one key, options that differ, and an oracle for each that shares no code with it."""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from coursekit.assess import DrawnQuestion, Question, draw, mastery, question, questions
from coursekit.assess.question import Distractor, Draft

DRAWS = 1000
CHAPTER = "generative/variational-autoencoders"
LABELS = {
    f"{CHAPTER}#vae-{name}"
    for name in (
        "bound",
        "reparameterisation",
        "kl",
        "loss",
        "beta",
        "capacity",
        "conditional",
        "collapse",
        "iwae",
        "latent",
    )
}
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def _kl(mu: float, var: float) -> float:
    """Average log q − log p over q by Gauss-Hermite quadrature."""
    z = mu + math.sqrt(var) * NODES
    log_q = -0.5 * (NODES**2 + math.log(2 * math.pi * var))
    log_p = -0.5 * (z**2 + math.log(2 * math.pi))
    return float(WEIGHTS @ (log_q - log_p))


def _second_moment(mu: float, std: float) -> float:
    return float(WEIGHTS @ (mu + std * NODES) ** 2)


def _slope(v: Mapping[str, Any]) -> float:
    h = 1e-5
    step = (h, 0.0) if v["by"] == "mu" else (0.0, h)
    up = _second_moment(v["mu"] + step[0], v["std"] + step[1])
    down = _second_moment(v["mu"] - step[0], v["std"] - step[1])
    return (up - down) / (2 * h)


def _effective_beta(v: Mapping[str, Any]) -> float:
    """Weight of the KL over that of the summed reconstruction, from arrays of ones."""
    reconstruction, kl = np.ones((v["batch"], v["pixels"])), np.ones((v["batch"], v["latents"]))
    kl_weight = kl.sum(1).mean() / kl.sum(1).mean()
    return float(kl_weight / (reconstruction.mean(1).mean() / reconstruction.sum(1).mean()))


def _lowest_entropy(v: Mapping[str, Any]) -> float:
    p = np.linspace(1e-4, 1 - 1e-4, 200_001)
    return float((-v["grey"] * np.log(p) - (1 - v["grey"]) * np.log1p(-p)).min())


def _capacity(v: Mapping[str, Any]) -> float:
    ramp = np.concatenate([np.linspace(0, v["top"], v["warm"] + 1), np.full(10 * v["warm"], v["top"])])
    return float(v["gamma"] * abs(v["kl"] - ramp[v["step"]]))


def _mixture_variance(v: Mapping[str, Any]) -> float:
    """Two equally likely inputs with means ±s have means of variance s²."""
    s = math.sqrt(v["spread"])
    z = np.concatenate([mean + math.sqrt(v["own"]) * NODES for mean in (-s, s)])
    w = np.concatenate([WEIGHTS, WEIGHTS]) / 2
    return float(w @ z**2 - (w @ z) ** 2)


ORACLES: dict[str, Callable[[Mapping[str, Any]], float]] = {
    "vae/kl-value": lambda v: _kl(v["mu"], v["var"]),
    "vae/reduction": _effective_beta,
    "vae/grey-bernoulli": _lowest_entropy,
    "vae/iwae": lambda v: float(np.logaddexp(math.log(v["small"]), math.log(v["large"])) - math.log(2e9)),
    "vae/logvar-to-std": lambda v: float(np.sqrt(np.exp(np.log(v["var"])))),
    "vae/reparameterised-sample": lambda v: float(np.polyval([v["var"] ** 0.5, v["mu"]], v["eps"])),
    "vae/gradient-second-moment": _slope,
    "vae/capacity-schedule": _capacity,
    "vae/aggregate": _mixture_variance,
}
SLIPS = {"vae/kl-sign": (-1, "sign"), "vae/kl-half": (2, "½")}
TRUE_WORDS = {
    "vae/kl-role": ("each", "tells about", "keeps each"),
    "vae/trick": ("does not depend", "without parameters"),
}


def _drawn(template: Question) -> list[DrawnQuestion]:
    return [template.draw(seed) for seed in range(DRAWS)]


def test_there_are_enough_and_all_have_an_oracle() -> None:
    found = questions(CHAPTER)
    assert len(found) >= 9
    assert {q.id for q in found} == {*ORACLES, *SLIPS, *TRUE_WORDS}
    assert questions("no/such-page") == ()


@pytest.mark.parametrize("template", questions(), ids=lambda q: q.id)
def test_one_key_and_no_two_options_equal(template: Question) -> None:
    for drawn in _drawn(template):
        assert sum(option.correct for option in drawn.options) == 1
        assert len({option.text for option in drawn.options}) == len(drawn.options) >= 4
        assert all(option.feedback and option.link in LABELS for option in drawn.options)
        if drawn.kind == "number":
            numbers = sorted(float(option.text) for option in drawn.options)
            assert min(b - a for a, b in pairwise(numbers)) > 2 * drawn.tolerance
        marks = [drawn.mark(_answer(drawn, at)) for at in range(len(drawn.options))]
        assert [m.correct for m in marks] == [option.correct for option in drawn.options]
        assert [m.feedback for m in marks] == [option.feedback for option in drawn.options]


def _answer(drawn: DrawnQuestion, at: int) -> object:
    return "ABCDEFGH"[at] if drawn.kind == "choice" else float(drawn.options[at].text)


@pytest.mark.parametrize("name", ORACLES)
def test_key_agrees_with_the_oracle(name: str) -> None:
    template = question(name)
    for drawn in _drawn(template):
        assert abs(float(drawn.answer) - ORACLES[name](drawn.values)) <= template.tolerance / 4 + 1e-6


@pytest.mark.parametrize("name", SLIPS)
def test_diagnosis_agrees_with_the_oracle(name: str) -> None:
    factor, word = SLIPS[name]
    for drawn in _drawn(question(name)):
        right = _kl(float(str(drawn.values["mu"])), float(str(drawn.values["var"])))
        assert float(str(drawn.values["printed"])) == pytest.approx(factor * right)
        key = next(option for option in drawn.options if option.correct)
        assert word in key.text


@pytest.mark.parametrize("name", TRUE_WORDS)
def test_true_statements_are_the_key(name: str) -> None:
    for drawn in _drawn(question(name)):
        for option in drawn.options:
            assert any(word in option.text for word in TRUE_WORDS[name]) == option.correct


def test_draws_repeat_and_differ() -> None:
    template = question("vae/kl-value")
    assert draw(template, 3) == template.draw(3)
    assert len({template.draw(seed).stem for seed in range(30)}) > 10


def test_collision_is_drawn_again_and_hopeless_templates_are_reported() -> None:
    tries: list[int] = []

    def build(_: object) -> Draft:
        tries.append(1)
        wrong = 1.0 if len(tries) < 4 else 2.0
        return Draft("?", 1.0, (Distractor(wrong, "no", "vae-kl"),), "yes")

    template = Question("test/collide", CHAPTER, "number", build, "vae-kl", 0.1)
    assert len(template.draw(0).options) == 2
    assert len(tries) == 4
    never = Question(
        "test/never",
        CHAPTER,
        "number",
        lambda _: Draft("?", 1.0, (Distractor(1.1, "", "x"),), ""),
        "x",
        0.1,
    )
    with pytest.raises(RuntimeError, match="test/never found no draft"):
        never.draw(0)


@pytest.mark.parametrize(
    "given",
    [
        None,
        ...,
        "",
        "  ",
        "Z",
        "AB",
        float("nan"),
        float("inf"),
        "text",
        [],
        {},
        object(),
        True,
        1 + 2j,
        10**400,
    ],
)
def test_odd_answers_are_wrong_with_a_reason(given: object) -> None:
    for name in ("vae/kl-value", "vae/kl-sign"):
        marked = question(name).draw(0).mark(given)
        assert not marked.correct
        assert marked.feedback


def test_the_shown_question_does_not_show_its_key() -> None:
    drawn = question("vae/kl-value").draw(5)
    assert f"{float(drawn.answer):.4f}" not in drawn._repr_markdown_()
    assert "within 0.02" in repr(drawn)
    assert "**A.**" in repr(question("vae/kl-role").draw(0))


def test_seed_must_be_an_int() -> None:
    with pytest.raises(TypeError, match="seed must be an int; got str '3'"):
        question("vae/kl-value").draw("3")  # type: ignore[arg-type]


def test_unknown_question_names_a_near_one() -> None:
    with pytest.raises(ValueError, match="did you mean 'vae/kl-value'"):
        question("vae/kl-valu")


@pytest.mark.parametrize(
    ("right", "total", "enough"), [(4, 5, True), (3, 5, False), (8, 10, True), (7, 9, False), (0, 0, False)]
)
def test_mastery_is_eighty_percent(right: int, total: int, enough: bool) -> None:
    result = mastery([True] * right + [False] * (total - right))
    assert result.mastered is enough
    assert str(result).startswith(f"{right} of {total} right")
    with pytest.raises(TypeError, match="must hold bools; got int 1"):
        mastery({"a": 1})  # type: ignore[dict-item]
