"""What to read next: the exports on the server against the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_responsys.ledger import Ledger
    from tap_responsys.listing import ExportFile


def unread(exports: Iterable[ExportFile], ledger: Ledger) -> list[ExportFile]:
    """Return what has to be read, in order.

    First the file that an interrupted run has left open, then new and changed files as they were made, then
    contact lists that have to be read once more, the oldest first.
    """
    waiting = [export for export in exports if not ledger.is_read(export)]

    def rank(export: ExportFile) -> tuple[bool, str, tuple[str, str]]:
        # False comes first, and so does no text before any moment.
        return not ledger.progress(export).rows, ledger.again.get(export.name, ""), export.order

    return sorted(waiting, key=rank)


def is_within(export: ExportFile, start_date: str | None, end_date: str | None) -> bool:
    """Tell whether an export's day lies in a range of dates in ISO 8601 form, the end not among them."""
    day = export.day.isoformat()
    return (not start_date or day >= start_date[:10]) and (not end_date or day < end_date[:10])
