"""Files of tensors, written whole or not at all, and read without running anything that stands in them."""

__all__ = ["fingerprint", "read_state", "write_state"]

import hashlib
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from coursekit._check import CourseError, check_tensor
from coursekit._write import beside


def write_state(path: str | Path, state: Mapping[str, Any]) -> None:
    """Write a dictionary beside the target, as which the file is then named; a failure leaves the old one.

    Args:
        path: the target; its folder is made where missing.
        state: tensors and plain values, nested in dictionaries and lists; "format" says what it is.

    Raises:
        OSError: if the disk is full or the folder may not be written.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with beside(target, mode=0o600, sync=True) as file:
            torch.save(dict(state), file)
    except RuntimeError as error:
        # torch reports a full disk as a RuntimeError of its own.
        raise OSError(f"cannot write {target}: {str(error).splitlines()[0]}") from error


def read_state(
    path: str | Path, *, format: str, kind: str = "file", advice: str = "move it away"
) -> dict[str, Any]:
    """Read a dictionary after checking every byte's checksum; no code in the file is ever run.

    Args:
        path: the file.
        format: what its entry "format" must be.
        kind: what the messages call it, such as "checkpoint".
        advice: what the messages say to do with a file that cannot be used.

    Raises:
        CourseError: if the file is missing, damaged, or of another format.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
        state = None if broken else torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CourseError(f"{kind} {path} does not exist") from None
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        name = type(error).__name__
        raise CourseError(f"{kind} {path} is damaged or no {kind} ({name}): {advice}") from error
    if state is None:
        raise CourseError(f"{kind} {path} is damaged (checksum of {broken}): {advice}")
    found = state.get("format") if isinstance(state, dict) else None
    if found != format:
        raise CourseError(f"{kind} {path} must have format {format!r}; got {found!r}: {advice}")
    return dict(state)


def fingerprint(state: Mapping[str, Tensor]) -> str:
    """Return the sha256 of named tensors: of their names, types, shapes and bytes, in the order of the names.

    Args:
        state: such as ``model.state_dict()``; on any device.

    Shape:
        Each tensor has any shape (...,).

    Raises:
        TypeError: an entry is no tensor.

    Example:
        >>> fingerprint({"a": torch.zeros(2)}) == fingerprint({"a": torch.zeros(2, 1)})
        False
    """
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = check_tensor(state[name], f"state[{name!r}]").detach().cpu()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
