"""Drawing once a theme, and the object that shows the version which fits the page."""

__all__ = ["ThemedFigure", "as_array", "check_alt", "show"]

import base64
import html
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from coursekit._check import check_choice, describe, require
from coursekit._write import beside
from coursekit.plot.theme import DARK, LIGHT, Theme

# The page decides: the book sets data-theme on <html>, JupyterLab data-jp-theme-light on <body>. Without
# both, or without styles, the dark version keeps its inline display:none and the light one shows. The last
# rules take back the pale box that the book's theme puts behind HTML outputs in the dark, and give captions
# the colour of the text, since the theme's muted one is hard to read.
_IN_THE_DARK = ("html[data-theme=dark]", "body[data-jp-theme-light=false]")
_STYLE = (
    "<style>"
    + ",".join(f"{page} .ck-light" for page in _IN_THE_DARK)
    + "{display:none!important}"
    + ",".join(f"{page} .ck-dark" for page in _IN_THE_DARK)
    + "{display:inline!important}"
    ".cell_output .text_html:has(.ck-figure){background:none!important;color:inherit!important;"
    "padding:0!important}.cell_output .ck-figure img{background:none!important;padding:0!important}"
    ".ck-figure figcaption{color:var(--pst-color-text-base,inherit)!important;text-align:left}"
    "</style>"
)


@dataclass(frozen=True)
class ThemedFigure:
    """A finished figure: two SVG images and the words that stand for them.

    A notebook shows it when it is the last value of a cell; ``display`` shows it anywhere else.

    Attributes:
        light: the light version, SVG.
        dark: the dark version, SVG.
        alt: what is to be seen, in words.
        caption: printed below, or empty.
    """

    light: bytes
    dark: bytes
    alt: str
    caption: str = ""

    def __repr__(self) -> str:
        """Return the words, which is what a reader without images gets."""
        return self.alt

    def _image(self, name: str, data: bytes) -> str:
        """Return one version as an ``<img>``."""
        hidden = ";display:none" if name == "dark" else ""
        source = base64.b64encode(data).decode("ascii")
        return (
            f'<img class="ck-{name} only-{name}" alt="{html.escape(self.alt, quote=True)}" '
            f'style="max-width:100%;height:auto{hidden}" src="data:image/svg+xml;base64,{source}">'
        )

    def to_html(self) -> str:
        """Return the figure as HTML with both versions and a style that picks one."""
        # The images stand in a box of their own: the book's theme hides a caption after a hidden image.
        images = f"<div>{self._image('light', self.light)}{self._image('dark', self.dark)}</div>"
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>" if self.caption else ""
        return f'{_STYLE}<figure class="ck-figure" style="margin:0.5em 0">{images}{caption}</figure>'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Tell Jupyter how to show the figure."""
        del include, exclude
        return {"text/html": self.to_html(), "text/plain": self.alt}

    def save(self, path: str | Path, *, theme: str = "light") -> None:
        """Write one version to an ``.svg`` file, whole or not at all.

        Raises:
            ValueError: if the name does not end in ``.svg`` or the theme is unknown.
            OSError: if the file cannot be written.
        """
        target = Path(path)
        require(target.suffix == ".svg", f"path must end in .svg; got {str(path)!r}")
        check_choice(theme, "theme", ("light", "dark"))
        data = self.light if theme == "light" else self.dark
        with beside(target) as file:
            file.write(data)


def check_alt(alt: object) -> str:
    """Return an alternative text if it says something.

    Raises:
        TypeError: if it is no string.
        ValueError: if it has fewer than three words.

    Example:
        >>> check_alt("Figure")
        Traceback (most recent call last):
        ValueError: alt must say in words what the figure shows, three words or more; got 'Figure'
    """
    if not isinstance(alt, str):
        raise TypeError(f"alt must be a string that says what the figure shows; got {describe(alt)}")
    wanted = "alt must say in words what the figure shows, three words or more"
    require(len(alt.split()) >= 3, f"{wanted}; got {alt!r}")
    return " ".join(alt.split())


def as_array(values: Any, name: str) -> NDArray[np.float64]:
    """Return numbers from a tensor, an array or nested sequences as a float64 array.

    Shape:
        values: any; returned with the same shape.

    Raises:
        TypeError: if they are no numbers.
    """
    plain: ArrayLike = values.detach().cpu().numpy() if hasattr(values, "detach") else values
    try:
        return np.asarray(plain, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must hold numbers in rows of equal length; got {describe(values)}") from None


def _render(draw: Callable[[Any], object], theme: Theme, size: tuple[float, float], panels: Any) -> bytes:
    """Draw one version without touching pyplot's list of open figures."""
    with matplotlib.rc_context(theme.rc()):
        figure = Figure(figsize=size)
        FigureCanvasAgg(figure)
        draw(figure.add_subplot() if panels is None else figure.subplots(*panels, squeeze=False))
        out = BytesIO()
        figure.savefig(out, format="svg", dpi=144, metadata={"Date": None, "Creator": None})
        return out.getvalue()


def show(
    draw: Callable[[Any], object],
    *,
    alt: str,
    size: tuple[float, float] = (6.4, 3.6),
    caption: str = "",
    panels: tuple[int, int] | None = None,
) -> ThemedFigure:
    """Draw a figure twice, light and dark, and return what a notebook shows.

    Args:
        draw: called once a theme with an empty matplotlib Axes, or with an array of them if ``panels`` is
            set; colours come from the theme, so it names none but ``"C0"``, ``"C1"`` and so on.
        alt: what is to be seen, in words: the reading of the figure, not its title.
        size: width and height in inches.
        caption: printed below the figure.
        panels: rows and columns of Axes.

    Raises:
        TypeError: if ``alt`` is no string.
        ValueError: if it says nothing, or a size is not above zero.

    Example:
        >>> show(lambda ax: ax.plot([1, 2, 4]), alt="A line that rises from 1 to 4")
        A line that rises from 1 to 4
    """
    text = check_alt(alt)
    require(min(size) > 0, f"size must be a width and a height above zero, in inches; got {size}")
    light, dark = (_render(draw, theme, size, panels) for theme in (LIGHT, DARK))
    return ThemedFigure(light, dark, text, caption)
