"""What training makes of depth: parity, trees, sawtooths, tickets, digits, beside another calculation."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit.experiments import (
    depth_parity,
    depth_plain,
    depth_sawtooth,
    depth_stack,
    depth_tickets,
    depth_tree,
)


def test_prime_implicants_of_parity_are_half_the_rows() -> None:
    for n in range(1, 9):
        parity = depth_parity.bits(n).sum(1) % 2
        found = depth_parity.prime_implicants(parity)
        assert len(found) == 2 ** (n - 1)
        assert all("-" not in term for term in found)


def _by_definition(table: list[int], n: int) -> list[str]:
    """Every term that implies the function and no larger term does, out of all 3^n."""

    def implies(term: str) -> bool:
        rows = itertools.product(*("01" if sign == "-" else sign for sign in term))
        return all(table[int("".join(row), 2)] for row in rows)

    terms = ["".join(signs) for signs in itertools.product("01-", repeat=n)]
    right = {term for term in terms if implies(term)}
    larger = {t: [t[:i] + "-" + t[i + 1 :] for i in range(n) if t[i] != "-"] for t in right}
    return sorted(t for t in right if not any(u in right for u in larger[t]))


def test_prime_implicants_are_those_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    for n in (2, 3, 4):
        for _ in range(20):
            table = rng.integers(0, 2, 2**n).tolist()
            assert depth_parity.prime_implicants(table) == _by_definition(table, n)
    with pytest.raises(ValueError, match="power of two of entries; got 6"):
        depth_parity.prime_implicants([0, 1, 1, 0, 0, 1])


@pytest.mark.slow
def test_descent_needs_more_neurons_than_parity_does() -> None:
    result = depth_parity.learn()
    assert max(result.solved(1)) <= 0.3
    assert min(result.solved(4)) >= 0.4
    for n in (4, 6, 8):
        shares = [case.solved for case in result.cases if case.n == n]
        assert shares == sorted(shares)


def test_parity_runs_are_shortened_and_refuse_nonsense() -> None:
    result = depth_parity.learn(sizes=(3,), factors=(4,), fast=True)
    assert result.seeds == (0, 1)
    assert result.cases[0].width == 12
    assert depth_parity.ParityCase(3, 3, (1.0, 0.5)).solved == 0.5
    with pytest.raises(ValueError, match=r"factor must be one of \(4,\); got 2"):
        result.solved(2)
    with pytest.raises(ValueError, match="at least one seed"):
        depth_parity.learn(())


def test_stacked_training_equals_torch_modules_one_by_one() -> None:
    seeds, x = (3, 5), torch.randn(40, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    d = torch.arange(40) % 3
    net = depth_stack.stack(seeds, (6, 7, 7, 3), shift=0.3)
    twins = []
    for r in range(2):
        layers: list[nn.Module] = []
        for W, b in net:
            linear = nn.Linear(W.shape[1], W.shape[2]).double()
            linear.weight.data, linear.bias.data = W[r].T.clone(), b[r, 0].clone()
            layers += [linear, nn.ReLU()]
        twins.append(nn.Sequential(*layers[:-1]))
    losses = depth_stack.run_adam(
        depth_stack.numbers(net),
        lambda _: depth_stack.cross_entropies(depth_stack.hidden(net, x)[-1], d),
        steps=20, learning_rate=0.02,
    )  # fmt: skip
    for r, twin in enumerate(twins):
        optimiser = torch.optim.Adam(twin.parameters(), 0.02)
        for step in range(20):
            optimiser.zero_grad()
            loss = F.cross_entropy(twin(x), d)
            assert losses[r, step].item() == pytest.approx(loss.item(), rel=1e-9)
            loss.backward()
            optimiser.step()
        out = depth_stack.hidden(net, x)[-1]
        right = (twin(x).argmax(1) == d).double().mean().item()
        assert depth_stack.share_right(out, d)[r] == pytest.approx(right)
    assert depth_stack.weights_of(net) == sum(p.numel() for p in twins[0].parameters())


def test_a_skip_adds_the_input_where_sizes_allow() -> None:
    net = depth_stack.stack((0,), (4, 5, 5, 2))
    x = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    first, second, last = depth_stack.hidden(net, x, skip=True)
    plain = torch.relu(x @ net[0][0] + net[0][1])
    torch.testing.assert_close(first, plain)
    torch.testing.assert_close(second, plain + torch.relu(plain @ net[1][0] + net[1][1]))
    torch.testing.assert_close(last, second @ net[2][0] + net[2][1])


def test_starting_weights_have_the_stated_variance_and_rows_differ_by_seed() -> None:
    ((W, b), *_) = depth_stack.stack(range(40), (100, 80, 2), shift=0.5)
    # 320,000 draws: the relative standard error of the variance is sqrt(2 / 320000) = 0.0025.
    assert W.var().item() == pytest.approx(2 / 100, rel=5 * 0.0025)
    assert b.abs().max().item() <= 0.5
    rows = depth_stack.batches(1500, (0, 1))
    first, second = next(rows), next(rows)
    assert first.shape == (2, 100)
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    with pytest.raises(ValueError, match="sizes must hold at least two; got 1"):
        depth_stack.stack((0,), (3,))
    with pytest.raises(ValueError, match="seeds must hold at least one seed"):
        depth_stack.stack((), (3, 1))
    with pytest.raises(ValueError, match="steps must be an int of at least 1; got 0"):
        depth_stack.run_adam([], lambda _: torch.zeros(1), steps=0, learning_rate=0.1)


def test_the_folded_target_is_parity_on_the_corners() -> None:
    corners = np.array(list(itertools.product((-1.0, 1.0), repeat=8)))
    parity = 2 * ((corners > 0).sum(1) % 2) - 1
    np.testing.assert_array_equal(depth_tree.folded(torch.from_numpy(corners)).numpy(), parity)
    x = np.random.default_rng(0).uniform(-1, 1, (100, 4))
    left, right = (abs(x[:, j] - x[:, j + 1]) - 1 for j in (0, 2))
    by_hand = abs(left - right) - 1
    np.testing.assert_allclose(depth_tree.folded(torch.from_numpy(x)).numpy(), by_hand, atol=1e-15)
    with pytest.raises(ValueError, match="power of two of columns; got 6"):
        depth_tree.folded(torch.zeros(2, 6))


def test_a_tree_of_networks_is_seven_small_networks() -> None:
    nodes = depth_tree.matched_tree((4, 7), width=3)
    x = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(0))
    out = depth_tree.tree_output(nodes, x)
    for r in range(2):
        values = [x[r, :, j] for j in range(8)]
        for W, b, V, c in nodes:
            values = [
                (F.relu(torch.stack(values[2 * k : 2 * k + 2], 1) @ W[r, k] + b[r, k]) @ V[r, k] + c[r, k])[
                    :, 0
                ]
                for k in range(len(values) // 2)
            ]
        torch.testing.assert_close(out[r], values[0])
    pairs = {frozenset((2 * j, 2 * j + 1)) for j in range(4)}
    other = {frozenset(depth_tree.MISMATCH[2 * j : 2 * j + 2]) for j in range(4)}
    assert not pairs & other
    assert sorted(depth_tree.MISMATCH) == list(range(8))


@pytest.mark.slow
def test_only_the_matching_tree_learns_the_folded_target() -> None:
    result = depth_tree.run()
    matched = result.get("matched tree").error
    for name in ("other pairs", "shallow", "dense, 3 layers", "shallow, ten times"):
        assert all(m < o for m, o in zip(matched, result.get(name).error, strict=True)), name
    assert sorted(matched)[2] < 0.15
    assert min(result.get("other pairs").error) > 0.9
    sizes = [result.get(name).learned for name in ("matched tree", "shallow", "dense, 3 layers")]
    assert max(sizes) - min(sizes) < 25


def test_tree_runs_are_shortened() -> None:
    result = depth_tree.run(steps=40, fast=True)
    assert (result.seeds, result.steps) == ((0, 1), 10)
    assert result.get("shallow").learned == 451
    with pytest.raises(ValueError, match=r"name must be one of matched tree, .*; got 'tree'"):
        result.get("tree")


def test_descent_leaves_the_sawtooth_undone() -> None:
    result = depth_sawtooth.learn(fast=True)
    assert min(result.get("2 a layer").left) > 0.95
    assert max(result.get("2 a layer").pieces) <= 4
    assert min(result.get("16 a layer").left) > 0.3
    with pytest.raises(ValueError, match="name must be one of 2 a layer"):
        result.get("deep")
    with pytest.raises(ValueError, match="k must be an int of at least 1; got 0"):
        depth_sawtooth.learn((0,), k=0)


def test_pruning_keeps_the_largest_that_were_left() -> None:
    rng = np.random.default_rng(0)
    mask = torch.ones(3, 5, 4, dtype=torch.float64)
    for _ in range(2):
        weight = torch.from_numpy(rng.standard_normal((3, 5, 4)))
        kept = depth_tickets.keep_largest(weight, mask, 0.5)
        for r in range(3):
            sizes = np.where(mask[r] > 0, weight[r].abs(), -1).ravel()
            count = round(0.5 * int(mask[r].sum()))
            assert set(np.flatnonzero(kept[r])) == set(np.argsort(sizes)[-count:])
        assert ((kept == 0) | (mask == 1)).all()
        mask = kept
    with pytest.raises(ValueError, match="share must lie above 0, at most 1; got 0"):
        depth_tickets.keep_largest(weight, mask, 0)


def test_tickets_count_what_they_keep() -> None:
    result = depth_tickets.run(rounds=2, steps=40, fast=True)
    assert result.rewound.shape == result.redrawn.shape == (2, 2)
    np.testing.assert_allclose(result.kept, [0.55, 0.3025], atol=5e-3)


@pytest.mark.slow
def test_a_sparse_ticket_needs_its_own_start() -> None:
    result = depth_tickets.run()
    gain = result.rewound - result.redrawn
    assert gain[-1].mean() > 0.03
    assert abs(gain[0].mean()) < 0.02
    assert result.dense.min() > 0.96


@pytest.mark.slow
def test_plain_depth_trains_worse_and_skips_repair_it() -> None:
    result = depth_plain.run(depths=(4, 40))
    assert min(result.get(40).train) > 3 * max(result.get(4).train)
    assert max(result.get(40, skip=True).train) < max(result.get(4).train) + 0.01
    with pytest.raises(ValueError, match=r"depth and skip must be one of .*; got \(3, False\)"):
        result.get(3)


def test_probes_are_ridge_classifiers_from_scikit_learn() -> None:
    from sklearn.linear_model import Ridge

    data = depth_stack.digits_data()
    result = depth_plain.probe((0,), depth=1, steps=20)
    x, x_test = ((part.double().numpy()) for part in (data.x, data.x_test))
    rows = np.hstack([x, np.ones((len(x), 1))])
    model = Ridge(alpha=1.0, fit_intercept=False).fit(rows, np.eye(10)[data.d.numpy()])
    guess = model.predict(np.hstack([x_test, np.ones((len(x_test), 1))])).argmax(1)
    assert result.random[0, 0] == pytest.approx((guess != data.d_test.numpy()).mean())
    assert result.random.shape == result.trained.shape == (1, 2)
    net = depth_stack.stack((0,), (64, 64, 10), dtype=torch.float32)
    first, first_test = (depth_stack.hidden(net, part)[0][0].double() for part in (data.x, data.x_test))
    inner = Ridge(alpha=1.0, fit_intercept=False).fit(
        F.pad(first, (0, 1), value=1.0), np.eye(10)[data.d.numpy()]
    )
    guess = inner.predict(F.pad(first_test, (0, 1), value=1.0)).argmax(1)
    assert result.random[0, 1] == pytest.approx((guess != data.d_test.numpy()).mean())


def test_training_keeps_what_random_layers_lose() -> None:
    result = depth_plain.probe(fast=True)
    assert (result.random[:, -1] > 3 * result.random[:, 0]).all()
    assert (result.trained[:, -1] < result.random[:, -1] / 2).all()


def test_spare_factors_step_as_autograd_says() -> None:
    rate, seed = 0.01, 2
    counted = depth_plain._first_below(3, torch.tensor([rate], dtype=torch.float64), seed, 400, 0.05)
    g = torch.Generator().manual_seed(seed)
    spread = torch.tensor([1.0, 0.8, 0.6, 0.5, 0.3], dtype=torch.float64)
    X = spread * torch.randn(100, 5, generator=g, dtype=torch.float64)
    d = X @ (2 * torch.randn(5, 1, generator=g, dtype=torch.float64))
    w = (0.01 * torch.randn(5, 1, generator=g, dtype=torch.float64)).requires_grad_()
    a = torch.ones(2, dtype=torch.float64, requires_grad=True)
    step = 0
    while True:
        loss = (X @ w * a[0] * a[1] - d).pow(4).mean() / 4
        if loss < 0.05:
            break
        gw, ga = torch.autograd.grad(loss, (w, a))
        with torch.no_grad():
            w -= rate * gw
            a -= rate * ga
        step += 1
    assert 0 < step < 400
    assert counted == step


def test_spare_factors_help_most_data_sets() -> None:
    result = depth_plain.accelerate(tuple(range(10)))
    ratio = np.array(result.steps[2]) / np.array(result.steps[0])
    assert np.median(ratio) < 0.8
    assert len(depth_plain.accelerate(fast=True, steps=40).seeds) == 2
