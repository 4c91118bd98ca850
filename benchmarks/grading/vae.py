# ruff: noqa: E501 (answers are code in strings)
"""The assignment that all three graders mark, and a class of forty for it.

Reparameterise, KL and the loss of a VAE, 10 points, ordinary hidden ``assert`` tests; each submission also
imports torch, looks at some numbers and calls what it defines.
Of 40 submissions 28 are right (in ways that differ), 8 have one or two wrong answers, and 4 are right and
train a small VAE for 60 steps besides.
"""

__all__ = ["POINTS", "SETUP", "TASKS", "Task", "answers", "cells", "deserved", "students"]

from typing import Any, NamedTuple


class Task(NamedTuple):
    """One question.

    Attributes:
        points: for it.
        stub: what a student is given.
        test: the hidden asserts.
        right: answers that deserve the points.
        wrong: answers that do not.
    """

    points: int
    stub: str
    test: str
    right: tuple[str, ...]
    wrong: tuple[str, ...]


SETUP = "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n\ntorch.manual_seed(0);"
_STUB = "def {}:\n    raise NotImplementedError"

TASKS: dict[str, Task] = {
    "reparameterise": Task(
        3,
        _STUB.format("reparameterise(mu, logvar)"),
        """\
mu, logvar = torch.randn(4096, 3), 0.5 + 0.3 * torch.randn(4096, 3)
z = reparameterise(mu, logvar)
assert z.shape == mu.shape, "z must have the shape of mu"
noise = (z - mu) / torch.exp(0.5 * logvar)
assert abs(noise.mean().item()) < 0.06, "the noise must have mean 0"
assert abs(noise.std().item() - 1) < 0.06, "the noise must have standard deviation 1"
assert not torch.equal(z, reparameterise(mu, logvar)), "each call must draw anew"
leaf = torch.zeros(5, 3, requires_grad=True)
reparameterise(leaf, torch.zeros(5, 3)).sum().backward()
assert torch.allclose(leaf.grad, torch.ones(5, 3)), "the gradient must reach mu"
""",
        (
            "def reparameterise(mu, logvar):\n    return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)",
            "def reparameterise(mu, logvar):\n    std = logvar.mul(0.5).exp()\n    eps = torch.randn(std.shape)\n    return eps * std + mu",
            "def reparameterise(mu, logvar):\n    sigma = torch.sqrt(torch.exp(logvar))\n    return torch.addcmul(mu, sigma, torch.randn_like(sigma))",
            "def reparameterise(mu, logvar):\n    return torch.distributions.Normal(mu, (logvar / 2).exp()).rsample()",
        ),
        (
            "def reparameterise(mu, logvar):\n    return mu + torch.exp(logvar) * torch.randn_like(mu)",
            "def reparameterise(mu, logvar):\n    return mu",
            "def reparameterise(mu, logvar):\n    return torch.distributions.Normal(mu, (logvar / 2).exp()).sample()",
        ),
    ),
    "kl": Task(
        3,
        _STUB.format("kl(mu, logvar)"),
        """\
for rows in (1, 7, 32):
    mu, logvar = torch.randn(rows, 4), torch.randn(rows, 4)
    normal = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
    unit = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    expected = torch.distributions.kl_divergence(normal, unit).sum(-1)
    found = kl(mu, logvar)
    assert found.shape == (rows,), "one number for each row"
    assert torch.allclose(found, expected, atol=1e-4), "the closed form differs"
assert torch.allclose(kl(torch.zeros(2, 3), torch.zeros(2, 3)), torch.zeros(2)), "0 for equal distributions"
""",
        (
            "def kl(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)",
            "def kl(mu, logvar):\n    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)",
            "def kl(mu, logvar):\n    total = torch.zeros(mu.shape[0])\n    for j in range(mu.shape[1]):\n        total = total + 0.5 * (mu[:, j] ** 2 + logvar[:, j].exp() - 1 - logvar[:, j])\n    return total",
            "def kl(mu, logvar):\n    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())\n    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))\n    return torch.distributions.kl_divergence(q, p).sum(dim=-1)",
        ),
        (
            "def kl(mu, logvar):\n    return -0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)",
            "def kl(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()",
            "def kl(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(-1)",
        ),
    ),
    "loss": Task(
        4,
        _STUB.format("loss(logits, x, mu, logvar)"),
        """\
for rows in (2, 16):
    x, logits = torch.bernoulli(torch.full((rows, 12), 0.4)), 3 * torch.randn(rows, 12)
    mu, logvar = torch.randn(rows, 3), torch.randn(rows, 3)
    expected = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / rows
    expected = expected + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1).mean()
    found = loss(logits, x, mu, logvar)
    assert found.shape == (), "one number"
    assert torch.allclose(found, expected, rtol=1e-4), "the negative ELBO differs"
far = loss(torch.full((1, 2), 200.0), torch.zeros(1, 2), torch.zeros(1, 1), torch.zeros(1, 1))
assert torch.allclose(far, torch.tensor(400.0)), "large logits must not overflow"
""",
        (
            "def loss(logits, x, mu, logvar):\n    rec = F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1)\n    return (rec + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)).mean()",
            "def loss(logits, x, mu, logvar):\n    rec = F.softplus(logits) - x * logits\n    return rec.sum(1).mean() - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()",
            "def loss(logits, x, mu, logvar):\n    n = len(x)\n    bce = nn.BCEWithLogitsLoss(reduction='sum')(logits, x) / n\n    return bce + 0.5 * torch.sum(mu.pow(2) + logvar.exp() - 1 - logvar) / n",
        ),
        (
            "def loss(logits, x, mu, logvar):\n    rec = F.binary_cross_entropy(torch.sigmoid(logits), x, reduction='sum') / len(x)\n    return rec - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1).mean()",
            "def loss(logits, x, mu, logvar):\n    rec = F.binary_cross_entropy_with_logits(logits, x)\n    return rec + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1).mean()",
        ),
    ),
}  # fmt: skip
POINTS = sum(task.points for task in TASKS.values())
_TRIED = "mu, logvar = torch.zeros(8, 2), torch.zeros(8, 2)\nprint('mean of z', reparameterise(mu, logvar).mean().item())"
_TRAINING = """
class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(64, 16), nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64))
    def forward(self, x):
        mu, logvar = self.encode(x).chunk(2, -1)
        return self.decode(reparameterise(mu, logvar)), mu, logvar
data = torch.bernoulli(torch.rand(512, 64))
model = VAE()
optimiser = torch.optim.Adam(model.parameters(), 1e-3)
for step in range(60):
    x = data[torch.randint(512, (64,))]
    logits, mu, logvar = model(x)
    value = loss(logits, x, mu, logvar)
    optimiser.zero_grad(); value.backward(); optimiser.step()
print('after training', value.item())
"""


def students() -> list[str]:
    """Return the names of the forty."""
    return [f"student{number:02d}" for number in range(40)]


def answers(number: int) -> dict[str, str]:
    """Return what a student wrote, by task; 'extra' is a cell of the student's own.

    Args:
        number: of the student, from 0.
    """
    found, kinds = {}, {5: "reparameterise", 10: "kl", 15: "loss", 20: "kl loss", 25: "reparameterise",
                        30: "kl", 35: "loss", 39: "reparameterise loss"}  # fmt: skip
    for place, (name, task) in enumerate(TASKS.items()):
        choices = task.wrong if name in kinds.get(number, "").split() else task.right
        found[name] = choices[(number + place * (number // 4)) % len(choices)]
    found["extra"] = _TRIED + (_TRAINING if number % 10 == 3 else "")
    return found


def deserved(number: int) -> int:
    """Return the points that a student deserves.

    Args:
        number: of the student, from 0.
    """
    given = answers(number)
    return sum(task.points for name, task in TASKS.items() if given[name] in task.right)


def cells(given: dict[str, str], *, tests: str) -> list[dict[str, Any]]:
    """Return the cells of a notebook with nbgrader's metadata.

    Args:
        given: answers by task, and the student's own cell as 'extra'; stubs where there are none.
        tests: "none", "hidden" (with them in place) or "source" (between nbgrader's marks).
    """
    found = [_cell("setup", SETUP, locked=True)]
    for name, task in TASKS.items():
        found.append(_cell(name, given.get(name, task.stub), solution=True))
        marked = f"### BEGIN HIDDEN TESTS\n{task.test}### END HIDDEN TESTS"
        visible = f"# the tests of {name} run when this is graded\n"
        text = visible + {"none": "", "hidden": task.test, "source": marked}[tests]
        found.append(_cell(f"test-{name}", text, grade=True, locked=True, points=task.points))
    if "extra" in given:
        found.append(_cell("extra", given["extra"]))
    return found


def _cell(name: str, source: str, **kind: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"cell_type": "code", "id": name, "metadata": {}, "source": source.strip("\n")}
    if kind:
        usual = {"grade_id": name, "grade": False, "solution": False, "locked": False, "task": False}
        found["metadata"]["nbgrader"] = {**usual, "schema_version": 3, **kind}
    return {**found, "outputs": [], "execution_count": None}
