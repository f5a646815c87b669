"""Whether the times in feeds are in the zone that the settings say, from when they were exported.

An export is made minutes after its newest event. Where that event seems to lie hours before, day by day, or
even after its file was written, its time is in another zone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tap_responsys.doctor.findings import Finding
from tap_responsys.kinds import FEEDS_JOB

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from tap_responsys.doctor.facts import Facts

_HALF_HOUR = 30
_FARTHEST = 14 * 60
_LEAST_LAG = 45
_TOLERANCE = 20
_CLOCKS_DIFFER = 10
# What reacts to a launch goes on for hours; what is part of one ends with it, at the same time each day.
_PARTS_OF_LAUNCHES = ("SENT", "DELIVERED", "BOUNCE", "FAIL", "SKIPPED", "LAUNCH_STATE")
_ROWS_WITHOUT_GAPS = 50
_DAYS = 7
_DAYS_ALIKE = 3


def zone_findings(facts: Facts) -> Iterator[Finding]:
    """Find times that look as if they were in another zone than the setting timezone says."""
    lags = _lags(facts)
    shift = zone_shift(lags)
    if shift is None:
        return
    timezone = facts.wanted.dialect.timezone
    offset = _offset(timezone, facts.now) + timedelta(minutes=shift)
    lie = "after" if min(lags.values()) < -_CLOCKS_DIFFER else f"{hours_and_minutes(-shift)} before"
    yield Finding(
        "other-timezone",
        "warning",
        f"The newest events lie {lie} the time of their file: times look like UTC{signed(offset)}, and the "
        f"setting timezone says {timezone}.",
        f"Set timezone to a zone that is UTC{signed(offset)}; or have Responsys export in {timezone}.",
    )


def zone_shift(lags: Mapping[date, int]) -> int | None:
    """Return the minutes by which events seem to be ahead of the time when they happened.

    Args:
        lags: Minutes from a day's newest event to the modification time of its file.

    Returns:
        A multiple of 30, negative for events that seem to lie too early; None where nothing tells.
    """
    recent = [lags[day] for day in sorted(lags)[-_DAYS:]]
    if any(lag < -_CLOCKS_DIFFER for lag in recent):
        return -round(min(recent) / _HALF_HOUR) * _HALF_HOUR or _HALF_HOUR
    candidates = range(2 * _HALF_HOUR, _FARTHEST + 1, _HALF_HOUR)
    alike = {
        lag: sum(abs(one - lag) <= _TOLERANCE and one >= _LEAST_LAG for one in recent) for lag in candidates
    }
    likeliest = max(alike, key=lambda lag: (alike[lag], -_distance(recent, lag)))
    return -likeliest if alike[likeliest] >= _DAYS_ALIKE else None


def signed(offset: timedelta) -> str:
    """Write an offset from UTC as it is usual, +05:30."""
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{hours_and_minutes(abs(minutes))}"


def hours_and_minutes(minutes: int) -> str:
    """Write minutes as hours and minutes, 05:30."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _lags(facts: Facts) -> dict[date, int]:
    """Return the shortest lag of any feed by day: the newest event of the day counts.

    A long one counts where there would have been later events, had it been later when the file was written.
    """
    found: dict[date, int] = {}
    for kind in facts.wanted.read:
        ledger = facts.ledger(kind.stream)
        if ledger is None or kind.job != FEEDS_JOB:
            continue
        ends_early = kind.stream.upper().endswith(_PARTS_OF_LAUNCHES)
        for day, lag in ledger.history.lags.items():
            few = ledger.history.rows.get(day, 0) < _ROWS_WITHOUT_GAPS
            if lag >= _LEAST_LAG and (ends_early or few):
                continue
            found[day] = min(lag, found.get(day, lag))
    return found


def _offset(timezone: str, now: datetime) -> timedelta:
    return now.astimezone(ZoneInfo(timezone)).utcoffset() or timedelta()


def _distance(recent: list[int], lag: int) -> int:
    return sum(abs(one - lag) for one in recent)
