"""Timestamps of an upload in the date mask of the import job."""

from __future__ import annotations

import re
from functools import cache

DEFAULT_MASK = "YYYY-MM-DD HH24:MI:SS"

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d\d)",
    "MON": r"(?P<month>[A-Za-z]{3})",
    "DD": r"(?P<day>\d\d)",
    "HH24": r"(?P<hour>\d\d)",
    "MI": r"(?P<minute>\d\d)",
    "SS": r"(?P<second>\d\d)",
}
_TOKEN = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)), re.IGNORECASE)


def mask_problem(mask: str) -> str | None:
    """Say what is wrong with a mask, or return None."""
    parts = [part.upper() for part in _TOKEN.findall(mask)]
    months = {"MM", "MON"}.intersection(parts)
    if len(parts) > len(set(parts)) or len(months) != 1 or not {"YYYY", "DD"} <= set(parts):
        return f"A date mask has {', '.join(_PARTS)} at most once each, year, month and day among them."
    return None


def unmasked(text: str, mask: str) -> str | None:
    """Return a timestamp as `yyyy-mm-dd hh:mi:ss`; None for a text that does not begin as the mask says.

    A mask without a time gives midnight.
    """
    found = _pattern(mask).match(text)
    if found is None:
        return None
    part = found.groupdict("00").get
    month = str(found["month"])
    if not month.isdigit():
        if month.upper() not in _MONTHS:
            return None
        month = f"{_MONTHS.index(month.upper()) + 1:02}"
    time = ":".join(str(part(name, "00")) for name in ("hour", "minute", "second"))
    return f"{found['year']}-{month}-{found['day']} {time}"


@cache
def _pattern(mask: str) -> re.Pattern[str]:
    places = [_PARTS[part.upper()] for part in _TOKEN.findall(mask)]
    marks = [re.escape(mark) for mark in _TOKEN.split(mask)]
    ordered = [text for pair in zip(marks, [*places, ""], strict=True) for text in pair]
    return re.compile("".join(ordered), re.ASCII)
