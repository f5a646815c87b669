"""The folders of exports: listed once per run, and read from."""

from __future__ import annotations

import logging
import posixpath
import time
from contextlib import contextmanager
from functools import cached_property
from hashlib import blake2b
from typing import IO, TYPE_CHECKING, Self

from responsys_io.exportnames import SUFFIXES
from responsys_io.files import FileUnavailableError, every_name
from tap_responsys.decode import decoded
from tap_responsys.listing import sort_out
from tap_responsys.parse import ExportReader
from tap_responsys.places import find, is_local
from tap_responsys.readiness import companion, still_growing, undecided

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from responsys_io.files import RemoteFile
    from responsys_io.keyring import KeyRing
    from responsys_io.sshsession import HostKey
    from tap_responsys.archive import Archive
    from tap_responsys.listing import ExportFile, ExportNames, Listing
    from tap_responsys.parse import Dialect
    from tap_responsys.putaway import PutAway
    from tap_responsys.sources import Sources

logger = logging.getLogger(__name__)

# A ready or count file holds a number; what is longer is something else.
_LONGEST_COUNT = 1024
_BLOCK = 1 << 20


class ExportFolder:
    """The exports in the folders that are read; leaving it as a context manager ends the session.

    Args:
        sources: Where files are; nothing is opened before the first listing.
        path: The folders and patterns, as `places` returns them.
        names: How exports are recognised.
        dialect: How they are written.
        ready_extension: Extension of ready files; without one, files have to keep still to count as complete.
        count_extension: Extension of count files.
        settle_seconds: How long they have to keep still.
        ring: The keys that encrypted exports are decrypted with.
        most_unpacked: How many bytes a packed file may have unpacked.
        archive: Where copies of the files that are read are kept.
        put_away: What becomes of files on the server once they are read and stored; None leaves them.
        sleep: Waits; tests pass their own.
    """

    def __init__(
        self,
        sources: Sources,
        path: Sequence[str],
        names: ExportNames,
        dialect: Dialect,
        *,
        ready_extension: str | None = None,
        count_extension: str | None = None,
        settle_seconds: float = 10,
        ring: KeyRing | None = None,
        most_unpacked: int | None = None,
        archive: Archive | None = None,
        put_away: PutAway | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sources = sources
        self._path = path
        self._names = names
        self._dialect = dialect
        self._ready_extension = ready_extension
        self._extensions = [extension for extension in (ready_extension, count_extension) if extension]
        self._endings = tuple(f".{extension.lstrip('.')}".lower() for extension in self._extensions)
        self._settle_seconds = settle_seconds
        self._ring = ring
        self._most_unpacked = most_unpacked
        self._archive = archive
        self._put_away = put_away
        self._sleep = sleep
        self._later: Listing | None = None
        self._everything = False
        self._raw: io.RawIOBase | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sources.close()
        if self._archive is not None:
            self._archive.close()

    @property
    def is_remote(self) -> bool:
        """Whether any of it is on the file server."""
        return self._sources.server is not None

    @property
    def host_key(self) -> HostKey | None:
        """The key that the file server has shown, None before it was reached."""
        return self._sources.server.host_key if self._sources.server else None

    @cached_property
    def listing(self) -> Listing:
        """The folders as they were when the run first looked."""
        listing = self._list()
        if listing.unrecognised:
            logger.info(
                "%d files in %s belong to no known export, for example %s",
                len(listing.unrecognised),
                ", ".join(self._path),
                listing.unrecognised[0],
            )
        return listing

    def list_everything(self) -> Listing:
        """List the folders with the files that are neither exports nor beside one."""
        self._everything = True
        return self.listing

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
        candidates = [export for export in found if self.is_complete(export)] or found
        return candidates[-1] if candidates else None

    def fetch_ahead(self, exports: Sequence[ExportFile]) -> None:
        """Fetch small exports, with what lies beside them, before they are read in this order.

        Nothing happens while some of them are at hand.
        """
        if not any(self._sources.has_fetched(export.remote) for export in exports):
            self._sources.fetch_ahead(
                [file for export in exports for file in (export.remote, *self._beside(export))]
            )

    @contextmanager
    def reader(self, export: ExportFile, *, keep: bool = False) -> Iterator[ExportReader]:
        """Open an export; the block must end before another one is opened.

        Args:
            export: The export.
            keep: Whether a copy goes to the archive, where there is one.
        """
        file = self._kept(export) if keep else export.remote
        with self._opened(export, file) as (raw, stream):
            self._raw = raw
            yield ExportReader(stream, self._dialect, export.name, self._names.layout(export.stream))

    def start(self, export: ExportFile, size: int) -> bytes:
        """Return the first bytes of an export's text, unpacked, as many as there are up to a size."""
        with self._opened(export, export.remote) as (_, stream):
            return stream.read(size)

    def digest(self, export: ExportFile) -> str:
        """Fetch an export and return 16 hex digits that stand for its bytes as they lie there.

        Raises:
            FileUnavailableError: It is not any more what was listed, or may not be read.
        """
        found = blake2b(digest_size=8)
        with self._sources.open(export.remote) as raw:
            while block := raw.read(_BLOCK):
                found.update(block)
        return found.hexdigest()

    @contextmanager
    def _opened(self, export: ExportFile, file: RemoteFile) -> Iterator[tuple[io.RawIOBase, IO[bytes]]]:
        """Open a file: as it lies there, and its text."""
        with (
            self._sources.open(file) as raw,
            decoded(raw, export.name, self._ring, self._most_unpacked) as stream,
        ):
            yield raw, stream

    @property
    def position(self) -> int:
        """How many bytes of the export that is open have been fetched."""
        return self._raw.tell() if self._raw and not self._raw.closed else 0

    def check_unchanged(self, export: ExportFile) -> None:
        """Make sure that what has been read is what lies there now.

        Raises:
            FileUnavailableError: RSYS-3301 when the file was written to meanwhile.
        """
        if self._sources.stat(export.remote.path) != export.remote:
            raise FileUnavailableError(
                "RSYS-3301",
                f"{export.name} changed or went away while it was read.",
                "It is not counted as read; the next run reads it again.",
            )

    def companion_text(self, export: ExportFile, extension: str) -> str | None:
        """Return what an export's ready or count file says, None when there is no such file."""
        beside = companion(export, self.listing, extension)
        return self._text(beside) if beside else None

    def is_complete(self, export: ExportFile) -> bool:
        """Tell from the first listing alone whether an export is written to its end."""
        if self._ready_extension:
            return companion(export, self.listing, self._ready_extension) is not None
        return not undecided([export], self.listing, self._settle_seconds)

    def rows_with_header(self, export: ExportFile) -> int | None:
        """Count an export's rows, those that do not fit among them; None when it has no header line."""
        with self.reader(export) as reader:
            return sum(1 for _ in reader.rows({})) if reader.has_header_line else None

    def put_away(self, exports: Iterable[ExportFile]) -> None:
        """Move or delete exports on the server that have been read and stored, with what lies beside them."""
        if self._put_away is not None:
            for export in exports:
                if not is_local(export.remote.path):
                    self._kept(export)
                    # The export goes last: what a run leaves behind that breaks off is put away by the next.
                    self._put_away.files([*self._beside(export), export.remote])

    def _kept(self, export: ExportFile) -> RemoteFile:
        """Keep a copy of an export in the archive; return the file to read it from."""
        if self._archive is None or is_local(export.remote.path):
            return export.remote
        place = export.known_as.strip("/") or export.remote.name
        for file in self._beside(export):
            with self._sources.open(file) as raw:
                self._archive.keep(file, posixpath.join(posixpath.dirname(place), file.name), raw)
        with self._sources.open(export.remote) as raw:
            return self._archive.keep(export.remote, place, raw) or export.remote

    def _beside(self, export: ExportFile) -> list[RemoteFile]:
        """Return an export's ready and count files."""
        found = (companion(export, self.listing, extension) for extension in self._extensions)
        return list(dict.fromkeys(file for file in found if file))

    def _marked(self, exports: list[ExportFile], extension: str) -> list[ExportFile]:
        return [export for export in exports if companion(export, self.listing, extension)]

    def _text(self, small: RemoteFile) -> str:
        with self._sources.open(small) as raw:
            return (raw.read(_LONGEST_COUNT) or b"").decode("ascii", errors="replace")

    def _list(self) -> Listing:
        found = find(self._sources, self._path, every_name if self._everything else self._is_wanted)
        return sort_out(found.files, self._names, found.beside)

    def _is_wanted(self, name: str) -> bool:
        """Tell whether a file can be an export, or the ready or count file of one."""
        return bool(SUFFIXES.search(name)) or name.lower().endswith(self._endings)

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
