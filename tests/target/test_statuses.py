"""Consent accounting: which permission statuses a merge into a profile list has changed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, record, schema

from responsys_io.errors import SettingsError
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from responsys_sandbox.rest import Drop, Fault, Refuse
from target_responsys.endofrun import RejectedRowsError
from target_responsys.statuschanges import StatusChange, channels_of, document, status_changes, words

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

CONTACTS = contacts_list(FOLDER)
EMAIL, MOBILE, POSTAL = (f"{channel}_PERMISSION_STATUS_" for channel in ("EMAIL", "MOBILE", "POSTAL"))
MEMBERS = rf"/lists/{LIST_NAME}/members$"
PEOPLE = schema("people", key=(), id="string", email="string", riid="string", ok="string", city="string")
# Recipient id, customer id, address, statuses by e-mail, mobile and post.
BEFORE = [
    ("1", "C1", "ada@example.com", "I", "I", "O"),
    ("2", "C2", "bob@example.com", "O", "I", None),
    ("3", "C3", "cid@example.com", "I", "O", "O"),
    ("4", "C4", "dan@example.com", "I", "O", "O"),
    ("5", "C5", "dan@example.com", "I", "O", "O"),
]


@pytest.fixture
def to_list(sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Settings of a merge into a list of five people, opted out by default, with a receipt."""
    names = ("RIID_", "CUSTOMER_ID_", "EMAIL_ADDRESS_", EMAIL, MOBILE, POSTAL)
    sandbox.store.lists.add_members(CONTACTS, [dict(zip(names, each, strict=True)) for each in BEFORE])
    return config | {
        "destination": "list",
        "list_name": LIST_NAME,
        "default_permission_status": "OPTOUT",
        "match_columns": ["CUSTOMER_ID_"],
        "receipt_file": str(tmp_path / "receipt.json"),
        "tables": {"people": columns(id="CUSTOMER_ID_", email="EMAIL_ADDRESS_")},
    }


def columns(**named: Any) -> dict[str, Any]:
    return {"columns": named, "unmapped": "leave_out"}


def people(*values: dict[str, Any]) -> list[dict[str, Any]]:
    return [PEOPLE, *(record("people", **each) for each in values)]


def told(config: dict[str, Any]) -> Any:
    (destination,) = json.loads(Path(config["receipt_file"]).read_text())["destinations"]
    return destination["status_changes"]


def really(sandbox: Sandbox) -> dict[str, Any]:
    """What the sandbox itself says has changed, in the form of the receipt."""
    changes = Counter(
        (each.column.removesuffix("_PERMISSION_STATUS_").lower(), each.riid, each.before, each.after)
        for each in sandbox.store.lists.permission_changes(CONTACTS)
    )
    known = {int(each[0]) for each in BEFORE}
    made: Counter[StatusChange] = Counter()
    for (channel, riid, before, after), count in changes.items():
        made[StatusChange(channel, before or "" if riid in known else None, after or "")] += count
    return document(made)


NEW = {"id": "N1", "email": "new@example.com"}


@pytest.mark.parametrize("size", [200, 1])
@pytest.mark.parametrize(
    ("match", "batch", "on_update", "expected"),
    [
        (
            ["CUSTOMER_ID_"],
            [{"id": "C1"}, {"id": "C2"}, {"id": "C4"}, NEW],
            True,
            {
                "email": {"new": {"O": 1}, "changed": {"I->O": 2}},
                "mobile": {"new": {"O": 1}, "changed": {"I->O": 2}},
                "postal": {"new": {"O": 1}, "changed": {"none->O": 1}},
            },
        ),
        (
            ["CUSTOMER_ID_"],
            [{"id": "C1"}, {"id": "C2"}, NEW],
            False,
            {channel: {"new": {"O": 1}, "changed": {}} for channel in ("email", "mobile", "postal")},
        ),
        (
            ["EMAIL_ADDRESS_"],
            # Spelt otherwise, twice; refused because two people have the address; and new.
            [{"email": "ADA@example.com"}, {"email": "Ada@example.com"}, {"email": "dan@example.com"}, NEW],
            True,
            {
                "email": {"new": {"O": 1}, "changed": {"I->O": 1}},
                "mobile": {"new": {"O": 1}, "changed": {"I->O": 1}},
                "postal": {"new": {"O": 1}, "changed": {}},
            },
        ),
        (
            ["RIID_"],
            # Nobody has the last one, and a recipient id is never inserted.
            [{"riid": "3"}, {"riid": "99"}],
            True,
            {"email": {"new": {}, "changed": {"I->O": 1}}},
        ),
        (
            ["EMAIL_ADDRESS_", "CUSTOMER_ID_"],
            # The address is that of another member as well, who is left alone.
            [{"id": "C4", "email": "dan@example.com"}],
            True,
            {"email": {"new": {}, "changed": {"I->O": 1}}},
        ),
    ],
)
def test_what_has_changed_is_counted_per_channel(
    sandbox: Sandbox,
    to_list: dict[str, Any],
    match: list[str],
    batch: list[dict[str, Any]],
    on_update: bool,
    expected: dict[str, Any],
    size: int,
) -> None:
    sandbox.rest.options.default_permission_on_update = on_update
    named = {"id": "CUSTOMER_ID_", "email": "EMAIL_ADDRESS_", "riid": "RIID_", "city": "CITY_"}
    to_list |= {"match_columns": match, "batch_size_rows": size, "max_rejected_rows": 9}
    to_list["tables"] = {"people": columns(**named)}
    deliver(to_list, people(*({**each, "city": "Ghent"} for each in batch)))
    assert told(to_list) == expected == really(sandbox)


def test_statuses_that_are_sent_are_counted_as_they_are_stored(
    sandbox: Sandbox, to_list: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    sandbox.rest.options.default_permission_on_update = False
    to_list |= {"allow_permission_columns": True, "optin_value": "yes", "optout_value": "no"}
    to_list |= {"default_permission_status": "OPTIN", "max_rejected_rows": 1}
    to_list["tables"] = {"people": columns(id="CUSTOMER_ID_", ok=EMAIL)}
    batch = [("C1", "no"), ("C2", "yes"), ("C3", "yes"), ("C4", "perhaps"), ("C5", "no"), ("N1", "no")]
    deliver(to_list, people(*({"id": name, "ok": ok} for name, ok in batch)))
    assert told(to_list) == really(sandbox)
    assert told(to_list)["email"] == {"new": {"O": 1}, "changed": {"I->O": 2, "O->I": 1}}
    assert told(to_list)["mobile"] == {"new": {"I": 1}, "changed": {}}
    assert "permission statuses: email new O: 1, email I->O: 2, email O->I: 1, mobile new I: 1" in caplog.text


def test_insert_only_changes_nobody_who_is_there(to_list: dict[str, Any]) -> None:
    deliver(to_list | {"load_method": "insert-only"}, people({"id": "C1"}, NEW))
    assert told(to_list) == {
        channel: {"new": {"O": 1}, "changed": {}} for channel in ("email", "mobile", "postal")
    }


def test_nothing_has_changed(to_list: dict[str, Any]) -> None:
    deliver(to_list | {"insert_on_no_match": False, "max_rejected_rows": 1}, people({"id": "nobody"}))
    assert told(to_list) == {}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_merge_whose_answer_is_lost_is_counted_once(
    sandbox: Sandbox, to_list: dict[str, Any], when: Any
) -> None:
    sandbox.rest.faults.add(Fault(action=Drop(when), method="POST", path=MEMBERS, skip=1))
    deliver(to_list, people({"id": "C1"}, NEW))
    assert told(to_list)["email"] == {"new": {"O": 1}, "changed": {"I->O": 1}}


def test_a_call_that_is_split_is_counted_as_one(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    sandbox.rest.options.bad_member_fails_call = True
    bad = {"id": "C3", "email": "nobody"}
    with pytest.raises(RejectedRowsError, match="1 records"):
        deliver(to_list, people(*({"id": f"C{n}", "email": f"{n}@example.com"} for n in (1, 2, 4)), bad))
    assert told(to_list)["email"] == {"new": {}, "changed": {"I->O": 2}} == really(sandbox)["email"]


def test_people_of_different_calls_at_the_same_time(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    """Spelt otherwise, the same person is in many calls, of which each changes the status."""
    to_list |= {"match_columns": ["EMAIL_ADDRESS_"], "batch_size_rows": 1, "allow_permission_columns": True}
    to_list["tables"] = {"people": columns(email="EMAIL_ADDRESS_", ok=EMAIL)}
    spelt = ["ada@example.com", "Ada@example.com", "ADA@example.com", "aDa@example.com", "adA@example.com"]
    deliver(to_list, people(*({"email": each, "ok": "OI"[n % 2]} for n, each in enumerate(spelt))))
    assert (
        told(to_list)["email"] == {"new": {}, "changed": {"I->O": 3, "O->I": 2}} == really(sandbox)["email"]
    )


def test_it_is_not_counted_where_that_is_not_wanted(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    deliver(to_list | {"count_status_changes": False}, people({"id": "C1"}, {"id": "N1"}))
    assert told(to_list) is None
    assert len([call for call in sandbox.store.requests() if call.path.endswith("/members")]) == 1


def test_nobody_is_merged_whose_status_cannot_be_read(sandbox: Sandbox, to_list: dict[str, Any]) -> None:
    sandbox.rest.faults.add(Fault(action=Refuse("INSUFFICIENT_ACCESS"), method="POST", path=MEMBERS))
    with pytest.raises(SettingsError, match="RSYS-4010.*read list members"):
        deliver(to_list, people({"id": "C1"}))
    assert sandbox.store.lists.permission_changes(CONTACTS) == []


def test_channels_are_those_of_the_list() -> None:
    names = ["RIID_", EMAIL, "Push_Permission_Status_", "EMAIL_PERMISSION_REASON_", "PERMISSION_STATUS_"]
    assert channels_of(names) == {"email": EMAIL, "push": "Push_Permission_Status_"}


def test_changes_as_data_and_in_words() -> None:
    before = {"1": {"email": "I"}, "2": {"email": ""}, "3": {"email": "O"}}
    after = {"1": {"email": "O"}, "2": {"email": "I"}, "3": {"email": "O"}, "4": {"email": "I"}}
    changes = status_changes(before, after)
    assert document(changes) == {"email": {"new": {"I": 1}, "changed": {"I->O": 1, "none->I": 1}}}
    assert words(changes) == "email new I: 1, email none->I: 1, email I->O: 1"
    assert (document(Counter()), words(Counter())) == ({}, "")
