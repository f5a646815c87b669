"""Destinations of streams: which columns go where, standard tables, and consent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, record, schema

from responsys_io.errors import DataError, SettingsError
from responsys_io.supplemental import Column, Table
from target_responsys.consent import is_permission_column
from target_responsys.destinationchecks import destination_problems
from target_responsys.destinations import Destination, MergeRules
from target_responsys.loading import refuse_load_method
from target_responsys.mapping import belonging
from target_responsys.routing import Route, omissions, route
from target_responsys.standard import standard_tables
from target_responsys.tabledefinition import definition
from target_responsys.tablerules import COLUMN_TYPES
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

TEXT = {"type": "string"}
LIST: dict[str, Any] = {
    "destination": "list",
    "list_name": "CONTACTS",
    "match_columns": ["CUSTOMER_ID_"],
    "default_permission_status": "OPTOUT",
}


def routed(names: list[str], rule: Any = None, keys: tuple[str, ...] = (), **config: Any) -> Route:
    config = {"folder_name": FOLDER, "campaign_id": "c1", "tables": {"people": rule or {}}, **config}
    properties = {"properties": dict.fromkeys(names, TEXT)}
    return route("people", properties, keys, config, execution_id="x", executed_at="2026-07-01 00:00:00")


def test_columns_stand_in_the_order_given_and_have_the_types_given() -> None:
    rule = {"columns": {"c": {"name": "THIRD", "type": "STR25"}, "a1": {"type": "INTEGER"}, "d": None}}
    made = routed(["a1", "b", "c", "d"], rule, ("a1",))
    assert [(each.property, each.column, each.type) for each in made.fields] == [
        ("c", "THIRD", "STR25"),
        ("a1", "a1", "INTEGER"),
        ("b", "b", "STR500"),
    ]
    assert definition(made).columns[1:3] == (Column("THIRD", "STR25"), Column("A1", "INTEGER"))


def test_other_properties_can_be_left_out_and_are_reported() -> None:
    made = routed(["a", "b", "c"], {"columns": {"a": "A1"}, "unmapped": "leave_out"}, ("a",))
    assert made.column_names == ["CAMPAIGN_ID", "A1"]
    assert omissions(made) == [
        "Stream people has properties that are left out, since no column is named for them: b, c"
    ]


def test_a_standard_table_takes_properties_by_name() -> None:
    names = ["productName", "sku", "customer_id", "debug", "cart", "note"]
    rule = {"standard": "abandoned_cart", "columns": {"cart": "CART_ID", "note": "NOTE"}}
    made = routed(names, rule, table_prefix="Acquia_")
    assert made.table == "Acquia_AbandonedCart"
    assert [(each.property, each.column, each.type) for each in made.fields] == [
        ("customer_id", "CUSTOMER_ID", "STR100"),
        ("sku", "SKU", "STR100"),
        ("cart", "CART_ID", "STR100"),
        ("productName", "PRODUCT_NAME", "STR500"),
        ("note", "NOTE", "STR500"),
    ]
    assert made.key_columns == ("CAMPAIGN_ID", "CUSTOMER_ID", "SKU")
    assert made.unmapped == ("debug",)
    assert "PRICE" in made.unfilled
    with pytest.raises(SettingsError, match="RSYS-1007: Stream people does not deliver SKU"):
        routed(["customer_id"], {"standard": "abandoned_cart"})


def test_one_column_of_a_standard_table_cannot_have_two_sources() -> None:
    rule = {"standard": "abandoned_cart", "columns": {"a": "CART_ID", "b": "cart_id"}}
    with pytest.raises(DataError, match="RSYS-5003: .* CART_ID, cart_id"):
        routed(["customer_id", "sku", "a", "b"], rule)


def test_one_of_several_properties_gets_the_column() -> None:
    assert belonging(["Sku", "SKU_", "price"], ["SKU", "PRICE"]) == {"SKU": "Sku", "PRICE": "price"}


@pytest.mark.parametrize("name", standard_tables())
def test_every_standard_table_can_be_created(name: str) -> None:
    standard = standard_tables()[name]
    assert set(standard.columns.values()) <= set(COLUMN_TYPES)
    table = definition(routed(list(standard.columns), {"standard": name}))
    assert table.primary_key == ("CAMPAIGN_ID", *standard.keys)
    assert [column.name for column in table.columns[1:]] == list(standard.columns)


def test_a_standard_table_is_created_and_loaded(sandbox: Sandbox, config: dict[str, Any]) -> None:
    config |= {"tables": {"shoppers": {"standard": "abandoned_cart"}}, "table_prefix": "Acquia_"}
    message = schema(
        "shoppers",
        ["customerId", "sku"],
        customerId="string",
        sku="string",
        price="number",
        internal="string",
    )
    people = [record("shoppers", customerId="1", sku=sku, price=2.5, internal="x") for sku in "abc"]
    deliver(config, [message, *people])
    stored = sandbox.store.rows(FOLDER, "Acquia_AbandonedCart")
    assert stored[2] == {"CAMPAIGN_ID": "c1", "CUSTOMER_ID": "1", "SKU": "c", "PRICE": "2.5"}
    assert len(stored) == 3


def test_the_start_of_a_run_has_a_column_when_it_is_named(sandbox: Sandbox, config: dict[str, Any]) -> None:
    config |= {"executed_at_column": "EXECUTED_AT", "execution_id_column": "EXECUTION_ID"}
    people = schema("people", email="string")
    for number in range(2):
        deliver(config, [people, record("people", email=f"{number}@example.com")])
    deliver({**config, "campaign_id": "c2"}, [people, record("people", email="0@example.com")])
    rows = sandbox.store.rows(FOLDER, "people")
    assert [row["CAMPAIGN_ID"] for row in rows] == ["c1", "c1", "c2"]
    runs = [str(row["EXECUTION_ID"]) for row in rows]
    assert runs == sorted(set(runs))
    assert [str(row["EXECUTED_AT"]).replace("-", "")[:8] for row in rows] == [run[:8] for run in runs]
    table = sandbox.store.table(FOLDER, "people")
    assert table is not None
    assert {column.name: column.type for column in table.columns}["EXECUTED_AT"] == "TIMESTAMP"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("EMAIL_PERMISSION_STATUS_", True),
        ("mobile_permission_reason_", True),
        ("EMAIL_PERMISSION", True),
        ("PERMISSIONS_COUNT", False),
        ("EMAIL_ADDRESS_", False),
    ],
)
def test_permission_columns(name: str, is_one: bool) -> None:
    assert is_permission_column(name) is is_one


def test_permission_columns_go_to_a_list_only_by_name() -> None:
    names = ["CUSTOMER_ID_", "EMAIL_PERMISSION_STATUS_", "consent"]
    made = routed(names, {}, **LIST)
    assert made.column_names == ["CUSTOMER_ID_", "consent"]
    assert made.withheld == ("EMAIL_PERMISSION_STATUS_",)
    assert omissions(made) == [
        "Stream people has permission columns, which are left out: EMAIL_PERMISSION_STATUS_"
    ]
    named = routed(names, {"columns": {"consent": "MOBILE_PERMISSION_STATUS_"}}, **LIST)
    assert named.column_names == ["MOBILE_PERMISSION_STATUS_", "CUSTOMER_ID_"]
    assert routed(names, {}, ("consent",)).withheld == ()


def test_people_of_a_list_are_identified_by_the_match_columns() -> None:
    made = routed(["id", "city"], {"columns": {"id": "CUSTOMER_ID_"}}, ("city",), **LIST)
    assert (made.kind, made.table, made.folder, made.constants) == ("list", "CONTACTS", "", ())
    assert made.key_columns == ("CUSTOMER_ID_",)
    with pytest.raises(SettingsError, match="RSYS-1007: Stream people does not deliver CUSTOMER_ID_"):
        routed(["id", "city"], {}, **LIST)


def test_an_extension_table_by_stream() -> None:
    rule = {"destination": "pet", "list_name": "L", "pet_name": "P", "match_columns": ["RIID_"]}
    made = routed(["RIID_", "city"], rule)
    assert (made.kind, made.list_name, made.table, made.keys) == ("pet", "L", "P", ("RIID_",))


@pytest.mark.parametrize(
    ("config", "sentences"),
    [
        (LIST, []),
        ({**LIST, "default_permission_status": None}, ["default_permission_status is missing"]),
        ({**LIST, "list_name": None}, ["list_name is missing; destination list"]),
        ({**LIST, "match_columns": None}, ["match_columns is missing"]),
        ({**LIST, "match_columns": ["EMAIL_ADDRESS"]}, ["match_columns names EMAIL_ADDRESS; people are"]),
        ({**LIST, "match_columns": ["RIID_", "riid_"]}, ["names a column twice"]),
        (
            {**LIST, "match_columns": ["EMAIL_MD5_HASH_", "EMAIL_ADDRESS_"]},
            ["combines a hash", "insert_on_no_match has to be false"],
        ),
        ({**LIST, "match_columns": ["EMAIL_MD5_HASH_"], "insert_on_no_match": False}, []),
        ({**LIST, "match_operator": "AND"}, ["match_operator does not go with 1"]),
        ({**LIST, "delivery": "sftp"}, ["takes no files"]),
        ({**LIST, "destination": "pet", "default_permission_status": None}, ["pet_name is missing"]),
        (
            {"load_method": "insert-only", "update_on_match": "REPLACE_ALL"},
            ["contradicts load_method insert-only"],
        ),
        (
            {"tables": {"s": {"standard": "cart"}}},
            ["tables.s.standard names no standard table; there are master"],
        ),
        ({"tables": {"s": {"destination": "list"}}}, ["default_permission", "list_name", "match_columns"]),
        ({**LIST, "tables": {"s": {"destination": "supplemental"}}}, ["folder_name is missing; stream s"]),
        (
            {**LIST, "tables": {"s": {"columns": {"ok": "EMAIL_PERMISSION_STATUS_"}}}},
            ["tables.s.columns sends EMAIL_PERMISSION_STATUS_"],
        ),
        (
            {
                **LIST,
                "allow_permission_columns": True,
                "tables": {"s": {"columns": {"ok": {"name": "EMAIL_PERMISSION_STATUS_"}}}},
            },
            [],
        ),
    ],
)
def test_what_is_wrong_with_the_settings(config: dict[str, Any], sentences: list[str]) -> None:
    found = destination_problems(config)
    assert len(found) == len(sentences), found
    assert all(words in sentence for words, sentence in zip(sentences, found, strict=True))


def test_a_list_without_a_decision_on_consent_is_not_reached(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    config |= {**LIST, "default_permission_status": None}
    with pytest.raises(SettingsError, match="RSYS-1000: Setting default_permission_status is missing"):
        TargetResponsys(config=config)
    assert sandbox.store.requests() == []


KEYED = Destination("supplemental", Table("F", "T", (Column("A", "STR25"),), ("A",)))
KEYLESS = Destination("supplemental", Table("F", "T", (Column("A", "STR25"),)))
PEOPLE = Destination("list", Table("F", "L", (Column("RIID_", "INTEGER"),), ("RIID_",)), "L")


@pytest.mark.parametrize(
    ("destination", "method", "code"),
    [
        (KEYED, "upsert", ""),
        (KEYED, "insert-only", ""),
        (KEYED, "mirror", ""),
        (KEYED, "append", "RSYS-5031"),
        (KEYLESS, "upsert", ""),
        (KEYLESS, "append", ""),
        (KEYLESS, "insert-only", "RSYS-5010"),
        (KEYLESS, "mirror", "RSYS-5010"),
        (PEOPLE, "upsert", ""),
        (PEOPLE, "insert-only", ""),
        (PEOPLE, "append", "RSYS-5021: Load method append cannot be used with profile list L"),
        (PEOPLE, "mirror", "RSYS-5021"),
    ],
)
def test_what_a_destination_cannot_do(destination: Destination, method: str, code: str) -> None:
    if not code:
        refuse_load_method(destination, method, MergeRules())
        return
    with pytest.raises(DataError, match=code):
        refuse_load_method(destination, method, MergeRules())


@pytest.mark.parametrize(
    ("destination", "code"), [(KEYED, ""), (KEYLESS, "RSYS-5010"), (PEOPLE, "RSYS-5021")]
)
def test_where_rows_cannot_be_deleted(destination: Destination, code: str) -> None:
    if not code:
        refuse_load_method(destination, "upsert", MergeRules(), removing=["hard_delete"])
        return
    with pytest.raises(DataError, match=f"{code}.*hard_delete"):
        refuse_load_method(destination, "upsert", MergeRules(), removing=["hard_delete"])


def test_without_a_primary_key_everything_is_inserted() -> None:
    with pytest.raises(DataError, match="RSYS-5010.*which insert_on_no_match false needs"):
        refuse_load_method(KEYLESS, "upsert", MergeRules(insert_on_no_match=False))


def test_records_without_a_match_can_be_passed_over(sandbox: Sandbox, config: dict[str, Any]) -> None:
    people = schema("people", email="string", score="integer")
    deliver(config, [people, record("people", email="a@example.com", score=1)])
    more = [record("people", email=f"{name}@example.com", score=2) for name in "ab"]
    deliver({**config, "insert_on_no_match": False, "max_rejected_rows": 1}, [people, *more])
    assert [(row["EMAIL"], row["SCORE"]) for row in sandbox.store.rows(FOLDER, "people")] == [
        ("a@example.com", "2")
    ]
