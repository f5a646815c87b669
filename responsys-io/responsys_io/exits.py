"""How a plugin's process ends: one line on stderr and an exit code that tells."""

from __future__ import annotations

import atexit
import errno
import gc
import io
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from responsys_io.errors import ResponsysError, SettingsError, TransientError
from responsys_io.signals import exit_code_of_signal, exit_on_signals
from responsys_io.tracebacks import traceback_without_values

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator
    from types import TracebackType
    from typing import TextIO

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def one_line_errors(logger: logging.Logger) -> Iterator[None]:
    """Turn what is raised inside into one log line and a non-zero exit.

    An error of a known family is logged as it is. Anything else is a fault of ours: its type and
    place are logged without its text, which may hold row values; the traceback follows at DEBUG only,
    without such texts, too.
    A run that has got a signal is no success, whatever has become of the signal. The SDK sees to signals once
    it has read the settings; until then click would make a plain failure of Ctrl-C.

    Raises:
        SystemExit: After logging, with the error's exit code.
    """
    # All memory goes at the end: to look for circles in it first would take a tenth of a second.
    atexit.register(gc.freeze)
    try:
        exit_on_signals()
        _ready_output()
        try:
            yield
        except SystemExit as ending:
            # Command lines made with click end every run this way.
            if not ending.code:
                _finish_output()
                sys.exit(exit_code_of_signal())
            raise
    except Exception as error:  # noqa: BLE001  told and turned into an exit code
        known = _as_known(error)
        logger.error("%s", known)  # noqa: TRY400  the traceback is for DEBUG
        logger.debug("Traceback of the error above\n%s", traceback_without_values(error))
        if sys.stdout is not None:
            with suppress(TransientError, SystemExit):
                _finish_output()
        sys.exit(known.exit_code)
    finally:
        _finish_log()


def _ready_output() -> None:
    """Make sure that there is a standard output, and that it takes all that is written to it.

    The number of a closed one would go to the next file that is opened. One without a buffer (`python -u`)
    may take a part of a message only, and nobody would see to the rest.

    Raises:
        TransientError: RSYS-9001 when it is closed.
    """
    if sys.stdout is None:
        raise _output_error("it is closed")
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        sys.stdout = os.fdopen(
            sys.stdout.fileno(),
            "w",
            closefd=False,
            encoding=sys.stdout.encoding,
            errors=sys.stdout.errors,
        )


def _finish_output() -> None:
    """Write out what standard output still holds; left to the interpreter's end, a failure has no voice.

    Raises:
        SystemExit: With 1 and without a word when the reader has gone, which knows why; as click does.
        TransientError: RSYS-9001 when nobody takes it for another reason.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        _give_up(sys.stdout)
        if isinstance(error, BrokenPipeError):
            sys.exit(1)
        raise _output_error(error.strerror) from error


def _finish_log() -> None:
    """Write out what standard error still holds; what it does not take is no reason for another exit code."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.flush()
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: TextIO) -> None:
    """Send what a stream could not write to nowhere: the interpreter would try it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def output_failed(error: OSError) -> Exception:
    """Return what to raise when standard output could not be written to in the middle of a run.

    Of a reader that has gone nothing is said: it knows why, and click ends such a run quietly.
    """
    return error if isinstance(error, BrokenPipeError) else _output_error(error.strerror)


def _output_error(reason: str | None) -> TransientError:
    return TransientError(
        "RSYS-9001",
        f"Standard output cannot be written to: {reason}.",
        "Look at the process that reads it, or at the disk that it goes to.",
    )


def _as_known(error: Exception) -> ResponsysError:
    if isinstance(error, ResponsysError):
        return error
    # By name: which JSON library reads the files that are named on the command line is the SDK's affair.
    if type(error).__name__ == "JSONDecodeError":
        line, column = getattr(error, "lineno", "?"), getattr(error, "colno", "?")
        return SettingsError(
            "RSYS-1015",
            f"The file of --config, --state or --catalog is not valid JSON: line {line}, column {column}.",
        )
    if isinstance(error, OSError) and error.errno in _FULL and error.filename is None:
        # Files of our own have their codes: what is left is where messages are written to.
        return _output_error(error.strerror)
    if isinstance(error, FileNotFoundError):
        return SettingsError("RSYS-1016", f"There is no file {error.filename}.")
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return TransientError(
            "RSYS-9002",
            "The system lets this process start no more threads.",
            "Raise its limits: of processes or tasks, or of memory.",
        )
    return ResponsysError(
        "RSYS-9000",
        f"Internal error {type(error).__name__} at {_place(error.__traceback__)}.",
        "Please report it; LOGLEVEL=DEBUG shows more.",
    )


def _place(traceback: TracebackType | None) -> str:
    if traceback is None:
        return "an unknown place"
    while traceback.tb_next:
        traceback = traceback.tb_next
    return f"{Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}"
