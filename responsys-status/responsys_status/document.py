"""The status as a document for machines: the page shows nothing that is not in it.

Keys stay as they are across releases; new ones may be added:

- `format`: 1.
- `made_for`: the time that it speaks of, UTC.
- `status`: ok, warning or problem, the worst notice; unknown where there was nothing to look at.
- `notices`: each with `severity`, `subject`, `text` and `remedy`.
- `sources`: by name, `place` and `problem`.
- `coverage`: `days`, and `streams`, each with its marks by day, `last`, `days_left`, `missing` and so on.
- `counts`: by stream, a line for each day: `stated`, `read`, `rejected`, `loaded`, `difference`.
- `rejects`: `exports` and `deliveries`, each line with a reason and a number.
- `deliveries`: `campaigns` and `runs`.
- `engagement`: `daily`, `campaigns` and `domains`, null without a warehouse.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from responsys_status import deliveries
from responsys_status.attention import notices
from responsys_status.counting import count
from responsys_status.coverage import calendar, coverage, page_order
from responsys_status.masking import without_addresses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from responsys_status.attention import Notice
    from responsys_status.counting import DayCounts
    from responsys_status.coverage import Coverage
    from responsys_status.sources import Inputs, Warehouse

FORMAT = 1

Document = dict[str, Any]


def document(inputs: Inputs) -> Document:
    """Return the document; equal inputs give equal documents."""
    days = calendar(inputs.ledgers, inputs.today)
    coverages = [
        coverage(inputs.ledgers[stream], days, inputs.today) for stream in page_order(inputs.ledgers)
    ]
    counts = count(inputs)
    rejects = _rejects(inputs)
    runs = deliveries.runs(inputs.receipts)
    campaigns = deliveries.by_campaign(runs)
    rejected = sum(line["rows"] for line in rejects["exports"])
    found = notices(inputs, coverages, counts, rejected, campaigns)
    made: Document = {
        "format": FORMAT,
        "made_for": inputs.now.isoformat(timespec="seconds"),
        "status": _status(inputs, found),
        "notices": [asdict(each) for each in found],
        "sources": {name: asdict(source) for name, source in inputs.sources.items()},
        "coverage": {
            "days": [day.isoformat() for day in days] if coverages else [],
            "streams": [_stream(each) for each in coverages],
        },
        "counts": {stream: [_day(line) for line in lines] for stream, lines in counts.items()},
        "rejects": rejects,
        "deliveries": {"campaigns": campaigns, "runs": runs},
        "engagement": _engagement(inputs.warehouse) if inputs.warehouse else None,
    }
    guarded: Document = _without_addresses(made)
    return guarded


def _status(inputs: Inputs, found: Sequence[Notice]) -> str:
    nothing = not (inputs.ledgers or inputs.receipts or inputs.warehouse)
    return next((each.severity for each in found), "unknown" if nothing else "ok")


def _stream(each: Coverage) -> dict[str, Any]:
    return {
        "stream": each.stream,
        "is_feed": each.is_feed,
        "first": _iso(each.first),
        "last": _iso(each.last),
        "present": each.present,
        "missing": [day.isoformat() for day in each.missing],
        "days_left": each.days_left,
        "lost": [day.isoformat() for day in each.lost] if each.lost else None,
        "days_short": {str(needed): short for needed, short in each.short_of.items()},
        "marks": {day.isoformat(): mark for day, mark in each.marks.items()},
    }


def _day(line: DayCounts) -> dict[str, Any]:
    return {**asdict(line), "day": line.day.isoformat(), "difference": line.difference}


def _rejects(inputs: Inputs) -> dict[str, Any]:
    """Return the reasons; where rejected rows were not loaded, the number that the last files had."""
    if inputs.warehouse:
        counted: Counter[tuple[str, str]] = Counter()
        for (stream, _, reason), rows in inputs.warehouse.rejected.items():
            counted[stream, reason] += rows
    else:
        counted = Counter(
            {
                (name, "the reason is in the warehouse"): rows
                for name, ledger in inputs.ledgers.items()
                if (rows := sum(file.rejected for file in ledger.files))
            }
        )
    exports = [
        {"stream": stream, "reason": reason, "rows": rows}
        for (stream, reason), rows in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]
    return {"exports": exports, "deliveries": [asdict(each) for each in inputs.refusals]}


def _engagement(warehouse: Warehouse) -> dict[str, Any]:
    return {
        "daily": list(warehouse.daily),
        "campaigns": list(warehouse.campaigns),
        "domains": list(warehouse.domains),
        "missing_models": list(warehouse.missing_models),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _without_addresses(value: Any) -> Any:
    """Guard everything: names of tables, files and streams come from others, too."""
    match value:
        case str():
            return without_addresses(value)
        case dict():
            return {_without_addresses(key): _without_addresses(each) for key, each in value.items()}
        case list() | tuple():
            return [_without_addresses(each) for each in value]
    return value
