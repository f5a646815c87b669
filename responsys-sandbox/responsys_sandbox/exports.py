"""The account's export jobs: a day's events and contacts as files of the download folder."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, TypeVar

from responsys_sandbox.accountclock import MINUTE
from responsys_sandbox.contacts import LIST_COLUMNS, LIST_TIMES
from responsys_sandbox.dialect import feed_dialect, list_dialect
from responsys_sandbox.exportfile import ExportFile, FileShape
from responsys_sandbox.feedrows import FeedRows
from responsys_sandbox.samplerows import SampleRows
from responsys_sandbox.tablerows import (
    EXTENSION_COLUMNS,
    EXTENSION_TIMES,
    SUPPLEMENTAL_COLUMNS,
    SUPPLEMENTAL_TIMES,
    extension_rows,
    supplemental_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from responsys_sandbox.contacts import Contact
    from responsys_sandbox.events import Event, Value
    from responsys_sandbox.exportoptions import ExportOptions
    from responsys_sandbox.listjobs import Kind
    from responsys_sandbox.pgp import PgpKeyFolder

    HalfWay = Callable[[Path], None]

_Row = TypeVar("_Row")
_WINDOW = 40
_MORE_LAUNCH_STATES = 50


@dataclass(frozen=True)
class ExportJobs:
    """The account's export jobs.

    Args:
        folder: The download folder.
        spool: Where files are written before they appear; on the same file system.
        options: The jobs' settings.
        pgp: The keys for encrypted exports.
        half_way: See `ExportFile.publish`.
    """

    folder: Path
    spool: Path
    options: ExportOptions
    pgp: PgpKeyFolder
    half_way: HalfWay | None = None

    def feeds(self, events: Iterable[Event], run_at: int) -> list[Path]:
        """Run the Export Feed Data job.

        Args:
            events: What was stored since the last run.
            run_at: When the job starts, epoch seconds. Its files are stamped with that time in the account's
                zone, each a second later than the one before.

        Returns:
            The new files in the order of their appearance.
        """
        options = self.options
        rows = {stem: FeedRows(stem, options) for stem in options.feeds}
        random = Random(f"{options.account_id}/{run_at}")  # noqa: S311 - no secret
        with ExitStack() as stack:
            moments = {stem: run_at + second for second, stem in enumerate(options.feeds)}
            files = {
                stem: stack.enter_context(self._feed_file(stem, moment, rows[stem]))
                for stem, moment in moments.items()
            }
            found = (event for event in events if event.feed in files)
            for event in jumbled(repeated(found, options.duplicates, random), random, on=options.unsorted):
                files[event.feed].write(rows[event.feed].values(event))
            return [
                path for stem, file in files.items() for path in file.publish(moments[stem], self.half_way)
            ]

    def contacts(self, contacts: Iterable[Contact], name: str, kind: Kind, run_at: int) -> list[Path]:
        """Run the Export Data job of a contact list.

        Args:
            contacts: The contacts to export.
            name: Name of the job's files.
            kind: Whether that is the full list or what has changed.
            run_at: When the job starts, epoch seconds.

        Returns:
            The new files in the order of their appearance.
        """
        header = self.options.contact_columns or LIST_COLUMNS
        times = {position for position, column in enumerate(header) if column in LIST_TIMES}
        rows = (
            [fields.get(column, "") for column in header]
            for fields in (contact.list_fields() for contact in contacts)
        )
        return self._data(name.replace("{kind}", kind), header, times, rows, run_at)

    def tables(self, contacts: Iterable[Contact], run_at: int) -> list[Path]:
        """Run the Export Data jobs of the tables that the account exports, each of them in full.

        Args:
            contacts: All contacts of the account.
            run_at: When the first job starts, epoch seconds; the next one a minute later.

        Returns:
            The new files in the order of their appearance.
        """
        written: list[Path] = []
        if name := self.options.extension_name:
            rows = extension_rows(contacts, run_at)
            written += self._data(name, EXTENSION_COLUMNS, EXTENSION_TIMES, rows, run_at)
        if name := self.options.supplemental_name:
            rows = supplemental_rows()
            written += self._data(name, SUPPLEMENTAL_COLUMNS, SUPPLEMENTAL_TIMES, rows, run_at + MINUTE)
        return written

    def _data(
        self,
        name: str,
        header: Sequence[str],
        times: Collection[int],
        rows: Iterable[Sequence[Value | None]],
        moment: int,
    ) -> list[Path]:
        base, _, extension = name.replace("{stamp}", stamp(moment, self.options)).rpartition(".")
        shape = FileShape(header, times, list_dialect(self.options), extension)
        with ExportFile(self.folder, self.spool, base, shape, self.options, self.pgp) as file:
            for row in rows:
                file.write(row)
            return file.publish(moment, self.half_way)

    def sample(self, stem: str, rows: int, run_at: int) -> list[Path]:
        """Run an Export Feed Data job of any one feed, with rows that are right in type only.

        Args:
            stem: Any stem of the layouts.
            rows: How many.
            run_at: When the job starts, epoch seconds.

        Returns:
            The new files in the order of their appearance.
        """
        source = SampleRows(stem, self.options, run_at)
        with self._feed_file(stem, run_at, source) as file:
            for row in source.rows(rows):
                file.write(row)
            return file.publish(run_at, self.half_way)

    def _feed_file(self, stem: str, moment: int, rows: FeedRows | SampleRows) -> ExportFile:
        options = self.options
        base = f"{options.account_id}_{stem}_{stamp(moment, options)}"
        shape = FileShape(rows.header, rows.times, feed_dialect(options), options.extension)
        return ExportFile(self.folder, self.spool, base, shape, options, self.pgp)


def stamp(moment: int, options: ExportOptions) -> str:
    """Return `YYYYMMDD_HH24MISS` in the account's zone."""
    return time.strftime("%Y%m%d_%H%M%S", time.gmtime(moment + options.utc_offset * 3600))


def repeated(events: Iterable[Event], share: float, random: Random) -> Iterator[Event]:
    """Yield some events twice: feeds hold exact duplicates, LAUNCH_STATE many of them."""
    for event in events:
        yield event
        if random.random() < share * (_MORE_LAUNCH_STATES if event.feed == "LAUNCH_STATE" else 1):
            yield event


def jumbled(rows: Iterable[_Row], random: Random, *, on: bool) -> Iterator[_Row]:
    """Yield the rows roughly in their order: each waits in a small window until chance picks it."""
    waiting: list[_Row] = []
    for row in rows:
        if not on:
            yield row
            continue
        waiting.append(row)
        if len(waiting) > _WINDOW:
            position = random.randrange(_WINDOW)
            waiting[position], waiting[-1] = waiting[-1], waiting[position]
            yield waiting.pop()
    random.shuffle(waiting)
    yield from waiting
