"""Sparsity statistics on codes whose answers are known, and against NumPy."""

import numpy as np
import pytest
import torch
from torch import Tensor

from coursekit.autoencoders.activity import (
    active_fraction,
    activity,
    dead_units,
    hoyer,
    lifetime_sparseness,
    population_sparseness,
)


def codes(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def numpy_hoyer(z: np.ndarray) -> np.ndarray:
    n = z.shape[1]
    ratio = np.linalg.norm(z, 1, axis=1) / np.linalg.norm(z, 2, axis=1)
    return (np.sqrt(n) - ratio) / (np.sqrt(n) - 1)


def numpy_treves_rolls(r: np.ndarray) -> float:
    a = (sum(abs(v) for v in r) / len(r)) ** 2 / (sum(v * v for v in r) / len(r))
    return float((1 - a) / (1 - 1 / len(r)))


def test_hoyer_equals_numpy_and_has_no_scale() -> None:
    z = codes(30, 9)
    np.testing.assert_allclose(hoyer(z).numpy(), numpy_hoyer(z.numpy()), rtol=1e-12)
    torch.testing.assert_close(hoyer(-1e-6 * z), hoyer(z))


def test_hoyer_of_known_codes() -> None:
    # Of K entries, m are 1: the ratio of norms is sqrt(m).
    for m in (1, 2, 5, 16):
        z = torch.zeros(1, 16, dtype=torch.float64)
        z[0, :m] = 1
        assert hoyer(z).item() == pytest.approx((4 - m**0.5) / 3, abs=1e-12)
    assert hoyer(torch.zeros(1, 4)).item() == 0.0


def test_population_and_lifetime_equal_treves_and_rolls_along_their_own_axis() -> None:
    z = codes(12, 7)
    population = [numpy_treves_rolls(row) for row in z.numpy()]
    lifetime = [numpy_treves_rolls(column) for column in z.numpy().T]
    np.testing.assert_allclose(population_sparseness(z).numpy(), population, rtol=1e-11)
    np.testing.assert_allclose(lifetime_sparseness(z).numpy(), lifetime, rtol=1e-11)


def test_one_hot_codes_are_sparse_by_every_measure() -> None:
    # D-28: the share of samples on which a unit is active is 1/4 here; its lifetime sparseness is 1.
    told = activity(torch.eye(4, dtype=torch.float64))
    assert told.hoyer == pytest.approx(1.0)
    assert told.population == pytest.approx(1.0)
    assert told.lifetime == pytest.approx(1.0)
    assert (told.mean, told.active, told.zeros, told.dead) == (0.25, 0.25, 0.75, 0.0)


def test_a_constant_code_near_zero_is_not_sparse_although_its_mean_is_small() -> None:
    # D-27: each unit's mean is the target, so a penalty on means is content.
    told = activity(torch.full((10, 8), 0.05, dtype=torch.float64), threshold=0.01)
    assert told.mean == pytest.approx(0.05)
    for value in (told.hoyer, told.population, told.lifetime, told.spread):
        assert value == pytest.approx(0.0, abs=1e-7)
    assert told.active == 1.0


def test_a_code_of_zeros_is_dead_and_counts_as_no_sparse_code() -> None:
    told = activity(torch.zeros(5, 3))
    assert told == (0, 0, 1, 0, 0, 0, 0, 1)


def test_dead_units_and_active_fractions_are_counted_by_unit() -> None:
    z = torch.tensor([[0.0, -0.2, 0.05], [0.0, 0.3, 0.0], [0.0, 0.0, 0.0], [0.0, 0.4, 0.0]])
    assert active_fraction(z).tolist() == [0.0, 0.75, 0.25]
    assert active_fraction(z, threshold=0.1).tolist() == [0.0, 0.75, 0.0]
    assert dead_units(z).tolist() == [True, False, False]
    assert dead_units(z, threshold=0.1).tolist() == [True, False, True]
    told = activity(z)
    assert told.dead == pytest.approx(1 / 3)
    live = np.mean([numpy_treves_rolls(column) for column in z.numpy().astype(float).T[1:]])
    assert told.lifetime == pytest.approx(live, rel=1e-6)
    assert told.spread == pytest.approx(z.numpy().std(0, ddof=1).mean(), rel=1e-6)


def test_a_shift_by_a_penalty_beside_the_network_is_seen() -> None:
    # D-25: sigmoid(z) has mean 0.05, while the code z is dense: about -3 everywhere.
    z = -3 + 0.1 * codes(50, 20)
    assert torch.sigmoid(z).mean().item() == pytest.approx(0.05, abs=0.01)
    told = activity(z, threshold=0.1)
    assert told.hoyer < 0.01
    assert told.active == 1.0
    assert told.mean == pytest.approx(3, abs=0.02)


def test_statistics_leave_the_graph_and_the_codes_alone() -> None:
    z = codes(4, 3).requires_grad_()
    before = z.detach().clone()
    assert not hoyer(z).requires_grad
    activity(z)
    assert torch.equal(z.detach(), before)


def test_codes_without_an_answer_are_refused() -> None:
    with pytest.raises(ValueError, match="z must have at least 2 units to be sparse in; got 1"):
        hoyer(torch.ones(3, 1))
    with pytest.raises(ValueError, match="z must have at least 2 units"):
        population_sparseness(torch.ones(3, 1))
    with pytest.raises(ValueError, match="z must hold at least 2 samples for a unit to choose from; got 1"):
        lifetime_sparseness(torch.ones(1, 3))
    with pytest.raises(ValueError, match="threshold must be a finite number, zero or above; got -1"):
        active_fraction(torch.ones(2, 2), threshold=-1.0)
    with pytest.raises(ValueError, match="z must be finite; got 1 NaN"):
        hoyer(torch.tensor([[1.0, float("nan")]]))
    with pytest.raises(ValueError, match="z must hold at least one code"):
        hoyer(torch.ones(0, 3))
