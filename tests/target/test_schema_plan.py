"""The schema guard: what of a stream does not fit its table, said before anything is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, record, schema

from responsys_io.errors import DataError, SettingsError
from responsys_io.supplemental import Column, Table
from responsys_sandbox import tables
from target_responsys.columnfit import can_hold, misfit, width_of
from target_responsys.destinations import Destination
from target_responsys.endofrun import RejectedRowsError
from target_responsys.matching import match
from target_responsys.routing import Route, route
from target_responsys.schema_plan import column_findings, schema_plan
from target_responsys.tabledefinition import definition

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

TEXT, WHOLE, NUMBER, FLAG = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))
MOMENT, DAY = ({"type": "string", "format": form} for form in ("date-time", "date"))
OBJECT = {"type": "object"}

# A property, its schema, the type of the column that is there (or none), and what is said about it.
LONG = "a" * 31
CASES: list[tuple[str, Any, str | None, str]] = [
    (LONG, TEXT, None, "it has 31 characters and 30 are allowed"),
    ("9lives", TEXT, None, "it has to begin with a letter and hold only A-Z, a-z, 0-9, $, # and _"),
    ("first name", TEXT, None, "it has to begin with a letter and hold only A-Z, a-z, 0-9, $, # and _"),
    ("straße", TEXT, None, "it has to begin with a letter and hold only A-Z, a-z, 0-9, $, # and _"),
    ("a-b", TEXT, None, "it has to begin with a letter and hold only A-Z, a-z, 0-9, $, # and _"),
    ("score_", TEXT, None, "names that end in an underscore are reserved for system fields"),
    ("e", TEXT, None, "the single letter e is not allowed"),
    ("U", TEXT, None, "the single letter U is not allowed"),
    ("date", TEXT, None, "date is a reserved word"),
    ("Level", TEXT, None, "Level is a reserved word"),
    ("born", DAY, "CHAR", "cannot hold what property born is: date"),
    ("seen", MOMENT, "INTEGER", "cannot hold what property seen is: timestamp"),
    ("left", MOMENT, "NUMBER", "cannot hold what property left is: timestamp"),
    ("joined", DAY, "NUMBER", "cannot hold what property joined is: date"),
    ("age", WHOLE, "TIMESTAMP", "cannot hold what property age is: integer"),
    ("ratio", NUMBER, "TIMESTAMP", "cannot hold what property ratio is: number"),
    ("vip", FLAG, "TIMESTAMP", "cannot hold what property vip is: boolean"),
    ("tags", OBJECT, "INTEGER", "cannot hold what property tags is: json"),
    ("cart", OBJECT, "TIMESTAMP", "cannot hold what property cart is: json"),
    ("meta", OBJECT, "CHAR", "cannot hold what property meta is: json"),
]


def routed(properties: dict[str, Any], **config: Any) -> Route:
    settings = {"folder_name": FOLDER, "campaign_id": "c1", **config}
    return route(
        "people", {"properties": {"email": TEXT, **properties}}, ["email"], settings, execution_id="x"
    )


def table(**columns: str) -> Table:
    found = {"CAMPAIGN_ID": "STR100", "EMAIL": "STR500", **columns}
    return Table(FOLDER, "people", tuple(Column(*each) for each in found.items()), ("CAMPAIGN_ID", "EMAIL"))


def exact(name: str, kind: str | None, words: str) -> str:
    if kind is None:
        return (
            f"Property {name} of stream people cannot become a column: {words}. Name it with "
            f"tables.people.columns.{name}, or null."
        )
    return (
        f"Column {name.upper()} ({kind}) of table CDP/people {words}. Map {name} to another column with "
        "tables.people.columns, or leave it out."
    )


@pytest.mark.parametrize(("name", "definition_", "kind", "words"), CASES)
def test_twenty_things_that_do_not_fit(name: str, definition_: Any, kind: str | None, words: str) -> None:
    made, found = routed({name: definition_}), table(**({name.upper(): kind} if kind else {}))
    findings = column_findings(made, schema_plan(made, found.columns), Destination("supplemental", found))
    assert [str(finding) for finding in findings][-1] == exact(name, kind, words)


def test_all_of_them_are_said_at_once_and_nothing_is_written(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    there = {"CAMPAIGN_ID": "STR100", "EMAIL": "STR500"}
    there |= {name.upper(): kind for name, _, kind, _ in CASES if kind}
    columns = tuple(tables.Column(*each) for each in there.items())
    sandbox.store.create_table(tables.Table(FOLDER, "people", columns, ("CAMPAIGN_ID", "EMAIL")))
    message = schema("people", email=TEXT, **{name: definition_ for name, definition_, _, _ in CASES})
    with pytest.raises(DataError, match="RSYS-5004: 21 things do not fit") as raised:
        deliver(config, [message, record("people", email="a@example.com")])
    for name, _, kind, words in CASES:
        assert exact(name, kind, words) in str(raised.value)
    assert_nothing_written(sandbox)


def test_a_new_table_is_refused_for_all_its_names_at_once(sandbox: Sandbox, config: dict[str, Any]) -> None:
    bad = {name: definition_ for name, definition_, kind, _ in CASES if kind is None}
    with pytest.raises(DataError, match="RSYS-5001: 10 things do not fit") as raised:
        deliver(config, [schema("people", email=TEXT, **bad), record("people", email="a@example.com")])
    for name, _, kind, words in CASES:
        assert (exact(name, kind, words) in str(raised.value)) == (kind is None)
    assert_nothing_written(sandbox)


@pytest.mark.parametrize("name", ["a" * 101, "people/x", "people?"])
def test_a_name_that_no_table_can_have_is_not_even_looked_for(
    sandbox: Sandbox, config: dict[str, Any], name: str
) -> None:
    with pytest.raises(DataError, match=r"RSYS-5001: Stream people cannot get a table named"):
        deliver({**config, "tables": {"people": name}}, [schema("people", email=TEXT)])
    assert not [call for call in sandbox.store.requests() if "/suppData/" in call.path]


def assert_nothing_written(sandbox: Sandbox) -> None:
    written = [call.path for call in sandbox.store.requests() if call.method != "GET"]
    assert written == ["/rest/api/v1.3/auth/token"]


def test_the_column_of_the_campaign_has_to_hold_its_id() -> None:
    with pytest.raises(
        DataError, match=r"RSYS-5020: Column CAMPAIGN_ID \(CHAR\) of table CDP/people holds 1"
    ):
        match(routed({}), table(CAMPAIGN_ID="CHAR"))


def test_settings_that_name_no_column_are_named() -> None:
    with pytest.raises(DataError, match="RSYS-5001: Setting execution_id_column names no column: date is a"):
        definition(routed({}, execution_id_column="date"))


def test_the_diff_of_a_table_that_fits() -> None:
    made = routed(
        {"city": {**TEXT, "maxLength": 60}, "zip": {**TEXT, "maxLength": 20}, "score": TEXT, "born": DAY}
    )
    found = table(City="STR25", ZIP="STR25", SCORE="NUMBER", BORN="STR25", OTHER="STR100")
    plan = schema_plan(made, found.columns)
    assert [(each.source, each.column, each.wanted, each.found, each.verdict) for each in plan.columns] == [
        ("campaign_id_column", "CAMPAIGN_ID", "STR100", "STR100", "fits"),
        ("email", "EMAIL", "STR500", "STR500", "checked"),
        ("city", "City", "STR100", "STR25", "checked"),
        ("zip", "ZIP", "STR25", "STR25", "fits"),
        ("score", "SCORE", "STR500", "NUMBER", "checked"),
        ("born", "BORN", "TIMESTAMP", "STR25", "fits"),
    ]
    assert plan.columns[2].note == "holds 25 characters and the stream allows 60: longer values are refused"
    assert [column.name for column in plan.extra] == ["OTHER"]


@pytest.mark.parametrize(
    ("column", "kind", "text", "reason"),
    [
        ("STR25", "text", "x" * 25, None),
        ("STR25", "text", "x" * 26, "it has 26 characters"),
        ("CHAR", "integer", "12", "it has 2 characters"),
        ("STR4000", "json", "x" * 4001, "it has 4001 characters"),
        ("INTEGER", "text", "", None),
        ("INTEGER", "text", "-17", None),
        ("INTEGER", "text", "1w", "it is no whole number"),
        ("INTEGER", "number", "1.5", "it is no whole number"),
        ("NUMBER", "text", "1.5e3", None),
        ("NUMBER", "text", "1,5", "it is no number"),
        ("TIMESTAMP", "text", "2026-07-01T00:00:00Z", None),
        ("TIMESTAMP", "text", "2026/7/1", None),
        ("TIMESTAMP", "text", "yesterday", "it is no date-time"),
    ],
)
def test_single_values(column: str, kind: Any, text: str, reason: str | None) -> None:
    check = misfit(column, kind)
    assert check is not None
    assert check(text) == reason


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("INTEGER", "integer"),
        ("NUMBER", "number"),
        ("TIMESTAMP", "date"),
        ("CHAR", "boolean"),
        ("CLOB", "text"),
    ],
)
def test_where_every_value_fits_none_is_checked(column: str, kind: Any) -> None:
    assert misfit(column, kind) is None
    assert can_hold(column, kind)


def test_widths_of_types_that_only_lists_have() -> None:
    assert [width_of(kind) for kind in ("STR50", "STR255", "CHAR", "NUMBER")] == [50, 255, 1, None]


def test_values_that_do_not_fit_are_rejected_before_they_are_sent(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    kinds = {"CAMPAIGN_ID": "STR100", "EMAIL": "STR500", "CITY": "STR25", "SCORE": "INTEGER"}
    columns = tuple(tables.Column(*each) for each in kinds.items())
    sandbox.store.create_table(tables.Table(FOLDER, "people", columns, ("CAMPAIGN_ID", "EMAIL")))
    message = schema("people", email="string", city="string", score="string")
    records = [
        record("people", email="a@example.com", city="x" * 25, score="1"),
        record("people", email="b@example.com", city="x" * 26, score="1"),
        record("people", email="c@example.com", city="x", score="many"),
    ]
    with pytest.raises(RejectedRowsError):
        deliver(config, [message, *records])
    kept = [json.loads(line) for line in Path(config["rejects_file"]).read_text().splitlines()[1:]]
    assert [line["rejected"]["reason"] for line in kept] == [
        "property city: it has 26 characters, for column CITY (STR25)",
        "property score: it is no whole number, for column SCORE (INTEGER)",
    ]
    assert [row["EMAIL"] for row in sandbox.store.rows(FOLDER, "people")] == ["a@example.com"]
    assert [call.rows for call in sandbox.store.requests() if call.path.endswith("/members")] == [1]


def test_a_missing_table_can_be_described_instead_of_created(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    words = (
        r"RSYS-5007: .* It would be created as CDP/people \(CAMPAIGN_ID STR100, EMAIL STR500\), key "
        "CAMPAIGN_ID, EMAIL"
    )
    with pytest.raises(SettingsError, match=words):
        deliver({**config, "create_tables": "plan"}, [schema("people", email=TEXT)])
    assert sandbox.store.tables() == []
