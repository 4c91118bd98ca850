"""Curves, points and bars, told apart by marks as well as by colour."""

__all__ = ["bars", "curves", "scatter2d"]

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from coursekit._check import check_choice, require
from coursekit.plot.figure import ThemedFigure, as_array, show
from coursekit.plot.theme import DASHES, HATCHES, MARKERS


def _lines(series: Mapping[str, Any], x: Any) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Check the series and pair each with its x: given, or counted from 1."""
    require(series, "series must hold at least one named curve; got none")
    lines = {}
    for name, values in series.items():
        y = as_array(values, f"series[{name!r}]")
        fits = y.ndim in (1, 2) and y.size > 0
        require(fits, f"series[{name!r}] must have shape (T,) or (S, T); got {y.shape}")
        at = np.arange(1, y.shape[-1] + 1, dtype=np.float64) if x is None else as_array(x, "x")
        wanted = f"x must have shape ({y.shape[-1]},), as series[{name!r}]"
        require(at.shape == y.shape[-1:], f"{wanted}; got {at.shape}")
        lines[name] = (at, y)
    return lines


def curves(
    series: Mapping[str, Any], *, alt: str, xlabel: str, ylabel: str, x: Any = None,
    yscale: str = "linear", levels: Mapping[str, float] | None = None,
    size: tuple[float, float] = (6.4, 3.6), caption: str = "",
) -> ThemedFigure:  # fmt: skip
    """Draw named curves; one with a row a seed becomes its mean within the band from lowest to highest seed.

    Args:
        series: the curves by name.
        alt: what is to be seen, in words.
        xlabel: with its unit where it has one.
        ylabel: with its unit where it has one.
        x: common to all curves, or None to count from 1.
        yscale: ``"linear"`` or ``"log"``.
        levels: named horizontal lines.
        size: width and height in inches.
        caption: printed below.

    Shape:
        series: each (T,) or (S, T), S seeds; x: (T,).

    Raises:
        TypeError: if values are no numbers.
        ValueError: if shapes do not fit, ``alt`` says nothing, or the scale is unknown.

    Example:
        >>> curves({"train": [3, 2, 1]}, alt="The loss falls to 1", xlabel="epoch", ylabel="loss (nats)")
        The loss falls to 1
    """
    lines = _lines(series, x)
    check_choice(yscale, "yscale", ("linear", "log"))

    def draw(ax: Any) -> None:
        for index, (name, (at, y)) in enumerate(lines.items()):
            _line(ax, index, name, at, y)
        for index, (name, level) in enumerate((levels or {}).items()):
            ax.axhline(level, color=f"C{len(lines) + index}", linestyle=(0, (1, 2)), linewidth=2, label=name)
        ax.set(xlabel=xlabel, ylabel=ylabel, yscale=yscale)
        if x is None:
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(lines) + len(levels or {}) > 1:
            ax.legend()

    return show(draw, alt=alt, size=size, caption=caption)


def _line(ax: Any, index: int, name: str, at: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Draw one curve, with its band if it has several rows."""
    style = {"color": f"C{index}", "linestyle": DASHES[index % len(DASHES)], "linewidth": 1.8}
    marks = {"marker": MARKERS[index % len(MARKERS)], "markersize": 5, "markevery": max(1, len(at) // 8)}
    if y.ndim == 2:
        ax.fill_between(at, y.min(axis=0), y.max(axis=0), color=f"C{index}", alpha=0.25, linewidth=0)
        y = y.mean(axis=0)
    ax.plot(at, y, label=name, **style, **marks)


def scatter2d(
    x: Any, *, alt: str, xlabel: str, ylabel: str, labels: Any = None, names: Sequence[str] | None = None,
    size: tuple[float, float] = (4.8, 4.2), equal: bool = True, caption: str = "",
) -> ThemedFigure:  # fmt: skip
    """Draw points in the plane, one colour and mark a label.

    Args:
        x: the points.
        alt: what is to be seen, in words.
        xlabel: with its unit where it has one.
        ylabel: with its unit where it has one.
        labels: a whole number a point, or None for one kind of points.
        names: what label 0, 1, ... is called in the legend; the numbers themselves if None.
        size: width and height in inches.
        equal: whether both axes have the same scale.
        caption: printed below.

    Shape:
        x: (N, 2); labels: (N,).

    Raises:
        TypeError: if values are no numbers.
        ValueError: if shapes do not fit or ``alt`` says nothing.

    Example:
        >>> scatter2d([[0, 0], [1, 1]], alt="Two points, far apart", xlabel="z1", ylabel="z2", labels=[0, 1])
        Two points, far apart
    """
    points = as_array(x, "x")
    require(points.ndim == 2 and points.shape[-1] == 2, f"x must have shape (N, 2); got {points.shape}")
    kinds = np.zeros(len(points)) if labels is None else as_array(labels, "labels")
    require(kinds.shape == (len(points),), f"labels must have shape ({len(points)},); got {kinds.shape}")

    def draw(ax: Any) -> None:
        for index, kind in enumerate(np.unique(kinds)):
            name = str(int(kind)) if names is None else names[int(kind)]
            rows, mark = points[kinds == kind], MARKERS[index % len(MARKERS)]
            # Rasterised, so that thousands of points do not become thousands of SVG elements.
            ax.scatter(rows[:, 0], rows[:, 1], s=16, marker=mark, label=name, linewidths=0, rasterized=True)
        ax.set(xlabel=xlabel, ylabel=ylabel, aspect="equal" if equal else "auto")
        if labels is not None:
            ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), markerscale=1.5)

    return show(draw, alt=alt, size=size, caption=caption)


def bars(
    values: Mapping[str, Any], *, alt: str, ylabel: str, xlabel: str = "",
    levels: Mapping[str, float] | None = None, size: tuple[float, float] = (6.4, 3.6), caption: str = "",
) -> ThemedFigure:  # fmt: skip
    """Draw named bars with their numbers; one of several values is their mean, with its lowest and highest.

    Args:
        values: a number a name, or one a seed.
        alt: what is to be seen, in words.
        ylabel: with its unit where it has one.
        xlabel: what the names are.
        levels: named horizontal lines.
        size: width and height in inches.
        caption: printed below.

    Shape:
        values: each () or (S,), S seeds.

    Raises:
        TypeError: if values are no numbers.
        ValueError: if there are none or ``alt`` says nothing.

    Example:
        >>> bars({"VAE": [19.2, 19.3], "PCA": 24.6}, alt="The VAE needs 5 nats less", ylabel="bound (nats)")
        The VAE needs 5 nats less
    """
    require(values, "values must hold at least one named bar; got none")
    rows = {name: np.atleast_1d(as_array(value, f"values[{name!r}]")) for name, value in values.items()}
    for name, row in rows.items():
        fits = row.ndim == 1 and row.size > 0
        require(fits, f"values[{name!r}] must have shape () or (S,); got {row.shape}")

    def draw(ax: Any) -> None:
        for index, (name, row) in enumerate(rows.items()):
            _bar(ax, index, name, row)
        for index, (name, level) in enumerate((levels or {}).items()):
            ax.axhline(level, color=f"C{len(rows) + index}", linestyle=DASHES[1 + index], label=name)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        ax.margins(y=0.12)
        if levels:  # above the axes: inside it would cover a bar's number
            ax.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.2, ncols=len(levels))

    return show(draw, alt=alt, size=size, caption=caption)


def _bar(ax: Any, index: int, name: str, row: NDArray[np.float64]) -> None:
    """Draw one bar with its number, and its lowest and highest value if it has several."""
    mean = row.mean()
    ax.bar(name, mean, color=f"C{index}", hatch=HATCHES[index % len(HATCHES)], width=0.7)
    if row.size > 1:
        spread = [[mean - row.min()], [row.max() - mean]]
        ax.errorbar(name, mean, spread, fmt="none", capsize=5, ecolor=ax.xaxis.label.get_color())
    # A box of paper under the number keeps it legible where a level crosses it.
    box = {"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1}
    top = (index, max(row.max(), 0))
    ax.annotate(f"{mean:.4g}", top, (0, 5), textcoords="offset points", ha="center", bbox=box)
