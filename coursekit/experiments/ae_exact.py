"""What can be said of an autoencoder without training it: sizes, parameters, and one gradient by hand."""

__all__ = ["Ratio", "compression", "parameter_count", "tied_gradient"]

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from coursekit._check import check_positive_int, check_tensor, require


class Ratio(NamedTuple):
    """How many times smaller a code is than its image, counted in numbers and counted in bits."""

    numbers: float
    bits: float


def compression(pixels: int, latents: int, *, pixel_bits: int = 8, code_bits: int = 32) -> Ratio:
    r"""Return the compression of an image by its code, in numbers and in bits.

    .. math:: r_\mathrm{numbers} = \frac DK, \qquad r_\mathrm{bits} = \frac{D\, b_x}{K\, b_z}

    Args:
        pixels: D, the numbers of an image.
        latents: K, the numbers of its code.
        pixel_bits: :math:`b_x`, the bits of a pixel as it is stored.
        code_bits: :math:`b_z`, the bits of a number of the code.

    Raises:
        TypeError: an argument is no int.
        ValueError: an argument is below 1.

    Example:
        >>> compression(784, 32)
        Ratio(numbers=24.5, bits=6.125)
    """
    for value, name in (
        (pixels, "pixels"),
        (latents, "latents"),
        (pixel_bits, "pixel_bits"),
        (code_bits, "code_bits"),
    ):
        check_positive_int(value, name)
    return Ratio(pixels / latents, pixels * pixel_bits / (latents * code_bits))


def parameter_count(widths: Sequence[int], *, tied: bool = False) -> int:
    r"""Return how many numbers a mirrored dense autoencoder with biases learns.

    .. math:: P = (2 - t) \sum_{l=1}^{L} n_{l-1} n_l + \sum_{l=1}^{L} n_l + \sum_{l=0}^{L-1} n_l

    :math:`n_0 = D, \dots, n_L = K` are the widths from the image down to the code; t is 1 for tied
    weights and 0 otherwise. Tying shares the matrices; each layer keeps its own biases.

    Args:
        widths: from the image down to the code, two or more.
        tied: whether the decoder uses the encoder's matrices, transposed.

    Raises:
        TypeError: a width is no int.
        ValueError: there are fewer than two widths, or one is below 1.

    Example:
        >>> parameter_count([64, 8]), parameter_count([64, 8], tied=True)
        (1096, 584)
    """
    require(len(widths) >= 2, f"widths must hold an input and a code width; got {list(widths)}")
    for width in widths:
        check_positive_int(width, "each of widths")
    matrices = sum(a * b for a, b in itertools.pairwise(widths))
    return (1 if tied else 2) * matrices + sum(widths[1:]) + sum(widths[:-1])


def tied_gradient(w: Tensor, b: Tensor, c: Tensor, x: Tensor) -> Tensor:
    r"""Return the gradient by the one matrix of a linear autoencoder with tied weights.

    .. math:: \frac{\partial J}{\partial W} = \frac2B \bigl( Z^\top E + W E^\top X \bigr), \quad
              Z = X W^\top + \mathbf 1 b^\top, \quad E = Z W + \mathbf 1 c^\top - X

    The matrix is used twice, so two paths add up: through the decoder, and through the encoder.

    Args:
        w: the encoder's matrix; the decoder uses its transpose.
        b: biases of the code.
        c: biases of the output.
        x: images.

    Shape:
        w: (K, D); b: (K,); c: (D,); x: (B, D); returns (K, D).

    Units:
        Of the squared error, summed over pixels and averaged over images.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: the shapes do not fit.
    """
    check_tensor(w, "w", shape=("K", "D"), floating=True)
    check_tensor(b, "b", shape=(w.shape[0],), floating=True)
    check_tensor(c, "c", shape=(w.shape[1],), floating=True)
    check_tensor(x, "x", shape=("B", w.shape[1]), floating=True)
    z = x @ w.T + b  # (B, K)
    error = z @ w + c - x  # (B, D)
    return 2 / len(x) * (z.T @ error + w @ error.T @ x)
