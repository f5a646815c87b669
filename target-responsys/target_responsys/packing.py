"""What a file goes through on its way to the disk: compression, then encryption."""

from __future__ import annotations

import contextlib
import gzip
import io
import weakref
import zipfile
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from responsys_io.encryption import Encrypting
    from responsys_io.keyring import KeyRing

_BUFFER = 1 << 16


class Packing:
    """One file being packed and appended to another, unseen by what packs it.

    What is packed depends on nothing but the text and the name of the archive's member: the same text gives
    the same bytes, unless it is encrypted.

    Args:
        output: The file that it is appended to, at its end, without a buffer.
        compression: none, gzip or zip.
        member: Name of the text inside a zip archive.
        ring: The keys to encrypt with, None for no encryption.
    """

    def __init__(self, output: io.FileIO, *, compression: str, member: str, ring: KeyRing | None) -> None:
        self._encrypting: Encrypting | None = ring.encrypting(output.fileno()) if ring else None
        self._open = contextlib.ExitStack()
        raw = self._encrypting or _Appending(output)
        outlet = cast("IO[bytes]", self._open.enter_context(io.BufferedWriter(raw, _BUFFER)))
        if compression == "gzip":
            outlet = cast(
                "IO[bytes]",
                self._open.enter_context(gzip.GzipFile(filename="", mode="wb", fileobj=outlet, mtime=0)),
            )
        elif compression == "zip":
            archive = self._open.enter_context(zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED))
            entry = zipfile.ZipInfo(member)
            entry.compress_type = zipfile.ZIP_DEFLATED
            outlet = self._open.enter_context(archive.open(entry, "w", force_zip64=True))
        self._outlet = outlet
        # A run that fails elsewhere has to end gpg, too, and leave the archive without a word.
        self._give_up = weakref.finalize(self, _given_up, self._encrypting, self._open)

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._outlet.write(data)

    def finish(self) -> None:
        """Complete the file.

        Raises:
            SettingsError, TransientError: See `Encrypting`.
            OSError: The disk does not take it.
        """
        self._open.close()

    def abort(self) -> None:
        """Give up, unless it is complete; what has been written is worth nothing then."""
        self._give_up()


def _given_up(encrypting: Encrypting | None, opened: contextlib.ExitStack) -> None:
    if encrypting:
        encrypting.abort()
    with contextlib.suppress(OSError):
        opened.close()


class _Appending(io.RawIOBase):
    """The way to the end of a file, without a position: an archive in it begins at zero."""

    def __init__(self, output: io.FileIO) -> None:
        self._output = output

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        return self._output.write(data)
