"""Which records of a merge were refused: Responsys says so inside an answer with status 200.

A refused record's row holds `MERGEFAILED: Record N = …` and blanks; the others are echoed. Rows stand in
the order of the request (Oracle's page on merging supplemental table members).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

_FAILED = re.compile(r"MERGEFAILED:\s*(?:Record (?P<index>\d+) = )?(?P<reason>.*)", re.DOTALL)


def refused_records(
    table: str, sent: Sequence[Sequence[str]], answered: Sequence[Sequence[Any]]
) -> dict[int, str]:
    """Map the answer of a merge to the records that were sent.

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
    if len(answered) != len(sent):
        raise DataError(
            "RSYS-4007",
            f"Responsys answered {len(answered)} rows to a merge of {len(sent)} records into {table}.",
            "It is not known which were merged; run again, a merge by key does no harm twice.",
        )
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
        raise DataError(
            "RSYS-4007",
            f"Responsys's answer to a merge into {table} is not in the order of the records.",
            "It is not known which were refused; please report it.",
        )
    return refused
