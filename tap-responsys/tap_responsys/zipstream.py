"""A zip archive read from front to back, where it comes out of another packing and cannot be sought in.

`zipfile` needs the directory at the archive's end first. Here the file inside is unpacked as it comes, and
checked against its length and checksum; the directory is checked when it arrives.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from tap_responsys.zipmembers import check_is_only_one, check_is_open, is_export

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

_BLOCK = 1 << 18

# PKWARE's APPNOTE.TXT, section 4.3: signatures, then the fixed parts that follow them.
_MEMBER, _DIRECTORY_ENTRY, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_DESCRIPTOR, _END_64, _END_64_LOCATOR, _EXTRA_DATA = (
    b"PK\x07\x08",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"PK\x06\x08",
)
_MEMBER_HEAD = struct.Struct("<HHHHHIIIHH")
_DIRECTORY_HEAD = struct.Struct("<24xHHH12x")
_END_HEAD = struct.Struct("<HHHHIIH")
_STORED, _DEFLATED = 0, 8
_HAS_DESCRIPTOR = 1 << 3
_ZIP64 = 1
_IN_ZIP64, _MANY_MEMBERS = 0xFFFF_FFFF, 0xFFFF


class UnzippedStream(io.RawIOBase):
    """The one file in a zip archive, as a read-only stream.

    Args:
        source: The archive, read to its end.
        name: Its name, for error texts.

    Raises:
        BadZipFile, EOFError, NotImplementedError, zlib.error: When reading, for an archive that is broken,
            cut off or packed in a way that cannot be streamed.
        FileUnavailableError: RSYS-3202, RSYS-3203 for one that does not hold one file, or a protected one.
    """

    def __init__(self, source: io.BufferedReader, name: str) -> None:
        self._blocks = _blocks(_Source(source), name)
        self._rest = b""

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the next bytes; 0 at the end of an archive that is whole."""
        view = memoryview(buffer).cast("B")
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = block
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class _Source:
    """Bytes from front to back, of which the last ones can be given back."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self._given_back = b""

    def some(self) -> bytes:
        """Return the next bytes, at least one.

        Raises:
            EOFError: There are none.
        """
        block, self._given_back = self._given_back or self._source.read1(_BLOCK), b""
        if not block:
            raise EOFError("the archive ends early")
        return block

    def exactly(self, count: int) -> bytes:
        """Return so many bytes."""
        found = bytearray()
        while len(found) < count:
            found += self.some()
        self.give_back(bytes(found[count:]))
        return bytes(found[:count])

    def give_back(self, block: bytes) -> None:
        """Let the next call return these bytes, the last ones that were read."""
        self._given_back = block + self._given_back

    def ends_here(self) -> bool:
        """Tell whether nothing follows."""
        return not self._given_back and not self._source.read(1)


class _Member:
    """A file of the archive: its head, and its content as it passes."""

    def __init__(self, source: _Source) -> None:
        head = _MEMBER_HEAD.unpack(source.exactly(_MEMBER_HEAD.size))
        _, self.flags, self.method, _, _, self._crc, self._packed, self._size, name, extra = head
        self.name = source.exactly(name).decode("utf-8", errors="replace")
        self._take_long_sizes(source.exactly(extra))
        self._source = source

    def blocks(self) -> Iterator[bytes]:
        """Yield the content, and check it at its end."""
        crc = size = packed = 0
        for block, taken in self._unpacked():
            crc, size, packed = zlib.crc32(block, crc), size + len(block), packed + taken
            yield block
        if self.flags & _HAS_DESCRIPTOR:
            self._read_descriptor(is_long=self._is_long or max(size, packed) >= _IN_ZIP64)
        if (crc, size, packed) != (self._crc, self._size, self._packed):
            raise BadZipFile("its content has another length or checksum than it states")

    def _unpacked(self) -> Iterator[tuple[bytes, int]]:
        """Yield blocks of content, each with the number of bytes that it took in the archive."""
        if self.method == _DEFLATED:
            return self._inflated()
        if self.method == _STORED and not (self.flags & _HAS_DESCRIPTOR and not self._packed):
            return self._stored()
        raise NotImplementedError(f"compression method {self.method} cannot be read as a stream")

    def _stored(self) -> Iterator[tuple[bytes, int]]:
        left = self._packed
        while left:
            block = self._source.some()
            self._source.give_back(block[left:])
            block = block[:left]
            left -= len(block)
            yield block, len(block)

    def _inflated(self) -> Iterator[tuple[bytes, int]]:
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        while not engine.eof:
            packed = self._source.some()
            block = engine.decompress(packed, _BLOCK)
            rest = engine.unconsumed_tail or engine.unused_data
            self._source.give_back(rest)
            yield block, len(packed) - len(rest)

    def _take_long_sizes(self, extra: bytes) -> None:
        """Take sizes of 4 GiB and more from where zip64 keeps them."""
        self._is_long = False
        while len(extra) >= 4:  # noqa: PLR2004  kind and length, two bytes each
            kind, length = struct.unpack_from("<HH", extra)
            if kind == _ZIP64:
                self._is_long = True
                if _IN_ZIP64 in {self._size, self._packed} and length >= 16:  # noqa: PLR2004  both sizes
                    self._size, self._packed = struct.unpack_from("<QQ", extra, 4)
            extra = extra[4 + length :]

    def _read_descriptor(self, *, is_long: bool) -> None:
        """Read checksum and sizes that stand after the content; their signature may be left out."""
        start = self._source.exactly(4)
        if start == _DESCRIPTOR:
            start = self._source.exactly(4)
        (self._crc,) = struct.unpack("<I", start)
        form = struct.Struct("<QQ" if is_long else "<II")
        self._packed, self._size = form.unpack(self._source.exactly(form.size))


def _blocks(source: _Source, name: str) -> Iterator[bytes]:
    """Yield the content of the only member, and read the archive to its end."""
    members = exports = 0
    while (signature := source.exactly(4)) == _MEMBER:
        members += 1
        member = _Member(source)
        if is_export(member.name):
            exports += 1
            check_is_only_one(exports, name)
            check_is_open(member.flags, name)
            yield from member.blocks()
        else:
            for _ in member.blocks():
                pass
    _read_directory(source, signature, members)
    check_is_only_one(exports, name)


def _read_directory(source: _Source, signature: bytes, members: int) -> None:
    """Read what follows the members, to the archive's last byte."""
    while signature != _END:
        if signature == _DIRECTORY_ENTRY:
            source.exactly(sum(_DIRECTORY_HEAD.unpack(source.exactly(_DIRECTORY_HEAD.size))))
        elif signature == _END_64:
            source.exactly(*struct.unpack("<Q", source.exactly(8)))
        elif signature == _END_64_LOCATOR:
            source.exactly(16)
        elif signature == _EXTRA_DATA:
            source.exactly(*struct.unpack("<I", source.exactly(4)))
        else:
            raise BadZipFile("something else stands where its directory is expected")
        signature = source.exactly(4)
    *_, listed, _, _, comment = _END_HEAD.unpack(source.exactly(_END_HEAD.size))
    source.exactly(comment)
    if listed not in {members, _MANY_MEMBERS}:
        raise BadZipFile(f"its directory lists {listed} members and {members} were found")
    if not source.ends_here():
        raise BadZipFile("bytes follow its end")
