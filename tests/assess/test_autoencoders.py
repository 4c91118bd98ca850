"""The references of the autoencoder assignment against torch."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from coursekit.assess import check, exercises
from coursekit.assess.workshop import _ae_reference as reference
from coursekit.train import EarlyStopping
from coursekit.train.history import History
from coursekit.train.hooks import Run

OWN = [task for task in exercises() if task.id.startswith("autoencoders/")]


def test_the_losses_are_those_of_torch() -> None:
    rng = np.random.default_rng(0)
    y, x = rng.uniform(0, 1, (2, 5, 3, 4))
    told = F.mse_loss(torch.from_numpy(y), torch.from_numpy(x)).item() * 12
    assert reference.reconstruction_error(y, x) == pytest.approx(told, rel=1e-12)
    a, p = rng.normal(0, 3, (6, 4)), rng.uniform(0, 1, (6, 4))
    cross = F.binary_cross_entropy_with_logits(torch.from_numpy(a), torch.from_numpy(p), reduction="sum")
    assert reference.bernoulli_loss(a, p) == pytest.approx(cross.item() / 6, rel=1e-12)
    assert reference.bernoulli_loss(np.array([[1000.0]]), np.array([[0.0]])) == 1000


@pytest.mark.parametrize(("rows", "width", "codes"), [(4, 5, 2), (1, 3, 3), (6, 2, 4)])
def test_the_tied_gradient_is_that_of_autograd(rows: int, width: int, codes: int) -> None:
    rng = np.random.default_rng(rows)
    W, b, c, X = (rng.normal(size=size) for size in ((codes, width), codes, width, (rows, width)))
    w = torch.tensor(W, requires_grad=True)
    x = torch.from_numpy(X)
    outputs = F.linear(F.linear(x, w, torch.from_numpy(b)), w.T, torch.from_numpy(c))
    (told,) = torch.autograd.grad((outputs - x).square().sum(1).mean(), w)
    np.testing.assert_allclose(reference.tied_gradient(W, b, c, X), told.numpy(), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("size", [1, 3, 5, 7, 20])
def test_the_evaluation_cuts_as_a_loader_does(size: int) -> None:
    X = np.random.default_rng(1).normal(size=(10, 2))
    seen: list[int] = []

    def loss(batch: Any) -> float:
        seen.append(len(batch))
        return float((batch**2).sum(1).mean())

    assert reference.evaluate(X, size, loss) == pytest.approx((X**2).sum(1).mean(), rel=1e-12)
    loader = DataLoader(TensorDataset(torch.from_numpy(X)), batch_size=size)
    assert seen == [len(batch) for (batch,) in loader]


@pytest.mark.parametrize("values", [(3.0, 1.0, 2.0), (2.0, 1.0, 1.0, 0.5), (1.0,), (3.0, 2.0, 2.0)])
def test_the_loop_keeps_what_early_stopping_restores(values: tuple[float, ...]) -> None:
    model = torch.nn.Linear(1, 1, bias=False).double()
    run = Run(model, torch.optim.SGD(model.parameters(), lr=1.0), torch.Generator(), History())
    hook = EarlyStopping(patience=len(values) + 1)
    hook.on_fit_start(run)
    for epoch, value in enumerate(values):
        run.epoch = epoch
        model.weight.data.fill_(epoch + 1.0)
        run.history.epochs.append({"val_loss": value})
        hook.on_epoch_end(run)
    hook.on_fit_end(run)
    w, at = np.zeros((1, 1)), [0]

    def step(weights: Any) -> None:
        at[0] += 1
        weights[:] = at[0]

    best, epoch = reference.keep_best(w, step, lambda _: values[at[0] - 1], len(values))
    assert best == model.weight.item()
    assert epoch == hook.best_epoch + 1
    assert w == len(values)


def test_small_logits_are_earned_alone() -> None:
    def naive(a: Any, x: Any) -> Any:
        y = 1 / (1 + np.exp(-a))
        return -(x * np.log(y) + (1 - x) * np.log(1 - y)).sum(1).mean()

    assert "2 of 3 points" in str(check("autoencoders/bernoulli-loss", naive))


def test_lists_are_taken_and_odd_answers_are_not() -> None:
    assert check("autoencoders/tied-gradient", lambda *a: reference.tied_gradient(*a).tolist()).passed
    assert check("autoencoders/keep-best", lambda *a: list(reference.keep_best(*a))).passed
    for odd in (None, 3, "x", (1, 2, 3), ([], "x")):
        assert not check("autoencoders/keep-best", lambda *_, odd=odd: odd).passed


def test_nothing_that_is_handed_in_changes() -> None:
    for task in OWN[:3]:
        case = task.cases(0)[0]
        before = {name: np.array(value) for name, value in case.inputs.items()}
        task.observe(task.reference(), case)
        assert all(np.array_equal(value, case.inputs[name]) for name, value in before.items())
