"""Which records of a call were refused: Responsys says so inside an answer with status 200.

Rows stand in the order of the request (Oracle's page on merging supplemental table members). A refused
record's row holds `MERGEFAILED: Record N = …` or `DELETEFAILED: …`. The others are echoed where records went
into a supplemental table, and hold the recipient's id where they went into a list or an extension table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

_FAILED = re.compile(r"(?:MERGE|DELETE)FAILED:\s*(?:Record (?P<index>\d{1,9}) = )?(?P<reason>.*)", re.DOTALL)
_NOBODY = {"", "-1", "0", "None"}
_NO_RECIPIENT = "Responsys names no recipient for the record."


def refused_records(
    table: str, sent: Sequence[Sequence[str]], answered: Sequence[Sequence[Any]]
) -> dict[int, str]:
    """Map the answer of a call that echoes records to those that were sent.

    Args:
        table: Name of the table, for texts.
        sent: The records.
        answered: The rows of the answer.

    Returns:
        Responsys's reason by index in `sent`, for those that were refused.

    Raises:
        DataError: RSYS-4007 when there are more or fewer rows than records, or when a reason names another
            record than its place and the rows around it do not stand where they should.
    """
    _check_number(table, sent, answered)
    refused: dict[int, str] = {}
    in_order = in_place = True
    for index, (record, row) in enumerate(zip(sent, answered, strict=True)):
        first = row[0] if row else None
        # A value may itself begin like a failure; the echo of such a record is what was sent.
        if first == record[0]:
            continue
        failed = _FAILED.match(first) if isinstance(first, str) else None
        if failed is None:
            in_order = False
            continue
        refused[index] = failed["reason"].strip()
        in_place = in_place and (failed["index"] is None or int(failed["index"]) == index)
    if refused and not in_order and not in_place:
        raise _out_of_order(table)
    return refused


def refused_recipients(
    place: str, sent: Sequence[Sequence[str]], answered: Sequence[Sequence[Any]]
) -> dict[int, str]:
    """Map the answer of a merge that names recipients to the records that were sent.

    Nothing in such rows tells whether they are in order but the numbers that failures give.

    Args:
        place: Name of the list or of the extension table, for texts.
        sent: The records.
        answered: The rows of the answer.

    Returns:
        The reason by index in `sent`, for those that were refused or that no recipient is named for.

    Raises:
        DataError: RSYS-4007 when there are more or fewer rows than records, or when a reason names another
            record than its place.
    """
    _check_number(place, sent, answered)
    refused: dict[int, str] = {}
    for index, row in enumerate(answered):
        text = str(row[0]) if row else ""
        if failed := _FAILED.match(text):
            if failed["index"] is not None and int(failed["index"]) != index:
                raise _out_of_order(place)
            refused[index] = failed["reason"].strip()
        elif text in _NOBODY:
            refused[index] = _NO_RECIPIENT
    return refused


def refused_deletions(
    place: str, sent: Sequence[Sequence[str]], answered: Sequence[Sequence[Any]]
) -> dict[int, str]:
    """Map the answer of a deletion by ids to them; several recipients may have gone for one id.

    Args:
        place: Name of the list or of the extension table, for texts.
        sent: The ids, a row each.
        answered: The rows of the answer.

    Returns:
        Responsys's reason by index in `sent`, for those that nothing was deleted for.

    Raises:
        DataError: RSYS-4007 when some were refused and the rows are not one for each id.
    """
    failed = {index: found for index, row in enumerate(answered) if (found := _failure(row))}
    if len(answered) < len(sent) or (failed and len(answered) > len(sent)):
        raise DataError(
            "RSYS-4007",
            f"Responsys answered {len(answered)} rows to a deletion of {len(sent)} ids from {place}.",
            "It is not known which were not found; read them to see which are still there.",
        )
    return {index: found["reason"].strip() for index, found in failed.items()}


def _failure(row: Sequence[Any]) -> re.Match[str] | None:
    return _FAILED.match(row[0]) if row and isinstance(row[0], str) else None


def _check_number(place: str, sent: Sequence[Any], answered: Sequence[Any]) -> None:
    if len(answered) != len(sent):
        raise DataError(
            "RSYS-4007",
            f"Responsys answered {len(answered)} rows to a merge of {len(sent)} records into {place}.",
            "It is not known which were merged; run again, a merge by key does no harm twice.",
        )


def _out_of_order(place: str) -> DataError:
    return DataError(
        "RSYS-4007",
        f"Responsys's answer to a merge into {place} is not in the order of the records.",
        "It is not known which were refused; please report it.",
    )
