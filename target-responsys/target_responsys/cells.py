"""From a row's values to the cells of a file: date mask, null text, no control characters, no formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from target_responsys.datemask import DEFAULT, masked
from target_responsys.rows import UnfitRecordError
from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_responsys.routing import Route

# Line breaks are blanks by now; a tab is text.
_CONTROL = re.compile("[\0-\x08\x0a-\x1f\x7f-\x9f]")
_FORMULA = ("=", "+", "-", "@", "\t")


class CellMaker:
    """Makes the cells of a stream's rows.

    Args:
        route: Where the stream goes.
        config: The target's settings: date_mask, null_text, csv_safe_cells.

    Attributes:
        dresses: Whether cells differ from values at all.
    """

    def __init__(self, route: Route, config: Mapping[str, Any]) -> None:
        self._columns = route.column_names
        mask = chosen(config, "date_mask")
        self._write_date = masked(mask)
        first = len(route.constants)
        self._dates = [
            place
            for place, each in enumerate(route.fields, first)
            if each.kind in {"timestamp", "date"} and mask != DEFAULT
        ]
        self._null_text: str = chosen(config, "null_text")
        self._safe: bool = chosen(config, "csv_safe_cells")
        self.dresses = bool(self._dates or self._null_text or self._safe)

    def __call__(self, row: Sequence[str]) -> list[str]:
        """Return the cells of a row.

        Raises:
            UnfitRecordError: A value has a control character.
        """
        self._check(row)
        return self.dressed(row) if self.dresses else list(row)

    def _check(self, row: Sequence[str]) -> None:
        if _CONTROL.search("".join(row)):
            name, mark = next(
                (name, found[0])
                for name, text in zip(self._columns, row, strict=True)
                if (found := _CONTROL.search(text))
            )
            raise UnfitRecordError(f"column {name}: it has the control character U+{ord(mark):04X}")

    def dressed(self, row: Sequence[str]) -> list[str]:
        """Return the cells of a row that has no control character."""
        cells = list(row)
        for place in self._dates:
            cells[place] = self._write_date(cells[place])
        if self._safe:
            cells = [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]
        if self._null_text:
            cells = [cell or self._null_text for cell in cells]
        return cells
