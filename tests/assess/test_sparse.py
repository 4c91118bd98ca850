"""The references of the sparse-code assignment against scipy and scikit-learn."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from sklearn.linear_model import Lasso
from torch.nn import functional as F

from coursekit.assess import check, exercises
from coursekit.assess.workshop import _sparse_reference as reference

OWN = [task for task in exercises() if task.id.startswith("sparse/")]


def test_penalties_are_those_of_numpy_and_scipy() -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((6, 4))
    assert reference.l1_penalty(z) == pytest.approx(sum(np.linalg.norm(row, 1) for row in z) / 6)
    a = rng.uniform(0.05, 0.95, (6, 4))
    told = sum(entropy([0.1, 0.9], [mean, 1 - mean]) for mean in a.mean(axis=0))
    assert reference.kl_penalty(a, 0.1) == pytest.approx(told, rel=1e-12)
    assert reference.kl_penalty(np.full((3, 2), 0.1), 0.1) == pytest.approx(0, abs=1e-15)


def test_the_index_has_its_known_ends() -> None:
    for K in (4, 9, 30):
        for m in (1, 2, K):
            z = np.zeros((1, K))
            z[0, :m] = -2.5
            assert reference.hoyer(z)[0] == pytest.approx((K**0.5 - m**0.5) / (K**0.5 - 1), abs=1e-12)


def test_the_largest_are_those_of_torch() -> None:
    z = np.random.default_rng(1).standard_normal((5, 8))
    kept = torch.from_numpy(z).topk(3, dim=1)
    theirs = torch.zeros(5, 8, dtype=torch.float64).scatter(1, kept.indices, kept.values)
    assert np.array_equal(reference.top_k(z, 3), theirs.numpy())


def test_many_steps_reach_the_lasso_of_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    W, x = rng.standard_normal((8, 12)), rng.standard_normal((4, 8))
    z, rate = np.zeros((4, 12)), 0.5 / np.linalg.norm(W, 2) ** 2
    for _ in range(20_000):
        z = reference.proximal_step(z, x, W, 1.1, rate)
    lasso = Lasso(alpha=1.1 / 16, fit_intercept=False, positive=True, tol=1e-13, max_iter=200_000)
    theirs = np.stack([lasso.fit(W, row).coef_ for row in x])
    np.testing.assert_allclose(z, theirs, atol=1e-7)
    assert (theirs == 0).any()


def test_the_loss_is_that_of_torch_layers() -> None:
    rng = np.random.default_rng(3)
    x, V, b = rng.uniform(size=(5, 3)), rng.standard_normal((4, 3)), rng.standard_normal(4)
    W, c = rng.standard_normal((3, 4)), rng.standard_normal(3)
    loss, y = reference.sparse_loss(x, V, b, W, c, 0.2, 1.7)
    rows, *layers = (torch.from_numpy(part) for part in (x, V, b, W, c))
    a = torch.sigmoid(F.linear(rows, layers[0], layers[1]))
    theirs = F.linear(a, layers[2], layers[3])
    np.testing.assert_allclose(y, theirs.numpy(), rtol=1e-12)
    coins = torch.distributions.Bernoulli(torch.tensor(0.2, dtype=torch.float64))
    price = torch.distributions.kl_divergence(coins, torch.distributions.Bernoulli(a.mean(0))).sum()
    wanted = F.mse_loss(theirs, rows, reduction="sum") / 5 + 1.7 * price
    assert loss == pytest.approx(wanted.item(), rel=1e-9)


def test_the_outputs_are_earned_alone() -> None:
    def unfinished(*given: object) -> tuple[None, object]:
        return None, reference.sparse_loss(*given)[1]  # type: ignore[arg-type]

    report = str(check("sparse/sparse-loss", unfinished))
    assert "1 of 4 points" in report


def test_lists_are_taken_and_odd_answers_are_not() -> None:
    assert check("sparse/hoyer", lambda z: reference.hoyer(z).tolist()).passed
    assert check("sparse/l1-penalty", lambda z: torch.tensor(reference.l1_penalty(z))).passed
    for odd in (None, 3, "x", (1, 2), ([], [])):
        for task in OWN:
            assert not check(task.id, lambda *_, odd=odd: odd).passed
