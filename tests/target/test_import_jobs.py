"""The target as a command, its files, and the import job that loads them: from records to the receipt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, lines, record, run_target, schema, settings_of, state
from support.pgp import needs_gpg

from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.pgp import PgpKeyFolder
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from responsys_sandbox.sandbox import Sandbox, SandboxOptions
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from support.plugins import Run

PEOPLE = schema("people", ("id",), id="integer", email="string", points="integer")
KNOWN = 20


def people(count: int) -> bytes:
    rows = [
        record("people", id=number, email=f"p{number}@example.com", points=number * 7)
        for number in range(count)
    ]
    return lines([PEOPLE, *rows, state(at=count)])


@dataclass
class Way:
    """An import job and the target's settings that go with it."""

    sandbox: Sandbox
    config: dict[str, Any]
    job: dict[str, Any]
    folder: Path

    def run(self, count: int = KNOWN, job: dict[str, Any] | None = None, **more: Any) -> Run:
        job_id = self.sandbox.store.jobs.save(ImportJob(**{**self.job, **(job or {})}))
        return run_target(self.folder, {"connect_job_id": str(job_id), **self.config, **more}, people(count))

    @property
    def receipt(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(Path(self.config["receipt_file"]).read_text(encoding="utf-8"))
        return found

    @property
    def loaded(self) -> int:
        """How many rows the table has."""
        if self.job["table"] == "People":
            return self.sandbox.store.row_count(FOLDER, "People")
        extension = self.sandbox.store.extensions.find(LIST_NAME, "Scores")
        assert extension
        return len(self.sandbox.store.extensions.rows(LIST_NAME, extension))

    def end(self) -> tuple[str, str, tuple[int, ...]]:
        """Return what the receipt says of the one file and the one job."""
        (file,), (job,) = self.receipt["files"], self.receipt["jobs"]
        assert job["files"] == [file["name"]]
        counts = tuple(job[name] for name in ("processed", "added", "updated", "rejected"))
        return file["state"], job["status"], counts


@pytest.fixture(params=["supplemental", "pet"])
def way(request: pytest.FixtureRequest, sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> Way:
    settings = {
        **config,
        "delivery": "sftp",
        "receipt_file": str(tmp_path / "receipt.json"),
        "pickup_timeout": 30,
    }
    if request.param == "supplemental":
        columns = (Column("ID", "INTEGER"), Column("EMAIL", "STR500"), Column("POINTS", "INTEGER"))
        sandbox.store.create_table(Table(FOLDER, "People", columns, ("ID",)))
        settings |= {"table_name": "People", "campaign_id_column": ""}
        job = {"name": "People", "folder": FOLDER, "table": "People", "file_pattern": "People_*"}
        return Way(sandbox, settings, job, tmp_path)
    members = contacts_list(FOLDER)
    sandbox.store.lists.add_members(
        members,
        [{"RIID_": str(number + 1), "EMAIL_ADDRESS_": f"p{number}@example.com"} for number in range(KNOWN)],
    )
    own = (Column("RIID_", "INTEGER"), Column("POINTS", "INTEGER"))
    sandbox.store.extensions.create(LIST_NAME, Table(FOLDER, "Scores", own, ("RIID_",)))
    settings |= {
        "destination": "pet",
        "list_name": LIST_NAME,
        "pet_name": "Scores",
        "match_columns": ["EMAIL_ADDRESS_"],
        "tables": {"people": {"columns": {"email": "EMAIL_ADDRESS_", "id": None}}},
    }
    job = {"name": "Scores", "folder": FOLDER, "table": "Scores", "file_pattern": "Scores_*"}
    members_of: dict[str, Any] = {"list_name": LIST_NAME, "match": ("EMAIL_ADDRESS_",)}
    return Way(sandbox, settings, {**job, **members_of}, tmp_path)


def key(way: Way) -> str:
    return str(PgpKeyFolder(way.sandbox.keys).sender_public_key())


@pytest.mark.parametrize("form", ["plain", "zip", "gzip", pytest.param("pgp and count", marks=needs_gpg)])
def test_a_file_is_loaded_and_verified(way: Way, form: str) -> None:
    settings: dict[str, Any] = {"compression": form} if form in {"zip", "gzip"} else {}
    job: dict[str, Any] = {}
    if form == "pgp and count":
        settings = {"encryption": "pgp", "pgp_public_key_file": key(way), "compression": "zip"}
        settings["count_extension"] = "count"
        job = {"encrypted": True, "count_extension": "count"}
    run = way.run(job=job, **settings)
    assert (run.exit_code, run.messages) == (0, [{"at": KNOWN}]), run.stderr
    assert way.end() == ("verified", "succeeded", (KNOWN, KNOWN, 0, 0))
    assert way.receipt["status"] == "succeeded"
    assert way.loaded == KNOWN
    assert not list((way.sandbox.files / "upload").iterdir())
    log = f"Import job 1, run {way.receipt['jobs'][0]['run_id']}: succeeded, processed {KNOWN}, added {KNOWN}"
    assert log in run.stderr
    assert "example.com" not in run.stderr


def failed(way: Way, run: Run, code: str) -> None:
    """Check that a run has failed with one line and reported no state."""
    assert run.exit_code != 0
    assert run.messages == []
    assert [line.partition(":")[0] for line in run.errors] == [code], run.stderr
    assert "Traceback" not in run.stderr
    assert way.receipt["error"] == code
    assert way.receipt["files"][0]["state"] == "failed"
    assert way.loaded == 0


def test_a_count_that_does_not_agree(way: Way) -> None:
    run = way.run(job={"count_extension": "count", "count_header": True}, count_extension="count")
    failed(way, run, "RSYS-4304")
    assert way.receipt["jobs"][0]["status"] == "failed"
    assert "does not say 21" in run.errors[0]
    assert not [path for path in (way.sandbox.files / "upload").iterdir() if path.suffix == ".csv"]


def test_a_count_file_that_is_missing(way: Way) -> None:
    failed(way, way.run(job={"count_extension": "count"}), "RSYS-4304")


def test_a_job_that_is_inactive(way: Way) -> None:
    way.sandbox.store.jobs.activate(way.sandbox.store.jobs.save(ImportJob(**way.job)), active=False)
    run = run_target(way.folder, {"connect_job_id": "1", **way.config}, people(3))
    failed(way, run, "RSYS-4303")
    assert "Activate the job in Connect" in run.errors[0]
    assert way.receipt["jobs"][0]["status"] == "not started"


def test_a_run_that_is_aborted(way: Way) -> None:
    way.sandbox.connect.while_running = way.sandbox.connect.abort
    run = way.run()
    failed(way, run, "RSYS-4305")
    assert way.end()[1] == "aborted"


def test_records_that_the_job_leaves_out(way: Way) -> None:
    """Of nobody in the list; of a key that is there, where the job appends."""
    rejected = 5
    if way.job["table"] == "People":
        way.job["update"] = "append"
        first = way.run(count=rejected)
        assert first.exit_code == 0, first.stderr
        run = way.run(count=KNOWN)
    else:
        run = way.run(count=KNOWN + rejected)
    assert (run.exit_code, run.messages) == (3, [])
    assert run.errors[0].startswith("RSYS-5304: 5 records were rejected")
    state, status, counts = way.end()
    assert (state, status, counts[-1]) == ("verified", "succeeded", rejected)
    assert way.receipt["status"] == "rejected"
    assert way.loaded == KNOWN


def test_a_login_by_certificate_starts_jobs(tmp_path: Path) -> None:
    options = SandboxOptions(days=0, api_login="certificate")
    with Sandbox(tmp_path / "sandbox", options=options) as sandbox:
        columns = (Column("ID", "INTEGER"), Column("EMAIL", "STR500"), Column("POINTS", "INTEGER"))
        sandbox.store.create_table(Table(FOLDER, "People", columns, ("ID",)))
        job = ImportJob(name="People", folder=FOLDER, table="People", file_pattern="People_*")
        settings = {
            **settings_of(sandbox),
            "delivery": "sftp",
            "table_name": "People",
            "campaign_id": "c1",
            "campaign_id_column": "",
            "connect_job_id": str(sandbox.store.jobs.save(job)),
        }
        assert "api_password" not in settings
        run = run_target(tmp_path, settings, people(3))
        assert (run.exit_code, run.messages) == (0, [{"at": 3}]), run.stderr
        assert sandbox.store.row_count(FOLDER, "People") == 3


def test_a_record_of_nobody_that_has_the_file_refused(way: Way) -> None:
    run = way.run(KNOWN + 1, {"nobody": "fail"})
    if way.job["table"] == "People":  # a supplemental table's rows need not be about anybody
        assert (run.exit_code, way.loaded) == (0, KNOWN + 1)
    else:
        failed(way, run, "RSYS-4304")


def test_a_job_that_goes_by_the_place_of_columns(way: Way) -> None:
    columns = ("ID", "EMAIL", "POINTS") if way.job["table"] == "People" else ("EMAIL_ADDRESS_", "POINTS")
    for _ in range(2):  # the order does not change from run to run
        run = way.run(job={"by_position": True, "columns": columns})
        assert (run.exit_code, way.loaded) == (0, KNOWN), run.stderr
