"""Initialisers: fans against torch, variances with error bars, distributions against scipy, streams."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats
import torch
from torch.nn.init import _calculate_fan_in_and_fan_out

from coursekit.scratch import initialisers as init
from coursekit.scratch.activations import relu

FAN_IN, FAN_OUT = 800, 500
# A million-to-one false alarm, two-sided, shared by the draws of this module.
SIGMAS = 5.5
VARIANCES = {
    "xavier_normal": 2 / (FAN_IN + FAN_OUT),
    "xavier_uniform": 2 / (FAN_IN + FAN_OUT),
    "he_normal": 2 / FAN_IN,
    "he_uniform": 2 / FAN_IN,
    "lecun_normal": 1 / FAN_IN,
    "normal": 0.3**2,
}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def draw(name: str, seed: int = 0, **options: Any) -> np.ndarray:
    extra = {"std": 0.3} if name == "normal" else {}
    return init.initialise(name, FAN_IN, FAN_OUT, generator=rng(seed), **extra, **options)


def test_every_initialiser_is_covered() -> None:
    assert set(init.names()) == {*VARIANCES, "constant"}


@pytest.mark.parametrize("shape", [(6, 4), (1, 9), (7, 1)])
def test_fans_of_a_matrix_are_those_of_torch_for_its_transpose(shape: tuple[int, int]) -> None:
    assert init.fans(shape) == _calculate_fan_in_and_fan_out(torch.empty(shape[::-1])) == shape


@pytest.mark.parametrize("shape", [(8, 3, 5), (16, 3, 5, 5), (4, 2, 3, 4, 5), (2, 1, 1, 1)])
def test_fans_of_kernels_are_those_of_torch(shape: tuple[int, ...]) -> None:
    assert init.fans(shape) == _calculate_fan_in_and_fan_out(torch.empty(shape))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", VARIANCES)
def test_mean_and_variance_are_within_their_error_bars(name: str, seed: int) -> None:
    w, variance = draw(name, seed), VARIANCES[name]
    kurtosis = 1.8 if "uniform" in name else 3.0
    assert w.shape == (FAN_IN, FAN_OUT)
    assert abs(w.mean()) <= SIGMAS * math.sqrt(variance / w.size)
    assert abs((w**2).mean() / variance - 1) <= SIGMAS * math.sqrt((kurtosis - 1) / w.size)
    # The columns of one matrix differ: no row or column was drawn once and repeated.
    assert len(np.unique(w)) == w.size


@pytest.mark.parametrize("name", VARIANCES)
def test_distribution_and_bound(name: str) -> None:
    w, std = draw(name).ravel()[:20_000], math.sqrt(VARIANCES[name])
    bound = math.sqrt(3) * std
    law = scipy.stats.uniform(-bound, 2 * bound) if "uniform" in name else scipy.stats.norm(0, std)
    assert scipy.stats.kstest(w, law.cdf).pvalue > 1e-6
    if "uniform" in name:
        # The largest of n uniform draws falls short of the bound by a part in n.
        assert bound * (1 - 20 / 400_000) <= np.abs(draw(name)).max() <= bound


@pytest.mark.parametrize("name", ["xavier_normal", "xavier_uniform"])
def test_gain_scales_the_deviation(name: str) -> None:
    np.testing.assert_allclose(draw(name, gain=5 / 3), 5 / 3 * draw(name), rtol=1e-13, atol=1e-15)


def test_the_variance_as_the_deviation_would_be_seen() -> None:
    # Audit D003-11: 2000 by 1000 needs a deviation of 2.6e-2; the variance passed as the scale is 6.7e-4.
    w = init.xavier_normal(2000, 1000, generator=rng())
    assert w.std() == pytest.approx(2.582e-2, rel=5e-3)


@pytest.mark.parametrize("name", [*VARIANCES, "constant"])
def test_streams_are_the_generator_s_and_float32_is_the_rounded_draw(name: str) -> None:
    options: dict[str, float] = {"normal": {"std": 0.3}, "constant": {"value": 0.3}}.get(name, {})
    f = getattr(init, name)

    def drawn(seed: int, dtype: Any = np.float64) -> np.ndarray:
        return init.initialise(name, 7, 4, generator=rng(seed), dtype=dtype, **options)

    np.testing.assert_array_equal(drawn(1), drawn(1))
    single = drawn(1, np.float32)
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, drawn(1).astype(np.float32))
    generator = {} if name == "constant" else {"generator": rng(1)}
    np.testing.assert_array_equal(f(7, 4, **generator, **options), drawn(1))
    if name != "constant":
        assert not np.array_equal(drawn(1), drawn(2))


def test_constant_is_constant_and_draws_nothing() -> None:
    np.testing.assert_array_equal(init.constant(3, 2, -0.5), np.full((3, 2), -0.5))
    generator = rng()
    init.initialise("constant", 3, 2, generator=generator, value=1.0)
    assert generator.random() == rng().random()


def test_he_holds_a_stack_of_relu_level_and_xavier_halves_it_at_each_layer() -> None:
    # Mean of log2 of the second moment's ratio over eight stacks of ten layers of width 300.
    def change(name: str, seed: int) -> float:
        generator = rng(seed)
        h = generator.normal(size=(100, 300))
        start = (h**2).mean()
        for _ in range(10):
            h = relu(h @ init.initialise(name, 300, 300, generator=generator))
        return math.log2((2 * (h**2).mean()) / start) / 10

    # relu(h W) with W ~ N(0, 2/n) keeps E[h^2]; the first layer sees inputs that no ReLU has halved.
    for name, wanted in (("he_normal", 0.1), ("he_uniform", 0.1), ("xavier_normal", -0.9)):
        rates = [change(name, seed) for seed in range(8)]
        bar = np.std(rates, ddof=1) / math.sqrt(8)
        # Student's t with 7 degrees of freedom: 15.8 bars for a false alarm in a million.
        assert abs(np.mean(rates) - wanted) <= 15.8 * bar
        assert bar < 0.02


def test_bad_input_is_refused_in_one_line() -> None:
    for name in VARIANCES:
        f, extra = getattr(init, name), {"std": 1.0} if name == "normal" else {}
        with pytest.raises(ValueError, match=r"fan_in must be an int of at least 1; got 0"):
            f(0, 3, generator=rng(), **extra)
        with pytest.raises(TypeError, match=r"fan_out must be an int of at least 1; got float 3.0"):
            f(2, 3.0, generator=rng(), **extra)
        with pytest.raises(
            TypeError, match=r"generator must be a numpy.random.Generator, such as .*; got int 0"
        ):
            f(2, 3, generator=0, **extra)
        with pytest.raises(TypeError, match=r"dtype must be float32 or float64; got .*int"):
            f(2, 3, generator=rng(), dtype=int, **extra)
    with pytest.raises(TypeError, match=r"dtype must be float32 or float64; got NoneType None"):
        init.constant(2, 3, 0.0, dtype=None)
    for gain in (0.0, -1.0, math.inf):
        with pytest.raises(ValueError, match=r"gain must be a finite number above zero; got"):
            init.xavier_normal(2, 3, gain=gain, generator=rng())
        with pytest.raises(ValueError, match=r"gain must be a finite number above zero; got"):
            init.xavier_uniform(2, 3, gain=gain, generator=rng())
        with pytest.raises(ValueError, match=r"std must be a finite number above zero; got"):
            init.normal(2, 3, std=gain, generator=rng())
    with pytest.raises(ValueError, match=r"value must be a finite number; got nan"):
        init.constant(2, 3, math.nan)


def test_bad_names_options_and_shapes() -> None:
    with pytest.raises(
        ValueError, match=r"initialiser must be one of .*; got 'he_norml' \(did you mean 'he_normal'"
    ):
        init.initialise("he_norml", 2, 3, generator=rng())
    with pytest.raises(TypeError, match=r"normal needs the option std; got none"):
        init.initialise("normal", 2, 3, generator=rng())
    with pytest.raises(TypeError, match=r"he_normal takes no option; got gain"):
        init.initialise("he_normal", 2, 3, generator=rng(), gain=2.0)
    with pytest.raises(TypeError, match=r"constant takes the option value; got std"):
        init.initialise("constant", 2, 3, generator=rng(), std=2.0)
    with pytest.raises(TypeError, match=r"generator must be a numpy.random.Generator"):
        init.initialise("constant", 2, 3, generator=None, value=1.0)  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"shape must be \(fan_in, fan_out\) or \(C_out, C_in, ...\); got \(3,\)"
    ):
        init.fans((3,))
    with pytest.raises(ValueError, match=r"shape\[1\] must be an int of at least 1; got 0"):
        init.fans((3, 0))
    with pytest.raises(TypeError, match=r"shape must be a tuple of ints; got int 3"):
        init.fans(3)  # type: ignore[arg-type]
