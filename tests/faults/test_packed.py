"""Archives that are made to do harm, and forms that Connect does not write."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, cast

import pytest
from support.archives import archive, packed, zipped
from support.exports import OPEN_HEADER, delimited, open_row
from support.pgp import needs_gpg, pair

from responsys_io.errors import DataError
from responsys_io.keyring import KeyRing
from responsys_io.pgpkeys import PgpKeys
from tap_responsys import bombs
from tap_responsys.decode import decoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.plugins import Run

TEXT = delimited([OPEN_HEADER, *map(open_row, range(2_000))])
ZEROS = bytes(1 << 20)
NAME = "1234_OPEN_20190103_060500"


def unpacked_size(data: bytes, most: int | None = None, ring: KeyRing | None = None) -> int:
    """Read an export as the tap does, and keep nothing of it."""
    size = 0
    with decoded(cast("io.RawIOBase", io.BytesIO(data)), "X", ring, most) as stream:
        while block := stream.read(1 << 20):
            size += len(block)
    return size


def zeros(mebibytes: int) -> bytes:
    """Return a gzip file of so many mebibytes, in a thousandth of that."""
    engine = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join([*(engine.compress(ZEROS) for _ in range(mebibytes)), engine.flush()])


@pytest.mark.slow
def test_a_bomb_is_given_up_after_a_hundred_megabytes() -> None:
    with pytest.raises(DataError, match="RSYS-3215: X unpacks to more than 200 times its size"):
        unpacked_size(zeros(300))
    assert unpacked_size(zeros(90)) == 90 * 2**20


@pytest.mark.parametrize(
    "make",
    [
        lambda: gzip.compress(gzip.compress(zeros(40))),
        lambda: zipped(ZEROS * 40),
        lambda: gzip.compress(zipped(ZEROS * 40)),
        lambda: zipped(ZEROS * 40, method=zipfile.ZIP_BZIP2),
    ],
    ids=["gzip in gzip in gzip", "zip", "zip in gzip", "bzip2 in zip"],
)
def test_a_bomb_of_any_packing_is_given_up(
    make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bombs, "FREE_BYTES", 5_000_000)
    with pytest.raises(DataError, match="RSYS-3215: X unpacks to more than 200 times its size"):
        unpacked_size(make())


@needs_gpg
def test_a_bomb_in_a_message_is_given_up(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bombs, "FREE_BYTES", 5_000_000)
    with pytest.raises(DataError, match="RSYS-3215: X unpacks to more than 200 times its size"):
        unpacked_size(packed(zeros(40), "gpg"), ring=ring)


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing(PgpKeys(pair("customer").private))


@pytest.mark.slow
def test_what_text_packs_to_is_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bombs, "FREE_BYTES", 1_000)
    for data in (TEXT, TEXT * 50, random.Random(3).randbytes(300_000)):
        assert unpacked_size(gzip.compress(data)) == len(data)
        assert unpacked_size(zipped(data)) == len(data)


def test_the_setting_takes_the_place_of_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unpacked_size(zeros(110), most=110 * 2**20) == 110 * 2**20
    with pytest.raises(DataError, match=r"RSYS-3215: X unpacks to more than max_uncompressed_bytes \(1000\)"):
        unpacked_size(gzip.compress(TEXT), most=1_000)
    monkeypatch.setattr(bombs, "FREE_BYTES", 0)
    assert unpacked_size(TEXT) == len(TEXT)


def test_a_bomb_keeps_no_later_file_waiting(tap: Callable[..., Run], download: Path) -> None:
    (download / f"{NAME}.txt.gz").write_bytes(gzip.compress(TEXT))
    (download / "1234_OPEN_20190104_060500.txt").write_bytes(delimited([OPEN_HEADER, open_row(9)]))
    run = tap(settings={"max_uncompressed_bytes": 100_000})
    assert run.exit_code == 1
    assert f"Stream open goes on without this file: RSYS-3215: {NAME}.txt.gz unpacks to" in run.errors[0]
    assert run.records["open"][-1]["RIID"] == 9
    assert list(run.state["bookmarks"]["open"]["files"]) == ["1234_OPEN_20190104_060500.txt"]


@pytest.mark.parametrize(
    "name", ["../../x", "/abs/x", "C:\\x", "..\\x", "nul", "a/b/c/export.txt", "-rf", "x" * 4_000]
)
def test_names_in_an_archive_are_labels_only(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.parent.rglob("*"))
    for data in (archive({name: TEXT}), gzip.compress(archive({name: TEXT}))):
        assert unpacked_size(data) == len(TEXT)
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_a_link_in_an_archive_leads_nowhere(tap: Callable[..., Run], download: Path) -> None:
    link = zipfile.ZipInfo("export.txt")
    link.external_attr = 0o120777 << 16
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as writer:
        writer.writestr(link, "/etc/passwd")
    (download / f"{NAME}.zip").write_bytes(data.getvalue())
    run = tap()
    assert (run.exit_code, run.records) == (1, {})
    assert "RSYS-3103" in run.errors[0]
    assert "root:" not in run.stdout + run.stderr


def test_a_name_twice_in_an_archive_is_refused() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as writer:
        writer.writestr("X.txt", TEXT)
        with pytest.warns(UserWarning, match="Duplicate name"):
            writer.writestr("X.txt", TEXT[:100])
    for form in (data.getvalue(), gzip.compress(data.getvalue())):
        with pytest.raises(DataError, match="RSYS-3202"):
            unpacked_size(form)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_of_zip_are_read(method: int) -> None:
    assert unpacked_size(zipped(TEXT, method=method)) == len(TEXT)


@pytest.mark.parametrize("method", [9, 93, 99], ids=["Deflate64", "zstd", "AES"])
def test_methods_that_are_not_known_are_refused(method: int) -> None:
    data = zipped(TEXT)
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.rindex(mark) + place
        data = data[:at] + struct.pack("<H", method) + data[at + 2 :]
    for form in (data, gzip.compress(data)):
        with pytest.raises(DataError, match="RSYS-3201: X cannot be unpacked: .*compression"):
            unpacked_size(form)


@pytest.mark.parametrize("suffix", ["txt", "csv", "zip", "txt.gz"])
@pytest.mark.parametrize("packing", ["txt", "zip", "gz"])
def test_first_bytes_say_how_a_file_is_packed(
    suffix: str, packing: str, tap: Callable[..., Run], download: Path
) -> None:
    (download / f"{NAME}.{suffix}").write_bytes(packed(TEXT, packing))
    run = tap()
    assert (run.exit_code, len(run.records["open"])) == (0, 2_000), run.errors
