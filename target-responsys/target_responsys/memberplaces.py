"""Profile lists and their extension tables that people are erased from.

Deletions go by recipient id, which is one person's: an address may be that of several, and Responsys's answer
to a deletion by it does not tell which id was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from responsys_io.recipients import ATTRIBUTE_COLUMNS
from target_responsys.erasure import Erased
from target_responsys.ids import ATTRIBUTES, normal, spellings

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from responsys_io.extensions import Extensions
    from responsys_io.profilelists import ProfileLists
    from target_responsys.ids import IdKind


@dataclass(frozen=True)
class People:
    """The members of a profile list, by ids.

    Args:
        lists: The endpoints.
        list_name: The list.
    """

    lists: ProfileLists
    list_name: str

    def of(self, kind: IdKind, ids: Sequence[str]) -> list[set[str]]:
        """Return the recipient ids of the members that each id belongs to."""
        members = self._read(kind, [spelt for each in ids for spelt in spellings(kind, each)])
        by_id: dict[str, set[str]] = {}
        for riid, value in members:
            by_id.setdefault(normal(kind, value), set()).add(riid)
        wanted = [normal(kind, each) for each in ids]
        if by_id.keys() <= set(wanted):
            return [by_id.get(each, set()) for each in wanted]
        # Responsys has found somebody by a rule that is not known: ask for one id after the other.
        return [{riid for riid, _ in self._read(kind, spellings(kind, each))} for each in ids]

    def _read(self, kind: IdKind, values: Sequence[str]) -> list[tuple[str, str]]:
        """Return recipient id and own spelling of the id of the members that have any of these values."""
        attribute = ATTRIBUTES[kind]
        column = ATTRIBUTE_COLUMNS[attribute]
        names = list(dict.fromkeys(["RIID_", column]))
        found = []
        for row in self.lists.read(self.list_name, attribute, values, names):
            member = {name.upper(): str(value or "") for name, value in row.items()}
            found.append((normal("riid", member["RIID_"]), member[column]))
        return found


@dataclass(frozen=True)
class ListPlace:
    """A profile list.

    Args:
        people: Its members.
        kinds: The ids that they are found by.
    """

    people: People
    kinds: tuple[IdKind, ...]

    needs_members: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The list."""
        return f"profile list {self.people.list_name}"

    def touches(self, ids: Sequence[str]) -> list[Hashable]:  # noqa: ARG002  of whatever kind
        """Return the list: other ids may be of the same people."""
        return [self.name]

    def erase(self, kind: IdKind, ids: Sequence[str]) -> list[Erased]:
        """Delete all members that the ids belong to, and look for the ids again."""
        before = self.people.of(kind, ids)
        doomed = sorted(set().union(*before))
        if not doomed:
            return [Erased(0, 0, absent=True) for _ in ids]
        self.people.lists.delete(self.people.list_name, "r", doomed)
        found = [each for each, riids in zip(ids, before, strict=True) if riids]
        left = dict(zip(found, self.people.of(kind, found), strict=True))
        after = [left.get(each, set()) for each in ids]
        return outcomes(before, after, before)


@dataclass(frozen=True)
class ExtensionPlace:
    """A profile extension table.

    Args:
        extensions: The endpoints of the list's extension tables.
        people: The members of the list, who its rows belong to.
        table: The extension table.
        kinds: The ids that they are found by.
    """

    extensions: Extensions
    people: People
    table: str
    kinds: tuple[IdKind, ...]

    needs_members: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """The extension table and its list."""
        return f"profile extension table {self.table} of list {self.people.list_name}"

    def touches(self, ids: Sequence[str]) -> list[Hashable]:  # noqa: ARG002  of whatever kind
        """Return the table: other ids may be of the same people."""
        return [self.name]

    def erase(self, kind: IdKind, ids: Sequence[str]) -> list[Erased]:
        """Delete the rows of all members that the ids belong to, and look for the rows again.

        By recipient id a row is looked for itself: its member may have been deleted before.
        """
        owners = [{normal(kind, each)} for each in ids] if kind == "riid" else self.people.of(kind, ids)
        rows = self._rows(set().union(*owners))
        left: set[str] = set()
        if rows:
            self.extensions.delete(self.table, "r", sorted(rows))
            left = self._rows(rows)
        return outcomes([each & rows for each in owners], [each & left for each in owners], owners)

    def _rows(self, riids: Iterable[str]) -> set[str]:
        """Return those of the recipient ids that have a row."""
        found = self.extensions.read(self.table, "r", sorted(riids), ("RIID_",))
        return {normal("riid", str(value)) for row in found for value in row.values()}


def outcomes(
    before: Sequence[set[str]], after: Sequence[set[str]], owners: Sequence[set[str]]
) -> list[Erased]:
    """Say what became of each id.

    Args:
        before: Recipient ids with something there, by id.
        after: The same on reading back.
        owners: Recipient ids of the members that each id belongs to.
    """
    counted: set[str] = set()
    made = []
    for found, left, people in zip(before, after, owners, strict=True):
        gone = found - left - counted
        counted |= gone
        made.append(Erased(len(found), len(gone), not left, len(people)))
    return made
