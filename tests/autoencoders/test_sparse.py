"""The sparse autoencoder: the penalised tensor is the decoded one, and what that does to digits."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.func import jacrev

from coursekit.autoencoders.activity import Activity, activity
from coursekit.autoencoders.penalties import bernoulli_kl_penalty, l1_penalty, peak_penalty
from coursekit.autoencoders.sparse import SparseAutoencoder
from coursekit.data import digits
from coursekit.train import fit


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def samples(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=generator(seed), dtype=torch.float64)


def build(hidden: list[int] | None = None, **options: Any) -> SparseAutoencoder:
    return SparseAutoencoder(6, hidden or [], 9, generator=generator(), **options).double()


OPTIONS = [
    {"penalty": "l1"},
    {"penalty": "kl", "rho": 0.1},
    {"penalty": "peak"},
    {"penalty": "none", "top_k": 3},
    {"penalty": "l1", "top_k": 4, "unit_norm": True},
    {"penalty": "kl", "hidden": [7, 5]},
    {"penalty": "l1", "tied": True, "hidden": [7]},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_penalised_tensor_is_the_one_that_the_decoder_receives(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # D-25, M-20: a penalty on sigmoid(z) beside a decoder that gets z.
    model, x = build(**options, weight=0.7), samples(8, 6)
    decoded, penalised = [], []
    model.decoder.register_forward_pre_hook(lambda _, args: decoded.append(args[0]))
    for name, function in (("l1_penalty", l1_penalty), ("bernoulli_kl_penalty", bernoulli_kl_penalty),
                           ("peak_penalty", peak_penalty)):  # fmt: skip
        monkeypatch.setattr(
            f"coursekit.autoencoders.sparse.{name}",
            lambda z, *rest, function=function: (penalised.append(z), function(z, *rest))[1],
        )
    loss = model.loss(x)
    assert len(decoded) == 1
    if options["penalty"] == "none":
        assert loss.penalty.item() == 0.0
        assert penalised == []
        return
    assert len(penalised) == 1
    assert penalised[0] is decoded[0]
    z = decoded[0].detach()
    rho = options.get("rho", 0.05)
    mean = z.mean(0)
    wanted = {
        "l1": z.abs().sum() / 8,
        "kl": (rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))).sum(),
        "peak": torch.log(z.abs().mean(1) / z.abs().max(1).values).mean(),
    }[options["penalty"]]
    torch.testing.assert_close(loss.penalty.detach(), 0.7 * wanted)
    torch.testing.assert_close(loss.loss, loss.reconstruction + loss.penalty)


@pytest.mark.parametrize("penalty", ["l1", "kl", "peak"])
def test_encoder_gradient_of_the_penalty_equals_finite_differences(penalty: str) -> None:
    model, x = build(penalty=penalty), samples(8, 6)
    model.loss(x).penalty.backward()
    weight = model.encoder[0].weight
    wanted, step = torch.zeros_like(weight), 1e-6
    with torch.no_grad():
        for index in range(weight.numel()):
            values = []
            for sign in (1, -1):
                weight.view(-1)[index] += sign * step
                values.append(model.loss(x).penalty.item())
                weight.view(-1)[index] -= sign * step
            wanted.view(-1)[index] = (values[0] - values[1]) / (2 * step)
    assert weight.grad is not None
    assert wanted.abs().max() > 1e-3
    torch.testing.assert_close(weight.grad, wanted, rtol=1e-5, atol=1e-7)
    assert model.decoder[0].weight.grad is None


def test_top_k_holds_in_encode_forward_and_reconstruct() -> None:
    model, x = build(top_k=2, code_activation="linear"), samples(20, 6)
    assert (model.encode(x) != 0).sum(1).tolist() == [2] * 20
    assert torch.equal(model(x).z, model.encode(x))
    whole = build(code_activation="linear")
    whole.load_state_dict(model.state_dict())
    z = whole.encode(x)
    border = z.sort(1).values[:, -2:-1]
    torch.testing.assert_close(model.encode(x), torch.where(z >= border, z, 0.0))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_decoder_columns_have_length_one_after_every_step(optimizer: str) -> None:
    model, x = build(unit_norm=True, weight=0.5), samples(16, 6)
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    steps = kinds[optimizer](model.parameters(), lr=0.1)
    start = model.decoder[0].weight.detach().clone()
    for _ in range(20):
        # By the decoder's own derivative, whatever it calls its weight.
        columns = jacrev(lambda z: model.decode(z[None])[0])(torch.zeros(9, dtype=torch.float64))
        torch.testing.assert_close(columns.norm(dim=0), torch.ones(9, dtype=torch.float64))
        steps.zero_grad()
        model.loss(x).loss.backward()
        steps.step()
    assert not torch.equal(start, model.decoder[0].weight)


def test_without_unit_columns_the_penalty_is_paid_by_a_smaller_code_and_longer_columns() -> None:
    # D-30: z / c and c W give the same picture at 1/c of the penalty; unit columns leave no such way.
    def scaled(unit_norm: bool) -> tuple[float, float]:
        model, x = build(unit_norm=unit_norm), samples(16, 6)
        before = model.loss(x)
        with torch.no_grad():
            for parameter in model.encoder.parameters():
                parameter /= 10
            model.decoder[0].weight *= 10
        after = model.loss(x)
        return (after.reconstruction / before.reconstruction).item(), (after.penalty / before.penalty).item()

    assert scaled(unit_norm=False) == (pytest.approx(1.0), pytest.approx(0.1))
    assert scaled(unit_norm=True)[0] != pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_config_and_state_build_the_same_model_again(options: dict[str, Any]) -> None:
    model, x = build(**options), samples(8, 6)
    twin = SparseAutoencoder(**model.config()).double()
    twin.load_state_dict(model.state_dict())
    assert twin.config() == model.config()
    assert torch.equal(twin.loss(x).loss, model.loss(x).loss)
    copied = copy.deepcopy(model)
    assert torch.equal(copied.loss(x).loss, model.loss(x).loss)
    model.reset_parameters(generator=generator(5))
    assert not torch.equal(copied.loss(x).loss, model.loss(x).loss)


def test_same_seed_builds_the_same_weights_and_no_global_draw_is_made() -> None:
    stream = torch.get_rng_state()
    one, other = build(unit_norm=True), build(unit_norm=True)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert len(list(one.parameters())) == 4
    assert torch.equal(torch.get_rng_state(), stream)


def test_options_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="penalty must be one of l1, kl, peak, none; got 'L1'"):  # D-32
        build(penalty="L1")
    with pytest.raises(ValueError, match=r"penalty 'kl' needs code_activation 'sigmoid'.*; got 'linear'"):
        build(penalty="kl", code_activation="linear")
    with pytest.raises(ValueError, match=r"second one undoes it; got hidden_dims \[5\]"):
        build([5], unit_norm=True)
    with pytest.raises(ValueError, match="unit_norm needs a weight of its own in the decoder; got tied=True"):
        build(unit_norm=True, tied=True)
    with pytest.raises(ValueError, match="top_k must be at most latent_dim 9; got 10"):
        build(top_k=10)
    with pytest.raises(ValueError, match="rho must be below 1; got 1"):
        build(penalty="kl", rho=1.0)
    with pytest.raises(ValueError, match=r"weight must be a finite number, zero or above; got -0\.1"):
        build(weight=-0.1)


#


def _trained(seed: int, **options: Any) -> tuple[float, Activity]:
    """Train 64-128-64 on digits; return the test error a pixel and the statistics of the test codes."""
    split = digits(seed=0, test_size=397)
    model = SparseAutoencoder(64, [], 128, generator=generator(seed), **options)
    fit(model, (split.x_train,), loss=lambda m, batch, g: m.loss(*batch, generator=g)._asdict(), epochs=60,
        batch_size=64, lr=1e-3, generator=generator(seed + 100))  # fmt: skip
    model.eval()
    x = split.x_test
    received: list[Tensor] = []
    model.decoder.register_forward_pre_hook(lambda _, args: received.append(args[0]))
    error = model.error(model.reconstruct(x), x).mean().item() / 64
    threshold = 0.1 if options.get("penalty") == "kl" else 1e-3
    return error, activity(received[0], threshold=threshold)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_kl_codes_of_digits_are_ordered_by_the_weight() -> None:
    for seed in range(2):
        told = [_trained(seed, penalty="kl", weight=weight) for weight in (0.0, 0.01, 0.1, 0.5)]
        errors, codes = [error for error, _ in told], [code for _, code in told]
        assert errors == sorted(errors)
        assert [c.active for c in codes] == sorted((c.active for c in codes), reverse=True)
        assert codes[0].hoyer < codes[1].hoyer < codes[2].hoyer
        assert abs(codes[3].mean - 0.05) < 0.02
        # The lowest mean is not the sparsest code: units go constant near rho.
        assert codes[3].mean < codes[2].mean
        assert codes[3].hoyer < codes[2].hoyer
        assert codes[3].spread < codes[2].spread
        assert max(c.zeros for c in codes) == 0.0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_l1_zeros_need_a_relu_and_cost_dead_units() -> None:
    for seed in range(2):
        plain, light, heavy = (_trained(seed, penalty="l1", weight=weight) for weight in (0.0, 0.01, 0.1))
        linear = _trained(seed, penalty="l1", weight=0.1, code_activation="linear")
        assert plain[0] < light[0] < heavy[0]
        assert plain[1].active > light[1].active > heavy[1].active
        assert plain[1].hoyer < light[1].hoyer < heavy[1].hoyer
        assert heavy[1].zeros > 0.6
        assert heavy[1].dead > plain[1].dead
        assert linear[1].zeros == 0.0  # D-29
        assert linear[1].active > heavy[1].active
