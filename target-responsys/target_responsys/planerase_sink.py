"""A stream of ids whose erasure is only planned."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from responsys_io.errors import DataError, SettingsError
from target_responsys.erase_sink import EraseSink
from target_responsys.plan import ErasurePlan, PlacePlan

if TYPE_CHECKING:
    from target_responsys.batches import Source
    from target_responsys.erase_sink import Waiting
    from target_responsys.erasure import Place
    from target_responsys.ids import IdKind


class PlanEraseSink(EraseSink):
    """A stream whose ids are counted as an erasure would take them, and looked for nowhere."""

    def prepare(self) -> None:
        """Find the places, or note why a run would stop."""
        self._problems: list[str] = []
        self._refused: Counter[str] = Counter()
        self._ids: Counter[tuple[str, IdKind]] = Counter()
        self._places = []
        self._target.planned_erasures.append(self)
        try:
            super().prepare()
        except (SettingsError, DataError) as error:
            self._problems.append(str(error))

    @property
    def plan(self) -> ErasurePlan:
        """What has come so far."""
        self._erase_waiting()
        places = [(place.name, kind) for place in self._places for kind in place.kinds]
        return ErasurePlan(
            stream=self.stream_name,
            records=self.tally.received,
            refused=dict(self._refused),
            places=tuple(PlacePlan(name, kind, self._ids[name, kind]) for name, kind in places),
            problems=tuple(self._problems),
        )

    def reject(self, record: Source, code: str, reason: str, batch_id: str = "") -> None:  # noqa: ARG002
        """Count the record; no file is written."""
        self._refused[reason] += 1

    def _erase(self, place: Place, kind: IdKind, waiting: Waiting) -> None:
        self._ids[place.name, kind] += len(waiting)
