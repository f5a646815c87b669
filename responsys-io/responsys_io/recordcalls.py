"""Calls that carry records: their bodies, cut to what a call may be, and what became of each record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from responsys_io.answeredrows import answered_rows
from responsys_io.errors import DataError
from responsys_io.resthttp import MAX_ANSWER_BYTES
from responsys_io.restsession import encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from responsys_io.restsession import Endpoint, RestSession

    Records = Sequence[Sequence[str]]
    Reader = Callable[[str, Records, Sequence[Sequence[Any]]], dict[int, str]]

MAX_RECORDS = 200
"""Records, or ids, that a call takes."""

MAX_BODY_BYTES = MAX_ANSWER_BYTES * 3 // 4
"""The answer echoes the records, and has to be read. Above 10 MB the gateway drops the connection without an
answer (Oracle's handlingErrorsMain page)."""

UpdateOnMatch = Literal["REPLACE_ALL", "NO_UPDATE"]


class MergeOptions(TypedDict, total=False):
    """What may be said of a merge into a table beside its records; see `merge_call` and `row_merge`."""

    update_on_match: UpdateOnMatch
    insert_on_no_match: bool
    map_template_name: str | None
    repeatable: bool


@dataclass(frozen=True, eq=False)
class RecordCall:
    """What is to be done with records, directly or asynchronously.

    Args:
        endpoint: The operation.
        names: Names of the objects in its path.
        place: What the records go into, for texts.
        records: The records, or the ids as records of one value.
        document: Makes the body for some of the records.
        read: Finds the refused ones among them: given the place, the records and the rows of the answer.
        repeatable: Whether the call may be sent again when its outcome is not known.
    """

    endpoint: Endpoint
    names: dict[str, str]
    place: str
    records: Records = field(repr=False)
    document: Callable[[Records], dict[str, Any]] = field(repr=False)
    read: Reader
    repeatable: bool = True

    def parts(self) -> Iterator[Part]:
        """Yield the bodies to send: at most `MAX_RECORDS` records and `MAX_BODY_BYTES` each.

        Raises:
            DataError: RSYS-4011 for a single record that is too large.
        """
        for start in range(0, len(self.records), MAX_RECORDS):
            yield from self._halved(start, self.records[start : start + MAX_RECORDS])

    def refused(self, part: Part, answer: Any) -> dict[int, str]:
        """Return Responsys's words by index in all the records, for those of a part that were refused.

        Raises:
            DataError: RSYS-4007 when the answer cannot be attributed to the records.
            TransientError: RSYS-4005 when its form is not known.
        """
        rows = answered_rows(answer, self.endpoint)
        found = self.read(self.place, part.records, rows)
        return {part.start + index: words for index, words in found.items()}

    def _halved(self, start: int, records: Records) -> Iterator[Part]:
        body = encoded(self.document(records))
        if len(body) <= MAX_BODY_BYTES:
            yield Part(start, records, body)
            return
        if len(records) == 1:
            raise DataError(
                "RSYS-4011",
                f"A record for {self.place} is larger than a call may be ({MAX_BODY_BYTES >> 20} MiB).",
                "Leave out or shorten its long texts.",
            )
        middle = len(records) // 2
        yield from self._halved(start, records[:middle])
        yield from self._halved(start + middle, records[middle:])


@dataclass(frozen=True)
class Part:
    """Some of a call's records, from an index on, and the body that carries them."""

    start: int
    records: Records = field(repr=False)
    body: bytes = field(repr=False)


def carry_out(session: RestSession, call: RecordCall) -> dict[int, str]:
    """Make a call, in as many parts as it takes.

    Returns:
        Responsys's words by index in the records, for those that were refused.

    Raises:
        RefusedError: RSYS-4009 when a part was refused as a whole; nothing of it was done then.
        DataError: RSYS-4011 for a single record that is too large, RSYS-4007 when an answer cannot be
            attributed to the records.
        TransientError: As for `RestSession.call`.
    """
    refused: dict[int, str] = {}
    for part in call.parts():
        answer = session.call(
            call.endpoint,
            call.names,
            body=part.body,
            repeatable=call.repeatable,
            rows=len(part.records),
        )
        refused |= call.refused(part, answer)
    return refused


def ids_document(query_attribute: str) -> Callable[[Records], dict[str, Any]]:
    """Return what makes the body of a deletion by ids, which are records of one value."""
    return lambda records: {"queryAttribute": query_attribute, "ids": [record[0] for record in records]}


def merge_document(
    field_names: Sequence[str], rule: Mapping[str, Any], map_template_name: str | None = None
) -> Callable[[Records], dict[str, Any]]:
    """Return what makes the body of a merge.

    Args:
        field_names: The columns of the records.
        rule: What stands beside the records.
        map_template_name: Field mapping template that Responsys applies.
    """

    def document(records: Records) -> dict[str, Any]:
        data = {
            "fieldNames": list(field_names),
            "records": [list(record) for record in records],
            "mapTemplateName": map_template_name,
        }
        return {"recordData": data, **rule}

    return document
