"""ONNX files run by ONNX Runtime against the model where the packages are; clear words where not."""

import importlib.util
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

from coursekit._check import CourseError
from coursekit.ship import check_export, export_onnx, onnx_session
from tests.ship import toy

MISSING = [name for name in ("onnx", "onnxscript", "onnxruntime") if importlib.util.find_spec(name) is None]
needs_onnx = pytest.mark.skipif(bool(MISSING), reason=f"optional packages missing: {', '.join(MISSING)}")
SIZES = (1, 2, 3, 5, 33)


@needs_onnx
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "options", [{}, {"loss": "bernoulli", "tied": True}, {"batch_norm": True, "dropout": 0.4}]
)
@pytest.mark.parametrize("part", ["reconstruct", "encode", "decode"])
def test_runtime_equals_the_model_at_every_batch_size(
    tmp_path: Path, options: dict[str, object], part: str
) -> None:
    model = toy.model(dtype=torch.float32, **options).train()
    x = toy.data(4, *((2,) if part == "decode" else (1, 2, 3)), dtype=torch.float32)
    path = tmp_path / "model.onnx"
    export_onnx(model, x, path, part=part)
    assert model.training
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
    assert check_export(onnx_session(path), model, x, part=part, batches=SIZES, tolerance=1e-6) <= 1e-6


@needs_onnx
@pytest.mark.filterwarnings("ignore")
def test_file_is_not_replaced_unasked_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    model, x, path = (
        toy.model(dtype=torch.float32),
        toy.data(2, 1, 2, 3, dtype=torch.float32),
        tmp_path / "m.onnx",
    )
    export_onnx(model, x, path)
    with pytest.raises(CourseError, match=r"m.onnx is there already"):
        export_onnx(model, x, path)
    whole = path.read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(CourseError, match=r"ONNX file .* is damaged or of another kind") as caught:
            onnx_session(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(CourseError, match=r"ONNX file .* does not exist"):
        onnx_session(tmp_path / "none.onnx")


@pytest.mark.parametrize("name", ["onnx", "onnxscript", "onnxruntime"])
def test_missing_package_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for package in ("onnx", "onnxscript", "onnxruntime"):
        monkeypatch.setitem(sys.modules, package, None if package == name else sys)
    model, x = toy.model(), toy.data(2, 1, 2, 3)
    path = tmp_path / "m.onnx"
    call = partial(onnx_session, path) if name == "onnxruntime" else partial(export_onnx, model, x, path)
    with pytest.raises(CourseError, match=rf"ONNX needs the package {name}: pip install 'coursekit\[ship\]'"):
        call()
    assert list(tmp_path.iterdir()) == []
