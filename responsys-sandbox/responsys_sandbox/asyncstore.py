"""Requests that the asynchronous API has accepted, and what became of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_sandbox.database import Database

_FIELDS = "id, accepted_at, function, path, names, body, reference, processed_at, status, response"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedRequest:
    """A request and, once it is done, its result.

    Attributes:
        id: the request id.
        accepted_at: epoch seconds.
        function: name of the function that does the work.
        path: as sent.
        names: the path's variables.
        body: as sent.
        reference: the `referenceData` of the request.
        processed_at: epoch seconds; None until it is done.
        status: how it ended; None until then.
        response: the JSON value of the result.
    """

    id: str
    accepted_at: float
    function: str
    path: str
    names: Mapping[str, str]
    body: bytes
    reference: Any = None
    processed_at: float | None = None
    status: str | None = None
    response: Any = None


class AsyncStore:
    """The queue; see `Store`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, request: QueuedRequest) -> None:
        """Queue a request."""
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO async_request (id, accepted_at, function, path, names, body, reference)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    request.id,
                    request.accepted_at,
                    request.function,
                    request.path,
                    json.dumps(dict(request.names)),
                    request.body,
                    json.dumps(request.reference),
                ),
            )

    def find(self, request_id: str) -> QueuedRequest | None:
        """Return a request, or None."""
        with self._database.reading() as db:
            row = db.execute(
                f"SELECT {_FIELDS} FROM async_request WHERE id = ?",  # noqa: S608
                (request_id,),
            ).fetchone()
        return _request(*row) if row else None

    def waiting(self) -> list[QueuedRequest]:
        """Return the requests that are not done, in the order of their acceptance."""
        with self._database.reading() as db:
            rows = db.execute(
                f"SELECT {_FIELDS} FROM async_request WHERE status IS NULL ORDER BY rowid"  # noqa: S608
            ).fetchall()
        return [_request(*row) for row in rows]

    def finish(self, request_id: str, *, at: float, status: str, response: Any) -> None:
        """Keep the result of a request."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE async_request SET processed_at = ?, status = ?, response = ? WHERE id = ?",
                (at, status, json.dumps(response), request_id),
            )

    def purge(self, before: float) -> None:
        """Forget the results of requests that were done before a moment (epoch seconds)."""
        with self._database.writing() as db:
            db.execute("DELETE FROM async_request WHERE processed_at < ?", (before,))


def _request(
    request_id: str,
    accepted_at: float,
    function: str,
    path: str,
    names: str,
    body: bytes,
    reference: str,
    processed_at: float | None,
    status: str | None,
    response: str | None,
) -> QueuedRequest:
    return QueuedRequest(
        id=request_id,
        accepted_at=accepted_at,
        function=function,
        path=path,
        names=json.loads(names),
        body=body,
        reference=json.loads(reference),
        processed_at=processed_at,
        status=status,
        response=json.loads(response) if response is not None else None,
    )
