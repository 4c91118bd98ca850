"""Honest work goes on behind the walls: training, loaders with workers, pictures, processes, commands."""

from collections.abc import Iterator

import pytest

from coursekit.grading.walls.kit import Kit
from coursekit.grading.walls.limits import Limits
from coursekit.grading.walls.pool import Walled
from tests.grading.walls.places import PROBE, run

PLAIN = Kit(files=("__init__.py", "grading/__init__.py"), extra=PROBE)


@pytest.fixture(scope="module")
def torchful() -> Iterator[Walled]:
    with Walled(Limits(), PLAIN) as walls:
        yield walls


TRAINING = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
generator = torch.Generator().manual_seed(0)
x = torch.randn(256, 8, generator=generator)
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
steps, losses = torch.optim.Adam(model.parameters(), 1e-2), []
data = TensorDataset(x, x.sum(1, keepdim=True))
for epoch in range(6):
    for batch, wanted in DataLoader(data, 32, shuffle=True, num_workers={workers}):
        steps.zero_grad()
        loss = ((model(batch) - wanted) ** 2).mean()
        loss.backward()
        steps.step()
    losses.append(loss.item())
r = losses
"""


@pytest.mark.parametrize("workers", [0, 2])
def test_training(torchful: Walled, workers: int) -> None:
    box = torchful.spawn("probe")
    losses = run(box, TRAINING.format(workers=workers))
    box.kill()
    assert losses[-1] < losses[0] / 10


def test_a_shell_starts_no_thread(torchful: Walled) -> None:
    """IPython's history would, and it would write a file; forks made later need one thread alone."""
    box = torchful.spawn("probe")
    code = """
import os
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance().run_cell("1 + 1", store_history=True)
r = [len(os.listdir("/proc/self/task")), os.path.exists("/box/.ipython/profile_default/history.sqlite")]
"""
    assert run(box, code) == [1, False]
    box.kill()


def test_boxes_draw_different_numbers(torchful: Walled) -> None:
    drawn = set()
    for _ in range(2):
        box = torchful.spawn("probe")
        drawn.add(run(box, "import torch\nr = float(torch.rand(()))"))
        box.kill()
    assert len(drawn) == 2


def test_two_threads(torchful: Walled) -> None:
    box = torchful.spawn("probe")
    code = """
import torch
torch.set_num_threads(2)
a = torch.ones(400, 400)
r = [torch.get_num_threads(), float((a @ a).mean())]
"""
    assert run(box, code) == [2, 400.0]
    box.kill()


def test_workers_draw_different_numbers(torchful: Walled) -> None:
    box = torchful.spawn("probe")
    code = """
import sys, types, numpy, torch
class Draws(torch.utils.data.Dataset):
    def __len__(self): return 4
    def __getitem__(self, index): return float(numpy.random.rand())
r = torch.cat([b for b in torch.utils.data.DataLoader(Draws(), 2, num_workers=2)]).tolist()
"""
    assert len(set(run(box, code))) == 4
    box.kill()


def test_pictures(torchful: Walled) -> None:
    box = torchful.spawn("probe")
    code = """
import os
import matplotlib
import matplotlib.pyplot as plt
plt.plot([1, 2]); plt.title("α"); plt.savefig("a.png")
r = [matplotlib.get_backend().lower(), os.path.getsize("/box/a.png") > 1000]
"""
    assert run(box, code) == ["agg", True]
    box.kill()


def test_processes_commands_and_terminals(torchful: Walled) -> None:
    box = torchful.spawn("probe")
    code = """
import multiprocessing, os, subprocess
from IPython.core.interactiveshell import InteractiveShell
with multiprocessing.Pool(2) as pool:
    values = pool.map(abs, [-1, -2])
open("/box/note", "w").close()
shell = InteractiveShell.instance()
shell.run_cell("found = !ls /box")
shell.run_cell("!echo hello > /box/said")
r = [values, list(shell.user_ns["found"]), open("/box/said").read(),
     subprocess.run(["ls", "/box/note"], capture_output=True, text=True).stdout]
"""
    assert run(box, code) == [[1, 2], ["note"], "hello\n", "/box/note\n"]
    box.kill()
