"""The sequence autoencoder: padding counts for nothing, and its cells equal torch's and NumPy's."""

import numpy as np
import pytest
import torch
from torch import nn

from coursekit.autoencoders.sequence import SequenceAutoencoder, gru_step, valid_steps

LENGTHS = torch.tensor([3, 7, 1, 5])


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=seeded(seed), dtype=torch.float64)


def make(cell: str = "gru", loss: str = "squared") -> SequenceAutoencoder:
    return SequenceAutoencoder((7, 2), [6, 5], 3, cell=cell, loss=loss, generator=seeded()).double()


CELLS = pytest.mark.parametrize("cell", ["gru", "lstm"])


# The cell


def test_gru_step_equals_torchs_cell_with_gradients() -> None:
    cell = nn.GRUCell(4, 3).double()
    weights = (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
    x, h = draw(5, 4).requires_grad_(), draw(5, 3, seed=1).requires_grad_()
    mine, twin = gru_step(x, h, *weights), cell(x, h)
    torch.testing.assert_close(mine, twin, rtol=1e-12, atol=1e-14)
    probe = draw(5, 3, seed=2)
    for a, b in zip(
        torch.autograd.grad((mine * probe).sum(), (x, h, *weights)),
        torch.autograd.grad((twin * probe).sum(), (x, h, *weights)),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-13)


def test_gru_step_holds_its_state_at_the_gates_limits() -> None:
    # Update gate 1: the state stays. Update gate 0, reset gate 0: the proposal forgets the state.
    w = torch.zeros(3, 1, dtype=torch.float64)
    h, x = torch.full((1, 1), 0.7, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    zero = torch.zeros(3, dtype=torch.float64)
    stay, forget = (zero.new_tensor(biases) for biases in ([0.0, 800.0, 0.3], [-800.0, -800.0, 0.3]))
    assert gru_step(x, h, w, w, stay, zero).item() == 0.7
    forgets = gru_step(x, h, w, w + 5, forget, zero).item()
    assert forgets == pytest.approx(np.tanh(0.3), abs=1e-15)


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def run_numpy(layer: nn.Module, rows: np.ndarray) -> np.ndarray:
    """Run one recurrent layer over one sequence (T, D) in NumPy; return its states (T, H)."""
    w_x, w_h, b_x, b_h = (p.detach().numpy() for p in layer.parameters())
    width = w_h.shape[1]
    h, c, states = np.zeros(width), np.zeros(width), []
    for row in rows:
        a, b = w_x @ row + b_x, w_h @ h + b_h
        if isinstance(layer, nn.LSTM):
            i, f, g, o = np.split(a + b, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        else:
            (ar, au, an), (br, bu, bn) = np.split(a, 3), np.split(b, 3)
            u = sigmoid(au + bu)
            h = (1 - u) * np.tanh(an + sigmoid(ar + br) * bn) + u * h
        states.append(h)
    return np.stack(states)


@CELLS
def test_the_model_equals_a_numpy_loop_over_each_sequence_without_padding(cell: str) -> None:
    model, x = make(cell), draw(4, 7, 2)
    outputs, z = model(x, LENGTHS)
    total = 0.0
    for b, length in enumerate(LENGTHS.tolist()):
        rows = x[b, :length].numpy()
        for layer in model.encoder:
            rows = run_numpy(layer, rows)
        code = model.head.weight.detach().numpy() @ rows[-1] + model.head.bias.detach().numpy()
        np.testing.assert_allclose(z[b].detach().numpy(), code, rtol=1e-10, atol=1e-13)
        rows = np.tile(code, (length, 1))
        for layer in model.decoder:
            rows = run_numpy(layer, rows)
        out = rows @ model.tail.weight.detach().numpy().T + model.tail.bias.detach().numpy()
        np.testing.assert_allclose(outputs[b, :length].detach().numpy(), out, rtol=1e-10, atol=1e-13)
        assert (outputs[b, length:] == 0).all()
        total += ((out - x[b, :length].numpy()) ** 2).sum()
    assert model.loss(x, LENGTHS).loss.item() == pytest.approx(total / 4, rel=1e-12)


def test_the_stack_equals_one_torch_gru_of_two_layers() -> None:
    model = SequenceAutoencoder((7, 2), [5, 5], 3, generator=seeded()).double()
    twin = nn.GRU(2, 5, num_layers=2, batch_first=True).double()
    for number, layer in enumerate(model.encoder):
        for name, value in layer.named_parameters():
            getattr(twin, name.replace("l0", f"l{number}")).data = value.data
    x = draw(4, 7, 2)
    _, state = twin(x)
    torch.testing.assert_close(model.encode(x), model.head(state[-1]), rtol=1e-12, atol=1e-14)


# Padding


@CELLS
@pytest.mark.parametrize("loss", ["squared", "bernoulli", "huber"])
def test_padding_may_be_permuted_replaced_or_extended(cell: str, loss: str) -> None:
    model, x = make(cell, loss), draw(4, 7, 2)
    valid = valid_steps(LENGTHS, 7).unsqueeze(2)
    error = model.error(model(x, LENGTHS).outputs, x, LENGTHS)
    permuted = torch.where(valid, x, x.flip(1)[:, torch.randperm(7, generator=seeded(3))])
    poisoned = x.masked_fill(~valid, torch.nan)
    extended = torch.cat([poisoned, torch.full((4, 5, 2), -1e9, dtype=torch.float64)], 1)
    for other in (permuted, poisoned, extended):
        outputs, z = model(other, LENGTHS)
        torch.testing.assert_close(z, model.encode(x, LENGTHS), rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(outputs[:, :7], model(x, LENGTHS).outputs, rtol=1e-12, atol=1e-14)
        assert (outputs[:, 7:] == 0).all()
        torch.testing.assert_close(model.error(outputs, other, LENGTHS), error, rtol=1e-12, atol=0)
        torch.testing.assert_close(model.loss(other, LENGTHS).loss, error.mean(), rtol=1e-12, atol=0)
        torch.testing.assert_close(
            model.reconstruct(other, LENGTHS)[:, :7], model.reconstruct(x, LENGTHS), rtol=1e-12, atol=1e-14
        )


@CELLS
def test_gradients_do_not_know_the_padding_either(cell: str) -> None:
    model, x = make(cell), draw(4, 7, 2)
    poisoned = x.masked_fill(~valid_steps(LENGTHS, 7).unsqueeze(2), torch.nan)
    clean = torch.autograd.grad(model.loss(x, LENGTHS).loss, list(model.parameters()))
    dirty = torch.autograd.grad(model.loss(poisoned, LENGTHS).loss, list(model.parameters()))
    for a, b in zip(clean, dirty, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-13)
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(model.loss(x, LENGTHS).loss, x)
    padding = ~valid_steps(LENGTHS, 7)
    assert (gradient[padding] == 0).all()
    assert (gradient[~padding] != 0).all()


@CELLS
def test_a_padded_batch_equals_its_sequences_one_by_one(cell: str) -> None:
    model, x = make(cell), draw(4, 7, 2)
    outputs, z = model(x, LENGTHS)
    errors = model.error(outputs, x, LENGTHS)
    for b, length in enumerate(LENGTHS.tolist()):
        alone = x[b : b + 1, :length]
        torch.testing.assert_close(model(alone).z[0], z[b], rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(model(alone).outputs[0], outputs[b, :length], rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(model.loss(alone).loss, errors[b], rtol=1e-12, atol=0)


def test_reconstructions_are_zero_behind_the_length_even_as_probabilities() -> None:
    model, x = make(loss="bernoulli"), draw(4, 7, 2)
    result = model.reconstruct(x, LENGTHS)
    valid = valid_steps(LENGTHS, 7)
    assert (result[~valid] == 0).all()
    torch.testing.assert_close(result[valid], torch.sigmoid(model(x, LENGTHS).outputs)[valid])


def test_decode_draws_as_many_steps_as_asked_and_later_ones_change_nothing() -> None:
    model, z = make(), draw(2, 3)
    assert model.decode(z).shape == (2, 7, 2)
    torch.testing.assert_close(model.decode(z, 4), model.decode(z, 9)[:, :4], rtol=1e-12, atol=1e-14)


# The start, the errors


@CELLS
def test_weights_come_from_the_generator_alone_and_span_torchs_range(cell: str) -> None:
    before = torch.get_rng_state()
    model = SequenceAutoencoder((7, 2), [60], 3, cell=cell, generator=seeded(1))
    again = SequenceAutoencoder(**model.config(), generator=seeded(1))
    assert torch.equal(before, torch.get_rng_state())
    assert again.config() == model.config()
    for a, b in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
    # Torch's rule: all of a recurrent layer from U(-b, b), b = 60^(-1/2); 10,800 draws or more.
    w = model.encoder[0].weight_hh_l0
    assert 0.99 * 60**-0.5 < w.abs().max() <= 60**-0.5
    assert abs(w.double().var().item() * 3 * 60 - 1) < 0.05


def test_lengths_and_inputs_are_left_alone() -> None:
    model, x, lengths = make(), draw(4, 7, 2), LENGTHS.clone()
    kept = x.clone()
    model.loss(x, lengths)
    model.reconstruct(x, lengths)
    assert torch.equal(x, kept)
    assert torch.equal(lengths, LENGTHS)


def test_bad_arguments() -> None:
    model, x = make(), draw(4, 7, 2)
    with pytest.raises(ValueError, match=r"lengths must lie in 1 to 7; got 0 to 5"):
        model(x, torch.tensor([3, 0, 1, 5]))
    with pytest.raises(ValueError, match=r"lengths must lie in 1 to 7; got 1 to 8"):
        model.loss(x, torch.tensor([3, 8, 1, 5]))
    with pytest.raises(ValueError, match=r"lengths must have shape \(4,\); got \(3,\)"):
        model(x, torch.tensor([3, 1, 5]))
    with pytest.raises(TypeError, match=r"lengths must hold integers such as torch.int64; got torch.float32"):
        model(x, torch.tensor([3.0, 1.0, 5.0, 2.0]))
    with pytest.raises(ValueError, match=r"x must have shape \(B, T, 2\); got \(4, 7, 3\)"):
        model(draw(4, 7, 3))
    with pytest.raises(ValueError, match=r"x must hold at least one step; got shape \(0, 7, 2\)"):
        model(x[:0])
    with pytest.raises(ValueError, match=r"x in its real steps must be finite; got 2 NaN"):
        model(x.index_fill(1, torch.tensor([0]), torch.nan)[:1])
    with pytest.raises(
        ValueError, match=r"cell must be one of gru, lstm; got 'gruu' \(did you mean 'gru'\?\)"
    ):
        SequenceAutoencoder((7, 2), [4], 3, cell="gruu")
    with pytest.raises(ValueError, match=r"input_shape must be \(T, D\); got \(7,\)"):
        SequenceAutoencoder((7,), [4], 3)
    with pytest.raises(ValueError, match=r"hidden_dims must hold at least one width; got none"):
        SequenceAutoencoder((7, 2), [], 3)
    with pytest.raises(ValueError, match=r"w_h must have shape \(9, 3\); got \(6, 3\)"):
        gru_step(draw(1, 2), draw(1, 3), draw(9, 2), draw(6, 3), draw(9), draw(9))


@pytest.mark.slow
def test_it_learns_a_frequency() -> None:
    # A sine a sequence: the code must carry its frequency, or the error stays at the mean's.
    for seed in range(5):
        draws = seeded(seed)
        time = torch.arange(8.0)
        x = torch.sin(torch.rand(128, 1, generator=draws) * time + 1).unsqueeze(2)
        lengths = torch.randint(3, 9, (128,), generator=draws)
        model = SequenceAutoencoder((8, 1), [16], 2, generator=draws)
        valid = valid_steps(lengths, 8)
        mean = torch.stack([x[valid[:, t], t].mean(0) for t in range(8)])
        start = model.error(mean.expand_as(x), x, lengths).mean().item()
        optimizer = torch.optim.Adam(model.parameters(), 1e-2)
        for _ in range(150):
            optimizer.zero_grad()
            model.loss(x, lengths).loss.backward()
            optimizer.step()
        assert model.loss(x, lengths).loss.item() < 0.3 * start
