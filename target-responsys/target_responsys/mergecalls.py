"""A batch as merge calls, and what became of each of its rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from responsys_io.errors import DataError
from responsys_io.restanswers import RefusedError
from responsys_io.restretry import UnknownOutcomeError
from target_responsys.statuschanges import status_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

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


@dataclass
class MergeOutcome:
    """What became of a batch.

    Args:
        requests: Merge calls that it took.
        refused: Responsys's reasons by index of the row.
        unknown: Indices of rows that were merged or not, with what happened to the call.
        status_changes: Of lists: what has become of permission statuses, where that is watched.
    """

    requests: int = 0
    refused: dict[int, str] = field(default_factory=dict)
    unknown: dict[int, str] = field(default_factory=dict)
    status_changes: StatusChanges = field(default_factory=Counter)


@dataclass(frozen=True)
class MergeCalls:
    """How rows are merged into a destination. Safe for several threads.

    Args:
        records: Of the destination.
        repeatable: Whether a call may be sent again when its outcome is not known: into a destination with a
            key it does no harm twice; without one Responsys may insert a row twice. Otherwise its rows end
            as unknown.
        watch: Of lists: reads permission statuses, or None.
    """

    records: Records
    repeatable: bool
    watch: StatusWatch | None = None

    def merge(self, names: Sequence[str], rows: Sequence[list[str]]) -> MergeOutcome:
        """Merge rows; a call that is refused because of some of them is made again without these.

        Args:
            names: Columns, as the table spells them.
            rows: A value per column each.

        Raises:
            ResponsysError: When it is not the fault of single rows, since none of them is taken.
        """
        outcome = MergeOutcome()
        if self.watch is None:
            self._merge(names, rows, 0, outcome)
            return outcome
        values = self.watch.values(names, rows)
        before = self.watch.read(values)
        self._merge(names, rows, 0, outcome)
        if len(outcome.refused) < len(rows):
            outcome.status_changes = status_changes(before, self.watch.read(values))
        return outcome

    def _merge(
        self, names: Sequence[str], rows: Sequence[list[str]], start: int, outcome: MergeOutcome
    ) -> None:
        outcome.requests += 1
        try:
            refused = self.records.merge(names, rows, repeatable=self.repeatable)
        except RefusedError as error:
            if error.error_code not in _FAULT_OF_A_RECORD:
                raise
            self._merge_apart(names, rows, start, outcome, error)
        except UnknownOutcomeError as error:
            self._note_unknown(start, len(rows), outcome, error.problem)
        except DataError as error:
            if self.repeatable or error.code != _UNATTRIBUTABLE:
                raise
            self._note_unknown(start, len(rows), outcome, error.problem)
        else:
            outcome.refused |= {start + index: reason for index, reason in refused.items()}

    def _note_unknown(self, start: int, rows: int, outcome: MergeOutcome, reason: str) -> None:
        outcome.unknown |= dict.fromkeys(range(start, start + rows), reason)

    def _merge_apart(
        self,
        names: Sequence[str],
        rows: Sequence[list[str]],
        start: int,
        outcome: MergeOutcome,
        error: RefusedError,
    ) -> None:
        """Find the rows that had a call refused as a whole, by halving it."""
        if len(rows) == 1:
            outcome.refused[start] = error.problem
            return
        middle = len(rows) // 2
        self._merge(names, rows[:middle], start, outcome)
        self._merge(names, rows[middle:], start + middle, outcome)
        if all(index in outcome.refused for index in range(start, start + len(rows))):
            raise error
