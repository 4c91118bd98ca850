"""The choice of a device, which is never an accelerator unless somebody asked for it."""

__all__ = ["choose_device"]

import torch

from coursekit._check import check_choice


def choose_device(name: str = "cpu") -> torch.device:
    """Return the device to train on.

    Args:
        name: ``"cpu"``, ``"cuda"``, ``"mps"``, or ``"auto"``: the first accelerator
            there is, else the CPU.

    Raises:
        ValueError: if the name is unknown, or the device is not on this machine.

    Example:
        >>> choose_device()
        device(type='cpu')
    """
    check_choice(name, "device", ("cpu", "cuda", "mps", "auto"))
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in present.items() if there))
    if not present[name]:
        here = ", ".join(kind for kind, there in present.items() if there)
        raise ValueError(f"device must be on this machine, which has {here}; got {name!r}")
    return torch.device(name)
