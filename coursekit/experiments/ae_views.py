"""What codes are good for: a picture of the classes, a classifier on top, and new images from them."""

__all__ = ["SOURCES", "Plane", "Samples", "planes", "probe", "samples"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from coursekit.autoencoders import fit_pca
from coursekit.experiments.ae_parts import EPOCHS, digits_in_three, trained
from coursekit.experiments.bench import plan, seeded

SOURCES = ("N(0, I)", "one Gaussian", "mixture", "real codes")
DRAWS, PARTS = 300, 30


class Plane(NamedTuple):
    """Test images in the plane by method, one entry a seed, and the points of the first seed, (297, 2).

    ``trust`` is the trustworthiness with 12 neighbours, 1 if each neighbour in the plane is one among the
    pixels; ``neighbours`` the accuracy of the five nearest in the plane, by leaving one out.
    """

    trust: dict[str, tuple[float, ...]]
    neighbours: dict[str, tuple[float, ...]]
    points: dict[str, Tensor]


class Samples(NamedTuple):
    """Decoded codes by source, one entry a seed, and ten images of the first seed, (10, 64).

    ``distance`` is the mean Euclidean distance to the nearest training image; ``confidence`` the mean
    probability that a classifier trained on pixels gives to its own choice.
    """

    distance: dict[str, tuple[float, ...]]
    confidence: dict[str, tuple[float, ...]]
    images: dict[str, Tensor]


def _codes(seed: int, latents: int, epochs: int, x: Tensor) -> Tensor:
    return trained(seed, latents, epochs)[0].encode(x).detach()


def _judged(points: NDArray[np.float64], x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return trustworthiness and the accuracy of the five nearest neighbours."""
    from sklearn.manifold import trustworthiness

    distance = torch.cdist(torch.from_numpy(points).double(), torch.from_numpy(points).double())
    near = y[distance.fill_diagonal_(torch.inf).topk(5, largest=False).indices]  # (N, 5): no point is its own
    votes = torch.nn.functional.one_hot(near, int(y.max()) + 1).sum(1)
    trust = trustworthiness(x.numpy(), points, n_neighbors=12)
    return float(trust), (votes.argmax(1) == y).double().mean().item()


def planes(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> Plane:
    """Lay the test images out in the plane: t-SNE of eight codes, two codes, two principal components.

    Args:
        seeds: of the models and of t-SNE.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.

    Source:
        van der Maaten & Hinton 2008; Venna & Kaski 2006 for trustworthiness, both from scikit-learn.
    """
    from sklearn.manifold import TSNE

    used, epochs = plan(seeds, epochs, fast)
    parts = digits_in_three()
    flat = fit_pca(parts.x_train, 2).encode(parts.x_test).numpy().astype(float)
    drawn: dict[str, list[NDArray[np.float64]]] = {"t-SNE of 8": [], "2 codes": [], "2 components": []}
    for seed in used:
        eight = _codes(seed, 8, epochs, parts.x_test).numpy()
        drawn["t-SNE of 8"].append(TSNE(perplexity=30, max_iter=500, random_state=seed).fit_transform(eight))
        drawn["2 codes"].append(_codes(seed, 2, epochs, parts.x_test).numpy().astype(float))
        drawn["2 components"].append(flat)
    marks = {
        name: [
            _judged(points, parts.x_test, parts.y_test)
            for points in (found[:1] if found[0] is flat else found)
        ]
        for name, found in drawn.items()
    }
    return Plane(
        {name: tuple(trust for trust, _ in pairs) for name, pairs in marks.items()},
        {name: tuple(near for _, near in pairs) for name, pairs in marks.items()},
        {name: torch.from_numpy(np.asarray(found[0], dtype=float)) for name, found in drawn.items()},
    )


def probe(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, labels: int = 200, epochs: int = EPOCHS, fast: bool = False
) -> dict[str, tuple[float, ...]]:
    """Fit a linear classifier to a few labelled images: to pixels, eight components, or eight codes.

    The code comes from all training images without their labels; so do the components.

    Args:
        seeds: of the labelled images and of the models.
        labels: labelled images, other ones for each seed.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    used, epochs = plan(seeds, epochs, fast)
    parts, line = digits_in_three(), fit_pca(digits_in_three().x_train, 8)
    found: dict[str, list[float]] = {"64 pixels": [], "8 components": [], "8 codes": []}
    for seed in used:
        chosen = torch.randperm(len(parts.x_train), generator=seeded(seed))[:labels]
        pairs = {
            "64 pixels": (parts.x_train, parts.x_test),
            "8 components": (line.encode(parts.x_train), line.encode(parts.x_test)),
            "8 codes": (_codes(seed, 8, epochs, parts.x_train), _codes(seed, 8, epochs, parts.x_test)),
        }
        for name, (x, fresh) in pairs.items():
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
            model.fit(x[chosen].numpy(), parts.y_train[chosen].numpy())
            found[name].append(float(model.score(fresh.numpy(), parts.y_test.numpy())))
    return {name: tuple(values) for name, values in found.items()}


def _drawn(z: Tensor, fresh: Tensor, seed: int) -> dict[str, Tensor]:
    """Return codes by source: standard normal, a Gaussian and a mixture fitted to z, codes of images."""
    from sklearn.mixture import GaussianMixture

    noise = torch.randn(DRAWS, z.shape[1], generator=seeded(seed))
    root = torch.linalg.cholesky(torch.cov(z.T))
    mixture = GaussianMixture(PARTS, random_state=seed, reg_covar=1e-3).fit(z.double().numpy())
    points = np.random.default_rng(seed).permutation(mixture.sample(DRAWS)[0])  # sample sorts by component
    rows = (noise, z.mean(0) + noise @ root.T, torch.from_numpy(points).to(z.dtype), fresh)
    return dict(zip(SOURCES, rows, strict=True))


def samples(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> Samples:
    """Decode codes from four sources and compare the images with real ones.

    Args:
        seeds: of models and draws.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.

    Source:
        Ghosh et al. 2020, who fit a density to the codes of a trained autoencoder.
    """
    from sklearn.linear_model import LogisticRegression

    used, epochs = plan(seeds, epochs, fast)
    parts = digits_in_three()
    judge = LogisticRegression(max_iter=500).fit(parts.x_train.numpy(), parts.y_train.numpy())
    distance: dict[str, list[float]] = {name: [] for name in SOURCES}
    confidence: dict[str, list[float]] = {name: [] for name in SOURCES}
    images: dict[str, Tensor] = {}
    for seed in used:
        model = trained(seed, 8, epochs)[0]
        drawn = _drawn(model.encode(parts.x_train).detach(), model.encode(parts.x_test).detach(), seed)
        for name, z in drawn.items():
            x = model.decode(z).detach()
            images.setdefault(name, x[:10].clamp(0, 1))
            distance[name].append(torch.cdist(x, parts.x_train).amin(1).mean().item())
            confidence[name].append(float(judge.predict_proba(x.numpy()).max(1).mean()))
    return Samples(
        {name: tuple(values) for name, values in distance.items()},
        {name: tuple(values) for name, values in confidence.items()},
        images,
    )
