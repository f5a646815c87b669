"""Unpacking: stacks of PGP, zip and gzip, and archives that are not as they have to be."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
from typing import TYPE_CHECKING, cast

import pytest
from support.archives import archive, changed, packed, pgp, streamed, zipped
from support.pgp import needs_gpg, pair

from responsys_io.errors import DataError
from responsys_io.keyring import KeyRing
from responsys_io.pgpkeys import PgpKeys
from tap_responsys.decode import decoded
from tap_responsys.packing import packing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RANDOM = random.Random(1)
# Half of it does not compress, so that damage lies where it is meant to.
TEXT = b"".join(b'"%d","%x","a value"\n' % (number, RANDOM.getrandbits(64)) for number in range(60_000))


@pytest.fixture(scope="module")
def ring() -> Iterator[KeyRing]:
    with KeyRing(PgpKeys(pair("customer").private)) as keys:
        yield keys


def raw(data: bytes) -> io.RawIOBase:
    return cast("io.RawIOBase", io.BytesIO(data))


def unpacked(data: bytes, name: str = "X.txt", ring: KeyRing | None = None) -> bytes:
    with decoded(raw(data), name, ring) as stream:
        return stream.read()


@pytest.mark.parametrize(
    "suffixes", ["txt", "zip", "gz", "zip.gz", "gz.zip", "zip.zip", "gz.gz.zip", "gz.gz.gz"]
)
def test_stacks_without_pgp(suffixes: str) -> None:
    assert unpacked(packed(TEXT, suffixes)) == TEXT


@needs_gpg
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    "suffixes",
    ["gpg", "asc", "zip.gpg", "gz.gpg", "gpg.zip", "gpg.gz", "asc.zip", "gz.asc", "zip.gz.gpg", "gz.gpg.zip",
     "gpg.zip.gz", "zip.gpg.gz", "gpg.gpg.gpg"],
)  # fmt: skip
def test_stacks_with_pgp(suffixes: str, named: bool, ring: KeyRing) -> None:
    name = f"X.txt.{suffixes}" if named else "X.txt"
    assert unpacked(packed(TEXT, suffixes), name, ring) == TEXT


@pytest.mark.parametrize("text", [b"", b'"EVENT_TYPE_ID"\n'])
def test_a_file_may_have_no_rows_or_no_bytes(text: bytes) -> None:
    assert unpacked(text, "X.gpg") == text
    assert unpacked(packed(text, "zip")) == text
    assert unpacked(gzip.compress(streamed(text))) == text


@needs_gpg
def test_nothing_in_a_message_or_an_archive_is_nothing(ring: KeyRing) -> None:
    assert unpacked(packed(b"", "zip.gpg"), "X.zip.gpg", ring) == b""


@pytest.mark.parametrize("suffixes", ["gz.gz.gz.gz", "zip.gz.zip.gz"])
def test_what_is_packed_too_often(suffixes: str) -> None:
    with pytest.raises(DataError, match="RSYS-3213: X.txt is packed more than 3 times"):
        unpacked(packed(TEXT, suffixes))


@pytest.mark.parametrize("ring", [None, KeyRing(PgpKeys())])
def test_an_encrypted_file_without_a_key(ring: KeyRing | None) -> None:
    with pytest.raises(DataError, match="RSYS-3204: X.gpg is encrypted with PGP and pgp_private_key is not"):
        unpacked(b"\x85\x01\x0c\x03", "X.gpg", ring)


@pytest.mark.parametrize(
    ("start", "name", "expected"),
    [
        (b"PK\x03\x04", "X.txt.gpg", "zip"),
        (b"PK\x05\x06", "X.txt", "zip"),
        (b"\x1f\x8b\x08", "X.gpg", "gzip"),
        (b"-----BEGIN PGP MESSAGE-----\n", "X.txt", "pgp"),
        (b"\r\n-----BEGIN PGP MESSAGE-----\n", "X.txt", "pgp"),
        (b"\x84\x5e\x03\x24\x8b", "X.txt", "pgp"),
        (b"\x85\x01\x0c\x03\x24", "X.zip", "pgp"),
        (b"\xc1\xc0\x4c\x03\x24", "X.txt", "pgp"),
        (b"\x8c\x0d\x04\x09\x03", "X.txt", "pgp"),
        (b"\xc1\x09abc", "X.txt.pgp", "pgp"),
        (b'"EVENT_TYPE_ID"', "X.txt.gpg", None),
        (b"", "X.gpg", None),
        # Letters and marks that text can begin with: "Ärger" and "…" in Windows-1252, two byte order marks.
        (b"\xc4rger", "X.txt", None),
        (b"\x85\n", "X.txt", None),
        (b"\xc1", "X.txt", None),
        (b"\xef\xbb\xbfEVENT", "X.txt.gpg", None),
        (b"\xff\xfeE\x00", "X.txt.gpg", None),
    ],
)  # fmt: skip
def test_first_bytes(start: bytes, name: str, expected: str | None) -> None:
    assert packing(start, name) == expected


@pytest.mark.parametrize("suffixes", ["", ".gz"])
@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: archive({"a": b"1", "b": b"2"}), "RSYS-3202: X holds more than one file instead of one"),
        (lambda: archive({}), "RSYS-3202: X holds no file instead of one"),
        (lambda: archive({"a/": b"", "__MACOSX/._a": b"1"}), "RSYS-3202: X holds no file instead of one"),
        (lambda: protected(zipped(TEXT)), "RSYS-3203: X is protected by a zip password"),
        (lambda: changed(zipped(TEXT), 90_000), "RSYS-3201: X cannot be unpacked"),
        (lambda: changed(zipped(TEXT, method=0), 90_000), "RSYS-3201: X cannot be unpacked"),
        (lambda: zipped(TEXT)[:-30], "RSYS-3201: X cannot be unpacked"),
        (lambda: zipped(TEXT)[:90_000], "RSYS-3201: X cannot be unpacked"),
        (lambda: zipped(TEXT)[:20], "RSYS-3201: X cannot be unpacked"),
    ],
)
def test_archives_that_are_refused(make: Callable[[], bytes], line: str, suffixes: str) -> None:
    with pytest.raises(DataError, match=line):
        unpacked(packed(make(), suffixes), "X")


def protected(data: bytes) -> bytes:
    """Set the flags that say so in the member's head and in the directory."""
    directory = data.rindex(b"PK\x01\x02")
    found = bytearray(data)
    found[6] |= 1
    found[directory + 8] |= 1
    return bytes(found)


@pytest.mark.parametrize("suffixes", ["", ".gz"])
def test_what_macos_and_folders_add_is_left_out(suffixes: str) -> None:
    files = {"folder/": b"", "__MACOSX/folder/._X.txt": b"other", "folder/X.txt": TEXT, "__MACOSX/._a": b"1"}
    assert unpacked(packed(archive(files), suffixes)) == TEXT


@pytest.mark.parametrize(
    "data",
    [
        zipped(TEXT, method=zipfile.ZIP_STORED),
        streamed(TEXT),
        streamed(TEXT, zip64=True),
        streamed(TEXT).replace(b"PK\x07\x08", b""),
        zipped(TEXT) [:-2] + b"\x07\x00comment",
    ],
    ids=["stored", "sizes behind", "zip64", "sizes behind without a signature", "comment"],
)  # fmt: skip
def test_forms_of_zip_that_can_be_streamed(data: bytes) -> None:
    assert unpacked(gzip.compress(data)) == TEXT


def test_a_long_archive_states_its_sizes_elsewhere() -> None:
    """Sizes of zip64 stand in an extra field, and 0xFFFFFFFF where they usually are."""
    content = TEXT[:5_000]
    plain = zipped(content, method=zipfile.ZIP_STORED)
    head, name, rest = plain[:30], plain[30:35], plain[35:]
    extra = struct.pack("<HHQQ", 1, 16, len(content), len(content))
    head = head[:18] + b"\xff" * 8 + struct.pack("<HH", len(name), len(extra))
    end_64 = b"PK\x06\x06" + struct.pack("<Q", 44) + bytes(44) + b"PK\x06\x07" + bytes(16)
    end = rest.rindex(b"PK\x05\x06")
    long = head + name + extra + rest[:end] + end_64 + rest[end:]
    assert unpacked(gzip.compress(long)) == content


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (changed(zipped(TEXT), 15), "another length or checksum"),
        (changed(zipped(TEXT), -22 + 10), "its directory lists 0 members and 1 were found"),
        (zipped(TEXT) + b"more", "bytes follow its end"),
        (zipped(TEXT).replace(b"PK\x01\x02", b"PK\x01\x09"), "something else stands where its directory"),
        (zipped(TEXT, method=zipfile.ZIP_LZMA), "compression method 14 cannot be read as a stream"),
    ],
)
def test_broken_archives_in_a_stream(data: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=f"RSYS-3201: X cannot be unpacked: .*{reason}"):
        unpacked(gzip.compress(data), "X")


def test_gzip_in_several_members_is_one_text() -> None:
    assert unpacked(gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:])) == TEXT


@pytest.mark.parametrize("suffixes", ["", ".zip"])
@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(TEXT)[:-9],
        gzip.compress(TEXT)[:-1],
        changed(gzip.compress(TEXT), 90_000),
        changed(gzip.compress(TEXT), -6),
        gzip.compress(TEXT) + b"junk",
    ],
    ids=["cut off", "last byte missing", "content", "checksum", "junk"],
)
def test_broken_gzip(data: bytes, suffixes: str) -> None:
    with pytest.raises(DataError, match="RSYS-3201: X cannot be unpacked"):
        unpacked(packed(data, suffixes), "X")


def test_a_zip_that_is_cut_off_is_known_before_the_first_row() -> None:
    with pytest.raises(DataError, match="RSYS-3201"), decoded(raw(zipped(TEXT)[:-30]), "X.zip"):
        pytest.fail("opened")


@needs_gpg
@pytest.mark.parametrize("suffixes", ["gpg", "zip.gpg", "gz.gpg"])
def test_a_message_that_is_cut_off_is_known_at_the_end_of_the_text(suffixes: str, ring: KeyRing) -> None:
    message = packed(TEXT, suffixes)
    with pytest.raises(DataError, match="RSYS-3207: X.gpg is damaged or cut off"):
        unpacked(message[:-10], "X.gpg", ring)


@needs_gpg
def test_what_follows_an_archive_in_a_message_is_read_too(ring: KeyRing) -> None:
    with pytest.raises(DataError, match="RSYS-3201: .* bytes follow its end"):
        unpacked(pgp(zipped(TEXT) + b"more"), "X.gpg", ring)
