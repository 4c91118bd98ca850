"""The items report on paper and screen: a text table, CSV files, a page, and a plot."""

__all__ = ["plot", "table", "write_report"]

import base64
import csv
import html
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from coursekit._write import write_whole
from coursekit.grading.items import Item
from coursekit.plot import ThemedFigure, show
from coursekit.plot.theme import MARKERS

_NEAR = (0.04, 0.08)  # points nearer than this share one label
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
.wide { overflow-x: auto; }
caption { text-align: left; font-weight: bold; padding: 0.5rem 0; }
th, td { border-bottom: 1px solid #8888; padding: 0.3rem 0.7rem; text-align: left; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
ul { margin: 0; padding-left: 1.1rem; min-width: 13rem; }
img { max-width: 100%; height: auto; }
"""
_COLUMNS = ("item", "students", "points", "difficulty", "discrimination")


def _figure(value: float | None) -> str:
    """Print a share or a correlation, a dash if there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.2f}"


def _told(item: Item) -> str:
    """Say in one line what stood in the way."""
    return "; ".join(f"{count} x {name}" for name, count in item.mistakes)


def table(items: Sequence[Item]) -> str:
    """Return the figures as a table for a terminal, with the most frequent mistake of each item.

    Args:
        items: the items.
    """
    wide = max(map(len, [*(item.name for item in items), "item"]))
    lines = []
    for number, item in enumerate(items, start=1):
        if number == 1 or item.assignment != items[number - 2].assignment:
            lines += ["", item.assignment]
            lines.append(
                f"{'':>3}  {'item':{wide}}  students  difficulty  discrimination  most frequent mistake"
            )
        first = f"{item.mistakes[0][1]} x {item.mistakes[0][0]}" if item.mistakes else "-"
        lines.append(
            f"{number:>3}  {item.name:{wide}}  {item.students:>8}  {_figure(item.difficulty):>10}  "
            f"{_figure(item.discrimination):>14}  {first}"
        )
    return "\n".join(lines[1:])


def _labels(points: Sequence[tuple[int, float, float]]) -> list[tuple[str, float, float]]:
    """Give points a label each, and those that lie together one in common."""
    groups: list[list[tuple[int, float, float]]] = []
    for point in points:
        for group in groups:
            if all(abs(a - b) < near for a, b, near in zip(point[1:], group[0][1:], _NEAR, strict=True)):
                group.append(point)
                break
        else:
            groups.append([point])
    return [(", ".join(str(number) for number, _, _ in group), *group[0][1:]) for group in groups]


def plot(items: Sequence[Item]) -> ThemedFigure:
    """Draw difficulty against discrimination; an item is labelled with its number in the table.

    Args:
        items: the items; those without a discrimination are left out.
    """
    points = [
        (number, item.difficulty, item.discrimination, item.assignment)
        for number, item in enumerate(items, start=1)
        if item.discrimination is not None
    ]

    def draw(ax: Any) -> None:
        names = list(dict.fromkeys(point[3] for point in points))
        for index, name in enumerate(names):
            xs, ys = zip(*((x, y) for _, x, y, own in points if own == name), strict=True)
            ax.scatter(xs, ys, s=36, marker=MARKERS[index % len(MARKERS)], label=name, clip_on=False)
        for text, x, y in _labels([(number, x, y) for number, x, y, _ in points]):
            side = -1 if x > 0.8 else 1
            ax.annotate(
                text, (x, y), (6 * side, 5), textcoords="offset points", ha="right" if side < 0 else "left"
            )
        ax.axhline(0, color=ax.xaxis.label.get_color(), linewidth=0.8)
        ax.set(xlabel="difficulty: mean share of the points", ylabel="discrimination", xlim=(0, 1))
        ax.set_ylim(min(-0.2, *(y - 0.1 for _, _, y, _ in points), 0), 1.05)
        if len(names) > 1:
            ax.legend()
        if not points:
            ax.text(0.5, 0.5, "no item has a discrimination yet", ha="center")

    return show(draw, alt=_alt([(x, y) for _, x, y, _ in points], len(items)), size=(7.2, 4.6))


def _alt(points: Sequence[tuple[float, float]], total: int) -> str:
    """Say in words what the plot shows."""
    if not points:
        return f"An empty plot: none of the {total} items has a discrimination yet."
    xs, ys = zip(*points, strict=True)
    return (
        f"Discrimination against difficulty for {len(points)} of {total} items: difficulties from "
        f"{min(xs):.2f} to {max(xs):.2f}, discriminations from {min(ys):.2f} to {max(ys):.2f}. "
        "The table holds every figure."
    )


def _csv(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def _exact(value: float | None) -> str:
    """Print a figure for a machine; nothing if there is none."""
    return "" if value is None or math.isnan(value) else f"{value:.6f}"


def _row(number: int, item: Item) -> str:
    """Return one row of the page's table."""
    cells = (str(item.students), f"{item.points:g}", _figure(item.difficulty), _figure(item.discrimination))
    mistakes = "".join(f"<li>{count} × {html.escape(name)}</li>" for name, count in item.mistakes)
    numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    return (
        f'<tr><td class="number">{number}</td><th scope="row">{html.escape(item.name)}</th>{numbers}'
        f"<td>{f'<ul>{mistakes}</ul>' if mistakes else '-'}</td></tr>"
    )


def _page(items: Sequence[Item], figure: ThemedFigure) -> str:
    """Return the report as one page without anything from outside."""
    light, dark = (
        f"data:image/svg+xml;base64,{base64.b64encode(data).decode('ascii')}"
        for data in (figure.light, figure.dark)
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("no.", *_COLUMNS, "mistakes"))
    tables = []
    for name in dict.fromkeys(item.assignment for item in items):
        rows = "\n".join(_row(n, item) for n, item in enumerate(items, start=1) if item.assignment == name)
        tables.append(
            f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(name)}"><table>'
            f"<caption>{html.escape(name)}</caption>\n<thead><tr>{head}</tr></thead>\n"
            f"<tbody>\n{rows}\n</tbody></table></div>"
        )
    body = "\n".join(tables)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Items report</title><style>{_STYLE}</style></head><body><main>
<h1>Items report</h1>
<p>Difficulty is the mean share of an item's points that the class earned: 1 means that everybody was right.
Discrimination is the correlation of an item's points with the points of all other items of the assignment.
Near zero or below it, students who did well elsewhere did not do better here: look at the item again.
A dash stands where it is undefined: fewer than three students, or all with the same points.</p>
{body}
<h2>Difficulty and discrimination</h2>
<picture><source srcset="{dark}" media="(prefers-color-scheme: dark)">
<img src="{light}" alt="{html.escape(figure.alt, quote=True)}"></picture>
<p>A point's label is its number in the table; points that lie together share one label.</p>
</main></body></html>
"""


def write_report(folder: Path, items: Sequence[Item]) -> list[Path]:
    """Write items.csv, mistakes.csv, items.html and items.svg, each whole or not at all.

    Args:
        folder: where to; made if it is missing.
        items: the items.
    """
    figure = plot(items)
    texts = {
        "items.csv": _csv(
            ("assignment", "notebook", "cell", *_COLUMNS),
            ((i.assignment, i.notebook, i.cell, i.name, i.students, f"{i.points:g}", _exact(i.difficulty),
              _exact(i.discrimination)) for i in items),
        ),
        "mistakes.csv": _csv(
            ("assignment", "notebook", "cell", "item", "mistake", "students"),
            ((i.assignment, i.notebook, i.cell, i.name, *mistake) for i in items for mistake in i.mistakes),
        ),
        "items.html": _page(items, figure),
        "items.svg": figure.light.decode("utf-8"),
    }  # fmt: skip
    for name, text in texts.items():
        write_whole(folder / name, text)
    return [folder / name for name in texts]
