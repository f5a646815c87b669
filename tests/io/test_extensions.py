"""Profile extension tables, against the sandbox in all its readings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, new_sandbox, settings_of

from responsys_io.errors import SettingsError
from responsys_io.extensions import COLUMN_TYPES, Extensions
from responsys_io.profilelists import MergeRule, ProfileLists
from responsys_io.restanswers import RefusedError
from responsys_io.restapi import RestApi
from responsys_io.supplemental import Column, Table
from responsys_sandbox.profilelists import LIST_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from responsys_sandbox.sandbox import Sandbox

EMAIL = "EMAIL_ADDRESS_"
SCORES = Table(FOLDER, "SCORES", (Column("POINTS", "INTEGER"), Column("SEGMENT", "STR500")))
NAMES = [EMAIL, "POINTS", "SEGMENT"]
FIRST = 8_000_000_001


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with new_sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
def extensions(sandbox: Sandbox) -> Iterator[Extensions]:
    """The extension tables of a list with the members a and b, one of them SCORES."""
    with RestApi.from_config(settings_of(sandbox)) as api:
        records = [["a@example.com", "A"], ["b@example.com", "B"]]
        ProfileLists(api.session).merge(LIST_NAME, [EMAIL, "CUSTOMER_ID_"], records, MergeRule("OPTIN"))
        made = Extensions(api.session, LIST_NAME)
        made.create(SCORES)
        yield made


def rows(extensions: Extensions, *names: str) -> list[tuple[str | None, ...]]:
    found = extensions.read("SCORES", "c", ["A", "B"])
    return [tuple(row[name] for name in names) for row in found]


@pytest.mark.parametrize("in_items", [False, True])
def test_tables_are_listed(sandbox: Sandbox, extensions: Extensions, in_items: bool) -> None:
    sandbox.rest.options.lists_in_items = in_items
    (table,) = extensions.tables()
    assert (table.folder, table.name, table.primary_key) == (FOLDER, "SCORES", ("RIID_",))
    own = tuple(column for column in table.columns if not column.name.endswith("_"))
    assert own == SCORES.columns


def test_every_type_can_be_created(extensions: Extensions) -> None:
    columns = tuple(Column(f"COLUMN{number}", kind) for number, kind in enumerate(COLUMN_TYPES))
    extensions.create(Table(FOLDER, "ALL_TYPES", columns))
    with pytest.raises(RefusedError, match="INVALID_PARAMETER"):
        extensions.create(Table(FOLDER, "OTHER", (Column("C1", "STR25"),)))
    with pytest.raises(RefusedError, match="FOLDER_NOT_FOUND"):
        extensions.create(Table("Nowhere", "OTHER", SCORES.columns))


@pytest.mark.parametrize("results", ["records", "results"])
def test_rows_are_merged_and_the_bad_ones_named(
    sandbox: Sandbox, extensions: Extensions, results: Any
) -> None:
    sandbox.rest.options.merge_results = results
    records = [["a@example.com", "1", "x"], ["x@example.com", "2", "y"], ["b@example.com", "3w", "z"]]
    refused = extensions.merge("SCORES", NAMES, records, match_columns=[EMAIL])
    assert refused == {
        1: "NO_RECIPIENT_FOUND: No recipient found",
        2: 'The value "3w" is not valid for the field type INTEGER',
    }
    assert rows(extensions, "RIID_", "POINTS", "SEGMENT") == [(str(FIRST), "1", "x")]


def test_two_match_columns_lose_their_underscores(extensions: Extensions) -> None:
    records = [["a@example.com", "A", "1"], ["a@example.com", "B", "2"]]
    names = [EMAIL, "CUSTOMER_ID_", "POINTS"]
    assert extensions.merge("SCORES", names, records, match_columns=[EMAIL, "CUSTOMER_ID_"]).keys() == {1}


@pytest.mark.parametrize("columns", [["EMAIL_ADDRESS"], ["POINTS"], []])
def test_columns_that_cannot_be_matched_on(extensions: Extensions, columns: list[str]) -> None:
    with pytest.raises(SettingsError, match="RSYS-4203"):
        extensions.merge("SCORES", NAMES, [["a@example.com", "1", "x"]], match_columns=columns)


def test_rows_that_are_there_may_be_left(extensions: Extensions) -> None:
    extensions.merge("SCORES", NAMES, [["a@example.com", "1", "x"]], match_columns=[EMAIL])
    records = [["a@example.com", "5", "x"], ["b@example.com", "6", "y"]]
    extensions.merge("SCORES", NAMES, records, match_columns=[EMAIL], update_on_match="NO_UPDATE")
    assert rows(extensions, "POINTS") == [("1",), ("6",)]


def test_rows_may_be_updated_only(sandbox: Sandbox, extensions: Extensions) -> None:
    sandbox.rest.options.no_insert_miss = "fail"
    record = [["a@example.com", "1", "x"]]
    refused = extensions.merge("SCORES", NAMES, record, match_columns=[EMAIL], insert_on_no_match=False)
    assert refused.keys() == {0}
    assert rows(extensions) == []


def test_rows_are_deleted_and_the_missing_named(extensions: Extensions) -> None:
    records = [["a@example.com", "1", "x"], ["b@example.com", "2", "y"]]
    extensions.merge("SCORES", NAMES, records, match_columns=[EMAIL])
    assert extensions.delete("SCORES", "e", ["a@example.com", "x@example.com"]) == {
        1: "NO records found for id"
    }
    assert rows(extensions, "POINTS") == [("2",)]
    assert extensions.delete("SCORES", "r", [str(FIRST + 1)]) == {}
    assert rows(extensions) == []


@pytest.mark.parametrize("code", ["PROFILE_EXTENSION_NOT_FOUND", "TABLE_NOT_FOUND"])
def test_a_table_that_is_not_there(sandbox: Sandbox, extensions: Extensions, code: Any) -> None:
    sandbox.rest.options.missing_extension = code
    with pytest.raises(RefusedError, match=code):
        extensions.merge("NOPE", NAMES, [["a@example.com", "1", "x"]], match_columns=[EMAIL])
    with pytest.raises(RefusedError, match=code):
        list(extensions.read("NOPE", "e", ["a@example.com"]))
