"""What became of the records of a table, for the line at the end of a run and for its receipt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_responsys.statuschanges import words

if TYPE_CHECKING:
    from target_responsys.statuschanges import StatusChanges


@dataclass
class Tally:
    """Counts for a campaign in a table, or for a file.

    Args:
        campaign_id: The campaign.
        streams: Where the records came from.
        received: Records that came in.
        sent: Rows that were sent, whatever became of them.
        delivered: Rows merged, or written to the file.
        refused: Records in the rejects file, without those of unknown outcome.
        superseded: Records that a later one with the same key replaced before they were sent.
        deleted: Rows deleted.
        absent: Rows to be deleted that were not there.
        undeleted: Rows that Responsys did not delete.
        unknown: Rows that were merged or not.
        in_flight: Rows of calls that have no outcome yet.
        requests: Merge calls.
        status_changes: Permission statuses that merges into a list have changed; None where not counted.
    """

    campaign_id: str = ""
    streams: list[str] = field(default_factory=list)
    received: int = 0
    sent: int = 0
    delivered: int = 0
    refused: int = 0
    superseded: int = 0
    deleted: int = 0
    absent: int = 0
    undeleted: int = 0
    unknown: int = 0
    in_flight: int = 0
    requests: int = 0
    status_changes: StatusChanges | None = None

    def __str__(self) -> str:
        parts = [
            f"{self.received} records received",
            f"{self.delivered} delivered",
            f"{self.refused} refused",
        ]
        optional = {
            "superseded by later ones": self.superseded,
            "deleted": self.deleted,
            "to be deleted were not there": self.absent,
            "could not be deleted": self.undeleted,
            "of unknown outcome": self.unknown + self.in_flight,
            "requests": self.requests,
        }
        parts += [f"{number} {name}" for name, number in optional.items() if number]
        if self.status_changes:
            parts.append(f"permission statuses: {words(self.status_changes)}")
        return ", ".join(parts)
