"""Forecasts learned under four scores, and the sigmoid unit that squared error leaves in the dark."""

import math

import numpy as np
import pytest
import torch

from coursekit.experiments import digit_scores, scores, wrong_pair


@pytest.mark.parametrize("name", digit_scores.SCORES)
def test_score_of_logits_equals_the_numpy_score(name: str) -> None:
    logits = torch.randn(7, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 3, 0, 1, 2])
    told = scores.score(name, logits.softmax(1).numpy())[np.arange(7), labels.numpy()].mean()
    assert digit_scores.score_of_logits(name, logits, labels).item() == pytest.approx(told, abs=1e-12)


def test_mislabel_replaces_the_share_and_never_by_the_same() -> None:
    labels = torch.arange(10).repeat(4000)
    drawn = digit_scores.mislabel(labels, generator=torch.Generator().manual_seed(1))
    spread = math.sqrt(0.3 * 0.7 / len(labels))
    assert abs((drawn != labels).double().mean().item() - 0.3) < 5.5 * spread
    counts = torch.bincount((drawn - labels) % 10, minlength=10)[1:]
    expected = len(labels) * 0.3 / 9
    assert (counts - expected).abs().max() < 5.5 * math.sqrt(expected)
    everything = digit_scores.mislabel(labels, share=1.0, generator=torch.Generator().manual_seed(2))
    assert not (everything == labels).any()


def test_the_linear_score_makes_sure_of_itself_and_the_log_score_does_not() -> None:
    result = digit_scores.run((0, 1))
    for seed in range(2):
        log, linear = (result.confidence[name][seed] - result.noisy[name][seed] for name in ("log", "linear"))
        assert abs(log) < 0.12
        assert linear > 0.2
        assert min(result.clean[name][seed] for name in digit_scores.SCORES) > 0.8
        assert result.surprise["linear"][seed] > result.surprise["log"][seed] + 1
    assert torch.allclose(digit_scores.trained("log", 0, 3).sum(1), torch.ones(297))


@pytest.mark.parametrize("loss", wrong_pair.LOSSES)
def test_gradient_by_logit_equals_autograd(loss: str) -> None:
    u = torch.linspace(-15, 15, 31, dtype=torch.float64).repeat(2).requires_grad_()
    d = torch.cat([torch.zeros(31), torch.ones(31)]).double()
    if loss == "squared":
        value = 0.5 * (torch.sigmoid(u) - d).square().sum()
    else:
        value = torch.nn.functional.binary_cross_entropy_with_logits(u, d, reduction="sum")
    (told,) = torch.autograd.grad(value, u)
    got = wrong_pair.gradient_by_logit(loss, u.detach().numpy(), d.numpy())
    np.testing.assert_allclose(got, told.numpy(), rtol=1e-9, atol=1e-15)


def test_the_wrong_pair_is_flat_where_it_is_most_wrong() -> None:
    u = np.linspace(-20, 5, 251)
    pulls = {loss: -wrong_pair.gradient_by_logit(loss, u, np.ones_like(u)) for loss in wrong_pair.LOSSES}
    assert pulls["cross-entropy"].argmax() == 0
    # (1 - y)^2 y is largest at y = 1/3, where the logit is -log 2.
    assert u[pulls["squared"].argmax()] == pytest.approx(-math.log(2), abs=0.1)
    assert pulls["squared"].max() == pytest.approx(4 / 27, rel=1e-3)
    assert pulls["squared"][0] < 3e-9


def test_only_the_matched_loss_leaves_the_bad_start() -> None:
    result = wrong_pair.run()
    assert result.accuracy["cross-entropy"][:, -1].min() > 0.98
    assert np.ptp(result.accuracy["squared"]) < 0.02
    assert result.accuracy["squared"].max() < 0.6
    mild = wrong_pair.run((0, 1), start=0.0)
    assert min(table[:, -1].min() for table in mild.accuracy.values()) > 0.9


def test_one_step_of_the_descent_equals_torch() -> None:
    inputs, targets = map(torch.tensor, wrong_pair._data())
    w = torch.tensor(0.1 * np.random.default_rng(3).standard_normal(64)).requires_grad_()
    b = torch.tensor(-1.0, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([w, b], lr=1.0)
    for _ in range(4):
        optimiser.zero_grad()
        (0.5 * (torch.sigmoid(inputs @ w + b) - targets).square()).mean().backward()
        optimiser.step()
    share = (((inputs @ w + b) > 0) == (targets > 0)).double().mean().item()
    assert wrong_pair._descend("squared", 3, -1.0, 4)[-1] == pytest.approx(share, abs=1e-12)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="name must be one of log, brier, spherical, linear; got 'nll'"):
        digit_scores.trained("nll", 0, 1)
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        digit_scores.run(())
    with pytest.raises(ValueError, match=r"labels must have shape \(N,\); got \(1, 1\)"):
        digit_scores.mislabel(torch.zeros(1, 1), generator=torch.Generator())
    with pytest.raises(ValueError, match="loss must be one of cross-entropy, squared; got 'mse'"):
        wrong_pair.gradient_by_logit("mse", np.zeros(1), np.zeros(1))
    with pytest.raises(ValueError, match="start must be a finite number; got nan"):
        wrong_pair.run(start=math.nan)
