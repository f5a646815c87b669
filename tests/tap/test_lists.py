"""Contact lists and tables: several of them, full and delta exports mixed, who has left."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.embedded import embedded_server
from support.exports import write, write_contacts
from support.plugins import run_tap

from tap_responsys.ledger import FileEntry
from tap_responsys.vanished import reason_to_keep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from support.plugins import Run

    Tap = Callable[..., Run]


class Destination:
    """What a destination does that merges by key and knows versions."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.versions: dict[int, int] = {}

    def load(self, run: Run, stream: str = "contacts") -> None:
        for message in run.messages:
            if message.get("stream") != stream:
                continue
            if message["type"] == "RECORD":
                riid = message["record"]["RIID_"]
                self.rows[riid] = {**message["record"], "deleted": False}
                self.versions[riid] = message["version"]
            elif message["type"] == "ACTIVATE_VERSION":
                for riid, version in self.versions.items():
                    if version < message["version"]:
                        self.rows[riid]["deleted"] = True

    @property
    def alive(self) -> set[int]:
        return {riid for riid, row in self.rows.items() if not row["deleted"]}


DETECT = {"detect_deleted_contacts": True}


def contacts(*rows: tuple[int, int], status: str = "I") -> list[tuple[int, str, str]]:
    """Contacts as (id, day of January 2019 on which it was modified)."""
    return [(riid, status, f"2019-01-{day:02} 01:00:00") for riid, day in rows]


def test_contacts_missing_from_a_full_export_are_marked_deleted(tap: Tap, download: Path) -> None:
    destination, state = Destination(), dict[str, Any]()
    lists = {
        "CONTACT_LIST_20190103.csv": (contacts((1, 2), (2, 2), (3, 2)), {1, 2, 3}),
        # An update: whoever is not in it is still there.
        "CONTACT_LIST_20190104.csv": (contacts((2, 4), (4, 4)), {1, 2, 3, 4}),
        "CONTACT_LIST_20190105.csv": (contacts((1, 2), (2, 4), (4, 4)), {1, 2, 4}),
        # The one modified last has gone: the list is nevertheless newer than the one before.
        "CONTACT_LIST_20190106.csv": (contacts((1, 2), (2, 4)), {1, 2}),
        "CONTACT_LIST_20190107.csv": (contacts((1, 2), (2, 4), (3, 7)), {1, 2, 3}),
    }
    for mtime, (name, (rows, alive)) in enumerate(lists.items()):
        write_contacts(download, name, rows, 1_546_500_000 + mtime)
        run = tap(settings=DETECT, state=state)
        assert run.exit_code == 0
        destination.load(run)
        assert destination.alive == alive, name
        state = run.state
    assert destination.rows[2]["MODIFIED_DATE_"] == "2019-01-04T01:00:00+00:00"
    assert not any(m["type"] == "ACTIVATE_VERSION" for m in tap(settings=DETECT, state=state).messages)


def test_names_can_tell_which_exports_are_full(tap: Tap, download: Path) -> None:
    destination = Destination()
    named = {**DETECT, "full_contacts_file_pattern": "*_full_*"}
    for name, rows, alive in (
        ("CONTACT_LIST_FULL_20190103.csv", contacts((1, 2), (2, 2), (3, 2)), {1, 2, 3}),
        ("CONTACT_LIST_20190104.csv", contacts((1, 2)), {1, 2, 3}),
        ("CONTACT_LIST_FULL_20190105.csv", contacts((1, 5)), {1}),
    ):
        write_contacts(download, name, rows)
        destination = Destination()
        destination.load(tap(settings=named))
        assert destination.alive == alive, name


def test_a_full_export_with_rows_that_do_not_fit_deletes_nobody(tap: Tap, download: Path) -> None:
    write_contacts(download, "CONTACT_LIST_20190103.csv", contacts((1, 2), (2, 2), (3, 2)))
    rows = [*contacts((1, 2), (2, 2)), (3, "I", "no date")]
    write_contacts(download, "CONTACT_LIST_20190104.csv", rows)
    destination = Destination()
    run = tap(settings=DETECT)
    destination.load(run)
    assert destination.alive == {1, 2, 3}
    assert "Nobody is taken for deleted after CONTACT_LIST_20190104.csv" in run.stderr


def test_without_the_setting_nobody_is_deleted(tap: Tap, download: Path) -> None:
    write_contacts(download, "CONTACT_LIST_20190103.csv", contacts((1, 2), (2, 2)))
    write_contacts(download, "CONTACT_LIST_20190104.csv", contacts((1, 2)))
    assert {message["type"] for message in tap().messages} == {"SCHEMA", "RECORD", "STATE"}


def test_an_older_full_export_that_arrives_late_brings_nobody_back(tap: Tap, download: Path) -> None:
    destination, state = Destination(), dict[str, Any]()
    for name, rows in (
        ("CONTACT_LIST_20190103.csv", contacts((1, 2), (2, 2))),
        ("CONTACT_LIST_20190107.csv", contacts((1, 2), (4, 6))),
        ("CONTACT_LIST_20190108.csv", contacts((5, 8))),
        ("CONTACT_LIST_20190105.csv", contacts((1, 2), (2, 4), (3, 4))),
    ):
        write_contacts(download, name, rows)
        run = tap(settings=DETECT, state=state)
        destination.load(run)
        state = run.state
    assert destination.alive == {1, 4, 5}


@settings(max_examples=12)
@given(order=st.permutations(range(6)), pauses=st.lists(st.integers(1, 4), max_size=3))
def test_in_any_order_of_arrival_the_destination_is_the_same(
    order: list[int], pauses: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Fulls and updates, some runs apart: whoever was alive at the end is, with the newest row."""
    exports = [
        contacts((1, 1), (2, 1), (3, 1), (4, 1)),
        contacts((1, 2), (5, 2)),
        contacts((1, 2), (2, 1), (3, 1), (5, 2)),
        contacts((2, 4), (6, 4)),
        contacts((1, 2), (2, 4), (6, 4)),
        contacts((7, 6)),
    ]
    root = tmp_path_factory.mktemp("lists")
    destination, state = Destination(), dict[str, Any]()
    with embedded_server(root / "server") as server:
        folder, waiting = server.files / "download", list(order)
        config = {**server.config, "settle_seconds": 0, **DETECT, "full_contacts_file_pattern": "*FULL*"}
        for batch in [*pauses, len(order)]:
            for number in waiting[:batch]:
                kind = "FULL" if number in {0, 2, 4} else "DELTA"
                name = f"CONTACT_LIST_{kind}_2019010{number + 2}_060500.csv"
                write_contacts(folder, name, exports[number], 1_546_500_000 + number)
            waiting = waiting[batch:]
            run = run_tap(root, config, state=state)
            assert run.exit_code == 0
            destination.load(run)
            state = run.state
    days = {riid: destination.rows[riid]["MODIFIED_DATE_"][8:10] for riid in destination.alive}
    assert days == {1: "02", 2: "04", 6: "04", 7: "06"}


@pytest.mark.parametrize(
    ("entry", "more", "words"),
    [
        ({}, {}, None),
        ({"rejected": 1}, {}, "do not fit"),
        ({"rows": 0}, {}, "do not fit"),
        ({}, {"full_by_name": False}, "by its name"),
        ({"oldest": "2019-01-09"}, {"full_by_name": True}, None),
        ({"oldest": "2019-01-09"}, {"known_lists": []}, None),
        ({"oldest": "2019-01-09"}, {"known_lists": ["2019-01-11"]}, None),
        ({"oldest": "2019-01-09"}, {}, "all its contacts were modified after"),
        ({"oldest": "2019-01-08"}, {}, None),
        ({"oldest": ""}, {}, "set full_contacts_file_pattern"),
        ({"rows": 49}, {}, "the last full one 100"),
        ({"rows": 49}, {"full_by_name": True}, None),
    ],
)
def test_who_has_left_is_told_by_a_full_export_only(
    entry: Mapping[str, Any], more: Mapping[str, Any], words: str | None
) -> None:
    known: dict[str, Any] = {"rows": 50, "as_of": "2019-01-10", "oldest": "2019-01-01", "rejected": 0} | dict(
        entry
    )
    facts: dict[str, Any] = {
        "full_by_name": None,
        "known_lists": ["2019-01-05", "2019-01-08"],
        "full_rows": 100,
    }
    facts |= more
    reason = reason_to_keep(FileEntry(1, 1, **known), **facts)
    assert (reason is None) if words is None else (words in str(reason))


def test_several_lists_are_streams_of_their_own(tap: Tap, download: Path) -> None:
    lists = {"US": "us_contacts*", "eu": "*_eu_*"}
    write_contacts(download, "US_CONTACTS_20190103.csv", contacts((1, 2), (2, 2)))
    write_contacts(download, "contacts_EU_20190103.csv", contacts((1, 3)))
    first = tap(settings={"contact_lists": lists})
    assert [row["RIID_"] for row in first.records["contacts_us"]] == [1, 2]
    assert [row["RIID_"] for row in first.records["contacts_eu"]] == [1]
    assert first.schemas["contacts_eu"]["key_properties"] == ["RIID_"]
    assert "contacts" not in first.schemas
    write_contacts(download, "contacts_EU_20190104.csv", contacts((3, 4)))
    second = tap(settings={"contact_lists": lists}, state=first.state)
    assert {stream: len(rows) for stream, rows in second.records.items()} == {"contacts_eu": 1}


def test_two_accounts_share_a_folder_and_not_their_states(tap: Tap, download: Path) -> None:
    for account, riid in ((1234, 1), (5678, 2)):
        write(
            download / f"{account}_OPEN_20190103_060500.txt",
            [("RIID", "ACCOUNT_ID"), (str(riid), str(account))],
        )
        for name in ("A", "B"):
            write_contacts(download, f"{account}_{name}_20190103.csv", contacts((riid, 2)))
    states = dict[int, Any]()
    for account, riid in ((1234, 1), (5678, 2)):
        chosen = {
            "account_id": str(account),
            "contact_lists": {"a": f"{account}_A_*", "b": f"{account}_B_*"},
        }
        run = tap(settings=chosen)
        assert [row["RIID"] for row in run.records["open"]] == [riid]
        assert {row["RIID_"] for name in "ab" for row in run.records[f"contacts_{name}"]} == {riid}
        states[account] = run.state
        assert tap(settings=chosen, state=run.state).records == {}
    assert states[1234] != states[5678]


TABLES = {
    "loyalty": {
        "file_pattern": "LOYALTY_*",
        "key_columns": ["riid_"],
        "types": {"points": "integer", "SINCE": "timestamp"},
    },
    "products": {"file_pattern": "*PRODUCTS*"},
}


def test_tables_are_streams_with_keys_and_types_of_the_settings(tap: Tap, download: Path) -> None:
    header = ("RIID_", "POINTS", "SINCE", "TIER")
    write(
        download / "LOYALTY_20190103.csv",
        [header, ("7", "12", "2019-01-02 10:00:00", "gold"), ("", "1", "", "")],
    )
    write(download / "20190103_Products.txt", [("SKU", "PRICE"), ("a-1", "007")])
    run = tap(settings={"table_exports": TABLES})
    assert run.exit_code == 0
    (loyal,) = run.records["loyalty"]
    assert {name: loyal[name] for name in header} == {
        "RIID_": 7, "POINTS": 12, "SINCE": "2019-01-02T10:00:00+00:00", "TIER": "gold",
    }  # fmt: skip
    assert run.schemas["loyalty"]["key_properties"] == ["RIID_"]
    assert run.records["rejected_rows"][0]["reason"] == "RIID_ is empty"
    (product,) = run.records["products"]
    assert (product["SKU"], product["PRICE"], product["_sdc_source_lineno"]) == ("a-1", "007", 2)
    assert run.schemas["products"]["key_properties"] == ["_sdc_source_file", "_sdc_source_lineno"]
    assert tap(settings={"table_exports": TABLES}, state=run.state).records == {}


def test_a_tables_older_export_that_arrives_late_does_not_win(tap: Tap, download: Path) -> None:
    chosen, rows = {"table_exports": TABLES}, [("RIID_", "POINTS"), ("7", "12")]
    write(download / "LOYALTY_20190105.csv", [rows[0], ("7", "99")])
    first = tap(settings=chosen)
    write(download / "LOYALTY_20190104.csv", rows)
    second = tap(settings=chosen, state=first.state)
    assert [row["POINTS"] for row in second.records["loyalty"]] == [12, 99]


def test_a_table_without_its_key_stops_its_stream(tap: Tap, download: Path) -> None:
    write(download / "LOYALTY_20190103.csv", [("POINTS",), ("12",)])
    run = tap(settings={"table_exports": TABLES})
    assert run.exit_code == 1
    assert "RSYS-3106: LOYALTY_20190103.csv has no column RIID_." in run.errors[0]


@pytest.mark.parametrize("known_to_the_catalog", [True, False])
def test_subscription_status_stands_without_the_columns_it_comes_from(
    known_to_the_catalog: bool, tap: Tap, download: Path
) -> None:
    write_contacts(download, "CONTACT_LIST_20190103.csv", contacts((1, 2), status="O"))
    catalog = json.loads(tap("--discover").stdout)
    hidden = {"EMAIL_PERMISSION_STATUS_", "MODIFIED_DATE_"}
    (stream,) = (stream for stream in catalog["streams"] if stream["stream"] == "contacts")
    catalog["streams"] = [stream]
    for name in hidden:
        stream["schema"]["properties"].pop(name)
    # One column was picked out by hand, so that new ones stay out.
    deselected = {*hidden, "CITY_"} if known_to_the_catalog else {"CITY_"}
    for item in stream["metadata"]:
        item["metadata"]["selected"] = not {*item["breadcrumb"]} & deselected
    if not known_to_the_catalog:
        stream["metadata"] = [item for item in stream["metadata"] if not {*item["breadcrumb"]} & hidden]
    (row,) = tap(catalog=catalog).records["contacts"]
    assert row["subscription_status"] == "unsubscribed"
    assert not hidden & row.keys()
