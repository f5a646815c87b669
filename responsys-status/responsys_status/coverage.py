"""Which export days have been read, and how long the file server still holds what has not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from responsys_io.feeds import feeds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_status.ledger import StreamLedger

WINDOW_DAYS = 14
"""Responsys keeps events for export for so many days."""

NEEDED_DAYS = (60, 90)
"""How much history models need that are trained on two or three months."""

KEY_FEEDS = ("sent", "open", "click", "bounce", "opt_in", "opt_out", "launch_state")
"""The feeds that the guide's export job has, in the order of the page."""

_CALENDAR_DAYS = 42

Mark = Literal["read", "rejects", "reading", "missing", "late", "lost", "due", "before"]


@dataclass(frozen=True)
class Coverage:
    """A stream's days.

    Args:
        stream: Its name.
        is_feed: Whether it is a feed of events, whose window closes.
        first: The first day with an export, None before there is one.
        last: The last one.
        present: How many days have one, from the first to the last.
        missing: The days between them that have none.
        days_left: Days until events not read yet may be lost, 0 when it is too late; None where no window
            counts.
        lost: First and last day whose events may be lost for good, None while none are.
        marks: What became of each day of the calendar.
        short_of: How many days are short of 60 and 90.
    """

    stream: str
    is_feed: bool
    first: date | None
    last: date | None
    present: int
    missing: tuple[date, ...]
    days_left: int | None
    lost: tuple[date, date] | None
    marks: Mapping[date, Mark]
    short_of: Mapping[int, int]


def calendar(ledgers: Mapping[str, StreamLedger], today: date) -> list[date]:
    """Return the days that the calendar shows: six weeks at most, or from the first export on."""
    firsts = [ledger.first for ledger in ledgers.values() if ledger.first]
    begin = min(today, max(min(firsts, default=today), today - timedelta(_CALENDAR_DAYS - 1)))
    return [begin + timedelta(offset) for offset in range((today - begin).days + 1)]


def coverage(ledger: StreamLedger, days: list[date], today: date) -> Coverage:
    """Return what has been read of a stream.

    Args:
        ledger: The stream's ledger.
        days: The calendar's days.
        today: The date in UTC.
    """
    first, last = ledger.first, ledger.last
    is_feed = ledger.stream in feed_names()
    since = (today - last).days if last else 0
    reached = today - timedelta(WINDOW_DAYS)
    return Coverage(
        stream=ledger.stream,
        is_feed=is_feed,
        first=first,
        last=last,
        present=len(ledger.days),
        missing=_missing(ledger),
        days_left=max(0, min(WINDOW_DAYS, WINDOW_DAYS - since)) if is_feed and last else None,
        lost=(last, reached) if is_feed and last and reached >= last else None,
        marks={day: _mark(ledger, day, today, is_feed=is_feed) for day in days},
        short_of={needed: max(0, needed - len(ledger.days)) for needed in NEEDED_DAYS},
    )


def page_order(streams: Mapping[str, object]) -> list[str]:
    """Return names of streams as the page lists them: the seven feeds, contacts, then all others."""
    known = {name: place for place, name in enumerate((*KEY_FEEDS, "contacts"))}
    return sorted(streams, key=lambda name: (known.get(name, len(known)), name))


def feed_names() -> set[str]:
    """Return the streams that are feeds of events."""
    return {feed.stream_name for feed in feeds().values()}


def _missing(ledger: StreamLedger) -> tuple[date, ...]:
    first, last = ledger.first, ledger.last
    if first is None or last is None:
        return ()
    span = (first + timedelta(offset) for offset in range((last - first).days + 1))
    return tuple(day for day in span if day not in ledger.days)


def _mark(ledger: StreamLedger, day: date, today: date, *, is_feed: bool) -> Mark:
    first, last = ledger.first, ledger.last
    if ledger.open_file and ledger.open_file.day == day:
        return "reading"
    if day in ledger.days:
        rejected = any(file.rejected for file in ledger.files if file.day == day)
        return "rejects" if rejected else "read"
    if first is None or last is None or day < first:
        return "before"
    if day < last:
        return "missing"
    if day == today:
        return "due"
    # Events of a day are kept for 14 days: an export of today would still hold them until then.
    return "lost" if is_feed and (today - day).days >= WINDOW_DAYS else "late"
