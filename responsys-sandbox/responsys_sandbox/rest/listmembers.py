"""The members of a profile list: merge, read, count, delete (rest-api.md section 5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from responsys_sandbox.liststore import ListMerge
from responsys_sandbox.profilelists import IDENTITIES, PERMISSIONS
from responsys_sandbox.rest.call import API, link, segment
from responsys_sandbox.rest.errors import invalid
from responsys_sandbox.rest.mergerule import EMPTY_RULE, read_rule
from responsys_sandbox.rest.merging import RecordError, named_columns, read_record, read_record_data
from responsys_sandbox.rest.recipients import (
    Asked,
    asked_many,
    asked_one,
    asked_riid,
    deletion_rows,
    members_asked,
    merge_answer,
)
from responsys_sandbox.rest.recordanswers import (
    asked_columns,
    listed_columns,
    no_record,
    objection,
    read_values,
    record_data,
)
from responsys_sandbox.tables import Column, Table
from responsys_sandbox.values import STORED_TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responsys_sandbox.liststore import Merged
    from responsys_sandbox.rest.call import Call
    from responsys_sandbox.rest.mergerule import MergeRule

_MAX_DELETED = 10
"""Members that a deletion by query deletes at once."""


def merge_list(call: Call) -> Any:
    """`POST /lists/{listName}/members`: merge up to 200 records; refused ones are marked."""
    profile_list = call.profile_list()
    body = call.json_object()
    data = read_record_data(body, call.options)
    rule = read_rule(body, call.options)
    columns = tuple(
        _as_sent(column) for column in named_columns(data.field_names, profile_list, case_sensitive=False)
    )
    call.records = len(data.records)
    good: dict[int, dict[str, str | None]] = {}
    refused: dict[int, str] = {}
    for number, values in enumerate(data.records):
        try:
            good[number] = _read_member(values, columns, rule, call)
        except RecordError as error:
            refused[number] = str(error)
    if refused and call.options.bad_member_fails_call:
        first = min(refused)
        raise invalid(f"Record {first} = {refused[first].removeprefix('INVALID_PARAMETER: ')}\r\n")
    how = ListMerge(
        match=rule.match,
        insert=rule.insert,
        update=rule.update,
        defaults=dict.fromkeys(PERMISSIONS.values(), rule.default),
        defaults_on_update=call.options.default_permission_on_update,
        moment=moment_of(call),
    )
    merged = dict(zip(good, call.store.lists.merge(profile_list, good.values(), how), strict=True))
    refused |= {number: reason for number, result in merged.items() if (reason := _objection(result, call))}
    riids = {number: result.riid for number, result in merged.items()}
    members = f"{API}/lists/{segment(profile_list.name)}/members/<riid>"
    links = [
        call.self_link("POST"),
        link("retrieveListRecipientsRIID", members, "GET"),
        link("deleteListRecipientsRIID", members, "DELETE"),
    ]
    return merge_answer(call, riids, refused, {"mergeRule": dict(rule.echo), "links": links})


def read_member_by_riid(call: Call) -> Any:
    """`GET /lists/{listName}/members/{riid}?fs=`."""
    return _read(call, _asked_columns(call), asked_riid(call), "GET")


def read_members_by_query(call: Call) -> Any:
    """`GET /lists/{listName}/members?qa=&id=&fs=`: all members with that value."""
    return _read(call, _asked_columns(call), asked_one(call), "GET")


def read_members(call: Call) -> Any:
    """`POST /lists/{listName}/members?action=get`: the members with any of up to 200 values."""
    body, profile_list = call.json_object(), call.profile_list()
    columns = listed_columns(body, profile_list, case_sensitive=False)
    return _read(call, columns, asked_many(call, body), "POST")


def count_members(call: Call) -> Any:
    """`GET /lists/{listName}/members/count?qa=&id=`."""
    found = members_asked(call, call.profile_list(), asked_one(call))
    return {"count": sum(map(len, found)), "links": [call.self_link("GET")]}


def delete_member_by_riid(call: Call) -> Any:
    """`DELETE /lists/{listName}/members/{riid}`."""
    return _deleted(call, asked_riid(call), "DELETE")


def delete_members_by_query(call: Call) -> Any:
    """`DELETE /lists/{listName}/members?qa=&id=`: at most ten members at once."""
    profile_list = call.profile_list()
    found = [row for rows in members_asked(call, profile_list, asked_one(call)) for row in rows]
    if not found:
        raise no_record(call.options)
    for row in found[:_MAX_DELETED]:
        _delete(call, profile_list, int(row["RIID_"] or 0))
    remaining = max(0, len(found) - _MAX_DELETED)
    return {
        "recordData": record_data(["RIID_"], [[row["RIID_"]] for row in found[:_MAX_DELETED]]),
        "totalMatchedRecords": len(found),
        "remainingRecordCount": remaining,
        "hasMoreRecords": remaining > 0,
        "links": [call.self_link("DELETE")],
    }


def delete_members(call: Call) -> Any:
    """`POST /lists/{listName}/members?action=delete`: the members with any of up to 200 values."""
    return _deleted(call, asked_many(call, call.json_object()), "POST")


def moment_of(call: Call) -> str:
    """Return the moment of a call as the account's clock shows it."""
    moment = datetime.fromtimestamp(call.now, UTC).astimezone(ZoneInfo(call.options.account_time_zone))
    return moment.strftime(STORED_TIMESTAMP)


def _as_sent(column: Column) -> Column:
    """Return a column as records fill it: the words that the rule translates are longer than what is kept."""
    coded = column.name in PERMISSIONS.values() or column.name == "EMAIL_FORMAT_"
    return Column(column.name, "STR500") if coded else column


def _read_member(
    values: list[Any], columns: tuple[Column, ...], rule: MergeRule, call: Call
) -> dict[str, str | None]:
    try:
        record = read_record(values, columns, call.options)
    except RecordError as error:
        raise RecordError(f"INVALID_PARAMETER: {error}") from None
    if not any(name in record for name in IDENTITIES):
        raise RecordError("INVALID_PARAMETER: The record has no merge key")
    return rule.applied(record)


def _objection(result: Merged, call: Call) -> str | None:
    if result.outcome == "ambiguous":
        return "MULTIPLE_RECIPIENTS_FOUND: Multiple recipients found"
    return objection(result.outcome, call.options)


def _asked_columns(call: Call) -> list[Column]:
    return asked_columns(call, call.profile_list(), case_sensitive=False)


def _read(call: Call, columns: Sequence[Column], asked: Asked, method: str) -> dict[str, Any]:
    found = [row for rows in members_asked(call, call.profile_list(), asked) for row in rows]
    if not found:
        raise no_record(call.options)
    call.records = len(found)
    values = [read_values(row, columns, call.options) for row in found]
    return {
        "recordData": record_data([column.name for column in columns], values),
        "mergeRule": EMPTY_RULE,
        "links": [call.self_link(method)],
    }


def _delete(call: Call, profile_list: Table, riid: int) -> bool:
    with_extension_rows = not call.options.orphaned_extension_rows
    return call.store.lists.delete(profile_list, riid, with_extension_rows=with_extension_rows)


def _deleted(call: Call, asked: Asked, method: str) -> dict[str, Any]:
    profile_list = call.profile_list()

    def delete(riid: int) -> bool:
        return _delete(call, profile_list, riid)

    return {
        "recordData": record_data(["RIID_"], deletion_rows(call, profile_list, asked, delete)),
        "mergeRule": EMPTY_RULE,
        "links": [call.self_link(method)],
    }
