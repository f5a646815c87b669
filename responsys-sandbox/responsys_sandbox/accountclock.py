"""The account's days: when they begin and when its export jobs run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

MINUTE, HOUR, DAY = 60, 3600, 86_400

_RUN_TIME = 6 * HOUR + 5 * MINUTE
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class AccountClock:
    """Times in epoch seconds, days counted from that of the first export run, which is 0.

    Args:
        start: The account's date of the first export run.
        utc_offset: The account's zone, hours east of UTC.
    """

    start: date
    utc_offset: int

    def midnight(self, day: int) -> int:
        """Return when a day begins."""
        first = int(datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC).timestamp())
        return first + day * DAY - self.utc_offset * HOUR

    def run_at(self, day: int) -> int:
        """Return when the export jobs of a day run."""
        return self.midnight(day) + _RUN_TIME

    def weekday(self, moment: int) -> int:
        """Return the day of the week, Monday is 0."""
        return (self.start.weekday() + (moment - self.midnight(0)) // DAY) % 7

    def is_weekend(self, moment: int) -> bool:
        """Whether it is Saturday or Sunday."""
        return self.weekday(moment) >= _SATURDAY

    def hour(self, moment: int) -> float:
        """Return the hours since midnight."""
        return (moment + self.utc_offset * HOUR) % DAY / HOUR
