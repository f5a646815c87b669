"""What needs somebody's attention: a line of what is wrong, a line of what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from responsys_status.coverage import KEY_FEEDS, WINDOW_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from typing import Any

    from responsys_status.counting import DayCounts
    from responsys_status.coverage import Coverage
    from responsys_status.sources import Inputs

Severity = Literal["problem", "warning"]

_SOURCES = {
    "state": "Run `meltano run exports` first, or correct `state_id` or `state`.",
    "receipts": "Let the target write them with `receipt_file`, or correct `receipts`.",
    "exports": "Correct `exports`, or leave it out.",
    "warehouse": "See whether it runs and whether its address and user are right.",
}
"""What to do about a source that cannot be read."""

_CLOSING_FROM = 11
_LATE_FROM = 2
_MOST_NAMED = 6


@dataclass(frozen=True)
class Notice:
    """Something that is not as it should be.

    Args:
        severity: A problem loses rows, now or soon; a warning may.
        subject: What it is about, a stream or a campaign.
        text: What is wrong.
        remedy: What to do.
    """

    severity: Severity
    subject: str
    text: str
    remedy: str


def notices(
    inputs: Inputs,
    coverages: Sequence[Coverage],
    counts: Mapping[str, Sequence[DayCounts]],
    rejected: int,
    campaigns: Sequence[Mapping[str, Any]],
) -> list[Notice]:
    """Return what needs attention, problems first, else in the order of the page.

    Args:
        inputs: What the page is made of.
        coverages: The streams' days.
        counts: The streams' rows by day.
        rejected: Rows of exports that did not fit.
        campaigns: Deliveries by campaign.
    """
    found = [
        *_of_sources(inputs),
        *_of_coverage(coverages, inputs.today),
        *_of_counts(counts),
        *_of_rejects(rejected),
        *_of_campaigns(campaigns),
    ]
    return sorted(found, key=lambda notice: notice.severity != "problem")


def listed(days: Sequence[date]) -> str:
    """Put days into a row, the last six of them and how many there are before."""
    named = ", ".join(day.isoformat() for day in days[-_MOST_NAMED:])
    return f"{named} and {len(days) - _MOST_NAMED} before" if len(days) > _MOST_NAMED else named


def _of_sources(inputs: Inputs) -> Iterator[Notice]:
    for name, source in inputs.sources.items():
        if source.place and source.problem:
            yield Notice(
                "warning", name, f"Not read: {source.place}: {source.problem}.", "See Sources below."
            )


def _of_coverage(coverages: Sequence[Coverage], today: date) -> Iterator[Notice]:
    if not coverages:
        return
    seen = {each.stream for each in coverages if each.last}
    if unseen := [feed for feed in KEY_FEEDS if feed not in seen]:
        yield Notice(
            "warning",
            ", ".join(unseen),
            "No export has been read yet.",
            "See whether another Connect job exports the feed; an event type goes through one job only.",
        )
    for each in coverages:
        yield from _of_stream(each, today)


def _of_stream(each: Coverage, today: date) -> Iterator[Notice]:
    if each.last is None:
        return
    days = (today - each.last).days
    run = "See why exports stopped in Connect, then run `meltano run exports`."
    if each.lost:
        span = f"{each.lost[0]} to {each.lost[1]}"
        text = f"Last export {each.last}, {days} days ago: events of {span} may be lost for good."
        yield Notice("problem", each.stream, text, run)
    elif each.days_left is not None and days >= _CLOSING_FROM:
        text = f"Last export {each.last}; events are deleted after {WINDOW_DAYS} days: {each.days_left} left."
        yield Notice("problem", each.stream, text, run)
    elif days >= _LATE_FROM:
        yield Notice("warning", each.stream, f"Last export {each.last}, {days} days ago.", run)
    if recent := [day for day in each.missing if day in each.marks]:
        yield Notice(
            "warning",
            each.stream,
            f"Days without an export: {listed(recent)}.",
            "The export after a gap reaches back to the one before, 14 days at most; see whether a file "
            "was left unread, `meltano invoke tap-responsys:doctor` tells.",
        )


def _of_counts(counts: Mapping[str, Sequence[DayCounts]]) -> Iterator[Notice]:
    for stream, days in counts.items():
        if differing := [day for day in days if day.difference]:
            rows = sum(abs(day.difference) for day in differing)
            yield Notice(
                "problem",
                stream,
                f"Counts differ by {rows} rows on {listed([day.day for day in differing])}.",
                "Rows read and rows in the warehouse have to agree; read the days again with start_date and "
                "end_date, or see who has changed the table.",
            )


def _of_rejects(rejected: int) -> Iterator[Notice]:
    if rejected:
        yield Notice(
            "warning",
            "rejected_rows",
            f"{rejected} rows of exports did not fit and are in rejected_rows.",
            "The reasons are below, the raw rows in the warehouse.",
        )


def _of_campaigns(campaigns: Sequence[Mapping[str, Any]]) -> Iterator[Notice]:
    for campaign in campaigns:
        last = campaign["last"]
        code = f" with {last['error']}" if last["error"] else ""
        if last["status"] in {"failed", "interrupted"}:
            text = f"The last run, at {_moment(last)}, {_was(last['status'])}{code}."
            yield Notice("problem", campaign["campaign"], text, "docs/errors.md says what the code means.")
        elif last["refused"]:
            text = f"The last run, at {_moment(last)}, had {last['refused']} refused records."
            remedy = "They stand in the rejects file, with the reasons; correct them and pipe it in again."
            yield Notice("warning", campaign["campaign"], text, remedy)


def _was(status: str) -> str:
    return "failed" if status == "failed" else "was interrupted"


def _moment(run: Mapping[str, Any]) -> str:
    return str(run["started"])[:16].replace("T", " ")
