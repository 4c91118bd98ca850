"""A model card: what a shipped file is, what it was made from, and the hash that ties the two together."""

__all__ = ["ModelCard", "data_hash", "make_card", "read_card", "verify", "write_card"]

import hashlib
import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path
from typing import Any

from torch import Tensor

from coursekit._check import CourseError, check_tensor, describe, require
from coursekit.disk import fingerprint
from coursekit.ship.files import file_hash, read_file, write_file

FORMAT = "coursekit.ship card 1"
PACKAGES = ("coursekit", "torch", "numpy")


@dataclass(frozen=True)
class ModelCard:
    """What is known about a shipped file.

    Args:
        name: of the model.
        version: of the model, such as "1.2.0": another file needs another one.
        sha256: of the file, 64 hexadecimal digits.
        config: the arguments that build the model.
        data: the sha256 of each data set by its name, as :func:`data_hash` takes it.
        metrics: measured numbers by name, with the seed or the band where there is one.
        packages: versions of Python and of the packages.
        notes: what the model is for, and what it is not for.
    """

    name: str
    version: str
    sha256: str
    config: Mapping[str, Any]
    data: Mapping[str, str]
    metrics: Mapping[str, float]
    packages: Mapping[str, str]
    notes: str = ""


def data_hash(x: Tensor) -> str:
    """Return the sha256 of a data set: of its type, its shape and its values, in their order.

    Args:
        x: the samples as the model got them, after all preparation.

    Shape:
        x: any.

    Raises:
        TypeError: x is no tensor.
    """
    return fingerprint({"data": check_tensor(x, "x")})


def make_card(
    path: str | Path, *, name: str, version: str, config: Mapping[str, Any], data: Mapping[str, Tensor],
    metrics: Mapping[str, float], packages: Sequence[str] = PACKAGES, notes: str = "",
) -> ModelCard:  # fmt: skip
    """Describe a file that is about to be shipped.

    Args:
        path: the file: saved model, exported program or ONNX.
        name: of the model.
        version: of the model.
        config: the arguments that build it, plain values only, such as ``model.config()``.
        data: the data sets it was made and measured with, by name.
        metrics: measured numbers by name.
        packages: whose versions are written down, besides Python's.
        notes: what the model is for, and what it is not for.

    Shape:
        data: each of any shape (N, ...).

    Raises:
        CourseError: the file is missing, or a package is not installed.
        TypeError: config holds what JSON cannot, or data something else than tensors.
        ValueError: name or version is empty, or a metric is not finite.
    """
    for value, what in ((name, "name"), (version, "version")):
        require(
            isinstance(value, str) and value.strip(),
            f"{what} must be a text that says something; got {value!r}",
        )
    for key, number in metrics.items():
        require(math.isfinite(number), f"metrics must be finite; got {key} = {number}")
    try:
        plain = json.loads(json.dumps(dict(config), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(f"config must hold plain values only; got {describe(config)} ({error})") from None
    versions = {"python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            raise CourseError(f"package {package} is not installed: leave it out of the card") from None
    hashes = {key: data_hash(x) for key, x in data.items()}
    numbers = {key: float(number) for key, number in metrics.items()}
    return ModelCard(name, version, file_hash(path), plain, hashes, numbers, versions, notes)


def _seal(content: Mapping[str, Any]) -> str:
    """Return the sha256 of a card's content, in one fixed spelling."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_card(card: ModelCard, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a card as JSON with a seal over its content, whole or not at all.

    Args:
        card: what :func:`make_card` returned.
        path: the file, by custom that of the model with ``.json`` after it.
        overwrite: whether a file that is there may be replaced.

    Raises:
        CourseError: the file is there and may not be replaced.
    """
    content = asdict(card)
    sealed = {"format": FORMAT, "seal": _seal(content), **content}
    text = json.dumps(sealed, indent=2, ensure_ascii=False, allow_nan=False)
    write_file(path, (text + "\n").encode(), overwrite=overwrite)


def read_card(path: str | Path) -> ModelCard:
    """Read a card.

    Args:
        path: what :func:`write_card` wrote.

    Raises:
        CourseError: the file is missing, no card of this format, or was changed after it was written.
    """
    try:
        found = json.loads(read_file(path, "card").decode())
    except ValueError as error:
        raise CourseError(f"card {path} is damaged or no card ({type(error).__name__})") from None
    kind = found.get("format") if isinstance(found, dict) else None
    if kind != FORMAT:
        raise CourseError(f"card {path} must have format {FORMAT!r}; got {kind!r}")
    content = {key: value for key, value in found.items() if key not in ("format", "seal")}
    names = {field.name for field in fields(ModelCard)}
    if set(content) != names:
        wrong = ", ".join(sorted(set(content) ^ names))
        raise CourseError(f"card {path} must hold exactly the entries of a card; wrong: {wrong}")
    if found.get("seal") != _seal(content):
        raise CourseError(f"card {path} was changed after it was written: its seal does not fit")
    return ModelCard(**content)


def verify(card: ModelCard, path: str | Path, *, data: Mapping[str, Tensor] | None = None) -> None:
    """Refuse a file, or data, that a card does not describe.

    Args:
        card: the card.
        path: the file it should belong to.
        data: data sets by name to compare as well; the card must know their names.

    Shape:
        data: each of any shape (N, ...).

    Raises:
        CourseError: the file is missing, or its hash or that of a data set is another one than the card's.
    """
    found = file_hash(path)
    if found != card.sha256:
        told = f"{path} is not the file of card {card.name} {card.version}"
        raise CourseError(f"{told}: sha256 {found[:12]}..., the card says {card.sha256[:12]}...")
    for key, x in (data or {}).items():
        want = card.data.get(key)
        if want is None:
            raise CourseError(f"card {card.name} {card.version} knows no data set {key!r}")
        if data_hash(x) != want:
            raise CourseError(f"data set {key!r} is not that of card {card.name} {card.version}")
