"""Graphs for the engine assignment: numbered nodes, each with the nodes that it was made of."""

__all__ = ["LONG", "edges", "graph", "lists"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Case
from coursekit.assess.workshop._engine_reference import Lists

LONG = 20_000


def graph(seed: int, count: int) -> tuple[list[list[int]], int]:
    """Draw a graph of numbered nodes: every node but the leaves has two parents, and three lead nowhere."""
    rng = np.random.default_rng(seed)
    name = rng.permutation(count + 3)
    if name[count - 1] == len(name) - 1:  # the output must not be the last number by chance
        name = (name + 1) % len(name)
    parents: list[list[int]] = [[] for _ in name]
    for node in range(2, count):
        # The node before always, so that all are used; an earlier one, so that ways differ in length.
        parents[name[node]] = [int(name[node - 1]), int(name[rng.integers(0, node)])]
    for extra in range(3):
        parents[name[count + extra]] = [int(name[1]), int(name[count - 1])]
    return parents, int(name[count - 1])


def edges(parents: Lists) -> Any:
    """Write a graph as rows of node and parent, for sending."""
    return np.array([(node, parent) for node, own in enumerate(parents) for parent in own])


def lists(case: Case) -> list[list[int]]:
    """Read a graph from its rows; a chain is given by its length."""
    count = int(case.inputs["nodes"])
    if "edges" not in case.inputs:
        return [[], *([node] for node in range(count - 1))]
    parents: list[list[int]] = [[] for _ in range(count)]
    for node, parent in np.asarray(case.inputs["edges"]):
        parents[int(node)].append(int(parent))
    return parents
