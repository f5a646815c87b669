"""A part of a file as a stream of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class SpoolSlice(io.RawIOBase):
    """The bytes of a file between two positions, read-only.

    Several of one file can be read in turn.
    """

    def __init__(self, file: io.FileIO, start: int, end: int) -> None:
        self._file = file
        self._start = start
        self._size = end - start
        self._position = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position within the slice."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = min(max(0, base + offset), self._size)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the next bytes; 0 at the slice's end."""
        view = memoryview(buffer).cast("B")[: self._size - self._position]
        self._file.seek(self._start + self._position)
        count = self._file.readinto(view)
        self._position += count
        return count
