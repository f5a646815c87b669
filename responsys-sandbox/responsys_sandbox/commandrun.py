"""A command beside which something of ours runs: signals pass through to it, its exit code comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

    Handler = Callable[[int, FrameType | None], None]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
"""Exit codes of shells."""


def unwind_on_termination() -> None:
    """Make SIGTERM and SIGHUP unwind the stack as SIGINT does, so that what has been started is stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _unwind)


def run_command(command: Sequence[str], settings: Mapping[str, str]) -> int:
    """Run a command to its end.

    Args:
        command: Program and arguments.
        settings: Environment variables over those of this process.

    Returns:
        Its exit code, or as shells have it: 128 and the signal's number if a signal has ended it, 126 or 127
        if it could not be started.
    """
    child: subprocess.Popen[bytes] | None = None

    def forward(number: int, frame: FrameType | None) -> None:
        if child is None:
            _unwind(number, frame)
        elif number != signal.SIGINT or not _in_foreground():
            child.send_signal(number)

    with _handling(forward):
        try:
            child = subprocess.Popen(command, env={**os.environ, **settings})  # noqa: S603 - the user's own
        except (FileNotFoundError, NotADirectoryError):
            click.ClickException(f"{command[0]} was not found.").show()
            return _NOT_FOUND
        except PermissionError:
            click.ClickException(f"{command[0]} cannot be executed.").show()
            return _NOT_EXECUTABLE
        code = child.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def stop_signal() -> Iterator[threading.Event]:
    """Give an event that a signal sets."""
    stopped = threading.Event()
    with _handling(lambda *_: stopped.set()):
        yield stopped


@contextmanager
def _handling(handler: Handler) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _unwind(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _in_foreground() -> bool:
    """Whether Ctrl-C reaches this process and its children at once, because their terminal sends it."""
    try:
        return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
