"""A process of its own that turns blocks into lines: fetching and parsing overlap, Python's lock or not."""

from __future__ import annotations

import contextlib
import os
import selectors
import struct
import subprocess
import sys
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from tap_responsys.recordlines import RecordLines, RecordWriter

if TYPE_CHECKING:
    from tap_responsys.recordlines import RecordForm
    from tap_responsys.records import Block

_LENGTH = struct.Struct("<I")
_READ_AT_ONCE = 1 << 20
_answers: msgspec.msgpack.Decoder[RecordLines | None] = msgspec.msgpack.Decoder(RecordLines | None)


class LineProcess:
    """Turns blocks into lines beside this process; what it has not done when it ends is done here.

    Args:
        form: What the records look like.
    """

    at_once = 4
    """How many blocks may be under way."""

    def __init__(self, form: RecordForm) -> None:
        self._form = form
        self._waiting: deque[Block] = deque()
        self._outgoing: deque[memoryview] = deque()
        self._incoming = bytearray()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tap_responsys.lineworker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            # A signal from the terminal is for this process, which ends the other one.
            process_group=0,
        )
        assert self._process.stdin is not None  # noqa: S101  pipes, as ordered
        assert self._process.stdout is not None  # noqa: S101
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._selector = selectors.DefaultSelector()
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)
        self._selector.register(self._stdout, selectors.EVENT_READ)
        self._here: RecordWriter | None = None
        self._send(form)

    def put(self, block: Block) -> None:
        """Give a block to the process, without waiting."""
        self._waiting.append(block)
        try:
            self._send(block)
        except UnicodeEncodeError:
            # Bytes that could not be decoded: the answer will be None, in its turn.
            self._send(replace(block, text="\0"))

    def get(self) -> RecordLines | None:
        """Wait for the lines of the block that was given first; see `RecordWriter.lines`."""
        block = self._waiting.popleft()
        while self._here is None:
            if (answer := self._taken()) is not None:
                return _answers.decode(answer)
            self._exchange(None)
        return self._here.lines(block)

    def close(self) -> None:
        """End the process, whether it has finished or not."""
        self._process.kill()
        self._process.wait()
        self._selector.close()
        self._stdin.close()
        self._stdout.close()

    def _send(self, message: RecordForm | Block) -> None:
        if self._here is None:
            packed = msgspec.msgpack.encode(message)
            if not self._outgoing:
                self._selector.register(self._stdin, selectors.EVENT_WRITE)
            self._outgoing += (memoryview(_LENGTH.pack(len(packed))), memoryview(packed))
            self._exchange(0)

    def _exchange(self, timeout: float | None) -> None:
        """Send and receive what the pipes take and give, after waiting for them."""
        try:
            for key, _ in self._selector.select(timeout):
                if key.fileobj is self._stdin:
                    self._write()
                elif data := os.read(self._stdout.fileno(), _READ_AT_ONCE):
                    self._incoming += data
                else:
                    raise BrokenPipeError  # noqa: TRY301  as if it had been seen on the other pipe
        except BrokenPipeError:
            self._here = RecordWriter(self._form)

    def _write(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._outgoing:
                part = self._outgoing[0]
                part = self._outgoing[0] = part[os.write(self._stdin.fileno(), part) :]
                if not part:
                    self._outgoing.popleft()
            self._selector.unregister(self._stdin)

    def _taken(self) -> bytes | None:
        """Take the next answer out of what has come, None while it is not all there."""
        if len(self._incoming) < _LENGTH.size:
            return None
        end = _LENGTH.size + _LENGTH.unpack_from(self._incoming)[0]
        if len(self._incoming) < end:
            return None
        answer = bytes(self._incoming[_LENGTH.size : end])
        del self._incoming[:end]
        return answer
