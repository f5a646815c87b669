"""The campaign that an audience belongs to, and the run that writes it.

This is the sender's own campaign, which tells audiences in one table apart; Responsys's campaigns, which
the event feeds name CAMPAIGN_ID too, are another thing.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

# Ids have to stay the same for ever: this never changes.
_NAMESPACE = uuid.UUID("6f1f7a52-4f0b-5d0c-9a3e-6a2f5f0c7b11")


def campaign_id(stream: str, *, given: str | None = None, name: str | None = None) -> str:
    """Return the id of a stream's campaign: as given, or derived from the campaign's or the stream's name.

    Args:
        stream: Name of the stream.
        given: The setting campaign_id.
        name: The setting campaign_name.
    """
    return given or str(uuid.uuid5(_NAMESPACE, name or stream))


def execution_id(started: datetime) -> str:
    """Return the id of a run that started at that moment (UTC), to the millisecond."""
    return f"{started:%Y%m%dT%H%M%S}{started.microsecond // 1000:03}Z"


def executed_at(started: datetime, zone: tzinfo) -> str:
    """Return the start of a run as timestamps are written: in a zone, to the second."""
    return started.astimezone(zone).isoformat(" ", "seconds")[:19]
