"""Figures: words are required, both themes are legible, nothing global changes, wrong shapes are named."""

import base64
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
import torch

from coursekit import plot
from coursekit.plot.theme import DARK, DASHES, HATCHES, LIGHT, MARKERS, Theme

ALT = "What is to be seen"
DRAWN: dict[str, Callable[..., plot.ThemedFigure]] = {
    "curves": lambda alt: plot.curves({"a": [3, 2], "b": [2, 1]}, alt=alt, xlabel="epoch", ylabel="nats"),
    "bars": lambda alt: plot.bars({"a": [1.0, 2.0], "b": 3}, alt=alt, ylabel="nats", levels={"bar": 2}),
    "scatter2d": lambda alt: plot.scatter2d(
        torch.rand(9, 2), alt=alt, xlabel="x", ylabel="y", labels=range(9)
    ),
    "image_grid": lambda alt: plot.image_grid(torch.rand(12, 64), shape=(8, 8), alt=alt, columns=5),
    "heatmap": lambda alt: plot.heatmap(np.eye(3), alt=alt, xlabel="x", ylabel="y"),
    "show": lambda alt: plot.show(lambda axes: axes[0, 1].plot([1, 2]), alt=alt, panels=(1, 2)),
}


class _Tags(HTMLParser):
    """Collects every tag with its attributes, and the text of captions."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _images(figure: plot.ThemedFigure) -> list[dict[str, str | None]]:
    bundle = figure._repr_mimebundle_()
    return [attrs for tag, attrs in _Tags(bundle["text/html"]).tags if tag == "img"]


@pytest.mark.parametrize("name", DRAWN)
def test_both_versions_carry_the_words(name: str) -> None:
    figure = DRAWN[name]('Loss < 3 & "falling"')
    light, dark = _images(figure)
    for image, theme in ((light, "light"), (dark, "dark")):
        assert image["alt"] == 'Loss < 3 & "falling"'
        assert set((image["class"] or "").split()) == {f"ck-{theme}", f"only-{theme}"}
        head, data = (image["src"] or "").split(",")
        assert head == "data:image/svg+xml;base64"
        root = ElementTree.fromstring(base64.b64decode(data))
        assert root.tag.endswith("svg")
    assert "display:none" in (dark["style"] or "")
    assert "display:none" not in (light["style"] or "")
    assert light["src"] != dark["src"]
    assert figure._repr_mimebundle_()["text/plain"] == repr(figure) == 'Loss < 3 & "falling"'


@pytest.mark.parametrize("name", DRAWN)
def test_words_are_required(name: str) -> None:
    with pytest.raises(ValueError, match="alt must say in words what the figure shows, three words or more"):
        DRAWN[name]("Figure")
    with pytest.raises(TypeError, match="alt must be a string"):
        DRAWN[name](None)


def test_every_function_asks_for_alt_by_keyword() -> None:
    import inspect

    for name in ("bars", "curves", "heatmap", "image_grid", "scatter2d", "show"):
        parameter = inspect.signature(getattr(plot, name)).parameters["alt"]
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert parameter.default is parameter.empty


@pytest.mark.parametrize("name", DRAWN)
def test_same_input_same_bytes(name: str) -> None:
    if name in ("scatter2d", "image_grid"):
        torch.manual_seed(0)
    first = DRAWN[name](ALT)
    if name in ("scatter2d", "image_grid"):
        torch.manual_seed(0)
    assert DRAWN[name](ALT) == first


def test_caption_is_escaped_and_not_a_sibling_of_an_image() -> None:
    figure = plot.curves({"a": [1, 2]}, alt=ALT, xlabel="x", ylabel="y", caption="a < b")
    html = figure.to_html()
    assert "<figcaption>a &lt; b</figcaption>" in html
    assert "</div><figcaption>" in html
    assert "<figcaption" not in plot.curves({"a": [1, 2]}, alt=ALT, xlabel="x", ylabel="y").to_html()


def test_matplotlibs_settings_and_open_figures_are_untouched() -> None:
    before = dict(matplotlib.rcParams)
    DRAWN["curves"](ALT)
    assert dict(matplotlib.rcParams) == before
    code = "import sys, coursekit.plot as p; p.show(lambda a: 0, alt='a b c'); "
    code += "sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _contrast(one: str, two: str) -> float:
    """Return the contrast ratio of WCAG 2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_text_and_series_stand_out_from_the_paper(theme: Theme) -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast(theme.ink, theme.paper) >= 7
    for colour in theme.colours:
        assert _contrast(colour, theme.paper) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_versions_use_their_own_colours(theme: Theme) -> None:
    figure = DRAWN["curves"](ALT)
    svg = (figure.light if theme is LIGHT else figure.dark).decode()
    other = DARK if theme is LIGHT else LIGHT
    assert theme.paper in svg
    assert theme.colours[1] in svg
    assert other.colours[1] not in svg


def test_series_differ_without_colour() -> None:
    seen: list[Any] = []

    def spy(ax: Any) -> None:
        from coursekit.plot.charts import _line

        for index in range(6):
            _line(ax, index, str(index), np.arange(3.0), np.arange(3.0))
        seen.extend((line.get_marker(), str(line._unscaled_dash_pattern)) for line in ax.get_lines())

    plot.show(spy, alt=ALT)
    assert len(set(seen[:6])) == 6
    assert len({mark for mark, _ in seen[:6]}) == 6
    for marks in (MARKERS, DASHES, HATCHES):
        assert len(set(map(str, marks))) == len(marks)


def test_rows_of_seeds_become_mean_and_band() -> None:
    drawn: dict[str, Any] = {}

    def spy(ax: Any) -> None:
        from coursekit.plot.charts import _line

        _line(ax, 0, "a", np.array([1.0, 2.0]), np.array([[1.0, 5.0], [3.0, 7.0], [2.0, 9.0]]))
        drawn["mean"] = ax.get_lines()[0].get_ydata().tolist()
        drawn["band"] = ax.collections[0].get_datalim(ax.transData)

    plot.show(spy, alt=ALT)
    assert drawn["mean"] == [2.0, 7.0]
    assert (drawn["band"].ymin, drawn["band"].ymax) == (1.0, 9.0)


def test_mosaic_puts_every_image_in_its_place() -> None:
    from coursekit.plot.grids import _mosaic

    images = np.arange(5.0)[:, None, None] * np.ones((5, 2, 3))
    sheet = _mosaic(images, 3)
    assert sheet.shape == (5, 11)
    assert sheet[0, 0] == 0
    assert sheet[1, 10] == 2
    assert sheet[3, 4] == 4
    assert np.isnan(sheet[3:, 8:]).all()
    assert np.isnan(sheet[2]).all()


def test_saved_file_is_the_version_asked_for(tmp_path: Path) -> None:
    figure = DRAWN["curves"](ALT)
    figure.save(tmp_path / "a.svg", theme="dark")
    assert (tmp_path / "a.svg").read_bytes() == figure.dark
    with pytest.raises(ValueError, match=r"path must end in \.svg; got .*a\.png"):
        figure.save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="theme must be one of light, dark; got 'blue'"):
        figure.save(tmp_path / "a.svg", theme="blue")
    with pytest.raises(FileNotFoundError):
        figure.save(tmp_path / "none" / "a.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


def test_thousands_of_points_stay_small() -> None:
    points = np.random.default_rng(0).normal(size=(5000, 2))
    figure = plot.scatter2d(points, alt=ALT, xlabel="x", ylabel="y")
    assert len(figure.to_html()) < 400_000
    for name in DRAWN:
        assert len(DRAWN[name](ALT).to_html()) < 200_000, name


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: plot.curves({}, alt=ALT, xlabel="x", ylabel="y"),
            "series must hold at least one named curve",
        ),
        (
            lambda: plot.curves({"a": np.zeros((2, 2, 2))}, alt=ALT, xlabel="x", ylabel="y"),
            r"series\['a'\] must have shape \(T,\) or \(S, T\); got \(2, 2, 2\)",
        ),
        (
            lambda: plot.curves({"a": [1, 2]}, x=[1], alt=ALT, xlabel="x", ylabel="y"),
            r"x must have shape \(2,\), as series\['a'\]; got \(1,\)",
        ),
        (
            lambda: plot.curves({"a": [1, 2]}, alt=ALT, xlabel="x", ylabel="y", yscale="ln"),
            "yscale must be one of linear, log; got 'ln'",
        ),
        (lambda: plot.bars({}, alt=ALT, ylabel="y"), "values must hold at least one named bar"),
        (
            lambda: plot.bars({"a": [[1]]}, alt=ALT, ylabel="y"),
            r"must have shape \(\) or \(S,\); got \(1, 1\)",
        ),
        (
            lambda: plot.scatter2d(np.zeros((3, 3)), alt=ALT, xlabel="x", ylabel="y"),
            r"x must have shape \(N, 2\); got \(3, 3\)",
        ),
        (
            lambda: plot.scatter2d(np.zeros((3, 2)), labels=[0], alt=ALT, xlabel="x", ylabel="y"),
            r"labels must have shape \(3,\); got \(1,\)",
        ),
        (
            lambda: plot.image_grid(np.zeros((3, 60)), shape=(8, 8), alt=ALT),
            r"images must have shape \(N, 64\) for images of 8 by 8; got \(3, 60\)",
        ),
        (
            lambda: plot.image_grid(np.zeros((3, 64)), alt=ALT),
            r"\(N, H\*W\) with shape=\(H, W\); got \(3, 64\)",
        ),
        (lambda: plot.image_grid(np.zeros((3, 2, 2)), columns=0, alt=ALT), "columns must be at least 1"),
        (
            lambda: plot.image_grid(np.zeros((3, 2, 2)), row_labels=["a", "b"], alt=ALT),
            "row_labels must hold 1 labels; got 2",
        ),
        (
            lambda: plot.heatmap(np.zeros(3), alt=ALT, xlabel="x", ylabel="y"),
            r"values must have shape \(R, C\); got \(3,\)",
        ),
        (
            lambda: plot.show(lambda _: None, alt=ALT, size=(0, 1)),
            "size must be a width and a height above zero",
        ),
    ],
)
def test_bad_arguments_are_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_words_are_no_numbers() -> None:
    with pytest.raises(TypeError, match=r"series\['a'\] must hold numbers in rows of equal length; got list"):
        plot.curves({"a": ["high", "low"]}, alt=ALT, xlabel="x", ylabel="y")


def test_style_picks_the_version_in_book_and_lab() -> None:
    html = DRAWN["curves"](ALT).to_html()
    for page in ("html[data-theme=dark]", "body[data-jp-theme-light=false]"):
        assert re.search(re.escape(page) + r" \.ck-light[^}]*\{display:none!important\}", html)
        assert re.search(re.escape(page) + r" \.ck-dark[^}]*\{display:inline!important\}", html)
