"""Splits: disjoint, complete, stratified, shuffled, repeatable, and refused where they make no sense."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.data import stratified_split
from coursekit.data.split import make_split


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(2, 40), min_size=1, max_size=6),
    share=st.floats(0.0, 1.0),
    seed=st.integers(0, 2**31),
)
def test_every_split_is_whole_disjoint_and_proportional(counts: list[int], share: float, seed: int) -> None:
    y = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    low, high = len(counts), len(y) - len(counts)
    size = low + round(share * (high - low))
    train, test = stratified_split(y, size, seed)
    assert len(test) == size
    assert sorted(torch.cat([train, test]).tolist()) == list(range(len(y)))
    for kind, count in enumerate(counts):
        got = int((y[test] == kind).sum())
        assert 1 <= got <= count - 1
        # Largest remainders differ from exact shares by less than 1, unless the guarantee of one row on
        # both sides moved some.
        shares = [other * size / len(y) for other in counts]
        if min(shares) >= 1 and all(part <= other - 1 for part, other in zip(shares, counts, strict=True)):
            assert abs(got - shares[kind]) < 1


def test_source_order_is_gone_and_the_seed_decides() -> None:
    y = torch.repeat_interleave(torch.arange(10), 100)
    train, test = stratified_split(y, 0.2, seed=0)
    again, _ = stratified_split(y, 0.2, seed=0)
    other, _ = stratified_split(y, 0.2, seed=1)
    assert torch.equal(train, again)
    assert not torch.equal(train, other)
    for part in (train, test):
        # In class order 9 of 10 neighbours share a class; shuffled, 1 in 10 do.
        same = (y[part][1:] == y[part][:-1]).double().mean()
        assert same < 0.2


def test_fraction_and_count_agree() -> None:
    y = torch.arange(50) % 5
    assert torch.equal(stratified_split(y, 0.2, 3)[1], stratified_split(y, 10, 3)[1])


@pytest.mark.parametrize(
    ("y", "size", "error", "message"),
    [
        (torch.tensor([0, 0, 1]), 1, ValueError, r"every class at least twice; got counts \{0: 2, 1: 1\}"),
        (torch.tensor([], dtype=torch.int64), 1, ValueError, r"every class at least twice; got counts \{\}"),
        (torch.tensor([0, 0, 1, 1]), 1, ValueError, "one row a class on both sides: 2 to 2 of 4; got 1"),
        (torch.tensor([0, 0, 1, 1]), 1.5, ValueError, r"a count or a fraction in \(0, 1\); got 1.5"),
        (
            torch.tensor([0, 0, 1, 1]),
            "half",
            TypeError,
            "a count .int. or a fraction .float.; got str 'half'",
        ),
        (torch.zeros(2, 2), 1, ValueError, r"y must have shape"),
        ([0, 0, 1, 1], 2, TypeError, "y must be a torch.Tensor; got list"),
    ],
)
def test_senseless_splits_are_refused(y: object, size: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        stratified_split(y, size, 0)  # type: ignore[arg-type]


def test_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed must be an int of at least 0; got -1"):
        stratified_split(torch.tensor([0, 0, 1, 1]), 2, -1)


def test_given_rows_are_taken_and_checked() -> None:
    x, y = torch.arange(6.0)[:, None], torch.tensor([0, 0, 0, 1, 1, 1])
    options = {"name": "toy", "shape": (), "classes": ("a", "b")}
    split = make_split(x, y, indices=([5, 0], [1]), **options)  # type: ignore[arg-type]
    assert split.x_train.flatten().tolist() == [5.0, 0.0]
    assert split.y_test.tolist() == [0]
    assert repr(split) == "Split(toy: 2 train, 1 test, 1 features, 2 classes)"
    for indices, message in [
        (([0, 1], [1]), "indices must not overlap; got 1 rows"),
        (([0], [6]), r"indices\[1\] must lie in 0 to 5; got rows from 6 to 6"),
        (([], [1]), r"indices\[0\] must list at least one row"),
    ]:
        with pytest.raises(ValueError, match=message):
            make_split(x, y, indices=indices, **options)  # type: ignore[arg-type]
