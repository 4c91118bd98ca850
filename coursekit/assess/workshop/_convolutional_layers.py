"""Convolutional autoencoders, steps C and D: a convolution, and its transpose."""

__all__ = ["CONV", "TRANSPOSE"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.workshop._convolutional_reference import Array, conv, conv_size, conv_transpose
from coursekit.assess.workshop._untouched import kept


def _maps(seed: int) -> tuple[Case, ...]:
    """Images with unlike sides and channels; in the first the last window leaves pixels over."""
    found = []
    for rows, channels, outputs, height, width, k, s, p in (
        (2, 3, 4, 6, 7, 3, 2, 1),
        (3, 2, 1, 5, 4, 2, 1, 2),
    ):
        rng = np.random.default_rng(seed + 500 * k)
        inputs: dict[str, Plain] = {
            "x": rng.normal(0, 1, (rows, channels, height, width)).round(2),
            "w": rng.normal(0, 1, (outputs, channels, k, k)).round(2),
            "b": rng.normal(0, 1, outputs).round(2) + 2, "s": s, "p": p,
        }  # fmt: skip
        found.append(Case(f"{channels} to {outputs} channels, kernel {k}, stride {s}, padding {p}", inputs))
    return tuple(found)


def _observe_conv(candidate: Any, case: Case) -> Observation:
    given = {name: np.array(case.inputs[name]) for name in "xwb"}
    found = candidate(*given.values(), int(case.inputs["s"]), int(case.inputs["p"]))
    return kept(case, "maps", found, given)


def _by_taps(x: Array, w: Array, b: Array, s: int, p: int) -> Array:
    """Return a convolution as a sum over the places of the kernel."""
    k = w.shape[2]
    padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    h, v = (conv_size(side, k, s, p, 1) for side in x.shape[2:])
    y = np.zeros((len(x), len(w), h, v)) + b[:, None, None]
    for a in range(k):
        for c in range(k):
            part = padded[:, :, a : a + s * (h - 1) + 1 : s, c : c + s * (v - 1) + 1 : s]
            y = y + np.einsum("bcij,oc->boij", part, w[:, :, a, c])
    return y


def _by_windows(x: Array, w: Array, b: Array, s: int, p: int) -> Array:
    padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::s, ::s]
    return np.asarray(np.einsum("bchvij,ocij->bohv", seen, w) + b[None, :, None, None])


CONV = Exercise(
    "convolutional/conv",
    "A convolution",
    "conv(x, w, b, s, p) -> maps (B, O, h, v), from x (B, C, H, W), w (O, C, k, k), b (O,), stride, padding",
    3.0,
    lambda: conv,
    _maps,
    _observe_conv,
    (Alternate("place by place", lambda: _by_taps), Alternate("all windows at once", lambda: _by_windows)),
    (
        Mutant(
            "kernel flipped",
            "The kernel was turned by 180 degrees. A convolutional layer lays it down as it is.",
            lambda: lambda x, w, b, s, p: conv(x, w[:, :, ::-1, ::-1], b, s, p),
        ),
        Mutant(
            "rows and columns swapped",
            "Rows and columns of the kernel are swapped.",
            lambda: lambda x, w, b, s, p: conv(x, w.swapaxes(2, 3), b, s, p),
        ),
        Mutant(
            "bias left out",
            "The bias of each output channel is missing.",
            lambda: lambda x, w, b, s, p: conv(x, w, 0 * b, s, p),
        ),
        Mutant(
            "padding left out",
            "There are too few windows: pad with p zeros at both ends of both sides first.",
            lambda: lambda x, w, b, s, p: conv(x, w, b, s, 0 * p),
        ),
        Mutant(
            "stride left out",
            "Every window was used. Take every s-th along both axes.",
            lambda: lambda x, w, b, s, p: conv(x, w, b, s**0, p),
        ),
        Mutant(
            "one channel only",
            "Only the first input channel was read. Sum over all of them.",
            lambda: lambda x, w, b, s, p: conv(x[:, :1], w[:, :1], b, s, p),
        ),
        Mutant(
            "averaged",
            "The products were averaged over the window. Sum them.",
            lambda: lambda x, w, b, s, p: conv(x, w / w[0].size, b, s, p),
        ),
        Mutant(
            "padding with the border",
            "The padding repeats the border of the image. It holds zeros.",
            lambda: lambda x, w, b, s, p: conv(
                np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode="edge"), w, b, s, 0),
        ),
        Mutant(
            "bias for each channel that comes in",
            "The bias was added once for each input channel. Add it once for each output.",
            lambda: lambda x, w, b, s, p: conv(x, w, b * w.shape[1], s, p),
        ),
    ),
    (
        "Pad first: np.pad(x, ((0, 0), (0, 0), (p, p), (p, p))). Step A says how many windows there are.",
        "Window i, j is padded[:, :, s * i : s * i + k, s * j : s * j + k], of shape (B, C, k, k).",
        'np.einsum("bcij,ocij->bo", window, w) sums over channels and window; add b.',
    ),
    survivors={
        "y = np.zeros((len(x), len(w), height, width))  ->  y = np.zeros((len(x), len(b), height, width))": (
            "There is one bias for each kernel."
        ),
    },
)  # fmt: skip


def _codes(seed: int) -> tuple[Case, ...]:
    """Maps to be enlarged: copies of the kernel overlap, the last rows tell zeros from values; p may be 0."""
    found = []
    for rows, outputs, channels, height, width, k, s, p, q in (
        (2, 4, 3, 3, 2, 3, 2, 2, 1),
        (3, 1, 2, 2, 4, 4, 3, 2, 1),
        (2, 2, 1, 2, 3, 3, 2, 0, 0),
    ):
        rng = np.random.default_rng(seed + 900 * k)
        inputs: dict[str, Plain] = {
            "y": rng.normal(0, 1, (rows, outputs, height, width)).round(2),
            "w": rng.normal(0, 1, (outputs, channels, k, k)).round(2), "s": s, "p": p, "q": q,
        }  # fmt: skip
        told = f"{outputs} to {channels} channels, kernel {k}, stride {s}, padding {p}, output padding {q}"
        found.append(Case(told, inputs))
    return tuple(found)


def _observe_transpose(candidate: Any, case: Case) -> Observation:
    given = {name: np.array(case.inputs[name]) for name in "yw"}
    found = candidate(*given.values(), *(int(case.inputs[name]) for name in "spq"))
    return kept(case, "maps", found, given)


def _by_matrix(y: Array, w: Array, s: int, p: int, q: int) -> Array:
    """Return the transpose by way of the convolution's own matrix."""
    k, channels = w.shape[2], w.shape[1]
    sides = [s * (side - 1) - 2 * p + k + q for side in y.shape[2:]]
    entries = channels * sides[0] * sides[1]
    one_each = np.eye(entries).reshape(entries, channels, *sides)
    matrix = conv(one_each, w, np.zeros(len(w)), s, p).reshape(entries, -1)
    return np.asarray((y.reshape(len(y), -1) @ matrix.T).reshape(len(y), channels, *sides))


def _with_gaps(y: Array, w: Array, s: int, p: int, q: int) -> Array:
    """Return the transpose as a convolution over an input with gaps."""
    rows, outputs, h, v = y.shape
    k = w.shape[2]
    gaps = np.zeros((rows, outputs, s * (h - 1) + 1 + q, s * (v - 1) + 1 + q))
    gaps[:, :, : s * (h - 1) + 1 : s, : s * (v - 1) + 1 : s] = y
    turned = w.swapaxes(0, 1)[:, :, ::-1, ::-1]
    wide = conv(gaps, turned, np.zeros(w.shape[1]), 1, k - 1)
    return wide[:, :, p : wide.shape[2] - p, p : wide.shape[3] - p]


def _overwritten(y: Array, w: Array, s: int, p: int, q: int) -> Array:
    k = w.shape[3]
    height, width = (s * (side - 1) + k + q for side in y.shape[2:])
    full = np.zeros((len(y), w.shape[1], height, width))
    for i, j in np.ndindex(*y.shape[2:]):
        full[:, :, s * i : s * i + k, s * j : s * j + k] = np.einsum("bo,ocij->bcij", y[:, :, i, j], w)
    return full[:, :, p : height - p, p : width - p]


def _zeros_at_the_end(y: Array, w: Array, s: int, p: int, q: int) -> Array:
    return np.pad(conv_transpose(y, w, s, p, 0), ((0, 0), (0, 0), (0, q), (0, q)))


def _shared_out(y: Array, w: Array, s: int, p: int, q: int) -> Array:
    taps = conv_transpose(np.ones((1, 1, *y.shape[2:])), np.ones((1, 1, *w.shape[2:])), s, p, q)
    return conv_transpose(y, w, s, p, q) / np.maximum(taps, 1)


TRANSPOSE = Exercise(
    "convolutional/conv-transpose",
    "A transposed convolution",
    "conv_transpose(y, w, s, p, q) -> maps (B, C, H, W), from y (B, O, h, v) and w (O, C, k, k)",
    3.0,
    lambda: conv_transpose,
    _codes,
    _observe_transpose,
    (Alternate("by the matrix", lambda: _by_matrix), Alternate("with gaps", lambda: _with_gaps)),
    (
        Mutant(
            "overwritten",
            "Where copies of the kernel overlap, the last one won. Add them up.",
            lambda: _overwritten,
        ),
        Mutant(
            "kernel flipped",
            "The kernel was turned by 180 degrees. Each entry lays down a copy of it as it is.",
            lambda: lambda y, w, s, p, q: conv_transpose(y, w[:, :, ::-1, ::-1], s, p, q),
        ),
        Mutant(
            "rows and columns swapped",
            "Rows and columns of the kernel are swapped.",
            lambda: lambda y, w, s, p, q: conv_transpose(y, w.swapaxes(2, 3), s, p, q),
        ),
        Mutant(
            "nothing cut",
            "The result is too large: the padding cuts p entries at both ends of both sides.",
            lambda: lambda y, w, s, p, q: conv_transpose(y, w, s, 0 * p, q),
        ),
        Mutant(
            "nothing left without padding",
            "With p = 0 the slice p : -p is 0 : 0, which is empty. Cut up to height - p and width - p.",
            lambda: lambda y, w, s, p, q: conv_transpose(y, w, s, 0, q)[:, :, p:-p, p:-p],
        ),
        Mutant(
            "output padding left out",
            "The result is too small by the output padding.",
            lambda: lambda y, w, s, p, q: conv_transpose(y, w, s, p, 0 * q),
            "001-M-41",
        ),
        Mutant(
            "zeros at the end",
            "The output padding is not zeros glued to the end: make room first, then cut p at both ends.",
            lambda: _zeros_at_the_end,
        ),
        Mutant(
            "in front",
            "The output padding belongs to the far end. Yours stands in front.",
            lambda: lambda y, w, s, p, q: np.roll(conv_transpose(y, w, s, 0, q), q, (2, 3))[
                :, :, p : s * (y.shape[2] - 1) + w.shape[2] + q - p,
                p : s * (y.shape[3] - 1) + w.shape[3] + q - p],
        ),
        Mutant(
            "shared out",
            "You divided by the number of taps. The sums stay as they are, checkerboards or not.",
            lambda: _shared_out,
        ),
    ),
    (
        "Each entry y[b, o, i, j] adds a copy of the kernel, times itself, with a corner at s * i, s * j.",
        "Start from zeros of side s * (h - 1) + k + q; add np.einsum(\"bo,ocij->bcij\", y[:, :, i, j], w).",
        "At the end cut p rows and columns at both ends: full[:, :, p : height - p, p : width - p].",
    ),
)  # fmt: skip
