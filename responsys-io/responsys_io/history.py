"""Which days a stream has exports for and how many rows each had, kept in a few hundred bytes for years.

A day is the date in an export's name, or that of its modification time where the name has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

# Ten years of days; of rows as many as a median over the same weekday of four weeks needs.
_LONGEST = 3660
_ROW_DAYS = 29
_LAG_DAYS = 7
_YEARS = range(2000, 2100)
_WEEKS_COMPARED = 4
_FEWEST_COMPARED = 3


@dataclass
class History:
    """The days of a stream.

    Args:
        first: The first day with an export, None before there is one.
        days: A bit per day from `first` on, set where there was an export.
        rows: Rows by day, of the last four weeks and a day.
        lags: Minutes from a day's newest event to the modification time of its file, of the last week. Times
            that are not in the zone that the settings say show as lags of whole hours.
    """

    first: date | None = None
    days: int = 0
    rows: dict[date, int] = field(default_factory=dict)
    lags: dict[date, int] = field(default_factory=dict)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Read a history out of a bookmark.

        Raises:
            TypeError, ValueError, KeyError: It is none.
        """
        if not state:
            return cls()
        history = cls(date.fromisoformat(state["first"]), int(state["days"], 16))
        last = history.last
        if last is not None:
            history.rows = _aligned(last, state.get("rows", ()))
            history.lags = _aligned(last, state.get("lags", ()))
        return history

    def to_state(self) -> dict[str, Any]:
        """Return the bookmark's form; rows and lags end with the last day and have null for days without."""
        last = self.last
        if self.first is None or last is None:
            return {}
        state: dict[str, Any] = {"first": self.first.isoformat(), "days": f"{self.days:x}"}
        if rows := _listed(last, self.rows):
            state["rows"] = rows
        if lags := _listed(last, self.lags):
            state["lags"] = lags
        return state

    @property
    def last(self) -> date | None:
        """The last day with an export."""
        return self.first + timedelta(self.days.bit_length() - 1) if self.first and self.days else None

    def note(self, day: date, rows: int | None = None, lag: int | None = None) -> None:
        """Note an export.

        Args:
            day: Its day.
            rows: Its rows, or by how many it has more or fewer than when it was noted before; None where they
                are not to be compared.
            lag: Minutes between its newest event and its modification time, where both are known.
        """
        if not self._take_in(day):
            return
        if rows is not None:
            self.rows[day] = max(0, self.rows.get(day, 0) + rows)
        if lag is not None:
            self.lags[day] = min(lag, self.lags.get(day, lag))
        self._forget_details()

    def _take_in(self, day: date) -> bool:
        """Set a day's bit; say no to dates that cannot be true, which would blow up the span."""
        if day.year not in _YEARS:
            return False
        first, last = self.first, self.last
        if first is None or last is None:
            self.first, self.days = day, 1
        elif day < first:
            if (last - day).days >= _LONGEST:
                return False
            self.first, self.days = day, self.days << (first - day).days | 1
        else:
            if (day - last).days >= _LONGEST:
                return False
            self.days |= 1 << (day - first).days
            if (excess := (day - first).days - _LONGEST + 1) > 0:
                self.first, self.days = first + timedelta(excess), self.days >> excess
        return True

    def has(self, day: date) -> bool:
        """Tell whether a day had an export."""
        return self.first is not None and day >= self.first and bool(self.days >> (day - self.first).days & 1)

    @property
    def present(self) -> int:
        """How many days had an export."""
        return self.days.bit_count()

    def present_days(self) -> list[date]:
        """Return the days that had an export."""
        return [day for day in self._span() if self.has(day)]

    def missing(self) -> list[date]:
        """Return the days without an export between the first and the last one."""
        return [day for day in self._span() if not self.has(day)]

    def usual_rows(self, day: date) -> float | None:
        """Return the median of the rows of the same weekday in the four weeks before, None for too few."""
        earlier = (day - timedelta(weeks=weeks) for weeks in range(1, _WEEKS_COMPARED + 1))
        known = [self.rows[one] for one in earlier if one in self.rows]
        return median(known) if len(known) >= _FEWEST_COMPARED else None

    def _span(self) -> list[date]:
        if self.first is None:
            return []
        return [self.first + timedelta(offset) for offset in range(self.days.bit_length())]

    def _forget_details(self) -> None:
        last = self.last
        if last is not None:
            self.rows = _within(last, self.rows, _ROW_DAYS)
            self.lags = _within(last, self.lags, _LAG_DAYS)


def _within(last: date, values: Mapping[date, int], days: int) -> dict[date, int]:
    return {day: value for day, value in sorted(values.items()) if 0 <= (last - day).days < days}


def _aligned(last: date, values: list[int | None]) -> dict[date, int]:
    begin = last - timedelta(len(values) - 1)
    return {begin + timedelta(place): int(value) for place, value in enumerate(values) if value is not None}


def _listed(last: date, values: Mapping[date, int]) -> list[int | None]:
    if not values:
        return []
    begin = min(values)
    return [values.get(begin + timedelta(offset)) for offset in range((last - begin).days + 1)]
