"""A stream of ids whose people are erased from Responsys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError
from target_responsys.erasure import MAX_IDS, ErasureTally, TablePlace, table_place
from target_responsys.settings import chosen
from target_responsys.sink import ResponsysSink

if TYPE_CHECKING:
    from target_responsys.erasure import Erased, IdKind, Place


class EraseSink(ResponsysSink):
    """A stream whose records name people: none of its values is written anywhere in Responsys."""

    def prepare(self) -> None:
        """Find the places to erase from.

        Raises:
            SettingsError: A place is not there.
            DataError: RSYS-5033, or RSYS-5034 when the stream has none of the properties with ids.
        """
        config = self._target.config
        properties = self.schema["properties"]
        self._kinds: dict[str, IdKind] = {
            name: kind for name, kind in config["erase_by"].items() if name in properties
        }
        if not self._kinds:
            raise DataError(
                "RSYS-5034",
                f"Stream {self.stream_name} has none of the properties that erase_by names.",
                "Correct erase_by, or leave the stream out.",
            )
        folder = config.get("folder_name") or ""
        self._places: list[Place] = [
            table_place(self._target.api, rule, folder) for rule in config["erase_from"]
        ]
        self._waiting: dict[IdKind, dict[str, dict[str, Any]]] = {kind: {} for kind in self._kinds.values()}
        self.tally = self._target.tally(f"Erasure by {self.stream_name}", self.tally)

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Take the ids of a record."""
        self.tally.received += 1
        ids = {kind: str(record[name]) for name, kind in self._kinds.items() if record.get(name)}
        if not ids:
            self.reject(record, "RSYS-5301", "it has no id")
        for kind, person in ids.items():
            self._waiting[kind][person] = record
            if len(self._waiting[kind]) >= MAX_IDS:
                self._erase(kind)

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Erase those who wait, and wait until that is verified."""
        for kind in self._waiting:
            self._erase(kind)
        self._target.dispatcher.settle()

    def _erase(self, kind: IdKind) -> None:
        waiting, self._waiting[kind] = self._waiting[kind], {}
        if not waiting:
            return
        for place in self._places:
            if place.kind == kind:
                tally = self._target.erased.setdefault(place.name, ErasureTally(place.name, kind))
                self._target.dispatcher.submit(
                    [(place.name, person) for person in waiting],
                    partial(place.erase, list(waiting)),
                    partial(self._settle, place, waiting, tally),
                )

    def _settle(
        self, place: Place, waiting: dict[str, dict[str, Any]], tally: ErasureTally, outcomes: list[Erased]
    ) -> None:
        hashed = chosen(self.config, "receipt_ids") == "hashed"
        for (person, record), outcome in zip(waiting.items(), outcomes, strict=True):
            tally.add(person, outcome, hashed=hashed)
            self.tally.deleted += outcome.deleted
            if not outcome.absent:
                self.reject(record, "NOTERASED", f"the id is still in {place.name}")
            elif self._target.mirror is not None and isinstance(place, TablePlace):
                keys = [tuple(key.values()) for key in place.keys(person)]
                table = place.table
                self._target.mirror.erase(table.folder, table.name, table.primary_key, keys)
