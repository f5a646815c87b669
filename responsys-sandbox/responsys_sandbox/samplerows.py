"""Rows for any feed, made from nothing but its layout: right in type, awkward in content."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from responsys_sandbox.feedrows import LIST_ID, header, time_positions
from responsys_sandbox.layouts import layouts
from responsys_sandbox.simulation import FIRST_RIID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_sandbox.events import Value
    from responsys_sandbox.exportoptions import ExportOptions
    from responsys_sandbox.layouts import LayoutColumn

_TEXTS = (
    "Plain",
    'Say "hello", twice',
    "${FIRST_NAME}, <#include 'offers'>; | tab\tand backslash \\",
    "Köln, Québec £5",
    " leading and trailing ",
    "000123",
    "two\r\nlines",
)
_ALWAYS_FILLED = frozenset({"EVENT_TYPE_ID", "ACCOUNT_ID", "RIID", "EVENT_CAPTURED_DT", "EVENT_STORED_DT"})
_UUID_WIDTH = 36
_EMPTY_SHARE, _UNKNOWN_SHARE = 0.15, 0.05
_DAY = 86_400


class SampleRows:
    """Makes rows of one feed, the same ones for the same stem and account.

    Args:
        stem: Any stem of the layouts.
        options: The account's settings.
        moment: Times of the rows lie within the day before, epoch seconds.
    """

    def __init__(self, stem: str, options: ExportOptions, moment: int) -> None:
        layout = layouts()[stem]
        self.header = header(layout, options)
        self.times = time_positions(layout, self.header)
        self._known = {column.name: column for column in (*layout.columns, *layout.add_ons)}
        self._event_types = layout.event_type_ids
        self._account_id, self._moment = options.account_id, moment
        self._random = Random(f"{options.account_id}/{stem}")  # noqa: S311 - no secret

    def rows(self, number: int) -> Iterator[list[Value | None]]:
        """Yield so many rows, in the order of the header."""
        for _ in range(number):
            yield [self._value(name, self._known.get(name)) for name in self.header]

    def _value(self, name: str, column: LayoutColumn | None) -> Value:
        random = self._random
        if name not in _ALWAYS_FILLED and random.random() < _EMPTY_SHARE:
            return ""
        if column is None:
            return self._random.choice(_TEXTS)
        if column.is_time:
            return self._moment - random.randrange(_DAY)
        if column.is_number:
            return self._number(name)
        return self._text(column)

    def _number(self, name: str) -> Value:
        random = self._random
        if name == "EVENT_TYPE_ID":
            return random.choice(self._event_types) if self._event_types else ""
        if name == "ACCOUNT_ID":
            return self._account_id
        if name == "LIST_ID":
            return LIST_ID
        if name == "RIID":
            return -1 if random.random() < _UNKNOWN_SHARE else FIRST_RIID + random.randrange(100_000)
        if name.endswith("SIGNATURE_ID"):
            return random.getrandbits(64) - (1 << 63)
        return random.randrange(1 << 40)

    def _text(self, column: LayoutColumn) -> str:
        if column.width == _UUID_WIDTH:
            return str(UUID(int=self._random.getrandbits(128)))
        if column.name == "EMAIL":
            return f"sample.{self._random.randrange(10_000)}@mail.example.com"
        return self._random.choice(_TEXTS)[: column.width]
