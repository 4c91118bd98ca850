"""The sequence autoencoder: a recurrent encoder to one code, and back; padding never counts."""

__all__ = ["SequenceAutoencoder", "gru_step", "valid_steps"]

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from coursekit._check import check_choice, check_generator, check_positive_int, check_tensor, require
from coursekit.autoencoders.interface import AELoss, AEOutput, Autoencoder
from coursekit.autoencoders.losses import pixels, reconstruction_loss
from coursekit.dense import linear

_CELLS: dict[str, type[nn.GRU] | type[nn.LSTM]] = {"gru": nn.GRU, "lstm": nn.LSTM}


def gru_step(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b_x: Tensor, b_h: Tensor) -> Tensor:
    r"""Return the next state of a gated recurrent unit.

    .. math:: r = \sigma(W_r x + U_r h + b_r), \; u = \sigma(W_u x + U_u h + b_u), \;
              n = \tanh(W_n x + b_n + r \odot (U_n h + c_n)), \; h' = (1 - u) \odot n + u \odot h

    :math:`r` is the reset gate, :math:`u` the update gate, :math:`n` the proposal; the gates' two biases add
    up, the proposal's :math:`c_n` stands inside the reset. The three parts lie in the order r, u, n.

    Args:
        x: inputs of this step.
        h: states before it.
        w_x: weights of the inputs.
        w_h: weights of the states.
        b_x: biases beside the inputs.
        b_h: biases beside the states.

    Shape:
        x: (B, D); h: (B, H); w_x: (3H, D); w_h: (3H, H); b_x, b_h: (3H,); returns (B, H).

    Raises:
        ValueError: a shape differs from those above.

    Source:
        Cho et al. 2014, equations (5) to (8), with the reset after the product, as in ``torch.nn.GRU``.

    Example:
        >>> zeros = torch.zeros(6, 2), torch.zeros(6, 2), torch.zeros(6), torch.zeros(6)
        >>> gru_step(torch.ones(1, 2), torch.ones(1, 2), *zeros).tolist()
        [[0.5, 0.5]]
    """
    inputs, width = check_tensor(x, "x", ndim=2).shape[1], check_tensor(h, "h", ndim=2).shape[1]
    check_tensor(h, "h", shape=(len(x), width))
    check_tensor(w_x, "w_x", shape=(3 * width, inputs))
    check_tensor(w_h, "w_h", shape=(3 * width, width))
    check_tensor(b_x, "b_x", shape=(3 * width,))
    check_tensor(b_h, "b_h", shape=(3 * width,))
    reset_x, update_x, propose_x = (x @ w_x.T + b_x).chunk(3, dim=1)
    reset_h, update_h, propose_h = (h @ w_h.T + b_h).chunk(3, dim=1)
    update = torch.sigmoid(update_x + update_h)
    proposal = torch.tanh(propose_x + torch.sigmoid(reset_x + reset_h) * propose_h)
    return (1 - update) * proposal + update * h


def valid_steps(lengths: Tensor, steps: int) -> Tensor:
    """Tell which steps of padded sequences are real.

    Args:
        lengths: real steps of each sequence, from 1 to ``steps``.
        steps: T, the steps of the padded batch.

    Shape:
        lengths: (B,); returns (B, T), boolean.

    Raises:
        TypeError: lengths is no tensor of integers.
        ValueError: lengths is not (B,), or one is out of range.

    Example:
        >>> valid_steps(torch.tensor([2, 3]), 3).tolist()
        [[True, True, False], [True, True, True]]
    """
    check_tensor(lengths, "lengths", shape=("B",))
    if lengths.dtype not in (torch.int64, torch.int32):
        raise TypeError(f"lengths must hold integers such as torch.int64; got {lengths.dtype}")
    require(len(lengths) > 0, "lengths must hold at least one sequence; got none")
    low, high = (int(value) for value in lengths.aminmax())
    require(low >= 1 and high <= steps, f"lengths must lie in 1 to {steps}; got {low} to {high}")
    return torch.arange(steps, device=lengths.device) < lengths.unsqueeze(1)


class SequenceAutoencoder(Autoencoder):
    r"""A recurrent autoencoder: the encoder's last state makes the code, the decoder reads it at each step.

    .. math:: h_t = \mathrm{cell}(x_t, h_{t-1}), \quad z = A h_{\text{length}} + a, \qquad
              g_t = \mathrm{cell}(z, g_{t-1}), \quad \hat x_t = C g_t + c

    What stands behind a sequence's length is never read: it may hold anything, and outputs are zero there.

    Args:
        input_shape: T and D: the steps that ``decode`` returns unless told otherwise, the entries of a step.
        hidden_dims: widths of the encoder's recurrent layers, one or more; the decoder has them in reverse.
        latent_dim: K, the width of the code.
        cell: "gru" or "lstm".
        loss: "squared", "bernoulli", "absolute" or "huber".
        delta: where Huber's loss turns from a square into a line.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, T, D) and lengths (B,) to outputs (B, T, D) and z (B, K); T may be any here.

    Raises:
        ValueError: a size is no positive integer, or an option is unknown.

    Source:
        Srivastava, Mansimov & Salakhutdinov 2015, section 2.2, with the code as every step's input.

    Example:
        >>> model, x = SequenceAutoencoder((5, 2), [8], 3), torch.zeros(2, 5, 2)
        >>> model(x, torch.tensor([5, 2])).z.shape
        torch.Size([2, 3])
    """

    def __init__(
        self, input_shape: Sequence[int], hidden_dims: Sequence[int], latent_dim: int, *,
        cell: str = "gru", loss: str = "squared", delta: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__(input_shape, latent_dim, loss=loss, delta=delta)
        require(len(self.input_shape) == 2, f"input_shape must be (T, D); got {self.input_shape}")
        require(len(hidden_dims) > 0, "hidden_dims must hold at least one width; got none")
        for width in hidden_dims:
            check_positive_int(width, "each of hidden_dims")
        self.hidden_dims, self.cell = tuple(hidden_dims), check_choice(cell, "cell", tuple(_CELLS))
        entries = self.input_shape[1]
        self.encoder = self._layers([entries, *self.hidden_dims])
        self.head = linear(self.hidden_dims[-1], latent_dim)
        self.decoder = self._layers([latent_dim, *reversed(self.hidden_dims)])
        self.tail = linear(self.hidden_dims[0], entries)
        self.reset_parameters(generator=generator)

    def _layers(self, widths: Sequence[int]) -> nn.ModuleList:
        cell, pairs = _CELLS[self.cell], itertools.pairwise(widths)
        layers = (cell(inputs, outputs, batch_first=True, device="meta") for inputs, outputs in pairs)
        return nn.ModuleList(layer.to_empty(device="cpu") for layer in layers)

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """Draw all weights again, those of the recurrent layers from U(-n^(-1/2), n^(-1/2)), n their width.

        Args:
            generator: source of the draws; torch's default generator when None.
        """
        super().reset_parameters(generator=generator)
        for layer in (*self.encoder, *self.decoder):
            for parameter in layer.parameters():
                bound = float(layer.hidden_size) ** -0.5
                nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def _check(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the lengths and which steps are real, having checked x there."""
        check_tensor(x, "x", shape=("B", "T", self.input_shape[1]), floating=True)
        require(x.shape[0] > 0 < x.shape[1], f"x must hold at least one step; got shape {tuple(x.shape)}")
        if lengths is None:
            lengths = torch.full((len(x),), x.shape[1], device=x.device)
        check_tensor(lengths, "lengths", shape=(len(x),))
        valid = valid_steps(lengths, x.shape[1])
        check_tensor(x[valid], "x in its real steps", finite=True)
        return lengths, valid

    def encode(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the codes of x.

        Args:
            x: padded sequences.
            lengths: real steps of each; None says that all are.

        Shape:
            x: (B, T, D); lengths: (B,); returns (B, K).

        Raises:
            TypeError, ValueError: x or lengths is no tensor of its kind, or a length or a real step is wrong.
        """
        lengths, _ = self._check(x, lengths)
        hidden = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        for layer in self.encoder:
            hidden, state = layer(hidden)
        last = state[0] if self.cell == "lstm" else state
        z: Tensor = self.head(last[-1])
        return z

    def decode(self, z: Tensor, steps: int | None = None) -> Tensor:
        """Return the decoder's outputs; a step does not depend on how many come after it.

        Args:
            z: codes.
            steps: how many to draw; T of ``input_shape`` when None.

        Shape:
            z: (B, K); returns (B, steps, D).

        Raises:
            TypeError, ValueError: z is no floating-point tensor of the shape above, or steps below 1.
        """
        check_tensor(z, "z", shape=("B", self.latent_dim), floating=True)
        count = self.input_shape[0] if steps is None else check_positive_int(steps, "steps")
        hidden = z.unsqueeze(1).expand(-1, count, -1)
        for layer in self.decoder:
            hidden, _ = layer(hidden)
        outputs: Tensor = self.tail(hidden)
        return outputs

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> AEOutput:
        """Encode and decode; outputs are zero behind a sequence's length.

        Args:
            x: padded sequences.
            lengths: real steps of each; None says that all are.

        Shape:
            x: (B, T, D); lengths: (B,).
        """
        z = self.encode(x, lengths)
        outputs = self.decode(z, x.shape[1])
        if lengths is not None:
            outputs = outputs.masked_fill(~valid_steps(lengths, x.shape[1]).unsqueeze(2), 0.0)
        return AEOutput(outputs, z)

    @torch.no_grad()
    def reconstruct(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return g(f(x)), zero behind a sequence's length.

        Args:
            x: padded sequences.
            lengths: real steps of each; None says that all are.

        Shape:
            x: (B, T, D); lengths: (B,); returns (B, T, D).
        """
        _, valid = self._check(x, lengths)
        return pixels(self(x, lengths).outputs, self.likelihood).masked_fill(~valid.unsqueeze(2), 0.0)

    def error(self, outputs: Tensor, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the reconstruction loss of each sample over its real steps.

        Args:
            outputs: what ``decode`` returned.
            x: the samples that should have come out.
            lengths: real steps of each; None says that all are.

        Shape:
            outputs, x: (B, T, D); lengths: (B,); returns (B,).

        Units:
            Summed over the entries of a sample's real steps.

        Raises:
            TypeError, ValueError: as :meth:`encode`, and where the shape of outputs is not that of x.
        """
        _, valid = self._check(x, lengths)
        check_tensor(outputs, "outputs", shape=tuple(x.shape), floating=True)
        steps = reconstruction_loss(outputs[valid], x[valid], loss=self.likelihood, delta=self.delta)
        return steps.new_zeros(len(x)).index_add(0, valid.nonzero()[:, 0], steps)

    def loss(
        self, x: Tensor, lengths: Tensor | None = None, *, generator: torch.Generator | None = None
    ) -> AELoss:
        """Return the loss of a batch and its two terms.

        Args:
            x: padded sequences; in [0, 1] in their real steps for the loss "bernoulli".
            lengths: real steps of each; None says that all are.
            generator: source of the noise, for a model that corrupts its input.

        Shape:
            x: (B, T, D); lengths: (B,).

        Units:
            Summed over the entries of a sample's real steps, averaged over the batch.

        Raises:
            TypeError, ValueError: as :meth:`encode`, and where x is out of the loss's range.
        """
        if generator is not None:
            check_generator(generator)
        output = self(self.corrupt(x, generator=generator), lengths)
        reconstruction = self.error(output.outputs, x, lengths).mean()
        penalty = self.penalty(x, output)
        return AELoss(reconstruction + penalty, reconstruction, penalty)

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again, plain values only."""
        return {
            "input_shape": list(self.input_shape),
            "hidden_dims": list(self.hidden_dims),
            "latent_dim": self.latent_dim,
            "cell": self.cell,
            "loss": self.likelihood,
            "delta": self.delta,
        }
