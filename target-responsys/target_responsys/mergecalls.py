"""A batch as merge calls, and what became of each of its rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from responsys_io.errors import DataError
from responsys_io.restanswers import RefusedError
from responsys_io.restretry import UnknownOutcomeError
from target_responsys.statuschanges import status_changes

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from target_responsys.carriers import Carrier
    from target_responsys.destinations import Records
    from target_responsys.statuschanges import StatusChanges
    from target_responsys.statuswatch import StatusWatch

# Codes for a call that may have been refused because of one of its records.
_FAULT_OF_A_RECORD = {
    "INVALID_PARAMETER",
    "INVALID_REQUEST_CONTENT",
    "INVALID_NUMBER",
    "INVALID_DATE",
    "INVALID_OBJECT",
}
# The answer does not tell which records were merged.
_UNATTRIBUTABLE = "RSYS-4007"
_HELD_BACK = "it was not sent: an earlier row with its key may still be merged, and would overwrite it"


@dataclass
class MergeOutcome:
    """What became of a batch.

    Args:
        requests: Merge calls that it took.
        refused: Responsys's reasons by index of the row.
        unknown: Indices of rows that were merged or not, with what happened to the call.
        held_back: Indices of rows that were not sent, with the reason.
        status_changes: Of lists: what has become of permission statuses, where that is watched.
    """

    requests: int = 0
    refused: dict[int, str] = field(default_factory=dict)
    unknown: dict[int, str] = field(default_factory=dict)
    held_back: dict[int, str] = field(default_factory=dict)
    status_changes: StatusChanges = field(default_factory=Counter)

    @property
    def merged_not(self) -> int:
        """How many rows are not known to be merged."""
        return len(self.refused) + len(self.unknown) + len(self.held_back)


@dataclass(frozen=True)
class _Batch:
    names: Sequence[str]
    rows: Sequence[list[str]]
    keys: Sequence[Hashable]
    outcome: MergeOutcome = field(default_factory=MergeOutcome)


@dataclass(frozen=True)
class MergeCalls:
    """How rows are merged into a destination. Safe for several threads.

    Args:
        records: Of the destination.
        carrier: Makes the calls.
        repeatable: Whether a call may be sent again when its outcome is not known: into a destination with a
            key it does no harm twice; without one Responsys may insert a row twice. Otherwise its rows end
            as unknown.
        watch: Of lists: reads permission statuses, or None.
    """

    records: Records
    carrier: Carrier
    repeatable: bool
    watch: StatusWatch | None = None

    def merge(
        self, names: Sequence[str], rows: Sequence[list[str]], keys: Sequence[Hashable]
    ) -> MergeOutcome:
        """Merge rows; a call that is refused because of some of them is made again without these.

        Args:
            names: Columns, as the table spells them.
            rows: A value per column each.
            keys: What each row is told apart by, from rows of other destinations too.

        Raises:
            ResponsysError: When it is not the fault of single rows, since none of them is taken.
        """
        batch = _Batch(names, rows, keys)
        outcome = batch.outcome
        loose = [index for index, key in enumerate(keys) if key in self.carrier.loose]
        outcome.held_back.update(dict.fromkeys(loose, _HELD_BACK))
        free = [index for index in range(len(rows)) if index not in outcome.held_back]
        if not free:
            return outcome
        if self.watch is None:
            self._merge(batch, free)
            return outcome
        values = self.watch.values(names, [rows[index] for index in free])
        before = self.watch.read(values)
        self._merge(batch, free)
        if len(outcome.refused) < len(free):
            outcome.status_changes = status_changes(before, self.watch.read(values))
        return outcome

    def _merge(self, batch: _Batch, places: Sequence[int]) -> None:
        """Merge those of the batch's rows that stand at these places."""
        outcome = batch.outcome
        rows = [batch.rows[place] for place in places]
        call = self.records.merge_call(batch.names, rows, repeatable=self.repeatable)
        if not self.repeatable and len(parts := list(call.parts())) > 1:
            # What is refused of one part must not have another one, which was done, sent again.
            for part in parts:
                self._merge(batch, places[part.start : part.start + len(part.records)])
            return
        outcome.requests += 1
        on_loose = partial(self.carrier.loose.update, [batch.keys[place] for place in places])
        try:
            refused = self.carrier.carry_out(call, on_loose)
        except RefusedError as error:
            if error.error_code not in _FAULT_OF_A_RECORD:
                raise
            self._merge_apart(batch, places, error)
        except UnknownOutcomeError as error:
            outcome.unknown |= dict.fromkeys(places, f"{error.code}: {error.problem}")
        except DataError as error:
            if self.repeatable or error.code != _UNATTRIBUTABLE:
                raise
            outcome.unknown |= dict.fromkeys(places, f"{error.code}: {error.problem}")
        else:
            outcome.refused |= {places[index]: reason for index, reason in refused.items()}

    def _merge_apart(self, batch: _Batch, places: Sequence[int], error: RefusedError) -> None:
        """Find the rows that had a call refused as a whole, by halving it."""
        refused = batch.outcome.refused
        if len(places) == 1:
            refused[places[0]] = error.problem
            return
        middle = len(places) // 2
        self._merge(batch, places[:middle])
        self._merge(batch, places[middle:])
        if all(place in refused for place in places):
            raise error
