# ruff: noqa: E501 (submissions are code in strings)
"""A class is graded through nbgrader's own commands: every score exact, nobody lost, every message there."""

import html
import json
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from coursekit.assess import exercise, exercises
from tests.grading.course import Change, Course, delete, duplicate, put, strip, submission, swap

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SPRINT = "mini-sprint-vae"
POINTS = {
    task.id.split("/")[1]: task.points for task in exercises() if task.id.startswith("mini-sprint-vae/")
}


class Student(NamedTuple):
    """What a student hands in, the steps that are lost, the points kept of them, the mutant to be named."""

    changes: tuple[Change, ...] = ()
    lost: str = ""
    kept: float = 0.0
    mutant: tuple[str, str] | None = None
    blank: bool = False


RSAMPLE = "return torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).rsample()"
DRAW = "return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)"
KL = "return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)"
CROSS = 'F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)'
STEP = "optimizer.zero_grad()\n"
TWO_ENCODERS = """
class Encoder(nn.Module):
    def __init__(self, input_dim=64, hidden_dim=128, latent_dim=8):
        super().__init__()
        def net():
            return nn.Sequential(nn.Linear(input_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, latent_dim))
        self.a, self.b = net(), net()

    def forward(self, x):
        return self.a(x), self.b(x)
"""
LOG_SIGMA = """
class Encoder(nn.Module):
    def __init__(self, input_dim=64, hidden_dim=128, latent_dim=8):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(input_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, 2 * latent_dim))

    def forward(self, x):
        mu, log_sigma = self.net(x).chunk(2, dim=-1)
        return mu, 2 * log_sigma
"""
DISTRIBUTIONS = """q = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return torch.distributions.kl_divergence(q, p).sum(-1)"""
CLASS = {
    "a-correct": Student(),
    "a-blank": Student(lost=" ".join(POINTS), blank=True),
    "a-alternate-1": Student(
        (
            put("encoder", TWO_ENCODERS), swap("reparameterize", DRAW, RSAMPLE), swap("decoder", "ReLU", "Tanh"),
            swap("kl", KL, DISTRIBUTIONS),
            swap("loss", CROSS, 'F.binary_cross_entropy(logits.sigmoid(), x, reduction="none").sum(1).mean()'),
            swap("train", "loss.backward()", "(0.01 * loss).backward()"),
            swap("sample", "torch.randn(n, model.latent_dim)", "torch.normal(0.0, 1.0, (n, model.latent_dim))"),
        )
    ),
    "b-alternate-2": Student(
        (
            put("encoder", LOG_SIGMA), swap("reparameterize", "torch.exp(0.5 * logvar)", "logvar.exp().sqrt()"),
            swap("decoder", "nn.ReLU", "nn.SiLU"),
            swap("kl", KL, "return -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)"),
            swap("loss", CROSS, "(F.softplus(logits) - x * logits).sum() / len(x)"),
            swap("model", "mu, logvar = self.encode(x)", "code = mu, logvar = self.encode(x)"),
        )
    ),
    "a-m1": Student((swap("kl", "return 0.5", "return -0.5"),), "kl loss trained", mutant=("kl", "sign")),
    "a-m2": Student((swap("kl", "0.5 * (", "("),), "kl loss trained", mutant=("kl", "half")),
    "a-m4": Student((swap("reparameterize", "torch.exp(0.5 * logvar)", "logvar"),), "reparameterize trained",
                    mutant=("reparameterize", "logvar as std")),
    "a-m8": Student((swap("loss", CROSS, "F.binary_cross_entropy_with_logits(logits, x)"),), "loss trained",
                    mutant=("loss", "mean over pixels")),
    "a-m13": Student((swap("reparameterize", DRAW, RSAMPLE.replace("rsample", "sample")),), "reparameterize trained",
                     1.0, ("reparameterize", "no_grad")),
    "b-m17": Student((swap("loss", "logits(logits, x", "logits(logits.sigmoid(), x"),), "loss trained",
                     mutant=("loss", "sigmoid twice")),
    "b-m20": Student((swap("encoder", "return self.mu_head(h), self.logvar_head(h)",
                           "return F.relu(self.mu_head(h)), F.relu(self.logvar_head(h))"),), "encoder trained",
                     mutant=("encoder", "relu on the heads")),
    "b-m22": Student((swap("train", STEP, "pass\n"),), "train trained", mutant=("train", "zero_grad forgotten")),
    "b-m25": Student((swap("sample", "torch.randn(n", "torch.rand(n"),), "sample", mutant=("sample", "uniform codes")),
    "b-m26": Student((put("bound", "def measure_bound(model, x):\n    mu, logvar = model.encode(x)\n    "
                          "return model.loss_function(x, model.decode(mu), mu, logvar)['loss'].item()"),), "bound",
                     mutant=("bound", "at the mean")),
    "a-syntax": Student((swap("kl", "return", "retrun"),), "kl loss trained"),
    "a-sys-exit": Student((put("decoder", "import sys\nsys.exit()"),), "decoder forward trained"),
    "a-os-exit": Student((put("bound", "import os\nos._exit(0)"),), "bound"),
    "b-endless": Student((put("sample", "while True:\n    pass"),), "sample"),
    "b-deaf": Student((put("bound", "while True:\n    try:\n        while True: pass\n    except BaseException: pass"),),
                      "bound"),
    "b-hog": Student((put("sample", "hog = []\nwhile True:\n    hog.append(bytearray(10**8))"),), "sample"),
    "b-deleted": Student((delete("decoder"),), "decoder forward trained"),
    "b-duplicated": Student((duplicate("kl"),)),
    "a-stripped": Student((strip,)),
    "b-raises": Student((put("encoder", "raise RuntimeError('at once')"),), "encoder forward trained"),
    "b-renamed": Student(),
}  # fmt: skip
TRACE = {
    "a-sys-exit": "SystemExit", "a-os-exit": "ended the Python process", "b-endless": "a loop that never ends",
    "b-deaf": "a loop that never ends", "b-hog": r"MemoryError|limit on memory", "a-syntax": "SyntaxError",
    "b-raises": "RuntimeError: at once", "b-unreadable": "could not be read",
}  # fmt: skip


def _hand_in(course: Course) -> None:
    """Fill the inbox as a learning platform would: files, archives, one damaged, one file renamed."""
    for name, student in CLASS.items():
        text = json.dumps(submission(SPRINT, *student.changes, blank=student.blank))
        time = "2026-11-21-10-00-00"
        if name == "b-renamed":
            with zipfile.ZipFile(course.inbox / f"{name}.zip", "w") as archive:
                archive.writestr("my work/VAE final (2).ipynb", text)
        else:
            (course.inbox / f"{SPRINT}_{name}_attempt_{time}_{SPRINT}.ipynb").write_text(text, "utf-8")
    (course.inbox / f"{SPRINT}_b-unreadable_attempt_2026-11-21-10-00-00_{SPRINT}.ipynb").write_text(
        '{"cells": ['
    )
    (course.inbox / "a-damaged.zip").write_bytes(b"PK\x03\x04 not an archive")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Grade the whole class once, in two processes."""
    course = Course(tmp_path_factory.mktemp("course"), SPRINT)
    course.run("generate_assignment", SPRINT, "--create")
    _hand_in(course)
    collected = course.run("zip_collect", SPRINT)
    assert "a-damaged.zip: left out" in collected
    shards = [course.start("autograde", SPRINT, "--student", f"{shard}*") for shard in "ab"]
    told = [shard.communicate()[0] for shard in shards]
    assert [shard.returncode for shard in shards] == [0, 0], "\n".join(told)[-4000:]
    assert "unreadable notebook" in told[1]
    course.run("generate_feedback", SPRINT)
    return course


@pytest.fixture(scope="module")
def scores(course: Course) -> dict[str, tuple[float | None, float]]:
    """Export the scores."""
    return course.scores()


def _plain(page: str) -> str:
    """Return the words of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def test_everyone_is_in_the_export(scores: dict[str, tuple[float | None, float]]) -> None:
    assert set(scores) == {*CLASS, "b-unreadable"}
    assert {maximum for _, maximum in scores.values()} == {sum(POINTS.values())}


@pytest.mark.parametrize("name", CLASS)
def test_score_is_exact(scores: dict[str, tuple[float | None, float]], name: str) -> None:
    lost = sum(POINTS[step] for step in CLASS[name].lost.split())
    assert scores[name][0] == sum(POINTS.values()) - lost + CLASS[name].kept


def test_what_is_unreadable_gets_no_number(scores: dict[str, tuple[float | None, float]]) -> None:
    assert scores["b-unreadable"][0] is None


@pytest.mark.parametrize("name", [name for name, student in CLASS.items() if student.mutant])
def test_feedback_names_the_misconception(course: Course, name: str) -> None:
    step, mutant = CLASS[name].mutant or ("", "")
    message = next(m.message for m in exercise(f"{SPRINT}/{step}").mutants if m.name == mutant)
    assert " ".join(message.split()) in _plain(course.feedback(name))


@pytest.mark.parametrize("name", TRACE)
def test_feedback_says_what_went_wrong(course: Course, name: str) -> None:
    assert re.search(TRACE[name], _plain(course.feedback(name)))


def test_resubmission_takes_the_grade_away(
    course: Course, scores: dict[str, tuple[float | None, float]]
) -> None:
    """A later hand-in that can't be read must not keep the full marks of the one before."""
    assert scores["b-m25"][0] == 18
    path = course.folder / ".nbgrader" / "submitted" / "b-m25" / SPRINT / f"{SPRINT}.ipynb"
    Path(path).write_text("not a notebook")
    course.run("autograde", SPRINT, "--student", "b-m25", "--force")
    assert course.scores()["b-m25"][0] is None
