"""Standard output of a plugin: all of what is written, whatever happens meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import logging, signal, sys
from responsys_io.exits import one_line_errors
with one_line_errors(logging.getLogger()):
    signal.signal(signal.SIGALRM, lambda *_: sys.stderr.write("!") and sys.stderr.flush())
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    sys.stdout.buffer.write(b"x" * 1_000_000)
    sys.stdout.write("y" * 1_000_000)
    sys.stdout.flush()
    # The interpreter's end takes the handler away, and the next alarm would kill it.
    signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_write_that_is_interrupted_goes_on_also_without_a_buffer() -> None:
    """A signal breaks off what waits for the reader of a pipe, after as much as the pipe holds."""
    with subprocess.Popen(
        [sys.executable, "-u", "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stderr.read(1) == b"!"
        assert running.stdout.read() == b"x" * 1_000_000 + b"y" * 1_000_000
    assert running.returncode == 0


def test_of_a_reader_that_has_gone_nothing_is_said() -> None:
    program = """
import logging, os, sys
from responsys_io.exits import one_line_errors
with one_line_errors(logging.getLogger()):
    sys.stdout.write("x")
    raise SystemExit(0)
"""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=write, stderr=subprocess.PIPE, check=False, timeout=50
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")
