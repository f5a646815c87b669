"""From records to rows, compiled once per schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_responsys.columnfit import misfit, width_of
from target_responsys.values import writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    from target_responsys.batches import Places
    from target_responsys.routing import Field, Route


class UnfitRecordError(ValueError):
    """A record cannot be delivered; the text says which property and why, without its value."""


class RowMaker:
    """Makes the rows of a stream.

    Args:
        route: Where the stream goes.
        zone: The zone that moments are written in.
        column_types: Types of the table's columns in the route's order, None for one that is not known; a
            value that its column cannot hold makes the record unfit.
        single_line: Put a blank in place of line breaks.

    Attributes:
        constants: The values that every row begins with.
        writers: The properties that follow, and what makes text of their values.
        all_places: Positions of all columns.
    """

    def __init__(
        self,
        route: Route,
        zone: tzinfo,
        *,
        column_types: Sequence[str | None] | None = None,
        single_line: bool = False,
    ) -> None:
        self.constants = [constant.value for constant in route.constants]
        own_types = column_types[len(self.constants) :] if column_types else [None] * len(route.fields)
        self.writers = [
            (
                each.property,
                _fitting(each, column, writer(each.kind, column=column, zone=zone, single_line=single_line)),
            )
            for each, column in zip(route.fields, own_types, strict=True)
        ]
        self.all_places = tuple(range(len(self.constants) + len(self.writers)))

    def complete(self, record: dict[str, Any]) -> list[str]:
        """Return a value for every column, blank where the record has none.

        Raises:
            UnfitRecordError: A value cannot be written.
        """
        row = self.constants.copy()
        name = ""
        try:
            for name, write in self.writers:
                row.append(write(record.get(name)))
        except ValueError as error:
            raise UnfitRecordError(f"property {name}: {error}") from None
        return row

    def present(self, record: dict[str, Any]) -> tuple[Places, list[str]]:
        """Return the positions of the columns that the record has, and their values.

        Raises:
            UnfitRecordError: A value cannot be written.
        """
        if all(name in record for name, _ in self.writers):
            return self.all_places, self.complete(record)
        row = self.constants.copy()
        places = list(range(len(row)))
        first = len(row)
        name = ""
        try:
            for place, (name, write) in enumerate(self.writers, first):
                if name in record:
                    places.append(place)
                    row.append(write(record[name]))
        except ValueError as error:
            raise UnfitRecordError(f"property {name}: {error}") from None
        return tuple(places), row


def file_column_types(route: Route) -> list[str | None]:
    """Return the types of texts whose width the settings or the standard table tell, in the route's order.

    Numbers and dates have forms of their own in a file, which the import job reads: only widths are guarded.
    """
    own = [each.known_type for each in route.fields]
    widths = [kind if kind and width_of(kind) is not None else None for kind in own]
    return [None] * len(route.constants) + widths


def _fitting(field: Field, column_type: str | None, write: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return a writer that refuses what the column cannot hold."""
    check = misfit(column_type, field.kind) if column_type and not field.translated else None
    if check is None:
        return write

    def written(value: Any) -> str:
        text = write(value)
        if reason := check(text):
            raise ValueError(f"{reason}, for column {field.column.upper()} ({column_type})")
        return text

    return written
