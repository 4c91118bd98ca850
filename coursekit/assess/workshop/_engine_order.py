"""Step C of the engine: an order for the way back."""

__all__ = ["ORDER"]

from collections import Counter
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import told
from coursekit.assess.workshop._engine_cases import LONG, edges, graph, lists
from coursekit.assess.workshop._engine_reference import Lists, order

_LIST = "a list of nodes"


def _order_cases(seed: int) -> tuple[Case, ...]:
    cases = []
    for count in (5, 12):
        parents, output = graph(seed + count, count)
        inputs = {"edges": edges(parents), "nodes": len(parents), "output": output}
        cases.append(Case(f"a graph of {len(parents)} nodes", inputs, group="graphs"))
    chain = {"nodes": LONG, "output": LONG - 1}
    return (*cases, Case(f"a chain of {LONG:,} operations", chain, 4, group="a long chain"))


def _reached(parents: Lists, output: int) -> set[int]:
    found, new = {output}, [output]
    while new:
        new = list({parent for node in new for parent in parents[node]} - found)
        found.update(new)
    return found


def _observe_order(candidate: Any, case: Case) -> Observation:
    parents, output = lists(case), int(case.inputs["output"])
    tape = [list(own) for own in parents]
    names = ("the answer", "recursion errors", "nodes missing", "nodes listed twice", "nodes not needed",
             "output first", "nodes before one that is made of them",
             "changed entries of parents")  # fmt: skip
    try:
        came = candidate(tape, output)
    except RecursionError:
        return dict(zip(names, (_LIST, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0), strict=True))
    listed = came.tolist() if isinstance(came, np.ndarray) else came
    if not isinstance(listed, (list, tuple)) or not all(isinstance(n, (int, np.integer)) for n in listed):
        return {"the answer": told(came)}
    return dict(zip(names, (_LIST, *_counts(parents, output, listed), _changes(tape, parents)), strict=True))


def _changes(tape: Any, parents: Lists) -> float:
    """Count the entries of a tape that are no longer what they were."""
    same = sum(now == list(before) for now, before in zip(tape, parents, strict=False))
    return float(max(len(tape), len(parents)) - same)


def _counts(parents: Lists, output: int, came: Any) -> tuple[float, ...]:
    """Count what is wrong with an order."""
    way, needed = [int(node) for node in came], _reached(parents, output)
    place = {node: at for at, node in reversed(list(enumerate(way)))}
    early = {
        parent
        for node in needed & place.keys()
        for parent in parents[node]
        if place.get(parent, len(way)) < place[node]
    }
    counts = (
        0, len(needed - place.keys()), len(way) - len(place), len(place.keys() - needed), way[:1] == [output],
        len(early),
    )  # fmt: skip
    return tuple(float(count) for count in counts)


def _early_only(_: Case, seen: Observation) -> bool:
    """Tell an order that is wrong in nothing but the order, whatever way led to it."""
    right = {"nodes missing": 0, "nodes listed twice": 0, "nodes not needed": 0, "output first": 1}
    return all(seen.get(name) == value for name, value in right.items()) and bool(
        seen.get("nodes before one that is made of them")
    )


def _by_uses(parents: Lists, output: int) -> list[int]:
    """Take a node when all that use it have been taken."""
    needed = _reached(parents, output)
    open_uses = dict.fromkeys(needed, 0)
    for node in needed:
        for parent in set(parents[node]):
            open_uses[parent] += 1
    way, ready = [], [output]
    while ready:
        node = ready.pop(0)
        way.append(node)
        for parent in set(parents[node]):
            open_uses[parent] -= 1
            if not open_uses[parent]:
                ready.append(parent)
    return way


def _by_iterators(parents: Lists, output: int) -> list[int]:
    way, seen, open_nodes = [], {output}, [(output, iter(parents[output]))]
    while open_nodes:
        node, rest = open_nodes[-1]
        parent = next((p for p in rest if p not in seen), None)
        if parent is None:
            way.append(node)
            open_nodes.pop()
        else:
            seen.add(parent)
            open_nodes.append((parent, iter(parents[parent])))
    return list(reversed(way))


def _recursive(parents: Lists, output: int) -> list[int]:
    finished: list[int] = []
    seen: set[int] = set()

    def visit(node: int) -> None:
        if node not in seen:
            seen.add(node)
            for parent in parents[node]:
                visit(parent)
            finished.append(node)

    visit(output)
    return finished[::-1]


def _first_met(parents: Lists, output: int) -> list[int]:
    way, seen, waiting = [], {output}, [output]
    while waiting:
        node = waiting.pop(0)
        way.append(node)
        for parent in parents[node]:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return way


def _twice(parents: Lists, output: int) -> list[int]:
    users = Counter(parent for own in parents for parent in set(own))
    return [node for node in order(parents, output) for _ in range(1 + (node != output and users[node] > 1))]


def _everything(parents: Lists, output: int) -> list[int]:
    way = order(parents, output)
    listed = set(way)
    return way + [node for node in range(len(parents)) if node not in listed]


def _destructive(parents: Lists, output: int) -> list[int]:
    way = order(parents, output)
    for own in parents:
        own.clear()  # type: ignore[attr-defined]
    return way


ORDER = Exercise(
    "autodiff-engine/order",
    "The order of the way back",
    "order(parents, output) -> a list of nodes, each after all nodes that were made of it",
    4.0,
    lambda: order,
    _order_cases,
    _observe_order,
    (Alternate("counting uses", lambda: _by_uses), Alternate("iterators", lambda: _by_iterators)),
    (
        Mutant(
            "order of first meeting",
            "A node is listed when it is first met. It may still be used by a node further on: list it after "
            "every one of its users.",
            lambda: _first_met,
            sign=_early_only,
        ),
        Mutant(
            "sorted by number",
            "The nodes are sorted by their numbers, which say nothing about who was made of whom: follow "
            "parents.",
            lambda: lambda parents, output: sorted(order(parents, output), reverse=True),
        ),
        Mutant(
            "tape emptied",
            "The order is right, but parents was changed on the way, and step D still needs it: work on "
            "marks of your own.",
            lambda: _destructive,
        ),
        Mutant(
            "listed twice",
            "Nodes with several users are listed several times: remember which ones you have seen.",
            lambda: _twice,
        ),
        Mutant(
            "from the inputs",
            "The list runs from the inputs to the output. The way back starts at the output: turn it round.",
            lambda: lambda parents, output: order(parents, output)[::-1],
        ),
        Mutant(
            "everything",
            "Nodes are listed that the output was not made of: start from it, and follow parents only.",
            lambda: _everything,
        ),
        Mutant(
            "output left out",
            "The output itself is missing: its gradient is the 1 that everything starts from.",
            lambda: lambda parents, output: order(parents, output)[1:],
        ),
        Mutant(
            "leaves left out",
            "Nodes without parents are missing: they are the variables whose gradients you want.",
            lambda: lambda parents, output: [node for node in order(parents, output) if parents[node]],
        ),
        Mutant(
            "recursion",
            "Right on small graphs, but a chain of 20,000 operations ends in a RecursionError: keep a stack "
            "of your own instead of calling yourself.",
            lambda: _recursive,
        ),
    ),
    (
        "A node may be listed when nothing that is still to come was made of it.",
        "Go down to the parents first and note a node when you leave it; the notes, reversed, are the order.",
        "Without recursion: a list of pairs (node, left). Push (node, True), then its parents with False; "
        "note a node when it comes back with True.",
    ),
    groups=(("graphs", 3.0), ("a long chain", 1.0)),
)
