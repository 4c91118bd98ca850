"""How long a side is after a convolution, and after the transposed convolution that undoes its size."""

__all__ = ["conv_size", "conv_transpose_size", "halvings", "output_padding"]

from collections.abc import Sequence

from coursekit._check import check_positive_int, require


def _check_geometry(n: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    """Refuse sizes that are no integers or out of range."""
    check_positive_int(n, "n")
    check_positive_int(kernel, "kernel")
    check_positive_int(stride, "stride")
    check_positive_int(dilation, "dilation")
    check_positive_int(padding, "padding", minimum=0)


def conv_size(n: int, kernel: int, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    r"""Return the length of a side after a convolution or a pooling layer.

    .. math:: m = \left\lfloor \frac{n + 2p - d(k - 1) - 1}{s} \right\rfloor + 1

    :math:`n` is the length before, :math:`k` the kernel, :math:`s` the stride, :math:`p` the padding on
    either end, :math:`d` the dilation: the kernel reaches over :math:`d(k - 1) + 1` entries.

    Args:
        n: length of the side.
        kernel: entries of the kernel along it.
        stride: steps between two places of the kernel.
        padding: zeros added on either end.
        dilation: steps between two entries of the kernel.

    Units:
        Pixels.

    Raises:
        TypeError: an argument is no int.
        ValueError: an argument is too small, or the kernel reaches beyond the padded side.

    Source:
        Dumoulin & Visin 2016, chapters 2 and 5.

    Example:
        >>> conv_size(28, 3, stride=2, padding=1), conv_size(7, 3, dilation=2)
        (14, 3)
    """
    _check_geometry(n, kernel, stride, padding, dilation)
    reach, room = dilation * (kernel - 1) + 1, n + 2 * padding
    require(reach <= room, f"the kernel must fit on the padded side of {room} pixels; got a reach of {reach}")
    return (room - reach) // stride + 1


def conv_transpose_size(
    n: int, kernel: int, *, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    r"""Return the length of a side after a transposed convolution.

    .. math:: m = (n - 1)s - 2p + d(k - 1) + q + 1

    :math:`q` is the output padding, the other letters are those of :func:`conv_size`. Several lengths lead
    to one under a strided convolution: :math:`q` says which of them comes back.

    Args:
        n: length of the side.
        kernel: entries of the kernel along it.
        stride: steps between two entries of the result that neighbours in the input write to.
        padding: entries cut off at either end of the result.
        output_padding: entries added at the far end, fewer than the stride or than the dilation.
        dilation: steps between two entries of the kernel.

    Units:
        Pixels.

    Raises:
        TypeError: an argument is no int.
        ValueError: an argument is too small, the output padding is too large, or nothing is left.

    Source:
        Dumoulin & Visin 2016, chapter 4; the dilation as in ``torch.nn.ConvTranspose2d``.

    Example:
        >>> [conv_transpose_size(14, 3, stride=2, padding=1, output_padding=q) for q in (0, 1)]
        [27, 28]
    """
    _check_geometry(n, kernel, stride, padding, dilation)
    check_positive_int(output_padding, "output_padding", minimum=0)
    most = max(stride, dilation) - 1
    require(output_padding <= most, f"output_padding must be at most {most} here; got {output_padding}")
    size = (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
    require(size >= 1, f"the padding must leave at least 1 pixel; got {size} of a side of {n}")
    return size


def output_padding(n: int, kernel: int, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    r"""Return the output padding with which a transposed convolution gives back the length n.

    .. math:: q = (n + 2p - d(k - 1) - 1) \bmod s

    It is the remainder that the floor of :func:`conv_size` drops.

    Args:
        n: the length before the convolution that is to be undone.
        kernel: entries of its kernel.
        stride: its stride.
        padding: its padding.
        dilation: its dilation.

    Units:
        Pixels.

    Raises:
        TypeError: an argument is no int.
        ValueError: an argument is too small, or the kernel reaches beyond the padded side.

    Source:
        Dumoulin & Visin 2016, chapter 4.

    Example:
        >>> output_padding(28, 3, stride=2, padding=1), output_padding(7, 3, stride=2, padding=1)
        (1, 0)
    """
    shorter = conv_size(n, kernel, stride=stride, padding=padding, dilation=dilation)
    return n + 2 * padding - dilation * (kernel - 1) - 1 - (shorter - 1) * stride


def halvings(sides: Sequence[int], stages: int) -> list[tuple[int, ...]]:
    r"""Return the sides before the first of several stages and after each of them, halves rounded up.

    .. math:: n_{i+1} = \lceil n_i / 2 \rceil

    That is a convolution with kernel 3, stride 2 and padding 1, and a pooling of 2 that keeps a last odd row.

    Args:
        sides: height and width of the image.
        stages: how often they are halved.

    Units:
        Pixels.

    Raises:
        TypeError: a size is no int.
        ValueError: a size is below 1, or a side is 1 before the last stage: there is nothing to halve.

    Example:
        >>> halvings((28, 5), 2)
        [(28, 5), (14, 3), (7, 2)]
    """
    check_positive_int(stages, "stages")
    sizes = [tuple(check_positive_int(side, "each of sides") for side in sides)]
    while len(sizes) <= stages:
        told = ", ".join(" x ".join(str(side) for side in size) for size in sizes)
        require(min(sizes[-1]) > 1, f"sides must be 2 or more before each of {stages} halvings; got {told}")
        sizes.append(tuple(conv_size(side, 3, stride=2, padding=1) for side in sizes[-1]))
    return sizes
