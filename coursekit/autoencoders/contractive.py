"""The contractive autoencoder: a code that answers little to a small change of its sample."""

__all__ = ["ContractiveAutoencoder", "Gain", "code_spread", "gain"]

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from coursekit._check import (
    check_choice,
    check_generator,
    check_positive,
    check_positive_int,
    check_tensor,
    require,
)
from coursekit.autoencoders.autoencoder import DenseAutoencoder
from coursekit.autoencoders.interface import AELoss, AEOutput
from coursekit.autoencoders.jacobian import frobenius_closed, frobenius_exact, hutchinson

_METHODS = ("closed", "autograd", "hutchinson")
_CLOSED = ("sigmoid", "tanh", "relu", "linear")
_DISTRIBUTIONS = ("gaussian", "rademacher")


class ContractiveAutoencoder(DenseAutoencoder):
    r"""An autoencoder that pays for the squared Jacobian of its encoder.

    .. math:: J = \frac1B \sum_b \Bigl[ \ell(g(f(x_b)), x_b)
              + \lambda \Bigl\| \frac{\partial f}{\partial x}(x_b) \Bigr\|_F^2 \Bigr]

    Weights are tied by default: an untied encoder lowers the penalty by a smaller code, which the decoder
    scales up again. Watch :func:`code_spread`: a large :math:`\lambda` ends in a code that is one point.
    There is neither batch norm nor dropout: the Jacobian is that of one sample and one function.

    Args:
        input_shape: shape of one sample, such as (64,) or (1, 28, 28).
        hidden_dims: widths of the encoder's hidden layers; none for the closed form.
        latent_dim: K, the width of the code.
        weight: :math:`\lambda`, 0 or more, on a penalty that is a sum over units and inputs.
        method: "closed" (one layer; code "sigmoid", "tanh", "relu" or "linear"), "autograd" (any encoder, K
            passes backward) or "hutchinson" (any encoder, ``probes`` passes, an estimate).
        probes: random vectors a sample, for "hutchinson".
        distribution: "gaussian" or "rademacher", for "hutchinson".
        activation: after each hidden layer.
        code_activation: after the encoder's last layer.
        tied: whether the decoder's weights are the encoder's, transposed.
        bias: whether linear layers add a constant.
        loss: "squared", "bernoulli", "absolute" or "huber".
        delta: where Huber's loss turns from a square into a line.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, \*input_shape) to outputs of the same shape and z (B, K).

    Raises:
        TypeError: a number has the wrong type.
        ValueError: an option is unknown, or the closed form does not exist for this encoder.

    Source:
        Rifai et al. 2011, with tied weights as there.

    Example:
        >>> model = ContractiveAutoencoder(64, [], 16, weight=0.1, generator=torch.Generator().manual_seed(0))
        >>> bool(model.loss(torch.rand(5, 64)).penalty > 0)
        True
    """

    def __init__(
        self, input_shape: int | Sequence[int], hidden_dims: Sequence[int], latent_dim: int, *,
        weight: float = 0.1, method: str = "closed", probes: int = 1, distribution: str = "rademacher",
        activation: str = "relu", code_activation: str = "sigmoid", tied: bool = True, bias: bool = True,
        loss: str = "squared", delta: float = 1.0, generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        check_choice(method, "method", _METHODS)
        check_choice(distribution, "distribution", _DISTRIBUTIONS)
        widths = list(hidden_dims)
        require(
            method != "closed" or (not widths and code_activation in _CLOSED),
            f"method 'closed' needs one layer and a code among {', '.join(_CLOSED)}; got hidden_dims "
            f"{widths} and {code_activation!r}: take 'autograd' or 'hutchinson'",
        )
        super().__init__(
            input_shape, hidden_dims, latent_dim, activation=activation, code_activation=code_activation,
            tied=tied, bias=bias, loss=loss, delta=delta, generator=generator,
        )  # fmt: skip
        self.weight = check_positive(weight, "weight", zero=True)
        self.method, self.distribution = method, distribution
        self.probes = check_positive_int(probes, "probes")
        self._probe_source: torch.Generator | None = None

    def contraction(self, x: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        r"""Return the squared Frobenius norm of the encoder's Jacobian at each sample, unweighted.

        Args:
            x: samples, neither changed nor marked.
            generator: source of the probes of the method "hutchinson".

        Shape:
            x: (B, \*input_shape); returns (B,).

        Units:
            Summed over the units and the inputs.
        """
        if self.method == "closed":
            return self._closed(self.encode(x))
        if self.method == "autograd":
            return frobenius_exact(self.encode, x)
        return hutchinson(self.encode, x, probes=self.probes, distribution=self.distribution,
                          generator=generator)  # fmt: skip

    def _closed(self, z: Tensor) -> Tensor:
        return frobenius_closed(z, cast(nn.Linear, self.encoder[0]).weight, self.code_activation)

    def penalty(self, x: Tensor, output: AEOutput) -> Tensor:
        r"""Return the weighted contraction, averaged over the batch.

        Args:
            x: samples.
            output: the pass whose loss is taken.

        Shape:
            x: (B, \*input_shape); returns a scalar.
        """
        if self.method == "closed":
            return self.weight * self._closed(output.z).mean()
        return self.weight * self.contraction(x, generator=self._probe_source).mean()

    def loss(self, x: Tensor, *, generator: torch.Generator | None = None) -> AELoss:
        r"""Return the loss of a batch and its two terms; random probes come from the generator.

        Args:
            x: samples; in [0, 1] for the loss "bernoulli".
            generator: source of the probes; torch's default generator when None.

        Shape:
            x: (B, \*input_shape).

        Units:
            Summed over the entries of a sample and of its Jacobian, averaged over the batch.
        """
        self._probe_source = generator
        try:
            return super().loss(x, generator=generator)
        finally:
            self._probe_source = None

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again."""
        plain = {
            key: value for key, value in super().config().items() if key not in ("batch_norm", "dropout")
        }
        return plain | {
            "weight": self.weight,
            "method": self.method,
            "probes": self.probes,
            "distribution": self.distribution,
        }


class Gain(NamedTuple):
    """How far codes move, as floats: in their own units, and as a part of the distances between codes.

    ``change`` is the mean length of the move, ``spread`` the mean distance of two codes, ``normalised`` the
    first over the second, and ``relative`` that over the same ratio of the samples.
    """

    change: float
    spread: float
    normalised: float
    relative: float


def code_spread(z: Tensor) -> Tensor:
    r"""Return the mean distance of two codes: near 0, the code has collapsed.

    .. math:: s = \frac{2}{B (B - 1)} \sum_{a < b} \|z_a - z_b\|_2

    Args:
        z: codes, at least two.

    Shape:
        z: (B, ...), flattened; returns a scalar.

    Raises:
        TypeError: z is no floating-point tensor.
        ValueError: z holds fewer than two codes.

    Example:
        >>> code_spread(torch.tensor([[0.0, 0.0], [3.0, 4.0]])).item()
        5.0
    """
    check_tensor(z, "z", floating=True)
    require(z.ndim >= 2 and len(z) > 1, f"z must have shape (B, ...), B at least 2; got {tuple(z.shape)}")
    return torch.pdist(z.flatten(1)).mean()


@torch.no_grad()
def gain(
    encode: Callable[[Tensor], Tensor], x: Tensor, *, size: float, draws: int = 3,
    generator: torch.Generator | None = None,
) -> Gain:  # fmt: skip
    r"""Return how far codes move when each sample moves by a given length in a random direction.

    .. math:: \frac{E \|f(x + \delta) - f(x)\|_2}{s_z}, \qquad \|\delta\|_2 = \text{size}, \qquad
              \text{relative: that, divided by } \frac{\text{size}}{s_x}

    :math:`s` is :func:`code_spread`, of the codes and of the samples. An encoder that only makes its code
    smaller lowers the change and leaves the two ratios as they were.

    Args:
        encode: an encoder or the ``encode`` of a model, in evaluation mode.
        x: samples, at least two.
        size: length of the move, above 0.
        draws: directions tried for each sample.
        generator: source of the directions; torch's default generator when None.

    Shape:
        x: (B, ...).

    Raises:
        TypeError: x is no floating-point tensor, or generator no torch.Generator.
        ValueError: size is not above 0, draws no positive integer, or there are fewer than two samples.

    Source:
        Rifai et al. 2011, for the ratio of distances as a measure of contraction.
    """
    check_positive(size, "size")
    check_positive_int(draws, "draws")
    if generator is not None:
        check_generator(generator)
    inputs, z = code_spread(x), encode(x)
    changes = []
    for _ in range(draws):
        noise = torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device).flatten(1)
        move = (size * noise / noise.norm(dim=1, keepdim=True)).view_as(x)
        changes.append((encode(x + move) - z).flatten(1).norm(dim=1).mean())
    change, spread = torch.stack(changes).mean().item(), code_spread(z).item()
    ratio = change / spread if spread > 0 else 0.0
    return Gain(change, spread, ratio, ratio * inputs.item() / size)
