"""From JSON to text: what kind a property is, what type its column gets, how its values are written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from responsys_io.supplemental import TEXT_WIDTHS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Kind = Literal["integer", "number", "boolean", "timestamp", "date", "text", "json"]

DEFAULT_TEXT = "STR500"
LONGEST_TEXT = "STR4000"
NUMERIC = frozenset({"INTEGER", "NUMBER"})

_LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")
_MOMENT_SIZE = len("2026-07-01T12:30:15Z")
_MOMENT_MARKS = ((4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "Z"), (_MOMENT_SIZE, "\n"))
_encode = msgspec.json.Encoder(decimal_format="number").encode


def kind_of(schema: Mapping[str, Any]) -> Kind:
    """Return what a property holds by its JSON Schema, null apart; `text` where that is left open."""
    alternatives = [part for part in _alternatives(schema) if part.get("type") != "null"]
    types = {kind for part in alternatives for kind in _types(part)} - {"null"}
    if types & {"object", "array"}:
        return "json"
    if "string" in types:
        formats = {part.get("format") for part in alternatives}
        return (
            "timestamp"
            if "date-time" in formats
            else "date"
            if "date" in formats and len(types) == 1
            else "text"
        )
    if types == {"boolean"}:
        return "boolean"
    if types == {"integer"}:
        return "integer"
    return "number" if types and types <= {"integer", "number"} else "text"


def column_type(schema: Mapping[str, Any]) -> str:
    """Return the type of the column to create for a property.

    Responsys has neither booleans nor dates: they become CHAR (T or F) and TIMESTAMP.
    """
    kind = kind_of(schema)
    if kind == "json":
        return LONGEST_TEXT
    if kind != "text":
        types = {"boolean": "CHAR", "date": "TIMESTAMP", "timestamp": "TIMESTAMP"}
        return types.get(kind, kind.upper())
    length = longest(schema)
    if not length:
        return DEFAULT_TEXT
    fitting = (name for name, width in TEXT_WIDTHS.items() if width >= length)
    return next(fitting, LONGEST_TEXT)


def longest(schema: Mapping[str, Any]) -> int | None:
    """Return how many characters a property's texts have at most, where its JSON Schema says so."""
    return max((part.get("maxLength") or 0 for part in _alternatives(schema)), default=0) or None


def writer(
    kind: Kind, *, column: str | None = None, zone: tzinfo = UTC, single_line: bool = False
) -> Callable[[Any], str]:
    """Return the function that writes values of a kind; null becomes a blank.

    Args:
        kind: What the property holds.
        column: Type of the column that it goes to, where that is known.
        zone: The zone that moments are written in.
        single_line: Put a blank in place of line breaks, as files need it.

    Returns:
        A function that raises ValueError, without the value in its text, for what it cannot write.
    """
    if kind == "timestamp":
        # The zone that moments in UTC are read with, so that these need no conversion.
        return partial(_moment, zone=UTC if str(zone) == "UTC" else zone)
    if kind == "date":
        return _day
    true, false = ("1", "0") if column in NUMERIC else ("T", "F")
    by_type: dict[type, Callable[[Any], str]] = {
        str: on_one_line if single_line else str,
        NoneType: _blank,
        bool: lambda value: true if value else false,
        int: str,
        Decimal: _number,
        float: _number,
    }

    def written(value: Any) -> str:
        return by_type.get(type(value), _json)(value)

    return written


def moments_in_utc(texts: Sequence[str]) -> list[str] | None:
    """Write moments together that all have the form 2026-07-01T12:30:15Z, for UTC; None for any others."""
    together = "\n".join(texts)
    if (
        any(
            together[place :: _MOMENT_SIZE + 1] != mark * (len(texts) - (mark == "\n"))
            for place, mark in _MOMENT_MARKS
        )
        # Later versions of Python take midnight for the end of a day, too.
        or "T24" in together
    ):
        return None
    try:
        for _ in map(datetime.fromisoformat, texts):
            pass
    except ValueError:
        return None
    return together.replace("T", " ").replace("Z", "").split("\n")


def on_one_line(text: str) -> str:
    """Put a blank in place of each line break."""
    return _LINE_BREAK.sub(" ", text)


def _blank(_: None) -> str:
    return ""


def _json(value: Any) -> str:
    return _encode(value).decode()


def _moment(value: Any, *, zone: tzinfo) -> str:
    if not value:
        return ""
    try:
        then = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("it is not a date-time") from None
    if then.tzinfo is zone and value[4:8:3] == "--" and value[13:17:3] == "::" and value[11:13] != "24":
        # It is written already, 2026-07-01T12:30:15Z in most cases: this takes a third of the time.
        return f"{value[:10]} {value[11:19]}"
    then = then.replace(tzinfo=UTC) if then.tzinfo is None else then
    return then.astimezone(zone).isoformat(" ", "seconds")[:19]


def _day(value: Any) -> str:
    if not value:
        return ""
    try:
        day = date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        raise ValueError("it is not a date") from None
    return f"{value[:10] if value[4:8:3] == '--' else day.isoformat()} 00:00:00"


def _number(value: Decimal | float) -> str:
    """Write a number without exponent; whole ones without a fraction, since INTEGER columns refuse it."""
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = str(number)
    if "." in text and "E" not in text:
        return text.rstrip("0").rstrip(".")
    if "E" in text:
        text = format(number, "f")
    elif not number.is_finite():
        raise ValueError("it is not a finite number")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _alternatives(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    branches = [branch for word in ("anyOf", "oneOf") for branch in schema.get(word, ())]
    if not branches:
        yield schema
    for branch in branches:
        yield from _alternatives(branch)


def _types(schema: Mapping[str, Any]) -> set[str]:
    kinds = schema.get("type", "object" if "properties" in schema else ())
    return {kinds} if isinstance(kinds, str) else set(kinds)
