"""Optional full data sets: fetched once by name, checked by MD5, read from their IDX files."""

__all__ = ["fetch", "read_idx_set", "remote_names"]

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coursekit._check import CourseError, check_choice
from coursekit.data.store import Images, cache_dir


@dataclass(frozen=True)
class Remote:
    """Where a set of gzipped IDX files lies, and the MD5 of each in the order of ``FILES``."""

    url: str
    md5: tuple[str, str, str, str]
    megabytes: int


FILES = (
    *("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    *("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)

REMOTES = {
    "mnist": Remote(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        (
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
        12,
    ),
    "fashion_mnist": Remote(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        (
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        31,
    ),
}


def remote_names() -> tuple[str, ...]:
    """Return the names that :func:`~coursekit.data.fetch` knows.

    Example:
        >>> remote_names()
        ('mnist', 'fashion_mnist')
    """
    return tuple(REMOTES)


def _folder(name: str) -> Path:
    """Return the folder of a fetched set."""
    return cache_dir() / name


def fetch(name: str) -> Path:
    """Download a full data set into the cache folder, unless its checked files lie there already.

    Each file arrives under another name and takes its own only when its MD5 is right.

    Args:
        name: one of ``mnist``, ``fashion_mnist``.

    Returns:
        The folder with the four files.

    Raises:
        ValueError: if the name is unknown.
        CourseError: if there is no network, the server refuses, the disk is full or a checksum is wrong.
    """
    check_choice(name, "data set to fetch", remote_names())
    import pooch

    remote, folder = REMOTES[name], _folder(name)
    for file, md5 in zip(FILES, remote.md5, strict=True):
        url = f"{remote.url}{file}.gz"
        try:
            pooch.retrieve(url, known_hash=f"md5:{md5}", fname=f"{file}.gz", path=folder)
        except ValueError as error:
            raise CourseError(f"{url} did not have MD5 {md5}, nothing was kept: try again later") from error
        except OSError as error:
            raise CourseError(_no_download(name, url, folder, error)) from error
    return folder


def _no_download(name: str, url: str, folder: Path, error: OSError) -> str:
    """Say in one line what was tried, why it failed and what works meanwhile."""
    if error.errno is not None and error.strerror:
        remedy = "free space there, or set COURSEKIT_CACHE to another folder"
        return f"cannot store {name} in {folder}: {error.strerror}; {remedy}"
    return (
        f"cannot fetch {name} from {url} ({type(error).__name__}): check the network and run "
        f"`coursekit data fetch {name}` again; `digits` and `mnist5k` need no network"
    )


def _read_idx(path: Path, ndim: int) -> NDArray[np.uint8]:
    """Read one gzipped IDX file: two zero bytes, type 8 for uint8, the number of axes, their sizes, bytes."""
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        kind = type(error).__name__
        raise CourseError(f"{path} is damaged ({kind}): delete it and fetch the set again") from error
    start = 4 + 4 * ndim
    sizes = np.frombuffer(data[4:start], dtype=">u4").astype(np.int64)
    if data[:4] != bytes((0, 0, 8, ndim)) or len(data) != start + int(sizes.prod()):
        raise CourseError(f"{path} is no IDX file of {ndim} axes: delete it and fetch the set again")
    # A copy, because PyTorch warns about tensors over read-only memory.
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(sizes).copy()


def read_idx_set(name: str) -> Images:
    """Read a fetched set: training rows first, then test rows.

    Args:
        name: one of ``mnist``, ``fashion_mnist``.

    Raises:
        ValueError: if the name is unknown.
        CourseError: if a file is missing or damaged.
    """
    check_choice(name, "data set", remote_names())
    folder = _folder(name)
    paths = [folder / f"{file}.gz" for file in FILES]
    if not all(path.is_file() for path in paths):
        size = REMOTES[name].megabytes
        raise CourseError(
            f"{name} is not in {folder}: run `coursekit data fetch {name}` once ({size} MB, needs a "
            "network); `digits` and `mnist5k` need none"
        )
    pixels = np.concatenate([_read_idx(paths[0], 3), _read_idx(paths[2], 3)])
    labels = np.concatenate([_read_idx(paths[1], 1), _read_idx(paths[3], 1)])
    return Images(pixels.reshape(len(pixels), -1), labels)
