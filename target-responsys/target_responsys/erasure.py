"""Where people are erased from, and what is known of it afterwards."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from responsys_io.errors import DataError, SettingsError
from target_responsys.deletion import delete_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from responsys_io.restapi import RestApi
    from responsys_io.supplemental import Table

IdKind = Literal["riid", "email", "customer_id", "mobile"]
MAX_IDS = 200
"""Ids that Responsys takes in a deletion from lists and extension tables."""


@dataclass(frozen=True)
class Erased:
    """What became of an id in one place.

    Args:
        found: Whether something was there.
        deleted: Rows deleted.
        absent: Whether nothing was found on reading back.
    """

    found: bool
    deleted: int
    absent: bool


class Place(Protocol):
    """A list or a table that people are erased from. Safe for several threads."""

    @property
    def name(self) -> str:
        """How to name it in logs and receipts."""
        ...

    @property
    def kind(self) -> IdKind:
        """The ids that it knows people by."""
        ...

    def erase(self, ids: Sequence[str]) -> list[Erased]:
        """Erase at most `MAX_IDS` ids and read back; the results are in the order of the ids."""
        ...


@dataclass(frozen=True)
class TablePlace:
    """A supplemental table, which knows a row by its whole primary key only.

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

    @property
    def name(self) -> str:
        """Folder and table."""
        return f"{self.table.folder}/{self.table.name}"

    def erase(self, ids: Sequence[str]) -> list[Erased]:
        """Delete every row of each id, and read its keys back."""
        return [self._erase(each) for each in ids]

    def keys(self, person: str) -> Iterator[dict[str, str]]:
        """Yield the keys that a person may have, columns in the order of the primary key."""
        values = [(person,) if name == self.column else self.others[name] for name in self.table.primary_key]
        for combination in itertools.product(*values):
            yield dict(zip(self.table.primary_key, combination, strict=True))

    def _erase(self, person: str) -> Erased:
        found = deleted = 0
        absent = True
        for key in self.keys(person):
            if self._has(key):
                found += 1
                outcome = delete_row(self.api, self.table, key)
                deleted += not outcome.failure
                absent = not self._has(key) and absent
        return Erased(bool(found), deleted, absent)

    def _has(self, key: Mapping[str, str]) -> bool:
        return self.api.read(self.table, key, (self.column,)) is not None


@dataclass
class ErasureTally:
    """Counts for a place.

    Args:
        place: Its name.
        kind: The ids that it knows people by.
        ids: Ids that were looked for.
        found: Ids that something was found for.
        deleted: Rows deleted.
        absent: Ids that nothing was found for on reading back.
        hashes: SHA-256 of the ids, where they are wanted.
    """

    place: str
    kind: IdKind
    ids: int = 0
    found: int = 0
    deleted: int = 0
    absent: int = 0
    hashes: list[str] = field(default_factory=list)

    def add(self, person: str, outcome: Erased, *, hashed: bool) -> None:
        """Count what became of an id."""
        self.ids += 1
        self.found += outcome.found
        self.deleted += outcome.deleted
        self.absent += outcome.absent
        if hashed:
            self.hashes.append(hashlib.sha256(person.encode()).hexdigest())

    def __str__(self) -> str:
        return (
            f"{self.ids} ids looked for, {self.found} found, {self.deleted} rows deleted, "
            f"{self.absent} ids verified absent"
        )


def table_place(api: RestApi, rule: Mapping[str, Any], folder: str) -> TablePlace:
    """Make the place that an entry of the setting `erase_from` describes.

    Args:
        api: The REST API.
        rule: The entry.
        folder: The setting folder_name.

    Raises:
        SettingsError: RSYS-5007 when there is no such table.
        DataError: RSYS-5033 when the entry does not make up the table's primary key.
    """
    folder = rule.get("folder") or folder
    table = api.describe(folder, rule["table"])
    if table is None:
        raise SettingsError(
            "RSYS-5007",
            f"Folder {folder} has no supplemental table {rule['table']}, which erase_from names.",
            "Correct erase_from.",
        )
    by_name = {name.upper(): name for name in table.primary_key}
    others = {name.upper(): tuple(values) for name, values in (rule.get("others") or {}).items()}
    if {rule["column"].upper(), *others} != by_name.keys() or rule["column"].upper() in others:
        raise DataError(
            "RSYS-5033",
            f"The primary key of table {folder}/{table.name} is {', '.join(table.primary_key) or 'missing'}: "
            "a row can be deleted by all of it only, and erase_from gives "
            f"{', '.join([rule['column'], *rule.get('others', {})])}.",
            "Name the id's column in column, and the values of the other columns of the key in others.",
        )
    spelt = {by_name[name]: values for name, values in others.items()}
    return TablePlace(api, table, rule["kind"], by_name[rule["column"].upper()], spelt)
