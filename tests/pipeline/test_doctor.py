"""The doctor as Meltano runs it, on an account whose last exports are of yesterday."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from demo.project import MeltanoError, Project

from responsys_sandbox.account import AccountPlan
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(600)]

STATE_ID = "dev:tap-responsys-to-target-postgres"


@pytest.mark.usefixtures("installed_plugins")
def test_the_doctor_finds_nothing_after_a_run_and_what_is_wrong_otherwise(
    postgres: Postgres, tmp_path: Path
) -> None:
    start = datetime.now(UTC).date() - timedelta(days=4)
    options = SandboxOptions(days=4, plan=AccountPlan(contacts=60, start=start))
    with Sandbox(tmp_path / "sandbox", options=options) as sandbox:
        settings = {**postgres.settings, "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "doctor"}
        project = Project(tmp_path / "system", {**sandbox.settings, **settings})
        project.run("exports")
        state = tmp_path / "state.json"
        state.write_text(json.dumps(project.state(STATE_ID)), encoding="utf-8")
        report = project.invoke("tap-responsys:doctor", "--state", str(state)).read_text(encoding="utf-8")
        assert f"{(start + timedelta(days=3)).isoformat()}" in report
        assert "4 of 4  56 short  86 short" in report
        assert report.rstrip().endswith("Findings\n  none")
        wrong = {"TAP_RESPONSYS_DELIMITER": ";"}
        with pytest.raises(MeltanoError):
            project.invoke("tap-responsys:doctor", "--state", str(state), variables=wrong)
        report = (project.folder / "tap-responsys-doctor.log").read_text(encoding="utf-8")
        assert report.count("other-delimiter") == 1
        assert "Destination specification" in report
