"""A file server whose exports are made as they are read: of any size, and never on a disk."""

from __future__ import annotations

import contextlib
import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncssh
from bench.feedfiles import columns_of, file_name

from support.embedded import embedded_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from support.embedded import EmbeddedServer

_MTIME = 1_546_500_000
# Without times: those of a day are kept once they were read, which fills up to a bound of its own.
COLUMNS = [column for column in columns_of("SENT", 12) if column.type != "timestamp"]
_HEADER = ",".join(f'"{column.name}"' for column in COLUMNS).encode() + b"\n"


@dataclass(frozen=True)
class Repeated:
    """Bytes that consist of a beginning and of one block again and again."""

    head: bytes
    block: bytes
    times: int

    @property
    def size(self) -> int:
        return len(self.head) + len(self.block) * self.times

    def read(self, offset: int, size: int) -> bytes:
        """Return the bytes at an offset, as many as there are up to a size."""
        end = min(offset + size, self.size)
        out = self.head[offset:end]
        place = offset + len(out) - len(self.head)
        length = end - offset - len(out)
        if length > 0:
            start = place % len(self.block)
            copies = self.block * ((start + length) // len(self.block) + 1)
            out += copies[start : start + length]
        return out


def rows_block(rows: int = 10_000) -> bytes:
    """Return rows of the SENT feed as Connect writes them."""
    lines = []
    for row in range(rows):
        values = (
            str(row * 7_919 % 1_000_003)
            if column.type == "integer"
            else f"{column.name} {row % 997} of these"
            for column in COLUMNS
        )
        lines.append(",".join(f'"{value}"' for value in values))
    return ("\n".join(lines) + "\n").encode()


def export(megabytes: int, *, packed: bool) -> tuple[bytes, Repeated]:
    """Return the name and the bytes of an export of so many megabytes of text, gzipped or not."""
    block = rows_block()
    times = max(1, round(megabytes * 1e6 / len(block)))
    if not packed:
        return file_name("SENT").encode(), Repeated(_HEADER, block, times)
    # Several gzip members behind each other are one file.
    return file_name("SENT", suffix=".txt.gz").encode(), Repeated(
        gzip.compress(_HEADER), gzip.compress(block), times
    )


@contextlib.contextmanager
def endless_server(root: Path, name: bytes, content: Repeated) -> Iterator[EmbeddedServer]:
    """Start a server whose download folder has one such file."""
    attributes = asyncssh.SFTPAttrs(permissions=0o100644, size=content.size, atime=_MTIME, mtime=_MTIME)

    class Home(asyncssh.SFTPServer):
        async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:  # noqa: ARG002
            yield asyncssh.SFTPName(name, attrs=attributes)

        def stat(self, path: bytes) -> Any:
            return attributes if path.endswith(name) else super().stat(path)

        lstat = stat

        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:  # noqa: ARG002
            return content

        def fstat(self, file_obj: Any) -> Any:  # noqa: ARG002
            return attributes

        def read(self, file_obj: Any, offset: int, size: int) -> bytes:
            return bytes(file_obj.read(offset, size))

        def close(self, file_obj: Any) -> None:
            """Do nothing: there is no file."""

    with embedded_server(root, home=Home) as server:
        yield server
