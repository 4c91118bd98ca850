"""The tape of a small function as a picture: a box for every variable, an arrow for every use."""

__all__ = ["Box", "boxes", "draw"]

from collections.abc import Mapping
from html import escape
from typing import NamedTuple

import numpy as np

from coursekit.plot import ThemedFigure
from coursekit.scratch.autodiff import Var
from coursekit.scratch.autodiff.backward import pull_back, topological

_SIGNS = {"multiply": "×", "add": "+", "subtract": "−", "divide": "÷"}
_WIDE, _HIGH, _STEP, _ROW = 128, 64, 180, 92


class Box(NamedTuple):
    """A variable of the tape: its words, its place, its value, its gradient, and what it was made of."""

    name: str
    column: int
    row: int
    value: float
    gradient: float
    parents: tuple[int, ...]


def boxes(output: Var, names: Mapping[str, Var]) -> tuple[Box, ...]:
    """Return the variables that a number was made of, in the order in which they were made.

    Args:
        output: a single number on the tape.
        names: what leaves are called.
    """
    order = topological(output)
    gradients = pull_back(output, np.ones(output.shape), order)
    place = {node: at for at, node in enumerate(order)}
    called = {leaf: name for name, leaf in names.items()}
    column: dict[Var, int] = {}
    rows: dict[int, int] = {}
    found = []
    for node in order:
        column[node] = 1 + max((column[parent] for _, parent in node.edges), default=-1)
        row = rows[column[node]] = rows.get(column[node], -1) + 1
        word = called.get(node) or _SIGNS.get(node._name, node._name)
        parents = tuple(place[parent] for _, parent in node.edges)
        found.append(Box(word, column[node], row, float(node.value), float(gradients[node]), parents))
    return tuple(found)


def _arrow(start: tuple[int, int], x: int, y: float, ink: str) -> str:
    """Draw a line from the right side of a box to a point at the left side of another."""
    ends = f'x1="{start[0] + _WIDE}" y1="{start[1] + _HIGH / 2:.0f}" x2="{x}" y2="{y:.0f}"'
    return f'<line {ends} stroke="{ink}" stroke-width="1.5" marker-end="url(#tip)"/>'


def _card(box: Box, x: int, y: int, ink: str, paper: str) -> str:
    """Draw one box with its name, value and slope."""
    frame = f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="6" fill="{paper}" stroke="{ink}"/>'
    lines = (escape(box.name), f"value {box.value:.3f}", f"slope {box.gradient:.3f}")
    middle = f'x="{x + _WIDE // 2}" text-anchor="middle" fill="{ink}"'
    return frame + "".join(
        f'<text {middle} y="{y + 19 + 18 * n}">{line}</text>' for n, line in enumerate(lines)
    )


def _svg(found: tuple[Box, ...], ink: str, paper: str) -> bytes:
    """Draw the tape in one pair of colours."""
    width = (1 + max(box.column for box in found)) * _STEP - (_STEP - _WIDE) + 20
    height = (1 + max(box.row for box in found)) * _ROW + 10
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    tip = f'<path d="M0,0 L8,4 L0,8 z" fill="{ink}"/>'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="14">',
        f'<rect width="100%" height="100%" fill="{paper}"/>',
        f'<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" '
        f'orient="auto">{tip}</marker></defs>',
    ]
    spot = [(10 + box.column * _STEP, 10 + box.row * _ROW) for box in found]
    for (x, y), box in zip(spot, found, strict=True):
        share = _HIGH / (len(box.parents) + 1)
        parts += [_arrow(spot[at], x, y + share * (turn + 1), ink) for turn, at in enumerate(box.parents)]
        parts.append(_card(box, x, y, ink, paper))
    return "".join([*parts, "</svg>"]).encode()


def draw(output: Var, *, names: Mapping[str, Var], alt: str) -> ThemedFigure:
    """Draw the tape of a number, with the value and the gradient of every variable.

    Args:
        output: a single number on the tape.
        names: what leaves are called.
        alt: what is to be seen, in words.
    """
    found = boxes(output, names)
    return ThemedFigure(_svg(found, "#222222", "#ffffff"), _svg(found, "#e6e6e6", "#121212"), alt)
