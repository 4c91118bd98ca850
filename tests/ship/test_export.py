"""Exported graphs against the models they come from, at many batch sizes; files that are broken."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from coursekit._check import CourseError
from coursekit.autoencoders import DenseAutoencoder
from coursekit.autoencoders.convolutional import ConvolutionalAutoencoder
from coursekit.autoencoders.skip import SkipAutoencoder
from coursekit.ship import check_export, export_model, largest_difference, load_export, save_export
from tests.ship import toy

SIZES = (1, 2, 3, 5, 33)


@pytest.mark.parametrize("options", [
    {}, {"loss": "bernoulli"}, {"tied": True, "activation": "tanh"}, {"batch_norm": True, "dropout": 0.4},
])  # fmt: skip
@pytest.mark.parametrize("part", ["reconstruct", "encode", "decode"])
def test_graph_equals_the_models_public_methods(options: dict[str, object], part: str) -> None:
    model = toy.model(**options).train()
    x = toy.data(4, 2) if part == "decode" else toy.data(4, 1, 2, 3)
    run = export_model(model, x, part=part).module()
    assert model.training
    model.eval()
    with torch.no_grad():
        for size in SIZES:
            rows = toy.data(size, *x.shape[1:], seed=size)
            if part == "encode":
                want = model.encode(rows)
            elif part == "reconstruct":
                want = model.reconstruct(rows)
            else:
                want = model.decode(rows)
                want = torch.sigmoid(want) if options.get("loss") == "bernoulli" else want
            torch.testing.assert_close(run(rows), want, rtol=1e-12, atol=1e-12)
    assert check_export(run, model, x, part=part, tolerance=1e-10) < 1e-12


def test_example_of_one_sample_still_leaves_the_batch_free() -> None:
    model, x = toy.model(), toy.data(1, 1, 2, 3)
    run = export_model(model, x).module()
    assert [len(run(toy.data(size, 1, 2, 3))) for size in SIZES] == list(SIZES)


def test_convolutions_are_exported_too() -> None:
    model = ConvolutionalAutoencoder((1, 9, 6), [3, 4], 2, generator=toy.generator())
    x = toy.data(2, 1, 9, 6, dtype=torch.float32)
    assert check_export(export_model(model, x).module(), model, x, batches=SIZES) <= 1e-6


def test_model_from_training_mode_is_exported_without_its_noise() -> None:
    # D-103: dropout frozen into the graph would make two calls differ.
    model, x = toy.model(dropout=0.5).train(), toy.data(3, 1, 2, 3)
    run = export_model(model, x).module()
    assert torch.equal(run(x), run(x))
    net = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5)).double().train()
    assert check_export(export_model(net, toy.data(3, 4)).module(), net, toy.data(3, 4)) < 1e-12
    assert net.training


def test_plain_modules_are_exported_whole() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU()).double()
    x = toy.data(2, 4)
    assert check_export(export_model(net, x).module(), net, x) < 1e-12


def test_a_difference_is_measured_and_refused() -> None:
    model, x = toy.model(), toy.data(4, 1, 2, 3)
    other = toy.model(seed=9)
    with torch.no_grad():
        want = float((model.reconstruct(x) - other.reconstruct(x)).abs().max())
    assert largest_difference(other.reconstruct, model, x, batches=(4,)) == pytest.approx(want, rel=1e-12)
    with pytest.raises(CourseError, match=r"differs from the model by .*, above 1e-05"):
        check_export(other.reconstruct, model, x)
    with pytest.raises(CourseError, match="differs from the model by nan"):
        check_export(lambda rows: model.reconstruct(rows) * torch.nan, model, x)
    with pytest.raises(CourseError, match="differs from the model by inf"):
        check_export(lambda rows: model.reconstruct(rows)[:1], model, x)
    # A graph that is right for the example's batch size alone.
    with pytest.raises(CourseError, match="differs from the model"):
        check_export(lambda rows: model.reconstruct(rows) + (len(rows) != 4), model, x)


def test_saved_graph_runs_after_loading(tmp_path: Path) -> None:
    model, x, path = toy.model(), toy.data(4, 1, 2, 3), tmp_path / "deep" / "model.pt2"
    save_export(export_model(model, x), path)
    check_export(load_export(path).module(), model, x, batches=SIZES, tolerance=1e-12)
    with pytest.raises(CourseError, match=r"model.pt2 is there already: choose another path"):
        save_export(export_model(model, x), path)
    save_export(export_model(toy.model(seed=5), x), path, overwrite=True)
    check_export(load_export(path).module(), toy.model(seed=5), x, tolerance=1e-12)
    assert [file.name for file in path.parent.iterdir()] == ["model.pt2"]


def test_damaged_and_foreign_files_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    with pytest.raises(CourseError, match=r"export .* does not exist"):
        load_export(path)
    save_export(export_model(toy.model(), toy.data(2, 1, 2, 3)), path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    torch.save({"format": "another"}, tmp_path / "other.pt")
    foreign = (tmp_path / "other.pt").read_bytes()
    for content in (b"", whole[: len(whole) // 2], bytes(flipped), foreign, b"text"):
        path.write_bytes(content)
        with pytest.raises(CourseError, match=r"export .*model.pt2 is damaged") as caught:
            load_export(path)
        assert "\n" not in str(caught.value)


class _Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if bool(x.sum() > 1) else -x


def test_what_cannot_be_exported_says_so_in_one_line() -> None:
    with pytest.raises(CourseError, match="_Branching cannot be exported: ") as caught:
        export_model(_Branching(), toy.data(3, 4))
    assert "\n" not in str(caught.value)


def test_skips_are_never_lost_on_the_way() -> None:
    """A model that hands its decoder more than the code is exported whole; a code alone is no picture."""
    model = SkipAutoencoder((1, 8, 8), [3, 4], 2, generator=toy.generator())
    x = toy.data(3, 1, 8, 8, dtype=torch.float32)
    for part in ("reconstruct", "encode"):
        assert check_export(export_model(model, x, part=part).module(), model, x, part=part) < 1e-5
    with pytest.raises(CourseError, match="SkipAutoencoder cannot be exported: skips must be the 2 maps"):
        export_model(model, model.encode(x).detach(), part="decode")


def test_bad_arguments_are_named() -> None:
    model, x = toy.model(), toy.data(2, 1, 2, 3)
    with pytest.raises(ValueError, match="part must be one of reconstruct, encode, decode; got 'encoder'"):
        export_model(model, x, part="encoder")
    with pytest.raises(ValueError, match="part 'encode' needs an autoencoder; got Linear"):
        export_model(nn.Linear(2, 2), x, part="encode")
    with pytest.raises(
        ValueError, match=r"x must have shape \(B, ...\) with B at least 1; got \(0, 1, 2, 3\)"
    ):
        export_model(model, x[:0])
    with pytest.raises(ValueError, match="x must be finite"):
        export_model(model, x * torch.inf)
    with pytest.raises(ValueError, match="batches must hold at least one size"):
        largest_difference(model.reconstruct, model, x, batches=())
    with pytest.raises(ValueError, match="each of batches must be an int of at least 1; got 0"):
        largest_difference(model.reconstruct, model, x, batches=(0,))
    assert isinstance(model, DenseAutoencoder)
