"""Calls about recipients of a list or an extension table: who is asked for, and who is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_sandbox.profilelists import ATTRIBUTES
from responsys_sandbox.rest.errors import invalid
from responsys_sandbox.rest.merging import MAX_RECORDS, too_many
from responsys_sandbox.rest.recordanswers import merge_failure, no_record, record_data
from responsys_sandbox.rest.versions import FIRST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from responsys_sandbox.memberrows import Row
    from responsys_sandbox.rest.call import Call
    from responsys_sandbox.tables import Table

_EXTENSION_ATTRIBUTES = frozenset("recm")


@dataclass(frozen=True, slots=True)
class Asked:
    """Recipients by values of one identity column."""

    column: str
    values: list[str]


def asked_riid(call: Call) -> Asked:
    """Return the recipient that the path names."""
    return Asked("RIID_", [call.names["riid"]])


def asked_one(call: Call) -> Asked:
    """Return the recipients that the query's `qa` and `id` name.

    Raises:
        ApiError: there is not one of each.
    """
    attributes, values = call.query.get("qa", []), call.query.get("id", [])
    if len(attributes) != 1 or len(values) != 1:
        raise invalid("qa and id must be given once")
    return Asked(_column(call, attributes[0]), values)


def asked_many(call: Call, body: Mapping[str, Any]) -> Asked:
    """Return the recipients that a body's `queryAttribute` and `ids` name.

    Raises:
        ApiError: they are missing, or more than 200.
    """
    values = body.get("ids")
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        raise invalid("ids must be a list of texts")
    if len(values) > MAX_RECORDS:
        raise too_many("RECIPIENT_LIMIT_EXCEEDED")
    call.records = len(values)
    return Asked(_column(call, body.get("queryAttribute")), values)


def members_asked(call: Call, profile_list: Table, asked: Asked) -> list[list[Row]]:
    """Return the members of a list for each value that is asked for."""
    exact = call.options.case_sensitive_addresses and asked.column == "EMAIL_ADDRESS_"
    return [
        [
            member
            for member in call.store.lists.members(profile_list, {asked.column: value})
            if not exact or member[asked.column] == value
        ]
        if asked.column != "RIID_" or _is_riid(value)
        else []
        for value in asked.values
    ]


def owners_asked(call: Call, profile_list: Table, asked: Asked) -> list[list[Row]]:
    """Return whose rows of an extension table are asked for, for each value.

    By recipient id a row is found also when its member has been deleted.
    """
    if asked.column == "RIID_":
        return [[{"RIID_": value}] if _is_riid(value) else [] for value in asked.values]
    return members_asked(call, profile_list, asked)


def deletion_rows(
    call: Call, profile_list: Table, asked: Asked, delete: Callable[[int], bool]
) -> list[list[str]]:
    """Delete for the members that are asked for; return the rows of the answer.

    Args:
        call: the call.
        profile_list: the list they are members of.
        asked: who.
        delete: deletes what belongs to a RIID, and says whether there was anything.

    Raises:
        ApiError: there was nothing for any of them, where the options have that refused.
    """
    rows: list[list[str]] = []
    owners = owners_asked if "petName" in call.names else members_asked
    for members in owners(call, profile_list, asked):
        riids = [str(member["RIID_"]) for member in members]
        gone = [riid for riid in riids if delete(int(riid))]
        if not gone:
            rows.append(["DELETEFAILED: NO records found for id\n"])
        else:
            rows.extend([riid] for riid in (gone if call.options.delete_answers == "members" else gone[:1]))
    if call.options.delete_of_nobody == "error" and all(row[0].startswith("DELETEFAILED") for row in rows):
        raise no_record(call.options)
    return rows


def merge_answer(
    call: Call, riids: Mapping[int, int | None], refused: Mapping[int, str], more: Mapping[str, Any]
) -> Any:
    """Return the answer of a merge, a row for every record in order.

    Args:
        call: the call.
        riids: the recipient by number of the record; None where there is none.
        refused: the reason by number of a refused record.
        more: what follows `recordData`.
    """
    numbers = sorted(riids.keys() | refused.keys())
    texts = {number: merge_failure(number, reason) for number, reason in refused.items()}
    if call.options.merge_results == "results" or call.version == FIRST:
        return [
            {
                "recipientId": -1 if number in texts else riids[number],
                "errorMessage": texts.get(number),
            }
            for number in numbers
        ]
    rows = [[texts.get(number) or _text(riids.get(number))] for number in numbers]
    return {"recordData": record_data(["RIID_"], rows), **more}


def _is_riid(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _text(riid: int | None) -> str:
    return "" if riid is None else str(riid)


def _column(call: Call, attribute: object) -> str:
    known = _EXTENSION_ATTRIBUTES if "petName" in call.names else ATTRIBUTES.keys()
    if not isinstance(attribute, str) or attribute not in known:
        raise invalid("The query attribute is not valid")
    return ATTRIBUTES[attribute]
