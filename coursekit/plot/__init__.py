"""Figures that say in words what they show, in a light and a dark version: the only room with matplotlib."""

__all__ = ["ThemedFigure", "bars", "curves", "heatmap", "image_grid", "scatter2d", "show"]

from coursekit.plot.charts import bars, curves, scatter2d
from coursekit.plot.figure import ThemedFigure, show
from coursekit.plot.grids import heatmap, image_grid
