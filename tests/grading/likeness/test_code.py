"""Reading and fingerprinting: a copier's changes leave the tokens alone; winnowing is its definition."""

import random
import subprocess
import sys
from collections.abc import Sequence

import pytest

from coursekit.grading.likeness.code import read
from coursekit.grading.likeness.disguise import DISGUISES, disguised
from coursekit.grading.likeness.winnow import RUN, WINDOW, fingerprints, winnow

ANSWER = '''
import torch

def step(w, X, lr=0.5):
    """Take a step."""
    left = torch.exp(X @ w) / 16
    right = X.sum(dim=1) * 0.1
    gradient = (left - right).mean(dim=0)
    return w - lr * gradient

class Net:
    def first(self, x):
        self.kept = x * 2
        return self.kept

    def second(self, x):
        total = 0
        for row in x:
            total += row.sum()
        return total
'''


def by_definition(hashes: Sequence[int], window: int) -> list[int]:
    """Choose in each window the smallest hash, of equal ones the last: straight from the definition."""
    windows = [range(at, at + window) for at in range(len(hashes) - window + 1)] or [range(len(hashes))]
    chosen = {
        max((at for at in own if hashes[at] == min(hashes[i] for i in own)), default=None) for own in windows
    }
    return sorted(at for at in chosen if at is not None)


@pytest.mark.parametrize("window", [1, 2, 4, 7])
def test_winnowing_is_its_definition(window: int) -> None:
    rng = random.Random(window)
    for _ in range(300):
        hashes = [rng.randrange(6) for _ in range(rng.randrange(20))]
        assert winnow(hashes, window) == by_definition(hashes, window), hashes


def test_a_long_enough_common_run_is_always_seen() -> None:
    rng = random.Random(0)
    words = [f"torch.f{n}" for n in range(40)]
    length = RUN + WINDOW - 1  # tokens; "torch.f" has three, and a plus between two is one
    for _ in range(50):
        common = " + ".join(rng.sample(words, length // 4 + 2))
        one, two = (f"{rng.random()} * {common} * {rng.random()}" for _ in range(2))
        assert fingerprints(read(one)).keys() & fingerprints(read(two)).keys()


def words(text: str) -> list[list[str]]:
    """Return the tokens of each segment."""
    return [[token.text for token in segment] for segment in read(text).segments]


@pytest.mark.parametrize(
    "name", ["names changed", "comments and print lines added", "laid out in another way",
             "numbers spelled in another way"]
)  # fmt: skip
def test_a_disguise_that_changes_no_step_changes_no_token(name: str) -> None:
    changed = disguised(ANSWER, DISGUISES[name])
    assert changed != ANSWER
    assert words(changed) == words(ANSWER)


def test_the_order_of_functions_does_not_matter() -> None:
    changed = disguised(ANSWER, DISGUISES["functions in another order"])
    assert changed.index("def second") < changed.index("def first")
    assert fingerprints(read(changed)).keys() == fingerprints(read(ANSWER)).keys()


def test_swapped_lines_are_the_lines_that_may_be_swapped() -> None:
    changed = disguised(ANSWER, DISGUISES["independent lines swapped"])
    assert changed.index("right =") < changed.index("left =") < changed.index("gradient =")
    chain = "def f(a):\n    b = a + 1\n    c = b * 2\n    return c"
    assert disguised(chain, DISGUISES["independent lines swapped"]) == chain


def test_disguised_answers_still_compute_the_same() -> None:
    plain = "def f(a, b=3):\n    one = a * 0.25\n    two = b + 16\n    return one - two\n"
    for name, ways in DISGUISES.items():
        spaces: list[dict[str, object]] = []
        for text in (plain, disguised(plain, ways)):
            space: dict[str, object] = {"print": lambda *_: None}
            exec(text, space)
            spaces.append(space)
        first, second = (next(v for k, v in s.items() if callable(v) and k not in ("print",)) for s in spaces)
        assert first(2.0, 5) == second(2.0, 5) == pytest.approx(-20.5), name  # type: ignore[operator]


def test_another_step_is_another_token() -> None:
    assert words("def f(x):\n    return x + 1") != words("def f(x):\n    return x - 1")
    assert words("def f(x):\n    return x.sum(dim=0)") != words("def f(x):\n    return x.sum(dim=1)")
    assert words("def f(x):\n    return torch.exp(x)") != words("def f(x):\n    return torch.log(x)")


STRANGE = ("", "def f(:\n  x = 1 +", "%matplotlib inline\nx = 1", "\0", "(" * 9000, "'", "é = 1")


@pytest.mark.parametrize("text", STRANGE)
def test_whatever_was_handed_in_can_be_read(text: str) -> None:
    assert fingerprints(read(text)) is not None


def test_what_does_not_parse_is_still_compared() -> None:
    broken = ANSWER + "\ndef f(:\n"
    renamed = broken.replace("gradient", "slope").replace("left", "one")
    assert len(fingerprints(read(broken))) > 10
    assert fingerprints(read(broken)).keys() == fingerprints(read(renamed)).keys()


def test_lines_of_a_fingerprint_hold_its_tokens() -> None:
    code = read(ANSWER)
    for lines in fingerprints(code).values():
        assert lines <= set(range(len(code.lines)))
    assert any("left - right" in code.lines[at] for lines in fingerprints(code).values() for at in lines)


def test_fingerprints_are_the_same_in_every_process() -> None:
    line = (
        "from coursekit.grading.likeness.code import read; from coursekit.grading.likeness.winnow import "
        "fingerprints; print(sorted(fingerprints(read('def f(a, b):\\n  return a @ b + a.sum() - b'))))"
    )
    runs = {subprocess.check_output([sys.executable, "-c", line]) for _ in range(2)}
    assert len(runs) == 1
    assert len(next(iter(runs))) > 20
