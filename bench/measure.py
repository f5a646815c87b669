"""Run a command and measure it: wall time, CPU time, peak memory of the process tree, output."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np

from bench.proctree import PeakMemory
from bench.results import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_BLOCK = 1 << 20
_LINE_FEED = ord("\n")
_STATE = b'"type":"STATE"'
_SHARED = len(_STATE) - 1
_MEGA = 1e6
_SHOWN_OF_STDERR = 2000


class CommandError(Exception):
    """A command that was to be measured has failed."""


@dataclass
class _Output:
    """What a consumer that only counts sees of a command's stdout."""

    first_byte: float | None = None
    lines: int = 0
    size: int = 0
    states: int = 0

    def consume(self, pipe: IO[bytes]) -> None:
        # One buffer for all: memory that is new each time costs more than what is read into it.
        block = bytearray(_BLOCK)
        bytes_of_block = np.frombuffer(block, np.uint8)
        tail = b""
        while size := os.readv(pipe.fileno(), [block]):
            if self.first_byte is None:
                self.first_byte = time.perf_counter()
            self.lines += int(np.count_nonzero(bytes_of_block[:size] == _LINE_FEED))
            self.size += size
            # A mark that blocks share is found in the seam alone.
            seam = tail + block[: min(size, _SHARED)]
            self.states += block.count(_STATE, 0, size) + seam.count(_STATE)
            tail = (tail + block[max(0, size - _SHARED) : size])[-_SHARED:]


def measure(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    folder: Path,
    log: Path,
    stdin: Path | None = None,
) -> Run:
    """Run a command to its end, with a reader at its stdout that counts and throws away.

    Args:
        command: Program and arguments.
        env: Its whole environment.
        folder: Its working directory.
        log: File for its stderr.
        stdin: File to read; nothing without one.

    Raises:
        CommandError: With its last words, when it ends with another code than 0.
    """
    with ExitStack() as stack:
        source = stack.enter_context(stdin.open("rb")) if stdin else subprocess.DEVNULL
        errors = stack.enter_context(log.open("wb"))
        output = _Output()
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the cases' commands
            list(command), stdin=source, stdout=subprocess.PIPE, stderr=errors, env=dict(env), cwd=folder
        )
        assert process.stdout is not None  # noqa: S101 - for the type checker
        stack.enter_context(process.stdout)
        reader = threading.Thread(target=output.consume, args=(process.stdout,), daemon=True)
        with PeakMemory(process.pid) as memory:
            reader.start()
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                process.wait()
                raise
            ended = time.perf_counter()
        process.returncode = os.waitstatus_to_exitcode(status)
        reader.join()
    if process.returncode:
        words = log.read_text(encoding="utf-8", errors="replace")[-_SHOWN_OF_STDERR:]
        raise CommandError(f"{command[0]} ended with {process.returncode}: {words.strip()}")
    return Run(
        wall=ended - started,
        cpu=usage.ru_utime + usage.ru_stime,
        peak_mb=memory.peak_bytes / _MEGA,
        first_byte=output.first_byte - started if output.first_byte is not None else None,
        lines=output.lines,
        megabytes=output.size / _MEGA,
        states=output.states,
    )
