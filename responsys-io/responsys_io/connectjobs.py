"""Import and export jobs of Connect, started over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_io.restsession import Endpoint

if TYPE_CHECKING:
    from responsys_io.restsession import RestSession

_TRIGGER = Endpoint("PUT", "/connectJobs/{job}/trigger", "start the Connect job")


def trigger_job(session: RestSession, job_id: str) -> None:
    """Start a job that is active and not running (Oracle's page on triggering Connect jobs).

    Raises:
        RefusedError: RSYS-4009, for example for a job that is not active, is running or is a job group.
    """
    # Sent twice, the second one could start it again, or be refused because it runs.
    session.call(_TRIGGER, {"job": job_id}, repeatable=False)
