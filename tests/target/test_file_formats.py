"""Files as they stand on the file server: characters, parts, packing, encryption, reruns."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.delivery import FOLDER, deliver, record, run_target, schema, state
from support.delivery import lines as singer_lines
from support.pgp import needs_gpg, pair

from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.fileserver import FileServer
from responsys_io.keyring import KeyRing
from responsys_io.pgpkeys import PgpKeys
from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.imports import run_import
from responsys_sandbox.tables import Column, Table
from target_responsys.cells import CellMaker
from target_responsys.csvspool import CsvSpool
from target_responsys.endofrun import RejectedRowsError
from target_responsys.filenames import FileNaming
from target_responsys.routing import route
from target_responsys.rows import RowMaker, UnfitRecordError
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from support.openssh import SshServer

    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema(
    "people", ("id",), id="integer", name="string", day={"type": ["null", "string"], "format": "date"}
)


def person(number: int, name: str | None = None) -> dict[str, Any]:
    return record("people", id=number, name=name or f"Ana {number}", day="2026-07-01")


def people(count: int) -> list[dict[str, Any]]:
    return [PEOPLE, *(person(number) for number in range(count)), state(at=count)]


@pytest.fixture
def config(config: dict[str, Any]) -> dict[str, Any]:
    return {
        **config,
        "delivery": "sftp",
        "table_name": "People",
        "date_suffix": False,
        "campaign_id_column": "",
    }


def uploaded(sandbox: Sandbox) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (sandbox.files / "upload").iterdir()}


def test_all_settings_of_the_format_at_once(sandbox: Sandbox, config: dict[str, Any]) -> None:
    form = {
        "encoding": "iso-8859-1",
        "delimiter": "pipe",
        "quote_char": "'",
        "line_end": "crlf",
        "date_mask": "DD-MON-YYYY",
        "null_text": "NULL",
        "csv_safe_cells": True,
        "include_header": False,
    }
    messages = [PEOPLE, person(1, "Zo\u00eb"), record("people", id=-2, name=None, day=None), state(at=2)]
    deliver({**config, **form}, messages)
    lines = uploaded(sandbox)["People.csv"].split(b"\r\n")
    assert lines == [b"'1'|'Zo\xeb'|'01-JUL-2026'", b"'''-2'|'NULL'|'NULL'", b""]


def test_records_that_do_not_fit_are_refused_alone_and_replayed(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    odd = [person(1, "\u20ac 5"), person(2, "nul\0"), person(3, "fine\nline")]
    with pytest.raises(RejectedRowsError, match="RSYS-5302: 2 records"):
        deliver({**config, "encoding": "latin-1"}, [PEOPLE, *odd, state(at=3)])
    assert uploaded(sandbox)["People.csv"] == b'"id","name","day"\n"3","fine line","2026-07-01 00:00:00"\n'
    rejects = [json.loads(line) for line in Path(config["rejects_file"]).read_text().splitlines()]
    assert [each["rejected"]["code"] for each in rejects if each["type"] == "RECORD"] == [
        "RSYS-5201",
        "RSYS-5301",
    ]
    deliver({**config, "require_final_state": False, "max_rejected_rows": 1}, rejects)
    assert '"1","\u20ac 5"' in uploaded(sandbox)["People.csv"].decode()


def test_parts_come_with_count_and_ready_files_of_their_own(sandbox: Sandbox, config: dict[str, Any]) -> None:
    markers = {"count_extension": "count", "ready_extension": "ready"}
    deliver({**config, **markers, "split_rows": 4}, people(10))
    found = uploaded(sandbox)
    names = [f"People_{part:03}.csv" for part in (1, 2, 3)]
    assert sorted(found) == sorted(f"{name}{end}" for name in names for end in ("", ".count", ".ready"))
    assert [found[f"{name}.count"] for name in names] == [b"4\n", b"4\n", b"2\n"]
    rows = [list(csv.DictReader(io.StringIO(found[name].decode()))) for name in names]
    assert [row["id"] for part in rows for row in part] == [str(number) for number in range(10)]


def test_a_shorter_delivery_leaves_no_part_of_a_longer_one(sandbox: Sandbox, config: dict[str, Any]) -> None:
    config |= {"ready_extension": "ready", "split_rows": 4}
    deliver(config, people(10))
    (sandbox.files / "upload" / "People_003.txt").write_bytes(b"somebody else's")
    deliver(config, people(5))
    parts = {f"People_{part:03}.csv{end}" for part in (1, 2) for end in ("", ".ready")}
    assert set(uploaded(sandbox)) == {*parts, "People_003.txt"}


@pytest.mark.parametrize(("compression", "name"), [("gzip", "People.csv.gz"), ("zip", "People.zip")])
def test_packed_files(compression: str, name: str, sandbox: Sandbox, config: dict[str, Any]) -> None:
    deliver(config, people(100))
    plain = uploaded(sandbox)["People.csv"]
    deliver({**config, "compression": compression}, people(100))
    packed = uploaded(sandbox)[name]
    if compression == "gzip":
        assert gzip.decompress(packed) == plain
    else:
        assert zipfile.ZipFile(io.BytesIO(packed)).read("People.csv") == plain


def test_the_command_delivers_to_openssh(sshd: SshServer, config: dict[str, Any], tmp_path: Path) -> None:
    more = {"split_rows": 40, "compression": "gzip", "verify_upload": "content", "ready_extension": "ready"}
    run = run_target(tmp_path, {**config, **sshd.config, **more}, singer_lines(people(100)))
    assert (run.exit_code, run.messages) == (0, [{"at": 100}]), run.stderr
    files = {path.name: path.read_bytes() for path in (sshd.files / "upload").iterdir()}
    names = [f"People_{part:03}.csv.gz" for part in (1, 2, 3)]
    assert sorted(files) == sorted([*names, *(f"{name}.ready" for name in names)])
    texts = [gzip.decompress(files[name]) for name in names]
    assert [text.count(b"\n") for text in texts] == [41, 41, 21]


@needs_gpg
def test_encrypted_parts_are_signed_and_leave_no_clear_text_on_the_disk(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    responsys, ours = pair("responsys"), pair("customer")
    (tmp_path / "theirs.asc").write_bytes(responsys.public)
    keys = {"pgp_public_key_file": str(tmp_path / "theirs.asc"), "pgp_private_key": ours.private.decode()}
    spools: list[bytes] = []
    finished = CsvSpool.finished

    def kept(spool: CsvSpool) -> Any:
        parts = finished(spool)
        spool._file.seek(0)
        spools.append(spool._file.readall())
        return parts

    monkeypatch.setattr(CsvSpool, "finished", kept)
    deliver({**config, **keys, "encryption": "pgp", "compression": "gzip", "split_rows": 60}, people(100))
    found = uploaded(sandbox)
    assert sorted(found) == ["People_001.csv.gz.gpg", "People_002.csv.gz.gpg"]
    assert spools == [found["People_001.csv.gz.gpg"] + found["People_002.csv.gz.gpg"]]
    text = b""
    for message in (found["People_001.csv.gz.gpg"], found["People_002.csv.gz.gpg"]):
        with (
            KeyRing(PgpKeys(responsys.private, "", ours.public)) as ring,
            ring.decrypted(io.BytesIO(message), "X.gpg") as stream,
        ):
            text += gzip.decompress(stream.read())
    assert text.count(b"\n") == 102
    assert b"Ana 99" in text


@needs_gpg
def test_a_key_that_cannot_encrypt_stops_before_the_first_record(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    old = pair("old", made="20200101T000000", expires="2021-01-01")
    with pytest.raises(SettingsError, match="RSYS-1307"):
        deliver({**config, "encryption": "pgp", "pgp_public_key": old.public.decode()}, people(1))
    assert uploaded(sandbox) == {}


@needs_gpg
@pytest.mark.parametrize("compression", ["none", "gzip", "zip"])
@pytest.mark.parametrize("encryption", ["none", "pgp"])
def test_a_run_that_fails_in_the_middle_ends_gpg_in_silence(
    compression: str, encryption: str, sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    config |= {"encryption": encryption, "pgp_public_key": pair("responsys").public.decode()}
    data = singer_lines(people(3)) + b"{broken\n"
    run = run_target(tmp_path, {**config, "compression": compression}, data)
    assert run.exit_code == 1
    assert len(run.errors) == 1
    assert "Exception ignored" not in run.stderr
    assert "Traceback" not in run.stderr
    assert uploaded(sandbox) == {}


def test_a_crash_before_the_ready_file_is_mended_by_a_rerun(
    sandbox: Sandbox, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    config |= {"count_extension": "count", "ready_extension": "ready"}
    upload_file = FileServer.upload

    def dies_at_ready(server: FileServer, source: Any, path: str, **how: Any) -> Any:
        if path.endswith(".ready"):
            raise TransientError("RSYS-2001", "gone")
        return upload_file(server, source, path, **how)

    with monkeypatch.context() as patched, pytest.raises(TransientError, match="RSYS-2001"):
        patched.setattr(FileServer, "upload", dies_at_ready)
        deliver(config, people(5))
    before = uploaded(sandbox)
    assert sorted(before) == ["People.csv", "People.csv.count"]
    assert deliver(config, people(5)) == [{"at": 5}]
    assert uploaded(sandbox) == {**before, "People.csv.ready": b""}


def test_markers_of_an_older_file_go_before_the_new_file_comes(
    sandbox: Sandbox, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With them a job would take the new file for complete, and refuse it for its count."""
    config |= {"count_extension": "count", "ready_extension": "ready"}
    deliver(config, people(5))
    seen: list[list[str]] = []
    upload_file = FileServer.upload

    def watched(server: FileServer, source: Any, path: str, **how: Any) -> Any:
        seen.append(sorted(uploaded(sandbox)))
        return upload_file(server, source, path, **how)

    monkeypatch.setattr(FileServer, "upload", watched)
    deliver(config, people(7))
    assert seen == [["People.csv"], ["People.csv"], ["People.csv", "People.csv.count"]]
    assert uploaded(sandbox)["People.csv.count"] == b"7\n"


def test_an_existing_file_can_be_left_alone(sandbox: Sandbox, config: dict[str, Any]) -> None:
    config |= {"existing_file": "refuse", "count_extension": "count"}
    deliver(config, people(5))
    before = uploaded(sandbox)
    with pytest.raises(DataError, match="RSYS-2302: There is a file upload/People.csv already"):
        deliver(config, people(7))
    assert uploaded(sandbox) == before
    (sandbox.files / "upload" / "People.csv").unlink()
    deliver(config, people(7))
    assert uploaded(sandbox)["People.csv.count"] == b"7\n"


def test_results_tell_of_every_file(sandbox: Sandbox, config: dict[str, Any]) -> None:
    target = TargetResponsys(config={**config, "split_rows": 3, "verify_upload": "content"})
    target.listen(io.BytesIO(singer_lines(people(5))))  # type: ignore[arg-type]  # takes bytes
    found = uploaded(sandbox)
    assert [(file.name, file.rows, file.part, file.parts, file.state) for file in target.files] == [
        ("upload/People_001.csv", 3, 1, 2, "uploaded"),
        ("upload/People_002.csv", 2, 2, 2, "uploaded"),
    ]
    assert [file.bytes for file in target.files] == [len(found[name]) for name in sorted(found)]


def test_the_result_of_a_failed_upload_says_why(sandbox: Sandbox, config: dict[str, Any]) -> None:
    (sandbox.files / "upload" / "People_002.csv").mkdir()
    target = TargetResponsys(config={**config, "split_rows": 3})
    with pytest.raises(TransientError, match="RSYS-2103"):
        target.listen(io.BytesIO(singer_lines(people(8))))  # type: ignore[arg-type]  # takes bytes
    assert [file.state for file in target.files] == ["uploaded", "failed", "failed"]
    assert "RSYS-2103" in target.files[1].reason
    assert target.files[2].reason == "not uploaded"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"file_name": "Audience-{date}"}, "Setting file_name cannot be a file's name"),
        ({"date_mask": "%Y"}, "Setting date_mask is not a date mask"),
        ({"delimiter": "\n"}, "Setting delimiter cannot be a line break"),
        ({"null_text": "a\nb"}, "Setting null_text cannot hold a line break"),
        ({"encryption": "pgp"}, "pgp_public_key or pgp_public_key_file is missing"),
        ({"connect_job_id": "Carts"}, "connect_job_id"),
        ({"tables": {"people": {"connect_job_id": "7a"}}}, "tables"),
        ({"connect_job_id": "7", "api_url": None}, "Setting api_url is missing; connect_job_id needs it"),
        (
            {"tables": {"people": {"connect_job_id": "7"}}, "api_password": None},
            "Setting api_password is missing; connect_job_id needs it",
        ),
    ],
)
def test_settings_that_cannot_be_right_stop_the_command(
    settings: dict[str, Any], line: str, sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    run = run_target(tmp_path, {**config, **settings}, singer_lines(people(1)))
    assert run.exit_code == 2
    assert len(run.errors) == 1
    assert run.errors[0].startswith("RSYS-1000: ")
    assert line in run.errors[0]
    assert uploaded(sandbox) == {}


NOTES = schema("notes", ("id",), id="integer", note="string")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(notes=st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=8))
def test_texts_come_through_an_import_job_as_its_rules_say(sandbox: Sandbox, notes: list[str]) -> None:
    table = Table(FOLDER, "Notes", (Column("ID", "INTEGER"), Column("NOTE", "STR500")), ("ID",))
    if sandbox.store.table(FOLDER, "Notes") is None:
        sandbox.store.create_table(table)
    form: dict[str, Any] = {"campaign_id_column": "", "folder_name": FOLDER}
    way = route("notes", NOTES["schema"], ["id"], form, execution_id="e")
    make_row, make_cells = RowMaker(way, ZoneInfo("UTC"), single_line=True), CellMaker(way, form)
    expected: dict[str, str | None] = {}
    with contextlib.closing(CsvSpool(way.column_names, FileNaming("Notes"), form, None)) as spool:
        for number, note in enumerate(notes):
            with contextlib.suppress(UnfitRecordError):
                row = make_row.complete({"id": number, "note": note})
                spool.write(make_cells(row))
                expected[str(number)] = row[1].strip(" \t\r\n\0") or None
        parts = spool.finished() if expected else []
        for part in parts:
            (sandbox.files / "upload" / "Notes.csv").write_bytes(part.content.readall())
    if not parts:
        return
    job = ImportJob(name="Notes", folder=FOLDER, table="Notes", file_pattern="Notes.csv", update="overwrite")
    result = run_import(sandbox.store, sandbox.files, job)
    assert result.succeeded, result
    assert {row["ID"]: row["NOTE"] for row in sandbox.store.rows(FOLDER, "Notes")} == expected
