"""Convolutional autoencoders, steps E and F: values put back at their places, and what a code is worth."""

__all__ = ["RISE", "UNPOOL"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._convolutional_reference import Array, rise, unpool
from coursekit.assess.workshop._untouched import kept


def _pooled(seed: int) -> tuple[Case, ...]:
    """Values and places of windows of 2 x 2 that lie anywhere but always in the corner; one odd side."""
    found = []
    for rows, channels, height, width in ((2, 3, 4, 6), (3, 2, 5, 4)):
        rng = np.random.default_rng(seed + 40 * height)
        h, v = (height + 1) // 2, (width + 1) // 2
        r = np.minimum(2 * np.arange(h)[:, None] + rng.integers(0, 2, (rows, channels, h, v)), height - 1)
        c = np.minimum(2 * np.arange(v) + rng.integers(0, 2, (rows, channels, h, v)), width - 1)
        values = rng.permutation(np.linspace(0.5, 5, rows * channels * h * v)).reshape(r.shape).round(2)
        values *= rng.choice((-1.0, 1.0), r.shape)
        inputs: dict[str, Plain] = {
            "values": values,
            "places": width * r + c,
            "height": height,
            "width": width,
        }
        found.append(Case(f"{channels} maps of {height} x {width}", inputs))
    return tuple(found)


def _observe_unpool(candidate: Any, case: Case) -> Observation:
    given = {name: np.array(case.inputs[name]) for name in ("values", "places")}
    found = candidate(*given.values(), int(case.inputs["height"]), int(case.inputs["width"]))
    return kept(case, "maps", found, given)


def _by_rows(values: Array, places: Array, height: int, width: int) -> Array:
    y = np.zeros((*values.shape[:2], height, width))
    for b, c, i, j in np.ndindex(*values.shape):
        row, column = divmod(int(places[b, c, i, j]), width)
        y[b, c, row, column] = values[b, c, i, j]
    return y


def _at_once(values: Array, places: Array, height: int, width: int) -> Array:
    y = np.zeros((*values.shape[:2], height * width))
    np.put_along_axis(y, places.reshape(*places.shape[:2], -1), values.reshape(*places.shape[:2], -1), 2)
    return y.reshape(*values.shape[:2], height, width)


def _corners(places: Array, width: int) -> Array:
    """Return the places of the upper left corners of the windows."""
    r, c = places // width, places % width
    return np.asarray(width * (r - r % 2) + c - c % 2)


def _repeated(values: Array, places: Array, height: int, width: int) -> Array:
    del places
    return values.repeat(2, axis=2).repeat(2, axis=3)[:, :, :height, :width]


def _by_columns(values: Array, places: Array, height: int, width: int) -> Array:
    turned = unpool(values, places, height, width).reshape(*values.shape[:2], width, height)
    return turned.swapaxes(2, 3)


UNPOOL = Exercise(
    "convolutional/unpool",
    "Values back at their places",
    "unpool(values, places, height, width) -> maps (B, C, height, width); values and places are (B, C, h, v)",
    2.0,
    lambda: unpool,
    _pooled,
    _observe_unpool,
    (Alternate("rows and columns", lambda: _by_rows), Alternate("all at once", lambda: _at_once)),
    (
        Mutant(
            "repeated",
            "Each value fills its whole window: that is repetition. Put it at its place, and 0 beside it.",
            lambda: _repeated,
        ),
        Mutant(
            "in the corner",
            "Each value stands in the corner of its window. Its place says where it belongs.",
            lambda: lambda v, p, h, w: unpool(v, _corners(p, w), h, w),
        ),
        Mutant(
            "column by column",
            "Places are counted row by row: row = place // width, column = place % width.",
            lambda: _by_columns,
        ),
        Mutant(
            "counted from 1",
            "Everything stands one place too early: places are counted from 0.",
            lambda: lambda v, p, h, w: unpool(v, p - 1, h, w),
        ),
        Mutant(
            "one set of places",
            "Every channel has places of its own. You used those of the first one for all.",
            lambda: lambda v, p, h, w: unpool(v, np.broadcast_to(p[:, :1], p.shape), h, w),
        ),
        Mutant(
            "places only",
            "The places are right, and the values are lost: put the values there.",
            lambda: lambda v, p, h, w: unpool(np.ones_like(v), p, h, w),
        ),
        Mutant(
            "negative values lost",
            "Negative values have become 0. They belong at their places like all others.",
            lambda: lambda v, p, h, w: unpool(np.maximum(v, 0), p, h, w),
        ),
        Mutant(
            "flat",
            "The maps are flat rows. Give them their height and width back.",
            lambda: lambda v, p, h, w: unpool(v, p, h, w).reshape(*v.shape[:2], -1),
        ),
        Mutant(
            "width for height",
            "Height and width are swapped in the shape: the values have slipped.",
            lambda: lambda v, p, h, w: unpool(v, p, h, w).reshape(*v.shape[:2], w, h),
        ),
    ),
    (
        "Start from zeros of shape (B, C, height * width).",
        "Write each map by itself: places say where in the row of its pixels a value goes.",
        "At the end reshape to (B, C, height, width).",
    ),
    survivors={
        "rows, channels = values.shape[:2]  ->  rows, channels = places.shape[:2]": (
            "Values and places have the same shape."
        ),
    },
)  # fmt: skip


def _networks(seed: int) -> tuple[Case, ...]:
    """A decoder with maps beside its code; the order moves every row, and undoing it is another order."""
    shared: list[tuple[str, dict[str, Plain]]] = []
    for rows, pixels, units, width in ((5, 4, 2, 3), (7, 3, 4, 5)):
        rng = np.random.default_rng(seed + 60 * rows)
        inputs: dict[str, Plain] = {
            "z": rng.normal(0, 1, (rows, units)).round(2), "maps": rng.normal(0, 1, (rows, width)).round(2),
            "x": rng.uniform(0, 1, (rows, pixels)).round(2), "V": rng.normal(0, 1, (pixels, units)).round(2),
            "W": rng.normal(0, 1, (pixels, width)).round(2), "c": rng.normal(0, 1, pixels).round(2),
            "order": np.roll(np.arange(rows), 2),
        }  # fmt: skip
        shared.append((f"{rows} pictures of {pixels} pixels, {units} numbers a code", inputs))
    first = [Case(name, inputs, group="error") for name, inputs in shared]
    return (*first, *[Case(f"exchange of codes, {name}", inputs, 3, group="rise") for name, inputs in shared])


def _observe_rise(candidate: Any, case: Case) -> Observation:
    names = ("z", "maps", "x", "V", "W", "c", "order")
    given = {name: np.array(case.inputs[name]) for name in names}
    found = candidate(*given.values())
    pair = found.tolist() if hasattr(found, "tolist") else found  # two numbers in an array are two numbers
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        return {"result": told(found)}
    return {"error": plain(pair[0])} if case.layer == 1 else kept(case, "rise", pair[1], given)


def _errors(z: Array, maps: Array, x: Array, V: Array, W: Array, c: Array) -> Array:
    """Return the squared errors (B, D)."""
    return np.asarray((z @ V.T + maps @ W.T + c - x) ** 2)


def _exchange(kind: str) -> Any:
    """Return the measurement with one mistake."""

    def wrong(z: Array, maps: Array, x: Array, V: Array, W: Array, c: Array, order: Array) -> Any:
        own, to = _errors(z, maps, x, V, W, c), order.argsort() if kind == "undone" else order
        other = {
            "maps": _errors(z[to], maps[to], x, V, W, c), "pictures": _errors(z, maps, x[to], V, W, c),
            "zeros": _errors(0 * z, maps, x, V, W, c), "all": _errors(z[to], maps[to], x[to], V, W, c),
        }.get(kind, _errors(z[to], maps, x, V, W, c))  # fmt: skip
        if kind == "no maps":
            own, other = _errors(z, 0 * maps, x, V, W, c), _errors(z[to], 0 * maps, x, V, W, c)
        a, b = own.sum(axis=1).mean(), other.sum(axis=1).mean()
        return {
            "pixel mean": (own.mean(), other.mean() - own.mean()), "relative": (a, b / a),
            "batch sum": (own.sum(), other.sum() - own.sum()), "share": (a, (b - a) / a), "falls": (a, a - b),
            "not subtracted": (a, b), "swapped": (b - a, a),
        }.get(kind, (a, b - a))  # fmt: skip

    return wrong


def _in_place(z: Array, maps: Array, x: Array, V: Array, W: Array, c: Array, order: Array) -> Any:
    own = _errors(z, maps, x, V, W, c).sum(axis=1).mean()
    z[:] = z[order]
    return own, _errors(z, maps, x, V, W, c).sum(axis=1).mean() - own


def _row_by_row(z: Any, maps: Any, x: Any, V: Any, W: Any, c: Any, order: Any) -> list[Any]:
    def error(b: int, code: Any) -> Any:
        return np.linalg.norm(V @ code + W @ maps[b] + c - x[b]) ** 2

    own = [error(b, z[b]) for b in range(len(z))]
    return [np.mean(own), np.mean([error(b, z[order[b]]) - own[b] for b in range(len(z))])]


RISE = Exercise(
    "convolutional/rise",
    "What a code is worth",
    "rise(z, maps, x, V, W, c, order) -> the error with the own codes, and what strangers' codes add to it",
    3.0,
    lambda: rise,
    _networks,
    _observe_rise,
    (
        Alternate("row by row", lambda: _row_by_row),
        Alternate("in one function", lambda: _exchange("right")),
    ),
    (
        Mutant(
            "maps exchanged too",
            "The maps went along with the codes. Leave them: the question is what the code adds to them.",
            lambda: _exchange("maps"),
        ),
        Mutant(
            "pictures exchanged",
            "The pictures were exchanged, and the codes stayed. Compare with each picture's own pixels.",
            lambda: _exchange("pictures"),
        ),
        Mutant(
            "all exchanged",
            "Codes, maps and pictures moved together, so nothing was exchanged. Move the codes alone.",
            lambda: _exchange("all"),
        ),
        Mutant(
            "zeros for strangers",
            "These are codes of zeros, which no decoder may ever have met. Use the codes of other pictures.",
            lambda: _exchange("zeros"),
        ),
        Mutant(
            "codes exchanged in place",
            "The rise is right, but the caller's own arrays have changed. Index a copy: z[order] is one.",
            lambda: _in_place,
        ),
        Mutant(
            "order undone",
            "Row b gets the code of row order[b]. You sent its code there instead.",
            lambda: _exchange("undone"),
        ),
        Mutant(
            "ratio",
            "This divides the two errors. A tiny error makes any ratio look large: subtract.",
            lambda: _exchange("relative"),
        ),
        Mutant(
            "share of the error",
            "The rise was divided by the own error. Report the absolute rise.",
            lambda: _exchange("share"),
        ),
        Mutant(
            "turned over",
            "The sign is turned over: with strangers minus own.",
            lambda: _exchange("falls"),
        ),
        Mutant(
            "not subtracted",
            "The second number is the error with strangers' codes. Subtract the error with the own ones.",
            lambda: _exchange("not subtracted"),
        ),
        Mutant(
            "mean over pixels",
            "The pixels were averaged. Sum over the pixels, and average over the pictures.",
            lambda: _exchange("pixel mean"),
            "001-M-35",
        ),
        Mutant(
            "sum over the batch",
            "The pictures were summed, so the error depends on how many there are. Average over them.",
            lambda: _exchange("batch sum"),
            "001-M-26",
        ),
        Mutant(
            "maps left out",
            "The decoder gets the maps beside the code. You left them out.",
            lambda: _exchange("no maps"),
        ),
    ),
    (
        "The output is z @ V.T + maps @ W.T + c, of shape (B, D).",
        "The error is ((output - x) ** 2).sum(axis=1).mean().",
        "Once more with z[order] in place of z, everything else unchanged; then subtract.",
    ),
    groups=(("error", 1.0), ("rise", 2.0)),
)  # fmt: skip
