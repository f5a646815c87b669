"""A signal ends a run, wherever it meets the code."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

_ASKING = (signal.SIGINT, signal.SIGTERM)
_A_MOMENT = 0.01
_SECONDS_TO_BEGIN = 0.1


class _Ending:
    """What has been asked of this process."""

    signum: int | None = None
    is_watched = False


class _SignalledExit(SystemExit):
    """The exit that a signal asks for."""


def exit_on_signal(signum: int, _frame: FrameType | None) -> NoReturn:
    """Signal handler: unwind and exit as a shell reports a signalled process (143 for SIGTERM).

    Further signals are ignored: one in the middle of the unwinding would break it off. Python drops what is
    raised in a destructor or while a generator is taken down; where the signal has come at such a moment the
    unwinding is begun a moment later.

    Raises:
        SystemExit: Always, with 128 plus the signal's number.
    """
    for number in _ASKING:
        # Not SIG_IGN, of which Python writes a traceback when such a signal has just come.
        signal.signal(number, _do_nothing)
    _Ending.signum = signum
    _exit_again_when_dropped()
    raise _SignalledExit(128 + signum)


def exit_on_signals() -> None:
    """Have both signals that ask for an end unwind this process.

    Raises:
        ValueError: If this is not the main thread, which alone runs handlers.
    """
    for number in _ASKING:
        signal.signal(number, exit_on_signal)
    if not _Ending.is_watched:
        # Where no thread can be had, that is told by what cannot do without.
        with contextlib.suppress(OSError, RuntimeError):
            _watch()


def exit_code_of_signal() -> int | None:
    """Return what a run that has got a signal has to exit with, None for one that has got none."""
    return None if _Ending.signum is None else 128 + _Ending.signum


def _watch() -> None:
    noted, note = os.pipe()
    os.set_blocking(note, False)
    others = signal.set_wakeup_fd(note, warn_on_full_buffer=False)
    try:
        threading.Thread(target=_insist, args=(noted, others), name="signals", daemon=True).start()
    except RuntimeError:
        signal.set_wakeup_fd(others, warn_on_full_buffer=False)
        raise
    _Ending.is_watched = True


def _insist(noted: int, others: int) -> None:
    """Send signals to the main thread until it runs their handler.

    Python only notes a signal when it comes. Where another thread has got it, or where the main thread was
    just about to wait for something, that waits on, and the handler runs when the waiting is over.

    Args:
        noted: Where the numbers of signals come from.
        others: Where somebody else wants them, -1 for nowhere.
    """
    main = threading.main_thread().ident
    while numbers := os.read(noted, 1):
        with contextlib.suppress(OSError):
            os.write(others, numbers)
        if numbers[0] not in _ASKING:
            continue
        time.sleep(_SECONDS_TO_BEGIN)
        if _Ending.signum is None and main is not None:
            # Notes it again: looked at once more after a while.
            signal.pthread_kill(main, numbers[0])


def _exit_again_when_dropped() -> None:
    before = sys.unraisablehook

    def look(dropped: sys.UnraisableHookArgs) -> None:
        if not isinstance(dropped.exc_value, _SignalledExit):
            before(dropped)
            return
        signal.signal(signal.SIGALRM, _exit_again)
        signal.setitimer(signal.ITIMER_REAL, _A_MOMENT)

    sys.unraisablehook = look


def _exit_again(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise _SignalledExit(exit_code_of_signal())


def _do_nothing(_signum: int, _frame: FrameType | None) -> None:
    """Signal handler after the first signal."""
