"""Pairs of a class by brute force over all of them; what the class shares is left out; Wilson's rates."""

import math
import random
import time
from itertools import combinations

import pytest

from coursekit.assess import exercise
from coursekit.grading.likeness.known import known
from coursekit.grading.likeness.measure import Trust, measure
from coursekit.grading.likeness.pairs import LEAST, SHARE, alike, compare, public
from coursekit.grading.likeness.rates import Rate
from coursekit.grading.likeness.winnow import Prints


def prints(*values: int) -> Prints:
    """Return fingerprints, each from the line of its number modulo ten."""
    return {value: frozenset([value % 10]) for value in values}


def made_up(students: int, seed: int) -> dict[str, Prints]:
    """Return a class in which some share a lot."""
    rng = random.Random(seed)
    found = {}
    for number in range(students):
        own = set(rng.sample(range(4000), rng.randrange(5, 40)))
        if number and rng.random() < 0.2:
            other = list(found[f"s{rng.randrange(number):03d}"])
            own |= set(rng.sample(other, round(0.9 * len(other))))
        if rng.random() < 0.7:
            own |= set(range(9000, 9010))  # what most of the class wrote
        found[f"s{number:03d}"] = prints(*own)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_pairs_by_brute_force(seed: int) -> None:
    group = made_up(60, seed)
    left_out = {v for v in range(10000) if sum(v in own for own in group.values()) > 6} | set(range(100))
    own = {who: set(found) - left_out for who, found in group.items()}
    wanted = {
        (one, two): len(own[one] & own[two])
        for one, two in combinations(sorted(own), 2)
        if min(len(own[one]), len(own[two])) >= LEAST
        and len(own[one] & own[two]) >= SHARE * min(len(own[one]), len(own[two]))
    }
    found = compare(group, frozenset(range(100)))
    assert {(pair.first, pair.second): pair.shared for pair in found.pairs} == wanted
    assert len(wanted) >= 2
    assert set(found.short) == {who for who in own if len(own[who]) < LEAST}
    for pair in found.pairs:
        common = own[pair.first] & own[pair.second]
        assert pair.lines[0] == {value % 10 for value in common}
        assert alike(own[pair.first], own[pair.second])


def test_what_the_class_shares_accuses_nobody() -> None:
    same = prints(*range(30))
    assert compare({f"s{n}": same for n in range(20)}).pairs == ()
    assert len(compare({"a": same, "b": same}).pairs) == 1
    assert public({f"s{n}": same for n in range(5)}) == frozenset()
    assert public({f"s{n}": same for n in range(6)}) == frozenset(range(30))


def test_short_answers_are_not_told() -> None:
    short, enough = prints(*range(LEAST - 1)), prints(*range(LEAST))
    found = compare({"a": short, "b": short, "c": enough})
    assert (found.pairs, found.short, found.long_enough) == ((), ("a", "b"), ("c",))
    assert alike(short.keys(), short.keys()) is None
    assert compare({}).pairs == ()


def test_a_class_of_a_thousand_takes_seconds() -> None:
    group = made_up(1000, 0)
    before = time.process_time()
    compare(group)
    assert time.process_time() - before < 10


@pytest.mark.parametrize(("hits", "total"), [(0, 127), (8, 316), (226, 230), (5, 5), (1, 2)])
def test_intervals_by_the_formula(hits: int, total: int) -> None:
    z, share = 1.959963984540054, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    assert Rate(hits, total).interval == pytest.approx((middle - half, middle + half), abs=1e-9)
    assert str(Rate(hits, total)).startswith(f"{hits} of {total} (95 % interval ")


def test_no_trials_say_nothing() -> None:
    assert Rate().interval == (0.0, 1.0)
    assert "not measured" in str(Rate())
    assert Rate(1, 2) + Rate(3, 4) == Rate(4, 6)


def test_known_answers_have_a_text() -> None:
    found = dict(known(exercise("one-neuron/sgd")))
    assert "reference" in found
    assert sum(name.startswith("alternate") for name in found) == 2
    for name, text in found.items():
        compile(text, name, "exec")


@pytest.mark.parametrize("name", ["one-neuron/sgd", "network-from-scratch/train", "convolutional/conv"])
def test_rates_on_long_exercises(name: str) -> None:
    """The counts of one exercise are small; the module's docstring has those of all, measured alike."""
    found = measure(exercise(name))
    assert found.useful
    assert found.right.total >= 1
    assert found.right.hits == 0
    assert all(rate.hits >= 0.9 * rate.total for rate in found.copies.values())
    assert found.copies["all of these"].total >= 3


def test_a_short_exercise_says_that_it_can_not_tell() -> None:
    found = measure(exercise("one-neuron/output"))
    assert not found.useful
    assert found.copies["all of these"].total == 0
    assert found.short >= 5
    together = found + measure(exercise("one-neuron/sgd"))
    assert together.short >= found.short
    assert together.right.total == measure(exercise("one-neuron/sgd")).right.total
    assert Trust().usual == 0


def test_handed_out_code_counts_for_nothing() -> None:
    from coursekit.grading.likeness.code import read
    from coursekit.grading.likeness.winnow import fingerprints

    task = exercise("one-neuron/sgd")
    whole = frozenset().union(*(fingerprints(read(text)) for _, text in known(task)))
    assert measure(task, whole).usual == 0


@pytest.mark.slow
def test_rates_over_all_exercises_are_those_of_the_docstring() -> None:
    from coursekit.assess import exercises
    from coursekit.grading.likeness import measure as module

    total = Trust()
    for task in exercises():
        total = total + measure(task)
    copies = total.copies["all of these"]
    told = " ".join(str(module.__doc__).split())
    for rate in (total.right, total.wrong, copies):
        assert str(rate.total) in told
        low, high = rate.interval
        assert f"{100 * low:.1f} to {100 * high:.1f} %" in told
    assert f"{total.short} more are too short to tell" in told
