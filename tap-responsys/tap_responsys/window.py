"""The 14-day window: how long ago a feed was last read, and what may be lost already.

Responsys keeps events for export for 14 days, and an export holds what was stored since the one before it.
So nothing is lost as long as less than 14 days lie between two exports, and all of them are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from tap_responsys.ledger import Ledger
    from tap_responsys.listing import ExportFile

WINDOW_DAYS = 14
_WARNED_FROM = 11


@dataclass(frozen=True)
class Standstill:
    """A feed that has not been read for so long that its events are at risk.

    Args:
        since: The day of the last export that has been read.
        days: Days since then.
        waiting: Later exports on the server that have not been read.
        lost: First and last day whose events may be lost for good, None while none are.
    """

    since: date
    days: int
    waiting: int
    lost: tuple[date, date] | None

    @property
    def days_left(self) -> int:
        """Days until events may get lost; 0 when it is too late, or when only files that wait hold them."""
        return max(0, WINDOW_DAYS - self.days)


def standstill(ledger: Ledger, exports: Iterable[ExportFile], today: date) -> Standstill | None:
    """Return how long a feed has not been read, None for one of the last ten days or one never read.

    Args:
        ledger: What has been read of the feed.
        exports: Its exports on the server.
        today: The date in UTC.
    """
    since = ledger.history.last
    if since is None or (today - since).days < _WARNED_FROM:
        return None
    waiting = sorted(export.day for export in exports if export.day > since and not ledger.is_read(export))
    # An export reaches back to the one before it, but no further than the window.
    reached = (waiting[0] if waiting else today) - timedelta(WINDOW_DAYS)
    return Standstill(
        since, (today - since).days, len(waiting), (since, reached) if reached >= since else None
    )


def window_warning(stream: str, ledger: Ledger, exports: Iterable[ExportFile], today: date) -> str | None:
    """Return the line to log at the start of a run for a feed whose events are at risk, None for any other.

    Args:
        stream: Name of the feed's stream.
        ledger: What has been read of it.
        exports: Its exports on the server.
        today: The date in UTC.
    """
    found = standstill(ledger, exports, today)
    return f"Stream {stream}: {standing_still(found)}; {at_risk(found)}" if found else None


def standing_still(found: Standstill) -> str:
    """Say since when a feed has not been read."""
    return f"the last export that was read is of {found.since}, {found.days} days ago"


def at_risk(found: Standstill) -> str:
    """Say what may be lost already, or how long nothing is lost yet."""
    if found.lost:
        return f"possible permanent loss for dates {found.lost[0]}..{found.lost[1]}"
    if found.waiting:
        return f"the events since then are in files on the server that have not been read ({found.waiting})"
    return f"Responsys deletes events after {WINDOW_DAYS} days: {found.days_left} days left"
