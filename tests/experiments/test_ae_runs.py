"""The runs of the chapter on autoencoders: what they measure, and that looking changes nothing."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit.autoencoders import DenseAutoencoder, fit_pca
from coursekit.experiments import ae_memory, ae_parts, ae_traps, ae_views, ae_widths
from coursekit.experiments.bench import seeded
from coursekit.train import fit, own_loss
from coursekit.train.history import History
from coursekit.train.hooks import Run


def test_the_three_parts_are_disjoint_whole_and_stratified() -> None:
    parts = ae_parts.digits_in_three()
    rows = torch.cat([parts.x_train, parts.x_valid, parts.x_test])
    bunch = load_digits()
    theirs = np.sort((bunch.data / 16).astype(np.float32).view("V256").ravel())
    assert np.array_equal(np.sort(rows.numpy().view("V256").ravel()), theirs)
    counts = [torch.bincount(y, minlength=10) / len(y) for y in (parts.y_train, parts.y_valid, parts.y_test)]
    for share in counts:
        assert (share - counts[0]).abs().max() < 0.01
    assert rows.min() == 0
    assert rows.max() == 1


def test_a_run_repeats_bit_for_bit_and_other_seeds_differ() -> None:
    ae_parts.trained.cache_clear()
    first, history = ae_parts.trained(0, 4, 2)
    ae_parts.trained.cache_clear()
    torch.manual_seed(123)  # the global stream must not matter
    again, other = ae_parts.trained(0, 4, 2)
    assert history.column("val_loss") == other.column("val_loss")
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    assert ae_parts.trained(1, 4, 2)[1].column("loss") != history.column("loss")
    expected = ae_parts.per_pixel(again.reconstruct(ae_parts.digits_in_three().x_valid),
                                  ae_parts.digits_in_three().x_valid)  # fmt: skip
    assert history.last("val_loss") / 64 == pytest.approx(expected, rel=1e-5)
    assert ae_parts.curves((0, 1), "val_loss", epochs=1).shape == (2, 1)


def test_a_plateau_divides_the_rate_of_its_own_optimiser() -> None:
    model = nn.Linear(1, 1)
    mine, other = (torch.optim.SGD(model.parameters(), lr=1.0) for _ in range(2))
    run = Run(model, mine, seeded(0), History())
    hook = ae_parts.Plateau(patience=1, factor=0.5)
    hook.on_epoch_end(run)  # before a start: nothing to do
    hook.on_fit_start(run)
    rates = []
    for value in (3.0, 2.0, 2.5, 2.5, 1.0, 1.5, 1.5, 1.5, 1.5):
        run.history.epochs.append({"val_loss": value})
        hook.on_epoch_end(run)
        rates.append(mine.param_groups[0]["lr"])
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert other.param_groups[0]["lr"] == 1.0


def test_one_number_learns_twenty_images_by_heart() -> None:
    memory = ae_memory.run((0,))
    assert memory.train[0] < 0.02
    assert memory.line_train[0] > 0.04
    assert memory.test[0] > 1.1 * memory.mean_test[0]
    more = ae_memory.run((0,), images=1200)
    assert more.train[0] > 3 * memory.train[0]
    assert more.test[0] < 0.7 * memory.test[0]
    assert len(more.images) == len(memory.images) == 20
    assert memory.train[0] == pytest.approx((memory.copies - memory.images).square().mean().item())
    mean = memory.images.numpy().mean(0)
    fresh = ae_parts.digits_in_three().x_test.numpy()
    assert memory.mean_test[0] == pytest.approx(((fresh - mean) ** 2).mean(), rel=1e-5)


def test_the_plane_wins_where_the_code_is_wide() -> None:
    widths = ae_widths.run((0,), widths=(2, 32))
    parts = ae_parts.digits_in_three()
    for at, k in enumerate((2, 32)):
        pca = PCA(k, svd_solver="full").fit(parts.x_train.numpy())
        back = pca.inverse_transform(pca.transform(parts.x_test.numpy()))
        assert widths.line[at].item() == pytest.approx(((back - parts.x_test.numpy()) ** 2).mean(), rel=1e-4)
    assert widths.network[0, 0] < widths.line[0] / 1.2
    assert widths.network[0, 1] > widths.line[1]
    assert widths.train[0, 0] < widths.network[0, 0]


def test_the_smallest_of_all_epochs_is_never_larger_than_the_one_chosen() -> None:
    choice = ae_widths.best_epoch((0, 1), epochs=15)
    for smallest, chosen, last, epoch in zip(*choice, strict=True):
        assert smallest <= min(chosen, last)
        assert 1 <= epoch <= 15


def test_a_wide_linear_code_copies_digits_and_not_noise() -> None:
    (row,) = ae_widths.overcomplete((0,)).tolist()
    assert row[0] < 0.002
    assert row[1] > 20 * row[0]


@pytest.mark.slow
def test_pictures_are_judged_by_neighbours() -> None:
    planes = ae_views.planes((0,))
    parts = ae_parts.digits_in_three()
    for name, low, high in (("t-SNE of 8", 0.955, 1), ("2 codes", 0.86, 0.95), ("2 components", 0.8, 0.86)):
        assert low < planes.trust[name][0] < high
    points, y = planes.points["2 components"].numpy(), parts.y_test.numpy()
    # Called without points, scikit-learn leaves each point out of its own neighbours.
    near = y[KNeighborsClassifier(5).fit(points, y).kneighbors(return_distance=False)]
    told = np.array([np.bincount(row, minlength=10).argmax() for row in near])
    assert planes.neighbours["2 components"][0] == pytest.approx((told == y).mean(), abs=0.005)


def test_codes_describe_the_classes_better_than_components() -> None:
    found = ae_views.probe((0, 1))
    assert sum(found["8 codes"]) > sum(found["8 components"])
    assert min(found["64 pixels"]) > 0.88


def test_a_fitted_mixture_decodes_to_digits_and_a_standard_normal_does_not() -> None:
    drawn = ae_views.samples((0,))
    assert drawn.distance["N(0, I)"][0] > 2
    assert drawn.distance["mixture"][0] < 1.15 * drawn.distance["real codes"][0]
    assert drawn.distance["mixture"][0] < drawn.distance["one Gaussian"][0]
    # Confidence is no judge: far from all data a linear score is large.
    assert drawn.confidence["N(0, I)"][0] > drawn.confidence["one Gaussian"][0]


def test_the_reduction_decides_whether_clipping_acts() -> None:
    norms = ae_traps.gradient_norms((0,), epochs=2)
    assert norms.per_image.min() > 1
    assert norms.per_pixel.max() < 1
    # In the first step the two differ by nothing but the divisor.
    assert norms.per_image[0, 0].item() == pytest.approx(64 * norms.per_pixel[0, 0].item(), rel=1e-5)
    model = DenseAutoencoder(64, [ae_parts.HIDDEN], 8, generator=seeded(0))
    x = ae_parts.digits_in_three().x_train
    model.loss(x[torch.randperm(len(x), generator=seeded(10_000))[:100]]).loss.backward()
    by_hand = sum(float((p.grad**2).sum()) for p in model.parameters() if p.grad is not None) ** 0.5
    assert norms.per_image[0, 0].item() == pytest.approx(by_hand, rel=1e-5)


def test_decay_in_adam_kills_a_weight_without_a_gradient() -> None:
    weights = {}
    for kind in (torch.optim.Adam, torch.optim.AdamW):
        weight = nn.Parameter(torch.ones(1))
        optimizer = kind([weight], lr=1e-3, weight_decay=1e-5)
        for _ in range(1000):
            weight.grad = torch.zeros(1)
            optimizer.step()
        weights[kind.__name__] = weight.item()
    assert weights["Adam"] < 0.3
    assert weights["AdamW"] == pytest.approx(1, abs=1e-4)
    assert ae_traps.decayed("Adam", (0,))[0] < 0.05
    assert ae_traps.decayed("AdamW", (0,))[0] > 0.999
    with pytest.raises(ValueError, match="optimizer must be one of Adam, AdamW; got 'SGD'"):
        ae_traps.decayed("SGD", (0,))


def test_most_of_the_cross_entropy_is_the_entropy_of_the_pixels() -> None:
    values, floor = ae_traps.bernoulli_excess((0,))
    x = ae_parts.digits_in_three().x_test.double()
    assert floor == pytest.approx(torch.distributions.Bernoulli(x).entropy().mean().item(), rel=1e-5)
    assert 0.7 < floor / values[0] < 0.9


def test_two_sigmoids_leave_no_room() -> None:
    (row,) = ae_traps.two_sigmoids((0,)).tolist()
    assert 0.5 <= row[0] < row[1] <= torch.sigmoid(torch.tensor(1.0)).item() + 1e-6
    assert row[2] > 5 * row[3]


@pytest.fixture
def loaders() -> tuple[DataLoader, DataLoader]:  # type: ignore[type-arg]
    data = TensorDataset(torch.arange(50.0))
    return DataLoader(data, 7, shuffle=True, generator=seeded(0)), DataLoader(data, 7)


def test_codes_from_a_shuffling_loader_change_their_order(loaders: tuple[DataLoader, DataLoader]) -> None:  # type: ignore[type-arg]
    shuffled, plain = ([torch.cat([batch for (batch,) in loader]) for _ in range(2)] for loader in loaders)
    assert not torch.equal(*shuffled)
    assert torch.equal(*plain)
    model = DenseAutoencoder(1, [], 1, generator=seeded(0)).eval()
    codes = torch.cat([model.encode(batch[:, None]) for (batch,) in loaders[1]])
    torch.testing.assert_close(codes, model.encode(torch.arange(50.0)[:, None]))


def test_a_reshape_by_the_number_wanted_merges_images_silently() -> None:
    images = torch.rand(5, 28, 28, generator=seeded(0))
    assert images.reshape(10, -1).shape == (10, 392)  # ten "images" out of five
    assert images.flatten(1).shape == (5, 784)
    with pytest.raises(ValueError, match="x must have shape"):
        DenseAutoencoder(784, [], 2).encode(images.reshape(10, -1))


def test_helpers_take_every_model_and_every_shape() -> None:
    x = torch.rand(6, 1, 8, 8, generator=seeded(0))
    for model in (
        DenseAutoencoder((1, 8, 8), [9], 3, generator=seeded(0)),
        DenseAutoencoder((1, 8, 8), [9], 3, batch_norm=True, generator=seeded(0)),
    ):
        history = fit(model, (x,), loss=own_loss, epochs=1, batch_size=3, generator=seeded(1))
        assert model.encode(x).shape == (6, model.latent_dim)
        assert model.reconstruct(x).shape == x.shape
        assert history.last("loss") > 0
    assert fit_pca(x.flatten(1), 2).encode(x.flatten(1)).shape == (6, 2)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        ae_memory.run(())
    with pytest.raises(ValueError, match="images must be a multiple of 20 up to 1200; got 30"):
        ae_memory.run((0,), images=30)
    with pytest.raises(ValueError, match="epochs must be an int of at least 1; got 0"):
        ae_widths.run((0,), epochs=0)
    with pytest.raises(ValueError, match=r"outputs must have shape \(1, 2\); got \(2, 2\)"):
        ae_parts.per_pixel(torch.ones(2, 2), torch.ones(1, 2))
