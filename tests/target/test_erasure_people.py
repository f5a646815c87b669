"""Erasure from profile lists and their extension tables: who is found, in which order, and what is told."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, lines, record, run_target, schema, state

from responsys_io.errors import DataError, SettingsError
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from responsys_sandbox.rest import Answer, Drop, Fault
from responsys_sandbox.tables import Column, Table
from target_responsys.endofrun import RejectedRowsError
from target_responsys.ids import normal, spellings
from target_responsys.memberplaces import outcomes

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

CONTACTS = contacts_list(FOLDER)
LOYALTY = Table(FOLDER, "LOYALTY", (Column("RIID_", "INTEGER"), Column("TIER", "STR500")), ("RIID_",))
ORDERS = Table(FOLDER, "ORDERS", (Column("EMAIL", "STR500"),), ("EMAIL",))
RIID = {"type": ["null", "string", "integer"]}
GONE = schema("gone", key=(), address="string", customer="string", phone="string", riid=RIID)
LIST = {"list_name": LIST_NAME}
PET = {"pet_name": "LOYALTY"}
TABLE = {"table": "ORDERS", "column": "EMAIL", "kind": "email"}
LIST_PLACE, PET_PLACE = f"profile list {LIST_NAME}", f"profile extension table LOYALTY of list {LIST_NAME}"
MEMBERS = rf"/lists/{LIST_NAME}/members$"
# Two people share an address.
PEOPLE = {
    1: ("C1", "Ada@example.com", "15550001"),
    2: ("C2", "bob@example.com", "15550002"),
    3: ("C3", "shared@example.com", "15550003"),
    4: ("C4", "shared@example.com", None),
    5: ("C5", None, None),
}


@pytest.fixture
def erasing(sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Settings of an erasure; five people in the list, each with a row in an extension table."""
    lists, extensions = sandbox.store.lists, sandbox.store.extensions
    lists.add_members(
        CONTACTS,
        [
            {"RIID_": str(riid), "CUSTOMER_ID_": customer, "EMAIL_ADDRESS_": email, "MOBILE_NUMBER_": mobile}
            for riid, (customer, email, mobile) in PEOPLE.items()
        ],
    )
    extensions.create(LIST_NAME, LOYALTY)
    rows = [(riid, {"TIER": "gold"}) for riid in PEOPLE]
    extensions.merge(LIST_NAME, LOYALTY, rows, insert=True, update=True, moment="2026-07-01 00:00:00")
    sandbox.store.create_table(ORDERS)
    sandbox.store.merge(ORDERS, [{"EMAIL": name} for name in ("ada@example.com", "bob@example.com")])
    return config | {
        "list_name": LIST_NAME,
        "erase": True,
        "erase_by": {"address": "email", "customer": "customer_id", "phone": "mobile", "riid": "riid"},
        "erase_from": [LIST, PET],
        "receipt_file": str(tmp_path / "receipt.json"),
        "request_log_file": str(tmp_path / "requests.jsonl"),
    }


def ids(*records: dict[str, Any]) -> list[dict[str, Any]]:
    return [GONE, *(record("gone", **values) for values in records), state(end=1)]


def members(sandbox: Sandbox) -> list[int]:
    return [int(row["RIID_"] or 0) for row in sandbox.store.lists.members(CONTACTS)]


def rows(sandbox: Sandbox) -> list[int]:
    return [int(row["RIID_"] or 0) for row in sandbox.store.extensions.rows(LIST_NAME, LOYALTY)]


def erased(config: dict[str, Any]) -> dict[tuple[str, str], tuple[int, ...]]:
    """Ids, found, deleted, absent and shared by place and kind, out of the receipt."""
    document = json.loads(Path(config["receipt_file"]).read_text())
    counts = ("ids", "found", "deleted", "absent", "shared")
    return {
        (each["place"], each["kind"]): tuple(each[name] for name in counts) for each in document["erased"]
    }


@pytest.mark.parametrize("orphans", [False, True])
@pytest.mark.parametrize("places", list(itertools.permutations([LIST, PET, TABLE])))
def test_people_go_from_all_places_in_whatever_order_these_are_named(
    sandbox: Sandbox, erasing: dict[str, Any], places: tuple[Any, ...], orphans: bool
) -> None:
    sandbox.rest.options.orphaned_extension_rows = orphans
    sandbox.rest.options.delete_of_nobody = "error" if orphans else "rows"
    found = deliver(
        {**erasing, "erase_from": list(places)}, ids({"address": "bob@example.com"}, {"address": "x@y.z"})
    )
    assert found == [{"end": 1}]
    assert (members(sandbox), rows(sandbox)) == ([1, 3, 4, 5], [1, 3, 4, 5])
    assert [row["EMAIL"] for row in sandbox.store.rows(FOLDER, "ORDERS")] == ["ada@example.com"]
    counts = (2, 1, 1, 2, 0)
    assert erased(erasing) == {
        (place, "email"): counts for place in (LIST_PLACE, PET_PLACE, f"{FOLDER}/ORDERS")
    }


def test_every_kind_of_id(sandbox: Sandbox, erasing: dict[str, Any]) -> None:
    deliver(
        erasing,
        ids(
            {"riid": 1},
            {"address": "bob@example.com", "customer": "C2"},
            {"phone": "+15550003"},
            {"customer": "C5", "riid": "99"},
        ),
    )
    assert (members(sandbox), rows(sandbox)) == ([4], [4])
    # Person 2 is found by the first of two ids: nothing is left for the second.
    assert erased(erasing) == {
        (PET_PLACE, "email"): (1, 1, 1, 1, 0),
        (PET_PLACE, "customer_id"): (2, 1, 1, 2, 0),
        (PET_PLACE, "mobile"): (1, 1, 1, 1, 0),
        (PET_PLACE, "riid"): (2, 1, 1, 2, 0),
        (LIST_PLACE, "email"): (1, 1, 1, 1, 0),
        (LIST_PLACE, "customer_id"): (2, 1, 1, 2, 0),
        (LIST_PLACE, "mobile"): (1, 1, 1, 1, 0),
        (LIST_PLACE, "riid"): (2, 1, 1, 2, 0),
    }


def test_all_who_share_an_id_go_and_the_receipt_says_so(sandbox: Sandbox, erasing: dict[str, Any]) -> None:
    deliver(erasing, ids({"address": "shared@example.com"}, {"address": "SHARED@example.com"}))
    assert (members(sandbox), rows(sandbox)) == ([1, 2, 5], [1, 2, 5])
    assert erased(erasing)[LIST_PLACE, "email"] == (2, 2, 2, 2, 2)
    assert erased(erasing)[PET_PLACE, "email"] == (2, 2, 2, 2, 2)


@pytest.mark.parametrize("exact", [False, True])
def test_letter_case(sandbox: Sandbox, erasing: dict[str, Any], exact: bool) -> None:
    sandbox.rest.options.case_sensitive_addresses = exact
    deliver(
        {**erasing, "erase_from": [LIST, TABLE]},
        ids({"address": "Ada@example.com"}, {"address": "BOB@example.com"}),
    )
    assert members(sandbox) == [3, 4, 5]
    assert sandbox.store.rows(FOLDER, "ORDERS") == []


def test_a_row_whose_member_is_gone_is_found_by_recipient_id(
    sandbox: Sandbox, erasing: dict[str, Any]
) -> None:
    sandbox.store.lists.delete(CONTACTS, 2, with_extension_rows=False)
    deliver(erasing, ids({"riid": "2"}))
    assert rows(sandbox) == [1, 3, 4, 5]
    assert erased(erasing)[PET_PLACE, "riid"] == (1, 1, 1, 1, 0)
    assert erased(erasing)[LIST_PLACE, "riid"] == (1, 0, 0, 1, 0)


@pytest.mark.parametrize("answers", ["rows", "error"])
@pytest.mark.parametrize("kept", [LIST, PET])
def test_a_lost_answer_leaves_the_receipt_true(
    sandbox: Sandbox, erasing: dict[str, Any], kept: dict[str, str], answers: Any
) -> None:
    sandbox.rest.options.delete_of_nobody = answers
    path = MEMBERS if kept is LIST else r"/listExtensions/LOYALTY/members$"
    # The first call reads, the second deletes.
    sandbox.rest.faults.add(Fault(action=Drop("after"), method="POST", path=path, skip=1))
    deliver({**erasing, "erase_from": [kept]}, ids({"address": "bob@example.com"}, {"address": "x@y.z"}))
    place = LIST_PLACE if kept is LIST else PET_PLACE
    assert erased(erasing) == {(place, "email"): (2, 1, 1, 2, 0)}
    assert 2 not in (members(sandbox) if kept is LIST else rows(sandbox))


def test_who_could_not_be_deleted_is_rejected_and_can_be_tried_again(
    sandbox: Sandbox, erasing: dict[str, Any]
) -> None:
    locked = '{"recordData":{"fieldNames":["RIID_"],"records":[["DELETEFAILED: locked"],["1"]]}}'
    fault = Fault(action=Answer(200, locked, "application/json"), method="POST", path=MEMBERS, skip=1)
    sandbox.rest.faults.add(fault)
    with pytest.raises(RejectedRowsError, match="RSYS-5302: 2 records"):
        deliver(
            {**erasing, "erase_from": [LIST]},
            ids({"address": "bob@example.com"}, {"address": "ada@example.com"}),
        )
    assert erased(erasing) == {(LIST_PLACE, "email"): (2, 2, 0, 0, 0)}
    refused = Path(erasing["rejects_file"])
    again = [json.loads(line) for line in refused.read_text().splitlines()]
    assert again[1]["rejected"]["code"] == "NOTERASED"
    refused.unlink()
    deliver({**erasing, "erase_from": [LIST]}, [*again, state(end=1)])
    assert members(sandbox) == [3, 4, 5]


def test_calls_take_200_ids_and_are_few(sandbox: Sandbox, erasing: dict[str, Any]) -> None:
    people = [
        {"RIID_": str(100 + number), "EMAIL_ADDRESS_": f"n{number}@example.com"} for number in range(450)
    ]
    sandbox.store.lists.add_members(CONTACTS, people)
    before = len(sandbox.store.requests())
    deliver(erasing, ids(*({"address": each["EMAIL_ADDRESS_"]} for each in people)))
    assert members(sandbox) == [1, 2, 3, 4, 5]
    assert erased(erasing)[LIST_PLACE, "email"] == (450, 450, 450, 450, 0)
    calls = [call for call in sandbox.store.requests()[before:] if call.path.endswith("/members")]
    assert max(call.rows for call in calls) == 200
    # Three batches: owners and rows of the extension table; then a read, a deletion and a read of the list.
    assert len(calls) == 15


def test_ids_that_are_none(sandbox: Sandbox, erasing: dict[str, Any]) -> None:
    with pytest.raises(RejectedRowsError, match="RSYS-5302: 3 records"):
        deliver(
            erasing,
            ids({"riid": "bob"}, {"riid": "0", "customer": "C2"}, {"address": " "}, {"address": "x@y.z"}),
        )
    assert members(sandbox) == [1, 3, 4, 5]
    text = Path(erasing["rejects_file"]).read_text()
    assert [json.loads(line)["rejected"]["reason"] for line in text.splitlines()[1:]] == [
        "its recipient id is no whole number",
        "its recipient id is no whole number",
        "it has no id",
    ]


def test_nothing_of_an_id_is_told(erasing: dict[str, Any], tmp_path: Path) -> None:
    data = lines(ids({"address": "bob@example.com", "customer": "C2secret", "phone": "+15550002"}))
    run = run_target(tmp_path, erasing, data, TARGET_RESPONSYS_LOGLEVEL="DEBUG", LOGLEVEL="DEBUG")
    assert run.exit_code == 0, run.stderr
    told = (
        run.stderr + Path(erasing["request_log_file"]).read_text() + Path(erasing["receipt_file"]).read_text()
    )
    assert "DEBUG" in run.stderr
    assert not any(text in told for text in ("example.com", "%40", "C2secret", "15550002"))
    assert f"{PET_PLACE} by email: 1 ids looked for, 1 found, 1 rows deleted, 1 ids verified absent" in told


def test_settings_of_destinations_do_not_matter(sandbox: Sandbox, erasing: dict[str, Any]) -> None:
    to_list = {"destination": "list", "load_method": "mirror", "mirror_state_file": None, "folder_name": None}
    config = erasing | to_list | {"load_method": "upsert"}
    deliver(config, ids({"address": "bob@example.com"}))
    assert members(sandbox) == [1, 3, 4, 5]


def test_extension_tables_that_are_not_named_are_warned_of(
    erasing: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    deliver({**erasing, "erase_from": [LIST]}, ids())
    assert (
        f"Profile extension tables of list {LIST_NAME} that erase_from does not name: LOYALTY." in caplog.text
    )
    caplog.clear()
    deliver({**erasing, "erase_from": [PET, LIST]}, ids())
    assert "does not name" not in caplog.text


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"list_name": "NOPE"}, "RSYS-5022: Responsys has no profile list NOPE"),
        ({"list_name": "NOPE", "pet_name": "LOYALTY"}, "RSYS-5022: Responsys has no profile list NOPE"),
        ({"pet_name": "NOPE"}, "RSYS-5022: Responsys has no profile extension table NOPE"),
    ],
)
def test_a_place_that_is_not_there_is_said_at_start(
    sandbox: Sandbox, erasing: dict[str, Any], place: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        deliver({**erasing, "erase_from": [LIST, place]}, ids({"address": "bob@example.com"}))
    assert len(members(sandbox)) == 5


def test_a_list_without_the_column_of_a_kind(sandbox: Sandbox, erasing: dict[str, Any]) -> None:
    columns = tuple(column for column in CONTACTS.columns if column.name != "CUSTOMER_ID_")
    sandbox.store.lists.add_list(Table(FOLDER, "SMALL", columns, ("RIID_",)))
    small: dict[str, Any] = {"list_name": "SMALL"}
    with pytest.raises(
        DataError, match="RSYS-5035: Profile list SMALL has no column CUSTOMER_ID_.*customer_id"
    ):
        deliver({**erasing, "erase_from": [LIST, small]}, ids({"address": "bob@example.com"}))
    small["kind"] = "email"
    deliver({**erasing, "erase_from": [LIST, small]}, ids({"address": "bob@example.com"}))
    assert erased(erasing)["profile list SMALL", "email"] == (1, 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({}, "entry 2: it has neither table nor list_name"),
        ({"pet_name": "LOYALTY", "column": "X"}, "entry 2: column does not go with a list or an extension"),
        ({**TABLE, "list_name": "L"}, "entry 2: list_name does not go with a table"),
        ({"table": "ORDERS", "kind": "email"}, "entry 2: a table needs column"),
        ({"list_name": "L", "kind": "e-mail"}, "erase_from"),
        ({"list_name": "L", "kind": "customer_id"}, "no property for: customer_id"),
    ],
)
def test_entries_that_do_not_make_a_place(
    sandbox: Sandbox, erasing: dict[str, Any], tmp_path: Path, place: dict[str, Any], words: str
) -> None:
    config = erasing | {"erase_from": [LIST, place], "erase_by": {"address": "email"}}
    run = run_target(tmp_path, config, lines(ids({"address": "bob@example.com"})))
    assert run.exit_code == 2
    assert words in run.errors[0]
    assert sandbox.store.requests() == []


def test_an_erasure_is_planned(sandbox: Sandbox, erasing: dict[str, Any], tmp_path: Path) -> None:
    config = erasing | {"erase_from": [LIST, PET, TABLE]}
    data = lines(ids({"address": "bob@example.com"}, {"riid": "7"}, {"riid": "x"}, {"address": "x@y.z"}))
    run = run_target(tmp_path, config, data, "--plan", "--format", "json")
    assert run.exit_code == 0, run.stderr
    plan = json.loads(run.stdout)
    (erasure,) = plan["erasures"]
    assert (plan["can_run"], erasure["records"]) == (True, 4)
    assert erasure["refused"] == {"its recipient id is no whole number": 1}
    counts = {(each["place"], each["kind"]): each["ids"] for each in erasure["places"]}
    assert counts[LIST_PLACE, "email"] == counts[f"{FOLDER}/ORDERS", "email"] == 2
    assert counts[PET_PLACE, "riid"] == 1
    assert counts[PET_PLACE, "mobile"] == 0
    assert {call.path for call in sandbox.store.requests() if call.method != "GET"} == {
        "/rest/api/v1.3/auth/token"
    }
    assert not Path(erasing["rejects_file"]).exists()
    text = run_target(tmp_path, config, data, "--plan").stdout
    assert f"2 ids by email in {LIST_PLACE}" in text
    assert "A run can go ahead." in text


@pytest.mark.parametrize(
    ("changes", "stream", "code"),
    [
        ({"erase_from": [{"list_name": "NOPE"}]}, GONE, "RSYS-5022"),
        ({}, schema("gone", key=(), other="string"), "RSYS-5034"),
    ],
)
def test_a_plan_says_why_an_erasure_would_stop(
    erasing: dict[str, Any], tmp_path: Path, changes: dict[str, Any], stream: dict[str, Any], code: str
) -> None:
    data = lines([stream, record("gone", address="bob@example.com")])
    run = run_target(tmp_path, erasing | changes, data, "--plan")
    assert run.exit_code == 2
    assert f"Problem: {code}" in run.stdout


def test_spellings_of_ids() -> None:
    assert spellings("email", "Ada@X.org") == ["Ada@X.org", "ada@x.org"]
    assert spellings("mobile", "+1555") == ["+1555", "1555"]
    assert spellings("customer_id", "Ab") == ["Ab"]
    assert normal("riid", "007") == "7"


def test_a_row_is_counted_once_for_all_ids_that_it_was_found_by() -> None:
    made = outcomes([{"1", "2"}, {"2"}, set()], [set(), set(), set()], [{"1", "2"}, {"2"}, set()])
    assert [(each.found, each.deleted, each.absent) for each in made] == [
        (2, 2, True),
        (1, 0, True),
        (0, 0, True),
    ]
    assert outcomes([{"1"}], [{"1"}], [{"1"}])[0].absent is False
