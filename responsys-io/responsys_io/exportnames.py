"""What the names of exports say: how they are packed, and of which day and time they are."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

# Oracle, responsys-user, Help/CED/CEDOutputFiles.htm: account, feed, date, time. Zipped exports are seen
# both as X.zip and as X.txt.zip, encrypted ones may carry .gpg at either place.
SUFFIXES = re.compile(r"(?:\.(?:txt|csv|zip|gz|gpg|pgp|asc))+$", re.IGNORECASE)
"""The end of an export's name that says what is in the file; other files have none."""

STAMP_FORMAT = "%Y%m%d_%H%M%S"
_FIRST_YEAR = 1970
_STAMP = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?:_?(\d{2})(\d{2})(\d{2}))?(?!\d)")


def is_stamp(text: str) -> bool:
    """Tell whether a text is a moment in the form `YYYYMMDD_HHMMSS`."""
    try:
        moment = datetime.strptime(text, STAMP_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return False
    return moment.year >= _FIRST_YEAR


def stamp_in(name: str) -> str:
    """Find a date, with or without a time, anywhere in a name that its user has chosen; empty for none."""
    for found in _STAMP.finditer(name):
        year, month, day, hour, minute, second = found.groups(default="00")
        try:
            moment = datetime(
                int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC
            )
        except ValueError:
            continue
        if moment.year < _FIRST_YEAR:
            continue
        return f"{year}{month}{day}_{hour}{minute}{second}"
    return ""


def stamp_of(mtime: int) -> str:
    """Return a modification time, in epoch seconds, in the form of a stamp.

    Raises:
        ValueError: No calendar reaches so far.
    """
    try:
        return datetime.fromtimestamp(mtime, UTC).strftime(STAMP_FORMAT)
    except (OSError, OverflowError) as error:
        # What the C library says depends on how far off it is.
        raise ValueError(mtime) from error


def day_of_stamp(stamp: str) -> date:
    """Return the day of a stamp."""
    return datetime.strptime(stamp[:8], STAMP_FORMAT[:6]).replace(tzinfo=UTC).date()


def day_in(name: str) -> date | None:
    """Return the day in a file's name, None where it has none."""
    stamp = stamp_in(name)
    return day_of_stamp(stamp) if stamp else None


def day_of(name: str, mtime: int) -> date:
    """Return the day in a file's name, or that of its modification time where the name has none."""
    return day_in(name) or day_of_stamp(stamp_of(mtime))
