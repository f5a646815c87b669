from __future__ import annotations

import zoneinfo
from decimal import Decimal
from typing import Any

import pytest

from target_responsys.values import column_type, kind_of, writer

NULLABLE_MOMENT = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": ["string", "null"]}]}


@pytest.mark.parametrize(
    ("schema", "kind", "column"),
    [
        ({"type": "string"}, "text", "STR500"),
        ({"type": ["null", "string"], "maxLength": 20}, "text", "STR25"),
        ({"type": "string", "maxLength": 100}, "text", "STR100"),
        ({"type": "string", "maxLength": 101}, "text", "STR500"),
        ({"type": "string", "maxLength": 1}, "text", "CHAR"),
        ({"type": "string", "maxLength": 9999}, "text", "STR4000"),
        ({"type": ["integer", "null"]}, "integer", "INTEGER"),
        ({"type": "number"}, "number", "NUMBER"),
        ({"type": ["number", "integer"]}, "number", "NUMBER"),
        ({"type": "boolean"}, "boolean", "CHAR"),
        ({"type": "string", "format": "date-time"}, "timestamp", "TIMESTAMP"),
        (NULLABLE_MOMENT, "timestamp", "TIMESTAMP"),
        ({"type": "string", "format": "date"}, "date", "TIMESTAMP"),
        ({"type": "object", "properties": {}}, "json", "STR4000"),
        ({"type": ["null", "array"]}, "json", "STR4000"),
        ({}, "text", "STR500"),
        ({"type": ["string", "integer"]}, "text", "STR500"),
        ({"type": ["boolean", "integer"]}, "text", "STR500"),
    ],
)
def test_what_a_property_holds_and_becomes(schema: dict[str, Any], kind: str, column: str) -> None:
    assert kind_of(schema) == kind
    assert column_type(schema) == column


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("text", None, ""),
        ("text", "", ""),
        ("text", " keeps\nall ", " keeps\nall "),
        ("text", 5, "5"),
        ("integer", 9007199254740993, "9007199254740993"),
        ("integer", 5.0, "5"),
        ("integer", Decimal("5.000"), "5"),
        ("number", Decimal("19.90"), "19.9"),
        ("number", Decimal("1E-7"), "0.0000001"),
        ("number", Decimal("12E+3"), "12000"),
        ("number", 0.1, "0.1"),
        ("number", Decimal("-0.50"), "-0.5"),
        ("boolean", True, "T"),
        ("boolean", False, "F"),
        ("json", {"a": [1, Decimal("2.5"), "é"]}, '{"a":[1,2.5,"é"]}'),
        ("json", [], "[]"),
        ("timestamp", "2026-07-01T12:30:15Z", "2026-07-01 12:30:15"),
        ("timestamp", "2026-07-01T12:30:15.999+02:00", "2026-07-01 10:30:15"),
        ("timestamp", "2026-07-01 12:30:15", "2026-07-01 12:30:15"),
        ("timestamp", "2026-07-01", "2026-07-01 00:00:00"),
        ("timestamp", None, ""),
        ("date", "2026-07-01", "2026-07-01 00:00:00"),
        ("date", "2026-07-01T23:00:00Z", "2026-07-01 00:00:00"),
        ("date", "", ""),
    ],
)
def test_how_values_are_written(kind: Any, value: Any, text: str) -> None:
    assert writer(kind)(value) == text


def test_booleans_are_digits_in_numeric_columns() -> None:
    assert [writer("boolean", column="INTEGER")(value) for value in (True, False)] == ["1", "0"]


def test_moments_are_written_in_the_zone_that_is_set() -> None:
    write = writer("timestamp", zone=zoneinfo.ZoneInfo("America/Chicago"))
    assert write("2026-07-01T12:30:15Z") == "2026-07-01 07:30:15"
    assert write("2026-01-01T00:00:00Z") == "2025-12-31 18:00:00"


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\rb", "a\u2028b", "a\x0bb"])
def test_files_have_no_line_breaks_inside_values(text: str) -> None:
    assert writer("text", single_line=True)(text) == "a b"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("timestamp", "secret"),
        ("timestamp", 17),
        ("date", "31/12/2026"),
        ("number", Decimal("NaN")),
        ("number", float("inf")),
    ],
)
def test_what_cannot_be_written_is_named_without_its_value(kind: Any, value: Any) -> None:
    with pytest.raises(ValueError, match="it is not a") as raised:
        writer(kind)(value)
    assert str(value) not in str(raised.value)
