"""Rows on the short way: texts as they were decoded, and the columns that have to be written otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from target_responsys.columnfit import misfit, width_of
from target_responsys.shortway import RecordReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_responsys.batches import Places
    from target_responsys.routing import Field, Route
    from target_responsys.rows import RowMaker
    from target_responsys.shortway import Values


class ShortRows:
    """Decodes the records of a stream and makes its rows, as `RowMaker` does.

    Args:
        route: Where the stream goes.
        maker: Its rows.
        schema: The stream's JSON Schema.
        column_types: As for `RowMaker`, of all columns.
        required: Properties that a record must have.
        refused: See `RecordReader`.
        validates: See `RecordReader`.

    Raises:
        NotCompilableError: The stream has no short way.

    Attributes:
        reader: Decodes the records.
        texts: Positions of the columns whose values are texts as they came.
    """

    def __init__(
        self,
        route: Route,
        maker: RowMaker,
        schema: Mapping[str, Any],
        *,
        column_types: Sequence[str | None] | None = None,
        required: Iterable[str] = (),
        refused: Iterable[str] = (),
        validates: bool = True,
    ) -> None:
        self._constants = maker.constants
        first = len(self._constants)
        own_types = column_types[first:] if column_types else [None] * len(route.fields)
        taken_as_they_are = {
            each.property: width
            for each, column in zip(route.fields, own_types, strict=True)
            if (width := _width_as_it_is(each, column)) is not None
        }
        self.reader = RecordReader(
            schema,
            [each.property for each in route.fields],
            widths={name: width for name, width in taken_as_they_are.items() if width},
            required=required,
            refused=refused,
            validates=validates,
        )
        types = self.reader.types
        texts = [each.property in taken_as_they_are and types[each.property].is_text for each in route.fields]
        self.texts = [place for place, is_text in enumerate(texts, first) if is_text]
        self._written = [
            (place, str if types[name].is_integer and _fits(each, column) else write)
            for place, (is_text, each, column, (name, write)) in enumerate(
                zip(texts, route.fields, own_types, maker.writers, strict=True)
            )
            if not is_text
        ]
        self._size = len(route.fields)
        self._all_places = maker.all_places

    def complete(self, values: Values) -> list[str] | None:
        """Return a value for every column, blank where the record has none; None when one is unfit."""
        values = values[: self._size]
        # Null and what is absent are false; so are numbers, which are written below.
        row = [value or "" for value in values]
        try:
            for place, write in self._written:
                if (value := values[place]) is not None and value is not UNSET:
                    row[place] = write(value)
        except ValueError:
            return None
        return self._constants + row

    def present(self, values: Values, *, whole: bool = False) -> tuple[Places, list[str]] | None:
        """Return the positions of the columns that the record has, and their values; None when it is unfit.

        Args:
            values: The record's.
            whole: Whether columns that it has not are blank instead.
        """
        row = self.complete(values)
        if row is None:
            return None
        values = values[: self._size]
        if whole or UNSET not in values:
            return self._all_places, row
        first = len(self._constants)
        places = [place for place, value in enumerate(values, first) if value is not UNSET]
        return (*range(first), *places), self._constants + [row[place] for place in places]


def _width_as_it_is(field: Field, column: str | None) -> int | None:
    """Return how long a text may be to be sent as it is, 0 for any length; None when it cannot be."""
    if field.kind != "text":
        return None
    return width_of(column) if column and not _fits(field, column) else 0


def _fits(field: Field, column: str | None) -> bool:
    """Tell whether the column takes any value of the field's kind."""
    return column is None or field.translated or misfit(column, field.kind) is None
