"""Lists that the REST API gives a page at a time, in whichever envelope they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from responsys_io.restsession import Endpoint, RestSession

PAGE = 200
"""Items that a page holds: Responsys's default and maximum."""


def listed(
    session: RestSession,
    endpoint: Endpoint,
    key: str,
    names: dict[str, str] | None = None,
    *,
    query: Sequence[tuple[str, str]] = (),
) -> Iterator[dict[str, Any]]:
    """Yield the items of a list, page after page.

    Args:
        session: Makes the calls.
        endpoint: The list; it takes `offset` and `limit`.
        key: The documented name of the list in its envelope.
        names: Names of the objects in the path.
        query: Further parameters.

    Raises:
        TransientError: RSYS-4005 for an answer of a form that is not known, or a page that comes twice.
    """
    offset = 0
    before: list[dict[str, Any]] = []
    while True:
        page = [*query, ("offset", str(offset)), ("limit", str(PAGE))]
        answer = session.call(endpoint, names, query=page)
        items = items_of(answer, key, endpoint)
        if items and items == before:
            # The server disregards the offset: without end, and never the rest.
            raise endpoint.unusable()
        yield from items
        if not items or not _goes_on(answer, len(items)):
            return
        offset += len(items)
        before = items


def items_of(answer: Any, key: str, endpoint: Endpoint) -> list[dict[str, Any]]:
    """Read the items out of an answer: a bare list, or one below its documented name or below `items`.

    Oracle's reference, its Swagger file and what clients have seen differ in this.

    Raises:
        TransientError: RSYS-4005 when it is none of these.
    """
    if isinstance(answer, dict):
        answer = next((answer[name] or [] for name in (key, "items") if name in answer), None)
    if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        raise endpoint.unusable()
    return answer


def _goes_on(answer: Any, count: int) -> bool:
    """Whether there is another page: links say so where there are any, else only a full page has a next."""
    links = answer.get("links") if isinstance(answer, dict) else None
    if isinstance(links, list) and links:
        return any(isinstance(link, dict) and link.get("rel") == "next" for link in links)
    return count >= PAGE
