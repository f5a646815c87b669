"""The counts of a run's exports, and what they have shown of the jobs that wrote them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from responsys_io.errors import DataError
from responsys_io.statedcounts import stated_count
from tap_responsys.counts import counts_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_responsys.folder import ExportFolder
    from tap_responsys.kinds import ExportKind
    from tap_responsys.listing import ExportFile

logger = logging.getLogger(__name__)

_MOST_ASKED = 3


class RecordCounts:
    """Compares exports with their ready and count files; one for all streams of a run.

    Args:
        folder: The exports and what lies beside them.
        kinds: The kinds of exports by stream.
        ready_extension: Extension of ready files, which may state a count.
        count_extension: Extension of count files, which have to.
        includes_header: Whether counts include the header line, None where the files have to show it.
    """

    def __init__(
        self,
        folder: ExportFolder,
        kinds: Mapping[str, ExportKind],
        *,
        ready_extension: str | None = None,
        count_extension: str | None = None,
        includes_header: bool | None = None,
    ) -> None:
        self._folder = folder
        self._kinds = kinds
        self._extensions = [name for name in (count_extension, ready_extension) if name]
        self._count_extension = count_extension
        self._configured = includes_header
        self._known: dict[str, bool] = {}

    def learn(self, job: str, includes_header: bool | None) -> None:
        """Take over what earlier runs have seen of a job."""
        if includes_header is not None:
            self._known.setdefault(job, includes_header)

    def check(self, export: ExportFile, rows: int, *, has_header: bool) -> bool | None:
        """Make sure that as many rows have been read as the export's job has counted, where it says so.

        Args:
            export: The export.
            rows: How many rows it has, rejected ones among them.
            has_header: Whether it has a header line.

        Returns:
            Whether the job's counts include the header, as far as it is known now.

        Raises:
            DataError: RSYS-3302 when there are more or fewer, RSYS-3303 for a count file that states none.
        """
        job = self._kinds[export.stream].job
        for stated in self._stated(export):
            known = counts_header(
                export.name,
                stated=stated,
                rows=rows,
                has_header=has_header,
                known=self._known.get(job) if self._configured is None else self._configured,
                evidence=lambda: self._evidence(export, job),
            )
            if known is not None:
                self._known[job] = known
            elif has_header:
                logger.warning(
                    "%s counts %d for %d rows: taken for the header's line; count_includes_header would tell",
                    export.name,
                    stated,
                    rows,
                )
        return self._known.get(job)

    def are_stated(self, export: ExportFile) -> bool:
        """Tell whether the export's job says how many rows it has.

        Raises:
            DataError: RSYS-3303 for a count file that states none.
        """
        return bool(self._stated(export))

    def _stated(self, export: ExportFile) -> list[int]:
        found = []
        for extension in self._extensions:
            text = self._folder.companion_text(export, extension)
            stated = None if text is None else stated_count(text)
            if stated is not None:
                found.append(stated)
            elif text is not None and extension == self._count_extension:
                raise DataError(
                    "RSYS-3303",
                    f"The count file of {export.name} states no number.",
                    "Nothing of the export counts as read; check count_extension and the job's count file.",
                )
        return found

    def _evidence(self, doubtful: ExportFile, job: str) -> bool | None:
        """Read the smallest other exports of the job: whether their counts include the header."""
        others = [
            export
            for stream, kind in self._kinds.items()
            if kind.job == job
            for export in self._folder.exports(stream)
            if export != doubtful and self._folder.is_complete(export)
        ]
        asked = 0
        for export in sorted(others, key=lambda other: other.remote.size):
            try:
                stated = self._stated(export)
                rows = self._folder.rows_with_header(export) if stated else None
            except DataError:
                continue
            if rows is None:
                continue
            if stated[0] in {rows, rows + 1}:
                return stated[0] == rows + 1
            asked += 1
            if asked == _MOST_ASKED:
                break
        return None
