"""The figures of the report: marks, and what became of each graded cell."""

__all__ = ["histogram", "outcomes"]

from collections.abc import Sequence
from typing import Any

import numpy as np

from coursekit.grading.reporting.marks import Marks
from coursekit.grading.reporting.outcomes import KINDS, Item
from coursekit.plot import ThemedFigure, show
from coursekit.plot.theme import HATCHES


def histogram(marks: Marks) -> ThemedFigure:
    """Draw how many students have which points.

    Args:
        marks: of a class; at least one.
    """
    edges = np.array(marks.edges)

    def draw(ax: Any) -> None:
        ax.bar(edges[:-1], marks.counts, width=np.diff(edges) * 0.94, align="edge", color="C0")
        ax.set(xlabel=f"points (of {marks.most:g})", ylabel="students", xlim=(edges[0], edges[-1]))
        ax.yaxis.get_major_locator().set_params(integer=True)

    told = ", ".join(
        f"{count} from {low:g} to {high:g}"
        for count, low, high in zip(marks.counts, edges[:-1].round(2), edges[1:].round(2), strict=True)
        if count
    )
    return show(
        draw, alt=f"Histogram of the points of {len(marks.values)} students: {told}.", size=(7.2, 3.2)
    )


def outcomes(items: Sequence[Item]) -> ThemedFigure:
    """Draw the shares of the outcomes of each graded cell, a bar a cell.

    Args:
        items: at least one.
    """

    def draw(ax: Any) -> None:
        left = np.zeros(len(items))
        for index, kind in enumerate(KINDS):
            share = np.array([100 * item.counts.get(kind, 0) / item.students for item in items])
            style = {"color": f"C{index}", "hatch": HATCHES[index % len(HATCHES)], "label": kind}
            if share.any():
                ax.barh(range(len(items)), share, left=left, height=0.72, **style)
            left += share
        ax.set_yticks(range(len(items)), [item.name for item in items])
        ax.invert_yaxis()
        ax.set(xlabel="% of the students", xlim=(0, 100))
        ax.grid(visible=False)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)

    right = [item.counts.get(KINDS[0], 0) / item.students for item in items]
    worst = items[int(np.argmin(right))]
    alt = (
        f"Shares of outcomes for {len(items)} graded cells: right answers from {min(right):.0%} "
        f"({worst.name}) to {max(right):.0%}. The table holds every figure."
    )
    return show(draw, alt=alt, size=(7.6, 1.3 + 0.34 * len(items)))
