"""The numbers at the top of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from responsys_status.document import Document

_WINDOW_IS_CLOSING = 3


@dataclass(frozen=True)
class Number:
    """A number with what it is, and how it is.

    Args:
        label: What it is.
        value: The number.
        note: What to know of it.
        status: ok, warning, problem, or none where it cannot be good or bad.
    """

    label: str
    value: str
    note: str
    status: str = "none"


def headline(document: Document) -> list[Number]:
    """Return the numbers that there are inputs for."""
    numbers = [
        _streams(document),
        _window(document),
        _counts(document),
        _deliveries(document),
        *_rates(document),
    ]
    return [number for number in numbers if number]


def _streams(document: Document) -> Number | None:
    streams = document["coverage"]["streams"]
    if not streams:
        return None
    late = [each for each in streams if {"late", "lost"} & set(each["marks"].values())]
    status = "warning" if late else "ok"
    return Number(
        "Streams up to date", f"{len(streams) - len(late)} of {len(streams)}", "read from exports", status
    )


def _window(document: Document) -> Number | None:
    left = [each["days_left"] for each in document["coverage"]["streams"] if each["days_left"] is not None]
    if not left:
        return None
    days = min(left)
    status = "problem" if days <= _WINDOW_IS_CLOSING else "ok"
    return Number("Days until the window closes", str(days), "of 14, for the feed that waits longest", status)


def _counts(document: Document) -> Number | None:
    lines = [line for of_stream in document["counts"].values() for line in of_stream]
    if not lines or all(line["loaded"] is None and line["stated"] is None for line in lines):
        return None
    read, differing = sum(line["read"] for line in lines), sum(abs(line["difference"]) for line in lines)
    status = "problem" if differing else "ok"
    return Number("Rows that do not agree", f"{differing:,}", f"of {read:,} read in four weeks", status)


def _deliveries(document: Document) -> Number | None:
    campaigns = document["deliveries"]["campaigns"]
    if not campaigns:
        return None
    refused = sum(line["refused"] for line in campaigns)
    failed = any(line["last"]["status"] in {"failed", "interrupted"} for line in campaigns)
    status = "problem" if failed else "warning" if refused else "ok"
    return Number(
        "Records delivered", f"{sum(line['merged'] for line in campaigns):,}", f"{refused:,} refused", status
    )


def _rates(document: Document) -> list[Number]:
    daily = (document["engagement"] or {}).get("daily", [])
    delivered = sum(day["delivered"] or 0 for day in daily)
    if not delivered:
        return []
    note = f"of {delivered:,} messages delivered"
    return [
        Number(label, f"{sum(day[name] or 0 for day in daily) / delivered:.1%}", note)
        for label, name in (("Open rate", "unique_opens"), ("Click rate", "unique_clicks"))
    ]
