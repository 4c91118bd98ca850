"""torch's compiler waits until it is needed: training is the same, and whoever asks for it gets it."""

import subprocess
import sys

import pytest

WAIT = "from coursekit.grading.inside.compiler import wait_for_use; wait_for_use()\n"
TRAIN = """
import sys
import torch
from torch import nn, optim
names = "SGD Adam AdamW RMSprop Adagrad NAdam Adamax LBFGS"
kinds = [getattr(optim, name) for name in names.split()]
for kind in kinds:
    torch.manual_seed(0)
    net, x = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)), torch.randn(8, 3)
    optimiser = kind(net.parameters(), lr=0.01)
    schedule = optim.lr_scheduler.StepLR(optimiser, 2)

    def loss():
        optimiser.zero_grad()
        value = net(x).pow(2).mean()
        value.backward()
        return value

    for _ in range(5):
        if kind is not optim.LBFGS:
            loss()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step(loss)
        schedule.step()
    optimiser.load_state_dict(optimiser.state_dict())
    print(kind.__name__, [p.sum().item().hex() for p in net.parameters()])
print("sympy" in sys.modules, file=sys.stderr)
"""


def _run(code: str) -> tuple[str, str]:
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return told.stdout, told.stderr.splitlines()[-1] if told.stderr else ""


@pytest.mark.slow
def test_training_is_the_same_and_loads_nothing_more() -> None:
    (waiting, loaded), (usual, loaded_before) = _run(WAIT + TRAIN), _run(TRAIN)
    assert waiting == usual
    assert (loaded, loaded_before) == ("False", "True")


@pytest.mark.slow
@pytest.mark.parametrize(
    "ask",
    [
        "import torch; f = torch.compile(abs, backend='eager'); found = f(-torch.ones(1)).item() == 1",
        "import torch._dynamo.config as config, torch; found = torch._dynamo.config is config",
        "import torch; torch._dynamo.reset(); found = True",
        "from torch._dynamo import explain; found = callable(explain)",
    ],
)
def test_whoever_asks_for_more_gets_it(ask: str) -> None:
    after = "\nprint(found, type(__import__('sys').modules['torch._dynamo']).__name__)"
    assert _run(WAIT + ask + after)[0] == "True module\n"


def test_to_keep_out_and_to_be_looked_at_is_no_use() -> None:
    look = """
import inspect, sys, torch, unittest
def double(x):
    return 2 * x
assert torch._dynamo.disable(double) is double
assert torch._dynamo.disable(recursive=False)(double) is double
assert torch._dynamo.graph_break() is None
inspect.getmodule(double)
with unittest.TestCase().assertWarns(UserWarning):
    __import__("warnings").warn("x")
print(type(sys.modules["torch._dynamo"]).__name__)
"""
    assert _run(WAIT + look)[0] == "_Waiting\n"


def test_a_compiler_that_is_loaded_stays() -> None:
    same = "import sys; print(sys.modules['torch._dynamo'] is real)"
    assert _run(f"import torch._dynamo as real\n{WAIT}{same}")[0] == "True\n"
