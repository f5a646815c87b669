"""Erasure: who is gone, who stays, and what is left behind about it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, record, run_target, schema, state
from support.delivery import lines as lines_of

from responsys_io.errors import DataError, SettingsError
from responsys_sandbox.rest import Answer, Fault
from target_responsys.endofrun import RejectedRowsError

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", score="integer")
GONE = schema("gone", key=(), address="string", note="string")


@pytest.fixture
def erasing(config: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Settings of an erasure, with three people in each of two campaigns beforehand."""
    for campaign in ("c1", "c2"):
        people = [record("people", email=f"{name}@example.com", score=1) for name in "abc"]
        deliver({**config, "campaign_id": campaign}, [PEOPLE, *people])
    place = {"table": "people", "column": "email", "kind": "email", "others": {"campaign_id": ["c1", "c2"]}}
    return {
        **config,
        "erase": True,
        "erase_by": {"address": "email"},
        "erase_from": [place],
        "receipt_file": str(tmp_path / "receipt.json"),
        "request_log_file": str(tmp_path / "requests.jsonl"),
    }


def request(*names: str) -> list[dict[str, Any]]:
    return [GONE, *(record("gone", address=f"{name}@example.com") for name in names), state(end=1)]


def left(sandbox: Sandbox) -> list[tuple[Any, Any]]:
    return sorted((row["CAMPAIGN_ID"], row["EMAIL"]) for row in sandbox.store.rows(FOLDER, "people"))


def receipt(config: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(Path(config["receipt_file"]).read_text()))


def test_people_are_erased_from_every_campaign_and_read_back(
    sandbox: Sandbox, erasing: dict[str, Any], tmp_path: Path
) -> None:
    data = lines_of(request("a", "c", "nobody"))
    run = run_target(tmp_path, erasing, data, TARGET_RESPONSYS_LOGLEVEL="DEBUG", LOGLEVEL="DEBUG")
    assert (run.exit_code, run.messages) == (0, [{"end": 1}]), run.stderr
    assert left(sandbox) == [("c1", "b@example.com"), ("c2", "b@example.com")]
    assert receipt(erasing)["erased"] == [
        {
            "place": "CDP/people",
            "kind": "email",
            "ids": 3,
            "found": 2,
            "deleted": 4,
            "absent": 3,
            "shared": 0,
            "hashes": [],
        }
    ]
    told = run.stderr + Path(erasing["request_log_file"]).read_text() + json.dumps(receipt(erasing))
    assert "DEBUG" in run.stderr
    assert "example.com" not in told
    assert "%40" not in told
    assert (
        "CDP/people by email: 3 ids looked for, 2 found, 4 rows deleted, 3 ids verified absent" in run.stderr
    )


def test_the_receipt_can_prove_who_was_erased(erasing: dict[str, Any]) -> None:
    deliver({**erasing, "receipt_ids": "hashed"}, request("a"))
    digest = hashlib.sha256(b"a@example.com").hexdigest()
    assert receipt(erasing)["erased"][0]["hashes"] == [digest]


def test_whom_a_mirror_knows_is_forgotten_too(
    config: dict[str, Any], erasing: dict[str, Any], tmp_path: Path
) -> None:
    mirror = {"load_method": "mirror", "mirror_state_file": str(tmp_path / "mirror.sqlite")}
    people = [record("people", email=f"{name}@example.com", score=1) for name in "abc"]
    deliver(config | mirror, [PEOPLE, *people, state(end=1)])
    assert b"a@example.com" in Path(mirror["mirror_state_file"]).read_bytes()
    deliver({**erasing, "mirror_state_file": mirror["mirror_state_file"]}, request("a"))
    files = [path.read_bytes() for path in tmp_path.glob("mirror.sqlite*")]
    assert not any(b"a@example.com" in content for content in files)
    assert b"b@example.com" in files[0]


def test_an_id_that_is_still_there_fails_the_run(sandbox: Sandbox, erasing: dict[str, Any]) -> None:
    data = '{"recordData":{"fieldNames":["EMAIL"],"records":[["DELETEFAILED: locked"]]}}'
    sandbox.rest.faults.add(Fault(action=Answer(200, data, "application/json"), method="DELETE"))
    with pytest.raises(RejectedRowsError, match="RSYS-5302: 1 records"):
        deliver({**erasing, "max_connections": 1}, request("a"))
    assert ("c1", "a@example.com") in left(sandbox)
    assert receipt(erasing)["erased"][0]["absent"] == 0
    kept = json.loads(Path(erasing["rejects_file"]).read_text().splitlines()[1])
    assert kept["rejected"]["code"] == "NOTERASED"
    deliver({**erasing, "rejects_file": erasing["rejects_file"] + "2"}, [GONE, kept, state(end=1)])
    assert ("c1", "a@example.com") not in left(sandbox)


def test_a_record_without_id_is_refused(sandbox: Sandbox, erasing: dict[str, Any]) -> None:
    with pytest.raises(RejectedRowsError):
        deliver(erasing, [GONE, record("gone", address=None), record("gone", address="a@example.com")])
    assert len(left(sandbox)) == 4


def test_more_ids_than_a_call_takes(sandbox: Sandbox, erasing: dict[str, Any]) -> None:
    erasing["erase_from"][0]["others"] = {"CAMPAIGN_ID": ["c1"]}
    deliver(erasing, request(*(f"n{number}" for number in range(205)), "a"))
    assert receipt(erasing)["erased"][0]["ids"] == 206
    assert len(left(sandbox)) == 5


def test_a_key_that_is_not_complete_is_refused_at_start(sandbox: Sandbox, erasing: dict[str, Any]) -> None:
    del erasing["erase_from"][0]["others"]
    with pytest.raises(
        DataError, match="RSYS-5033: The primary key of table CDP/people is CAMPAIGN_ID, EMAIL"
    ):
        deliver(erasing, request("a"))
    assert len(left(sandbox)) == 6


def test_a_table_that_is_not_there(erasing: dict[str, Any]) -> None:
    erasing["erase_from"][0]["table"] = "nowhere"
    with pytest.raises(SettingsError, match="RSYS-5007.*nowhere"):
        deliver(erasing, request("a"))


def test_a_stream_without_ids(erasing: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="RSYS-5034: Stream people"):
        deliver(erasing, [PEOPLE])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"erase_by": None}, "erase_by is missing"),
        ({"erase_from": []}, "erase_from is missing"),
        ({"erase_by": {"address": "riid"}}, "no property for: email"),
        ({"delivery": "sftp"}, "erase works with delivery api only"),
    ],
)
def test_settings_that_do_not_make_an_erasure(
    erasing: dict[str, Any], tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    run = run_target(tmp_path, erasing | changes, lines_of(request("a")))
    assert run.exit_code == 2
    assert words in run.errors[0]
