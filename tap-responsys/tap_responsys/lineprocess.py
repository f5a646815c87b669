"""A process of its own that turns blocks into lines and writes them: fetching and parsing overlap.

It writes only while this process waits for it: between `put` and the end of `written`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from responsys_io.errors import TransientError
from responsys_io.exits import output_failed
from responsys_io.pipes import widen
from tap_responsys.linemessages import BEGIN, LENGTH, Answer, Kind

if TYPE_CHECKING:
    from tap_responsys.recordlines import RecordForm, Written
    from tap_responsys.records import Block

# Of the variables that this process has been given; others hold settings, and secrets among them.
_FOR_PYTHON = ("PATH", "LANG", "LC_", "TMPDIR", "PYTHON", "LD_", "DYLD_", "VIRTUAL_ENV")

# By asyncio, which Meltano reads with. In a wider pipe it finds more than it can pass on meanwhile: it holds
# 200 MB more then, and takes a quarter longer.
_TAKEN_AT_ONCE = 1 << 18

_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class LineProcess:
    """Writes blocks as lines to a file; see `tap_responsys.inblocks.LineSink`.

    Args:
        form: What the records look like.
        output: Where lines go, a file descriptor above that of standard error.

    Raises:
        OSError: There can be no such process.
        BrokenPipeError: Nobody reads the lines any more.
        TransientError: RSYS-9001 when they cannot be written, RSYS-3112 when the process was ended.
    """

    def __init__(self, form: RecordForm, output: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603  no shell, no value of a setting
            [sys.executable, "-P", "-m", "tap_responsys.lineworker", str(output)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(output,),
            env=_environment(),
            # A signal from the terminal is for this process, which ends the other one.
            process_group=0,
        )
        assert self._process.stdin is not None  # noqa: S101  pipes, as ordered
        assert self._process.stdout is not None  # noqa: S101
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        # Blocks wait in it, so that the next one is at hand when one is done.
        widen(self._stdin.fileno())
        widen(output, _TAKEN_AT_ONCE)
        self._given = 0
        self._expected: Block | None = None
        self._send(msgspec.msgpack.encode(form))

    def put(self, block: Block) -> None:
        """Give a block to the process; wait when it has enough of them."""
        self._given += 1
        if block is self._expected:
            self._send(BEGIN.pack(Kind.WRITE_MADE, 0))
        else:
            self._send(BEGIN.pack(Kind.WRITE, block.line) + block.data)
        self._expected = None

    def expect(self, block: Block) -> None:
        """Let the process make the block's lines when it has written those before."""
        self._send(BEGIN.pack(Kind.MAKE, block.line) + block.data)
        self._expected = block

    def written(self) -> list[Written]:
        """Wait until the process has written the blocks, up to the first that has to be read row by row."""
        self._send(BEGIN.pack(Kind.END, 0))
        written: list[Written] = []
        answers = [self._answer() for _ in range(self._given)]
        self._given = 0
        for answer in answers:
            if isinstance(answer, int):
                raise output_failed(OSError(answer, os.strerror(answer)))
            if answer is None:
                break
            written.append(answer)
        return written

    def close(self) -> None:
        """End the process, whether it has finished or not."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        self._stdout.close()

    def _send(self, message: bytes) -> None:
        try:
            self._stdin.write(LENGTH.pack(len(message)))
            self._stdin.write(message)
            self._stdin.flush()
        except BrokenPipeError as error:
            raise self._ended() from error

    def _answer(self) -> Answer:
        length = self._stdout.read(LENGTH.size)
        if len(length) < LENGTH.size:
            raise self._ended()
        return _answers.decode(self._stdout.read(LENGTH.unpack(length)[0]))

    def _ended(self) -> TransientError:
        return TransientError(
            "RSYS-3112",
            f"The process that writes records has ended, exit code {self._process.wait()}.",
            "See whether memory was short; the next run goes on from the last state.",
        )


def _environment() -> dict[str, str]:
    """Return what another Python needs of the environment; no setting and no secret is in it."""
    passed_on = {name: value for name, value in os.environ.items() if name.startswith(_FOR_PYTHON)}
    # NumPy's library for algebra, which nothing is computed with, would start threads.
    return {**passed_on, "OPENBLAS_NUM_THREADS": "1"}
