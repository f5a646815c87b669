"""What the days tell: feeds that stand still, files that nobody reads, gaps, and unusual days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_responsys.doctor.findings import SCHEDULE, Finding, counted, listed, step
from tap_responsys.doctor.markers import waiting
from tap_responsys.kinds import FEEDS_JOB
from tap_responsys.window import WINDOW_DAYS, at_risk, standing_still, standstill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from tap_responsys.doctor.facts import Facts, Wanted
    from tap_responsys.kinds import ExportKind
    from tap_responsys.ledger import Ledger
    from tap_responsys.listing import ExportFile, Listing

# Exports are daily; one that is a day late is no reason to worry.
_GRACE_DAYS = 2
# As far back as models look that need the most history.
_LOOKED_BACK_DAYS = 90
# Fewer rows than this differ by chance.
_FEWEST_USUAL_ROWS = 20


def standing_findings(kind: ExportKind, facts: Facts) -> Iterator[Finding]:
    """Find out whether a stream goes on; the most serious thing that keeps it from doing so.

    Feeds and contact lists are exported daily. When other exports come is not known.
    """
    if kind.job != FEEDS_JOB and not kind.is_contacts:
        return
    ledger, exports = facts.ledger(kind.stream), facts.listing.exports.get(kind.stream, [])
    still = standstill(ledger, exports, facts.today) if ledger and kind.job == FEEDS_JOB else None
    unread = unread_exports(ledger, exports, facts.listing, facts.wanted) if ledger else []
    old = [export for export in unread if (facts.today - export.day).days > 1]
    last = facts.last_day(kind.stream)
    if still:
        yield Finding(
            "window-passed" if still.lost else "window-closing",
            "problem" if still.lost else "warning",
            f"{standing_still(still).capitalize()}; {at_risk(still)}.",
            "Run the tap now." if still.waiting else _see_the_schedule(),
            (kind.stream,),
        )
    elif old:
        yield Finding(
            "unread-files",
            "warning",
            f"Older than a day and not read: {counted(len(old), 'file')}.",
            "Run the tap; see whether its schedule still works.",
            (kind.stream,),
            old[0].name,
        )
    elif last and (facts.today - last).days > _GRACE_DAYS:
        yield Finding(
            "no-new-exports",
            "warning",
            f"The last export is of {last}, {(facts.today - last).days} days ago. Responsys deletes events "
            f"after {WINDOW_DAYS} days.",
            _see_the_schedule(),
            (kind.stream,),
        )


def gap_findings(kind: ExportKind, facts: Facts) -> Iterator[Finding]:
    """Find days without an export in the last 90 days of a feed that has been read."""
    ledger = facts.ledger(kind.stream)
    if ledger is None or kind.job != FEEDS_JOB:
        return
    on_server = {export.day for export in facts.listing.exports.get(kind.stream, ())}
    since = facts.today - timedelta(_LOOKED_BACK_DAYS)
    gaps = [day for day in ledger.history.missing() if day >= since and day not in on_server]
    if gaps:
        yield Finding(
            "days-missing",
            "warning",
            f"Days without an export: {listed(gaps)}.",
            f"{step(SCHEDULE)}: every day of the week. An export holds what came since the one before it; "
            f"events are missing only where {WINDOW_DAYS} days lie between two, or an export was lost.",
            (kind.stream,),
        )


def volume_findings(kind: ExportKind, facts: Facts) -> Iterator[Finding]:
    """Compare the rows of a stream's last day with those of the same weekday in the weeks before."""
    ledger = facts.ledger(kind.stream)
    if ledger is None:
        return
    day = _last_whole_day(ledger, facts.listing.exports.get(kind.stream, []))
    rows, usual = (ledger.history.rows.get(day), ledger.history.usual_rows(day)) if day else (None, None)
    if day is None or rows is None or usual is None or usual < _FEWEST_USUAL_ROWS:
        return
    if rows < usual * facts.wanted.min_volume_ratio:
        yield Finding(
            "low-volume",
            "problem" if facts.wanted.fails_on_low_volume else "warning",
            f"{day} has {rows} rows; {usual:g} are usual on that weekday.",
            "See whether fewer campaigns were launched, or whether the job exports all events. "
            "min_volume_ratio says how few rows are still usual.",
            (kind.stream,),
        )


def unread_exports(
    ledger: Ledger, exports: list[ExportFile], listing: Listing, wanted: Wanted
) -> list[ExportFile]:
    """Return the complete exports that a run would read."""
    without_ready = {export.name for export in waiting(exports, listing, wanted.ready_extension)}
    return [
        export
        for export in exports
        if not ledger.is_read(export)
        and not (wanted.skips_changed and ledger.has_changed(export))
        and export.name not in without_ready
        and export.day.isoformat() >= wanted.start_date[:10]
    ]


def _last_whole_day(ledger: Ledger, exports: list[ExportFile]) -> date | None:
    """Return the last day that has as many exports as the day before it, if there are several a day."""
    day = ledger.history.last
    if day is None:
        return None
    before = day - timedelta(1)
    on_day, day_before = (sum(export.day == one for export in exports) for one in (day, before))
    return before if day_before > 1 and on_day < day_before else day


def _see_the_schedule() -> str:
    return f"{step(SCHEDULE)}: see whether the job still runs or has expired, and run it."
