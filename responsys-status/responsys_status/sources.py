"""What the page is made of: plain data, whether it was found or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from responsys_status.ledger import StreamLedger

Figures = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """Where something comes from, and what has come of it.

    Args:
        place: Where it was looked for, in words; empty where no place was given.
        problem: Why there is nothing, empty where there is something.
    """

    place: str = ""
    problem: str = ""

    @property
    def found(self) -> bool:
        """Whether it was there."""
        return bool(self.place) and not self.problem


@dataclass(frozen=True)
class Warehouse:
    """What the warehouse holds.

    Args:
        loaded: Rows by stream and file.
        rejected: Rows that did not fit, by stream, file and reason.
        daily: Engagement by day: `day`, counts and rates.
        campaigns: Engagement by campaign: `name`, counts and rates.
        domains: Engagement by e-mail domain: `name`, counts and rates.
        missing_models: Tables of the dbt package that are not there.
    """

    loaded: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    rejected: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    daily: Sequence[Figures] = ()
    campaigns: Sequence[Figures] = ()
    domains: Sequence[Figures] = ()
    missing_models: Sequence[str] = ()


@dataclass(frozen=True)
class Refusals:
    """Records that Responsys or the target refused, as a rejects file has them.

    Args:
        table: The table that they were for.
        code: Code of the refusal.
        reason: Its words, without values.
        records: How many.
    """

    table: str
    code: str
    reason: str
    records: int


@dataclass(frozen=True)
class Inputs:
    """Everything that the page is made of.

    Args:
        now: The time that it speaks of, in UTC.
        ledgers: What has been read, by stream.
        receipts: Receipts of the target, in their own form.
        refusals: Refused records of the rejects files that the receipts name and that are there.
        counts: What ready and count files state, by name of the export.
        warehouse: What has arrived.
        sources: Where these come from: `state`, `receipts`, `exports`, `warehouse`.
    """

    now: datetime
    ledgers: Mapping[str, StreamLedger] = field(default_factory=dict)
    receipts: Sequence[Mapping[str, Any]] = ()
    refusals: Sequence[Refusals] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    warehouse: Warehouse | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The date in UTC."""
        return self.now.date()
