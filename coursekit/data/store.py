"""Where the data lies on disk: the cache folder, and image files whose content is checked by a digest."""

__all__ = ["Images", "cache_dir", "digest", "read_images", "write_images"]

import hashlib
import os
import sys
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit._check import CourseError
from coursekit._write import beside


class Images(NamedTuple):
    """Grey images and their labels as they lie on disk.

    Shape:
        pixels: (N, D), uint8; labels: (N,), uint8.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def cache_dir() -> Path:
    """Return the folder of downloaded and cached data: ``$COURSEKIT_CACHE``, or the user's cache folder."""
    given = os.environ.get("COURSEKIT_CACHE")
    if given:
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "coursekit"
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "coursekit"


def digest(images: Images) -> str:
    """Return the SHA-256 of pixels and labels: of the content, since a zip file's bytes depend on its writer.

    Shape:
        images: pixels (N, D) and labels (N,).
    """
    state = hashlib.sha256(np.ascontiguousarray(images.pixels).tobytes())
    state.update(np.ascontiguousarray(images.labels).tobytes())
    return state.hexdigest()


def read_images(path: Path, sha256: str) -> Images:
    """Read an ``.npz`` file with ``images`` and ``labels`` and check its content.

    Args:
        path: the file.
        sha256: the content's digest, as :func:`~coursekit.data.store.digest` gives it.

    Raises:
        OSError: if there is no such file, or it may not be read.
        CourseError: if it is damaged or holds something else.
    """
    try:
        # The file is opened here because np.load leaves it open when it turns out to be no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            images = Images(archive["images"], archive["labels"])
    except OSError:
        raise
    except (ValueError, TypeError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise CourseError(f"{path} is damaged and cannot be read ({type(error).__name__})") from error
    found = digest(images)
    if found != sha256:
        wanted = f"its content must have SHA-256 {sha256[:12]}..."
        raise CourseError(f"{path} is damaged: {wanted}; got {found[:12]}...")
    return images


def write_images(path: Path, images: Images) -> None:
    """Write an ``.npz`` file whole or not at all: to a file beside it, which then takes its name.

    Shape:
        images: pixels (N, D) and labels (N,).

    Raises:
        OSError: if the disk is full or the folder may not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path, mode=0o600, sync=True) as file:
        np.savez_compressed(file, images=images.pixels, labels=images.labels)
