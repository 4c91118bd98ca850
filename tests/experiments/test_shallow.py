"""Networks trained side by side against one network trained by torch's own modules and optimiser."""

import pytest
import torch
from torch import nn

from coursekit.experiments import shallow
from coursekit.experiments.bench import seeded


def _module(weights: shallow.Shallow, r: int) -> nn.Sequential:
    hidden, output = (
        nn.Linear(*part.shape[1:], dtype=torch.float64) for part in (weights.W, weights.V)
    )  # fmt: skip
    with torch.no_grad():
        hidden.weight.copy_(weights.W[r].T)
        hidden.bias.copy_(weights.b[r, 0])
        output.weight.copy_(weights.V[r].T)
        output.bias.copy_(weights.c[r, 0])
    return nn.Sequential(hidden, nn.Tanh(), output)


def _data(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(3, 40, 5, generator=seeded(seed), dtype=torch.float64)
    return x, torch.randint(0, 4, (3, 40), generator=seeded(seed + 1))


def test_training_equals_torch_modules_under_sgd() -> None:
    x, d = _data(0)
    weights = shallow.start((0, 1, 2), sizes=(5, 6, 4))
    done = shallow.train(weights, torch.tanh, x, d, learning_rate=0.3, steps=7)
    for r in range(3):
        module = _module(weights, r)
        optimiser = torch.optim.SGD(module.parameters(), lr=0.3)
        for step in range(7):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(module(x[r]), d[r])
            loss.backward()
            assert done.losses[r, step].item() == pytest.approx(loss.item(), rel=1e-12)
            assert done.gradients[r, step].item() == pytest.approx(
                module[0].weight.grad.norm().item(), rel=1e-10
            )
            optimiser.step()
        torch.testing.assert_close(done.weights.W[r], module[0].weight.T.detach(), rtol=1e-10, atol=1e-12)
        torch.testing.assert_close(done.weights.b[r, 0], module[0].bias.detach(), rtol=1e-10, atol=1e-12)
        torch.testing.assert_close(done.weights.V[r], module[2].weight.T.detach(), rtol=1e-10, atol=1e-12)
        wrong = (module(x[r]).argmax(1) != d[r]).double().mean().item()
        assert shallow.error_rate(done.weights, torch.tanh, x, d)[r] == pytest.approx(wrong)
        torch.testing.assert_close(shallow.hidden_inputs(done.weights, x)[r], module[0](x[r]).detach())
    assert torch.equal(weights.W, shallow.start((0, 1, 2), sizes=(5, 6, 4)).W)  # the start is left alone


def test_a_batch_is_drawn_for_each_network_from_its_own_seed() -> None:
    x, d = _data(2)
    weights = shallow.start((0, 1, 2), sizes=(5, 6, 4))
    both = [
        shallow.train(weights, torch.tanh, x, d, learning_rate=0.3, steps=2, batch=8, seeds=seeds).losses
        for seeds in ((0, 1, 2), (0, 1, 9))
    ]
    assert torch.equal(both[0][:2], both[1][:2])
    assert not torch.equal(both[0][2], both[1][2])
    whole = [
        shallow.train(weights, torch.tanh, x, d, learning_rate=0.3, steps=3, **more).losses
        for more in ({}, {"batch": 40, "seeds": (0, 1, 2)})
    ]
    torch.testing.assert_close(*whole)  # a batch of all rows is the full batch in another order
    with pytest.raises(ValueError, match="seeds must hold 3 seeds, one a network; got 0"):
        shallow.train(weights, torch.tanh, x, d, learning_rate=0.3, steps=1, batch=8)


def test_a_start_has_the_variance_of_its_formula() -> None:
    sizes, seeds = (60, 50, 10), tuple(range(20))
    weights = shallow.start(seeds, sizes=sizes, gain=2.0)
    for part, fans in ((weights.W, 110), (weights.V, 60)):
        expected, n = 4 * 2 / fans, part.numel()
        # The variance of a sample variance is 2 s^4 / n; five deviations are a false alarm in two million.
        assert part.var().item() == pytest.approx(expected, abs=5 * expected * (2 / n) ** 0.5)
    assert not weights.b.any()
    assert not weights.c.any()
    assert torch.equal(weights.W[3], shallow.start((3,), sizes=sizes, gain=2.0).W[0])


def test_data_come_once_a_seed() -> None:
    digits, rings = shallow.digits_by_seed((0, 4)), shallow.rings_by_seed((0, 4), n=50)
    assert digits.x_train.shape == (2, 1500, 64)
    assert not torch.equal(digits.d_test[0], digits.d_test[1])
    radii = rings.x_test.norm(dim=2)
    assert bool(((radii > 0.75) == (rings.d_test == 1)).all())
    with pytest.raises(ValueError, match="at least one seed"):
        shallow.digits_by_seed(())
    with pytest.raises(ValueError, match="at least one seed"):
        shallow.rings_by_seed(())
