"""The short way of records: decoded, checked and made rows in one step, by what was compiled for a schema.

It takes a line only where the SDK's way would come to the same; every other line goes that way.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import groupby, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import astuple
from singer_sdk.mapper import SameRecordTransform

from target_responsys.recordtypes import (
    METADATA,
    NotCompilableError,
    ValueType,
    check_record_rules,
    value_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from singer_sdk.mapper import StreamMap

    Values = tuple[Any, ...]
    Take = Callable[[Sequence[Values], Sequence[bytes], Iterable[Any]], int]
    Way = tuple["RecordReader", Take]

_version = attrgetter("version")
decode_message = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
"""Decodes a line as the SDK's way does."""


def original(line: bytes) -> dict[str, Any]:
    """Return the record of a line that was taken, as the SDK hands it to a sink."""
    record: dict[str, Any] = decode_message(line)["record"]
    for name in METADATA:
        record.pop(name, None)
    return record


def passes_unchanged(maps: Sequence[StreamMap]) -> bool:
    """Tell whether the SDK's maps of a stream hand its records on as they are, under its own name."""
    return len(maps) == 1 and type(maps[0]) is SameRecordTransform and not maps[0].flattening_enabled


class ShortWay:
    """Takes lines for the streams that have a short way.

    Such a way is what decodes the stream's records, and a function that is given the values, the line and the
    version of each of some records, and says how many of them, from the first on, it has taken.
    """

    def __init__(self) -> None:
        self._ways: dict[str, Way] = {}
        self._takes: dict[type, Way] = {}
        self._decode: Callable[[bytes], list[Any]] | None = None

    def set(self, stream: str, way: Way | None) -> None:
        """Take the records of a stream that way from now on, or no longer."""
        self._ways.pop(stream, None)
        if way is not None:
            self._ways[stream] = way
        self._takes = {each[0].message_type(name): each for name, each in self._ways.items()}
        if not self._takes:
            self._decode = None
            return
        # Of a single type msgspec would not ask which stream a message is of.
        nothing = msgspec.defstruct("Nothing", [], tag_field="stream", tag="".join(self._ways) + "-")
        union: Any = nothing
        for each in self._takes:
            union |= each
        self._decode = msgspec.json.Decoder(union, float_hook=Decimal).decode_lines

    def take(self, lines: Sequence[bytes]) -> int:
        """Take lines; return how many, from the first on: the next one has to go the SDK's way.

        None is taken either when one of them, whichever, cannot be decoded.
        """
        taken = 0
        for kind, group in groupby(self._decoded(lines), type):
            reader, take = self._takes[kind]
            messages = list(group)
            values = reader.valid([astuple(message.record) for message in messages])
            versions = map(_version, messages)
            done = take(values, lines[taken : taken + len(values)], versions) if values else 0
            taken += done
            if done < len(messages):
                break
        return taken

    def _decoded(self, lines: Sequence[bytes]) -> list[Any]:
        """Return the message of each line; none at all when one of them is no record of a short way."""
        if self._decode is None:
            return []
        block = b"".join(lines)
        if block.count(b"}\n{") != len(lines) - 1:
            # msgspec takes line breaks for blanks: a message might go on in the next line.
            return []
        try:
            messages = self._decode(block)
            if not block.isascii():
                # msgspec passes over what it is not asked for without looking into it.
                block.decode()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return []
        return messages if len(messages) == len(lines) else []


class RecordReader:
    """What the records of a stream are decoded into.

    Args:
        schema: The stream's JSON Schema.
        names: Properties whose values are wanted, in this order; the schema has them.
        widths: Characters that texts of some of them may have at most.
        required: Properties that a record must have.
        refused: Properties that only the SDK's way can deal with, unless they are null.
        validates: Whether records have to be valid by the schema.

    Raises:
        NotCompilableError: No types say what the schema says.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        names: Sequence[str],
        *,
        widths: Mapping[str, int],
        required: Iterable[str],
        refused: Iterable[str] = (),
        validates: bool = True,
    ) -> None:
        properties: Mapping[str, Any] = schema["properties"]
        needed = set(required)
        closed = False
        if validates:
            check_record_rules(schema)
            needed |= set(schema.get("required", ()))
            closed = schema.get("additionalProperties") is False
        bare = needed - properties.keys()
        if closed and bare:
            raise NotCompilableError
        of = value_type if validates else _expected_type
        self.types = {name: of(properties[name], width=widths.get(name)) for name in names}
        if validates:
            self.types |= {name: of(each) for name, each in properties.items() if name not in self.types}
        self.types |= {name: ValueType() for name in needed if name not in self.types}
        ignored = [name for name in METADATA if closed and name not in self.types and name not in refused]
        in_places = list(enumerate(self.types.values()))
        self._checks = [
            (place, {*each.allowed, UnsetType}) for place, each in in_places if each.allowed is not None
        ]
        self._validators = [(place, each.is_valid) for place, each in in_places if each.is_valid is not None]
        types = (
            {name: each.decoded for name, each in self.types.items()}
            | dict.fromkeys(refused)
            | dict.fromkeys(ignored, Any)
        )
        fields = {f"p{number}": name for number, name in enumerate(types)}
        try:
            self._record_type = msgspec.defstruct(
                "Record",
                [
                    (field, types[name]) if name in needed else (field, types[name], UNSET)
                    for field, name in fields.items()
                ],
                rename=fields,
                forbid_unknown_fields=closed,
                kw_only=True,
                gc=False,
            )
        except ValueError as error:
            # A name that msgspec would not find.
            raise NotCompilableError from error

    def message_type(self, stream: str) -> type:
        """Return the type of a stream's RECORD messages."""
        return msgspec.defstruct(
            "Message",
            [("type", Literal["RECORD"]), ("record", self._record_type), ("version", Any, None)],
            tag_field="stream",
            tag=stream,
            gc=False,
        )

    def valid(self, records: list[Values]) -> list[Values]:
        """Check what decoding leaves open; return the records before the first one that is not valid."""
        return records if self._are_valid(records) else list(takewhile(self._is_valid, records))

    def _are_valid(self, records: Sequence[Values]) -> bool:
        for place, allowed in self._checks:
            if not {type(values[place]) for values in records} <= allowed:
                return False
        return not self._validators or all(map(self._is_valid, records))

    def _is_valid(self, values: Values) -> bool:
        for place, allowed in self._checks:
            if type(values[place]) not in allowed:
                return False
        for place, check in self._validators:
            value = values[place]
            if value is not UNSET and not check(value):
                return False
        return True


def _expected_type(schema: Any, *, width: int | None = None) -> ValueType:
    """Return the type that a value should have, where it may have any."""
    try:
        found = value_type(schema, width=width)
    except NotCompilableError:
        return ValueType()
    return replace(found, allowed=None, is_valid=None)
