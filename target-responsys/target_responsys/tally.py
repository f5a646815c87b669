"""What became of the records of a table, for the line at the end of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Tally:
    """Counts for one table or file.

    Args:
        received: Records that came in.
        delivered: Rows merged, or written to the file.
        refused: Records in the rejects file.
        superseded: Records that a later one with the same key replaced before they were sent.
        requests: Merge calls.
    """

    received: int = 0
    delivered: int = 0
    refused: int = 0
    superseded: int = 0
    requests: int = 0

    def __str__(self) -> str:
        parts = [
            f"{self.received} records received",
            f"{self.delivered} delivered",
            f"{self.refused} refused",
        ]
        if self.superseded:
            parts.append(f"{self.superseded} superseded by later ones")
        if self.requests:
            parts.append(f"{self.requests} requests")
        return ", ".join(parts)
