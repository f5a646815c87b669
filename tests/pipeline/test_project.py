"""The project's own files: meltano.yml, what is generated, the demo's database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import yaml
from demo.postgres import Postgres, running_postgres
from demo.project import ROOT

MELTANO_YML = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))


def test_generated_blocks_are_what_the_plugins_say() -> None:
    script = ROOT / "scripts" / "generate_reference.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.pipeline
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("installed_plugins")
def test_meltano_finds_nothing_to_lint(tmp_path: Path) -> None:
    meltano = ROOT / "scripts" / "meltano"
    command = (meltano, "compile", "--lint", "--directory", tmp_path)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stdout.lower() + done.stderr.lower()
    assert "deprecated" not in done.stdout.lower() + done.stderr.lower()


def test_every_job_is_scheduled_and_names_plugins_that_exist() -> None:
    plugins = {plugin["name"] for kind in MELTANO_YML["plugins"].values() for plugin in kind}
    jobs = {job["name"]: job["tasks"] for job in MELTANO_YML["jobs"]}
    assert {schedule["job"] for schedule in MELTANO_YML["schedules"]} == set(jobs)
    tasks = [name for tasks in jobs.values() for task in tasks for name in task.split()]
    assert {name.partition(":")[0] for name in tasks} <= plugins


def test_secrets_of_our_plugins_are_marked() -> None:
    ours = [
        setting
        for kind in MELTANO_YML["plugins"].values()
        for plugin in kind
        if plugin["name"] in {"tap-responsys", "target-responsys"}
        for setting in plugin["settings"]
    ]
    secret = {setting["name"] for setting in ours if setting.get("sensitive")}
    assert secret >= {"password", "private_key", "private_key_passphrase", "api_password"}


def test_the_database_wants_its_password_and_leaves_nothing_behind() -> None:
    with running_postgres() as server:
        with psycopg.connect(server.url) as connection:
            (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        stranger = Postgres(server.port, "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(stranger.url)
        assert Path(data).is_dir()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url)
    assert not Path(data).parent.exists()
