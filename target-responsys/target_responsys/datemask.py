"""Date masks in Oracle's notation, compiled to what rearranges a timestamp's text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT = "YYYY-MM-DD HH24:MI:SS"

# English, whatever the locale of the process.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLACES = {"YYYY": slice(0, 4), "MM": slice(5, 7), "DD": slice(8, 10)}
_PLACES |= {"HH24": slice(11, 13), "MI": slice(14, 16), "SS": slice(17, 19)}
_PART = re.compile(r"(YYYY|MON|Mon|MM|MI|DD|HH24|SS)|([^A-Za-z0-9])", re.ASCII)
_MASK = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def mask_problem(mask: str) -> str | None:
    """Say what is wrong with a mask, or return None."""
    if not _MASK.fullmatch(mask):
        return "it may hold YYYY, MM, MON, Mon, DD, HH24, MI, SS and marks between them"
    parts = {name.upper() for name, _ in _PART.findall(mask) if name}
    if not {"YYYY", "DD"} <= parts or not parts & {"MM", "MON"}:
        return "it lacks the year, the month or the day"
    return None


def masked(mask: str) -> Callable[[str], str]:
    """Return the function that writes a timestamp in a mask.

    Args:
        mask: One without a problem.

    Returns:
        A function of a text like `2026-07-01 08:00:00`; a blank one stays blank.
    """
    if mask == DEFAULT:
        return lambda text: text
    parts = _PART.findall(mask)

    def write(text: str) -> str:
        return "".join(_part(name, text) if name else mark for name, mark in parts) if text else ""

    return write


def _part(name: str, text: str) -> str:
    if place := _PLACES.get(name):
        return text[place]
    month = _MONTHS[int(text[_PLACES["MM"]]) - 1]
    return month.upper() if name == "MON" else month
