"""What an erasure is: ids, the places that people are erased from, and what is known of them afterwards."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from target_responsys.ids import IdKind

MAX_IDS = 200
"""Ids that Responsys takes in a deletion from lists and extension tables."""


@dataclass(frozen=True)
class Erased:
    """What became of an id in one place.

    Args:
        found: Rows that were there.
        deleted: Rows that are not there any more, each counted for the first id that it was found by.
        absent: Whether nothing was found on reading back.
        people: Members of a list that the id belongs to; 0 for a place that does not know people.
    """

    found: int
    deleted: int
    absent: bool
    people: int = 0


class Place(Protocol):
    """A list or a table that people are erased from. Safe for several threads."""

    @property
    def name(self) -> str:
        """How to name it in logs and receipts."""
        ...

    @property
    def kinds(self) -> Sequence[IdKind]:
        """The ids that it knows people by."""
        ...

    @property
    def needs_members(self) -> bool:
        """Whether its rows are found by the members of a list, who have to be there until it is done."""
        ...

    def touches(self, ids: Sequence[str]) -> list[Hashable]:
        """Return what an erasure of these ids must not share with another one at the same time."""
        ...

    def erase(self, kind: IdKind, ids: Sequence[str]) -> list[Erased]:
        """Erase at most `MAX_IDS` ids and read back; the results are in the order of the ids."""
        ...


@dataclass
class ErasureTally:
    """Counts for a place and the ids of a kind.

    Args:
        place: Its name.
        kind: What the ids are.
        ids: Ids that were looked for.
        found: Ids that something was found for, by reading before anything was deleted.
        deleted: Rows deleted.
        absent: Ids that nothing was found for on reading back.
        shared: Ids that several members of the list had; all of them were erased.
        hashes: SHA-256 of the ids, where they are wanted.
    """

    place: str
    kind: IdKind
    ids: int = 0
    found: int = 0
    deleted: int = 0
    absent: int = 0
    shared: int = 0
    hashes: list[str] = field(default_factory=list)

    def add(self, person: str, outcome: Erased, *, hashed: bool) -> None:
        """Count what became of an id."""
        self.ids += 1
        self.found += outcome.found > 0
        self.deleted += outcome.deleted
        self.absent += outcome.absent
        self.shared += outcome.people > 1
        if hashed:
            self.hashes.append(hashlib.sha256(person.encode()).hexdigest())

    def __str__(self) -> str:
        shared = f", {self.shared} ids of several people" if self.shared else ""
        return (
            f"{self.ids} ids looked for, {self.found} found{shared}, {self.deleted} rows deleted, "
            f"{self.absent} ids verified absent"
        )
