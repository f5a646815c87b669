"""Permission statuses of people before and after a merge, as plain data, and what has changed."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Statuses = dict[str, str]
"""The status by channel, for example I by email; empty where there is none."""

_STATUS = re.compile(r"(?P<channel>.+)_PERMISSION_STATUS_", re.IGNORECASE)
_NO_STATUS = "none"


class StatusChange(NamedTuple):
    """What a merge has changed for a person in a channel; `before` is None for who is new to the list."""

    channel: str
    before: str | None
    after: str


StatusChanges = Counter[StatusChange]


def channels_of(columns: Iterable[str]) -> dict[str, str]:
    """Return the columns with a permission status by channel: EMAIL_PERMISSION_STATUS_ by email."""
    found = ((_STATUS.fullmatch(name), name) for name in columns)
    return {match["channel"].lower(): name for match, name in found if match}


def status_changes(before: Mapping[str, Statuses], after: Mapping[str, Statuses]) -> StatusChanges:
    """Compare the statuses of people, by recipient id, before a merge and after it.

    Who is new counts in each channel, and others where something has changed.
    """
    changes: StatusChanges = Counter()
    for riid, statuses in after.items():
        former = before.get(riid)
        for channel, status in statuses.items():
            if former is None:
                changes[StatusChange(channel, None, status)] += 1
            elif former[channel] != status:
                changes[StatusChange(channel, former[channel], status)] += 1
    return changes


def document(changes: StatusChanges) -> dict[str, Any]:
    """Return the changes as a receipt has them: by channel, those of who is new, and from which to which."""
    made: dict[str, Any] = {}
    for (channel, before, after), count in sorted(changes.items(), key=str):
        counts = made.setdefault(channel, {"new": {}, "changed": {}})
        status = after or _NO_STATUS
        if before is None:
            counts["new"][status] = count
        else:
            counts["changed"][f"{before or _NO_STATUS}->{status}"] = count
    return made


def words(changes: StatusChanges) -> str:
    """Say in a line what has changed, for example `email I->O: 3`."""
    parts = []
    for channel, counts in document(changes).items():
        parts += [f"{channel} new {status}: {count}" for status, count in counts["new"].items()]
        parts += [f"{channel} {change}: {count}" for change, count in counts["changed"].items()]
    return ", ".join(parts)
