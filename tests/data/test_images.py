"""The image sets: known content, the peers' splits, and every way in which a file can be bad."""

import gzip
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from coursekit import data
from coursekit._check import CourseError
from coursekit.data import images, remote, store

Monkey = pytest.MonkeyPatch


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: Monkey) -> Path:
    """An empty cache folder."""
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path))
    return tmp_path


def test_digits_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    pixels, labels = data.arrays("digits", dtype=torch.float64)
    bunch = load_digits()
    assert np.array_equal(pixels.numpy(), bunch.data / 16)
    assert np.array_equal(labels.numpy(), bunch.target)


def test_split_of_the_sprint() -> None:
    split = data.digits(binarize=True, test_size=297)
    assert split.x_train.shape == (1500, 64)
    assert split.x_test.shape == (297, 64)
    assert split.shape == (8, 8)
    assert split.x_train.dtype == torch.float32
    assert set(split.x_train.unique().tolist()) == {0.0, 1.0}
    grey = data.digits(test_size=297)
    assert torch.equal((grey.x_train >= 0.5).float(), split.x_train)
    counts = torch.bincount(split.y_test)
    assert int(counts.min()) >= 28
    assert int(counts.max()) <= 31


def test_split_drawn_by_scikit_learn_can_be_repeated() -> None:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    rows = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y, random_state=0)
    want = train_test_split((x / 16).astype("f4"), y, test_size=0.2, stratify=y, random_state=0)
    got = data.digits(indices=tuple(rows))
    assert len(got.x_train) == 1437
    assert np.array_equal(got.x_train.numpy(), want[0])
    assert np.array_equal(got.y_test.numpy(), want[3])


def test_mnist5k_has_the_rows_of_the_quality_runs() -> None:
    pixels, labels = data.arrays("mnist5k")
    assert torch.bincount(labels).tolist() == [500] * 10
    rng, train = np.random.default_rng(0), []
    for kind in range(10):
        train += list(rng.permutation(np.flatnonzero(labels.numpy() == kind))[:400])
    split = data.mnist5k(seed=0)

    def contents(rows: torch.Tensor) -> list[bytes]:
        return sorted(row.tobytes() for row in rows.numpy())

    assert contents(split.x_train) == contents(pixels[train])
    assert len(split.x_test) == 1000


def test_mnist5k_looks_like_mnist() -> None:
    # The well-known mean and standard deviation of MNIST's pixels are 0.1307 and 0.3081.
    pixels, _ = data.arrays("mnist5k", dtype=torch.float64)
    assert abs(float(pixels.mean()) - 0.1307) < 0.002
    assert abs(float(pixels.std()) - 0.3081) < 0.002
    path = Path(images.__file__).parent / "files" / "mnist5k.npz"
    assert path.stat().st_size < 1_000_000


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"one of digits, .*; got 'minst5k' \(did you mean 'mnist5k'\?\)"):
        data.load("minst5k")
    with pytest.raises(ValueError, match=r"dtype must be a floating one such as .*; got torch.int64"):
        data.digits(dtype=torch.int64)


def test_cache_is_written_once_and_read_back(cache: Path, monkeypatch: Monkey) -> None:
    first, _ = data.arrays("digits")
    assert [path.name for path in cache.iterdir()] == ["digits.npz"]
    monkeypatch.setattr(images, "_digits_from_sklearn", lambda: pytest.fail("the cache was not used"))
    second, _ = data.arrays("digits")
    assert torch.equal(first, second)


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty", "other"])
def test_damaged_cache_is_rebuilt_with_one_warning(cache: Path, damage: str) -> None:
    want, _ = data.arrays("digits")
    path = cache / "digits.npz"
    raw = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(raw[: len(raw) // 2])
    elif damage == "flipped":
        raw[len(raw) // 2] ^= 0xFF
        path.write_bytes(raw)
    elif damage == "other":
        np.savez(path, images=np.zeros((2, 64), np.uint8), labels=np.zeros(2, np.uint8))
    else:
        path.write_text("no archive" if damage == "text" else "")
    with pytest.warns(RuntimeWarning, match="digits.npz is damaged.*rebuilt from scikit-learn") as told:
        got, _ = data.arrays("digits")
    assert torch.equal(got, want)
    assert len(told) == 1
    assert "\n" not in str(told[0].message)
    assert torch.equal(data.arrays("digits")[0], want)
    assert [path.name for path in cache.iterdir()] == ["digits.npz"]


def test_full_disk_leaves_nothing_half_written(cache: Path, monkeypatch: Monkey) -> None:
    def full(handle: object, **_: object) -> None:
        handle.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.np, "savez_compressed", full)
    pixels, _ = data.arrays("digits")
    assert len(pixels) == 1797
    assert list(cache.iterdir()) == []


def test_cache_that_cannot_be_a_folder_does_not_stop_the_digits(tmp_path: Path, monkeypatch: Monkey) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("COURSEKIT_CACHE", str(blocked))
    assert len(data.arrays("digits")[0]) == 1797


def test_damaged_or_missing_vendored_file_is_one_line(tmp_path: Path, monkeypatch: Monkey) -> None:
    (tmp_path / "files").mkdir()
    monkeypatch.setattr(images.resources, "files", lambda _: tmp_path)
    with pytest.raises(CourseError, match=r"mnist5k\.npz.*; restore it with `git checkout") as missing:
        data.mnist5k()
    shutil.copy(Path(images.__file__).parent / "files" / "mnist5k.npz", tmp_path / "files")
    assert len(data.mnist5k().x_test) == 1000
    with (tmp_path / "files" / "mnist5k.npz").open("r+b") as handle:
        handle.seek(400_000)
        handle.write(b"\0\0\0\0")
    with pytest.raises(CourseError, match=r"mnist5k.npz is damaged.*; restore it") as damaged:
        data.mnist5k()
    assert "\n" not in str(missing.value) + str(damaged.value)


def test_folder_of_the_cache(monkeypatch: Monkey) -> None:
    monkeypatch.delenv("COURSEKIT_CACHE")
    monkeypatch.setattr(store.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert store.cache_dir() == Path("/somewhere/coursekit")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert store.cache_dir() == Path.home() / ".cache" / "coursekit"
    monkeypatch.setattr(store.sys, "platform", "darwin")
    assert store.cache_dir() == Path.home() / "Library" / "Caches" / "coursekit"


def _idx(array: np.ndarray) -> bytes:
    """Write an IDX file's bytes, gzipped."""
    head = bytes((0, 0, 8, array.ndim)) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(head + array.tobytes(), mtime=0)


def _fake_set(count: int, test: int) -> list[bytes]:
    """Make the four files of a set of random images."""
    rng = np.random.default_rng(0)
    files = []
    for rows in (count, test):
        files.append(_idx(rng.integers(0, 256, (rows, 28, 28), np.uint8)))
        files.append(_idx(rng.integers(0, 10, rows, np.uint8)))
    return files


def test_missing_full_set_says_what_to_do(cache: Path) -> None:
    with pytest.raises(CourseError, match=r"fetch mnist` once .*need none") as told:
        data.mnist()
    assert "\n" not in str(told.value)
    assert list(cache.iterdir()) == []


def test_fetched_files_are_read_with_their_own_split(cache: Path) -> None:
    folder = cache / "fashion_mnist"
    folder.mkdir()
    for name, content in zip(remote.FILES, _fake_set(60_000, 10_000), strict=True):
        (folder / f"{name}.gz").write_bytes(content)
    split = data.fashion_mnist()
    assert (len(split.x_train), len(split.x_test)) == (60_000, 10_000)
    assert split.classes[9] == "ankle boot"
    assert torch.equal(data.load("fashion_mnist").x_test, split.x_test)
    rng = np.random.default_rng(0)
    assert np.array_equal((split.x_train[:100] * 255).round().numpy().reshape(-1, 28, 28),
                          rng.integers(0, 256, (60_000, 28, 28), np.uint8)[:100])  # fmt: skip


@pytest.mark.parametrize("damage", ["cut", "text", "axes", "short"])
def test_damaged_fetched_file_is_named(cache: Path, damage: str) -> None:
    folder = cache / "mnist"
    folder.mkdir()
    contents = _fake_set(20, 10)
    short = gzip.compress(gzip.decompress(contents[1])[:-5])
    contents[1] = {"short": short, "cut": contents[1][:-10], "text": b"<html>", "axes": contents[0]}[damage]
    for name, content in zip(remote.FILES, contents, strict=True):
        (folder / f"{name}.gz").write_bytes(content)
    with pytest.raises(CourseError, match=r"train-labels.*gz is (damaged|no IDX file).*: delete it"):
        data.mnist()


def test_fetch_checks_and_keeps_only_what_is_right(cache: Path, tmp_path_factory: pytest.TempPathFactory,
                                                   monkeypatch: Monkey) -> None:  # fmt: skip
    """Serve a fake set over http on this machine: the whole path but the outer network."""
    import http.server
    import threading

    root, contents = tmp_path_factory.mktemp("served"), _fake_set(20, 10)
    for name, content in zip(remote.FILES, contents, strict=True):
        (root / f"{name}.gz").write_bytes(content)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, directory=str(root), **kwargs)  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        sums = tuple(hashlib.md5(content).hexdigest() for content in contents)
        url = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setitem(remote.REMOTES, "mnist", remote.Remote(url, (*sums[:3], "0" * 32), 1))
        with pytest.raises(CourseError, match=r"t10k-labels-idx1-ubyte\.gz did not have MD5 0000"):
            data.fetch("mnist")
        names = sorted(path.name for path in (cache / "mnist").iterdir())
        assert names == sorted(f"{name}.gz" for name in remote.FILES[:3])
        monkeypatch.setitem(remote.REMOTES, "mnist", remote.Remote(url, sums, 1))
        assert data.fetch("mnist") == cache / "mnist"
        assert len(data.mnist(test_size=10).x_train) == 20
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_fetch_without_a_network_is_one_line(cache: Path, monkeypatch: Monkey) -> None:
    # Port 9 of this machine: refused at once, so the test needs no network either.
    monkeypatch.setitem(remote.REMOTES, "mnist", remote.Remote("http://127.0.0.1:9/", ("0" * 32,) * 4, 1))
    with pytest.raises(
        CourseError, match=r"cannot fetch mnist from http://127\.0\.0\.1:9/.*need no network"
    ) as told:
        data.fetch("mnist")
    assert "\n" not in str(told.value)
    assert [path for path in cache.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("cache")
def test_fetch_onto_a_full_disk_says_so(monkeypatch: Monkey) -> None:
    import pooch

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pooch, "retrieve", full)
    with pytest.raises(CourseError, match=r"cannot store mnist in .*: No space left on device; free space"):
        data.fetch("mnist")
