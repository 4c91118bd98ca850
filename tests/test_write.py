"""A file that is written is the old one or the new one, nothing lies beside it, its rights are as asked."""

import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from coursekit._write import beside, write_whole
from coursekit.data.store import Images, write_images
from coursekit.disk import write_state
from coursekit.grading.exports.sheet import write_text
from coursekit.grading.intake.collecting import Taken, _store
from coursekit.grading.record.secret import secret
from coursekit.grading.record.store import Record
from coursekit.ship.files import write_file


@pytest.fixture
def umask() -> Iterator[int]:
    """Take writing from the group, and everything from others."""
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def _temporary(folder: Path) -> Path:
    """Return the one temporary file of a folder."""
    (found,) = folder.glob(".*.part")
    return found


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.txt"
    write_whole(target, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(target, "half \ud800")
    assert target.read_text(encoding="utf-8") == "old"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("content", [b"\r\n\n\0\xff", "\r\n\n\u00e9\ufeff"])
def test_content_is_kept_to_the_byte(tmp_path: Path, content: bytes | str) -> None:
    write_whole(tmp_path / "a", content)
    assert (tmp_path / "a").read_bytes() == (content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize("error", [ValueError("half"), OSError(28, "full"), KeyboardInterrupt()])
def test_a_failing_writer_leaves_the_old_file_and_nothing_beside(
    tmp_path: Path, error: BaseException
) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def fail() -> None:
        with beside(target) as file:
            file.write(b"half of the new")
            file.flush()
            raise error

    with pytest.raises(type(error)) as caught:
        fail()
    assert caught.value is error
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file_and_nothing_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "a"
    target.write_bytes(b"old")
    monkeypatch.setattr(f"coursekit._write.os.{step}", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(target, b"new", sync=True)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_went_wrong_first_is_told(tmp_path: Path) -> None:
    def fail() -> None:
        with beside(tmp_path / "a"):
            _temporary(tmp_path).unlink()
            raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_the_new_file_is_seen_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "a"
    with beside(target) as file:
        file.write(b"new")
        assert not target.exists()
        assert _temporary(tmp_path).name.startswith(".a.")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(("mode", "wanted"), [(0o600, 0o600), (0o666, 0o640), (0o644, 0o640)])
def test_rights_are_those_asked_for_from_the_creation_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int, mode: int, wanted: int
) -> None:
    assert wanted == mode & ~umask
    target, seen, create = tmp_path / "a", [], os.open

    def created(path: Path, flags: int, rights: int) -> int:
        handle = create(path, flags, rights)
        seen.append(_mode(path))
        return handle

    target.touch(0o640)
    monkeypatch.setattr("coursekit._write.os.open", created)
    write_whole(target, b"new", mode=mode)
    assert seen == [wanted]
    assert _mode(target) == wanted


def test_without_a_wish_rights_are_those_of_any_new_file(tmp_path: Path, umask: int) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_whole(tmp_path / "a", b"")
    assert _mode(tmp_path / "a") == _mode(tmp_path / "plain") == 0o666 & ~umask


# Files that name students or open what is hidden, and those that have always been their owner's alone.
OWN: dict[str, Callable[[Path], object]] = {
    "secret": lambda folder: secret(folder, "work"),
    "record": lambda folder: Record(folder).keep(b""),
    "marks": lambda folder: write_text(folder / "marks.csv", "Ann"),
    "tensors": lambda folder: write_state(folder / "a.pt", {"format": "a"}),
    "images": lambda folder: write_images(
        folder / "a.npz", Images(np.zeros((1, 4), np.uint8), np.zeros(1, np.uint8))
    ),
    "shipped": lambda folder: write_file(folder / "card.json", b"{}"),
}


# Files that nobody can make again.
KEPT: dict[str, Callable[[Path], object]] = {
    **{kind: OWN[kind] for kind in ("record", "tensors", "images", "shipped")},
    "intake": lambda folder: _store(Taken(*["a"] * 6, Path(__file__)), folder / "work.ipynb"),
}


@pytest.mark.parametrize("kind", OWN)
def test_what_is_its_owners_alone(tmp_path: Path, kind: str) -> None:
    OWN[kind](tmp_path)
    (written,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert _mode(written) == 0o600


@pytest.mark.parametrize("kind", KEPT)
def test_what_must_be_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    done: list[int] = []
    monkeypatch.setattr("coursekit._write.os.fsync", done.append)
    KEPT[kind](tmp_path)
    assert len(done) == 1


def test_two_writers_at_once_share_no_file(tmp_path: Path) -> None:
    target, together = tmp_path / "a", Barrier(2, timeout=60)
    contents = [bytes([65 + number]) * 100_000 for number in range(2)]

    def write(content: bytes) -> None:
        with beside(target) as file:
            together.wait()
            file.write(content[:50_000])
            file.flush()
            together.wait()
            file.write(content[50_000:])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, contents))
    assert target.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [target]


def test_a_name_that_is_taken_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coursekit._write.os.urandom", bytes)
    other = tmp_path / f".a.{'00' * 8}.part"
    other.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == [other]


def test_two_at_once_may_agree_on_the_first(tmp_path: Path) -> None:
    target = tmp_path / "a"

    def write() -> None:
        with beside(target, keep=True) as file:
            write_whole(target, b"first", keep=True)
            file.write(b"second")

    write()
    assert target.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [target]


def test_a_disk_without_links_takes_the_file_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("coursekit._write.os.link", refused)
    write_whole(tmp_path / "a", b"new", keep=True)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_secret_that_two_draw_at_once_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other: list[int] = []

    def draw(bits: int) -> int:
        del bits
        if not other:
            other.append(5)
            other.append(secret(tmp_path, "work"))
        return len(other)

    monkeypatch.setattr("coursekit.grading.record.secret.secrets.randbits", draw)
    assert secret(tmp_path, "work") == other[1]


@pytest.mark.parametrize("sync", [True, False])
def test_bytes_are_on_the_disk_before_the_name_if_that_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sync: bool
) -> None:
    target, done, replace = tmp_path / "a", [], os.replace

    def synced(handle: int) -> None:
        done.append(("fsync", os.fstat(handle).st_size))

    def replaced(source: Path, name: Path) -> None:
        done.append(("replace", source.stat().st_size))
        replace(source, name)

    monkeypatch.setattr("coursekit._write.os.fsync", synced)
    monkeypatch.setattr("coursekit._write.os.replace", replaced)
    write_whole(target, b"new", sync=sync)
    assert done == [("fsync", 3)] * sync + [("replace", 3)]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target, far = tmp_path / "a", tmp_path / "far"
    far.write_bytes(b"far")
    target.symlink_to(far)
    write_whole(target, b"new")
    assert not target.is_symlink()
    assert (target.read_bytes(), far.read_bytes()) == (b"new", b"far")


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("\u0444" * 127)  # 254 bytes: a disk takes 255
    write_whole(target, b"new")
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_is_made_for_a_file_and_not_for_a_writer(tmp_path: Path) -> None:
    write_whole(tmp_path / "one" / "two" / "a", b"new")
    with pytest.raises(FileNotFoundError), beside(tmp_path / "none" / "a"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
