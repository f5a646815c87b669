"""Recipients of a list or of its extension tables by what identifies them: read and delete.

The same path means merge, read or delete depending on `?action=`, so that no setting may ever become a part
of it (Oracle's pages on list members).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from responsys_io.answeredrows import named_rows
from responsys_io.mergeresults import refused_deletions
from responsys_io.recordcalls import MAX_RECORDS, RecordCall, carry_out, ids_document
from responsys_io.restanswers import RefusedError
from responsys_io.restsession import encoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from responsys_io.restsession import Endpoint, RestSession

QueryAttribute = Literal["r", "c", "e", "m", "e_md5", "e_sha256"]

ATTRIBUTE_COLUMNS: dict[QueryAttribute, str] = {
    "r": "RIID_",
    "c": "CUSTOMER_ID_",
    "e": "EMAIL_ADDRESS_",
    "m": "MOBILE_NUMBER_",
    "e_md5": "EMAIL_MD5_HASH_",
    "e_sha256": "EMAIL_SHA256_HASH_",
}
"""The column of a list by the attribute that stands for it; extension tables take the first four."""

COLUMN_ATTRIBUTES = {column: attribute for attribute, column in ATTRIBUTE_COLUMNS.items()}
"""The attribute that stands for a column."""

HASH_COLUMNS = ("EMAIL_MD5_HASH_", "EMAIL_SHA256_HASH_")

_NOBODY = {"RECORD_NOT_FOUND", "RESOURCE_NOT_FOUND", "NO_RECIPIENT_FOUND"}


def read_recipients(
    session: RestSession,
    endpoint: Endpoint,
    names: dict[str, str],
    attribute: QueryAttribute,
    ids: Sequence[str],
    field_names: Sequence[str] = ("all",),
) -> Iterator[dict[str, str | None]]:
    """Yield the recipients that any of the ids fits, `MAX_RECORDS` ids a call.

    Nothing tells which id a recipient was found by: have its column among the fields.

    Args:
        session: Makes the calls.
        endpoint: The operation.
        names: Names of the objects in its path.
        attribute: What the ids are.
        ids: The ids.
        field_names: Columns to read, or `all`.

    Raises:
        RefusedError: RSYS-4009, for example when there is no such list.
        TransientError: RSYS-4005 for an answer of a form that is not known.
    """
    for start in range(0, len(ids), MAX_RECORDS):
        part = list(ids[start : start + MAX_RECORDS])
        body = {"fieldList": list(field_names), "ids": part, "queryAttribute": attribute}
        try:
            answer = session.call(endpoint, names, body=encoded(body))
        except RefusedError as error:
            if error.error_code not in _NOBODY:
                raise
            continue
        yield from named_rows(answer, endpoint)


def delete_recipients(session: RestSession, call: RecordCall) -> dict[int, str]:
    """Delete recipients, as many ids a call as it takes.

    Args:
        session: Makes the calls.
        call: Made by `deletion`.

    Returns:
        Responsys's words by index in the ids, for those that nothing was deleted for. When an answer was lost
        and the call sent again, the first one may have found them.

    Raises:
        RefusedError: RSYS-4009 when a call as a whole was refused.
        DataError: RSYS-4007 when the answer cannot be attributed to the ids.
    """
    refused: dict[int, str] = {}
    for start in range(0, len(call.records), MAX_RECORDS):
        part = replace(call, records=call.records[start : start + MAX_RECORDS])
        try:
            found = carry_out(session, part)
        except RefusedError as error:
            # Whether a call that finds none of its ids is refused as a whole is not documented.
            if error.error_code not in _NOBODY:
                raise
            found = dict.fromkeys(range(len(part.records)), error.problem)
        refused |= {start + index: words for index, words in found.items()}
    return refused


def deletion(
    endpoint: Endpoint, names: dict[str, str], place: str, attribute: QueryAttribute, ids: Sequence[str]
) -> RecordCall:
    """Return the call that deletes recipients; an id that fits nobody is refused by itself.

    Args:
        endpoint: The operation.
        names: Names of the objects in its path.
        place: What they are deleted from, for texts.
        attribute: What the ids are.
        ids: The ids.
    """
    return RecordCall(
        endpoint=endpoint,
        names=names,
        place=place,
        records=[[value] for value in ids],
        document=ids_document(attribute),
        read=refused_deletions,
    )
