"""How many inputs and outputs a weight has, the numbers that every initialiser is scaled by."""

__all__ = ["check_fans", "fans"]

import math
from collections.abc import Sequence

from coursekit._check import check_positive_int, describe


def fans(shape: Sequence[int]) -> tuple[int, int]:
    r"""Return how many inputs a unit sums over and how many units an input feeds.

    .. math:: (n_{in}, n_{out}) = (D, K) \quad\text{or}\quad (C_{in} A, C_{out} A)

    A matrix of this book has a column for each neuron, (D, K): the transpose of ``nn.Linear.weight``. Kernels
    of a convolution are laid out as in torch; :math:`A` is the product of their further axes.

    Args:
        shape: (D, K) of a matrix, or (C_out, C_in, ...) of kernels.

    Raises:
        TypeError: if a size is no int.
        ValueError: if there are fewer than two sizes, or one is below 1.

    Example:
        >>> fans((784, 128)), fans((16, 3, 5, 5))
        ((784, 128), (75, 400))
    """
    try:
        sizes = tuple(shape)
    except TypeError:
        raise TypeError(f"shape must be a tuple of ints; got {describe(shape)}") from None
    if len(sizes) < 2:
        raise ValueError(f"shape must be (fan_in, fan_out) or (C_out, C_in, ...); got {sizes}")
    for axis, size in enumerate(sizes):
        check_positive_int(size, f"shape[{axis}]")
    if len(sizes) == 2:
        return sizes
    field = math.prod(sizes[2:])
    return sizes[1] * field, sizes[0] * field


def check_fans(fan_in: int, fan_out: int) -> tuple[int, int]:
    """Return the shape of a matrix after a check of its sizes.

    Raises:
        TypeError: if a size is no int.
        ValueError: if a size is below 1.

    Example:
        >>> check_fans(784, 128)
        (784, 128)
    """
    return check_positive_int(fan_in, "fan_in"), check_positive_int(fan_out, "fan_out")
