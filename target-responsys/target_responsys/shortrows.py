"""Rows on the short way, made column by column: texts as they were decoded, all else written."""

from __future__ import annotations

from functools import partial
from itertools import repeat, takewhile
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from target_responsys.columnfit import misfit, width_of
from target_responsys.shortway import RecordReader
from target_responsys.values import moments_in_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import tzinfo

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
        zone: As for `RowMaker`.
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
        zone: tzinfo,
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
        self._writers: list[Callable[[Sequence[Any]], list[str]]] = []
        for is_text, each, column, (name, write) in zip(
            texts, route.fields, own_types, maker.writers, strict=True
        ):
            fits, kind = _fits(each, column), types[name]
            if is_text:
                self._writers.append(_as_they_are)
            elif fits and each.kind == "timestamp" and kind.is_text and str(zone) == "UTC":
                self._writers.append(partial(_moments, write=write))
            else:
                self._writers.append(partial(_written, write=str if fits and kind.is_integer else write))
        self._all_places = maker.all_places

    def rows(self, records: Sequence[Values]) -> list[tuple[str, ...]]:
        """Return rows with a value for every column, blank where a record has none.

        Fewer than there are records, from the first on, when a value of the next one is unfit.
        """
        try:
            return self._made(records)
        except ValueError:
            return [made[0] for made in takewhile(bool, map(self._made_of_one, records))]

    def _made_of_one(self, record: Values) -> list[tuple[str, ...]]:
        try:
            return self._made([record])
        except ValueError:
            return []

    def _made(self, records: Sequence[Values]) -> list[tuple[str, ...]]:
        """Return all rows, made column by column.

        Raises:
            ValueError: A value is unfit.
        """
        columns = zip(*records, strict=True)
        made = [write(column) for write, column in zip(self._writers, columns, strict=False)]
        return list(
            zip(*(repeat(constant, len(records)) for constant in self._constants), *made, strict=False)
        )

    def all_are_present(self, records: Sequence[Values]) -> bool:
        """Tell whether every record has a value, be it null, for every column."""
        return not any(UnsetType in set(map(type, column)) for column in zip(*records, strict=True))

    def present(self, record: Values, row: tuple[str, ...]) -> tuple[Places, Sequence[str]]:
        """Return the positions of the columns that a record has, and their values in its row."""
        values = record[: len(self._writers)]
        if UNSET not in values:
            return self._all_places, row
        first = len(self._constants)
        places = (
            *range(first),
            *(place for place, value in enumerate(values, first) if value is not UNSET),
        )
        return places, [row[place] for place in places]


def _as_they_are(column: Sequence[Any]) -> list[str]:
    # Null and what is absent are false.
    return [value or "" for value in column]


def _moments(column: Sequence[Any], *, write: Callable[[Any], str]) -> list[str]:
    texts = [value for value in column if value]
    together = moments_in_utc(texts) if texts else []
    if together is None:
        return _written(column, write=write)
    if len(together) == len(column):
        return together
    following = iter(together)
    return [next(following) if value else "" for value in column]


def _written(column: Sequence[Any], *, write: Callable[[Any], str]) -> list[str]:
    return ["" if value is None or value is UNSET else write(value) for value in column]


def _width_as_it_is(field: Field, column: str | None) -> int | None:
    """Return how long a text may be to be sent as it is, 0 for any length; None when it cannot be."""
    if field.kind != "text":
        return None
    return width_of(column) if column and not _fits(field, column) else 0


def _fits(field: Field, column: str | None) -> bool:
    """Tell whether the column takes any value of the field's kind."""
    return column is None or field.translated or misfit(column, field.kind) is None
