"""The input as lines, as many at once as are there."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE_BYTES = 64 * 2**20

_READ_BYTES = 256 * 2**10


def line_blocks(source: IO[bytes] | IO[str]) -> Iterator[list[bytes]]:
    """Yield the lines of an input, each with its line break, in lists of those that can be read at once.

    A line of more than `MAX_LINE_BYTES` bytes is the first of its list. It may be only as much of it as tells
    so: then the input is not read further.
    """
    source = getattr(source, "buffer", source)
    # Does not wait for more than what is there; a text in memory has nothing to wait for.
    read = getattr(source, "read1", source.read)
    begun: list[bytes] = []
    size = 0
    while chunk := read(_READ_BYTES):
        data = chunk.encode() if isinstance(chunk, str) else chunk
        end = data.rfind(b"\n") + 1
        if end:
            lines = b"".join([*begun, data[:end]]).split(b"\n")
            del lines[-1]
            yield [line + b"\n" for line in lines]
            begun, size = [], 0
        begun.append(data[end:])
        size += len(data) - end
        if size > MAX_LINE_BYTES:
            break
    if size:
        yield [b"".join(begun)]
