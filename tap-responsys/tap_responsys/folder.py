"""The folder of exports: listed once per run, and read from."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Self

from responsys_io.errors import DataError
from tap_responsys.columns import layout
from tap_responsys.counts import counts_header, stated_count
from tap_responsys.decode import decoded
from tap_responsys.listing import sort_out
from tap_responsys.parse import ExportReader
from tap_responsys.readiness import companion, still_growing, undecided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from responsys_io.fileserver import FileServer, RemoteFile
    from responsys_io.keyring import KeyRing
    from tap_responsys.listing import ExportFile, ExportNames, Listing
    from tap_responsys.parse import Dialect

logger = logging.getLogger(__name__)

# A ready or count file holds a number; what is longer is something else.
_LONGEST_COUNT = 1024


class ExportFolder:
    """The exports in one folder of the file server; leaving it as a context manager ends the session.

    Args:
        server: The file server; nothing is opened before the first listing.
        path: The folder, relative to the user's home or absolute.
        names: How exports are recognised.
        dialect: How they are written.
        column_names: Layouts of streams whose exports have no header, besides the documented ones.
        ready_extension: Extension of ready files; without one, files have to keep still to count as complete.
        count_extension: Extension of count files beside the ready files, which may state a count as well.
        settle_seconds: How long they have to keep still.
        ring: The keys that encrypted exports are decrypted with.
        sleep: Waits; tests pass their own.
    """

    def __init__(
        self,
        server: FileServer,
        path: str,
        names: ExportNames,
        dialect: Dialect,
        *,
        column_names: Mapping[str, Sequence[str]] | None = None,
        ready_extension: str | None = None,
        count_extension: str | None = None,
        settle_seconds: float = 10,
        ring: KeyRing | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._server = server
        self._path = path
        self._names = names
        self._dialect = dialect
        self._column_names = column_names or {}
        self._ready_extension = ready_extension
        self._count_extension = count_extension
        self._settle_seconds = settle_seconds
        self._ring = ring
        self._sleep = sleep
        self._later: Listing | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    @cached_property
    def listing(self) -> Listing:
        """The folder as it was when the run first looked."""
        listing = self._list()
        if listing.unrecognised:
            logger.info(
                "%d files in %s belong to no known export, for example %s",
                len(listing.unrecognised),
                self._path,
                listing.unrecognised[0],
            )
        return listing

    def exports(self, stream: str) -> list[ExportFile]:
        """Return the stream's exports, complete or not, in the order in which they were made."""
        return self.listing.exports.get(stream, [])

    def complete(self, exports: list[ExportFile]) -> list[ExportFile]:
        """Return those exports that are written to their end; the others wait for the next run."""
        if self._ready_extension:
            done = self._marked(exports, self._ready_extension)
            self._tell_waiting(exports, done, f"no {self._ready_extension} file yet")
            return done
        fresh = undecided(exports, self.listing, self._settle_seconds)
        if not fresh:
            return exports
        growing = set(still_growing(fresh, self._listing_after_a_while()))
        done = [export for export in exports if export not in growing]
        self._tell_waiting(exports, done, "still being written")
        return done

    def newest(self, stream: str) -> ExportFile | None:
        """Return the export whose header tells best which columns there are, a complete one if possible."""
        found = self.exports(stream)
        if self._ready_extension:
            done = self._marked(found, self._ready_extension)
        else:
            fresh = set(undecided(found, self.listing, self._settle_seconds))
            done = [export for export in found if export not in fresh]
        candidates = done or found
        return candidates[-1] if candidates else None

    @contextmanager
    def reader(self, export: ExportFile) -> Iterator[ExportReader]:
        """Open an export; the block must end before another one is opened."""
        with self._server.open(export.remote) as raw, decoded(raw, export.name, self._ring) as stream:
            columns = layout(export.stream, self._column_names)
            yield ExportReader(stream, self._dialect, export.name, columns)

    def check_unchanged(self, export: ExportFile) -> None:
        """Make sure that what has been read is what lies there now.

        Raises:
            DataError: RSYS-3301 when the file was written to meanwhile.
        """
        if self._server.stat(export.remote.path) != export.remote:
            raise DataError(
                "RSYS-3301",
                f"{export.name} changed or went away while it was read.",
                "It is not counted as read; the next run reads it again.",
            )

    def check_count(self, export: ExportFile, rows: int, *, with_header: bool | None) -> bool | None:
        """Make sure that as many rows have been read as the export's job has counted, where it says so.

        Args:
            export: The export.
            rows: How many rows it has, rejected ones among them.
            with_header: Whether counts include the header, None when that is not known yet.

        Returns:
            The same, as far as it is known now.

        Raises:
            DataError: RSYS-3302 when there are more or fewer.
        """
        for extension in filter(None, (self._ready_extension, self._count_extension)):
            beside = companion(export, self.listing, extension)
            stated = stated_count(self._text(beside)) if beside else None
            if stated is None:
                continue
            known, with_header = (
                with_header,
                counts_header(export.name, stated=stated, rows=rows, known=with_header),
            )
            if known is None and with_header:
                logger.warning(
                    "%s counts %d for %d rows: taken for the header's line", export.name, stated, rows
                )
        return with_header

    def _marked(self, exports: list[ExportFile], extension: str) -> list[ExportFile]:
        return [export for export in exports if companion(export, self.listing, extension)]

    def _text(self, small: RemoteFile) -> str:
        with self._server.open(small) as raw:
            return (raw.read(_LONGEST_COUNT) or b"").decode("ascii", errors="replace")

    def _list(self) -> Listing:
        return sort_out(self._server.list(self._path), self._names)

    def _listing_after_a_while(self) -> Listing:
        if self._later is None:
            logger.info("Waiting %g s to see that new files have stopped growing", self._settle_seconds)
            self._sleep(self._settle_seconds)
            self._later = self._list()
        return self._later

    def _tell_waiting(self, exports: list[ExportFile], done: list[ExportFile], why: str) -> None:
        complete = set(done)
        for export in exports:
            if export not in complete:
                logger.info("%s waits for the next run: %s", export.name, why)
