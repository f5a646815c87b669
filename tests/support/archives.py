"""Packed exports, and damage to them."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import TYPE_CHECKING

from support.pgp import encrypted, pair

if TYPE_CHECKING:
    from collections.abc import Callable


def zipped(data: bytes, name: str = "X.txt", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of one file."""
    return archive({name: data}, method)


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of several files; sizes stand before the content."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as writer:
        for name, data in files.items():
            writer.writestr(name, data)
    return packed.getvalue()


def streamed(data: bytes, *, zip64: bool = False) -> bytes:
    """Return a zip archive that was written without going back: sizes stand behind the content."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

    packed = Pipe()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writer,
        writer.open("X.txt", "w", force_zip64=zip64) as member,
    ):
        member.write(data)
    return packed.getvalue()


def pgp(data: bytes) -> bytes:
    """Return a message for the tests' customer."""
    return encrypted(data, pair("customer"))


def armoured(data: bytes) -> bytes:
    """Return the same in armour."""
    return encrypted(data, pair("customer"), armoured=True)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "zip": zipped,
    "gz": gzip.compress,
    "gpg": pgp,
    "asc": armoured,
}


def packed(data: bytes, suffixes: str) -> bytes:
    """Pack as a name's suffixes say, for example `.txt.zip.gpg`."""
    for suffix in suffixes.split("."):
        data = PACKERS.get(suffix, bytes)(data)
    return data


def changed(data: bytes, at: int) -> bytes:
    """Return the bytes with one bit turned."""
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
