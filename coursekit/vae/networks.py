"""The two heads of a variational encoder on one trunk."""

__all__ = ["GaussianHead"]

from torch import Tensor, nn

from coursekit.dense import linear


class GaussianHead(nn.Module):
    """Two linear heads on one trunk: the mean and the log-variance of a diagonal Gaussian.

    The heads have no activation, so both outputs reach either sign.

    Args:
        inputs: width of the trunk's output.
        latents: number of latents, Z.
    """

    def __init__(self, inputs: int, latents: int) -> None:
        super().__init__()
        self.mu = linear(inputs, latents)
        self.logvar = linear(inputs, latents)

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean and the log-variance.

        Shape:
            hidden: (B, H); returns (B, Z) twice.
        """
        return self.mu(hidden), self.logvar(hidden)
