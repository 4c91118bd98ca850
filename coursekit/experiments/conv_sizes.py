"""A recipe for a convolutional autoencoder whose sizes do not fit together, worked out by whole numbers."""

__all__ = ["Recipe", "doubled", "recipe"]

from typing import NamedTuple

from coursekit._check import check_positive_int
from coursekit.autoencoders import conv_size, conv_transpose_size


class Recipe(NamedTuple):
    """Sides in pixels: of the image, planned for the code's layer, reached by the encoder, and returned."""

    side: int
    planned: int
    reached: int
    returned: int

    @property
    def runs(self) -> bool:
        """Whether the layer before the code gets as many entries as it was built for."""
        return self.planned == self.reached

    @property
    def fits(self) -> bool:
        """Whether it runs, and returns an image of the size that came in."""
        return self.runs and self.returned == self.side


def doubled(side: int, stages: int) -> int:
    """Return the side after transposed convolutions of kernel 3, stride 2, padding 1, output padding 1.

    Args:
        side: before the first of them.
        stages: how many there are.

    Units:
        Pixels.

    Raises:
        TypeError: an argument is no int.
        ValueError: an argument is below 1.
    """
    for _ in range(check_positive_int(stages, "stages")):
        side = conv_transpose_size(side, 3, stride=2, padding=1, output_padding=1)
    return side


def recipe(side: int) -> Recipe:
    r"""Return the sizes of a common recipe: four halvings, a layer for a side over 8, four doublings.

    .. math:: \lfloor n / 8 \rfloor, \qquad \lceil n / 16 \rceil, \qquad 16 \lfloor n / 8 \rfloor

    The first is planned, the second reached, the third returned.

    Args:
        side: of the image, 8 or more.

    Units:
        Pixels.

    Raises:
        TypeError: side is no int.
        ValueError: side is below 8.
    """
    check_positive_int(side, "side", minimum=8)
    reached = side
    for _ in range(4):
        reached = conv_size(reached, 3, stride=2, padding=1)
    return Recipe(side, side // 8, reached, doubled(side // 8, 4))
