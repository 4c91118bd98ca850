"""A model comes back from its file bit for bit; whatever else lies there is refused in one line and kept."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import coursekit
from coursekit._check import CourseError
from coursekit.autoencoders import (
    Autoencoder,
    DenseAutoencoder,
    ResidualAutoencoder,
    load_model,
    save_model,
)
from coursekit.autoencoders.saving import FORMAT
from coursekit.disk import fingerprint, read_state, write_state
from coursekit.train import fit


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(rows: int = 6) -> Tensor:
    return torch.rand(rows, 1, 3, 4, generator=seeded(1))


def dense(seed: int = 0, **options: object) -> DenseAutoencoder:
    return DenseAutoencoder((1, 3, 4), [5], 3, generator=seeded(seed), **options)  # type: ignore[arg-type]


MODELS = {
    "plain": lambda: dense(),
    "tied": lambda: dense(tied=True, bias=False, loss="bernoulli"),
    "normed": lambda: dense(batch_norm=True, dropout=0.2, activation="gelu", code_activation="tanh"),
    "one layer": lambda: DenseAutoencoder(12, [], 3, loss="huber", delta=0.2, generator=seeded()),
    "residual": lambda: ResidualAutoencoder((1, 3, 4), [5, 4], 3, blocks=2, generator=seeded()),
}


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_model_comes_back_bit_for_bit(tmp_path: Path, name: str, dtype: torch.dtype) -> None:
    model: Autoencoder = MODELS[name]().to(dtype)
    x = images().to(dtype).reshape(6, *model.input_shape)
    fit(model, (x,), loss=lambda m, batch, g: m.loss(*batch, generator=g)._asdict(),  # type: ignore[operator]
        epochs=2, batch_size=3, generator=seeded())  # fmt: skip
    before = torch.get_rng_state()
    digest = save_model(model, tmp_path / "deep" / "model.pt")
    twin = load_model(tmp_path / "deep" / "model.pt")
    assert torch.equal(before, torch.get_rng_state())
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model.pt"]
    assert type(twin) is type(model)
    assert not twin.training
    assert model.training
    assert twin.config() == model.config()
    assert torch.equal(twin.reconstruct(x), model.reconstruct(x))
    assert twin.reconstruct(x).dtype == dtype
    assert torch.equal(twin.loss(x).loss, model.eval().loss(x).loss)
    assert fingerprint(twin.state_dict()) == digest == fingerprint(model.state_dict())
    assert all(p.requires_grad for p in twin.parameters())


def test_loaded_model_owns_its_weights_and_stays_tied(tmp_path: Path) -> None:
    model = dense(tied=True)
    save_model(model, tmp_path / "model.pt")
    twin = load_model(tmp_path / "model.pt")
    with torch.no_grad():
        twin.encoder[0].weight.add_(1.0)  # type: ignore[index, union-attr, operator]
    assert torch.equal(twin.decoder[-1].weight.T, twin.encoder[0].weight)  # type: ignore
    assert torch.equal(load_model(tmp_path / "model.pt").reconstruct(images()), model.reconstruct(images()))


def test_file_holds_plain_values_and_says_what_it_is(tmp_path: Path) -> None:
    model = dense()
    digest = save_model(model, tmp_path / "model.pt")
    saved = torch.load(tmp_path / "model.pt", weights_only=True)
    assert saved["format"] == FORMAT
    assert saved["version"] == coursekit.__version__
    assert saved["class"] == "DenseAutoencoder"
    assert saved["config"] == model.config()
    assert saved["sha256"] == digest
    assert saved["state"].keys() == model.state_dict().keys()


# What is never overwritten, and what is never written


def test_existing_file_is_overwritten_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    save_model(dense(), path)
    before = path.read_bytes()
    with pytest.raises(CourseError, match=r"model file .*model.pt exists: pass overwrite=True to replace it"):
        save_model(dense(1), path)
    assert path.read_bytes() == before
    save_model(dense(1), path, overwrite=True)
    assert torch.equal(load_model(path).reconstruct(images()), dense(1).reconstruct(images()))


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("unexpected pos 64")])
def test_full_disk_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = tmp_path / "model.pt"
    save_model(dense(), path)
    before = path.read_bytes()

    def full(_: object, handle: io.BufferedWriter) -> None:
        handle.write(b"half")
        raise error

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match=r"No space left|cannot write .*model\.pt: unexpected pos"):
        save_model(dense(1), path, overwrite=True)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model.pt"]


class Forgetful(DenseAutoencoder):
    """Builds one unit more than its config tells."""

    def config(self) -> dict[str, Any]:
        return super().config() | {"latent_dim": self.latent_dim + 1}


class Unplain(DenseAutoencoder):
    """Tells a NumPy number, whose file could not be read without running code."""

    def config(self) -> dict[str, Any]:
        return super().config() | {"delta": np.float64(1.0)}


def test_model_that_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with pytest.raises(ValueError, match=r"config of Forgetful must build the model again"):
        save_model(Forgetful(12, [5], 3), path)
    # D-107: this is the file that torch.load refuses later.
    with pytest.raises(TypeError, match=r"config of Unplain must hold plain values; got delta: float64"):
        save_model(Unplain(12, [5], 3), path)
    with pytest.raises(TypeError, match=r"model must be an Autoencoder; got Linear"):
        save_model(torch.nn.Linear(2, 2), path)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


# What is refused


def rewritten(path: Path, **changes: object) -> bytes:
    """Change entries of a saved file, with its checksums right again; None takes an entry away."""
    saved = torch.load(path, weights_only=True) | changes
    write_state(path, {key: value for key, value in saved.items() if value is not None})
    return path.read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "coursekit.autoencoders model 0"}, r"must have format .*model 1'; got .*model 0'"),
        ({"format": "coursekit.train checkpoint 1"}, r"must have format .*; got 'coursekit.train .*'"),
        ({"class": "UNet"}, r"must hold a model of class Autoencoder; got 'UNet'"),
        ({"class": None}, r"is damaged \(no class\)"),
        ({"state": {"encoder.0.weight": 3}}, r"is damaged \(weights that are no tensors\)"),
        ({"state": {"encoder.0.weight": torch.zeros(2)}}, r"is damaged \(sha256 of its weights\)"),
        ({"sha256": "0" * 64}, r"is damaged \(sha256 of its weights\)"),
        ({"version": "0.0.7", "config": {"input_dim": 12}},
         rf"was written by coursekit 0\.0\.7, and this is {coursekit.__version__}: .*unexpected keyword"),
        ({"version": "9.0", "config": {"input_shape": 12, "hidden_dims": [4], "latent_dim": 3}},
         r"was written by coursekit 9\.0, and this is .*: Error.* loading state_dict.*size mismatch"),
        ({"config": {"input_shape": 12, "hidden_dims": [4], "latent_dim": 3, "loss": "mse"}},
         r"was written by coursekit .*loss must be one of"),
    ],
)  # fmt: skip
def test_files_of_another_kind_or_version_are_refused_and_kept(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    path = tmp_path / "model.pt"
    save_model(dense(), path)
    bad = rewritten(path, **changes)
    with pytest.raises(CourseError, match=rf"^model file .*model\.pt {message}") as told:
        load_model(path)
    assert "\n" not in str(told.value)
    assert path.read_bytes() == bad


class _Trap:
    """Unpickling this would run code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Ask for a call of ``print``."""
        return print, ("code from a model file ran",)


@pytest.mark.parametrize("kind", ["cut", "flipped", "empty", "text", "pickle", "code"])
def test_damaged_files_are_refused_in_one_line_and_kept(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.pt"
    save_model(dense(), path)
    whole = path.read_bytes()
    at = whole.index(dense().encoder[0].weight.detach().numpy().tobytes())
    bad = {
        "cut": whole[: len(whole) // 2],
        "flipped": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
        "empty": b"",
        "text": b"a model",
        "pickle": pickle.dumps({"format": FORMAT}),
    }
    if kind == "code":
        write_state(path, {"format": FORMAT, "state": _Trap()})
        bad["code"] = path.read_bytes()
    path.write_bytes(bad[kind])
    with pytest.raises(
        CourseError, match=r"^model file .*model\.pt is damaged.*: save the model again$"
    ) as told:
        load_model(path)
    assert "\n" not in str(told.value)
    assert "ran" not in capsys.readouterr().out
    assert path.read_bytes() == bad[kind]


def test_missing_file_and_other_class_are_named(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with pytest.raises(CourseError, match=r"model file .*model\.pt does not exist"):
        load_model(path)
    save_model(dense(), path)
    assert isinstance(load_model(path, DenseAutoencoder), DenseAutoencoder)
    with pytest.raises(
        CourseError, match=r"must hold a model of class ResidualAutoencoder; got 'DenseAutoencoder'"
    ):
        load_model(path, ResidualAutoencoder)


def test_class_of_your_own_is_found_and_one_with_a_name_of_the_course_by_asking(tmp_path: Path) -> None:
    class Mine(DenseAutoencoder):
        pass

    same_name = type("DenseAutoencoder", (DenseAutoencoder,), {})
    save_model(Mine(12, [5], 3, generator=seeded()), tmp_path / "mine.pt")
    assert type(load_model(tmp_path / "mine.pt")) is Mine
    save_model(same_name(12, [5], 3, generator=seeded()), tmp_path / "same.pt")
    assert type(load_model(tmp_path / "same.pt")) is DenseAutoencoder
    assert type(load_model(tmp_path / "same.pt", same_name)) is same_name


# The disk


def test_fingerprint_sees_names_types_shapes_and_every_bit_and_no_order() -> None:
    a, b = torch.arange(6.0).reshape(2, 3), torch.tensor(7)
    base = {"a": a, "b": b}
    flipped = a.clone()
    flipped[1, 2] = float(np.nextafter(np.float32(5), np.float32(6)))
    others: list[dict[str, Tensor]] = [
        {"a": a, "c": b}, {"a": a.double(), "b": b}, {"a": a.reshape(3, 2), "b": b}, {"a": flipped, "b": b},
        {"a": a}, {"a": a.int(), "b": b}, {"a": a, "b": b.reshape(1)},
    ]  # fmt: skip
    digests = {fingerprint(state) for state in [base, *others]}
    assert len(digests) == 8
    assert fingerprint({"b": b, "a": a}) == fingerprint(base)
    assert fingerprint({"a": a.T.contiguous().T, "b": b}) == fingerprint(base)
    assert fingerprint({"a": a.bfloat16()}) != fingerprint({"a": a.half()})
    with pytest.raises(TypeError, match=r"state\['a'\] must be a torch.Tensor; got int 3"):
        fingerprint({"a": 3})  # type: ignore[dict-item]


def test_fingerprint_of_known_bytes() -> None:
    import hashlib

    x = torch.tensor([1.0, -2.5])
    expected = hashlib.sha256(b"w torch.float32 (2,)\n" + np.array([1, -2.5], "<f4").tobytes()).hexdigest()
    assert fingerprint({"w": x}) == expected


def test_disk_names_the_file_by_the_callers_word(tmp_path: Path) -> None:
    write_state(tmp_path / "a.pt", {"format": "one", "x": torch.ones(2)})
    assert read_state(tmp_path / "a.pt", format="one")["x"].tolist() == [1.0, 1.0]
    with pytest.raises(CourseError, match=r"card .*a\.pt must have format 'two'; got 'one': ask again"):
        read_state(tmp_path / "a.pt", format="two", kind="card", advice="ask again")


def test_disk_finds_one_wrong_bit_in_a_file_without_a_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    write_state(path, {"format": "one", "x": torch.full((50,), 0.3)})
    whole = path.read_bytes()
    at = whole.index(torch.full((50,), 0.3).numpy().tobytes()) + 20
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(CourseError, match=r"file .*a\.pt is damaged \(checksum of .*\): move it away"):
        read_state(path, format="one")
