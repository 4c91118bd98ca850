"""Times: both are measured, the ratio is that of the pairs, and the steps are real steps."""

import pytest

from coursekit.experiments import dispatch


def test_both_are_timed_in_every_round() -> None:
    result = dispatch.run(fast=True)
    assert result.rounds == 3
    for name in dispatch.SHAPES:
        pairs = list(zip(result.numpy[name], result.torch[name], strict=True))
        assert len(pairs) == 3
        assert all(a > 0 and b > 0 for a, b in pairs)
        assert result.ratio(name) == [pytest.approx(b / a) for a, b in pairs]


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="rounds must be an int of at least 1; got 0"):
        dispatch.run(0)
