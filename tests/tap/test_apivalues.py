"""Values of the API in the form that the schemas promise."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tap_responsys.apivalues import JSON_TYPES, Kind, converted

FIELD = {"fieldName": "RIID_", "fieldType": "INTEGER"}


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("4300000001", "integer", 4300000001),
        (5010, "integer", 5010),
        ("-1", "integer", -1),
        ("9223372036854775807", "integer", 2**63 - 1),
        ("007", "text", "007"),
        ("", "text", ""),
        (12, "text", "12"),
        (True, "text", "true"),
        ({"a": "é"}, "text", '{"a": "é"}'),
        (True, "boolean", True),
        ("false", "boolean", False),
        (["a", None, 1], "texts", ["a", None, "1"]),
        ([], "texts", []),
        ("EMAIL", "texts", ["EMAIL"]),
        ({"a": [1]}, "map", {"a": [1]}),
        ([{**FIELD, "links": []}], "fields", [FIELD]),
        ([{"fieldName": "A"}], "fields", [{"fieldName": "A", "fieldType": None}]),
    ],
)
def test_what_fits(value: Any, kind: Kind, expected: Any) -> None:
    found = converted(value, kind)
    assert found == expected
    assert type(found) is type(expected)
    assert list(Draft202012Validator(JSON_TYPES[kind]).iter_errors(found)) == []


@pytest.mark.parametrize("kind", JSON_TYPES)
def test_null_is_none(kind: Kind) -> None:
    assert converted(None, kind) is None
    assert converted("", kind) == ("" if kind == "text" else None)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("N-1", "integer"),
        ("1.5", "integer"),
        (1.5, "integer"),
        (True, "integer"),
        ("٣", "integer"),
        ("9223372036854775808", "integer"),
        ("1" * 400, "integer"),
        ([], "integer"),
        ("yes", "boolean"),
        (1, "boolean"),
        ([1], "map"),
        ("text", "map"),
        ({"fieldName": "A"}, "fields"),
        (["A"], "fields"),
    ],
)
def test_what_does_not_fit(value: Any, kind: Kind) -> None:
    with pytest.raises(ValueError, match="integer|boolean|map|fields"):
        converted(value, kind)
