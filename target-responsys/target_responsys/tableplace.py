"""A supplemental table that people are erased from: it knows a row by its whole primary key only."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from target_responsys.deletion import delete_row
from target_responsys.erasure import Erased
from target_responsys.ids import IdKind, normal, spellings

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from responsys_io.restapi import RestApi
    from responsys_io.supplemental import Table


@dataclass(frozen=True)
class TablePlace:
    """A supplemental table. Safe for several threads.

    Args:
        api: The REST API.
        table: The table.
        kind: What its column holds.
        column: The column of the key with the id.
        others: Values of the other columns of the key: each is tried with each id.
    """

    api: RestApi
    table: Table
    kind: IdKind
    column: str
    others: Mapping[str, tuple[str, ...]]

    needs_members: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """Folder and table."""
        return f"{self.table.folder}/{self.table.name}"

    @property
    def kinds(self) -> tuple[IdKind]:
        """The one kind of its column."""
        return (self.kind,)

    def touches(self, ids: Sequence[str]) -> list[Hashable]:
        """Return the ids in whatever spelling: other ones may be erased meanwhile."""
        return [(self.name, normal(self.kind, each)) for each in ids]

    def erase(self, kind: IdKind, ids: Sequence[str]) -> list[Erased]:  # noqa: ARG002  it has one
        """Delete every row of each id, and read its keys back."""
        return [self._erase(each) for each in ids]

    def keys(self, person: str) -> Iterator[dict[str, str]]:
        """Yield the keys that a person may have, columns in the order of the primary key."""
        own = spellings(self.kind, person)
        if self.kind == "mobile":
            own = list(dict.fromkeys([*own, f"+{normal(self.kind, person)}"]))
        values = [own if name == self.column else self.others[name] for name in self.table.primary_key]
        for combination in itertools.product(*values):
            yield dict(zip(self.table.primary_key, combination, strict=True))

    def _erase(self, person: str) -> Erased:
        found = deleted = 0
        absent = True
        for key in self.keys(person):
            if self._has(key):
                found += 1
                delete_row(self.api, self.table, key)
                gone = not self._has(key)
                deleted += gone
                absent = absent and gone
        return Erased(found, deleted, absent)

    def _has(self, key: Mapping[str, str]) -> bool:
        return self.api.read(self.table, key, (self.column,)) is not None
