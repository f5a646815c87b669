"""The rows in an answer about records, in the forms that Responsys has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_io.restsession import Endpoint


def answered_rows(answer: Any, endpoint: Endpoint) -> list[list[Any]]:
    """Read the rows out of an answer.

    Version 1 and the polling of triggers answer about recipients with an array of objects that have
    `recipientId` and `errorMessage`. Each becomes a row of one value: the id, or the failure.

    Raises:
        TransientError: RSYS-4005 when the answer is of no known form.
    """
    if isinstance(answer, list) and answer and all(isinstance(entry, dict) for entry in answer):
        return [[_value_of(entry)] for entry in answer]
    data = answer.get("recordData") if isinstance(answer, dict) else None
    rows = data.get("records") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise endpoint.unusable()
    return rows


def named_rows(answer: Any, endpoint: Endpoint) -> Iterator[dict[str, str | None]]:
    """Yield the rows of an answer to a read, with the names of their columns.

    Raises:
        TransientError: RSYS-4005 when the answer is of another form.
    """
    data = answer.get("recordData") if isinstance(answer, dict) else None
    names = data.get("fieldNames") if isinstance(data, dict) else None
    rows = answered_rows(answer, endpoint)
    if not isinstance(names, list) or any(len(row) != len(names) for row in rows):
        raise endpoint.unusable()
    for row in rows:
        yield dict(zip(names, row, strict=True))


def _value_of(entry: dict[str, Any]) -> Any:
    message = entry.get("errorMessage")
    if not message and entry.get("success") is not False:
        return entry.get("recipientId")
    text = str(message or "")
    return text if text.startswith("MERGEFAILED:") else f"MERGEFAILED: {text}"
