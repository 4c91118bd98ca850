"""The detector against scikit-learn, order statistics simulated, and files that are damaged or foreign."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from coursekit import anomaly
from coursekit._check import CourseError
from coursekit.anomaly import Detector, false_alarms, threshold_rank
from coursekit.autoencoders import Autoencoder, DenseAutoencoder, ResidualAutoencoder, save_model
from coursekit.autoencoders.convolutional import ConvolutionalAutoencoder
from coursekit.autoencoders.denoising import DenoisingAutoencoder
from coursekit.autoencoders.masked import MaskedAutoencoder
from coursekit.autoencoders.sequence import SequenceAutoencoder
from coursekit.autoencoders.skip import SkipAutoencoder
from coursekit.autoencoders.sparse import SparseAutoencoder
from coursekit.metrics import auroc
from coursekit.noise import corruption


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _data(n: int, *shape: int, seed: int = 1) -> Tensor:
    return torch.rand(n, *shape, generator=_generator(seed), dtype=torch.float64)


def _model(shape: int | tuple[int, ...] = 6, **options: object) -> DenseAutoencoder:
    return DenseAutoencoder(shape, [5], 2, generator=_generator(), **options).double()  # type: ignore[arg-type]


@pytest.mark.parametrize("loss", ["squared", "bernoulli", "absolute", "huber"])
@pytest.mark.parametrize("shape", [(6,), (2, 3, 4)])
def test_score_is_the_models_own_loss_of_each_sample(shape: tuple[int, ...], loss: str) -> None:
    # D-59: trained with one loss and scored with another, flat in one place and an image in the other.
    model, x = _model(shape, loss=loss), _data(7, *shape)
    scores = Detector(model, batch_size=3).score(x)
    assert scores.shape == (7,)
    assert not scores.requires_grad
    assert scores.mean().item() == pytest.approx(model.loss(x).reconstruction.item(), rel=1e-12)
    for row in range(7):
        assert scores[row].item() == pytest.approx(
            model.loss(x[row : row + 1]).reconstruction.item(), rel=1e-12
        )


@pytest.mark.parametrize("model", [
    ConvolutionalAutoencoder((1, 8, 6), [3, 4], 2, generator=_generator()),
    SkipAutoencoder((1, 8, 8), [3, 4], 2, generator=_generator()),
    MaskedAutoencoder((1, 8, 8), [16], 4, patch=4, generator=_generator()),
    SequenceAutoencoder((7, 3), [8], 2, generator=_generator()),
    SparseAutoencoder(6, [], 9, unit_norm=True, top_k=3, generator=_generator()),
    DenoisingAutoencoder(6, [5], 2, corruption=corruption("gaussian", sigma=0.5), generator=_generator()),
], ids=lambda model: type(model).__name__)  # fmt: skip
def test_every_model_of_the_family_is_scored_on_the_clean_sample(model: Autoencoder) -> None:
    x = _data(9, *model.input_shape)
    model = model.double()
    scores = Detector(model, batch_size=4).score(x)
    outputs = model.reconstruct(x)
    torch.testing.assert_close(scores, (outputs - x).square().flatten(1).sum(1), rtol=1e-10, atol=1e-12)


def test_scoring_leaves_mode_data_and_statistics_alone() -> None:
    model, x = _model(batch_norm=True, dropout=0.5).train(), _data(20, 6)
    before, kept = x.clone(), {key: value.clone() for key, value in model.state_dict().items()}
    detector = Detector(model)
    assert torch.equal(detector.score(x), detector.score(x))
    assert model.training
    assert torch.equal(x, before)
    assert all(torch.equal(value, kept[key]) for key, value in model.state_dict().items())


def test_threshold_is_the_rank_that_holds_the_rate() -> None:
    for n, quantile, rank in (
        (19, 0.95, 19),
        (99, 0.95, 95),
        (100, 0.95, 96),
        (20 - 1, 0.55, 11),
        (9, 0.7, 7),
    ):
        assert threshold_rank(n, quantile) == rank
        assert (n + 1 - rank) / (n + 1) <= 1 - quantile + 1e-12
    detector, x = Detector(_model()), _data(99, 6)
    threshold = detector.fit_threshold(x, 0.95)
    scores = detector.score(x)
    assert threshold == float(np.partition(scores.numpy(), 94)[94])
    assert torch.equal(detector.predict(x), scores > threshold)
    assert int(detector.predict(x).sum()) == 4


@pytest.mark.parametrize(("n", "quantile"), [(50, 0.95), (200, 0.9), (19, 0.95)])
def test_false_alarms_have_the_law_of_an_order_statistic(n: int, quantile: float) -> None:
    """Thresholds of many simulated sets; each one's true rate is known, since the scores are exponential."""
    from scipy.stats import kstest

    draws = 20_000
    rng = np.random.default_rng(5)
    ordered = np.sort(rng.exponential(size=(draws, n)), axis=1)
    rates = np.exp(-ordered[:, threshold_rank(n, quantile) - 1])
    alarms = false_alarms(n, quantile)
    # Five standard errors of a mean: a false alarm in two million.
    assert abs(rates.mean() - alarms.expected) < 5 * rates.std() / math.sqrt(draws)
    inside = ((rates > alarms.low) & (rates < alarms.high)).mean()
    assert abs(inside - 0.95) < 5 * math.sqrt(0.95 * 0.05 / draws)
    rank = threshold_rank(n, quantile)
    # The whole law, not its mean alone: the sum of exponentials written as a product of uniforms.
    product = np.prod(rng.uniform(size=(draws, rank)) ** (1 / np.arange(n, n - rank, -1)), axis=1)
    assert kstest(rates, product).pvalue > 1e-6


def test_fresh_normal_data_are_flagged_as_often_as_promised() -> None:
    """Many detectors of one model, each with its own held-out set: the share of alarms is the closed form."""
    model, sets, n, fresh = _model(), 300, 59, 40
    detector, flagged = Detector(model), []
    for index in range(sets):
        x = _data(n + fresh, 6, seed=100 + index)
        detector.fit_threshold(x[:n], 0.9)
        flagged.append(detector.predict(x[n:]).double().mean().item())
    error = np.std(flagged, ddof=1) / math.sqrt(sets)
    assert abs(np.mean(flagged) - detector.false_alarms().expected) < 5 * error
    assert detector.false_alarms().expected == pytest.approx(0.1)


def test_detector_finds_what_the_model_never_saw() -> None:
    """Normal rows lie on a line that a linear model learns; anomalies lie off it."""
    from sklearn.metrics import roc_auc_score

    t = _data(400, 1)
    normal = t * torch.linspace(0.1, 1, 6, dtype=torch.float64)
    model = DenseAutoencoder(6, [], 1, generator=_generator()).double()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=200)

    def step() -> Tensor:
        optimizer.zero_grad()
        loss = model.loss(normal[:200]).loss
        loss.backward()
        return loss

    optimizer.step(step)  # type: ignore[arg-type]
    detector = Detector(model)
    detector.fit_threshold(normal[200:300], 0.9)
    x = torch.cat([normal[300:], _data(100, 6, seed=3)])
    y = torch.arange(200) >= 100
    assert detector.predict(x)[100:].all()
    assert auroc(detector.score(x), y) == pytest.approx(roc_auc_score(y, detector.score(x))) == 1.0


def test_saved_detector_judges_as_before(tmp_path: Path) -> None:
    model, x = _model((1, 2, 3), loss="bernoulli"), _data(60, 1, 2, 3)
    detector = Detector(model)
    threshold = detector.fit_threshold(x[:40], 0.9)
    path = tmp_path / "new" / "detector.pt"
    detector.save(path)
    again = Detector.load(path)
    assert (again.threshold, again.quantile, again.normals) == (threshold, 0.9, 40)
    assert torch.equal(again.predict(x), detector.predict(x))
    assert torch.equal(again.score(x), detector.score(x))
    assert again.false_alarms() == detector.false_alarms()
    assert [file.name for file in path.parent.iterdir()] == ["detector.pt"]
    with pytest.raises(CourseError, match=r"detector.pt must hold a .*ResidualAutoencoder"):
        Detector.load(path, ResidualAutoencoder)
    with pytest.raises(CourseError, match=r"detector file .* exists: pass overwrite=True"):
        detector.save(path)
    detector.fit_threshold(x[:40], 0.5)
    detector.save(path, overwrite=True)
    assert Detector.load(path).quantile == 0.5


def _one_line(path: Path) -> str:
    with pytest.raises(CourseError) as caught:
        Detector.load(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_damaged_and_foreign_files_are_refused_in_one_line(tmp_path: Path) -> None:
    path, detector = tmp_path / "detector.pt", Detector(_model())
    assert "does not exist" in _one_line(path)
    detector.fit_threshold(_data(40, 6))
    detector.save(path)
    whole = path.read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        assert "damaged" in _one_line(path)
    # A flipped byte anywhere in the weights: the archive's checksum sees it.
    broken = bytearray(whole)
    broken[len(whole) // 2] ^= 0xFF
    path.write_bytes(bytes(broken))
    assert "damaged" in _one_line(path)
    path.write_text("no archive")
    assert "damaged or no detector file" in _one_line(path)
    path.unlink()
    save_model(_model(), path)
    assert "must have format 'coursekit.anomaly detector 1'; got 'coursekit.autoencoders" in _one_line(path)


def test_file_with_a_wrong_entry_is_refused(tmp_path: Path) -> None:
    path, detector = tmp_path / "detector.pt", Detector(_model())
    detector.fit_threshold(_data(40, 6))
    detector.save(path)
    state = torch.load(path, weights_only=True)
    torch.save(state | {"threshold": None}, path)
    assert "is damaged (no threshold)" in _one_line(path)
    torch.save(state | {"model": torch.zeros(5, dtype=torch.uint8)}, path)
    assert "damaged" in _one_line(path)
    torch.save(state | {"threshold": math.nan}, path)
    assert "is damaged (no threshold)" in _one_line(path)


def test_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, detector = tmp_path / "detector.pt", Detector(_model())
    detector.fit_threshold(_data(40, 6))
    detector.save(path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("coursekit._write.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        detector.save(path, overwrite=True)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["detector.pt"]


class _Diverged(DenseAutoencoder):
    def _decode(self, z: Tensor) -> Tensor:
        return super()._decode(z) * math.nan


def test_bad_arguments_are_named() -> None:
    detector, x = Detector(_model()), _data(40, 6)
    with pytest.raises(TypeError, match="model must be an Autoencoder; got Linear"):
        Detector(torch.nn.Linear(2, 2))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="call fit_threshold first"):
        detector.predict(x)
    with pytest.raises(ValueError, match="call fit_threshold first"):
        detector.false_alarms()
    with pytest.raises(ValueError, match="x must hold at least one sample; got none"):
        detector.fit_threshold(x[:0])
    with pytest.raises(ValueError, match=r"x must have shape \(B, 6\); got \(40, 5\)"):
        detector.score(x[:, :5])
    hole = x.clone()
    hole[3, 2] = math.nan
    with pytest.raises(ValueError, match="x must be finite; got 1 NaN"):
        detector.fit_threshold(hole)
    for quantile in (0.0, 1.0, -0.1, 95, math.nan):
        with pytest.raises(ValueError, match="quantile must lie between 0 and 1, both excluded; got"):
            detector.fit_threshold(x, quantile)
    with pytest.raises(TypeError, match="quantile must be a number between 0 and 1"):
        detector.fit_threshold(x, "0.9")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"quantile 0\.99 needs at least 99 normal samples; got 40"):
        detector.fit_threshold(x, 0.99)
    with pytest.raises(ValueError, match="the model's scores must be finite; got 40 NaN"):
        Detector(_Diverged(6, [5], 2, generator=_generator()).double()).score(x)
    assert detector.threshold is None
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        false_alarms(99, 0.95, level=1.0)
    assert threshold_rank(99, 0.99) == 99
    assert anomaly.FORMAT.endswith("1")
