"""What happens in the account, before it is a row of any file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from responsys_sandbox.campaigns import Launch
    from responsys_sandbox.contacts import Contact

Value = str | int


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence.

    Args:
        feed: Stem of the feed that it belongs to.
        captured: When it happened, epoch seconds.
        stored: When Responsys stored it, epoch seconds. An export run takes what was stored since the last.
        contact: Whom it concerns; None for launches and for people who are not in the list.
        launch: What it answers to; None for a permission that no message has brought about.
        details: Values of further columns by name; those of TIMESTAMP columns in epoch seconds.
    """

    feed: str
    captured: int
    stored: int
    contact: Contact | None = None
    launch: Launch | None = None
    details: dict[str, Value] = field(default_factory=dict)
