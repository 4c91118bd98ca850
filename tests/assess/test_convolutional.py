"""The references of the convolutional assignment against torch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.assess import check, exercises
from coursekit.assess.workshop import _convolutional_reference as reference

OWN = [task for task in exercises() if task.id.startswith("convolutional/")]


def test_sizes_are_those_of_torch() -> None:
    for n in range(9, 24):
        for k, s, p, d in ((3, 2, 1, 1), (3, 3, 0, 2), (4, 2, 2, 2), (1, 2, 0, 1), (5, 4, 1, 1)):
            x, w = torch.zeros(1, 1, n), torch.zeros(1, 1, k)
            down = F.conv1d(x, w, stride=s, padding=p, dilation=d)
            assert reference.conv_size(n, k, s, p, d) == down.shape[-1]
            q = reference.output_padding(n, k, s, p, d)
            back = F.conv_transpose1d(down, w, stride=s, padding=p, dilation=d, output_padding=q)
            assert back.shape[-1] == n


def test_both_convolutions_are_those_of_torch() -> None:
    rng = np.random.default_rng(0)
    for k, s, p, q in ((3, 2, 1, 1), (2, 2, 0, 0), (3, 1, 2, 0), (4, 3, 1, 2)):
        x, w, b = (rng.standard_normal(shape) for shape in ((2, 3, 8, 9), (4, 3, k, k), (4,)))
        mine = reference.conv(x, w, b, s, p)
        image, kernel, bias = (torch.from_numpy(part) for part in (x, w, b))
        twin = F.conv2d(image, kernel, bias, stride=s, padding=p)
        np.testing.assert_allclose(mine, twin.numpy(), atol=1e-12)
        y = rng.standard_normal((2, 4, 3, 5))
        back = reference.conv_transpose(y, w, s, p, q)
        theirs = F.conv_transpose2d(torch.from_numpy(y), kernel, stride=s, padding=p, output_padding=q)
        np.testing.assert_allclose(back, theirs.numpy(), atol=1e-12)


def test_values_go_where_torch_puts_them() -> None:
    x = torch.randn(2, 3, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values, places = F.max_pool2d(x, 2, ceil_mode=True, return_indices=True)
    theirs = F.max_unpool2d(values, places, [2, 2], output_size=[5, 6])
    assert np.array_equal(reference.unpool(values.numpy(), places.numpy(), 5, 6), theirs.numpy())


def test_the_rise_is_the_difference_of_two_errors() -> None:
    rng = np.random.default_rng(1)
    z, maps, x = (torch.from_numpy(rng.standard_normal((6, width))) for width in (2, 3, 4))
    V, W, c = (torch.from_numpy(rng.standard_normal(shape)) for shape in ((4, 2), (4, 3), (4,)))
    order = torch.tensor([1, 2, 0, 5, 3, 4])
    errors = [
        F.mse_loss(F.linear(code, V) + F.linear(maps, W, c), x, reduction="sum").item() / 6
        for code in (z, z[order])
    ]
    parts = [part.numpy() for part in (z, maps, x, V, W, c, order)]
    own, more = reference.rise(*parts)
    assert own == pytest.approx(errors[0], rel=1e-12)
    assert more == pytest.approx(errors[1] - errors[0], rel=1e-9)
    # A decoder that doesn't read the code: nothing is worth nothing.
    parts[3] = 0 * parts[3]
    assert reference.rise(*parts)[1] == pytest.approx(0, abs=1e-12)


def test_the_error_is_earned_alone() -> None:
    def unfinished(*given: object) -> tuple[object, None]:
        return reference.rise(*given)[0], None  # type: ignore[arg-type]

    report = str(check("convolutional/rise", unfinished))
    assert "1 of 3 points" in report


def test_odd_answers_are_not_taken() -> None:
    assert check("convolutional/unpool", lambda *given: reference.unpool(*given).tolist()).passed
    answers: tuple[object, ...] = (None, -3, "x", (1, 2), ([], []))
    for odd in answers:
        for task in OWN:
            assert not check(task.id, lambda *_, odd=odd: odd).passed
