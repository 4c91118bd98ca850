"""Pictures made of small squares: rows of images, and tables of numbers as shades."""

__all__ = ["heatmap", "image_grid"]

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit._check import require
from coursekit.plot.figure import ThemedFigure, as_array, show


def _as_images(images: Any, shape: tuple[int, int] | None) -> NDArray[np.float64]:
    """Return flattened or square images as (N, H, W)."""
    pixels = as_array(images, "images")
    if pixels.ndim == 2 and shape is not None:
        height, width = shape
        wanted = f"images must have shape (N, {height * width}) for images of {height} by {width}"
        require(pixels.shape[1] == height * width, f"{wanted}; got {pixels.shape}")
        pixels = pixels.reshape(-1, height, width)
    require(
        pixels.ndim == 3 and pixels.size > 0,
        f"images must have shape (N, H, W), or (N, H*W) with shape=(H, W); got {pixels.shape}",
    )
    return pixels


def _mosaic(pixels: NDArray[np.float64], columns: int) -> NDArray[np.float64]:
    """Lay images out row by row, one empty pixel apart; NaN marks what is paper."""
    count, height, width = pixels.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for index, image in enumerate(pixels):
        top, left = (index // columns) * (height + 1), (index % columns) * (width + 1)
        sheet[top : top + height, left : left + width] = image
    return sheet


def _sheet(ax: Any, sheet: NDArray[np.float64], limits: tuple[float, float]) -> None:
    """Draw the mosaic with nothing around it but labels."""
    ax.imshow(sheet, cmap="gray", vmin=limits[0], vmax=limits[1], interpolation="nearest")
    ax.xaxis.tick_top()
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)


def _ticks(axis: Any, labels: Sequence[str] | None, side: int) -> None:
    """Write one label an image along an axis, or nothing."""
    axis.set_ticks([index * (side + 1) + (side - 1) / 2 for index in range(len(labels or ()))], labels or [])
    axis.set_tick_params(length=0)


def image_grid(
    images: Any, *, alt: str, shape: tuple[int, int] | None = None, columns: int | None = None,
    row_labels: Sequence[str] | None = None, column_labels: Sequence[str] | None = None,
    limits: tuple[float, float] = (0.0, 1.0), size: tuple[float, float] | None = None, caption: str = "",
) -> ThemedFigure:  # fmt: skip
    """Draw grey images in rows, white for the upper limit.

    Args:
        images: pixels.
        alt: what is to be seen, in words.
        shape: height and width, needed for flattened images.
        columns: images a row; up to 10 if None.
        row_labels: one a row, at its left.
        column_labels: one a column, above it.
        limits: the values drawn black and white.
        size: width and height in inches, or None for one that fits.
        caption: printed below.

    Shape:
        images: (N, H, W), or (N, D) with D = H W.

    Raises:
        TypeError: if the pixels are no numbers.
        ValueError: if shapes or labels do not fit or ``alt`` says nothing.

    Example:
        >>> image_grid(np.eye(3)[None], alt="A white diagonal on black")
        A white diagonal on black
    """
    pixels = _as_images(images, shape)
    across = min(len(pixels), 10) if columns is None else columns
    require(across >= 1, f"columns must be at least 1; got {across}")
    sheet, (_, height, width) = _mosaic(pixels, across), pixels.shape
    _check_labels(row_labels, "row_labels", -(-len(pixels) // across))
    _check_labels(column_labels, "column_labels", across)
    scale = 6.4 / max(sheet.shape[1], 8 * width)
    fitting = (sheet.shape[1] * scale + 0.2, sheet.shape[0] * scale + 0.2)

    def draw(ax: Any) -> None:
        _sheet(ax, sheet, limits)
        _ticks(ax.xaxis, column_labels, width)
        _ticks(ax.yaxis, row_labels, height)

    return show(draw, alt=alt, size=size or fitting, caption=caption)


def _check_labels(labels: Sequence[str] | None, name: str, count: int) -> None:
    """Require as many labels as there are rows or columns."""
    if labels is not None:
        require(len(labels) == count, f"{name} must hold {count} labels; got {len(labels)}")


def heatmap(
    values: Any, *, alt: str, xlabel: str, ylabel: str, row_labels: Sequence[str] | None = None,
    column_labels: Sequence[str] | None = None, digits: int = 3,
    size: tuple[float, float] = (5.0, 4.2), caption: str = "",
) -> ThemedFigure:  # fmt: skip
    """Draw a table as shades with its numbers written in, such as a confusion matrix.

    Args:
        values: the table.
        alt: what is to be seen, in words.
        xlabel: what the columns are.
        ylabel: what the rows are.
        row_labels: one a row; counted from 0 if None.
        column_labels: one a column; counted from 0 if None.
        digits: significant digits of a number.
        size: width and height in inches.
        caption: printed below.

    Shape:
        values: (R, C).

    Raises:
        TypeError: if values are no numbers.
        ValueError: if shapes or labels do not fit or ``alt`` says nothing.

    Example:
        >>> heatmap([[9, 1], [0, 10]], alt="One of 20 is confused", xlabel="predicted", ylabel="true")
        One of 20 is confused
    """
    table = as_array(values, "values")
    require(table.ndim == 2 and table.size > 0, f"values must have shape (R, C); got {table.shape}")
    rows = row_labels or [str(row) for row in range(table.shape[0])]
    columns = column_labels or [str(column) for column in range(table.shape[1])]
    _check_labels(rows, "row_labels", table.shape[0])
    _check_labels(columns, "column_labels", table.shape[1])

    def draw(ax: Any) -> None:
        _shades(ax, table, digits)
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(rows)), rows)
        ax.set(xlabel=xlabel, ylabel=ylabel)

    return show(draw, alt=alt, size=size, caption=caption)


def _shades(ax: Any, table: NDArray[np.float64], digits: int) -> None:
    """Draw a table's shades and write its numbers, black on bright and white on dark."""
    ax.imshow(table, cmap="cividis", aspect="auto")
    ax.grid(visible=False)
    middle = (np.nanmin(table) + np.nanmax(table)) / 2
    for (row, column), value in np.ndenumerate(table):
        ink = "white" if value < middle else "black"
        ax.text(column, row, f"{value:.{digits}g}", ha="center", va="center", color=ink, fontsize=9)
