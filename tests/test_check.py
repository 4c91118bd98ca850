"""Each check lets the right thing through and names what was required and what came."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from coursekit._check import (
    check_choice,
    check_generator,
    check_in_unit,
    check_positive,
    check_positive_int,
    check_same_length,
    check_tensor,
    closest,
    describe,
    require,
)


def test_require_speaks_only_when_false() -> None:
    require(True, "never seen")
    with pytest.raises(ValueError, match=r"^b must exceed a$"):
        require(0, "b must exceed a")


@pytest.mark.parametrize(
    ("options", "x", "message"),
    [
        ({"ndim": 2}, torch.ones(3), r"x must have shape \(n1, n\); got \(3,\)"),
        ({"last": 64}, torch.ones(3, 8), r"x must have shape \(\.\.\., 64\); got \(3, 8\)"),
        ({"shape": ("B", 2)}, torch.ones(3, 3), r"x must have shape \(B, 2\); got \(3, 3\)"),
        ({"shape": ("B",)}, torch.ones(()), r"x must have shape \(B,\); got \(\)"),
        ({"shape": ("N", "N")}, torch.ones(2, 3), r"x must have shape \(N, N\); got \(2, 3\)"),
        ({"finite": True}, torch.tensor([1.0, torch.nan]), r"x must be finite; got 1 NaN or infinite of 2"),
    ],
)
def test_wrong_shape_or_value_is_a_value_error(
    options: dict[str, object], x: torch.Tensor, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_tensor(x, "x", **options)  # type: ignore[arg-type]


def test_wrong_kind_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"x must be a torch.Tensor; got ndarray of shape \(2,\) and float64"):
        check_tensor(np.ones(2), "x")
    with pytest.raises(
        TypeError, match=r"x must have a floating dtype such as torch.float32; got torch.int64"
    ):
        check_tensor(torch.ones(2, dtype=torch.int64), "x", floating=True)


def test_fitting_tensors_come_back_unchanged() -> None:
    x = torch.rand(4, 4, generator=torch.Generator().manual_seed(0))
    assert check_tensor(x, "x", shape=("N", "N"), floating=True, finite=True) is x
    assert check_in_unit(x, "x") is x
    assert check_in_unit(torch.empty(0), "x").numel() == 0


@pytest.mark.parametrize("values", [[0.0, 1.5], [-0.1, 1.0], [0.5, float("nan")]])
def test_pixels_outside_the_unit_interval_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]; got values from"):
        check_in_unit(torch.tensor(values), "x")


def test_positive_numbers() -> None:
    assert check_positive_int(3, "n") == 3
    assert check_positive(0, "beta", zero=True) == 0.0
    with pytest.raises(ValueError, match="n must be an int of at least 1; got 0"):
        check_positive_int(0, "n")
    for wrong in (1.0, True, "1"):
        with pytest.raises(TypeError, match="n must be an int of at least 1; got"):
            check_positive_int(wrong, "n")
    for value in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="lr must be a finite number above zero; got"):
            check_positive(value, "lr")
    with pytest.raises(TypeError, match="lr must be a finite number above zero; got str '1'"):
        check_positive("1", "lr")


def test_choices_name_the_closest() -> None:
    assert check_choice("relu", "activation", ("relu", "tanh")) == "relu"
    with pytest.raises(ValueError, match=r"one of relu, tanh; got 'tahn' \(did you mean 'tanh'\?\)"):
        check_choice("tahn", "activation", ("relu", "tanh"))
    assert closest("zzz", ("relu",)) == ""


def test_lengths() -> None:
    assert check_same_length((torch.ones(3, 2), torch.ones(3)), "data") == 3
    with pytest.raises(ValueError, match=r"equal first dimension; got shapes \[\(3, 2\), \(4,\)\]"):
        check_same_length((torch.ones(3, 2), torch.ones(4)), "data")
    with pytest.raises(ValueError, match=r"equal first dimension; got shapes \[\(\)\]"):
        check_same_length((torch.ones(()),), "data")
    with pytest.raises(TypeError, match=r"data must be a tuple of tensors, such as \(x,\) or .*; got Tensor"):
        check_same_length(torch.ones(3, 2), "data")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="data must hold at least one tensor"):
        check_same_length((), "data")


def test_a_seed_is_no_generator() -> None:
    generator = torch.Generator()
    assert check_generator(generator) is generator
    with pytest.raises(TypeError, match=r"generator must be a torch.Generator, such as .*; got int 0"):
        check_generator(0)


def test_long_values_are_cut() -> None:
    assert len(describe("x" * 100)) < 50


def test_importing_the_checks_loads_no_torch() -> None:
    code = "import sys, coursekit._check; sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
