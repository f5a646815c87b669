"""Lists in pages, in whichever envelope the account answers with (rest-api.md section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from responsys_sandbox.rest.call import MAX_PAGE, link

if TYPE_CHECKING:
    from responsys_sandbox.rest.call import Call


def collection(call: Call, key: str, items: list[dict[str, Any]]) -> Any:
    """Return the page that is asked for, in the envelope of the options."""
    wanted = call.page()
    page, envelope = items[wanted], call.options.envelope
    if envelope == "bare":
        return page
    answer: dict[str, Any] = {key if envelope == "named" else "items": page}
    if call.options.page_links:
        answer["links"] = _links(call, wanted, len(items))
    return answer


def _links(call: Call, wanted: slice, count: int) -> list[dict[str, str]]:
    links = [call.self_link("GET")]
    path, limit = call.path.partition("?")[0], max(1, wanted.stop - wanted.start)
    kind = "".join(f"&type={quote(value)}" for value in call.query.get("type", ()))
    for rel, offset, exists in (
        ("prev", max(0, wanted.start - limit), wanted.start > 0),
        ("next", wanted.stop, wanted.stop < count),
    ):
        if exists:
            links.append(link(rel, f"{path}?offset={offset}&limit={min(limit, MAX_PAGE)}{kind}", "GET"))
    return links
