"""One export file with its ready and count files, from first byte to final name."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from responsys_sandbox.dialect import Dialect
    from responsys_sandbox.events import Value
    from responsys_sandbox.exportoptions import ExportOptions


@dataclass(frozen=True)
class FileShape:
    """What a file's rows look like.

    Args:
        header: Names of the columns.
        times: Positions of the columns with times.
        dialect: How rows are written.
        extension: Of the uncompressed file.
    """

    header: Sequence[str]
    times: Collection[int]
    dialect: Dialect
    extension: str


class ExportFile:
    """An export that is being written: rows go to a spool file, `publish` gives it its name.

    Args:
        folder: Where exports appear.
        spool: Where the file grows until then.
        base: Name without extension.
        shape: What the rows look like.
        options: The job's settings.
    """

    def __init__(
        self, folder: Path, spool: Path, base: str, shape: FileShape, options: ExportOptions
    ) -> None:
        self.records = 0
        self._folder, self._base, self._shape, self._options = folder, base, shape, options
        self._spool, self._temporary = spool, spool / base
        self._stack = ExitStack()
        self._text = self._open()
        if options.header:
            self._text.write(shape.dialect.line(shape.header, ()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Close what is open; what has not been published is gone."""
        self._stack.close()
        self._temporary.unlink(missing_ok=True)

    def write(self, values: Sequence[Value | None]) -> None:
        """Append a row."""
        self._text.write(self._shape.dialect.line(values, self._shape.times))
        self.records += 1

    def publish(self, moment: int, half_way: Callable[[Path], None] | None = None) -> list[Path]:
        """Give the file its name, then write the count file, then the ready file.

        Args:
            moment: When the files were last modified, epoch seconds.
            half_way: Called with the path while only half of the data stands under the final name, as on a
                server that does not write atomically.

        Returns:
            The files that have appeared, in order.
        """
        self._stack.close()
        if not self.records and self._options.empty_feed != "header":
            if self._options.empty_feed == "none":
                return []
            self._temporary.write_bytes(b"")
        path = self._folder / self._name()
        if half_way:
            data = self._temporary.read_bytes()
            path.write_bytes(data[: len(data) // 2])
            half_way(path)
            with path.open("ab") as file:
                file.write(data[len(data) // 2 :])
            os.utime(path, (moment, moment))
        else:
            os.utime(self._temporary, (moment, moment))
            self._temporary.replace(path)
        return [path, *self._companions(path, moment)]

    def _open(self) -> IO[str]:
        raw: IO[bytes] | gzip.GzipFile = self._stack.enter_context(self._temporary.open("wb"))
        if self._options.compression == "gz":
            raw = self._stack.enter_context(gzip.GzipFile(fileobj=raw, mode="wb", mtime=0))
        elif self._options.compression == "zip":
            archive = self._stack.enter_context(zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED))
            member = zipfile.ZipInfo(f"{self._base}.{self._shape.extension}")
            member.compress_type = zipfile.ZIP_DEFLATED
            raw = self._stack.enter_context(archive.open(member, "w", force_zip64=True))
        text = io.TextIOWrapper(raw, encoding=self._options.encoding, errors="replace", newline="")
        return self._stack.enter_context(text)

    def _name(self) -> str:
        if self._options.compression == "none":
            return f"{self._base}.{self._shape.extension}"
        inner = f".{self._shape.extension}" if self._options.inner_suffix else ""
        return f"{self._base}{inner}.{self._options.compression}"

    def _companions(self, path: Path, moment: int) -> list[Path]:
        options = self._options
        count = self.records + (options.header and options.count_header)
        stem = path.name if options.ready_full_name else self._base
        texts = {}
        if options.count_extension:
            texts[options.count_extension] = f"{count}\n"
        if options.ready_extension:
            texts[options.ready_extension] = f"{count}\n" if options.ready_count else ""
        return [self._placed(f"{stem}.{extension}", text, moment) for extension, text in texts.items()]

    def _placed(self, name: str, text: str, moment: int) -> Path:
        temporary = self._spool / name
        temporary.write_text(text, encoding="ascii")
        os.utime(temporary, (moment, moment))
        return temporary.replace(self._folder / name)
