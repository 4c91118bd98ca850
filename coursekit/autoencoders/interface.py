"""What every autoencoder here offers: encode, decode, forward, reconstruct, and a loss in stated units."""

__all__ = ["AELoss", "AEOutput", "Autoencoder"]

from collections.abc import Sequence
from typing import Any, NamedTuple

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
from coursekit.autoencoders.losses import losses, pixels, reconstruction_loss
from coursekit.dense import reset_weights


class AEOutput(NamedTuple):
    """One pass: the decoder's outputs (B, ...), of the input's shape, and the code (B, K) they come from."""

    outputs: Tensor
    z: Tensor


class AELoss(NamedTuple):
    """The loss to minimise and the two terms it is the sum of: scalars, means over the batch."""

    loss: Tensor
    reconstruction: Tensor
    penalty: Tensor


class Autoencoder(nn.Module):
    r"""An encoder f, a decoder g, and the loss of g(f(x)) against x: the base class of the family.

    .. math:: J = \frac1B \sum_{b=1}^{B} \bigl[ \ell(g(f(\tilde x_b)), x_b) + \lambda\, \Omega(x_b) \bigr]

    :math:`\tilde x` is x, or x corrupted; :math:`\Omega` a penalty, or nothing. A model of the family
    overrides ``_encode`` and ``_decode``, and ``corrupt`` or ``penalty`` where it has one; ``loss`` stays.

    Args:
        input_shape: shape of one sample, such as (64,) or (1, 28, 28); an int stands for a flat one.
        latent_dim: K, the width of the code.
        loss: "squared", "bernoulli" (the decoder returns logits), "absolute" or "huber".
        delta: where Huber's loss turns from a square into a line.

    Shape:
        forward: x (B, \*input_shape) to outputs of the same shape and z (B, K).

    Units:
        ``loss`` is summed over the entries of a sample and averaged over the batch.

    Raises:
        ValueError: a size is no positive integer, or the loss is unknown.
    """

    def __init__(
        self, input_shape: int | Sequence[int], latent_dim: int, *, loss: str = "squared", delta: float = 1.0
    ) -> None:
        super().__init__()
        sizes = (input_shape,) if isinstance(input_shape, int) else tuple(input_shape)
        require(len(sizes) > 0, "input_shape must hold at least one size; got none")
        for size in sizes:
            check_positive_int(size, "each size of input_shape")
        self.input_shape: tuple[int, ...] = sizes
        self.latent_dim = check_positive_int(latent_dim, "latent_dim")
        self.likelihood = check_choice(loss, "loss", losses())
        self.delta = check_positive(delta, "delta")

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """Draw all weights again.

        Args:
            generator: source of the draws; torch's default generator when None.
        """
        reset_weights(self, generator=generator)

    def _encode(self, x: Tensor) -> Tensor:
        """Return codes of inputs that were checked."""
        raise NotImplementedError(f"{type(self).__name__} must override _encode")

    def _decode(self, z: Tensor) -> Tensor:
        """Return outputs of codes that were checked."""
        raise NotImplementedError(f"{type(self).__name__} must override _decode")

    def encode(self, x: Tensor) -> Tensor:
        r"""Return the codes of x.

        Args:
            x: samples.

        Shape:
            x: (B, \*input_shape); returns (B, K).

        Raises:
            TypeError: x is no floating-point tensor.
            ValueError: x does not have the shape above, holds no sample, or a number that is not finite.
        """
        check_tensor(x, "x", shape=("B", *self.input_shape), floating=True, finite=True)
        require(len(x) > 0, "x must hold at least one sample; got none")
        return self._encode(x)

    def decode(self, z: Tensor) -> Tensor:
        r"""Return the decoder's outputs: logits for the loss "bernoulli", pixel values otherwise.

        Args:
            z: codes.

        Shape:
            z: (B, K); returns (B, \*input_shape).

        Raises:
            TypeError: z is no floating-point tensor.
            ValueError: z does not have the shape above.
        """
        check_tensor(z, "z", shape=("B", self.latent_dim), floating=True)
        return self._decode(z)

    def forward(self, x: Tensor) -> AEOutput:
        r"""Encode and decode.

        Args:
            x: samples.

        Shape:
            x: (B, \*input_shape).
        """
        z = self.encode(x)
        return AEOutput(self.decode(z), z)

    @torch.no_grad()
    def reconstruct(self, x: Tensor) -> Tensor:
        r"""Return g(f(x)) as pixel values, in evaluation mode and without gradients.

        Args:
            x: samples.

        Shape:
            x: (B, \*input_shape); returned with the same shape.
        """
        training = self.training
        self.eval()
        try:
            return pixels(self(x).outputs, self.likelihood)
        finally:
            self.train(training)

    def error(self, outputs: Tensor, x: Tensor) -> Tensor:
        r"""Return the reconstruction loss of each sample.

        Args:
            outputs: what ``decode`` returned.
            x: the samples that should have come out.

        Shape:
            outputs, x: (B, \*input_shape); returns (B,).

        Units:
            Summed over the entries of a sample.
        """
        return reconstruction_loss(outputs, x, loss=self.likelihood, delta=self.delta)

    def corrupt(self, x: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        r"""Return what the encoder sees in training: here x itself.

        Args:
            x: samples, never changed.
            generator: source of the noise, where there is one.

        Shape:
            x: (B, \*input_shape); returned with the same shape.
        """
        del generator
        return x

    def penalty(self, x: Tensor, output: AEOutput) -> Tensor:
        r"""Return what is added to the reconstruction loss, its weight included: here nothing.

        Args:
            x: the clean samples.
            output: the pass whose loss is taken.

        Shape:
            x: (B, \*input_shape); returns a scalar.
        """
        del x
        return output.z.new_zeros(())

    def loss(self, x: Tensor, *, generator: torch.Generator | None = None) -> AELoss:
        r"""Return the loss of a batch and its two terms.

        Args:
            x: clean samples; in [0, 1] for the loss "bernoulli".
            generator: source of the noise, for a model that corrupts its input.

        Shape:
            x: (B, \*input_shape).

        Units:
            Summed over the entries of a sample, averaged over the batch.

        Raises:
            TypeError: x is no floating-point tensor, or generator no torch.Generator.
            ValueError: x does not have the shape above, or is out of the loss's range.
        """
        if generator is not None:
            check_generator(generator)
        check_tensor(x, "x", shape=("B", *self.input_shape), floating=True, finite=True)
        output = self(self.corrupt(x, generator=generator))
        reconstruction = self.error(output.outputs, x).mean()
        penalty = self.penalty(x, output)
        return AELoss(reconstruction + penalty, reconstruction, penalty)

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again, plain values only: what a saved model holds.

        Raises:
            NotImplementedError: the model doesn't say.
        """
        raise NotImplementedError(f"{type(self).__name__} must override config")
