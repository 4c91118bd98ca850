"""Cards: a round trip, the hashes against hashlib, and every way in which a card and a file may not fit."""

import hashlib
import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from coursekit._check import CourseError
from coursekit.autoencoders import save_model
from coursekit.ship import ModelCard, data_hash, file_hash, make_card, read_card, verify, write_card
from tests.ship import toy


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    path = tmp_path / "model.pt"
    save_model(toy.model(), path)
    return path


def _card(path: Path, **options: object) -> ModelCard:
    arguments: dict[str, object] = {
        "name": "digits", "version": "1.0.0", "config": toy.model().config(),
        "data": {"train": toy.data(5, 6)}, "metrics": {"auroc": 0.93}, "notes": "Grey digits only.",
    } | options  # fmt: skip
    return make_card(path, **arguments)  # type: ignore[arg-type]


def test_card_comes_back_as_it_was_and_fits_its_file(shipped: Path, tmp_path: Path) -> None:
    card, path = _card(shipped), tmp_path / "model.pt.json"
    write_card(card, path)
    again = read_card(path)
    assert again == card
    verify(again, shipped, data={"train": toy.data(5, 6)})
    assert again.sha256 == file_hash(shipped) == hashlib.sha256(shipped.read_bytes()).hexdigest()
    assert again.packages["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert again.packages["python"] == ".".join(map(str, sys.version_info[:3]))
    assert type(toy.model())(**again.config, generator=toy.generator()).config() == toy.model().config()
    with pytest.raises(CourseError, match=r"model.pt.json is there already"):
        write_card(card, path)
    write_card(replace(card, version="1.0.1"), path, overwrite=True)
    assert read_card(path).version == "1.0.1"


def test_hash_of_data_knows_values_order_shape_and_type() -> None:
    x = toy.data(6, 4)
    same = x.clone().t().contiguous().t()
    assert data_hash(same) == data_hash(x)
    others = [x.float(), x.reshape(4, 6), x.flip(0), x + 1e-15, x[:5]]
    assert len({data_hash(other) for other in others} | {data_hash(x)}) == 6


def test_other_file_and_other_data_are_refused(shipped: Path, tmp_path: Path) -> None:
    card = _card(shipped)
    content = bytearray(shipped.read_bytes())
    content[100] ^= 1
    other = tmp_path / "other.pt"
    other.write_bytes(bytes(content))
    with pytest.raises(
        CourseError, match=r"other.pt is not the file of card digits 1.0.0: sha256 .*, the card says"
    ):
        verify(card, other)
    with pytest.raises(CourseError, match=r"none.pt does not exist"):
        verify(card, tmp_path / "none.pt")
    with pytest.raises(CourseError, match=r"data set 'train' is not that of card digits 1.0.0"):
        verify(card, shipped, data={"train": toy.data(5, 6, seed=8)})
    with pytest.raises(CourseError, match=r"card digits 1.0.0 knows no data set 'test'"):
        verify(card, shipped, data={"test": toy.data(5, 6)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found["metrics"].update(auroc=0.99), "was changed after it was written"),
        (lambda found: found.update(sha256="0" * 64), "was changed after it was written"),
        (lambda found: found.update(seal="0" * 64), "was changed after it was written"),
        (
            lambda found: found.update(format="coursekit.ship card 2"),
            "must have format .*; got 'coursekit.ship card 2'",
        ),
        (lambda found: found.pop("notes"), "must hold exactly the entries of a card; wrong: notes"),
        (lambda found: found.update(extra=1), "must hold exactly the entries of a card; wrong: extra"),
    ],
)
def test_changed_card_is_refused(shipped: Path, tmp_path: Path, change: object, message: str) -> None:
    path = tmp_path / "card.json"
    write_card(_card(shipped), path)
    found = json.loads(path.read_text())
    change(found)  # type: ignore[operator]
    path.write_text(json.dumps(found))
    with pytest.raises(CourseError, match=message):
        read_card(path)


def test_order_and_spacing_of_the_file_are_no_change(shipped: Path, tmp_path: Path) -> None:
    card, path = _card(shipped, notes="Größe 8 × 8"), tmp_path / "card.json"
    write_card(card, path)
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True))
    assert read_card(path) == card


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"null"])
def test_damaged_card_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "card.json"
    with pytest.raises(CourseError, match=r"card .* does not exist"):
        read_card(path)
    path.write_bytes(content)
    with pytest.raises(
        CourseError, match=r"card .*card.json (is damaged or no card|must have format)"
    ) as caught:
        read_card(path)
    assert "\n" not in str(caught.value)


def test_failed_write_leaves_the_old_card(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, path = _card(shipped), tmp_path / "cards" / "card.json"
    write_card(card, path)

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("coursekit._write.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_card(replace(card, version="2"), path, overwrite=True)
    assert read_card(path) == card
    assert [file.name for file in path.parent.iterdir()] == ["card.json"]


def test_bad_arguments_are_named(shipped: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name must be a text that says something; got ' '"):
        _card(shipped, name=" ")
    with pytest.raises(ValueError, match="metrics must be finite; got auroc = nan"):
        _card(shipped, metrics={"auroc": math.nan})
    with pytest.raises(TypeError, match="config must hold plain values only"):
        _card(shipped, config={"x": torch.zeros(2)})
    with pytest.raises(TypeError, match="config must hold plain values only"):
        _card(shipped, config={"x": math.nan})
    with pytest.raises(CourseError, match="package no-such-package is not installed"):
        _card(shipped, packages=("no-such-package",))
    with pytest.raises(TypeError, match=r"x must be a torch.Tensor"):
        _card(shipped, data={"train": [1, 2]})
    with pytest.raises(CourseError, match=r"none.pt does not exist"):
        _card(tmp_path / "none.pt")
