"""Reads the permission statuses of the people of a merge, before it and after it.

Who is opted in or out by a merge depends on what Responsys does with its default status for people who are in
the list already, which its reference does not settle: so both are read, by the column that the merge goes by.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from responsys_io.recipients import COLUMN_ATTRIBUTES
from target_responsys.ids import ATTRIBUTES, id_problem, normal, spellings
from target_responsys.statuschanges import channels_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from responsys_io.profilelists import ProfileLists
    from responsys_io.recipients import QueryAttribute
    from target_responsys.destinations import Destination
    from target_responsys.ids import IdKind
    from target_responsys.statuschanges import Statuses


@dataclass(frozen=True)
class StatusWatch:
    """The permission statuses of the members of a list. Safe for several threads.

    Args:
        lists: The endpoints.
        list_name: The list.
        column: The column that people are found by.
        channels: Columns with a status, by channel.
    """

    lists: ProfileLists
    list_name: str
    column: str
    channels: Mapping[str, str]

    @classmethod
    def of(cls, lists: ProfileLists, destination: Destination) -> StatusWatch:
        """Return the watch of a list, whose people are found by its first match column."""
        table = destination.table
        names = [column.name for column in table.columns]
        return cls(lists, destination.list_name, table.primary_key[0], channels_of(names))

    @cached_property
    def _attribute(self) -> QueryAttribute:
        return COLUMN_ATTRIBUTES[self.column.upper()]

    @cached_property
    def _kind(self) -> IdKind | None:
        return next((kind for kind, attribute in ATTRIBUTES.items() if attribute == self._attribute), None)

    def values(self, names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
        """Return what the people of rows are found by.

        Args:
            names: Columns of the rows, as the list spells them.
            rows: A value per column each.
        """
        place = list(names).index(self.column)
        return [row[place] for row in rows]

    def normal(self, value: str) -> str:
        """Return the form in which two spellings of a value find the same people."""
        return normal(self._kind, value) if self._kind else value.lower()

    def read(self, values: Sequence[str]) -> dict[str, Statuses]:
        """Return the statuses of the members that any of the values fits, by recipient id.

        With two match columns, or with an address that several people have, members are among them that a
        merge leaves alone.
        """
        kind = self._kind
        if kind:
            usable = (value for value in values if not id_problem(kind, value))
            wanted = list(dict.fromkeys(spelt for value in usable for spelt in spellings(kind, value)))
        else:
            wanted = list(dict.fromkeys(values))
        names = list(dict.fromkeys(["RIID_", *self.channels.values()]))
        found: dict[str, Statuses] = {}
        for row in self.lists.read(self.list_name, self._attribute, wanted, names):
            member = {name.upper(): str(value or "") for name, value in row.items()}
            found[member["RIID_"]] = {
                channel: member[column.upper()] for channel, column in self.channels.items()
            }
        return found
