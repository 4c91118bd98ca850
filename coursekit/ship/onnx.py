"""ONNX: the same graph for other programs to run, with an optional set of packages."""

__all__ = ["export_onnx", "onnx_session"]

import importlib
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from coursekit._check import CourseError
from coursekit.ship.export import export_model
from coursekit.ship.files import read_file, write_file


def _package(name: str) -> Any:
    """Import a package of the optional set, or say in one line how to get it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise CourseError(f"ONNX needs the package {name}: pip install 'coursekit[ship]'") from None


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep back what the exporter prints, logs and warns about: progress, and packages it does without."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def export_onnx(
    model: nn.Module, x: Tensor, path: str | Path, *, part: str = "reconstruct", overwrite: bool = False
) -> None:
    """Write a model as an ONNX file whose batch size is free; its input is "x", its output "y".

    Args:
        model: an autoencoder, or any module that maps one tensor to one tensor; it stays as it is.
        x: samples like those to come.
        path: the file, by custom with the ending .onnx; the weights lie inside it.
        part: "reconstruct", "encode" or "decode" of an autoencoder.
        overwrite: whether a file that is there may be replaced.

    Shape:
        x: (B, ...).

    Raises:
        CourseError: a package is missing, the model cannot be exported, or the file may not be replaced.
        ValueError: x holds no sample, a value that is not finite, or the part is unknown.
    """
    onnx = _package("onnx")
    _package("onnxscript")
    program = export_model(model, x, part=part)
    with _quietly(), tempfile.TemporaryDirectory() as folder:
        made = torch.onnx.export(
            program, (), dynamo=True, input_names=["x"], output_names=["y"], verbose=False
        )
        file = Path(folder) / "model.onnx"
        made.save(str(file), external_data=False)  # type: ignore[union-attr]
        content = file.read_bytes()
    onnx.checker.check_model(content)
    write_file(path, content, overwrite=overwrite)


def onnx_session(path: str | Path) -> Callable[[Tensor], Tensor]:
    """Return a function that runs an ONNX file of :func:`export_onnx` with ONNX Runtime on the CPU.

    Args:
        path: the file.

    Raises:
        CourseError: a package is missing, or the file is missing, damaged or of another kind.
    """
    runtime = _package("onnxruntime")
    content = read_file(path, "ONNX file")
    try:
        session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    except Exception as error:
        name = type(error).__name__
        raise CourseError(f"ONNX file {path} is damaged or of another kind ({name})") from error

    def run(x: Tensor) -> Tensor:
        (outputs,) = session.run(["y"], {"x": x.detach().cpu().numpy()})
        return torch.from_numpy(outputs)

    return run
