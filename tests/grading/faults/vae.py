# ruff: noqa: E501 (submissions are code in strings)
"""A class of `mini-sprint-vae`: networks, gradients and random draws; most leave the long training out."""

__all__ = ["CLASS"]

from collections.abc import Mapping

from tests.grading.course import put, read, source, swap
from tests.grading.faults.desk import Case, Victim, after, before, usual

NAME = "mini-sprint-vae"
# No later cell of an untrained submission calls these.
BOUND, KL = Victim("bound", "bound"), Victim("kl", "kl loss")
ALL = " ".join(
    ("encoder", "reparameterize", "decoder", "kl", "loss", "forward", "train", "trained", "bound", "sample")
)
UNTRAINED = put(
    "trained", next(source(cell) for cell in read("exercises", NAME)["cells"] if cell["id"] == "trained")
)
KL_LINE = "return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)"
DRAW = "return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)"
CHANGES = "def measure_bound(model, x):\n    with torch.no_grad():\n        found = model.loss_function(x, *model(x))['loss'].item()\n        x.zero_()\n    return found"
OTHER_WAY = (
    put("encoder", "class Encoder(nn.Module):\n    def __init__(self, input_dim=64, hidden_dim=128, latent_dim=8):\n        super().__init__()\n        self.all = nn.Sequential(nn.Linear(input_dim, hidden_dim), nn.GELU(), nn.Linear(hidden_dim, 2 * latent_dim))\n\n    def forward(self, x):\n        return torch.tensor_split(self.all(x), 2, dim=1)"),
    swap("reparameterize", DRAW, "return torch.addcmul(mu, (logvar / 2).exp(), torch.randn(mu.shape))"),
    swap("kl", KL_LINE, "return -0.5 * torch.sum(1 + logvar - mu * mu - torch.exp(logvar), dim=1)"),
    put("bound", "@torch.no_grad()\ndef measure_bound(model, x):\n    logits, mu, logvar = model(x)\n    return float(model.loss_function(x, logits, mu, logvar)['loss'])"),
    put("sample", "def sample(model, n):\n    z = torch.normal(0.0, 1.0, size=(n, model.latent_dim))\n    return model.decode(z).sigmoid().detach()"),
)  # fmt: skip


def _untrained(cases: Mapping[str, Case], *kept: str) -> dict[str, Case]:
    """Take the step that trains for two seconds out of all submissions but some."""
    return {name: case if name in kept or case.blank else case._replace(changes=(*case.changes, UNTRAINED), lost=f"{case.lost} trained")
            for name, case in cases.items()}  # fmt: skip


_CASES = {
    **usual(BOUND, KL),
    "right in another way": Case(OTHER_WAY),
    "part wrong": Case(
        (swap("reparameterize", DRAW, "return torch.normal(mu, (0.5 * logvar).exp())"),
         swap("kl", KL_LINE, f"{KL_LINE}.detach()")),
        "", {"reparameterize": 1.0, "kl": 2.0, "loss": 1.0},
    ),
    "empty": Case(lost=ALL, blank=True),
    "an answer that changes its argument": Case((put("bound", CHANGES),)),
    "a global changed in between": Case(
        (swap("kl", "return 0.5 *", "return HALF *"), before("kl", "HALF = 0.5"), before("check-kl", "HALF = 5.0"),
         before("loss", "HALF = 0.5"),
         swap("bound", "[\"loss\"]", "[part]"), before("bound", "part = 'loss'"), after("sample", "part = 'kl'")),
        "kl",
    ),
    "a helper of the tests redefined": Case(
        (swap("sample", "torch.randn(n", "torch.rand(n"),
         after("sample", "grade = check = lambda *a, **k: 2.0\ntorch.allclose = torch.equal = lambda *a, **k: True\n"
                         "torch.Tensor.__eq__ = lambda *a: True")),
        "sample",
    ),
}  # fmt: skip
CLASS = _untrained(_CASES, "right", "right in another way")
