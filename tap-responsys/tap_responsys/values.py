"""Typed values out of the text of an export: what does not fit is refused, never guessed at."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable
    from functools import _lru_cache_wrapper

    from responsys_io.feeds import ColumnType

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_INT64 = range(-(2**63), 2**63)
# English in any locale: Oracle writes DD-Mon-YYYY HH24:MI:SS (FileLayoutsEmail.htm).
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_FEED_DATE = re.compile(r"([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})", re.ASCII)
_LIST_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?", re.ASCII)
_DAYS_CACHED = 4096
# A day's seconds, and some.
_INSTANTS_CACHED = 100_000


def converter(
    column_type: ColumnType, timezone: str = "UTC", *, remembers: bool = True
) -> Callable[[str], Any]:
    """Return the function that turns a column's text into its value.

    Args:
        column_type: The column's type.
        timezone: IANA name of the zone that timestamps are written in.
        remembers: Whether it keeps times that come again and again; the caller may do so itself.

    Returns:
        A function that raises ValueError for a text that is not of the type. Integers have 64 bits, numbers
        keep their digits as Decimal, timestamps come out as RFC 3339 in UTC.
    """
    if column_type == "integer":
        return _integer
    if column_type == "number":
        return _number
    if column_type == "timestamp":
        made = _utc_timestamp if timezone.upper() == "UTC" else _timestamps_of(timezone)
        return made if remembers else made.__wrapped__
    return str


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("not a whole number")
    value = int(text) if len(text) < 25 else 2**63  # noqa: PLR2004  longer never fits and costs quadratic time
    if value not in _INT64:
        raise ValueError("a whole number of more than 64 bits")
    return value


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text)


@lru_cache(maxsize=_INSTANTS_CACHED)
def _utc_timestamp(text: str) -> str:
    day, _, time = text.partition(" ")
    return f"{iso_day(day)}T{_iso_time(time)}+00:00"


@lru_cache(maxsize=8)
def _timestamps_of(timezone: str) -> _lru_cache_wrapper[str]:
    zone = ZoneInfo(timezone)

    @lru_cache(maxsize=_INSTANTS_CACHED)
    def to_utc(text: str) -> str:
        day, _, time = text.partition(" ")
        local = datetime.fromisoformat(f"{iso_day(day)}T{_iso_time(time)}").replace(tzinfo=zone)
        return local.astimezone(UTC).isoformat()

    return to_utc


@lru_cache(maxsize=_DAYS_CACHED)
def iso_day(text: str) -> str:
    """Return a day as RFC 3339 writes it.

    Raises:
        ValueError: The text is not a day in a form of Responsys's.
    """
    if match := _FEED_DATE.fullmatch(text):
        month = _MONTHS.get(match[2].lower())
        day, year = int(match[1]), int(match[3])
    elif match := _LIST_DATE.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
    else:
        raise ValueError("not a date")
    try:
        return date(year, month or 0, day).isoformat()
    except ValueError:
        raise ValueError("not a date") from None


def _iso_time(text: str) -> str:
    if not text:
        return "00:00:00"
    match = _TIME.fullmatch(text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3]) > 59:  # noqa: PLR2004  a clock's face
        raise ValueError("not a time")
    return text[:8]
