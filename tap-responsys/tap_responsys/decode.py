"""From the bytes on the server to the delimited text: stacks of PGP, zip and gzip, found by first bytes."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from responsys_io.errors import DataError
from responsys_io.files import FileUnavailableError
from tap_responsys.bombs import Measured
from tap_responsys.packing import ENOUGH, packing
from tap_responsys.zipmembers import check_is_only_one, check_is_open, is_export
from tap_responsys.zipstream import UnzippedStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_io.keyring import KeyRing
    from tap_responsys.packing import Packing

_READ_AHEAD = 1 << 20
_DEEPEST = 3
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_BROKEN = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
)


@contextmanager
def decoded(
    raw: io.RawIOBase, name: str, ring: KeyRing | None = None, most: int | None = None
) -> Iterator[IO[bytes]]:
    """Unpack an export while it is read; nothing is written to disk.

    The first bytes decide, not the suffix: exports named `.txt` have been seen zipped.

    Args:
        raw: The file as it lies on the server; seekable.
        name: Its name, for error texts, and to tell binary PGP from text.
        ring: The keys that encrypted exports are decrypted with.
        most: How many bytes a packed file may have unpacked; None leaves it to `Measured`.

    Yields:
        The delimited text as bytes. Only at its end is it certain that the file is whole.

    Raises:
        FileUnavailableError: RSYS-3201 to RSYS-3203, RSYS-3207, RSYS-3208, RSYS-3213, RSYS-3215 for a
            file that is broken, holds several files or none, or grows beyond all measure.
        DataError: RSYS-3204 to RSYS-3212 for one that cannot be decrypted with these keys.
        SettingsError: RSYS-1301, RSYS-1306 when gpg or a key cannot be used.
    """
    opened: list[io.BufferedReader | zipfile.ZipFile] = [_buffered(raw)]
    try:
        for depth in range(_DEEPEST + 1):
            stream = cast("io.BufferedReader", opened[-1])
            packed = packing(stream.peek(ENOUGH)[:ENOUGH], name)
            if packed is None:
                break
            if depth == _DEEPEST:
                raise FileUnavailableError(
                    "RSYS-3213",
                    f"{name} is packed more than {_DEEPEST} times.",
                    "Have the export job pack its files less deeply.",
                )
            if packed == "zip" and depth == 0:
                # Its directory is read first, so that a file which is cut off is known before the first row.
                archive = _archive(stream)
                opened.append(archive)
                content: object = _only_member(archive, name)
            else:
                content = _unpacked(packed, stream, name, ring)
            opened.append(_buffered(Measured(cast("io.BufferedIOBase", content), raw.tell, name, most)))
        yield stream
    except _BROKEN as error:
        raise FileUnavailableError(
            "RSYS-3201",
            f"{name} cannot be unpacked: {error}.",
            "Nothing of it counts as read; if it stays broken, have it exported again.",
        ) from error
    finally:
        for part in reversed(opened):
            part.close()


def _buffered(stream: object) -> io.BufferedReader:
    return io.BufferedReader(cast("io.RawIOBase", stream), _READ_AHEAD)


def _unpacked(packed: Packing, stream: io.BufferedReader, name: str, ring: KeyRing | None) -> object:
    """Return what a stream holds, read from front to back."""
    if packed == "zip":
        return UnzippedStream(stream, name)
    if packed == "gzip":
        return gzip.GzipFile(fileobj=stream, mode="rb")
    if ring is None or not ring.has_private_key:
        raise DataError(
            "RSYS-3204",
            f"{name} is encrypted with PGP and pgp_private_key is not set.",
            "Set it, or pgp_private_key_file, to the private half of the key that the export job uses.",
        )
    return ring.decrypted(stream, name)


def _archive(stream: io.BufferedReader) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (ValueError, OverflowError, struct.error) as error:
        raise _damaged_directory() from error


def _only_member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    members = [member for member in archive.infolist() if is_export(member.filename)]
    check_is_only_one(len(members), name)
    check_is_open(members[0].flag_bits, name)
    if members[0].compress_type not in _COMPRESSIONS:
        raise zipfile.BadZipFile(f"compression method {members[0].compress_type} is not supported")
    try:
        return archive.open(members[0])
    except (ValueError, OverflowError, struct.error) as error:
        raise _damaged_directory() from error


def _damaged_directory() -> zipfile.BadZipFile:
    """Return what `zipfile` ought to raise for places that lie outside the file, or names that are none."""
    return zipfile.BadZipFile("its directory is damaged")
