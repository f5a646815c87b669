"""What follows the upload: import jobs are started, files leave the folder, rows are in the table."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError, ResponsysError, TransientError
from target_responsys.readback import missing_rows, unreadable
from target_responsys.settings import chosen
from target_responsys.tablerules import TableRule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from responsys_io.fileserver import FileServer
    from target_responsys.fileresult import FileResult, State
    from target_responsys.readback import TableReader
    from target_responsys.routing import Route
    from target_responsys.samples import SampledRow

logger = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0


@dataclass(frozen=True)
class Delivered:
    """A file that was uploaded, and what is needed to follow it.

    Args:
        result: What became of it so far; takes the further states.
        route: Where its stream goes.
        rows: Rows of it to look for.
        job: Id of the import job to start; empty for none.
    """

    result: FileResult
    route: Route
    rows: Sequence[SampledRow]
    job: str


def job_of(config: Mapping[str, Any], stream: str) -> str:
    """Return the id of the import job that loads a stream; empty where none is to be started."""
    return TableRule.of_stream(stream, config).connect_job_id or config.get("connect_job_id") or ""


def follow_up(
    files: Sequence[Delivered],
    config: Mapping[str, Any],
    server: FileServer,
    *,
    api: Callable[[], TableReader],
    trigger: Callable[[str], object],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Start the jobs, wait for the files and look for their rows, as far as the settings ask for it.

    Args:
        files: What was uploaded.
        config: The target's settings.
        server: The file server.
        api: Returns the REST API; called only where rows are looked for.
        trigger: Starts the import job of an id.
        sleep: Waits so many seconds.
        clock: Returns seconds from some moment on.

    Raises:
        ResponsysError: Whatever starting a job raises.
        TransientError: RSYS-5204 for files that were not taken in time.
        DataError: RSYS-5205 for files that were taken and whose rows are not in the table.
    """
    _trigger(files, trigger)
    timeout: float = chosen(config, "pickup_timeout")
    if not timeout or not files:
        return
    _wait(files, server, timeout, sleep, clock)
    if config.get("api_url") and chosen(config, "verify_rows"):
        _verify([file for file in files if file.result.state == "picked up"], api())
    for file in files:
        logger.info("%s", file.result)
    _raise_failures(files, timeout)


def _trigger(files: Sequence[Delivered], trigger: Callable[[str], object]) -> None:
    for job in dict.fromkeys(file.job for file in files if file.job):
        try:
            trigger(job)
        except ResponsysError as error:
            for file in files:
                if file.job == job:
                    file.result.becomes("failed", f"its import job was not started: {error}")
            raise
        logger.info("Started import job %s", job)


def _wait(
    files: Sequence[Delivered],
    server: FileServer,
    timeout: float,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> None:
    deadline = clock() + timeout
    pause = _FIRST_PAUSE
    waiting = list(files)
    while True:
        for file in waiting:
            if server.stat(file.result.name) is None:
                file.result.becomes("picked up", "its rows were not looked for")
        waiting = [file for file in waiting if file.result.state == "uploaded"]
        left = deadline - clock()
        if not waiting or left <= 0:
            break
        sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE)
    for file in waiting:
        file.result.becomes("failed", f"not taken within {timeout:g} seconds")


def _verify(files: Sequence[Delivered], api: TableReader) -> None:
    for file in files:
        try:
            file.result.becomes(*_verdict(file, api))
        except ResponsysError as error:
            file.result.becomes("picked up", f"its rows could not be looked for: {error}")
            raise


def _verdict(file: Delivered, api: TableReader) -> tuple[State, str]:
    route = file.route
    if not route.folder:
        return "picked up", "its rows were not looked for, since folder_name is not set"
    table = api.describe(route.folder, route.table)
    reason = unreadable(route, table)
    if table is None or reason or not file.rows:
        return "picked up", reason or "it has no row whose key is its own"
    problem = missing_rows(api, route, table, file.rows)
    return ("failed", problem) if problem else ("verified", "")


def _raise_failures(files: Sequence[Delivered], timeout: float) -> None:
    failed = [file.result for file in files if file.result.state == "failed"]
    if refused := [result for result in failed if not result.reason.startswith("not taken")]:
        raise DataError(
            "RSYS-5205",
            f"{refused[0].name} has left its folder, and {refused[0].reason}. {_further(refused)}",
            "Look at the import job's log in Connect: a job also deletes files that it refuses. The server's "
            "archive folder has a copy.",
        )
    if failed:
        raise TransientError(
            "RSYS-5204",
            f"{failed[0].name} was uploaded and not taken within {timeout:g} seconds. {_further(failed)}",
            "See whether the import job is active and reads this name in this folder, or set pickup_timeout "
            "higher. The next run delivers the data again.",
        )


def _further(failed: Sequence[FileResult]) -> str:
    return f"So it is with {len(failed) - 1} more." if len(failed) > 1 else ""
