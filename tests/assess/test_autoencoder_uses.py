"""The references of the assignment on uses against scikit-learn and torch."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from coursekit.anomaly import threshold_rank
from coursekit.assess import check, exercise, exercises
from coursekit.assess.workshop import _uses_reference as reference

OWN = [task for task in exercises() if task.id.startswith("autoencoder-uses/")]


def test_score_is_the_loss_of_torch_for_each_image() -> None:
    x = np.random.default_rng(0).random((5, 2, 3, 3))
    outputs = torch.from_numpy(x**2)
    wanted = torch.nn.functional.mse_loss(outputs, torch.from_numpy(x), reduction="none").sum((1, 2, 3))
    np.testing.assert_allclose(reference.scores(x, lambda rows: rows**2), wanted, rtol=1e-12)


def test_threshold_has_the_rank_of_the_package_and_keeps_its_promise() -> None:
    rng = np.random.default_rng(1)
    for n, q in ((19, 95), (57, 90), (100, 93)):
        held_out = rng.normal(size=n)
        assert (held_out <= reference.threshold(held_out, q)).sum() == threshold_rank(n, q / 100)
    alarms = [rng.normal() > reference.threshold(rng.normal(size=39), 95) for _ in range(20_000)]
    assert abs(np.mean(alarms) - 0.05) < 4.9 * (0.05 * 0.95 / 20_000) ** 0.5
    with pytest.raises(ValueError, match="18 scores are too few for 95 %"):
        reference.threshold(np.zeros(18), 95)


def test_area_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    for levels in (2, 5, 1000):
        odd = np.arange(60) % 3 == 0
        value = rng.integers(0, levels, 60).astype(float) + odd
        assert reference.area(value, odd) == pytest.approx(roc_auc_score(odd, value), rel=1e-12)


def test_roles_share_no_row_and_leave_none_out() -> None:
    y = np.arange(50) % 5
    train, held, test = reference.roles(y, 2, 4, 3, np.random.default_rng(3))
    assert sorted([*train, *held, *test]) == list(range(50))
    assert set(y[np.concatenate([train, held])]) == {2}
    assert (y[test] == 2).sum() == 3


@pytest.mark.parametrize("frozen", [True, False])
def test_step_is_that_of_autograd(frozen: bool) -> None:
    rng = np.random.default_rng(4)
    encoder, head, x, t = (rng.normal(size=shape) for shape in ((4, 3), (3, 2), (6, 4), (6, 2)))
    a, h = (torch.tensor(value, requires_grad=True) for value in (encoder, head))
    loss = (torch.from_numpy(x) @ a @ h - torch.from_numpy(t)).square().sum() / 6
    slopes = torch.autograd.grad(loss, (a, h))
    kept = encoder.copy()
    own = reference.train_step(encoder, head, x, t, 0.1, frozen)
    np.testing.assert_allclose(own[1], (h - 0.1 * slopes[1]).detach(), rtol=1e-12)
    wanted = a.detach() if frozen else (a - 0.1 * slopes[0]).detach()
    np.testing.assert_allclose(own[0], wanted, rtol=1e-12)
    assert (encoder == kept).all()
    assert not np.shares_memory(own[0], encoder)


def test_the_rank_is_earned_without_the_refusal() -> None:
    def unfinished(held_out: np.ndarray, q: int) -> float:
        return float(np.sort(held_out)[min(-(-q * (len(held_out) + 1) // 100), len(held_out)) - 1])

    assert "2 of 3 points" in str(check("autoencoder-uses/threshold", unfinished))


def test_random_roles_pass_for_many_seeds() -> None:
    task = exercise("autoencoder-uses/roles")
    assert all(check(task.id, task.reference(), seed=seed).passed for seed in range(30))


@pytest.mark.parametrize("odd", [None, 3, "x", np.zeros((2, 2)), [1.0], (None, None)])
def test_odd_answers_are_wrong_and_crash_nothing(odd: object) -> None:
    for task in OWN:
        assert not check(task.id, lambda *_, odd=odd: odd).passed
