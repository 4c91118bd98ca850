"""What codes are used for: detectors, features, denoisers, few labels; against scikit-learn and counts."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import NearestNeighbors
from torch import nn

from coursekit.autoencoders import DenseAutoencoder
from coursekit.data import arrays
from coursekit.experiments import uses_anomaly, uses_blind, uses_codes, uses_denoising, uses_labels
from coursekit.experiments.ae_parts import digits_in_three
from coursekit.experiments.bench import seeded
from coursekit.experiments.denoise_race import digits_grey, noisy_test, trained
from coursekit.noise import corruption


def test_small_images_are_means_of_four_pixels() -> None:
    x, y = uses_anomaly.small_mnist()
    whole, labels = arrays("mnist5k")
    blocks = whole[7].reshape(28, 28).double().numpy().reshape(14, 2, 14, 2).mean((1, 3))
    np.testing.assert_allclose(x[7].reshape(14, 14), blocks, atol=1e-6)
    assert torch.equal(y, labels)


def test_roles_are_disjoint_and_only_the_odd_ones_are_odd() -> None:
    x, y = uses_anomaly.small_mnist()
    labels = {row.numpy().tobytes(): int(label) for row, label in zip(x, y, strict=True)}
    parts = uses_anomaly.split(4, 2)
    found = [[row.numpy().tobytes() for row in part] for part in parts]
    assert [len(part) for part in found] == [300, 100, 100, 900]
    assert len(set().union(*found)) == 1400
    assert {labels[row] for part in found[:3] for row in part} == {4}
    assert {labels[row] for row in found[3]} == set(range(10)) - {4}
    with pytest.raises(ValueError, match="digit must be between 0 and 9; got 10"):
        uses_anomaly.split(10, 0)


def test_scores_are_those_of_scikit_learn() -> None:
    parts, found = uses_anomaly.split(3, 0), uses_anomaly.detector(0, 3, 1)
    x = parts.odd[:40]
    own = uses_anomaly.scores(found, parts.train, x)
    line = PCA(8).fit(parts.train.double().numpy())
    left = x.double().numpy() - line.inverse_transform(line.transform(x.double().numpy()))
    np.testing.assert_allclose(own["PCA"], (left**2).sum(1), rtol=1e-3)
    near = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(parts.train.numpy())
    np.testing.assert_allclose(own["nearest image"], near.kneighbors(x.numpy())[0][:, 0] ** 2, rtol=1e-3)
    outputs = found.model.reconstruct(x).double().numpy()
    np.testing.assert_allclose(own["autoencoder"], ((outputs - x.numpy()) ** 2).sum(1), rtol=1e-4)
    np.testing.assert_allclose(own["mean image"], ((x - parts.train.mean(0)) ** 2).sum(1), rtol=1e-5)
    np.testing.assert_allclose(own["ink"], x.numpy().sum(1), rtol=1e-5)


def test_ranking_is_that_of_scikit_learn_and_finds_the_odd_ones() -> None:
    result = uses_anomaly.ranking((0,), digits=(3,), epochs=8)
    parts, found = uses_anomaly.split(3, 0), uses_anomaly.detector(0, 3, 8)
    value = found.score(torch.cat([parts.fresh, parts.odd])).numpy()
    truth = np.arange(1000) >= 100
    assert result.auroc["autoencoder"].item() == pytest.approx(roc_auc_score(truth, value), rel=1e-5)
    for table, rows in ((result.precision, 1000), (result.rare, 111)):
        wanted = average_precision_score(truth[:rows], value[:rows])
        assert table["autoencoder"].item() == pytest.approx(wanted, rel=1e-5)
    assert result.auroc["autoencoder"].item() > 0.85
    assert result.auroc["ink"].item() < 0.65
    assert result.rare["autoencoder"].item() < result.precision["autoencoder"].item() - 0.1


@pytest.mark.slow
def test_threshold_from_training_images_raises_more_alarms() -> None:
    result = uses_anomaly.alarms((0, 1), digits=(2, 5, 8), epochs=20)
    assert result.train.mean() > 0.08
    assert result.train.mean() > result.held.mean() + 0.03
    assert 0.01 < result.held.mean() < 0.09


def test_percentile_finds_anomalies_where_there_are_none() -> None:
    flagged, area = uses_anomaly.mixed((0,), epochs=20)
    assert 0.03 < flagged.item() < 0.1
    assert area.item() < 0.5


def test_precision_counts_alarms() -> None:
    odd, normal = 40, 960
    assert uses_anomaly.precision_at(0.04, 0.75, 0.1) == pytest.approx(30 / (30 + 96))
    rng = np.random.default_rng(0)
    truth = rng.random(200_000) < odd / (odd + normal)
    alarm = rng.random(200_000) < np.where(truth, 0.75, 0.1)
    assert uses_anomaly.precision_at(0.04, 0.75, 0.1) == pytest.approx(truth[alarm].mean(), abs=0.02)
    with pytest.raises(ValueError, match="share must lie between 0 and 1; got 2"):
        uses_anomaly.precision_at(2, 0.5, 0.5)
    with pytest.raises(ValueError, match="something must be flagged"):
        uses_anomaly.precision_at(0.5, 0, 0)


def test_unseen_one_is_missed_and_unseen_zero_found() -> None:
    area = uses_blind.unseen((0,), digits=(0, 1), epochs=6)
    assert area["autoencoder"][0, 0] > 0.8
    assert area["autoencoder"][0, 1] < 0.65
    assert area["error over ink"][0, 1] > area["autoencoder"][0, 1] + 0.1


def test_distance_knows_decoded_noise_and_the_model_does_not() -> None:
    found = uses_blind.judges((0,), epochs=8)
    assert found.distance[0] > 0.9
    assert max(found.error[0], found.doubt[0]) < found.distance[0] - 0.05


def test_accuracy_is_that_of_an_own_scaling() -> None:
    parts = digits_in_three()
    units = torch.logspace(-3, 0, 20)  # without scaling, the small ones would not count
    x, fresh = units * parts.x_train[:200, 10:30], units * parts.x_test[:, 10:30]
    mean, spread = x.mean(0), x.std(0, correction=0)
    keep = spread > 0
    model = LogisticRegression(max_iter=1000)
    model.fit(((x - mean) / spread)[:, keep].numpy(), parts.y_train[:200].numpy())
    wanted = model.score(((fresh - mean) / spread)[:, keep].numpy(), parts.y_test.numpy())
    own = uses_codes.accuracy_of(x, parts.y_train[:200], fresh, parts.y_test)
    assert own == pytest.approx(wanted, abs=0.011)
    bare = uses_codes.accuracy_of(x, parts.y_train[:200], fresh, parts.y_test, scale=False)
    assert bare < own - 0.05


@pytest.mark.slow
def test_trained_codes_beat_untrained_ones_and_components_where_few() -> None:
    result = uses_codes.run((0,), widths=(2, 8))
    codes, line, random = (result.accuracy[name][0] for name in uses_codes.FEATURES)
    assert (codes > random + 0.1).all()
    assert codes[0] > line[0]
    assert result.pixels > codes.max()


def test_start_of_tsne_decides_far_distances_and_not_near_ones() -> None:
    found = uses_codes.global_order((0, 1))
    assert np.mean(found["pca"][0]) > np.mean(found["random"][0]) + 0.02
    assert abs(np.mean(found["pca"][1]) - np.mean(found["random"][1])) < 0.03


def test_many_images_keep_their_order() -> None:
    model = trained(0, 32, corruption("gaussian", sigma=0.3), epochs=1)
    noisy = noisy_test(corruption("gaussian", sigma=0.3))
    for size in (1, 50, 1000):
        rows = noisy[:60]
        torch.testing.assert_close(uses_denoising.cleaned(model, rows, size), model.reconstruct(rows))
    with pytest.raises(ValueError, match="batch_size must be"):
        uses_denoising.cleaned(model, noisy, 0)


def test_decibels_by_numpy_and_a_denoiser_that_costs() -> None:
    found = uses_denoising.decibels((0,), sigmas=(0.1, 0.3), epochs=12)
    clean = digits_grey().x_test.double().numpy()
    noisy = noisy_test(corruption("gaussian", sigma=0.3)).double().numpy()
    wanted = (-10 * np.log10(((noisy - clean) ** 2).mean(1))).mean()
    assert found["nothing"][1].item() == pytest.approx(wanted, rel=1e-4)
    assert found["network"][0, 0] < found["nothing"][0]
    assert found["network"][0, 1] > found["nothing"][1] + 3


def test_classifier_adds_one_linear_layer_to_a_copy() -> None:
    model = DenseAutoencoder(6, [5], 3, generator=seeded(0)).double()
    classifier = uses_labels.EncoderClassifier(model, 4, generator=seeded(1)).double()
    x = torch.rand(7, 6, dtype=torch.float64, generator=seeded(2))
    wanted = model.encode(x) @ classifier.head.weight.T + classifier.head.bias
    torch.testing.assert_close(classifier(x), wanted)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    uses_labels.train_classifier(classifier, x, torch.arange(7) % 4, steps=3, lr=0.1)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(p.requires_grad for p in model.parameters())
    assert not torch.equal(classifier.encoder[0].weight, model.encoder[0].weight)


def test_frozen_encoder_keeps_weights_buffers_and_mode() -> None:
    model = DenseAutoencoder(6, [5], 3, batch_norm=True, generator=seeded(0))
    classifier = uses_labels.EncoderClassifier(model, 4, frozen=True, generator=seeded(1))
    before = {name: value.clone() for name, value in classifier.encoder.state_dict().items()}
    head = classifier.head.weight.detach().clone()
    x = torch.rand(9, 6, generator=seeded(2))
    uses_labels.train_classifier(classifier, x, torch.arange(9) % 4, steps=3)
    assert all(torch.equal(value, before[name]) for name, value in classifier.encoder.state_dict().items())
    assert not torch.equal(classifier.head.weight, head)
    assert classifier.train().training
    assert not classifier.encoder.training
    assert isinstance(classifier, nn.Module)
    assert all(p.requires_grad for p in model.parameters())


def test_shared_encoder_ruins_the_autoencoder_and_a_copy_does_not() -> None:
    found = uses_labels.aliases((0,), epochs=8)
    assert found.copied == found.before
    assert found.shared[0] > 5 * found.before[0]


def test_frozen_weights_alone_let_codes_move() -> None:
    found = uses_labels.frozen((0,), epochs=8)
    assert found.weights_only[0] > 0.03
    assert found.all[0] == 0


@pytest.mark.slow
def test_few_labels_no_gain_over_scratch_but_over_an_untrained_encoder() -> None:
    found = uses_labels.curve((0, 1), counts=(50,))
    assert found["frozen"].mean() > found["untrained, frozen"].mean() + 0.02
    assert abs(found["fine-tuned"].mean() - found["from scratch"].mean()) < 0.06
    assert abs(found["frozen"].mean() - found["pixels"].mean()) < 0.06


def test_scaling_spoils_components() -> None:
    scaled, plain = uses_labels.scaled_components((0, 1))
    assert min(plain) > max(scaled) + 0.03


def test_runs_need_a_seed() -> None:
    runs = (uses_anomaly.ranking, uses_anomaly.alarms, uses_anomaly.mixed, uses_blind.unseen,
            uses_blind.judges,
            uses_codes.run, uses_codes.global_order, uses_denoising.decibels, uses_labels.curve,
            uses_labels.scaled_components, uses_labels.aliases, uses_labels.frozen)  # fmt: skip
    for run in runs:
        with pytest.raises(ValueError, match="at least one seed"):
            run(())
