"""How much an export may grow when it is unpacked: a megabyte can be made that unpacks to terabytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from responsys_io.files import FileUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

FREE_BYTES = 100 * 2**20
"""What may come out of any file, however small."""

MOST_TIMES = 200
"""How many times its packed size a file may have beyond that; text of exports has 5 to 30 times."""


class Measured(io.RawIOBase):
    """The content of an export, as it comes, measured against the bytes that it was unpacked from.

    Args:
        content: What was unpacked; closed with this.
        taken: Returns how many packed bytes have been read so far.
        name: The file's name, for error texts.
        most: How many bytes may come out in all; None for as many as `MOST_TIMES` allows.

    Raises:
        FileUnavailableError: RSYS-3215 when reading, for more than that.
    """

    def __init__(
        self, content: io.BufferedIOBase, taken: Callable[[], int], name: str, most: int | None = None
    ) -> None:
        self._content = content
        self._taken = taken
        self._name = name
        self._most = most
        self._size = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the next bytes; 0 at the end."""
        count = self._content.readinto(buffer)
        self._size += count
        if self._most is None:
            if self._size > FREE_BYTES and self._size > MOST_TIMES * self._taken():
                raise self._too_much(f"more than {MOST_TIMES} times its size")
        elif self._size > self._most:
            raise self._too_much(f"more than max_uncompressed_bytes ({self._most})")
        return count

    def close(self) -> None:
        """Close what it measures."""
        super().close()
        self._content.close()

    def _too_much(self, how_much: str) -> FileUnavailableError:
        return FileUnavailableError(
            "RSYS-3215",
            f"{self._name} unpacks to {how_much}.",
            "Nothing of it counts as read. If it is an export all the same, set max_uncompressed_bytes to "
            "what it may have.",
        )
