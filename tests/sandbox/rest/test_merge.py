"""Merging supplemental records: rest-api.md 3.5 to 3.8, examples 8.5 and 8.6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.restclient import error

from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from support.restclient import RestClient


def records(answer: Any) -> list[list[str | None]]:
    assert answer.status_code == 200, answer.text
    found: list[list[str | None]] = answer.json()["recordData"]["records"]
    return found


def rows(client: RestClient, *names: str, table: str = "AUDIENCE") -> list[tuple[str | None, ...]]:
    return [tuple(row[name] for name in names) for row in client.store.rows("CDP", table)]


def test_a_mixed_result(audience: RestClient) -> None:
    answer = audience.merge(["USERID", "EMAIL"], ["1", "a@example.com"], ["1w", "b@example.com"])

    assert answer.json() == {
        "recordData": {
            "fieldNames": ["USERID", "EMAIL"],
            "records": [
                ["1", "a@example.com"],
                [
                    'MERGEFAILED: Record 1 = The value "1w" is not valid for the field type INTEGER\r\n',
                    "",
                ],
            ],
            "mapTemplateName": None,
        },
        "insertOnNoMatch": True,
        "updateOnMatch": "REPLACE_ALL",
        "matchColumnNames": None,
        "links": [
            {
                "rel": "self",
                "href": "/rest/api/v1.3/folders/CDP/suppData/AUDIENCE/members",
                "method": "POST",
            }
        ],
    }
    assert rows(audience, "USERID", "EMAIL") == [("1", "a@example.com")]


def test_replace_all_overwrites_named_columns_and_leaves_others(audience: RestClient) -> None:
    audience.merge(["USERID", "EMAIL", "SCORE", "FLAG"], ["1", "a@example.com", "5", "Y"])
    audience.merge(["EMAIL", "USERID", "FLAG"], ["b@example.com", "1", ""])

    assert rows(audience, "USERID", "EMAIL", "SCORE", "FLAG") == [("1", "b@example.com", "5", None)]


@pytest.mark.parametrize(("keeps", "expected"), [(False, None), (True, "Y")])
def test_null(audience: RestClient, keeps: bool, expected: str | None) -> None:
    audience.rest.options.null_keeps = keeps
    audience.merge(["USERID", "FLAG"], ["1", "Y"])

    assert records(audience.merge(["USERID", "FLAG"], ["1", None])) == [["1", None]]
    assert rows(audience, "FLAG") == [(expected,)]


def test_keys_are_compared_as_values(audience: RestClient) -> None:
    audience.merge(["USERID", "FLAG"], ["1", "Y"], ["01", "N"])

    assert rows(audience, "USERID", "FLAG") == [("1", "N")]


def test_two_key_columns(client: RestClient) -> None:
    client.create("PAIRS", {"K1": "STR25", "K2": "STR25", "V1": "STR25"}, ["K2", "K1"])
    client.merge(
        ["K1", "K2", "V1"], ["a", "b", "first"], ["b", "a", "second"], ["a", "b", "third"], table="PAIRS"
    )

    assert rows(client, "K1", "K2", "V1", table="PAIRS") == [("a", "b", "third"), ("b", "a", "second")]


@pytest.mark.parametrize("reply", ["echo", "fail"])
def test_no_update_leaves_the_row(audience: RestClient, reply: Any) -> None:
    audience.rest.options.no_update_hit = reply
    audience.merge(["USERID", "FLAG"], ["1", "Y"])
    found = records(audience.merge(["USERID", "FLAG"], ["1", "N"], ["2", "N"], updateOnMatch="NO_UPDATE"))

    assert rows(audience, "USERID", "FLAG") == [("1", "Y"), ("2", "N")]
    assert found[1] == ["2", "N"]
    assert str(found[0][0]).startswith("MERGEFAILED: Record 0 = ") is (reply == "fail")


@pytest.mark.parametrize("reply", ["echo", "fail"])
def test_without_insert_only_matches_are_updated(audience: RestClient, reply: Any) -> None:
    audience.rest.options.no_insert_miss = reply
    audience.merge(["USERID", "FLAG"], ["1", "Y"])
    found = records(audience.merge(["USERID", "FLAG"], ["1", "N"], ["2", "N"], insertOnNoMatch=False))

    assert rows(audience, "USERID", "FLAG") == [("1", "N")]
    assert found[0] == ["1", "N"]
    assert str(found[1][0]).startswith("MERGEFAILED: Record 1 = ") is (reply == "fail")


@pytest.mark.parametrize(("reply", "flag"), [("echo", "N"), ("fail", "Y")])
def test_a_key_twice_in_one_call(audience: RestClient, reply: Any, flag: str) -> None:
    audience.rest.options.duplicate_key = reply
    audience.merge(["USERID", "FLAG"], ["1", "Y"], ["1", "N"])

    assert rows(audience, "USERID", "FLAG") == [("1", flag)]


@pytest.mark.parametrize(
    ("column", "value", "stored"),
    [
        ("EMAIL", "x" * 25, "x" * 25),
        ("EMAIL", "ä€ 😀", "ä€ 😀"),
        ("EMAIL", "MERGEFAILED: not really", "MERGEFAILED: not really"),
        ("FLAG", "ß", "ß"),
        ("SCORE", "-1.50", "-1.5"),
        ("SCORE", "+007", "7"),
        ("SCORE", "0.0", "0"),
        ("JOINED", "2019-03-22T11:54:40.531Z", "2019-03-22 11:54:40"),
        ("JOINED", "2026-01-15 08:30:00", "2026-01-15 08:30:00"),
        ("JOINED", "2026-01-15", "2026-01-15 00:00:00"),
        ("JOINED", "2026/1/5 8:3:0", "2026-01-05 08:03:00"),
    ],
)
def test_values_that_fit(audience: RestClient, column: str, value: str, stored: str) -> None:
    assert records(audience.merge(["USERID", column], ["1", value])) == [["1", value]]
    assert rows(audience, column) == [(stored,)]


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("EMAIL", "x" * 26, "STR25"),
        ("FLAG", "no", "CHAR"),
        ("USERID", "1.0", "INTEGER"),
        ("USERID", " 1", "INTEGER"),
        ("SCORE", "1,5", "NUMBER"),
        ("SCORE", "1e3", "NUMBER"),
        ("SCORE", "nan", "NUMBER"),
        ("JOINED", "2026-02-30", "TIMESTAMP"),
        ("JOINED", "15-Jan-2026 08:30:00", "TIMESTAMP"),
        ("JOINED", "2026-01-15T08:30:00+02:00", "TIMESTAMP"),
        ("JOINED", "2026/13/1 0:0:0", "TIMESTAMP"),
    ],
)
def test_values_that_do_not_fit(audience: RestClient, column: str, value: str, kind: str) -> None:
    fields = ["SCORE" if column == "USERID" else "USERID", column]
    found = records(audience.merge(fields, ["1", value], ["2", "3"] if column == "USERID" else ["2", ""]))

    assert found[0] == [
        f'MERGEFAILED: Record 0 = The value "{value}" is not valid for the field type {kind}\r\n',
        "",
    ]
    assert not str(found[1][0]).startswith("MERGEFAILED")
    assert len(rows(audience, "USERID")) == 1


def test_width_in_bytes(audience: RestClient) -> None:
    audience.rest.options.width_in_bytes = True

    (record,) = records(audience.merge(["USERID", "EMAIL"], ["1", "ä" * 13]))
    assert str(record[0]).startswith("MERGEFAILED")


def test_zulu_time_in_the_zone_of_the_account(audience: RestClient) -> None:
    audience.rest.options.honour_zulu = True
    audience.rest.options.account_time_zone = "Europe/Berlin"
    audience.merge(["USERID", "JOINED"], ["1", "2026-01-15T08:30:00Z"], ["2", "2026-01-15 08:30:00"])

    assert rows(audience, "JOINED") == [("2026-01-15 09:30:00",), ("2026-01-15 08:30:00",)]


@pytest.mark.parametrize("blank", ["", None])
def test_a_blank_key_fails_its_record(audience: RestClient, blank: str | None) -> None:
    found = records(audience.merge(["USERID", "FLAG"], [blank, "Y"], ["2", "Y"]))

    assert str(found[0][0]).startswith("MERGEFAILED: Record 0 = ")
    assert rows(audience, "USERID") == [("2",)]


@pytest.mark.parametrize("record", [["1"], ["1", "Y", "extra"]])
def test_a_record_of_another_length_fails_alone(audience: RestClient, record: list[str]) -> None:
    found = records(audience.merge(["USERID", "FLAG"], ["2", "Y"], record))

    assert found[0] == ["2", "Y"]
    assert str(found[1][0]).startswith("MERGEFAILED: Record 1 = ")
    assert found[1][1:] == [""] * (len(record) - 1)


def test_two_hundred_records_and_no_more(audience: RestClient) -> None:
    many = [[str(number)] for number in range(201)]

    assert len(records(audience.merge(["USERID"], *many[:200]))) == 200
    assert error(audience.merge(["USERID"], *many)) == (400, "RECORD_LIMIT_EXCEEDED")
    audience.rest.options.too_many_records = "RECIPIENT_LIMIT_EXCEEDED"
    assert error(audience.merge(["USERID"], *many)) == (400, "RECIPIENT_LIMIT_EXCEEDED")
    assert len(rows(audience, "USERID")) == 200


def test_match_columns_on_a_keyed_table(audience: RestClient) -> None:
    answer = audience.merge(["USERID"], ["1"], matchColumnNames=["USERID"])

    assert error(answer) == (400, "INVALID_PARAMETER")
    assert answer.json()["detail"] == (
        "MatchColumnNames must be null or must not be specified to merge into a table that has primary keys"
    )
    assert records(audience.merge(["USERID"], ["1"], matchColumnNames=None)) == [["1"]]


def test_the_case_of_field_names(audience: RestClient) -> None:
    assert error(audience.merge(["userid"], ["1"])) == (400, "INVALID_FIELD_NAME")
    audience.rest.options.case_sensitive_fields = False
    answer = audience.merge(["userid"], ["1"])
    assert answer.json()["recordData"]["fieldNames"] == ["userid"]
    assert rows(audience, "USERID") == [("1",)]


@pytest.mark.parametrize(
    ("fields", "more", "code"),
    [
        (["EMAIL"], {}, "INVALID_PARAMETER"),  # the key is missing
        (["USERID", "NOPE"], {}, "INVALID_FIELD_NAME"),
        (["USERID", "USERID"], {}, "INVALID_PARAMETER"),
        (["USERID", "EMAIL"], {"updateOnMatch": "REPLACE_IF_NEW_BLANK"}, "INVALID_PARAMETER"),
        (["USERID", "EMAIL"], {"updateOnMatch": None}, "INVALID_PARAMETER"),
        (["USERID", "EMAIL"], {"insertOnNoMatch": "true"}, "INVALID_PARAMETER"),
        (["USERID", "EMAIL"], {"recordData": {"fieldNames": ["USERID"]}}, "INVALID_PARAMETER"),
        (["USERID", "EMAIL"], {"recordData": {"fieldNames": ["USERID"], "records": []}}, "INVALID_PARAMETER"),
        (
            ["USERID"],
            {"recordData": {"fieldNames": ["USERID"], "records": [{"USERID": "1"}]}},
            "INVALID_REQUEST_CONTENT",
        ),
    ],
)
def test_requests_refused_as_a_whole(
    audience: RestClient, fields: list[str], more: dict[str, Any], code: str
) -> None:
    assert error(audience.merge(fields, ["1"] * len(fields), **more)) == (400, code)
    assert rows(audience, "USERID") == []


def test_booleans_as_text(audience: RestClient) -> None:
    audience.rest.options.text_booleans = True

    assert audience.merge(["USERID"], ["1"], insertOnNoMatch="true").json()["insertOnNoMatch"] is True


def test_numbers_and_booleans_among_the_values(audience: RestClient) -> None:
    record = [1, "true", 2.5]
    fields = ["USERID", "EMAIL", "SCORE"]
    assert error(audience.merge(fields, record)) == (400, "INVALID_REQUEST_CONTENT")

    audience.rest.options.text_values_only = False
    answer = audience.merge(fields, [1, True, 2.5])
    assert answer.json()["recordData"]["records"] == [[1, True, 2.5]]
    assert rows(audience, *fields) == [("1", "true", "2.5")]
    assert error(audience.merge(fields, [1, {}, 2.5])) == (400, "INVALID_REQUEST_CONTENT")


@pytest.mark.parametrize("code", ["RESOURCE_NOT_FOUND", "TABLE_NOT_FOUND"])
def test_a_missing_table(client: RestClient, code: Any) -> None:
    client.rest.options.missing_table = code

    assert error(client.merge(["USERID"], ["1"], table="NOPE")) == (404, code)


@pytest.fixture
def keyless(client: RestClient) -> RestClient:
    """A client with a table without key, as only the UI makes them."""
    columns = (Column("F1", "STR25"), Column("F2", "STR25"), Column("F3", "STR25"))
    client.store.create_table(Table("CDP", "KEYLESS", columns))
    return client


def test_a_table_without_key_is_merged_on_match_columns(keyless: RestClient) -> None:
    for record in (["a", "1"], ["b", "1"], ["quote\"'", "1"], ["a", "2"], ["quote\"'", "3"]):
        keyless.merge(["F1", "F2"], record, table="KEYLESS", matchColumnNames=["F1"])
    keyless.merge(["F1", "F2", "F3"], ["b", "1", "x"], table="KEYLESS", matchColumnNames=["F2", "F1"])

    assert rows(keyless, "F1", "F2", "F3", table="KEYLESS") == [
        ("a", "2", None),
        ("b", "1", "x"),
        ("quote\"'", "3", None),
    ]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"matchColumnNames": []},
        {"matchColumnNames": ["F2"]},
        {"matchColumnNames": ["F1"], "insertOnNoMatch": False},
        {"matchColumnNames": ["F1"], "updateOnMatch": "NO_UPDATE"},
    ],
)
def test_a_table_without_key_insists(keyless: RestClient, more: dict[str, Any]) -> None:
    answer = keyless.merge(["F1"], ["a"], table="KEYLESS", **more)

    assert error(answer) == (400, "INVALID_PARAMETER")


def test_one_match_column_as_in_soap(keyless: RestClient) -> None:
    keyless.rest.options.one_match_column = True
    answer = keyless.merge(["F1", "F2"], ["a", "b"], table="KEYLESS", matchColumnNames=["F1", "F2"])

    assert error(answer) == (400, "INVALID_PARAMETER")
