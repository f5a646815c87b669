"""The page's plots, each in two widths, with the words that stand for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_status import charts
from responsys_status.drawing import svg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from markupsafe import Markup

    from responsys_status.charts import Spec, Width
    from responsys_status.document import Document


@dataclass(frozen=True)
class Figure:
    """A plot.

    Args:
        wide: For screens with room.
        narrow: For phones.
        summary: What it shows, in words.
    """

    wide: Markup
    narrow: Markup
    summary: str


def figures(document: Document) -> dict[str, Figure]:
    """Return the plots that the document has numbers for, by name."""
    found = {}
    coverage, engagement = document["coverage"], document["engagement"] or {}
    if coverage["streams"]:
        summary = _calendar_summary(coverage)
        found["calendar"] = _figure(summary, lambda width: charts.calendar(coverage, width))
    if daily := engagement.get("daily"):
        period = f"from {daily[0]['day']} to {daily[-1]['day']}"
        found["volumes"] = _figure(
            f"Messages sent, opened, clicked, bounced and unsubscribed per day of sending, {period}. "
            f"{_sums(daily)}",
            lambda width: charts.volumes(daily, width),
        )
        if any(day["open_rate"] is not None for day in daily):
            found["rates"] = _figure(
                f"Open, click, bounce and unsubscribe rate per day of sending, {period}.",
                lambda width: charts.rates(daily, width),
            )
    for part in ("campaigns", "domains"):
        groups = [group for group in engagement.get(part, ()) if group["sends"]]
        if groups:
            found[part] = _figure(_rates_summary(part, groups), _by(groups))
    campaigns = document["deliveries"]["campaigns"]
    if any(line["merged"] or line["refused"] or line["unknown"] for line in campaigns):
        found["outcomes"] = _figure(
            "Records delivered, refused and of unknown outcome, for each campaign and destination.",
            lambda width: charts.outcomes(campaigns, width),
        )
    return found


def _by(groups: list[Mapping[str, Any]]) -> Callable[[Width], Spec]:
    return lambda width: charts.rates_by(groups, width)


def _figure(summary: str, spec: Callable[[Width], Spec]) -> Figure:
    return Figure(svg(spec(charts.WIDE), summary), svg(spec(charts.NARROW), summary), summary)


def _calendar_summary(coverage: Mapping[str, Any]) -> str:
    gaps = [
        f"{each['stream']} {sum(mark in {'missing', 'late', 'lost'} for mark in each['marks'].values())}"
        for each in coverage["streams"]
        if any(mark in {"missing", "late", "lost"} for mark in each["marks"].values())
    ]
    told = f"Days missing or late: {', '.join(gaps)}." if gaps else "No day is missing."
    return f"Export days from {coverage['days'][0]} to {coverage['days'][-1]}, a row for each stream. {told}"


def _sums(daily: list[Mapping[str, Any]]) -> str:
    sums = {words: sum(day[name] or 0 for day in daily) for name, (words, _) in charts.METRICS.items()}
    return "In all: " + ", ".join(f"{words.lower()} {total:,}" for words, total in sums.items()) + "."


def _rates_summary(part: str, groups: list[Mapping[str, Any]]) -> str:
    shown = groups[: charts.MOST_GROUPS]
    opened = max(shown, key=lambda group: (group["open_rate"] or 0, group["name"]))
    best = f" The highest open rate has {opened['name']}, {opened['open_rate'] or 0:.1%}."
    return (
        f"Open, click, bounce and unsubscribe rate of the {part} with the most messages, {len(shown)} of "
        f"{len(groups)}.{best}"
    )
