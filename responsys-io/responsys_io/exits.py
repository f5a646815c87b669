"""How a plugin's process ends: one line on stderr and an exit code that tells."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from responsys_io.errors import ResponsysError, SettingsError

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator
    from types import FrameType, TracebackType

EXIT_FAILED = 1


@contextmanager
def one_line_errors(logger: logging.Logger) -> Iterator[None]:
    """Turn what is raised inside into one log line and a non-zero exit.

    An error of a known family is logged as it is. Anything else is a fault of ours: its type and
    place are logged without its text, which may hold row values; the traceback follows at DEBUG only.

    Raises:
        SystemExit: After logging, with the error's exit code.
    """
    try:
        yield
        sys.stdout.flush()
    except ResponsysError as error:
        logger.error("%s", error)  # noqa: TRY400
        logger.debug("Traceback of the error above", exc_info=error)
        sys.exit(error.exit_code)
    except json.JSONDecodeError as error:
        logger.error(  # noqa: TRY400
            "RSYS-1004: The file of --config, --state or --catalog is not valid JSON: line %d, column %d.",
            error.lineno,
            error.colno,
        )
        sys.exit(SettingsError.exit_code)
    except FileNotFoundError as error:
        logger.error("RSYS-1005: There is no file %s.", error.filename)  # noqa: TRY400
        sys.exit(SettingsError.exit_code)
    except BrokenPipeError:
        # The reader at the other end of our output has gone and reports why itself.
        _silence_stdout()
        logger.error("RSYS-9001: The process that reads this output has closed it.")  # noqa: TRY400
        sys.exit(EXIT_FAILED)
    except Exception as error:
        logger.error(  # noqa: TRY400
            "RSYS-9000: Internal error %s at %s. Please report it; LOGLEVEL=DEBUG shows more.",
            type(error).__name__,
            _place(error.__traceback__),
        )
        logger.debug("Traceback of the error above", exc_info=error)
        sys.exit(EXIT_FAILED)


def exit_on_signal(signum: int, _frame: FrameType | None) -> NoReturn:
    """Signal handler: unwind and exit as a shell reports a signalled process (143 for SIGTERM).

    Raises:
        SystemExit: Always, with 128 plus the signal's number.
    """
    raise SystemExit(128 + signum)


def _place(traceback: TracebackType | None) -> str:
    if traceback is None:
        return "an unknown place"
    while traceback.tb_next:
        traceback = traceback.tb_next
    return f"{Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}"


def _silence_stdout() -> None:
    """Keep the interpreter's own flush at exit from raising again on the closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
