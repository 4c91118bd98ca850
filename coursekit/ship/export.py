"""Export by torch.export: a graph that runs for every batch size, and a proof that it equals the model."""

__all__ = ["check_export", "export_model", "largest_difference", "load_export", "save_export"]

import copy
import io
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from coursekit._check import (
    CourseError,
    check_choice,
    check_positive,
    check_positive_int,
    check_tensor,
    require,
)
from coursekit.autoencoders.interface import Autoencoder
from coursekit.autoencoders.losses import pixels
from coursekit.ship.files import read_file, write_file
from coursekit.ship.parts import PARTS, part_of

if TYPE_CHECKING:
    from torch.export import ExportedProgram

BATCHES = (1, 2, 3, 7, 64)


def _rows(x: Tensor, count: int) -> Tensor:
    """Return exactly so many samples, the given ones over and over."""
    return x.repeat(-(-count // len(x)), *[1] * (x.ndim - 1))[:count]


def _checked(x: Tensor) -> Tensor:
    """Refuse an example that holds no sample, or no finite one."""
    check_tensor(x, "x", floating=True, finite=True)
    require(x.ndim >= 2 and len(x) > 0, f"x must have shape (B, ...) with B at least 1; got {tuple(x.shape)}")
    return x.detach()


def export_model(model: nn.Module, x: Tensor, *, part: str = "reconstruct") -> "ExportedProgram":
    r"""Turn a model into a graph whose batch size is free.

    The copy that is exported is in evaluation mode; the model stays as it is. The graph holds no check of
    values: NaN passes through it.

    Args:
        model: an autoencoder, or any module that maps one tensor to one tensor.
        x: samples like those to come; their type and shape are built in, their number is not.
        part: "reconstruct", "encode" or "decode" of an autoencoder.

    Shape:
        x: (B, ...).

    Raises:
        TypeError: x is no floating tensor.
        ValueError: x holds no sample, a value that is not finite, or the part is unknown.
        CourseError: the model cannot be exported: its Python branches on values, or fixes the batch size.
    """
    inner = part_of(model, part)
    # A batch of one would be built in as a constant: torch.export treats sizes 0 and 1 as special.
    example = _rows(_checked(x), 3)
    free = ({0: torch.export.Dim("batch", min=1)},)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.export.export(inner, (example,), dynamic_shapes=free)
    except Exception as error:
        told = next((line for line in str(error).splitlines() if line.strip()), "no reason given").strip()
        raise CourseError(f"{type(model).__name__} cannot be exported: {told}") from error


def _reference(model: nn.Module, part: str) -> Callable[[Tensor], Tensor]:
    """Return a part by the model's own public methods, not by the code that was exported."""
    inner = copy.deepcopy(model).eval()
    check_choice(part, "part", PARTS)
    if not isinstance(inner, Autoencoder):
        require(part == "reconstruct", f"part {part!r} needs an autoencoder; got {type(model).__name__}")
        return inner
    loss = inner.likelihood
    parts = {"reconstruct": inner.reconstruct, "encode": inner.encode}
    return parts.get(part, lambda z: pixels(inner.decode(z), loss))


def largest_difference(
    run: Callable[[Tensor], Tensor], model: nn.Module, x: Tensor, *, part: str = "reconstruct",
    batches: Sequence[int] = BATCHES,
) -> float:  # fmt: skip
    """Return the largest difference between what was shipped and the model, over several batch sizes.

    Args:
        run: what was shipped: a graph's module, a session, a quantised or pruned copy.
        model: what it must equal; run in evaluation mode.
        x: samples from the range of the data, not noise from outside it.
        part: as in :func:`export_model`.
        batches: sizes to try, each 1 or more; samples are repeated where x holds too few.

    Shape:
        x: (B, ...).

    Units:
        Those of the outputs; infinite where shapes differ, NaN where only one side is NaN.

    Raises:
        TypeError: x is no floating tensor, or a size no int.
        ValueError: x holds no sample, or a size is below 1.
    """
    rows, want_of = _checked(x), _reference(model, part)
    require(len(batches) > 0, "batches must hold at least one size; got none")
    worst = 0.0
    with torch.no_grad():
        for size in batches:
            some = _rows(rows, check_positive_int(size, "each of batches"))
            want, got = want_of(some), run(some)
            if got.shape != want.shape:
                return float("inf")
            gap = float((got - want).abs().max())
            if gap != gap:
                return gap
            worst = max(worst, gap)
    return worst


def check_export(
    run: Callable[[Tensor], Tensor], model: nn.Module, x: Tensor, *, part: str = "reconstruct",
    batches: Sequence[int] = BATCHES, tolerance: float = 1e-5,
) -> float:  # fmt: skip
    """Return the largest difference as :func:`largest_difference` does, and refuse one above the tolerance.

    Args:
        run: what was shipped.
        model: what it must equal.
        x: samples from the range of the data.
        part: as in :func:`export_model`.
        batches: sizes to try.
        tolerance: the largest difference allowed, above 0.

    Shape:
        x: (B, ...).

    Raises:
        CourseError: the two differ by more.
    """
    check_positive(tolerance, "tolerance")
    gap = largest_difference(run, model, x, part=part, batches=batches)
    if not gap <= tolerance:
        raise CourseError(f"what was shipped differs from the model by {gap:.3g}, above {tolerance:g}")
    return gap


def save_export(program: "ExportedProgram", path: str | Path, *, overwrite: bool = False) -> None:
    """Write an exported program to a file, whole or not at all.

    Args:
        program: what :func:`export_model` returned.
        path: the file, by custom with the ending .pt2.
        overwrite: whether a file that is there may be replaced.

    Raises:
        CourseError: the file is there and may not be replaced.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(program, buffer)
    write_file(path, buffer.getvalue(), overwrite=overwrite)


def load_export(path: str | Path) -> "ExportedProgram":
    """Read an exported program after checking every byte's checksum; ``program.module()`` runs it.

    Load only files that you trust, or whose hash a card confirms: a program is code.

    Args:
        path: the file.

    Raises:
        CourseError: the file is missing, damaged, or holds no exported program.
    """
    content = read_file(path, "export")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            broken = archive.testzip()
        if broken is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return torch.export.load(io.BytesIO(content))
    except Exception as error:
        name = type(error).__name__
        raise CourseError(f"export {path} is damaged or no exported program ({name})") from error
    raise CourseError(f"export {path} is damaged (checksum of {broken})")
