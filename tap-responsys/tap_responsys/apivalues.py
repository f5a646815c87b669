"""Values of the REST API as the streams' schemas promise them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FIELD = ("fieldName", "fieldType")

Kind = Literal["integer", "text", "boolean", "texts", "map", "fields"]
"""What a column holds; `texts` is an array, `map` values by name, `fields` the columns of a list or table."""

JSON_TYPES: Mapping[Kind, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "text": {"type": "string"},
    "boolean": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": ["string", "null"]}},
    "map": {"type": "object"},
    "fields": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {name: {"type": ["string", "null"]} for name in _FIELD},
        },
    },
}

_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_BOUND = 2**63


def converted(value: Any, kind: Kind) -> Any:
    """Return a decoded JSON value in the form of its kind; null and what stands for it are None.

    Raises:
        ValueError: It cannot be brought into that form.
    """
    if value is None or (value == "" and kind != "text"):
        return None
    return _CONVERSIONS[kind](value)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not _INTEGER.fullmatch(str(value)) or not -_BOUND <= int(value) < _BOUND:
        raise ValueError("integer")
    return int(value)


def _boolean(value: Any) -> bool:
    spelt = str(value).lower()
    if spelt not in {"true", "false"}:
        raise ValueError("boolean")
    return spelt == "true"


def _texts(value: Any) -> list[str | None]:
    return [_text(item) for item in value] if isinstance(value, list) else [_text(value)]


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("map")  # noqa: TRY004  any value that does not fit is the same error
    return value


def _fields(value: Any) -> list[dict[str, str | None]]:
    if not isinstance(value, list):
        raise ValueError("fields")  # noqa: TRY004  as above
    return [{name: _text(_map(item).get(name)) for name in _FIELD} for item in value]


_CONVERSIONS: Mapping[Kind, Callable[[Any], Any]] = {
    "integer": _integer,
    "text": _text,
    "boolean": _boolean,
    "texts": _texts,
    "map": _map,
    "fields": _fields,
}
