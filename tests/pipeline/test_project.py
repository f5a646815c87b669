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

from target_responsys.campaign import campaign_id

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


def test_the_readme_has_the_campaigns_of_the_project() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = yaml.safe_load(
        next(part for part in readme.split("```yaml") if "campaign_name:" in part).split("```")[0]
    )
    named = {entry["name"]: entry for kind in MELTANO_YML["plugins"].values() for entry in kind}
    for kind in block["plugins"].values():
        assert all(entry == named[entry["name"]] for entry in kind)
    assert all(job in MELTANO_YML["jobs"] for job in block["jobs"])
    assert all(schedule in MELTANO_YML["schedules"] for schedule in block["schedules"])

    rows = []
    intervals = {schedule["job"]: schedule["interval"] for schedule in MELTANO_YML["schedules"]}
    for job in MELTANO_YML["jobs"]:
        *sources, destination = job["tasks"][-1].split()
        for source in filter(lambda name: name.startswith("audience-"), sources):
            config, (selected,) = named[destination]["config"], named[source]["select"]
            stream = selected.removesuffix(".*")
            campaign = campaign_id(stream, name=config["campaign_name"])
            table = stream.replace("-", ".", 1)
            cells = (campaign, table, config["table_name"], config["delivery"], intervals[job["name"]])
            told = " | ".join(f"`{cell}`" for cell in (*cells, f"scripts/meltano run {job['name']}"))
            rows.append(f"| {config['campaign_name']} | {told} |")
    assert len(rows) == 3
    assert "\n".join(rows) in readme


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
