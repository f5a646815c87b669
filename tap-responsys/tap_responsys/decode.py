"""From the bytes on the server to the delimited text: zip and gzip, found by their first bytes."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from responsys_io.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

_READ_AHEAD = 1 << 20
_ZIP, _EMPTY_ZIP, _GZIP = b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b"
_PGP_SUFFIXES = (".gpg", ".pgp")
_DEEPEST = 3
_BROKEN = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError)


@contextmanager
def decoded(raw: io.RawIOBase, name: str) -> Iterator[IO[bytes]]:
    """Unpack an export while it is read; nothing is written to disk.

    The first bytes decide, not the suffix: exports named `.txt` have been seen zipped.

    Args:
        raw: The file as it lies on the server; seekable.
        name: Its name, for error texts.

    Yields:
        The delimited text as bytes.

    Raises:
        DataError: RSYS-3201 to RSYS-3204 for an archive that is broken, holds several files or is encrypted.
    """
    stream = _buffered(raw)
    opened: list[io.BufferedReader | zipfile.ZipFile] = [stream]
    try:
        if name.lower().endswith(_PGP_SUFFIXES):
            raise DataError(
                "RSYS-3204",
                f"{name} is encrypted with PGP, which this version cannot read.",
                "Export without it.",
            )
        for _ in range(_DEEPEST):
            start = _peek(stream)
            if start.startswith((_ZIP, _EMPTY_ZIP)):
                archive = zipfile.ZipFile(stream)
                opened.append(archive)
                stream = _buffered(_only_member(archive, name))
            elif start.startswith(_GZIP):
                stream = _buffered(gzip.GzipFile(fileobj=stream))
            else:
                break
            opened.append(stream)
        yield stream
    except _BROKEN as error:
        raise DataError(
            "RSYS-3201",
            f"{name} cannot be unpacked: {error}.",
            "Nothing of it counts as read; if it stays broken, have it exported again.",
        ) from error
    finally:
        for part in reversed(opened):
            part.close()


def _buffered(stream: object) -> io.BufferedReader:
    return io.BufferedReader(cast("io.RawIOBase", stream), _READ_AHEAD)


def _peek(stream: io.BufferedReader) -> bytes:
    return stream.peek(len(_ZIP))[: len(_ZIP)]


def _only_member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) != 1:
        raise DataError(
            "RSYS-3202",
            f"{name} holds {len(members)} files instead of one.",
            "Connect writes one file per archive.",
        )
    if members[0].flag_bits & 0x1:
        raise DataError("RSYS-3203", f"{name} is protected by a zip password.", "Connect does not set one.")
    return archive.open(members[0])
