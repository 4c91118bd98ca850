"""Equal hidden neurons stay equal: measured on the digits, and once more with torch's own modules."""

import pytest
import torch
from torch import nn

from coursekit.experiments import symmetry


@pytest.fixture(scope="module")
def result() -> symmetry.SymmetryResult:
    return symmetry.run(fast=True)


def test_random_neurons_differ_and_equal_ones_stay_one(result: symmetry.SymmetryResult) -> None:
    assert result.get("random").distinct == [16, 16]
    for name in symmetry.CONSTANTS:
        case = result.get(name)
        assert case.distinct == [1, 1]
        assert max(case.second) < 1e-6  # rounding, which training lets grow: its size is the processor's
        assert min(case.error) > 3 * max(result.get("random").error)


def test_equal_weights_do_not_explode_the_gradient(result: symmetry.SymmetryResult) -> None:
    for name in symmetry.CONSTANTS:
        assert max(result.get(name).gradient) < 1e-12  # the errors of a softmax sum to zero
    assert min(result.get("random").gradient) > 0.1


def test_all_zero_weights_never_move(result: symmetry.SymmetryResult) -> None:
    assert result.get("all 0").moved == [0.0, 0.0]
    assert min(result.get("random").moved) > 1


def test_random_output_weights_are_enough_to_break_the_symmetry(result: symmetry.SymmetryResult) -> None:
    assert result.get("hidden equal, output random").distinct == [16, 16]


def test_one_distinct_neuron_remains_in_a_network_of_torch_modules() -> None:
    torch_net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    for parameter in torch_net.parameters():
        nn.init.constant_(parameter, 0.1)
    g = torch.Generator().manual_seed(0)
    x, d = (torch.randn(64, size, generator=g, dtype=torch.float64) for size in (4, 1))
    optimiser = torch.optim.SGD(torch_net.parameters(), 0.1)
    for _ in range(300):
        optimiser.zero_grad()
        nn.functional.mse_loss(torch_net(x), d).backward()
        optimiser.step()
    weight = torch_net[0].weight.detach().T
    assert symmetry._distinct(weight) == 1
    assert symmetry._second(weight) < 1e-12
    assert float(weight.std(dim=0).max()) > 1e-3  # it learnt something


def test_distinct_columns_are_counted() -> None:
    columns = torch.tensor([[1.0, 2.0, 1.0, 1.0 + 1e-3], [0.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    assert symmetry._distinct(columns) == 3
    assert symmetry._second(torch.diag(torch.tensor([4.0, 3.0]))) == pytest.approx(0.75)
    assert symmetry._second(torch.zeros(3, 2)) == 0.0


def test_bad_arguments_are_refused(result: symmetry.SymmetryResult) -> None:
    with pytest.raises(ValueError, match=r"name must be one of random, all 0, .*; got 'equal'"):
        result.get("equal")
    with pytest.raises(ValueError, match="at least one seed"):
        symmetry.run(())
