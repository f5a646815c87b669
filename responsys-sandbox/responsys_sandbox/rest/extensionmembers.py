"""The rows of a profile extension table: merge, read, delete (rest-api.md section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_sandbox.profilelists import GIVEN_BY_RESPONSYS, HASHES, IDENTITIES, with_identities
from responsys_sandbox.rest.errors import invalid
from responsys_sandbox.rest.listmembers import moment_of
from responsys_sandbox.rest.matchcolumns import match_columns
from responsys_sandbox.rest.merging import (
    RecordError,
    named_columns,
    read_insert,
    read_record,
    read_record_data,
    read_update,
)
from responsys_sandbox.rest.modifieddays import changed_on_the_days
from responsys_sandbox.rest.recipients import (
    Asked,
    asked_many,
    asked_one,
    asked_riid,
    deletion_rows,
    merge_answer,
    owners_asked,
)
from responsys_sandbox.rest.recordanswers import (
    asked_columns,
    listed_columns,
    no_record,
    objection,
    read_values,
    record_data,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responsys_sandbox.memberrows import Row
    from responsys_sandbox.rest.call import Call
    from responsys_sandbox.tables import Column, Table

_NO_RULE = {
    "insertOnNoMatch": False,
    "updateOnMatch": None,
    "matchColumnName1": None,
    "matchColumnName2": None,
}


def merge_extension(call: Call) -> Any:
    """`POST .../listExtensions/{petName}/members`: merge up to 200 records of members of the list."""
    profile_list, extension = call.profile_list(), call.extension()
    body = call.json_object()
    data = read_record_data(body, call.options)
    matched = match_columns(body, underscore=False)
    insert = read_insert(body, call.options) and not set(matched) & set(HASHES)
    update = read_update(body) == "REPLACE_ALL"
    columns = named_columns(
        data.field_names,
        with_identities(extension, profile_list),
        case_sensitive=call.options.case_sensitive_fields,
    )
    if all(column.name in IDENTITIES for column in columns):
        raise invalid("Merge cannot be done on one field")
    call.records = len(data.records)
    good: dict[int, tuple[int, dict[str, str | None]]] = {}
    refused: dict[int, str] = {}
    for number, values in enumerate(data.records):
        try:
            record = read_record(values, columns, call.options)
            riid = _member(call, profile_list, record, matched)
        except RecordError as error:
            refused[number] = str(error)
            continue
        if call.options.duplicate_key == "fail" and any(riid == other for other, _ in good.values()):
            refused[number] = "Duplicate key in the request"
        else:
            own = {name: value for name, value in record.items() if name not in GIVEN_BY_RESPONSYS}
            good[number] = riid, own
    outcomes = call.store.extensions.merge(
        profile_list.name, extension, good.values(), insert=insert, update=update, moment=moment_of(call)
    )
    riids = {number: riid for number, (riid, _) in good.items()}
    for number, outcome in zip(good, outcomes, strict=True):
        if reason := objection(outcome, call.options):
            refused[number] = reason
    rule = {name: body.get(name) for name in _NO_RULE}
    return merge_answer(call, riids, refused, {**rule, "links": [call.self_link("POST")]})


def read_row_by_riid(call: Call) -> Any:
    """`GET .../listExtensions/{petName}/members/{riid}?fs=`."""
    columns = asked_columns(call, call.extension(), case_sensitive=call.options.case_sensitive_fields)
    return _read(call, columns, asked_riid(call), "GET")


def read_rows_by_query(call: Call) -> Any:
    """`GET .../listExtensions/{petName}/members?qa=&id=&fs=`, or `?qa=d&sdate=&edate=&fs=`."""
    extension = call.extension()
    columns = asked_columns(call, extension, case_sensitive=call.options.case_sensitive_fields)
    if call.query.get("qa") != ["d"]:
        return _read(call, columns, asked_one(call), "GET")
    rows = call.store.extensions.rows(call.profile_list().name, extension)
    return _answer(call, columns, changed_on_the_days(call, rows), "GET")


def read_rows(call: Call) -> Any:
    """`POST .../listExtensions/{petName}/members?action=get`: the rows of up to 200 recipients."""
    body = call.json_object()
    columns = listed_columns(body, call.extension(), case_sensitive=call.options.case_sensitive_fields)
    return _read(call, columns, asked_many(call, body), "POST")


def delete_row_by_riid(call: Call) -> Any:
    """`DELETE .../listExtensions/{petName}/members/{riid}`."""
    return _deleted(call, asked_riid(call), "DELETE")


def delete_rows(call: Call) -> Any:
    """`POST .../listExtensions/{petName}/members?action=delete`: the rows of up to 200 recipients."""
    return _deleted(call, asked_many(call, call.json_object()), "POST")


def _member(call: Call, profile_list: Table, record: dict[str, str | None], matched: tuple[str, ...]) -> int:
    """Return the RIID of the member whom a record is about.

    Raises:
        RecordError: it is about nobody, or about several.
    """
    wanted = {name: value for name in matched if (value := record.get(name)) is not None}
    if len(wanted) < len(matched):
        raise RecordError("The record has no merge key")
    members = call.store.lists.members(profile_list, wanted)
    if not members:
        raise RecordError("NO_RECIPIENT_FOUND: No recipient found")
    if len(members) > 1:
        raise RecordError("MULTIPLE_RECIPIENTS_FOUND: Multiple recipients found")
    return int(members[0]["RIID_"] or 0)


def _read(call: Call, columns: Sequence[Column], asked: Asked, method: str) -> dict[str, Any]:
    profile_list, extension = call.profile_list(), call.extension()
    found = [
        row
        for members in owners_asked(call, profile_list, asked)
        for member in members
        for row in call.store.extensions.rows(profile_list.name, extension, int(member["RIID_"] or 0))
    ]
    return _answer(call, columns, found, method)


def _answer(call: Call, columns: Sequence[Column], found: list[Row], method: str) -> dict[str, Any]:
    if not found:
        raise no_record(call.options)
    call.records = len(found)
    values = [read_values(row, columns, call.options) for row in found]
    return {
        "recordData": record_data([column.name for column in columns], values),
        **_NO_RULE,
        "links": [call.self_link(method)],
    }


def _deleted(call: Call, asked: Asked, method: str) -> dict[str, Any]:
    profile_list, extension = call.profile_list(), call.extension()

    def delete(riid: int) -> bool:
        return call.store.extensions.delete(profile_list.name, extension, riid)

    return {
        "recordData": record_data(["RIID_"], deletion_rows(call, profile_list, asked, delete)),
        **_NO_RULE,
        "links": [call.self_link(method)],
    }
