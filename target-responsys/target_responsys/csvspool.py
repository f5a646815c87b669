"""Rows into CSV files that nobody sees before they are complete: they have no name on this machine's disk."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError, TransientError
from target_responsys.csvlines import BlockMaker, FileFormat, LineMaker
from target_responsys.packing import Packing
from target_responsys.rows import UnfitRecordError
from target_responsys.settings import chosen
from target_responsys.spoolslice import SpoolSlice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from responsys_io.keyring import KeyRing
    from target_responsys.filenames import FileNaming


class UnwritableRecordError(UnfitRecordError):
    """A record has a character that the file's character set has not."""


@dataclass(frozen=True)
class Part:
    """A complete file in the spool: its bytes, its rows, and the number for its count file."""

    content: SpoolSlice
    rows: int
    count: int


class CsvSpool:
    """The files of a stream while they are written, one after the other in one unnamed temporary file.

    Args:
        columns: Names for the header.
        naming: How the files are named; archives hold a name.
        config: The target's settings.
        ring: The keys to encrypt with, None for no encryption.

    Attributes:
        lines_of: Makes lines for `write_lines`; None where every row has to be written for itself.
    """

    def __init__(
        self, columns: Sequence[str], naming: FileNaming, config: Mapping[str, Any], ring: KeyRing | None
    ) -> None:
        self.naming = naming
        self.rows = 0
        self._form = FileFormat.of(config)
        self._line = LineMaker(self._form)
        self._header = self._line(columns) if chosen(config, "include_header") else ""
        self._uncounted = int(bool(self._header and chosen(config, "count_header")))
        self._most_rows: int = chosen(config, "split_rows")
        self._most_bytes: int = chosen(config, "split_bytes")
        self._compression: str = chosen(config, "compression")
        self._ring = ring
        self.lines_of = None if self._most_rows or self._most_bytes else BlockMaker.of(self._form)
        self._parts: list[Part] = []
        self._open: _OpenPart | None = None
        with _spooling():
            unbuffered = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  closed by close
        self._file = unbuffered

    def write(self, cells: Sequence[str]) -> int:
        """Append a row; return the number of the file that it is in, from 1 on.

        Raises:
            UnfitRecordError: The row cannot be written in this format.
            DataError: RSYS-5201 for a header that the character set has not.
            TransientError: RSYS-5202 when the temporary folder takes no more.
        """
        text = self._line(cells)
        with _spooling():
            part = self._open or self._begun()
            if not part.write(text, self._most_rows, self._most_bytes):
                self._finish(part)
                part = self._begun()
                part.write(text)
        self.rows += 1
        return len(self._parts) + 1

    def write_lines(self, lines: bytes, rows: int) -> int:
        """Append the lines of so many rows, in UTF-8; return the number of the file that they are in.

        Raises:
            UnwritableRecordError: The character set lacks a character of one of them: none is written.
            DataError: As for `write`.
            TransientError: As for `write`.
        """
        with _spooling():
            part = self._open or self._begun()
            part.write_lines(lines, rows)
        self.rows += rows
        return len(self._parts) + 1

    @property
    def size(self) -> int:
        """Bytes that are in the temporary file by now; those of an unsplit file do not change any more."""
        return os.fstat(self._file.fileno()).st_size

    def read_at(self, offset: int, size: int) -> bytes:
        """Return bytes of the temporary file; also while another thread writes it."""
        return os.pread(self._file.fileno(), size, offset)

    def finished(self) -> list[Part]:
        """Complete the last file; return all of them."""
        if self._open:
            with _spooling():
                self._finish(self._open)
        return self._parts

    def close(self) -> None:
        """Give the disk space back, whether the files are complete or not."""
        if self._open:
            self._open.packing.abort()
            self._open = None
        self._file.close()

    def _begun(self) -> _OpenPart:
        # gpg writes by itself: where it begins and ends is known from the file only.
        start = self._file.seek(0, io.SEEK_END)
        member = self.naming.member(len(self._parts) + 1)
        packing = Packing(self._file, compression=self._compression, member=member, ring=self._ring)
        self._open = _OpenPart(packing, start, self._form.encoding)
        try:
            self._open.begin(self._header)
        except UnwritableRecordError as error:
            raise DataError(
                "RSYS-5201",
                f"The name of a column has a character that {self._form.encoding} cannot write.",
                "Set encoding to utf-8, here and in the import job, or name the column in tables.",
            ) from error
        return self._open

    def _finish(self, part: _OpenPart) -> None:
        part.finish()
        self._open = None
        content = SpoolSlice(self._file, part.start, self._file.seek(0, io.SEEK_END))
        self._parts.append(Part(content, part.rows, part.rows + self._uncounted))


class _OpenPart:
    """The file that is being written."""

    def __init__(self, packing: Packing, start: int, encoding: str) -> None:
        self.packing = packing
        self.start = start
        self.rows = 0
        self._size = 0
        self._encoding = encoding
        self._is_utf8 = codecs.lookup(encoding).name == "utf-8"
        # A character set with a byte order mark, or with shift states, is a matter of the whole file.
        self._encoder = codecs.getincrementalencoder(encoding)()

    def begin(self, header: str) -> None:
        """Write the header."""
        self._add(self._encoded(header))

    def write(self, text: str, most_rows: int = 0, most_bytes: int = 0) -> bool:
        """Write a line, unless the file would become too large; a first line is written whatever its size."""
        data = self._encoded(text)
        if self.rows and (
            (most_rows and self.rows >= most_rows) or (most_bytes and self._size + len(data) > most_bytes)
        ):
            return False
        self._add(data)
        self.rows += 1
        return True

    def write_lines(self, lines: bytes, rows: int) -> None:
        """Write the lines of so many rows, in UTF-8."""
        self._add(lines if self._is_utf8 else self._encoded(lines.decode()))
        self.rows += rows

    def finish(self) -> None:
        """Complete the file."""
        self._add(self._encoder.encode("", final=True))
        self.packing.finish()

    def _encoded(self, text: str) -> bytes:
        before = self._encoder.getstate()
        try:
            return self._encoder.encode(text)
        except UnicodeEncodeError:
            self._encoder.setstate(before)
            raise UnwritableRecordError(
                f"a value has a character that {self._encoding} cannot write"
            ) from None

    def _add(self, data: bytes) -> None:
        self._size += len(data)
        self.packing.write(data)


@contextlib.contextmanager
def _spooling() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransientError(
            "RSYS-5202",
            f"The temporary folder takes no more of the file: {error.strerror or error}.",
            "Make room there, or set TMPDIR to a folder with more.",
        ) from error
