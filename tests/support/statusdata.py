"""Inputs of a status page with something of everything: gaps, late days, rejects, failures, nasty names."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from responsys_io.history import History
from responsys_status.ledger import ledgers
from responsys_status.sources import Figures, Inputs, Refusals, Source, Warehouse
from tap_responsys.ledger import FileEntry, Ledger

TODAY = date(2026, 5, 20)
NOW = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)
FIRST = TODAY - timedelta(61)
ADDRESS = "ann.lee@north.example"
NASTY = "<script>alert('x')</script> & \"Spring\""

USUAL_ROWS = {
    "sent": 4200, "open": 1320, "click": 210, "bounce": 48, "opt_in": 61, "opt_out": 17, "launch_state": 12,
}  # fmt: skip
GAPS = {"open": (12, 13), "bounce": (30,)}
"""Days before today that have no export, by feed."""

LAST = {"click": 4, "opt_out": 12, "launch_state": 16}
"""Days from the last export to today, where it was not today's."""


def file_name(stream: str, day: date) -> str:
    return f"4711_{stream.upper()}_{day:%Y%m%d}_050000.txt"


def bookmark(stream: str) -> dict[str, Any]:
    """Return a bookmark as the tap itself writes it."""
    ledger = Ledger(counts_header=False)
    history = History()
    day = FIRST
    while day <= TODAY - timedelta(LAST.get(stream, 0)):
        if (TODAY - day).days not in GAPS.get(stream, ()):
            mtime = int(datetime(day.year, day.month, day.day, 5, tzinfo=UTC).timestamp())
            rejected = 3 if stream == "sent" and (TODAY - day).days == 2 else 0
            ledger.files[file_name(stream, day)] = FileEntry(1000, mtime, rows_of(stream, day), rejected)
            history.note(day, rows_of(stream, day))
        day += timedelta(1)
    ledger.files = dict(list(ledger.files.items())[-10:])
    ledger.history = history
    return ledger.to_state()


def rows_of(stream: str, day: date) -> int:
    usual = USUAL_ROWS.get(stream, 40)
    week = (1.0, 1.15, 1.1, 1.2, 0.95, 0.5, 0.35)[day.weekday()]
    return max(1, round(usual * week * (1 + 0.12 * math.sin(day.toordinal() / 5))))


def state() -> dict[str, Any]:
    streams = [*USUAL_ROWS, "contacts", "sms_sent"]
    bookmarks: dict[str, Any] = {stream: bookmark(stream) for stream in streams}
    return {"bookmarks": {**bookmarks, "campaigns": {}, "rejected_rows": {}}}


def warehouse() -> Warehouse:
    read = ledgers(state())
    loaded = {
        stream: {file_name(stream, day): rows for day, rows in ledger.rows.items()}
        for stream, ledger in read.items()
        if stream != "contacts"
    }
    rejects = {
        ("sent", file_name("sent", TODAY - timedelta(2)), "column RIID: '…' is not an integer"): 3,
    }
    for (stream, file, _), rows in rejects.items():
        loaded[stream][file] -= rows
    loaded["click"][file_name("click", TODAY - timedelta(6))] -= 7
    return Warehouse(loaded=loaded, rejected=rejects, daily=daily(), campaigns=campaigns(), domains=domains())


def figures(sends: int, opened: float, clicked: float, bounced: float, left: float) -> Figures:
    bounces = round(sends * bounced)
    delivered = sends - bounces
    opens, clicks, leaving = (round(delivered * rate) for rate in (opened, clicked, left))
    return {
        "sends": sends,
        "delivered": delivered,
        "bounces": bounces,
        "unique_opens": opens,
        "unique_clicks": clicks,
        "unique_unsubscribes": leaving,
        "open_rate": opens / delivered if delivered else None,
        "click_rate": clicks / delivered if delivered else None,
        "click_to_open_rate": clicks / opens if opens else None,
        "bounce_rate": bounces / sends if sends else None,
        "unsubscribe_rate": leaving / delivered if delivered else None,
    }


def daily() -> list[Figures]:
    days = [FIRST + timedelta(offset) for offset in range((TODAY - FIRST).days)]
    return [
        {
            "day": day.isoformat(),
            **figures(
                rows_of("sent", day),
                0.3 + 0.05 * math.sin(day.toordinal() / 6),
                0.05 + 0.015 * math.sin(day.toordinal() / 4),
                0.011 + 0.006 * math.sin(day.toordinal() / 3),
                0.004 + 0.002 * math.sin(day.toordinal() / 7),
            ),
        }
        for day in days
    ]


def campaigns() -> list[Figures]:
    names = [
        "Weekly newsletter", "Spring sale", "Welcome series 1", NASTY, "Abandoned cart reminder", "Loyalty",
        "Store opening Köln", "Win-back after 90 days, second attempt with a voucher", "Birthday", "Survey",
        "Back in stock", "Shipping notice",
    ]  # fmt: skip
    return [
        {
            "name": name,
            "id": 100 + place,
            **figures(
                round(60000 / (place + 1)),
                0.18 + 0.04 * (place * 7 % 9),
                0.02 + 0.013 * (place * 5 % 8),
                0.004 * (place * 3 % 5),
                0.0015 * (place * 11 % 6),
            ),
        }
        for place, name in enumerate(names)
    ]


def domains() -> list[Figures]:
    names = ["mail.example", "web.example", "north.example", "isp.example", "corp.example", "unknown"]
    return [
        {
            "name": name,
            **figures(
                round(90000 / (place + 1)),
                0.36 - 0.04 * place,
                0.06 - 0.008 * place,
                0.004 + 0.006 * place,
                0.002,
            ),
        }
        for place, name in enumerate(names)
    ]


def receipts() -> list[dict[str, Any]]:
    found = []
    for back in range(5, -1, -1):
        day = TODAY - timedelta(back)
        found += [
            receipt(
                day,
                7,
                "Store Locator",
                "CDP/Acquia_Master_Audience",
                merged=5120 + 37 * back,
                refused=2 * (back == 3),
            ),
            receipt(
                day, 8, "Abandoned Cart", "CDP/Acquia_AbandonedCart", merged=940 + 11 * back, delivery="sftp"
            ),
        ]
    found.append(
        receipt(
            TODAY, 8, NASTY, f"CDP/{ADDRESS}", merged=310, refused=90, status="rejected", error="RSYS-5302"
        )
    )
    found.append(receipt(TODAY, 9, "Abandoned Browse", "", status="failed", error="RSYS-4009"))
    return found


def receipt(day: date, hour: int, name: str, destination: str, **said: Any) -> dict[str, Any]:
    merged, refused = said.get("merged", 0), said.get("refused", 0)
    counts = {
        "destination": destination,
        "campaign_id": f"id of {name}",
        "received": merged + refused,
        "merged": merged,
        "refused": refused,
        "deleted": 0,
        "unknown": 0,
    }
    file = {"name": "upload/Acquia_AbandonedCart_20260520_080000.csv", "rows": merged, "state": "verified"}
    started = datetime(day.year, day.month, day.day, hour, 0, 1, tzinfo=UTC)
    return {
        "format": 1,
        "execution_id": f"{started:%Y%m%dT%H%M%S}000Z",
        "started": started.isoformat(timespec="milliseconds"),
        "finished": (started + timedelta(seconds=14.25)).isoformat(timespec="milliseconds"),
        "status": said.get("status", "succeeded"),
        "error": said.get("error"),
        "delivery": said.get("delivery", "api"),
        "load_method": "upsert",
        "campaign_name": name,
        "destinations": [counts] if destination else [],
        "rejects": {"records": refused, "file": None},
        "api": {"requests": merged // 200 + 3},
        "files": [file] if said.get("delivery") == "sftp" else [],
        "jobs": [],
    }


def short() -> Inputs:
    """Return the same for fewer days, for tools that look at each cell of each table."""
    everything, since = inputs(), TODAY - timedelta(4)
    fewer = {
        name: replace(ledger, rows={day: rows for day, rows in ledger.rows.items() if day >= since})
        for name, ledger in everything.ledgers.items()
    }
    held = everything.warehouse and replace(everything.warehouse, daily=daily()[-8:])
    return replace(everything, ledgers=fewer, warehouse=held)


def inputs() -> Inputs:
    """Return everything."""
    read = ledgers(state())
    counts = {
        file_name(stream, day): rows for stream in ("sent", "open") for day, rows in read[stream].rows.items()
    }
    counts[file_name("open", TODAY - timedelta(1))] += 5
    return Inputs(
        now=NOW,
        ledgers=read,
        receipts=receipts(),
        refusals=[
            Refusals("CDP/Acquia_Master_Audience", "RECORD_TOO_LONG", f"Value of {ADDRESS} is too long", 90),
            Refusals("CDP/Acquia_Master_Audience", "RSYS-5301", NASTY, 2),
        ],
        counts=counts,
        warehouse=warehouse(),
        sources={
            "state": Source("Meltano's state dev:tap-responsys-to-target-postgres"),
            "receipts": Source("folder receipts of receipts"),
            "exports": Source("folder archive of exports"),
            "warehouse": Source("warehouse (PostgreSQL)"),
        },
    )
