"""The other side of `tap_responsys.lineprocess`: blocks in, lines out, until the input ends."""

from __future__ import annotations

import gc
import struct
import sys
from typing import BinaryIO

import msgspec

from tap_responsys.recordlines import RecordForm, RecordWriter
from tap_responsys.records import Block

_LENGTH = struct.Struct("<I")


def work(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Read a `RecordForm`, then blocks; write an answer for each. All are msgpack after their length."""
    form = _message(stdin)
    if form is None:
        return
    writer = RecordWriter(msgspec.msgpack.decode(form, type=RecordForm))
    blocks = msgspec.msgpack.Decoder(Block)
    # Nothing here goes in circles, and looking for circles in lists of rows takes its time.
    gc.disable()
    while (message := _message(stdin)) is not None:
        answer = msgspec.msgpack.encode(writer.lines(blocks.decode(message)))
        stdout.write(_LENGTH.pack(len(answer)) + answer)
        stdout.flush()


def _message(stdin: BinaryIO) -> bytes | None:
    """Return a message, None at the end, also when that comes too early."""
    length = stdin.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    message = stdin.read(_LENGTH.unpack(length)[0])
    return message if len(message) == _LENGTH.unpack(length)[0] else None


if __name__ == "__main__":
    work(sys.stdin.buffer, sys.stdout.buffer)
