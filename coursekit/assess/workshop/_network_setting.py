"""What a variant of the network from scratch changes: the width, the split of the digits."""

__all__ = ["NETWORK", "NetworkSetting", "network_setting"]

from typing import NamedTuple


class NetworkSetting(NamedTuple):
    """One variant: its number (0 as written), hidden neurons for the digits, seed of the split, mark."""

    variant: int = 0
    hidden: int = 32
    split: int = 0
    pass_mark: float = 0.93


NETWORK = NetworkSetting()
_NARROWEST, _WIDTHS = 33, 53


def network_setting(variant: int) -> NetworkSetting:
    """Return what a variant changes; 0 is the assignment as written.

    Args:
        variant: 0 or more.
    """
    if not variant:
        return NETWORK
    return NetworkSetting(variant, _NARROWEST + 7 * variant % _WIDTHS, variant)
