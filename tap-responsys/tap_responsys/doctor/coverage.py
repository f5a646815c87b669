"""How much history there is of each stream: facts, not findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_responsys.doctor.markers import waiting
from tap_responsys.doctor.overtime import unread_exports

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from responsys_io.history import History
    from tap_responsys.doctor.facts import Facts

# How many days models need that are trained on two or three months.
NEEDED_DAYS = (60, 90)


@dataclass(frozen=True)
class Coverage:
    """The days of a stream that have been read.

    Args:
        first: The first one.
        last: The last one.
        present: How many there are.
        missing: Those between the first and the last that are not.
    """

    first: date
    last: date
    present: int
    missing: Sequence[date]

    @property
    def span(self) -> int:
        """Days from the first to the last one."""
        return (self.last - self.first).days + 1

    def short_of(self, needed: int) -> int:
        """Return how many days are still needed, 0 when there are enough."""
        return max(0, needed - self.present)


@dataclass(frozen=True)
class StreamSummary:
    """A stream at a glance.

    Args:
        stream: Its name.
        expected: Whether there have to be exports of it.
        exports: How many lie on the server.
        last_file: Name of the last of them, empty for none.
        last_export: Day of the last export, on the server or read before; None for one never seen.
        waiting: How many have no ready file yet.
        unread: How many complete ones have not been read, None where that is not known.
        coverage: The days that have been read, None where they are not known or there are none.
    """

    stream: str
    expected: bool
    exports: int
    last_file: str
    last_export: date | None
    waiting: int
    unread: int | None
    coverage: Coverage | None


def coverage_of(history: History) -> Coverage | None:
    """Return the coverage of a history, None for one without a day."""
    if history.first is None or history.last is None:
        return None
    return Coverage(history.first, history.last, history.present, tuple(history.missing()))


def summaries(facts: Facts) -> Iterator[StreamSummary]:
    """Yield the streams that are expected, on the server, or known from before."""
    wanted, listing = facts.wanted, facts.listing
    expected = {kind.stream for kind in wanted.expected}
    for kind in wanted.read:
        exports, ledger = listing.exports.get(kind.stream, []), facts.ledger(kind.stream)
        if kind.stream not in expected and not exports and ledger is None:
            continue
        yield StreamSummary(
            kind.stream,
            kind.stream in expected,
            len(exports),
            exports[-1].name if exports else "",
            facts.last_day(kind.stream),
            len(waiting(exports, listing, wanted.ready_extension)),
            len(unread_exports(ledger, exports, listing, wanted)) if ledger else None,
            coverage_of(ledger.history) if ledger else None,
        )
