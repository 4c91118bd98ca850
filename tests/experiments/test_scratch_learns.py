"""Moons and digits: torch ends at the same weights, scikit-learn draws the straight line."""

import pytest
import torch

from coursekit.experiments import scratch_learns as study


def test_the_torch_twin_ends_at_the_same_weights() -> None:
    result = study.digits_run(fast=True)
    assert max(result.apart) < 1e-11
    assert result.network == result.twin
    assert min(result.network) > 0.93
    assert 0.95 < result.line[0] < 0.99
    assert (result.curves[:, -1] < 0.3 * result.curves[:, 0]).all()


def test_the_history_is_the_loss_just_before_each_step() -> None:
    """The first epoch's loss, batch by batch, by torch and its own steps."""
    _, history = study.train_digits(4, epochs=1)
    first, last = study.twin(4, epochs=0)
    data = study.grey_digits()
    x, labels = torch.tensor(data.x), torch.tensor(data.d.argmax(axis=1))
    optimiser = torch.optim.SGD([*first.parameters(), *last.parameters()], lr=study.RATE)
    total = 0.0
    order = torch.tensor(study.np.random.default_rng(10_004).permutation(len(x)))
    for rows in order.split(study.BATCH):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(last(first(x[rows]).relu()), labels[rows])
        loss.backward()
        optimiser.step()
        total += loss.item() * len(rows)
    assert history == [pytest.approx(total / len(x), rel=1e-9)]


def test_moons_need_a_curve() -> None:
    result = study.moons_run((0, 1))
    assert min(result.network) > 0.96
    assert max(result.line) < 0.9
    assert min(result.line) > 0.84


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="epochs must be an int of at least 1; got 0"):
        study.digits_run(epochs=0)
    with pytest.raises(ValueError, match="seeds must hold at least one seed"):
        study.moons_run(())
