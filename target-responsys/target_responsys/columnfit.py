"""What a column's type takes: of a kind of value as a whole, and of each value before it is sent."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_responsys.values import Kind

_WIDTH = re.compile(r"STR(\d+)")
_INTEGER = re.compile(r"\s*[+-]?\d+\s*")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
# Responsys takes several forms: those with the year first, and its own with the month's name.
_MOMENT = re.compile(r"\s*(\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}-[A-Za-z]{3}-\d{2,4})([T ].*)?\s*")
# YYYY-MM-DD HH:MM:SS
_MOMENT_LENGTH = 19
_NEVER: dict[str, set[Kind]] = {
    "INTEGER": {"timestamp", "date", "json"},
    "NUMBER": {"timestamp", "date", "json"},
    "TIMESTAMP": {"integer", "number", "boolean", "json"},
}
_FORMS = {
    "INTEGER": (_INTEGER, "whole number"),
    "NUMBER": (_NUMBER, "number"),
    "TIMESTAMP": (_MOMENT, "date-time"),
}
_ALWAYS: dict[str, set[Kind]] = {
    "INTEGER": {"integer", "boolean"},
    "NUMBER": {"integer", "number", "boolean"},
    "TIMESTAMP": {"timestamp", "date"},
}


def width_of(column_type: str) -> int | None:
    """Return how many characters a column of that type holds, or None for a type that holds no text."""
    if column_type == "CHAR":
        return 1
    found = _WIDTH.fullmatch(column_type)
    return int(found[1]) if found else None


def can_hold(column_type: str, kind: Kind) -> bool:
    """Tell whether a column of that type can hold any value of a kind."""
    width = width_of(column_type)
    if width is not None:
        return width >= _MOMENT_LENGTH if kind in {"timestamp", "date"} else kind != "json" or width > 1
    return kind not in _NEVER.get(column_type, ())


def misfit(column_type: str, kind: Kind) -> Callable[[str], str | None] | None:
    """Return a check of single values.

    Args:
        column_type: Responsys type.
        kind: What the property holds.

    Returns:
        A function that says why a text does not fit, without the text, or None when it does; None instead
        of a function where every value of the kind fits.
    """
    if kind in _ALWAYS.get(column_type, ()):
        return None
    width = width_of(column_type)
    if width is not None:
        return None if kind in {"timestamp", "date", "boolean"} else partial(_too_long, width=width)
    if column_type not in _FORMS:
        return None
    pattern, wanted = _FORMS[column_type]
    return partial(_malformed, pattern=pattern, wanted=wanted)


def _too_long(text: str, *, width: int) -> str | None:
    return f"it has {len(text)} characters" if len(text) > width else None


def _malformed(text: str, *, pattern: re.Pattern[str], wanted: str) -> str | None:
    return f"it is no {wanted}" if text and not pattern.fullmatch(text) else None
