from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from responsys_io.errors import DataError, SettingsError
from responsys_io.supplemental import Column, Table
from target_responsys.campaign import campaign_id, execution_id
from target_responsys.matching import match, misplaced
from target_responsys.routing import Route, route
from target_responsys.tabledefinition import definition

SCHEMA = {
    "properties": {
        "email": {"type": "string", "maxLength": 500},
        "_score": {"type": ["null", "number"]},
        "seen_at": {"type": "string", "format": "date-time"},
    }
}
CONFIG = {"folder_name": "CDP"}


def routed(
    config: dict[str, Any] | None = None, *, keys: tuple[str, ...] = ("email",), stream: str = "people"
) -> Route:
    return route(stream, SCHEMA, keys, {**CONFIG, **(config or {})}, execution_id="20261123T220000000Z")


def test_by_default_a_stream_goes_to_a_table_of_its_name() -> None:
    made = routed()
    assert (made.folder, made.table) == ("CDP", "people")
    assert made.column_names == ["CAMPAIGN_ID", "email", "score", "seen_at"]
    assert made.key_columns == ("CAMPAIGN_ID", "email")


@pytest.mark.parametrize(
    ("config", "table", "folder"),
    [
        ({"table_name": "Acquia_Master_Audience"}, "Acquia_Master_Audience", "CDP"),
        ({"table_name": "A_{stream}", "table_prefix": "Acquia_"}, "Acquia_A_people", "CDP"),
        ({"tables": {"people": "Audience"}, "table_prefix": "Acquia_"}, "Audience", "CDP"),
        ({"tables": {"people": {"table": "Audience", "folder": "Other"}}}, "Audience", "Other"),
        ({"tables": {"carts": "Cart"}}, "people", "CDP"),
    ],
)
def test_where_streams_go(config: dict[str, Any], table: str, folder: str) -> None:
    made = routed(config)
    assert (made.table, made.folder) == (table, folder)


def test_columns_are_renamed_and_left_out() -> None:
    made = routed({"tables": {"people": {"columns": {"email": "EMAIL_ADDRESS", "_score": None}}}})
    assert made.column_names == ["CAMPAIGN_ID", "EMAIL_ADDRESS", "seen_at"]


def test_the_run_can_have_a_column_and_the_campaign_none() -> None:
    made = routed({"campaign_id_column": "", "execution_id_column": "EXECUTION_ID"})
    assert made.column_names[0] == "EXECUTION_ID"
    assert made.constants[0].value == "20261123T220000000Z"
    assert made.key_columns == ("email",)


def test_a_definition_is_in_upper_case_with_the_campaign_in_its_key() -> None:
    table = definition(routed())
    assert table.columns == (
        Column("CAMPAIGN_ID", "STR100"),
        Column("EMAIL", "STR500"),
        Column("SCORE", "NUMBER"),
        Column("SEEN_AT", "TIMESTAMP"),
    )
    assert table.primary_key == ("CAMPAIGN_ID", "EMAIL")


@pytest.mark.parametrize(
    ("config", "keys", "words"),
    [
        ({"table_name": "a:{stream}"}, ("email",), r"RSYS-5001.*table named a:people.*tables\.people\.table"),
        (
            {"tables": {"people": {"columns": {"email": "DATE"}}}},
            ("email",),
            r"RSYS-5001.*email.*reserved word",
        ),
        ({}, (), r"RSYS-5002.*gives 1: CAMPAIGN_ID.*tables\.people\.keys"),
        ({"campaign_id_column": ""}, (), r"RSYS-5002.*gives 0: none"),
    ],
)
def test_what_cannot_become_a_table(config: dict[str, Any], keys: tuple[str, ...], words: str) -> None:
    with pytest.raises(DataError, match=words):
        definition(routed(config, keys=keys))


def test_a_key_has_four_columns_at_most() -> None:
    schema = {"properties": {f"k{number}": {"type": "string"} for number in range(4)}}
    made = route("s", schema, list(schema["properties"]), CONFIG, execution_id="")
    with pytest.raises(DataError, match="RSYS-5002.*gives 5"):
        definition(made)


def test_a_key_that_the_stream_has_not() -> None:
    with pytest.raises(SettingsError, match=r"RSYS-1007: Stream people does not deliver id, uid,"):
        routed({"tables": {"people": {"keys": ["id", "uid"]}}})


def test_renamed_properties_that_the_stream_has_not_are_noticed() -> None:
    assert routed({"tables": {"people": {"columns": {"e_mail": "EMAIL"}}}}).unmatched == ("e_mail",)


def test_a_key_cannot_be_left_out() -> None:
    with pytest.raises(SettingsError, match="RSYS-1007.*email"):
        routed({"tables": {"people": {"columns": {"email": None}}}})


@pytest.mark.parametrize(
    "config",
    [
        {"tables": {"people": {"columns": {"_score": "Email"}}}},
        {"tables": {"people": {"columns": {"_score": "campaign_id"}}}},
        {"execution_id_column": "EMAIL"},
    ],
)
def test_one_column_cannot_have_two_sources(config: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="RSYS-5003"):
        routed(config)


COLUMNS = ("Campaign_Id", "EMAIL", "Score", "SEEN_AT", "OTHER")
TABLE = Table("CDP", "people", tuple(Column(name, "STR500") for name in COLUMNS), ("EMAIL", "Campaign_Id"))


def test_columns_take_the_spelling_of_the_table() -> None:
    found = match(routed(), TABLE)
    assert [column.name for column in found.columns] == ["Campaign_Id", "EMAIL", "Score", "SEEN_AT"]
    assert found.key == (1, 0)
    assert found.match_columns is None


def test_a_table_without_primary_key_is_matched_by_the_key_of_the_stream() -> None:
    found = match(routed(), Table("CDP", "people", TABLE.columns))
    assert found.match_columns == ("Campaign_Id", "EMAIL")
    assert found.key == (0, 1)


def without(name: str, *, key: tuple[str, ...] = ("EMAIL", "Campaign_Id")) -> Table:
    return Table("CDP", "people", tuple(column for column in TABLE.columns if column.name != name), key)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (without("Score"), r"RSYS-5004.*CDP/people has no column SCORE \(NUMBER\)"),
        (without("Campaign_Id", key=("EMAIL",)), r"RSYS-5004.*CAMPAIGN_ID \(STR100\).*campaign_id_column"),
        (without("", key=("EMAIL", "OTHER", "Campaign_Id")), "RSYS-5005.*does not deliver OTHER"),
        (without("", key=("EMAIL",)), "RSYS-5005.*overwrite each other"),
    ],
)
def test_a_table_that_does_not_fit(table: Table, words: str) -> None:
    with pytest.raises(DataError, match=words):
        match(routed(), table)


def test_neither_table_nor_stream_has_a_key() -> None:
    with pytest.raises(DataError, match="RSYS-5005.*has a key to merge by"):
        match(routed(keys=()), Table("CDP", "people", TABLE.columns))


def test_a_table_of_that_name_elsewhere_is_found() -> None:
    tables = [Table("Old", "PEOPLE", ()), Table("CDP", "people", ()), Table("X", "carts", ())]
    assert misplaced(routed(), tables) == ["Old"]


def test_campaign_ids_are_stable_and_apart() -> None:
    # Ids that are stored in Responsys: a change of this value breaks every account.
    assert campaign_id("s", name="Store Locator") == campaign_id("other", name="Store Locator")
    assert campaign_id("s", name="Store Locator") == "571cbf58-e19e-5c33-9820-9e7bc25768ca"
    assert campaign_id("a") != campaign_id("b")
    assert campaign_id("s", given="C-1", name="Store Locator") == "C-1"


def test_an_execution_id_is_the_start_of_the_run() -> None:
    assert execution_id(datetime(2026, 11, 23, 22, 0, 1, 42_000, tzinfo=UTC)) == "20261123T220001042Z"
