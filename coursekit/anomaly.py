"""Anomalies by reconstruction error: a score, a threshold from held-out normal data, and its false alarms."""

__all__ = ["Detector", "FalseAlarms", "false_alarms", "threshold_rank"]

import math
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import CourseError, check_positive_int, check_tensor, describe, require
from coursekit.autoencoders.interface import Autoencoder
from coursekit.autoencoders.saving import load_model, save_model
from coursekit.disk import read_state, write_state

FORMAT = "coursekit.anomaly detector 1"
ADVICE = "fit and save the detector again"


class FalseAlarms(NamedTuple):
    """The share of normal data that a threshold flags: its mean, and the band it lies in."""

    expected: float
    low: float
    high: float


def _check_share(value: float, name: str) -> Fraction:
    """Return a number strictly between 0 and 1 as the decimal that was written."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number between 0 and 1, both excluded; got {describe(value)}")
    require(0 < value < 1, f"{name} must lie between 0 and 1, both excluded; got {value}")
    # 0.14 * 50 is a little above 7 in floating point: its ceiling would be 8.
    return Fraction(str(value))


def threshold_rank(n: int, quantile: float) -> int:
    r"""Return which of n normal scores, counted from the smallest, is the threshold for a quantile.

    .. math:: k = \lceil q (n + 1) \rceil

    It is the smallest rank that new normal data exceed at most 1 - q of the time, on average.

    Args:
        n: how many held-out normal scores there are.
        quantile: q, between 0 and 1.

    Raises:
        TypeError: n is no int, or quantile no number.
        ValueError: n is below 1, quantile is not between 0 and 1, or n is too small for it.

    Source:
        Vovk, Gammerman & Shafer (2005), Algorithmic learning in a random world, on conformal prediction.

    Example:
        >>> threshold_rank(99, 0.95)
        95
    """
    check_positive_int(n, "n")
    share = _check_share(quantile, "quantile")
    rank = math.ceil(share * (n + 1))
    least = math.ceil(share / (1 - share))
    require(rank <= n, f"quantile {quantile} needs at least {least} normal samples; got {n}")
    return rank


def false_alarms(n: int, quantile: float, *, level: float = 0.95) -> FalseAlarms:
    r"""Return how often a threshold from n held-out normal samples flags new normal data.

    .. math:: \Pr(s > s_{(k)} \mid s_{(k)}) \sim \mathrm{Beta}(n + 1 - k,\, k), \qquad
              \text{mean } \frac{n + 1 - k}{n + 1}

    It holds for every continuous distribution of the scores, and needs nothing but their number: with 50
    samples and q = 0.95 the share lies between 0.5 and 11 per cent. Ties only lower it.

    Args:
        n: how many held-out normal samples set the threshold.
        quantile: q, between 0 and 1.
        level: the probability that the share lies in the band, between 0 and 1.

    Raises:
        TypeError: n is no int, or a share no number.
        ValueError: n is below 1 or too small for the quantile, or a share is not between 0 and 1.

    Source:
        David & Nagaraja (2003), Order statistics: the k-th of n uniform numbers is a Beta.

    Example:
        >>> [round(share, 3) for share in false_alarms(99, 0.95)]
        [0.05, 0.017, 0.1]
    """
    from scipy.stats import beta  # type: ignore[import-untyped]

    rank = threshold_rank(n, quantile)
    tail = (1 - float(_check_share(level, "level"))) / 2
    law = beta(n + 1 - rank, rank)
    return FalseAlarms((n + 1 - rank) / (n + 1), float(law.ppf(tail)), float(law.isf(tail)))


class Detector:
    r"""Flag what a model reconstructs badly.

    .. math:: s(x) = \ell(g(f(x)), x), \qquad \text{flag } x \iff s(x) > s_{(k)}

    :math:`\ell` is the loss that the model was trained with; :math:`s_{(k)}` is the k-th smallest score of
    held-out normal data. Data that the model was trained on is reconstructed too well: a threshold from it
    raises more alarms than it promises.

    Args:
        model: an autoencoder, trained on normal data only; held, and left in its mode.
        batch_size: how many samples are scored at once; the scores don't depend on it.

    Raises:
        TypeError: model is no Autoencoder, or batch_size no int.
        ValueError: batch_size is below 1.
    """

    def __init__(self, model: Autoencoder, *, batch_size: int = 1024) -> None:
        if not isinstance(model, Autoencoder):
            raise TypeError(f"model must be an Autoencoder; got {describe(model)}")
        self.model = model
        self.batch_size = check_positive_int(batch_size, "batch_size")
        self.threshold: float | None = None
        self.quantile: float | None = None
        self.normals = 0

    @torch.no_grad()
    def score(self, x: Tensor) -> Tensor:
        r"""Return the reconstruction loss of each sample: the higher, the less normal.

        Args:
            x: samples, of the model's input shape.

        Shape:
            x: (B, \*input_shape); returns (B,).

        Units:
            Those of the model's loss, summed over the entries of a sample.

        Raises:
            TypeError: x is no floating tensor.
            ValueError: x has another shape, holds no sample or a number that is not finite, or the model
                returns a score that is not finite.
        """
        check_tensor(x, "x", shape=("B", *self.model.input_shape), floating=True, finite=True)
        require(len(x) > 0, "x must hold at least one sample; got none")
        training = self.model.training
        self.model.eval()
        try:
            parts = [
                self.model.error(self.model(rows).outputs, rows) for rows in torch.split(x, self.batch_size)
            ]
        finally:
            self.model.train(training)
        return check_tensor(torch.cat(parts), "the model's scores", finite=True)

    def fit_threshold(self, x_normal: Tensor, quantile: float = 0.95) -> float:
        r"""Set the threshold from held-out normal data, and return it.

        Args:
            x_normal: normal samples that the model has not seen.
            quantile: q: new normal data are flagged at most 1 - q of the time, on average.

        Shape:
            x_normal: (n, \*input_shape).

        Raises:
            TypeError: x_normal is no floating tensor, or quantile no number.
            ValueError: as for :meth:`score` and :func:`threshold_rank`.
        """
        _check_share(quantile, "quantile")
        scores = self.score(x_normal)
        rank = threshold_rank(len(scores), quantile)
        self.threshold = float(scores.kthvalue(rank).values)
        self.quantile, self.normals = float(quantile), len(scores)
        return self.threshold

    def _fitted(self) -> tuple[float, float]:
        """Return the threshold and its quantile."""
        if self.threshold is None or self.quantile is None:
            raise ValueError("the detector must have a threshold: call fit_threshold first")
        return self.threshold, self.quantile

    def predict(self, x: Tensor) -> Tensor:
        r"""Tell which samples are flagged as anomalies.

        Args:
            x: samples, of the model's input shape.

        Shape:
            x: (B, \*input_shape); returns (B,), bool.

        Raises:
            ValueError: no threshold was fitted, or as for :meth:`score`.
        """
        threshold, _ = self._fitted()
        return self.score(x) > threshold

    def false_alarms(self, *, level: float = 0.95) -> FalseAlarms:
        """Return the share of new normal data that the threshold flags.

        Args:
            level: the probability that the share lies in the band, between 0 and 1.

        Raises:
            ValueError: no threshold was fitted, or level is not between 0 and 1.
        """
        _, quantile = self._fitted()
        return false_alarms(self.normals, quantile, level=level)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model and the threshold to one file, whole or not at all.

        Args:
            path: the file; its folder is made where missing.
            overwrite: whether a file that is there may be replaced.

        Raises:
            ValueError: no threshold was fitted.
            CourseError: the file exists.
            OSError: the disk is full, or the folder may not be written.
        """
        threshold, quantile = self._fitted()
        if Path(path).exists() and not overwrite:
            raise CourseError(
                f"detector file {path} exists: pass overwrite=True to replace it, or name another"
            )
        with tempfile.TemporaryDirectory() as folder:
            save_model(self.model, Path(folder) / "model.pt")
            content = (Path(folder) / "model.pt").read_bytes()
        write_state(path, {
            "format": FORMAT, "model": torch.frombuffer(bytearray(content), dtype=torch.uint8),
            "threshold": threshold, "quantile": quantile, "normals": self.normals,
        })  # fmt: skip

    @classmethod
    def load(cls, path: str | Path, kind: type[Autoencoder] = Autoencoder) -> "Detector":
        """Read a detector from a file, its model in evaluation mode; no code in the file is ever run.

        Args:
            path: what :meth:`save` wrote.
            kind: the class that the model must have, or be derived from.

        Raises:
            CourseError: the file is missing, damaged, of another kind, or holds another class.
        """
        saved = read_state(path, format=FORMAT, kind="detector file", advice=ADVICE)
        wanted = {"model": Tensor, "threshold": float, "quantile": float, "normals": int}
        for key, type_ in wanted.items():
            if not isinstance(saved.get(key), type_):
                raise CourseError(f"detector file {path} is damaged (no {key}): {ADVICE}")
        if not math.isfinite(saved["threshold"]):
            raise CourseError(f"detector file {path} is damaged (no threshold): {ADVICE}")
        with tempfile.TemporaryDirectory() as folder:
            inner = Path(folder) / "model.pt"
            inner.write_bytes(saved["model"].numpy().tobytes())
            try:
                detector = cls(load_model(inner, kind))
            except CourseError as error:
                raise CourseError(str(error).replace(str(inner), f"in {path}")) from error
        detector.threshold, detector.quantile = saved["threshold"], saved["quantile"]
        detector.normals = saved["normals"]
        return detector
