# ruff: noqa: E501 (tables of cases)
"""Archives of strangers: nothing leaves its place, every limit holds, one never stops the rest."""

import gzip
import io
import json
import os
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from coursekit.grading.intake.archives import kind_of, members
from coursekit.grading.intake.rules import Limits
from tests.grading.intake.inbox import NAME, WORK, Inbox, entry, rules, tarred, work, zipped

SMALL = Limits(file=1000, total=3000, members=5, ratio=20, free=200)


def _locked() -> bytes:
    """Return a zip that says it is locked with a password."""
    data = bytearray(zipped({"work.ipynb": WORK}))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + at] |= 1
    return bytes(data)


def _lying(size: int) -> bytes:
    """Return a zip whose headers give another size than the content has."""
    data = bytearray(zipped({"work.ipynb": WORK}))
    for magic, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(magic) + at
        data[start : start + 4] = struct.pack("<L", size)
    return bytes(data)


def _raw(name: bytes) -> bytes:
    """Return a zip whose member's name is these bytes."""
    return zipped({"x" * len(name): WORK}).replace(b"x" * len(name), name)


def _zip_link() -> bytes:
    info = zipfile.ZipInfo("work.ipynb")
    info.external_attr = 0o120777 << 16
    return zipped([(info, b"/etc/passwd")])


def _zip_device() -> bytes:
    info = zipfile.ZipInfo("work.ipynb")
    info.external_attr = 0o020666 << 16
    return zipped([(info, b"")])


REFUSED = {
    "damaged": [b"PK\x03\x04 no archive", WORK[:-1].replace(b"{", b"", 1), tarred({"a.ipynb": WORK}, "w:gz")[:900],
                tarred({"a.ipynb": WORK})[:2000], b"\xfd7zXZ\0 and no more", b"BZh9 no", b"\x1f\x8b no"],
    "wrong-size": [_lying(len(WORK) + 10), _lying(len(WORK) - 10), _lying(0)],
    "encrypted": [_locked()],
    "link": [_zip_link(), tarred([entry("w.ipynb", tarfile.SYMTYPE, "/etc/passwd")]),
             tarred([entry("w.ipynb", tarfile.LNKTYPE, "../ann/work.ipynb")])],
    "special": [_zip_device(), tarred([entry("w.ipynb", tarfile.CHRTYPE)]), tarred([entry("w.ipynb", tarfile.FIFOTYPE)])],
    "unknown-archive": [b"Rar!\x1a\x07 whatever", b"7z\xbc\xaf\x27\x1c", zipped({"w.ipynb": WORK}, zipfile.ZIP_LZMA)],
    "nested": [zipped({"more.zip": zipped({"work.ipynb": WORK})}), zipped({"work.ipynb": zipped({"work.ipynb": WORK})})],
    "nothing": [zipped({}), zipped({"notes.txt": b"no notebook"}), tarred({"notes.txt": b"no notebook"}, "w:xz")],
    "bomb": [zipped({"work.ipynb": bytes(20_000_000)}), tarred({"work.ipynb": bytes(20_000_000)}, "w:gz"),
             tarred({"other.bin": bytes(20_000_000)}, "w:bz2"), tarred({"other.bin": bytes(20_000_000)}, "w:xz")],
    "large": [zipped({"work.ipynb": os.urandom(100) * 600_000}), tarred({"work.ipynb": os.urandom(51_000_000)})],
    "many": [zipped({f"{at}.txt": b"" for at in range(2001)}), tarred({f"{at}.txt": b"" for at in range(2001)})],
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "data"),
    [(rule, data) for rule, cases in REFUSED.items() for data in cases],
    ids=[f"{rule}-{at}" for rule, cases in REFUSED.items() for at in range(len(cases))],
)
def test_a_bad_archive_is_named_and_stops_nobody(tmp_path: Path, rule: str, data: bytes) -> None:
    inbox = Inbox(tmp_path)
    for name in ("ann.ipynb", "zoe.ipynb"):
        inbox.put(name)
    inbox.put("ben.zip", data)
    before = inbox.state()
    report = inbox.collect()
    found = rules(report)
    assert rule in found, report.lines()
    assert all(notice.student == "ben" and notice.file.startswith("ben.zip") for notice in found[rule])
    assert [one.student for one in report.taken] == ["ann", "zoe"]
    assert report.without == ["ben"]
    assert inbox.state() == before
    assert set(inbox.files()) == {f"extracted/{who}/undated/{NAME}.ipynb" for who in ("ann", "zoe")}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_tars_of_every_kind_are_read(tmp_path: Path, mode: str, form: int) -> None:
    inbox = Inbox(tmp_path)
    deep = "/".join(["folder"] * 15)
    inbox.put(
        "ann.tar",
        tarred([entry("some", tarfile.DIRTYPE), (f"{deep}/wörk-{'x' * 40}.ipynb", WORK)], mode, form),
    )
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["ann"], report.lines()
    assert report.taken[0].file.endswith(f"wörk-{'x' * 40}.ipynb")
    assert inbox.files()[f"extracted/ann/undated/{NAME}.ipynb"] == WORK


@pytest.mark.parametrize(
    "name", ["../../climb.ipynb", "/etc/climb.ipynb", "C:/climb.ipynb", "C:climb.ipynb", "a/../b.ipynb"]
)
def test_paths_that_climb_lead_nowhere(tmp_path: Path, name: str) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann.zip", zipped({name: WORK}))
    inbox.put("ben.tar", tarred({name: WORK}))
    report = inbox.collect()
    assert [notice.student for notice in rules(report)["climbs"]] == ["ann", "ben"]
    assert set(inbox.files()) == {f"extracted/{who}/undated/{NAME}.ipynb" for who in ("ann", "ben")}
    assert [path.name for path in tmp_path.iterdir()] != []
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}


def test_a_name_that_does_nothing_but_climb_is_nothing(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann.zip", zipped({f"{NAME}.ipynb": WORK, "..": WORK}))
    assert rules(inbox.collect()).keys() == {"climbs", "junk"}


def test_backslashes_are_read_as_slashes(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann.zip", _raw(rb"my work\final.ipynb"))
    inbox.put("ben.zip", _raw(rb"..\..\final.ipynb"))
    found = rules(inbox.collect())
    assert [notice.student for notice in found["backslashes"]] == ["ann", "ben"]
    assert [notice.student for notice in found["climbs"]] == ["ben"]


@pytest.mark.parametrize(
    ("raw", "shown", "told"),
    [("Übung é.ipynb".encode(), "Übung é.ipynb", True), ("Übung.ipynb".encode("cp437"), "Übung.ipynb", True),
     ("U\u0308bung.ipynb".encode(), "Übung.ipynb", True), (b"plain.ipynb", "plain.ipynb", False),
     ("Übung.ipynb", "Übung.ipynb", False)],
)  # fmt: skip
def test_names_in_other_encodings_are_shown_as_meant(
    tmp_path: Path, raw: bytes | str, shown: str, told: bool
) -> None:
    """A text is written as archives should be: in UTF-8, and saying so."""
    inbox = Inbox(tmp_path)
    inbox.put("ann.zip", zipped({raw: WORK}) if isinstance(raw, str) else _raw(raw))
    report = inbox.collect()
    assert [one.file for one in report.taken] == [f"ann.zip/{shown}"]
    assert ("name-encoding" in rules(report)) is told


def test_what_was_read_before_the_damage_is_kept(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    data = bytearray(zipped({"work.ipynb": WORK, "broken.ipynb": WORK}, zipfile.ZIP_STORED))
    data[data.rindex(b"nbformat")] ^= 1
    inbox.put("ann.zip", bytes(data))
    inbox.put("ben.tar", tarred({"work.ipynb": WORK, "later.ipynb": WORK})[: len(WORK) + 3000])
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["ann", "ben"]
    assert {notice.student for notice in report.notices} >= {"ann", "ben"}
    assert [notice.student for notice in rules(report)["damaged"]] == ["ben"]
    assert [notice.student for notice in rules(report)["wrong-size"]] == ["ann"]


def _rules(data: bytes, folder: Path, limits: Limits = SMALL) -> list[str]:
    path = folder / "archive"
    path.write_bytes(data)
    return [member.rule for member in members(path, kind_of(path), limits) if member.rule]


def test_each_limit_alone(tmp_path: Path) -> None:
    """At the limit a member passes, one beyond it does not."""
    noise = os.urandom
    for pack in (zipped, tarred):
        assert _rules(pack({"a": noise(1000)}), tmp_path) == []
        assert _rules(pack({"a": noise(1001)}), tmp_path) == ["large"]
        assert _rules(pack({str(at): noise(990) for at in range(3)}), tmp_path) == []
        assert _rules(pack({str(at): noise(990) for at in range(4)}), tmp_path) == ["total"]
        assert _rules(pack({str(at): b"" for at in range(5)}), tmp_path) == []
        assert _rules(pack({str(at): b"" for at in range(6)}), tmp_path) == ["many"]
    # Past the limit nothing more is unpacked, not even to be refused.
    assert _rules(zipped({str(at): noise(990) for at in range(5)}), tmp_path) == ["total"]
    assert _rules(tarred({"a": noise(4500)}), tmp_path) == ["large"]
    assert _rules(tarred({"a": noise(9000)}), tmp_path) == ["large", "total"]
    assert _rules(zipped({"a": bytes(200)}), tmp_path) == []
    assert _rules(zipped({"a": bytes(900)}), tmp_path) == ["bomb"]


def test_a_list_of_contents_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    """The list alone of a million empty members would fill the memory."""
    few = zipped({f"{at:0800}": b"" for at in range(3)})  # fewer than the limit: the list's length decides
    end = few.rindex(b"PK\x05\x06")
    size = struct.unpack("<L", few[end + 12 : end + 16])[0]
    told = struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 3, 3, size, end - size)
    large = few[:end] + b"PK\x06\x06" + told + b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1) + few[end:]
    at = large.rindex(b"PK\x05\x06") + 12
    data = {
        "plain": few,
        "with a comment": few[:-2] + struct.pack("<H", 60_000) + b" " * 60_000,
        "of the large kind": large[:at] + b"\xff" * 4 + large[at + 4 :],
    }
    for kind, archive in data.items():
        assert _rules(archive, tmp_path) == ["many"], kind
        assert _rules(archive, tmp_path, SMALL._replace(members=10)) == [], kind


def test_unpacking_a_bomb_stops_early(tmp_path: Path) -> None:
    """Ten gigabytes of zeros are announced and packed: counted, not unpacked."""
    info = tarfile.TarInfo("big.bin")
    info.size = 10 << 30
    packer, piece = zlib.compressobj(1, wbits=31), bytes(1 << 20)
    data = (
        packer.compress(info.tobuf()) + b"".join(packer.compress(piece) for _ in range(200)) + packer.flush()
    )
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(data)
    read = 0
    for member in members(path, "gz", Limits()):
        read += len(member.data or b"")
        last = member
    assert (read, last.rule) == (0, "bomb")
    # The 200 MB that are there would take seconds: what is read is ``Limits.ratio`` times the file, if above
    # ``Limits.free``.
    assert _rules(data, tmp_path, Limits(free=1000, ratio=2)) == ["large", "bomb"]


def test_work_with_much_output_is_no_bomb(tmp_path: Path) -> None:
    """Printed loops pack to a fifth or less, and fill megabytes."""
    printed = "".join(f"epoch {at}: loss {1 / (at + 1):.6f}\n" for at in range(600_000))
    output = {"output_type": "stream", "name": "stdout", "text": printed}
    whole = json.loads(WORK)
    whole["cells"][2]["outputs"] = [output]
    data = json.dumps(whole).encode()
    assert len(data) > Limits().free
    inbox = Inbox(tmp_path)
    inbox.put("ann.zip", zipped({f"{NAME}.ipynb": data}))
    inbox.put("ben.tar.gz", tarred({f"{NAME}.ipynb": data}, "w:gz"))
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["ann", "ben"]
    assert report.notices == []


def test_a_file_that_asks_for_too_much_memory_is_refused(tmp_path: Path) -> None:
    # xz of one letter, with a dictionary of a gigabyte
    data = bytes.fromhex(
        "fd377a585a000004e6d6b44602002101240000005e1fc7f90100007800000000"
        "45aeef83f8ee160a00011901a52c81cc1fb6f37d010000000004595a"
    )
    assert _rules(data, tmp_path) == ["damaged"]
    path = tmp_path / "archive"
    assert "emory" in next(iter(members(path, "xz", SMALL))).detail


def test_what_a_student_packs_beside_the_work_asks_nobody(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann.zip", zipped({f"{NAME}.ipynb": WORK, "table.gz": b"no archive", ".": b"x"}))
    inbox.put("ben.tar", tarred([entry("w.ipynb", tarfile.SYMTYPE, "/etc/passwd")]))
    found = rules(inbox.collect())
    assert [notice.file for notice in found["other"]] == ["ann.zip/table.gz"]
    assert [str(notice).count("(1 of them)") for notice in found["junk"]] == [1]
    assert found.keys() == {"other", "junk", "link"}  # and "nothing" is not said of what was refused


def test_two_members_of_one_name_and_two_cases(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped([("work.ipynb", work("one")), ("work.ipynb", work("two"))])
    inbox.put("ann.zip", data)
    inbox.put(
        "ben.zip", zipped({"Work.ipynb": work("one"), "work.ipynb": work("two"), "WORK.ipynb": work("one")})
    )
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["ann", "ben"]
    assert [notice.student for notice in rules(report)["two"]] == ["ann", "ben"]
    assert [notice.student for notice in rules(report)["same-file"]] == ["ben"]


def test_pax_headers_that_lie_are_damage(tmp_path: Path) -> None:
    good = tarred({f"{'ä' * 90}.ipynb": b"x"}, form=tarfile.PAX_FORMAT)
    at = good.index(b" path=")
    for wrong in (b"99", b"00", b"xx", b"-1"):
        data = good[: at - 3] + wrong.rjust(3, b"0") + good[at:]
        assert _rules(data, tmp_path) == ["damaged"]
    assert _rules(good, tmp_path) == []
    info, content = (
        tarfile.TarInfo("x"),
        b"9" * 5000 + b" path=b\n",
    )  # Python makes no number of so many digits
    info.type, info.size = tarfile.XHDTYPE, len(content)
    path = tmp_path / "archive"
    path.write_bytes(tarred([(info, content)]))
    assert [one.detail for one in members(path, "tar", Limits())] == ["an extended header is damaged"]


def test_what_old_and_rare_tars_hold_is_read(tmp_path: Path) -> None:
    """Files and folders as the first tar marked them, long targets of links, times beyond the year 9999."""
    folder, late, whole = tarfile.TarInfo("some/"), tarfile.TarInfo("late.txt"), tarfile.TarInfo("whole.txt")
    late.mtime, late.type, whole.type = 10**12, tarfile.AREGTYPE, tarfile.CONTTYPE
    link = entry("w.txt", tarfile.SYMTYPE, "x" * 200)
    path = tmp_path / "archive"
    path.write_bytes(tarred([(folder, b""), (late, b""), (whole, b""), link, ("a.txt", b"a")]))
    assert [(one.name, one.data, one.rule) for one in members(path, "tar", SMALL)] == [
        ("late.txt", b"", ""), ("whole.txt", b"", ""), ("w.txt", None, "link"), ("a.txt", b"a", ""),
    ]  # fmt: skip


def test_a_long_name_belongs_to_one_member_and_has_an_end(tmp_path: Path) -> None:
    for form, most in ((tarfile.GNU_FORMAT, 65_535), (tarfile.PAX_FORMAT, 999_980)):
        path = tmp_path / "archive"
        path.write_bytes(tarred({"x" * most: b"1", "short": b"2"}, form=form))
        assert [len(one.name) for one in members(path, "tar", Limits())] == [most, 5]
        assert _rules(tarred({"x" * (most + 30): b"1"}, form=form), tmp_path, Limits()) == ["damaged"]


def _numbered(field: bytes, at: int = 124) -> bytes:
    """Return a tar whose first member has this in its header, the size if not said, and the right checksum."""
    data = bytearray(tarred({"a": b"1", "b": b"2"}))
    data[at : at + len(field)] = field
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    return bytes(data)


def test_what_is_no_part_of_a_name_stays_out_of_it(tmp_path: Path) -> None:
    """GNU's tar keeps times where others keep a name's beginning; git's begins with the number of a commit."""
    path = tmp_path / "archive"
    path.write_bytes(_numbered(b"14712345670\0", 345))
    assert [one.name for one in members(path, "tar", Limits())] == ["a", "b"]
    with tarfile.open(
        path, "w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "1234", "path": "no"}
    ) as tar:
        tar.addfile(tarfile.TarInfo("a"))
    assert [one.name for one in members(path, "tar", Limits())] == ["a"]


def test_sizes_that_are_none_are_damage(tmp_path: Path) -> None:
    """A size below nothing would read the whole stream at once."""
    assert _rules(_numbered(b"00000000001\0"), tmp_path) == []
    for field in (b"-0000000001\0", b"0000000000z\0", b"00000000009\0"):
        assert _rules(_numbered(field), tmp_path) == ["damaged"], field
    for size in ("9" * 30, "9" * 5000):  # of the second Python would make no number
        info = tarfile.TarInfo("a")
        info.pax_headers = {"size": size}
        data = tarred([(info, b"")], form=tarfile.PAX_FORMAT)
        assert _rules(data, tmp_path, Limits()) == ["large", "damaged"]


def test_a_tar_cut_off_anywhere_or_with_a_changed_header_is_damaged(tmp_path: Path) -> None:
    """Cut where a header would begin, it could pass for a whole one."""
    good = tarred({"a": bytes(512), "b": b"x"})
    assert _rules(good, tmp_path, Limits()) == []
    for end in (600, 1024, 1100, 2047, 2048):
        assert _rules(good[:end], tmp_path, Limits()) == ["damaged"], end
    for at in (0, 124, 136, 345):
        changed = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        assert _rules(changed, tmp_path, Limits()) == ["damaged"], at


def test_a_gzip_of_many_parts_is_one_stream(tmp_path: Path) -> None:
    data = tarred({"a": b"1", "b": b"2"})
    file = io.BytesIO()
    for start in range(0, len(data), 1000):
        file.write(gzip.compress(data[start : start + 1000]))
    path = tmp_path / "archive"
    path.write_bytes(file.getvalue())
    assert [(member.name, member.data) for member in members(path, "gz", SMALL._replace(ratio=10**6))] == [
        ("a", b"1"),
        ("b", b"2"),
    ]
