"""One export file with its ready and count files, from first byte to final name."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import shutil
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
    from responsys_sandbox.pgp import PgpKeyFolder

_MARKED = {"utf-16", "utf-32"}


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
        pgp: The keys for an encrypted file.
    """

    def __init__(
        self,
        folder: Path,
        spool: Path,
        base: str,
        shape: FileShape,
        options: ExportOptions,
        pgp: PgpKeyFolder,
    ) -> None:
        self.records = 0
        self._folder, self._base, self._shape, self._options = folder, base, shape, options
        self._spool, self._temporary, self._sealed = spool, spool / base, spool / f"{base}.sealed"
        self._pgp = pgp
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
        self._sealed.unlink(missing_ok=True)

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
        elif self._options.encryption == "pgp":
            self._encrypt()
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
        if self._packs_last:
            raw: IO[bytes] | gzip.GzipFile = self._stack.enter_context(self._temporary.open("wb"))
        else:
            raw = self._packed(self._stack, f"{self._base}.{self._shape.extension}")
        text = io.TextIOWrapper(raw, encoding=self._options.encoding, errors="replace", newline="")
        if codecs.lookup(self._options.encoding).name in _MARKED and not raw.seekable():
            # Python leaves the byte order mark out where it cannot see that this is the beginning.
            text.write("\ufeff")
        return self._stack.enter_context(text)

    @property
    def _packs_last(self) -> bool:
        """Whether packing has to wait until the file is encrypted."""
        return self._options.encryption == "pgp" and self._options.pgp_first

    def _packed(self, stack: ExitStack, inner: str) -> IO[bytes] | gzip.GzipFile:
        """Open the temporary file so that what is written is packed, in an archive under the inner name."""
        raw = stack.enter_context(self._temporary.open("wb"))
        if self._options.compression == "gz":
            return stack.enter_context(gzip.GzipFile(fileobj=raw, mode="wb", mtime=0))
        if self._options.compression == "zip":
            archive = stack.enter_context(zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED))
            member = zipfile.ZipInfo(inner)
            member.compress_type = zipfile.ZIP_DEFLATED
            return stack.enter_context(archive.open(member, "w", force_zip64=True))
        return raw

    def _encrypt(self) -> None:
        """Put a message in the place of the temporary file, and pack it where that comes last."""
        options = self._options
        self._pgp.encrypt(
            self._temporary, self._sealed, armoured=options.pgp_armour, signed=options.pgp_signed
        )
        if not self._packs_last:
            self._sealed.replace(self._temporary)
            return
        with ExitStack() as stack:
            packed = self._packed(stack, f"{self._base}.{self._shape.extension}.gpg")
            shutil.copyfileobj(stack.enter_context(self._sealed.open("rb")), packed)

    def _name(self) -> str:
        options = self._options
        layers: list[str] = [options.compression] if options.compression != "none" else []
        if options.encryption == "pgp":
            layers.insert(0 if options.pgp_first else 1, "gpg")
        if options.inner_suffix or not layers:
            layers.insert(0, self._shape.extension)
        return ".".join((self._base, *layers))

    def _companions(self, path: Path, moment: int) -> list[Path]:
        options = self._options
        count = self.records + (options.header and options.count_header)
        stem = {"base": self._base, "inner": f"{self._base}.{self._shape.extension}", "full": path.name}[
            options.ready_name
        ]
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
