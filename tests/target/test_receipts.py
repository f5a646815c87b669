"""The receipt and the request log: complete, true, and without a value of a record or a secret."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import deliver, record, run_target, schema, state
from support.pgp import imported, needs_gpg, pair

from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_sandbox.rest import Answer, Drop, Fault
from responsys_sandbox.tables import Column, Table
from target_responsys.endofrun import RejectedRowsError
from target_responsys.receipts import write_receipt

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", score="integer")
MEMBERS = r"/suppData/[^/]+/members"


@pytest.fixture
def reporting(config: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Settings with a receipt and a request log."""
    return {
        **config,
        "receipt_file": str(tmp_path / "receipts" / "{execution_id}.json"),
        "request_log_file": str(tmp_path / "requests.jsonl"),
    }


def people(count: int) -> list[dict[str, Any]]:
    return [record("people", email=f"p{number}@example.com", score=number) for number in range(count)]


def receipts(config: dict[str, Any]) -> list[dict[str, Any]]:
    folder = Path(config["receipt_file"]).parent
    return [json.loads(path.read_text()) for path in sorted(folder.iterdir())]


def logged(config: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(config["request_log_file"]).read_text().splitlines()]


def test_a_receipt_of_a_run(sandbox: Sandbox, reporting: dict[str, Any]) -> None:
    sandbox.rest.faults.add(Fault(action=Drop("before"), method="POST", path=MEMBERS))
    deliver(reporting, [PEOPLE, *people(250), *people(1), state(at=1)])
    (receipt,) = receipts(reporting)
    assert (receipt["status"], receipt["error"]) == ("succeeded", None)
    assert receipt["started"] < receipt["finished"]
    assert receipt["destinations"] == [
        {
            "destination": "CDP/people",
            "campaign_id": "c1",
            "streams": ["people"],
            "received": 251,
            "sent": 251,
            "merged": 251,
            "refused": 0,
            "superseded": 0,
            "deleted": 0,
            "already_absent": 0,
            "not_deleted": 0,
            "unknown": 0,
            "requests": 2,
            "status_changes": None,
        }
    ]
    assert receipt["rejects"] == {"records": 0, "file": None}
    assert receipt["api"]["requests"] == len(sandbox.store.requests())
    assert receipt["api"]["retries"] == 1
    assert receipt["api"]["seconds_waited"] >= 0
    assert receipt["versions"].keys() >= {"target-responsys", "singer-sdk", "python"}
    assert "example.com" not in json.dumps(receipt)
    assert reporting["api_password"] not in json.dumps(receipt)
    path = next(Path(reporting["receipt_file"]).parent.iterdir())
    assert path.name == f"{receipt['execution_id']}.json"
    assert path.stat().st_mode & 0o777 == 0o600


def test_campaigns_of_one_table_are_counted_apart(reporting: dict[str, Any]) -> None:
    del reporting["campaign_id"]
    reporting["tables"] = {"a": "people", "b": "people"}
    messages = [schema(name, email="string") for name in "ab"]
    messages += [record(name, email=f"{number}@example.com") for name in "ab" for number in range(len(name))]
    deliver(reporting, [*messages, record("b", email="x@example.com")])
    counts = receipts(reporting)[0]["destinations"]
    assert [(each["streams"], each["merged"]) for each in counts] == [(["a"], 1), (["b"], 2)]
    assert len({each["campaign_id"] for each in counts}) == 2


def test_deletions_are_counted(reporting: dict[str, Any], tmp_path: Path) -> None:
    reporting |= {"load_method": "mirror", "mirror_state_file": str(tmp_path / "mirror.sqlite")}
    deliver(reporting, [PEOPLE, *people(5), state(at=1)])
    deliver(reporting, [PEOPLE, *people(2), state(at=2)])
    counts = receipts(reporting)[1]["destinations"][0]
    assert (counts["merged"], counts["deleted"], counts["already_absent"]) == (2, 3, 0)


def test_refused_records_and_where_they_are(sandbox: Sandbox, reporting: dict[str, Any]) -> None:
    columns = (Column("EMAIL", "STR500"), Column("CAMPAIGN_ID", "STR100"), Column("SCORE", "INTEGER"))
    sandbox.store.create_table(Table("CDP", "people", columns, ("EMAIL", "CAMPAIGN_ID")))
    # A record that breaks its schema is sent as it is when that is not validated; Responsys refuses it.
    reporting["validate_records"] = False
    with pytest.raises(RejectedRowsError):
        deliver(reporting, [PEOPLE, *people(3)[:2], record("people", email="z@example.com", score="1w")])
    (receipt,) = receipts(reporting)
    assert (receipt["status"], receipt["error"]) == ("rejected", "RSYS-5302")
    assert receipt["rejects"] == {"records": 1, "file": reporting["rejects_file"]}
    counts = receipt["destinations"][0]
    assert (counts["sent"], counts["merged"], counts["refused"]) == (3, 2, 1)


def test_a_run_that_fails_leaves_a_receipt(sandbox: Sandbox, reporting: dict[str, Any]) -> None:
    refuse = Answer(400, '{"errorCode":"OPERATION_NOT_SUPPORTED"}', "application/json")
    sandbox.rest.faults.add(Fault(action=refuse, method="POST", path=MEMBERS))
    with pytest.raises(DataError):
        deliver({**reporting, "max_connections": 1}, [PEOPLE, *people(250), state(at=1)])
    (receipt,) = receipts(reporting)
    assert (receipt["status"], receipt["error"]) == ("failed", "RSYS-4009")
    counts = receipt["destinations"][0]
    assert counts["merged"] + counts["unknown"] == counts["sent"] == 250


def test_settings_that_are_wrong_are_no_run(reporting: dict[str, Any], tmp_path: Path) -> None:
    run = run_target(tmp_path, {**reporting, "receipt_file": str(tmp_path / "target.json" / "x")}, b"")
    assert run.exit_code == 2
    assert run.errors[0].startswith("RSYS-1022: receipt_file")


def test_a_failure_to_write_it_does_not_hide_why_the_run_failed(
    reporting: dict[str, Any], tmp_path: Path
) -> None:
    run = run_target(tmp_path, {**reporting, "receipt_file": str(tmp_path / "target.json" / "x")}, b"{")
    assert run.exit_code == 1
    assert "RSYS-1022" in run.stderr
    assert run.errors[-1].startswith("RSYS-6001")


def test_a_receipt_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    for number in (1, 2):
        write_receipt(str(path), {"number": number})
    assert json.loads(path.read_text()) == {"number": 2}
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(SettingsError, match="RSYS-1022"):
        write_receipt(str(path / "x"), {})


@needs_gpg
def test_a_signed_receipt_is_checked_with_the_public_key_alone(
    reporting: dict[str, Any], tmp_path: Path
) -> None:
    signer = pair("protected", passphrase="pass phrase \u00fc")
    config = {
        **reporting,
        "sign_receipt": True,
        "pgp_private_key": signer.private.decode(),
        "pgp_passphrase": "pass phrase \u00fc",
    }
    deliver(config, [PEOPLE, *people(3), state(at=1)])
    signature, receipt = sorted(Path(config["receipt_file"]).parent.iterdir(), reverse=True)
    assert signature.name == f"{receipt.name}.asc"
    public = tmp_path / "public.asc"
    public.write_bytes(signer.public)
    with imported(public) as ring:
        assert verified(ring, signature, receipt)
        receipt.write_bytes(receipt.read_bytes().replace(b'"merged": 3', b'"merged": 4'))
        assert not verified(ring, signature, receipt)


def verified(ring: str, signature: Path, receipt: Path) -> bool:
    command = ["gpg", "--homedir", ring, "--batch", "--verify", str(signature), str(receipt)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@needs_gpg
def test_a_key_that_cannot_sign_is_noticed_before_anything_is_delivered(
    sandbox: Sandbox, reporting: dict[str, Any], tmp_path: Path
) -> None:
    signer = pair("protected", passphrase="pass phrase \u00fc")
    config = {**reporting, "sign_receipt": True, "pgp_private_key": signer.private.decode()}
    lines = b"".join(json.dumps(line).encode() + b"\n" for line in [PEOPLE, *people(3), state(at=1)])
    run = run_target(tmp_path, config, lines)
    assert run.exit_code == 2
    assert run.errors[-1].startswith("RSYS-1308: gpg cannot sign")
    assert sandbox.store.requests() == []
    (receipt,) = receipts(config)
    assert (receipt["status"], receipt["error"]) == ("failed", "RSYS-1308")


@pytest.mark.parametrize("missing", ["receipt_file", "pgp_private_key"])
def test_signing_needs_a_receipt_and_a_key(reporting: dict[str, Any], missing: str, tmp_path: Path) -> None:
    config = {**reporting, "sign_receipt": True, "pgp_private_key": "key"}
    del config[missing]
    run = run_target(tmp_path, config, b"")
    assert run.exit_code == 2
    assert f"Setting {missing}" in run.errors[-1]


def test_a_signature_that_fails_leaves_the_receipt_and_no_older_signature(tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    write_receipt(str(path), {"number": 1}, lambda text: b"signed " + text)
    assert (tmp_path / "receipt.json.asc").read_bytes() == b"signed " + path.read_bytes()

    def fail(_: bytes) -> bytes:
        raise TransientError("RSYS-5206", "gpg ended.", "Look.")

    with pytest.raises(TransientError):
        write_receipt(str(path), {"number": 2}, fail)
    assert json.loads(path.read_text()) == {"number": 2}
    assert list(tmp_path.iterdir()) == [path]


def test_every_request_is_in_the_log(sandbox: Sandbox, reporting: dict[str, Any], tmp_path: Path) -> None:
    reporting |= {"load_method": "mirror", "mirror_state_file": str(tmp_path / "mirror.sqlite")}
    sandbox.rest.faults.add(Fault(action=Drop("after"), method="POST", path=MEMBERS))
    deliver(reporting, [PEOPLE, *people(3), state(at=1)])
    deliver(reporting, [PEOPLE, *people(2), state(at=2)])
    log = logged(reporting)
    seen = [(call.method, call.path, call.status) for call in sandbox.store.requests()]
    assert [(line["method"], line["path"], line["status"]) for line in log] == seen
    assert log[0]["path"] == "/rest/api/v1.3/auth/token"
    merges = [line for line in log if line["path"].endswith("/people/members") and line["method"] == "POST"]
    assert [(line["rows"], line["attempt"], line["status"]) for line in merges] == [
        (3, 1, None),
        (3, 2, 200),
        (2, 1, 200),
    ]
    assert merges[0]["error_code"] == "the connection was lost"
    assert merges[0]["function"] == "/folders/{folder}/suppData/{table}/members"
    assert merges[1]["correlation_id"].startswith("Id-")
    missing = [line for line in log if line["status"] == 404]
    assert {line["error_code"] for line in missing} == {"RESOURCE_NOT_FOUND"}
    assert len({line["execution_id"] for line in log}) == 2
    assert "example.com" not in Path(reporting["request_log_file"]).read_text()
    assert "?" not in Path(reporting["request_log_file"]).read_text()


def test_a_log_that_cannot_be_opened(reporting: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="RSYS-1023: request_log_file"):
        deliver({**reporting, "request_log_file": str(tmp_path / "file" / "x")}, [PEOPLE])


def test_a_full_disk_ends_the_log_and_not_the_deliveries(
    sandbox: Sandbox, reporting: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    deliver({**reporting, "request_log_file": "/dev/full"}, [PEOPLE, *people(3), state(at=1)])
    assert len(sandbox.store.rows("CDP", "people")) == 3
    assert caplog.messages.count("request_log_file /dev/full ends here: No space left on device") == 1
