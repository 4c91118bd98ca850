"""The two themes of every figure, and the marks that tell series apart without colour."""

__all__ = ["DARK", "DASHES", "HATCHES", "LIGHT", "MARKERS", "Theme"]

from dataclasses import dataclass
from typing import Any

from cycler import cycler

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))
HATCHES = ("", "//", "xx", "--", "\\\\", "++")


@dataclass(frozen=True)
class Theme:
    """The colours of one version of a figure.

    Attributes:
        name: ``"light"`` or ``"dark"``.
        paper: the background, opaque, so that a figure stays legible wherever it is shown.
        ink: text and axes.
        faint: grid lines.
        colours: of the series, told apart by readers with colour blindness (after Okabe and Ito 2008, each
            darkened or lightened until its contrast with the paper is at least 3 to 1).
    """

    name: str
    paper: str
    ink: str
    faint: str
    colours: tuple[str, ...]

    def rc(self) -> dict[str, Any]:
        """Return matplotlib's settings for this theme."""
        inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
        return dict.fromkeys(inked, self.ink) | {
            "axes.facecolor": self.paper,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=self.colours),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.facecolor": self.paper,
            "figure.constrained_layout.use": True,
            "font.family": "DejaVu Sans",
            "font.size": 11,
            "grid.color": self.faint,
            "hatch.color": self.paper,
            "legend.frameon": False,
            "savefig.facecolor": self.paper,
            "svg.hashsalt": "coursekit",
        }


LIGHT = Theme(
    name="light",
    paper="#ffffff",
    ink="#222222",
    faint="#dddddd",
    colours=("#0072b2", "#c85200", "#00795a", "#a8487f", "#86650a", "#4d4d4d"),
)
DARK = Theme(
    name="dark",
    paper="#121212",
    ink="#e8e8e8",
    faint="#3a3a3a",
    colours=("#56b4e9", "#e69f00", "#1fc795", "#e08fbd", "#f0e442", "#bdbdbd"),
)
