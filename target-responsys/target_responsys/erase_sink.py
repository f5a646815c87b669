"""A stream of ids whose people are erased from Responsys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError
from target_responsys.erasure import MAX_IDS, ErasureTally
from target_responsys.erasureplaces import find_places
from target_responsys.ids import id_problem
from target_responsys.settings import chosen
from target_responsys.sink import ResponsysSink
from target_responsys.tableplace import TablePlace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_responsys.erasure import Erased, Place
    from target_responsys.ids import IdKind

Waiting = dict[str, dict[str, Any]]
"""Records by id."""


class EraseSink(ResponsysSink):
    """A stream whose records name people: none of its values is written anywhere in Responsys."""

    def prepare(self) -> None:
        """Find the places to erase from.

        Raises:
            SettingsError: A place is not there.
            DataError: RSYS-5033, RSYS-5035, or RSYS-5034 when the stream has none of the properties with ids.
        """
        config = self._target.config
        properties = self.schema["properties"]
        self._kinds: dict[str, IdKind] = {
            name: kind for name, kind in config["erase_by"].items() if name in properties
        }
        self._waiting: dict[IdKind, Waiting] = {kind: {} for kind in self._kinds.values()}
        if not self._kinds:
            raise DataError(
                "RSYS-5034",
                f"Stream {self.stream_name} has none of the properties that erase_by names.",
                "Correct erase_by, or leave the stream out.",
            )
        self._places = find_places(self._target.connections.api, config, list(self._waiting))
        self.tally = self._target.tally(self.goal, self.tally)

    @property
    def goal(self) -> str:
        """That it is an erasure."""
        return f"Erasure by {self.stream_name}"

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Take the ids of a record; it is refused for one that is none, and erased by the others."""
        self.tally.received += 1
        given = [(kind, str(record[name])) for name, kind in self._kinds.items() if record.get(name)]
        ids = [(kind, person) for kind, person in given if person.strip()]
        problems = [id_problem(kind, person) for kind, person in ids]
        if reason := next(filter(None, problems), None if ids else "it has no id"):
            self.reject(record, "RSYS-5301", reason)
        for (kind, person), problem in zip(ids, problems, strict=True):
            if not problem:
                self._waiting[kind][person] = record
        if any(len(waiting) >= MAX_IDS for waiting in self._waiting.values()):
            self._erase_waiting()

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Erase those who wait, and wait until that is verified."""
        self._erase_waiting()
        self._target.dispatcher.settle()

    def _erase_waiting(self) -> None:
        """Erase those who wait, first from places that find them by the members of a list."""
        waiting = {kind: ids for kind, ids in self._waiting.items() if ids}
        self._waiting = {kind: {} for kind in self._waiting}
        by_members = [place for place in self._places if place.needs_members]
        self._erase_from(by_members, waiting)
        if by_members:
            self._target.dispatcher.settle()
        self._erase_from([place for place in self._places if not place.needs_members], waiting)

    def _erase_from(self, places: list[Place], waiting: Mapping[IdKind, Waiting]) -> None:
        for place in places:
            for kind in place.kinds:
                if kind in waiting:
                    self._erase(place, kind, waiting[kind])

    def _erase(self, place: Place, kind: IdKind, waiting: Waiting) -> None:
        ids = list(waiting)
        tally = self._target.erased.setdefault((place.name, kind), ErasureTally(place.name, kind))
        self._target.dispatcher.submit(
            place.touches(ids),
            partial(place.erase, kind, ids),
            partial(self._settle, place, waiting, tally),
        )

    def _settle(self, place: Place, waiting: Waiting, tally: ErasureTally, outcomes: list[Erased]) -> None:
        hashed = chosen(self.config, "receipt_ids") == "hashed"
        mirror = self._target.connections.mirror
        for (person, record), outcome in zip(waiting.items(), outcomes, strict=True):
            tally.add(person, outcome, hashed=hashed)
            self.tally.deleted += outcome.deleted
            if not outcome.absent:
                self.reject(record, "NOTERASED", f"the id is still in {place.name}")
            elif mirror is not None and isinstance(place, TablePlace):
                keys = [tuple(key.values()) for key in place.keys(person)]
                table = place.table
                mirror.erase(table.folder, table.name, table.primary_key, keys)
