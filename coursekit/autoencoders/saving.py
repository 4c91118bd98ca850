"""A model in a file: what builds it, its weights, and a hash that tells whether they are still the same."""

__all__ = ["load_model", "save_model"]

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import coursekit
from coursekit._check import CourseError, describe, require
from coursekit.autoencoders.interface import Autoencoder
from coursekit.disk import fingerprint, read_state, write_state

FORMAT = "coursekit.autoencoders model 1"
ADVICE = "save the model again"


def _build(kind: Callable[..., Autoencoder], config: dict[str, Any]) -> Autoencoder:
    """Build a model from what ``config`` returned, without a number from torch's own stream."""
    return kind(**config, generator=torch.Generator())


def _is_plain(value: object) -> bool:
    """Tell whether a value reads back from a file in which no code may stand."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(entry) for key, entry in value.items())
    if isinstance(value, (list, tuple)):
        return all(_is_plain(entry) for entry in value)
    # By the exact type: a NumPy number is a float too, and its file would need NumPy's code.
    return type(value) in (str, int, float, bool, type(None))


def _shapes(model: Autoencoder) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def save_model(model: Autoencoder, path: str | Path, *, overwrite: bool = False) -> str:
    """Write a model to a file, whole or not at all, and return the sha256 of its weights.

    What could not be read again is not written; :func:`coursekit.disk.fingerprint` takes the hash.

    Args:
        model: any model of the family whose ``config`` builds it again; left as it is.
        path: the file; its folder is made where missing.
        overwrite: whether a file that is there may be replaced.

    Raises:
        TypeError: model is no Autoencoder, or its config holds something else than plain values.
        ValueError: its config builds another model.
        CourseError: the file exists.
        OSError: the disk is full, or the folder may not be written.
    """
    if not isinstance(model, Autoencoder):
        raise TypeError(f"model must be an Autoencoder; got {describe(model)}")
    name, config = type(model).__name__, model.config()
    for key, value in config.items():
        if not _is_plain(value):
            raise TypeError(f"config of {name} must hold plain values; got {key}: {describe(value)}")
    require(
        _shapes(_build(type(model), config)) == _shapes(model),
        f"config of {name} must build the model again; it builds one with other weights",
    )
    if Path(path).exists() and not overwrite:
        raise CourseError(f"model file {path} exists: pass overwrite=True to replace it, or name another")
    weights = {key: tensor.detach().cpu().clone() for key, tensor in model.state_dict().items()}
    digest = fingerprint(weights)
    write_state(path, {
        "format": FORMAT, "version": coursekit.__version__, "class": name, "config": config,
        "state": weights, "sha256": digest,
    })  # fmt: skip
    return digest


def _descendants(kind: type[Autoencoder]) -> Iterator[type[Autoencoder]]:
    """Yield a class and all that are derived from it, the oldest first."""
    yield kind
    for child in kind.__subclasses__():
        yield from _descendants(child)


def _read(path: str | Path) -> dict[str, Any]:
    """Read a model's file and compare its weights with their hash."""
    saved = read_state(path, format=FORMAT, kind="model file", advice=ADVICE)
    wanted = {"version": str, "class": str, "config": dict, "state": dict, "sha256": str}
    for key, kind in wanted.items():
        if not isinstance(saved.get(key), kind):
            raise CourseError(f"model file {path} is damaged (no {key}): {ADVICE}")
    if not all(isinstance(tensor, Tensor) for tensor in saved["state"].values()):
        raise CourseError(f"model file {path} is damaged (weights that are no tensors): {ADVICE}")
    if fingerprint(saved["state"]) != saved["sha256"]:
        raise CourseError(f"model file {path} is damaged (sha256 of its weights): {ADVICE}")
    return saved


def load_model(path: str | Path, cls: type[Autoencoder] = Autoencoder) -> Autoencoder:
    """Build a model from a file, in evaluation mode, on the CPU; no code in the file is ever run.

    Args:
        path: what :func:`save_model` wrote.
        cls: the class that the model must have, or be derived from; needed for a class of your own whose
            name the course uses too.

    Raises:
        CourseError: the file is missing, damaged, of another class, or from a version of the course whose
            models are built otherwise.
    """
    saved = _read(path)
    found = next((kind for kind in _descendants(cls) if kind.__name__ == saved["class"]), None)
    if found is None:
        wanted = f"a model of class {cls.__name__}"
        raise CourseError(f"model file {path} must hold {wanted}; got {saved['class']!r}")
    try:
        model = _build(found, saved["config"])
        for tensor in saved["state"].values():
            if tensor.is_floating_point():
                model.to(tensor.dtype)
                break
        model.load_state_dict(saved["state"])
    except (TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:120]
        versions = f"by coursekit {saved['version']}, and this is {coursekit.__version__}"
        raise CourseError(f"model file {path} was written {versions}: {reason}: {ADVICE}") from error
    return model.eval()
