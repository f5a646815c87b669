"""The other side of `tap_responsys.lineprocess`: blocks in, lines out, until the input ends.

Messages have their length in front. The first one is a `RecordForm`; others begin with their kind, see
`tap_responsys.linemessages.Kind`. Every block that is to be written is answered: with what was written of
it, with nothing, or with the number of the output's error.
"""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from io import BytesIO
from typing import BinaryIO

import msgspec

from responsys_io.heap import keep_freed_memory
from tap_responsys.arraylines import ArrayWriter
from tap_responsys.linemessages import BEGIN, LENGTH, Answer, Kind
from tap_responsys.recordlines import RecordForm, Written


def work(stdin: BinaryIO, stdout: BinaryIO, output: BinaryIO) -> None:
    """Take blocks from one stream, answer on another, write lines to a third."""
    form = _message(stdin)
    if form is None:
        return
    writer = ArrayWriter(msgspec.msgpack.decode(form, type=RecordForm))
    # Nothing here goes in circles, and looking for circles in lists of rows takes its time.
    gc.disable()
    stopped = False
    made, made_of = BytesIO(), None
    while (message := _message(stdin)) is not None:
        kind, line = BEGIN.unpack_from(message)
        if kind == Kind.END:
            stopped = False
            continue
        if kind == Kind.MAKE:
            made = BytesIO()
            made_of = writer.write(line, message[BEGIN.size :], made)
            continue
        answer: Answer = None
        if not stopped:
            try:
                if kind == Kind.WRITE_MADE:
                    output.write(made.getbuffer())
                    output.flush()
                    answer = made_of
                else:
                    answer = writer.write(line, message[BEGIN.size :], output)
            except OSError as error:
                answer = error.errno or errno.EIO
            stopped = not isinstance(answer, Written)
        packed = msgspec.msgpack.encode(answer)
        stdout.write(LENGTH.pack(len(packed)) + packed)
        stdout.flush()


def _message(stdin: BinaryIO) -> bytes | None:
    """Return a message, None at the end."""
    length = stdin.read(LENGTH.size)
    return stdin.read(LENGTH.unpack(length)[0]) if len(length) == LENGTH.size else None


if __name__ == "__main__":
    # Whoever ends all processes of a service at once means the tap, which ends this one.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    keep_freed_memory()
    with os.fdopen(int(sys.argv[1]), "wb") as output:
        work(sys.stdin.buffer, sys.stdout.buffer, output)
