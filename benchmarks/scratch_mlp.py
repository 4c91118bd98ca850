"""CPU time of one training step: coursekit's MLP in NumPy beside torch, autograd and micrograd.

Two sizes: a batch of 64 through 784-128-10 in float32, and one sample through 64-16-10. Every round runs each
case in an order that alternates; the figure to keep is the median over rounds of the ratio to torch's step
within the round. autograd and micrograd take part where they are installed.
"""

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from coursekit.scratch.mlp import MLP

PEER, RATE = "torch nn + SGD", 0.01
Step = Callable[[], object]
Arrays = tuple[np.ndarray, np.ndarray]


def data(sizes: tuple[int, ...], batch: int) -> Arrays:
    g = np.random.default_rng(0)
    return g.normal(size=(batch, sizes[0])).astype(np.float32), g.integers(0, sizes[-1], batch)


def coursekit_step(sizes: tuple[int, ...], x: np.ndarray, d: np.ndarray, dtype: str = "float32") -> Step:
    model = MLP(sizes, generator=np.random.default_rng(1), dtype=dtype)
    batch = x.astype(dtype)
    return lambda: model.step(batch, d, learning_rate=RATE)


def torch_step(sizes: tuple[int, ...], x: np.ndarray, d: np.ndarray, *, descend: bool = True) -> Step:
    first, *rest = (nn.Linear(a, b) for a, b in pairwise(sizes))
    net = nn.Sequential(first, *(part for layer in rest for part in (nn.ReLU(), layer)))
    optimizer, loss = torch.optim.SGD(net.parameters(), lr=RATE), nn.CrossEntropyLoss()
    batch, labels = torch.from_numpy(x), torch.from_numpy(d)

    def step() -> float:
        optimizer.zero_grad()
        value = loss(net(batch), labels)
        value.backward()
        if descend:
            optimizer.step()
        return value.item()

    return step


def autograd_step(sizes: tuple[int, ...], x: np.ndarray, d: np.ndarray) -> Step:
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import logsumexp

    g = np.random.default_rng(1)
    weights = [(g.normal(size=(a, b)) * np.sqrt(2 / a), np.zeros(b)) for a, b in pairwise(sizes)]

    def loss(parameters: list[Arrays]) -> float:
        h = x
        for W, b in parameters[:-1]:
            h = anp.maximum(h @ W + b, 0)
        u = h @ parameters[-1][0] + parameters[-1][1]
        return anp.mean(logsumexp(u, axis=1) - u[np.arange(len(d)), d])

    gradient = autograd.value_and_grad(loss)

    def step() -> float:
        value, moves = gradient(weights)
        for (W, b), (dW, db) in zip(weights, moves, strict=True):
            W -= RATE * dW
            b -= RATE * db
        return value

    return step


def micrograd_step(sizes: tuple[int, ...], x: np.ndarray, d: np.ndarray) -> Step:
    from micrograd.engine import Value
    from micrograd.nn import MLP as Peer

    model = Peer(sizes[0], list(sizes[1:]))  # its last layer is linear, as ours
    patterns = [[Value(float(value)) for value in row] for row in x]

    def step() -> float:
        total = Value(0.0)
        for row, label in zip(patterns, d, strict=True):
            u = model(row)
            # It has no exp: a margin loss over the logits costs it about as much as the softmax would.
            total += sum((u[k] - u[label] + 1).relu() for k in range(len(u)) if k != label)
        model.zero_grad()
        total.backward()
        for parameter in model.parameters():
            parameter.data -= RATE * parameter.grad
        return total.data

    return step


def cases(sizes: tuple[int, ...], batch: int) -> dict[str, Step]:
    x, d = data(sizes, batch)
    found = {
        PEER: torch_step(sizes, x, d),
        "torch nn, forward and backward only": torch_step(sizes, x, d, descend=False),
        "coursekit MLP.step, float32": coursekit_step(sizes, x, d),
        "coursekit MLP.step, float64": coursekit_step(sizes, x, d, "float64"),
    }
    if importlib.util.find_spec("autograd"):
        found["autograd, float64"] = autograd_step(sizes, x.astype(np.float64), d)
    if importlib.util.find_spec("micrograd") and batch == 1:
        found["micrograd"] = micrograd_step(sizes, x, d)
    return found


def cpu_ms(step: Step, repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        step()
    return 1000 * (time.process_time() - start) / repeats


def compare(
    sizes: tuple[int, ...], batch: int, *, rounds: int, repeats: int
) -> dict[str, tuple[float, float]]:
    """Return the median CPU milliseconds of a step of each case, and the median ratio to torch's."""
    steps = cases(sizes, batch)
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name in list(steps) if number % 2 else list(reversed(steps)):
            value = cpu_ms(steps[name], max(1, repeats // 50) if name == "micrograd" else repeats)
            if number > 0:  # the first round warms up
                taken[name].append(value)
    return {
        name: (
            statistics.median(values),
            statistics.median(a / b for a, b in zip(values, taken[PEER], strict=True)),
        )
        for name, values in taken.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    for sizes, batch, repeats in (((784, 128, 10), 64, 200), ((64, 16, 10), 1, 1000)):
        print(f"\n{'-'.join(map(str, sizes))}, batch {batch}\n")
        print(f"| case | CPU ms a step | x {PEER} |\n| --- | --- | --- |")
        for name, (ms, ratio) in compare(sizes, batch, rounds=rounds, repeats=repeats).items():
            print(f"| {name} | {ms:.4f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
