"""How the text of a value becomes what a column stores.

Everything is kept as text in one normal form per type, so that `1` and `01` are the same key. Oracle's
database has no empty string: blank text is None.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from responsys_sandbox.loadmask import DEFAULT_MASK, unmasked
from responsys_sandbox.tables import TEXT_WIDTHS

STORED_TIMESTAMP = "%Y-%m-%d %H:%M:%S"

_INTEGER = re.compile(r"[+-]?[0-9]{1,38}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]{1,38}(\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(Z?)", re.ASCII)
_SPACED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_BLANK_LINES = re.compile(r"\n([ \t\r]*\n)+")
_SLASHED = re.compile(r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{1,2}:\d{1,2}", re.ASCII)


class InvalidValueError(ValueError):
    """The text does not fit the column's type; the message is the one the API was recorded to give."""

    def __init__(self, text: str, field_type: str) -> None:
        super().__init__(f'The value "{text}" is not valid for the field type {field_type}')


def stored(
    text: str, field_type: str, *, width_in_bytes: bool = False, zulu_becomes: tzinfo | None = None
) -> str | None:
    """Return the normal form of a value sent over REST, or None for a blank one.

    Args:
        text: the value as sent.
        field_type: INTEGER, NUMBER, TIMESTAMP or one of `TEXT_WIDTHS`.
        width_in_bytes: measure text in UTF-8 bytes instead of characters (no source says which).
        zulu_becomes: the zone a `...Z` timestamp is moved to; None keeps the clock time as written.

    Raises:
        InvalidValueError: the text does not fit the type.
    """
    if text == "":
        return None
    if width := TEXT_WIDTHS.get(field_type):
        if (len(text.encode()) if width_in_bytes else len(text)) <= width:
            return text
    elif field_type == "TIMESTAMP":
        return _timestamp(text, zulu_becomes)
    elif field_type == "INTEGER" and _INTEGER.fullmatch(text):
        return str(int(text))
    elif field_type == "NUMBER" and _NUMBER.fullmatch(text):
        return number(text)
    raise InvalidValueError(text, field_type)


def number(text: str) -> str:
    """Return a decimal number without a plus sign, leading or trailing zeros."""
    plain = format(Decimal(text), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in {"-0", ""} else plain


def loaded(text: str, field_type: str, *, date_mask: str = DEFAULT_MASK, cut: bool = True) -> str | None:
    """Return what a file load stores: blanks stripped, text cut to its width, times cut after the seconds.

    Follows Oracle's page on data load handling (connect-imports.md section 9).

    Raises:
        InvalidValueError: a number or a time that cannot be read, or a text that is too long and not `cut`.
    """
    text = text.strip(" \t\r\n\0")
    if field_type in TEXT_WIDTHS:
        whole = _BLANK_LINES.sub("\n", text)
        if len(whole) > TEXT_WIDTHS[field_type] and not cut:
            raise InvalidValueError(text, field_type)
        return whole[: TEXT_WIDTHS[field_type]] or None
    if field_type == "TIMESTAMP" and text:
        moment = unmasked(text, date_mask)
        if moment is None:
            raise InvalidValueError(text, field_type)
        return _timestamp(moment, None)
    return stored(text, field_type)


def _timestamp(text: str, zulu_becomes: tzinfo | None) -> str:
    """Read the four forms that working clients were seen to send (rest-api.md 3.8)."""
    try:
        if iso := _ISO.fullmatch(text):
            moment = datetime.fromisoformat(f"{iso[1]} {iso[2]}")
            if iso[4] and zulu_becomes is not None:
                moment = moment.replace(tzinfo=UTC).astimezone(zulu_becomes)
        elif _SPACED.fullmatch(text) or _DATE.fullmatch(text):
            moment = datetime.fromisoformat(text)
        elif _SLASHED.fullmatch(text):
            moment = datetime(*(int(part) for part in re.split(r"[/ :]", text)))  # type: ignore[arg-type]  # noqa: DTZ001
        else:
            raise InvalidValueError(text, "TIMESTAMP")
    except ValueError:
        raise InvalidValueError(text, "TIMESTAMP") from None
    return moment.strftime(STORED_TIMESTAMP)
