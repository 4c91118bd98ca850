"""The masked autoencoder: the encoder sees some patches of an image, the loss counts the others only."""

__all__ = ["MaskedAutoencoder", "patchify", "random_mask", "unpatchify"]

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from coursekit._check import check_generator, check_positive, check_positive_int, check_tensor, require
from coursekit.autoencoders.interface import AELoss, AEOutput, Autoencoder
from coursekit.autoencoders.losses import reconstruction_loss
from coursekit.dense import linear, mlp


def patchify(x: Tensor, patch: int) -> Tensor:
    """Cut images into square patches, row by row, each flattened channel by channel.

    Args:
        x: images.
        patch: side of a patch, a divisor of H and W.

    Shape:
        x: (B, C, H, W); returns (B, N, C * patch * patch) with N = (H / patch)(W / patch).

    Raises:
        ValueError: x is no batch of images, or patch does not divide both sides.

    Example:
        >>> patchify(torch.arange(16.0).reshape(1, 1, 4, 4), 2)[0, 1].tolist()
        [2.0, 3.0, 6.0, 7.0]
    """
    check_tensor(x, "x", shape=("B", "C", "H", "W"))
    batch, channels, *sides = x.shape
    rows, columns = _check_patch(sides, patch)
    cut = x.reshape(batch, channels, rows, patch, columns, patch)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(batch, rows * columns, -1)


def unpatchify(patches: Tensor, shape: Sequence[int], patch: int) -> Tensor:
    """Lay patches out as images again: the inverse of :func:`patchify`.

    Args:
        patches: rows of patches.
        shape: channels, height and width of an image.
        patch: side of a patch.

    Shape:
        patches: (B, N, C * patch * patch); returns (B, C, H, W).

    Raises:
        ValueError: patch does not divide both sides, or patches does not have the shape above.

    Example:
        >>> x = torch.rand(2, 3, 6, 4)
        >>> torch.equal(unpatchify(patchify(x, 2), (3, 6, 4), 2), x)
        True
    """
    channels, height, width = shape
    rows, columns = _check_patch((height, width), patch)
    check_tensor(patches, "patches", shape=("B", rows * columns, channels * patch * patch))
    cut = patches.reshape(patches.shape[0], rows, columns, channels, patch, patch)
    return cut.permute(0, 3, 1, 4, 2, 5).reshape(patches.shape[0], channels, height, width)


def random_mask(batch: int, patches: int, hidden: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Draw which patches are hidden: the same number in each row, every choice of them equally likely.

    Args:
        batch: B, the number of rows.
        patches: N, the patches of an image.
        hidden: how many of them are hidden, from 1 to N - 1.
        generator: source of the draws; torch's default generator when None.

    Shape:
        Returns (B, N), boolean, True where a patch is hidden.

    Raises:
        TypeError: a count is no int, or generator no torch.Generator.
        ValueError: a count is out of range.

    Source:
        He et al. 2022, section 3 ("Masking").

    Example:
        >>> random_mask(3, 8, 6, generator=torch.Generator().manual_seed(0)).sum(1).tolist()
        [6, 6, 6]
    """
    check_positive_int(batch, "batch")
    check_positive_int(patches, "patches", minimum=2)
    check_positive_int(hidden, "hidden")
    require(hidden < patches, f"hidden must leave one of {patches} patches visible; got {hidden}")
    if generator is not None:
        check_generator(generator)
    # Of random keys in a row, the places of the smallest are a uniform choice (doubles: ties do not occur).
    keys = torch.rand(batch, patches, generator=generator, dtype=torch.float64)
    return torch.zeros(batch, patches, dtype=torch.bool).scatter(1, keys.argsort(1)[:, :hidden], True)


def _check_patch(sides: Sequence[int], patch: int) -> tuple[int, int]:
    """Return how many patches fit along either side."""
    check_positive_int(patch, "patch")
    height, width = sides
    require(
        height % patch == 0 == width % patch, f"patch must divide both sides {height} x {width}; got {patch}"
    )
    return height // patch, width // patch


class MaskedAutoencoder(Autoencoder):
    r"""An autoencoder that learns to paint in hidden patches from the visible ones.

    .. math:: z = A \, \frac{1}{|V|} \sum_{j \in V} h(p_j, j) + a, \qquad
              J = \frac1B \sum_b \sum_{j \notin V_b} \ell(g(z_b, j), p_{b, j})

    :math:`p_j` is patch j, :math:`V` the visible ones. Encoder :math:`h` and decoder :math:`g` are dense and
    learn of a patch's place by a one-hot row; the mean makes a code out of any number of patches. The paper
    has transformers and no single code; what is hidden from whom is the same. ``encode`` sees every patch
    unless told otherwise.

    Args:
        input_shape: channels, height and width of an image.
        hidden_dims: widths of the encoder's layers for a patch, one or more; the decoder has them in reverse.
        latent_dim: K, the width of the code.
        patch: side of a patch, a divisor of both sides of the image.
        mask_ratio: share of hidden patches in training, rounded to whole patches.
        loss: "squared", "bernoulli", "absolute" or "huber".
        delta: where Huber's loss turns from a square into a line.
        activation: one of :func:`coursekit.dense.activations`, between the layers.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, C, H, W) to outputs (B, C, H, W) and z (B, K).

    Raises:
        ValueError: a size is no positive integer or does not fit, an option is unknown, or the share hides no
            patch, or all.

    Source:
        He et al. 2022, section 3; the mean over a set is that of Zaheer et al. 2017.

    Example:
        >>> model = MaskedAutoencoder((1, 8, 8), [32], 8, patch=2, mask_ratio=0.75)
        >>> model.patches, model.hidden
        (16, 12)
    """

    def __init__(
        self, input_shape: Sequence[int], hidden_dims: Sequence[int], latent_dim: int, *,
        patch: int = 4, mask_ratio: float = 0.75, loss: str = "squared", delta: float = 1.0,
        activation: str = "relu", generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__(input_shape, latent_dim, loss=loss, delta=delta)
        require(len(self.input_shape) == 3, f"input_shape must be (C, H, W); got {self.input_shape}")
        require(len(hidden_dims) > 0, "hidden_dims must hold at least one width; got none")
        rows, columns = _check_patch(self.input_shape[1:], patch)
        self.patch, self.mask_ratio = patch, check_positive(mask_ratio, "mask_ratio")
        self.patches, self.hidden = rows * columns, round(mask_ratio * rows * columns)
        require(
            0 < self.hidden < self.patches,
            f"mask_ratio must hide 1 to {self.patches - 1} of {self.patches} patches; "
            f"got {self.hidden} from {mask_ratio}",
        )
        self.hidden_dims, self.activation = tuple(hidden_dims), activation
        entries = self.input_shape[0] * patch * patch
        self.encoder = mlp([entries + self.patches, *hidden_dims], activation=activation, last=True)
        self.head = linear(hidden_dims[-1], latent_dim)
        self.decoder = mlp(
            [latent_dim + self.patches, *reversed(hidden_dims), entries], activation=activation
        )
        self.places = nn.Buffer(torch.eye(self.patches), persistent=False)
        self.reset_parameters(generator=generator)

    def draw_mask(self, batch: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw which patches of a batch are hidden.

        Args:
            batch: B, the number of rows.
            generator: source of the draws; torch's default generator when None.

        Shape:
            Returns (B, N), boolean, True where a patch is hidden.
        """
        return random_mask(batch, self.patches, self.hidden, generator=generator).to(self.places.device)

    def _check_mask(self, mask: Tensor, batch: int) -> Tensor:
        check_tensor(mask, "mask", shape=(batch, self.patches))
        if mask.dtype != torch.bool:
            raise TypeError(f"mask must be boolean, True where a patch is hidden; got {mask.dtype}")
        least, most = (int(count) for count in mask.sum(1).aminmax())
        require(least == most, f"mask must hide as many patches in each row; got {least} to {most}")
        require(most < self.patches, f"mask must leave one of {self.patches} patches visible; got none")
        return mask

    def encode(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the codes of x, made from its visible patches; hidden ones may hold anything, NaN too.

        Args:
            x: samples.
            mask: True where a patch is hidden, as many in each row; None shows all of them.

        Shape:
            x: (B, C, H, W); mask: (B, N); returns (B, K).

        Raises:
            TypeError: x is no floating-point tensor, or mask no boolean one.
            ValueError: a shape differs, x is empty, a visible number not finite, or the mask uneven or full.
        """
        check_tensor(x, "x", shape=("B", *self.input_shape), floating=True)
        batch = x.shape[0]  # len(x) would be a constant in an exported graph, which cannot check values
        require(batch > 0, "x must hold at least one sample; got none")
        tokens = torch.cat([patchify(x, self.patch), self.places.expand(batch, -1, -1)], dim=-1)
        if mask is not None:
            # Left out, not set to zero: nothing hidden reaches a layer.
            visible = ~self._check_mask(mask, batch)
            tokens = tokens[visible].reshape(batch, -1, tokens.shape[2])
        if not torch.compiler.is_compiling():
            check_tensor(tokens, "x in its visible patches", finite=True)
        z: Tensor = self.head(self.encoder(tokens).mean(1))
        return z

    def _decode(self, z: Tensor) -> Tensor:
        pairs = [z.unsqueeze(1).expand(-1, self.patches, -1), self.places.expand(z.shape[0], -1, -1)]
        return unpatchify(self.decoder(torch.cat(pairs, dim=-1)), self.input_shape, self.patch)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> AEOutput:
        """Encode the visible patches and decode all of them.

        Args:
            x: samples.
            mask: True where a patch is hidden; None shows all of them.

        Shape:
            x: (B, C, H, W); mask: (B, N).
        """
        z = self.encode(x, mask)
        return AEOutput(self.decode(z), z)

    def masked_error(self, outputs: Tensor, x: Tensor, mask: Tensor) -> Tensor:
        """Return the reconstruction loss of each sample over its hidden patches.

        Args:
            outputs: what ``decode`` returned.
            x: the samples that should have come out.
            mask: True where a patch is hidden, as many in each row.

        Shape:
            outputs, x: (B, C, H, W); mask: (B, N); returns (B,).

        Units:
            Summed over the pixels of the hidden patches.

        Raises:
            TypeError, ValueError: as :meth:`encode`, or the mask hides nothing.
        """
        check_tensor(x, "x", shape=("B", *self.input_shape), floating=True)
        check_tensor(outputs, "outputs", shape=tuple(x.shape), floating=True)
        hides = bool(self._check_mask(mask, len(x)).any())
        require(hides, "mask must hide at least one patch; got none hidden")
        seen, wanted = (patchify(images, self.patch)[mask].reshape(len(x), -1) for images in (outputs, x))
        return reconstruction_loss(seen, wanted, loss=self.likelihood, delta=self.delta)

    def loss(self, x: Tensor, *, generator: torch.Generator | None = None) -> AELoss:
        """Return the loss of a batch over patches that are drawn and hidden from the encoder, and its terms.

        Args:
            x: samples; in [0, 1] for the loss "bernoulli".
            generator: source of the masks; torch's default generator when None.

        Shape:
            x: (B, C, H, W).

        Units:
            Summed over the pixels of a sample's hidden patches, averaged over the batch.

        Raises:
            TypeError, ValueError: as :meth:`encode`, where hidden numbers count too.
        """
        check_tensor(x, "x", shape=("B", *self.input_shape), floating=True, finite=True)
        require(len(x) > 0, "x must hold at least one sample; got none")
        mask = self.draw_mask(len(x), generator=generator)
        output = self(self.corrupt(x, generator=generator), mask)
        reconstruction = self.masked_error(output.outputs, x, mask).mean()
        penalty = self.penalty(x, output)
        return AELoss(reconstruction + penalty, reconstruction, penalty)

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again, plain values only."""
        return {
            "input_shape": list(self.input_shape),
            "hidden_dims": list(self.hidden_dims),
            "latent_dim": self.latent_dim,
            "patch": self.patch,
            "mask_ratio": self.mask_ratio,
            "loss": self.likelihood,
            "delta": self.delta,
            "activation": self.activation,
        }
