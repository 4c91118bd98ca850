"""Pruned models against what they must keep: the zeros counted, the shapes, and the function itself."""

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from coursekit.autoencoders import DenseAutoencoder, load_model, save_model
from coursekit.dense import activations, mlp, reset_weights
from coursekit.ship import model_bytes, prune_neurons, prune_weights, zero_fraction
from tests.ship import toy


def _net(*sizes: int, activation: str = "relu") -> nn.Sequential:
    net = mlp(sizes, activation=activation)
    reset_weights(net, generator=toy.generator())
    return net.double()


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.7, 0.99])
def test_smallest_weights_go_and_the_rest_stay(fraction: float) -> None:
    model = toy.model()
    pruned = prune_weights(model, fraction)
    old = torch.cat([m.weight.flatten() for m in model.modules() if isinstance(m, nn.Linear)])
    new = torch.cat([m.weight.flatten() for m in pruned.modules() if isinstance(m, nn.Linear)])
    gone = math.floor(round(fraction * len(old), 9))
    assert int((new == 0).sum()) == gone
    assert zero_fraction(pruned) == gone / len(old)
    assert zero_fraction(model) == 0.0
    assert torch.equal(new[new != 0], old[new != 0])
    if gone:
        assert old[new == 0].abs().max() <= old[new != 0].abs().min()
    # The shape of the file does not know: unstructured zeros save nothing by themselves.
    assert abs(model_bytes(pruned) - model_bytes(model)) <= 64


def test_tied_weight_is_pruned_once_and_stays_tied() -> None:
    model = DenseAutoencoder(6, [], 3, tied=True, generator=toy.generator())
    pruned = prune_weights(model, 0.5)
    assert isinstance(pruned, DenseAutoencoder)
    assert torch.equal(pruned.decoder[0].weight, pruned.encoder[0].weight.T)
    assert zero_fraction(pruned) == 0.5


def _silence(layer: nn.Module, neurons: list[int], bias: float) -> None:
    """Cut the incoming weights of some neurons: each then has one constant value."""
    with torch.no_grad():
        layer.weight[neurons] = 0.0  # type: ignore[index, operator]
        layer.bias[neurons] = bias  # type: ignore[index, operator]


@pytest.mark.parametrize("samples", [False, True])
@pytest.mark.parametrize("activation", activations())
def test_neurons_without_input_go_without_a_trace(activation: str, samples: bool) -> None:
    """The sigmoid of a silent neuron is one half, not zero: its share must move into the next bias."""
    net = _net(4, 6, 8, 3, activation=activation)
    _silence(net[0], [1, 4, 5], 0.7)
    _silence(net[2], [0, 2, 3, 7], -0.4)
    x = toy.data(30, 4, seed=2) - 0.5
    small = prune_neurons(net, 0.5, x=x[:10] if samples else None)
    assert [m.weight.shape for m in small.modules() if isinstance(m, nn.Linear)] == [(3, 4), (4, 3), (3, 4)]
    torch.testing.assert_close(small(x), net(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("samples", [False, True])
def test_neurons_without_output_go_without_a_trace(samples: bool) -> None:
    net = _net(4, 6, 3, activation="tanh")
    with torch.no_grad():
        net[2].weight[:, [0, 3]] = 0.0  # type: ignore[index, operator]
    x = toy.data(30, 4, seed=2)
    small = prune_neurons(net, 0.34, x=x if samples else None)
    torch.testing.assert_close(small(x), net(x), rtol=1e-12, atol=1e-12)
    assert torch.equal(small[0].weight, net[0].weight[[1, 2, 4, 5]])  # type: ignore[index, operator]


def test_dead_neurons_of_the_data_are_seen_with_samples_only() -> None:
    net = _net(4, 6, 3)
    with torch.no_grad():
        net[0].bias[[2, 5]] = -50.0  # type: ignore[index, operator]
    x = toy.data(30, 4, seed=2)
    torch.testing.assert_close(prune_neurons(net, 0.34, x=x)(x), net(x), rtol=1e-12, atol=1e-12)
    assert (prune_neurons(net, 0.34)(x) - net(x)).abs().max() > 1e-3


def test_samples_leave_the_mean_output_where_it_was() -> None:
    """The mean of a linear layer's outputs is kept exactly: what is removed is replaced by its mean."""
    net = _net(4, 10, 3, activation="sigmoid")
    x = toy.data(50, 4, seed=2)
    small = prune_neurons(net, 0.5, x=x)
    torch.testing.assert_close(small(x).mean(0), net(x).mean(0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("options", [
    {}, {"tied": True}, {"bias": False, "activation": "tanh"}, {"batch_norm": True, "dropout": 0.3},
    {"bias": False, "tied": True, "activation": "sigmoid"}, {"bias": False, "batch_norm": True},
])  # fmt: skip
def test_autoencoder_shrinks_and_can_be_saved(tmp_path: Path, options: dict[str, object]) -> None:
    model, x = toy.model(**options), toy.data(40, 1, 2, 3)
    if options.get("batch_norm"):
        model.train()
        model(x)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    whole = prune_neurons(model, 0.0)
    torch.testing.assert_close(whole.reconstruct(x), model.reconstruct(x), rtol=1e-10, atol=1e-10)  # type: ignore[operator]
    small = prune_neurons(model, 0.5, x=x)
    assert isinstance(small, DenseAutoencoder)
    assert small.hidden_dims == (4, 3)
    assert small.latent_dim == 2
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    save_model(small, tmp_path / "small.pt")
    again = load_model(tmp_path / "small.pt")
    assert torch.equal(again.reconstruct(x), small.reconstruct(x))
    inner = DenseAutoencoder((1, 2, 3), [4, 3], 2, generator=toy.generator())
    assert sum(p.numel() for p in small.parameters()) <= sum(p.numel() for p in inner.parameters())


def test_at_least_one_neuron_of_each_layer_stays() -> None:
    small = prune_neurons(_net(4, 3, 2, 5), 0.999)
    assert [m.weight.shape for m in small.modules() if isinstance(m, nn.Linear)] == [(1, 4), (1, 1), (5, 1)]


class _Mixed(nn.Module):
    """A chain with a layer that mixes neurons between two linear ones."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = nn.Sequential(nn.Linear(4, 6), nn.Softmax(dim=1), nn.Linear(6, 2))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.chain(x)
        return out


def test_bad_arguments_are_named() -> None:
    net = _net(4, 3, 2)
    for fraction in (1.0, 1.5):
        with pytest.raises(ValueError, match=f"fraction must be below 1; got {fraction}"):
            prune_weights(net, fraction)
    with pytest.raises(ValueError, match=r"fraction must be a finite number, zero or above; got -0.1"):
        prune_neurons(net, -0.1)
    with pytest.raises(ValueError, match="must hold a linear or convolution layer; got ReLU"):
        zero_fraction(nn.ReLU())
    with pytest.raises(ValueError, match="model must hold a hidden layer of neurons; got _Mixed without"):
        prune_neurons(_Mixed(), 0.5)
    with pytest.raises(ValueError, match="x must hold at least one sample"):
        prune_neurons(net, 0.5, x=torch.zeros(0, 4, dtype=torch.float64))
