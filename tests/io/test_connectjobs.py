"""Starting a Connect job over a real HTTP connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.scriptedserver import ScriptedServer, hang_up, refuse, reply

from responsys_io.connectjobs import trigger_job
from responsys_io.errors import TransientError
from responsys_io.restanswers import RefusedError

if TYPE_CHECKING:
    from responsys_io.restsession import RestSession


def test_a_job_is_started_by_its_id(scripted: ScriptedServer, session: RestSession) -> None:
    scripted.will(reply(200, {"jobId": 17}))
    trigger_job(session, "17/a")
    assert (scripted.received[-1].method, scripted.received[-1].path) == (
        "PUT",
        "/rest/api/v1.3/connectJobs/17%2Fa/trigger",
    )


def test_a_refusal_is_told(scripted: ScriptedServer, session: RestSession) -> None:
    scripted.will(refuse(400, "INVALID_PARAMETER", "The job is not active"))
    with pytest.raises(RefusedError, match="RSYS-4009.*start the Connect job"):
        trigger_job(session, "17")


def test_a_start_whose_outcome_is_not_known_is_not_repeated(
    scripted: ScriptedServer, session: RestSession
) -> None:
    scripted.will(hang_up)
    with pytest.raises(TransientError):
        trigger_job(session, "17")
