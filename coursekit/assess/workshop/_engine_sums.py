"""Step D of the engine: the sums along the way back."""

__all__ = ["ACCUMULATE"]

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._engine_cases import edges, graph, lists
from coursekit.assess.workshop._engine_reference import Lists, accumulate, order
from coursekit.assess.workshop._engine_survivors import survivors

Slopes = Sequence[Sequence[float]]


def _sum_cases(seed: int) -> tuple[Case, ...]:
    """A square (one parent twice), and two drawn graphs."""
    rng = np.random.default_rng(seed)
    square = [[], [], [0, 0], [2, 1], [3, 0]], 4
    cases = []
    for parents, output in (square, graph(seed + 5, 4), graph(seed + 7, 9)):
        rows = edges(parents)
        slopes = rng.uniform(0.5, 1.8, len(rows)) * rng.choice((-1, 1), len(rows))
        inputs = {"edges": rows, "nodes": len(parents), "output": output, "slopes": slopes}
        cases.append(Case(f"a graph of {len(parents)} nodes", inputs))
    return tuple(cases)


def _observe_sums(candidate: Any, case: Case) -> Observation:
    parents, slopes = lists(case), iter(np.asarray(case.inputs["slopes"]).tolist())
    own = [[next(slopes) for _ in each] for each in parents]
    way = order(parents, int(case.inputs["output"]))
    return {"gradients": plain(candidate(way, [list(each) for each in parents], own))}


def _changed(
    *, start: float = 1.0, add: bool = True, way: Callable[[Sequence[int]], Sequence[int]] = tuple,
    carry: Callable[[float, float], float] = lambda g, s: g * s, once: bool = False, seed: int | None = None,
) -> Callable[[], Any]:  # fmt: skip
    """Return a builder of the sums with one thing changed."""

    def wrong(nodes: Sequence[int], parents: Lists, slopes: Slopes) -> list[float]:
        total = [0.0] * len(parents)
        total[nodes[0] if seed is None else seed] = start
        for node in way(nodes):
            pairs = list(zip(parents[node], slopes[node], strict=True))
            for parent, slope in dict(pairs).items() if once else pairs:
                total[parent] = (total[parent] if add else 0.0) + carry(total[node], slope)
        return total

    return lambda: wrong


def _by_index(way: Sequence[int], parents: Lists, slopes: Slopes) -> list[float]:
    first = [[own[each.index(parent)] for parent in each] for each, own in zip(parents, slopes, strict=True)]
    return accumulate(way, parents, first)


def _by_pulling(way: Sequence[int], parents: Lists, slopes: Slopes) -> Any:
    total = np.zeros(len(parents))
    for node in way:
        uses = [
            total[user] * slope for user in way
            for parent, slope in zip(parents[user], slopes[user], strict=True) if parent == node
        ]  # fmt: skip
        total[node] = sum(uses) if node != way[0] else 1.0
    return total


def _by_matrix(way: Sequence[int], parents: Lists, slopes: Slopes) -> Any:
    local = np.zeros((len(parents), len(parents)))
    for node in way:
        for parent, slope in zip(parents[node], slopes[node], strict=True):
            local[parent, node] += slope
    unit = np.eye(len(parents))[way[0]]
    return np.linalg.solve(np.eye(len(parents)) - local, unit)


ACCUMULATE = Exercise(
    "autodiff-engine/accumulate",
    "The sums along the way back",
    "accumulate(way, parents, slopes) -> a list with the gradient of every node",
    4.0,
    lambda: accumulate,
    _sum_cases,
    _observe_sums,
    (
        Alternate("pulled by each node", lambda: _by_pulling),
        Alternate("linear equations", lambda: _by_matrix),
    ),
    (
        Mutant(
            "overwritten",
            "The last use of a node overwrites the others. All uses act on the output: add their parts.",
            _changed(add=False),
        ),
        Mutant(
            "wrong end first",
            "The nodes are handled from the inputs on, when their gradients are still 0: keep way as it is.",
            _changed(way=lambda nodes: nodes[::-1]),
        ),
        Mutant(
            "same parent once",
            "In x x the same parent stands twice, with a slope each; a dictionary keeps only one of them.",
            _changed(once=True),
        ),
        Mutant(
            "first slope for both",
            "In x x the same parent stands twice, with a slope each; index() finds the first one both times.",
            lambda: _by_index,
        ),
        Mutant(
            "start at the last number",
            "The 1 stands at the node with the last number. It belongs to the first node of way.",
            _changed(seed=-1),
        ),
        Mutant(
            "start at zero",
            "All gradients are 0: the output's own is 1, the derivative of a number by itself.",
            _changed(start=0.0),
        ),
        Mutant(
            "slope alone",
            "Each part is the slope alone. Multiply it by the gradient of the node that it belongs to.",
            _changed(carry=lambda _, slope: slope),
        ),
        Mutant(
            "slope left out",
            "The gradients are handed on unchanged: multiply by the slope of the operation.",
            _changed(carry=lambda gradient, _: gradient),
        ),
        Mutant(
            "factors added",
            "Gradient and slope were added. Along a way factors multiply; only ways add up.",
            _changed(carry=lambda gradient, slope: gradient + slope),
        ),
    ),
    (
        "Start with 0 for every node and 1 for the first of way.",
        "When a node's turn comes, its gradient is complete: hand gradient times slope on to each parent.",
        "total[parent] += total[node] * slope, for every pair of parent and slope of the node.",
    ),
    survivors=survivors("accumulate"),
)
