"""Codes as features: a linear classifier on pixels, components, codes, and codes of an untrained encoder."""

__all__ = ["FEATURES", "Features", "accuracy_of", "features", "global_order", "run"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit.autoencoders import DenseAutoencoder, fit_pca
from coursekit.experiments.ae_parts import EPOCHS, HIDDEN, digits_in_three, trained
from coursekit.experiments.bench import plan, seeded

FEATURES = ("codes", "components", "untrained codes")


class Features(NamedTuple):
    """Test accuracy of a linear classifier: (S, W) by description, for seeds and widths, and from pixels."""

    widths: tuple[int, ...]
    accuracy: dict[str, Tensor]
    pixels: float


def accuracy_of(train: Tensor, y: Tensor, test: Tensor, y_test: Tensor, *, scale: bool = True) -> float:
    """Fit a linear classifier to features, and return its accuracy on the test part.

    The classifier is scikit-learn's logistic regression.

    Args:
        train: features to fit to.
        y: their classes.
        test: features of the test part.
        y_test: their classes.
        scale: whether each feature is first brought to mean 0 and variance 1 in the training part.

    Shape:
        train: (N, K); y: (N,); test: (M, K); y_test: (M,).

    Example:
        >>> x = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]])
        >>> accuracy_of(x, torch.tensor([0, 0, 1, 1]), torch.tensor([[-3.0], [5.0]]), torch.tensor([0, 1]))
        1.0
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    linear = LogisticRegression(max_iter=1000)
    model = make_pipeline(StandardScaler(), linear) if scale else linear
    model.fit(train.numpy(), y.numpy())
    return float(model.score(test.numpy(), y_test.numpy()))


def features(name: str, x: Tensor, seed: int, width: int, epochs: int = EPOCHS) -> Tensor:
    """Describe digits by K numbers.

    Args:
        name: one of ``FEATURES``; components are those of the training digits.
        x: digits.
        seed: of the encoder.
        width: K.
        epochs: passes of a trained encoder over the training digits, without their classes.

    Shape:
        x: (N, 64); returns (N, K).
    """
    if name == "components":
        return fit_pca(digits_in_three().x_train, width).encode(x)
    if name == "codes":
        return trained(seed, width, epochs)[0].encode(x).detach()
    return DenseAutoencoder(64, [HIDDEN], width, generator=seeded(seed)).encode(x).detach()


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, widths: Sequence[int] = (2, 8, 32), epochs: int = EPOCHS,
    fast: bool = False,
) -> Features:  # fmt: skip
    """Fit the same classifier to every description of the 1,200 training digits.

    Args:
        seeds: of the encoders.
        widths: K.
        epochs: passes over the training digits.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    parts = digits_in_three()
    tables = {name: torch.zeros(len(used), len(widths)) for name in FEATURES}
    for j, width in enumerate(widths):
        for name, table in tables.items():
            for i, seed in enumerate(used):
                if name == "components" and i:  # the same for every seed
                    table[i, j] = table[0, j]
                    continue
                train, test = (features(name, x, seed, width, epochs) for x in (parts.x_train, parts.x_test))
                table[i, j] = accuracy_of(train, parts.y_train, test, parts.y_test)
    pixels = accuracy_of(parts.x_train, parts.y_train, parts.x_test, parts.y_test)
    return Features(tuple(widths), tables, pixels)


def global_order(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, points: int = 150, fast: bool = False
) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Lay test digits out by t-SNE from two kinds of start; return how far and near distances survive.

    For each start: the rank correlation of all pairwise distances in the plane with those among the pixels,
    and the trustworthiness with 12 neighbours; one number a seed each.

    Args:
        seeds: of t-SNE.
        points: test digits used.
        fast: two seeds.

    Raises:
        ValueError: there is no seed.

    Source:
        Kobak & Linderman 2021, on the start of t-SNE and UMAP.
    """
    from scipy.spatial.distance import pdist  # type: ignore[import-untyped]
    from scipy.stats import spearmanr  # type: ignore[import-untyped]
    from sklearn.manifold import TSNE, trustworthiness

    used, _ = plan(seeds, 1, fast)
    x = digits_in_three().x_test[:points].numpy()
    found = {}
    for start in ("random", "pca"):
        far, near = [], []
        for seed in used:
            plane = TSNE(perplexity=20, max_iter=500, init=start, random_state=seed).fit_transform(x)
            far.append(float(spearmanr(pdist(x), pdist(plane)).statistic))
            near.append(float(trustworthiness(x, plane, n_neighbors=12)))
        found[start] = tuple(far), tuple(near)
    return found
