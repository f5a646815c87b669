"""The SDK's own target tests, and after each what arrived in Responsys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_target_test_class
from support.delivery import FOLDER, new_sandbox, settings_of

from responsys_sandbox.tables import Column, Table
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_sandbox.sandbox import Sandbox

# The SDK makes its test class before any fixture runs: the sandbox's settings are filled in later.
CONFIG: dict[str, Any] = {}


def rules() -> dict[str, Any]:
    """ID is a reserved word of Responsys, and some of the streams have no key or no name for a table."""
    streams = [
        "test_array_data",
        "test_duplicate_records",
        "test_strings",
        "test_strings_in_objects",
        "test_strings_in_arrays",
        "test_invalid_schema",
        "test_optional_attributes",
        "test_record_before_schema",
        "test_record_missing_key_property",
        "record_missing_fields",
        "test_schema_updates",
    ]
    found: dict[str, Any] = {stream: {"columns": {"id": "RECORD_ID"}} for stream in streams}
    camel_case = {"columns": {"Id": "RECORD_ID"}}
    underscore = {"columns": {"Id": "RECORD_ID", "_attribute_startswith_underscore": "ATTRIBUTE"}}
    found |= {"TestCamelcase": camel_case, "ForecastingTypeToCategory": underscore}
    found |= {
        stream: {"columns": {"id": "RECORD_ID"}, "keys": ["id"]}
        for stream in ("test_no_pk", "example_stream")
    }
    found |= {
        stream: {"keys": ["object_store"]}
        for stream in ("test_object_schema_with_properties", "test_object_schema_no_properties")
    }
    special = {"table": "SpecialChars", "columns": {"_id": "RECORD_ID"}}
    return found | {"test:SpecialChars!in?attributes": special}


@pytest.fixture(autouse=True)
def sandbox(tmp_path: Any) -> Iterator[Sandbox]:
    with new_sandbox(tmp_path / "sandbox") as running:
        CONFIG.clear()
        CONFIG.update(settings_of(running), create_tables="apply", campaign_id_column="", tables=rules())
        yield running


def test_none_of_the_sdk_tests_is_left_unasserted() -> None:
    names = {name for name in dir(TestTargetResponsys) if name.startswith("test_target_")}
    assert len(names) >= 16
    assert names <= vars(TestTargetResponsys).keys()


class TestTargetResponsys(
    get_target_test_class(TargetResponsys, config=CONFIG, parse_env_config=False)  # type: ignore[misc]  # made at run time
):
    """Each test of the SDK, then its point."""

    @pytest.fixture
    def resource(self, sandbox: Sandbox) -> Sandbox:
        return sandbox

    def test_target_array_data(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_array_data(config, resource, runner)
        assert columns(resource, "test_array_data", "RECORD_ID", "FRUITS") == [
            ("1", '["apple","orange","pear"]'),
            ("2", '["banana","apple"]'),
            ("3", '["pear"]'),
            ("4", '["orange","banana","apple","pear"]'),
        ]
        assert runner.state_messages == [{"test_array_data": 4}]

    def test_target_camelcase_complex_schema(self, config: Any, resource: Sandbox, runner: Any) -> None:
        """There are no records in it: the point is that a table spelt in its own way is recognised."""
        texts = ("CreatedById", "LastModifiedById", "ForecastingTypeId", "ForecastingItemCategory")
        times = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
        flags = ("IsDeleted", "IsAdjustable", "IsOwnerAdjustable")
        kinds = dict.fromkeys(("RECORD_ID", *texts, "NewCamelCasedAttribute", "Attribute"), "STR100")
        kinds |= dict.fromkeys(times, "TIMESTAMP") | dict.fromkeys(flags, "CHAR")
        kinds |= dict.fromkeys(("DISPLAYPOSITION", "Age"), "INTEGER")
        make_table(resource, "ForecastingTypeToCategory", kinds)
        super().test_target_camelcase_complex_schema(config, resource, runner)
        calls = [(call.method, call.status) for call in resource.store.requests()]
        assert set(calls) == {("POST", 200), ("GET", 200)}
        assert calls.count(("POST", 200)) == 1, "nothing but the login is written"

    def test_target_camelcase(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_camelcase(config, resource, runner)
        assert columns(resource, "TestCamelcase", "RECORD_ID", "CLIENTNAME") == [
            ("1", "Gitter Windows Desktop App"),
            ("2", "Gitter iOS App"),
        ]

    def test_target_cli_prints(
        self, config: Any, resource: Sandbox, runner: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        super().test_target_cli_prints(config, resource, runner)
        assert "target-responsys" in capsys.readouterr().out
        assert resource.store.requests() == []

    def test_target_duplicate_records(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_duplicate_records(config, resource, runner)
        assert columns(resource, "test_duplicate_records", "RECORD_ID", "METRIC") == [
            ("1", "100"),
            ("2", "20"),
        ]

    def test_target_encoded_string_data(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_encoded_string_data(config, resource, runner)
        texts = dict(columns(resource, "test_strings", "RECORD_ID", "INFO"))
        assert texts["2"] == "απλή συμβολοσειρά"
        assert texts["3"] == "简单的字串"
        assert texts["6"] == 'various " \\ / \n escape sequences'
        assert texts["8"] == "ā"
        assert texts["10"] == "Double quoting: \\u0000 \\u0041 \\u0001"

    def test_target_invalid_schema(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_invalid_schema(config, resource, runner)
        assert resource.store.tables() == []

    def test_target_no_primary_keys(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_no_primary_keys(config, resource, runner)
        assert columns(resource, "test_no_pk", "RECORD_ID", "METRIC") == [
            ("1", "11"),
            ("2", "22"),
            ("3", "33"),
        ]

    def test_target_optional_attributes(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_optional_attributes(config, resource, runner)
        assert columns(resource, "test_optional_attributes", "RECORD_ID", "OPTIONAL") == [
            ("1", "This is optional"),
            ("2", None),
            ("3", "Also optional"),
            ("4", None),
        ]

    def test_target_pk_updates(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_pk_updates(config, resource, runner)
        assert columns(resource, "example_stream", "RECORD_ID", "EMAIL") == [
            ("1", "alice@example.com"),
            ("2", "bob@example.com"),
        ]

    def test_target_record_before_schema(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_record_before_schema(config, resource, runner)
        assert resource.store.tables() == []

    def test_target_record_missing_key_property(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_record_missing_key_property(config, resource, runner)
        assert resource.store.rows(FOLDER, "test_record_missing_key_property") == []

    def test_target_record_missing_fields(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_record_missing_fields(config, resource, runner)
        assert columns(resource, "record_missing_fields", "RECORD_ID", "OPTIONAL") == [
            ("1", "now you see me"),
            ("2", None),
        ]

    def test_target_schema_no_properties(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_schema_no_properties(config, resource, runner)
        for table in ("test_object_schema_with_properties", "test_object_schema_no_properties"):
            (first, _) = columns(resource, table, "OBJECT_STORE")
            assert first[0].startswith('{"id":1,"metric":1')

    def test_target_schema_updates(self, config: Any, resource: Sandbox, runner: Any) -> None:
        """REST cannot add columns: the table has all of them from the start."""
        names = {"RECORD_ID": "INTEGER", "A1": "NUMBER", "A3": "CHAR", "A6": "INTEGER"}
        names |= dict.fromkeys(("A2", "A4", "A5"), "STR4000")
        make_table(resource, "test_schema_updates", names)
        super().test_target_schema_updates(config, resource, runner)
        assert columns(resource, "test_schema_updates", "RECORD_ID", "A1", "A3", "A4", "A6") == [
            ("1", "101", None, None, None),
            ("2", "102", "T", None, None),
            ("3", "103", "F", '{"id":1,"value":1}', None),
            ("4", "104", "T", '{"id":2,"value":22}', None),
            ("5", "105", "F", '{"id":3,"value":33}', "985"),
            ("6", "106", "T", '{"id":4,"value":444}', "341"),
        ]

    def test_target_special_chars_in_attributes(self, config: Any, resource: Sandbox, runner: Any) -> None:
        super().test_target_special_chars_in_attributes(config, resource, runner)
        assert columns(resource, "SpecialChars", "RECORD_ID", "D") == [
            ("a2e98886", '{"env":"prod","agent:type":"desktop","agent:os:version":"10.13.1"}')
        ]


def make_table(sandbox: Sandbox, name: str, kinds: dict[str, str]) -> None:
    columns = tuple(Column(column, kind) for column, kind in kinds.items())
    sandbox.store.create_table(Table(FOLDER, name, columns, ("RECORD_ID",)))


def columns(sandbox: Sandbox, table: str, *names: str) -> list[tuple[Any, ...]]:
    """A table's rows by their first column, reduced to some columns."""
    return sorted(tuple(row[name] for name in names) for row in sandbox.store.rows(FOLDER, table))
