"""The same rows counted at every station: by the export job, by the tap, in the warehouse."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from responsys_io.exportnames import day_in
from responsys_status.coverage import feed_names, page_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from responsys_status.ledger import StreamLedger
    from responsys_status.sources import Inputs


@dataclass(frozen=True)
class DayCounts:
    """The rows of a feed's exports of one day.

    Args:
        day: The day.
        stated: Rows by the export job's own count, None where no count is known.
        read: Rows that the tap has read, rejected ones among them.
        rejected: How many of them did not fit.
        loaded: Rows in the warehouse, None where that is not known.
    """

    day: date
    stated: int | None
    read: int
    rejected: int
    loaded: int | None

    @property
    def difference(self) -> int:
        """How many rows too many (or, below 0, too few) there are at the first station that differs."""
        if self.stated is not None and self.read != self.stated:
            return self.read - self.stated
        return 0 if self.loaded is None else self.loaded - (self.read - self.rejected)


def count(inputs: Inputs) -> dict[str, list[DayCounts]]:
    """Count the rows of each feed and day that the tap's state still knows the rows of (four weeks)."""
    wanted = [name for name in page_order(inputs.ledgers) if name in feed_names()]
    return {stream: _days(inputs, inputs.ledgers[stream]) for stream in wanted if inputs.ledgers[stream].rows}


def _days(inputs: Inputs, ledger: StreamLedger) -> list[DayCounts]:
    warehouse = inputs.warehouse
    loaded = _by_day(warehouse.loaded.get(ledger.stream, {}).items()) if warehouse else None
    rejects = _rejects(inputs, ledger)
    stated = _stated(inputs, ledger)
    return [
        DayCounts(
            day=day,
            stated=stated.get(day),
            read=rows,
            rejected=rejects[day],
            loaded=None if loaded is None else loaded[day],
        )
        for day, rows in sorted(ledger.rows.items())
    ]


def _rejects(inputs: Inputs, ledger: StreamLedger) -> Counter[date]:
    """Count rejected rows by day: those in the warehouse, else those that the state knows."""
    known = Counter[object]()
    for file in ledger.files:
        if file.day:
            known[file.day] += file.rejected
    arrived = _by_day(
        (file, rows)
        for (stream, file, _), rows in (inputs.warehouse.rejected if inputs.warehouse else {}).items()
        if stream == ledger.stream
    )
    return Counter({day: max(arrived[day], known[day]) for day in ledger.rows})


def _stated(inputs: Inputs, ledger: StreamLedger) -> Mapping[date, int]:
    """Sum up what the jobs counted, by day; a day with a file without a count is left out."""
    found: Counter[date] = Counter()
    header = 1 if ledger.counts_header else 0
    for name, rows in inputs.counts.items():
        if _stream_of(name) == ledger.stream and (day := day_in(name)):
            found[day] += rows - header
    loaded = inputs.warehouse.loaded.get(ledger.stream, {}) if inputs.warehouse else {}
    files = {file.name for file in ledger.files} | loaded.keys()
    incomplete = {day_in(name) for name in files - inputs.counts.keys()}
    return {day: rows for day, rows in found.items() if day not in incomplete}


def _stream_of(name: str) -> str:
    """Return the feed that a file's name says it is of: `<account>_<FEED>_<date>_<time>`."""
    parts = name.partition(".")[0].split("_")
    return "_".join(parts[1:-2]).lower()


def _by_day(files: Iterable[tuple[str, int]]) -> Counter[date]:
    counted: Counter[date] = Counter()
    for name, rows in files:
        if day := day_in(name):
            counted[day] += rows
    return counted
