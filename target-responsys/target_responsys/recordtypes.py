"""A stream's JSON Schema as types that msgspec checks while it decodes.

What they take is valid; what they refuse may be valid, too, and is for the validator itself to judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

METADATA = (
    "_sdc_extracted_at",
    "_sdc_received_at",
    "_sdc_batched_at",
    "_sdc_deleted_at",
    "_sdc_sequence",
    "_sdc_table_version",
    "_sdc_sync_started_at",
)
"""Properties that the SDK takes out of every record before it is validated."""

# As msgspec gives them without a type, with decimals for what is no whole number.
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "null": (NoneType,),
    "string": (str,),
    "integer": (int,),
    "number": (int, Decimal),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
# Types that msgspec takes for a value of them exactly; a number would lose digits, or be a text.
_EXACT = {"null", "string", "integer", "boolean"}
_RULES = frozenset(DEFAULT_JSONSCHEMA_VALIDATOR.VALIDATORS)
# Formats are not checked (`Sink.validate_field_string_format`).
_TYPE_RULES = {"type", "format", "maxLength"}
_RECORD_RULES = {"type", "properties", "required", "additionalProperties"}


class NotCompilableError(Exception):
    """No types say what the schema says."""


@dataclass(frozen=True)
class ValueType:
    """What a property's value has to be.

    Args:
        decoded: The type that msgspec decodes.
        allowed: Python types that the value has to be one of, where `decoded` leaves that open; else None.
        is_valid: A further check; else None.
        is_text: Whether it is a text or null, and nothing else.
        is_integer: Whether it is a whole number or null, and nothing else.
    """

    decoded: Any = Any
    allowed: frozenset[type] | None = None
    is_valid: Callable[[Any], bool] | None = None
    is_text: bool = False
    is_integer: bool = False


def check_record_rules(schema: Mapping[str, Any]) -> None:
    """Make sure that a record is valid when its properties are, each for itself.

    Raises:
        NotCompilableError: There is more to it.
    """
    if (
        schema.keys() & _RULES - _RECORD_RULES
        or "object" not in _listed(schema.get("type", "object"))
        or schema.get("additionalProperties", True) not in (True, False, {})
        or set(METADATA) & set(schema.get("required", ()))
    ):
        raise NotCompilableError


def value_type(schema: Any, *, width: int | None = None) -> ValueType:
    """Return what a value has to be by its JSON Schema.

    Args:
        schema: Of the property.
        width: Characters that a text has at most beyond what the schema says, or None.

    Raises:
        NotCompilableError: The schema leads elsewhere.
    """
    if not isinstance(schema, dict) or _refers(schema):
        raise NotCompilableError
    alternatives = _simple_alternatives(schema)
    if alternatives is None:
        return ValueType(is_valid=DEFAULT_JSONSCHEMA_VALIDATOR(schema).is_valid)
    types = set().union(*alternatives)
    if not types <= _PYTHON_TYPES.keys():
        raise NotCompilableError
    only = types - {"null"}
    if not types <= _EXACT:
        python_types = (each for name in types for each in _PYTHON_TYPES[name])
        return ValueType(allowed=None if len(types) == len(_PYTHON_TYPES) else frozenset(python_types))
    lengths = [length for length in (schema.get("maxLength"), width) if length is not None]
    text: Any = Annotated[str, msgspec.Meta(max_length=min(lengths))] if lengths else str
    decoded: Any = None
    for name in sorted(only):
        own = text if name == "string" else _PYTHON_TYPES[name][0]
        decoded = own if decoded is None else decoded | own
    return ValueType(
        decoded | None if decoded and "null" in types else decoded,
        is_text=only == {"string"},
        is_integer=only == {"integer"},
    )


def _simple_alternatives(schema: Mapping[str, Any]) -> list[Collection[str]] | None:
    """Return the types of a schema, or of its alternatives, when they have no other rules."""
    rules = schema.keys() & _RULES
    if rules == {"anyOf"}:
        parts = [part for part in schema["anyOf"] if isinstance(part, dict)]
        if len(parts) == len(schema["anyOf"]) and all(
            part.keys() & _RULES <= {"type", "format"} for part in parts
        ):
            return [_listed(part.get("type", list(_PYTHON_TYPES))) for part in parts]
        return None
    types = _listed(schema.get("type", list(_PYTHON_TYPES)))
    if not rules <= _TYPE_RULES or ("maxLength" in rules and not set(types) <= _EXACT):
        return None
    return [types]


def _listed(types: str | list[str]) -> list[str]:
    return [types] if isinstance(types, str) else types


def _refers(schema: Any) -> bool:
    return any("$ref" in each or "$dynamicRef" in each for each in _objects(schema))


def _objects(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _objects(part)
