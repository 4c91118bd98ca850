"""The misuses of PCA by scikit-learn and NumPy."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA as Twin
from sklearn.decomposition import TruncatedSVD
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from coursekit.data import digits
from coursekit.experiments import pca_traps


def error(x: NDArray[np.float64], back: NDArray[np.float64]) -> float:
    return float(((x - back) ** 2).sum(1).mean())


@pytest.fixture(scope="module")
def result() -> pca_traps.TrapRun:
    return pca_traps.run(8)


def test_each_number_by_scikit_learn(result: pca_traps.TrapRun) -> None:
    for at, seed in enumerate(result.seeds):
        split = digits(seed=seed)
        x, test = split.x_train.double().numpy(), split.x_test.double().numpy()
        twin = Twin(8, svd_solver="full").fit(x)
        right = twin.inverse_transform(twin.transform(test))
        assert result.right[at].item() == pytest.approx(error(test, right), rel=1e-6)
        along = test @ twin.components_.T @ twin.components_
        assert result.forgotten[at].item() == pytest.approx(error(test, along), rel=1e-6)
        assert result.half[at].item() == pytest.approx(error(test, along + x.mean(0)), rel=1e-6)
        svd = TruncatedSVD(8, algorithm="arpack", random_state=0).fit(x)
        back = svd.inverse_transform(svd.transform(test))
        assert result.uncentred[at].item() == pytest.approx(error(test, back), rel=1e-6)
        pipe = make_pipeline(StandardScaler(), Twin(8, svd_solver="full")).fit(x)
        assert result.scaled[at].item() == pytest.approx(
            error(test, pipe.inverse_transform(pipe.transform(test))), rel=1e-6
        )
        peek = Twin(8, svd_solver="full").fit(test)
        assert result.peeked[at].item() == pytest.approx(
            error(test, peek.inverse_transform(peek.transform(test))), rel=1e-6
        )


def test_a_mean_forgotten_once_is_worse_than_forgotten_everywhere(result: pca_traps.TrapRun) -> None:
    assert (result.uncentred < 1.1 * result.right).all()
    assert (result.half > 1.8 * result.right).all()
    assert (result.forgotten > 5 * result.right).all()
    assert (result.peeked < result.right).all()


def test_scaling_answers_another_question(result: pca_traps.TrapRun) -> None:
    assert (result.scaled > 1.1 * result.right).all()
