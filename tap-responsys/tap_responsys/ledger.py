"""The state of a stream: which files have been read, and how far into the one that is being read.

Exports arrive late, in any order and several in one second, so no point in time can stand for what has been
read. The ledger keeps a line per recent file and a few characters per older one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from responsys_io.errors import DataError
from responsys_io.exportnames import day_of
from responsys_io.history import History
from tap_responsys.longago import LongAgo

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tap_responsys.listing import ExportFile

_VERSION = 2
_KEPT_IN_FULL = 10
_DAY = 86_400
# No file has that size.
_OTHER_BYTES = -1


@dataclass(frozen=True)
class FileEntry:
    """A file that has been read, or part of it.

    Args:
        size: Bytes.
        mtime: Modification time in epoch seconds.
        rows: Rows read, rejected ones among them.
        rejected: How many of them did not fit.
        as_of: For exports with a key, what tells which of them is newer: the latest MODIFIED_DATE_ in the
            file, or the time in its name. Empty elsewhere.
        oldest: For a contact list that is being read, the earliest MODIFIED_DATE_ so far.
        newest: For a feed that is being read, the latest time of an event so far.
    """

    size: int
    mtime: int
    rows: int
    rejected: int = 0
    as_of: str = ""
    oldest: str = ""
    newest: str = ""


@dataclass
class Ledger:
    """What has been read of one stream.

    Args:
        files: The files finished last, by name, in the order in which they were finished.
        older: Files finished before those.
        open_file: Name of the file that is being read, with its size, modification time and rows read so far.
        again: Finished files that have to be read once more, with their `as_of`; see `finish`.
        counts_header: Whether the record counts of the stream's jobs include the header, None if unknown.
        history: The days that have been read.
        table_version: Of a contact list whose deleted contacts are marked: version of the rows emitted last.
        full_rows: Rows of its last full export.
        digests: Of the newest files' bytes, by name, where files that were read are compared.
        ends_lines: Whether last lines that no enclosure closes have been seen to have a line end.
    """

    files: dict[str, FileEntry] = field(default_factory=dict)
    older: LongAgo = field(default_factory=LongAgo)
    open_file: tuple[str, FileEntry] | None = None
    again: dict[str, str] = field(default_factory=dict)
    counts_header: bool | None = None
    history: History = field(default_factory=History)
    table_version: int = 0
    full_rows: int = 0
    digests: dict[str, str] = field(default_factory=dict)
    ends_lines: bool = False

    @classmethod
    def from_state(cls, state: Mapping[str, Any], stream: str) -> Self:
        """Read a ledger out of a stream's bookmark, of this version or an earlier one.

        Raises:
            DataError: RSYS-3401 for a bookmark that is not a ledger.
        """
        try:
            version = state.get("ledger_version", _VERSION)
            if version not in {1, _VERSION}:
                raise ValueError(version)  # noqa: TRY301  the answer is the same
            unpacked = _entry_of_version_1 if version == 1 else _entry
            files = {str(name): unpacked(*packed) for name, packed in state.get("files", {}).items()}
            current = state.get("open")
            history = History.from_state(state.get("history", {}))
            if version == 1:
                for name, entry in files.items():
                    history.note(day_of(name, entry.mtime), None if entry.as_of else entry.rows)
            return cls(
                files,
                LongAgo.from_state(state.get("older", {})),
                (str(current[0]), unpacked(*current[1:])) if current else None,
                {str(name): str(as_of) for name, as_of in state.get("again", {}).items()},
                state.get("counts_header"),
                history,
                int(state.get("table_version", 0)),
                int(state.get("full_rows", 0)),
                {str(name): str(digest) for name, digest in state.get("digests", {}).items()},
                bool(state.get("ends_lines")),
            )
        except (TypeError, ValueError, AttributeError, IndexError, KeyError, OverflowError) as error:
            raise DataError(
                "RSYS-3401",
                f"The state of stream {stream} is not one that this version of the tap can read.",
                "Restore an earlier state, or start over with --full-refresh.",
            ) from error

    def to_state(self) -> dict[str, Any]:
        """Return the bookmark; equal ledgers give equal bookmarks."""
        state: dict[str, Any] = {
            "ledger_version": _VERSION,
            "files": {name: _packed(entry) for name, entry in self.files.items()},
        }
        if older := self.older.to_state():
            state["older"] = older
        if self.open_file:
            name, entry = self.open_file
            state["open"] = [name, *_packed(entry)]
        if self.again:
            state["again"] = dict(self.again)
        if self.counts_header is not None:
            state["counts_header"] = self.counts_header
        if history := self.history.to_state():
            state["history"] = history
        if self.table_version:
            state["table_version"] = self.table_version
        if self.full_rows:
            state["full_rows"] = self.full_rows
        if self.digests:
            state["digests"] = dict(self.digests)
        if self.ends_lines:
            state["ends_lines"] = True
        return state

    def is_read(self, export: ExportFile) -> bool:
        """Tell whether this very file has been read: same name, size and modification time."""
        size, mtime = export.remote.size, export.remote.mtime
        entry = self.files.get(export.name)
        if entry is not None:
            return (entry.size, entry.mtime) == (size, mtime)
        return self.older.has(export.name, size, mtime)

    def has_changed(self, export: ExportFile) -> bool:
        """Tell whether a file of that name has been read that had another size or modification time."""
        known = export.name in self.files or self.older.knows(export.name)
        return known and not self.is_read(export)

    def doubt(self, export: ExportFile) -> None:
        """Take a file that was read for changed, though its size and modification time are what they were."""
        self._know(export, _OTHER_BYTES)

    def is_doubted(self, export: ExportFile) -> bool:
        """Tell whether a file counts as changed for its bytes alone."""
        if entry := self.files.get(export.name):
            return entry.size == _OTHER_BYTES
        return self.older.has(export.name, _OTHER_BYTES, export.remote.mtime)

    def accept(self, export: ExportFile) -> None:
        """Take a changed file for read as it lies there now."""
        self._know(export, export.remote.size)

    def _know(self, export: ExportFile, size: int) -> None:
        mtime = export.remote.mtime
        if entry := self.files.get(export.name):
            self.files[export.name] = replace(entry, size=size, mtime=mtime)
        else:
            self.older.add(export.name, size, mtime)

    def progress(self, export: ExportFile) -> FileEntry:
        """Return how far an interrupted run has read a file; 0 rows for one not begun or changed since."""
        begun = FileEntry(export.remote.size, export.remote.mtime, 0)
        if self.open_file is None:
            return begun
        name, entry = self.open_file
        same = (name, entry.size, entry.mtime) == (export.name, begun.size, begun.mtime)
        return entry if same else begun

    def advance(self, export: ExportFile, entry: FileEntry) -> None:
        """Note how much of a file has been emitted."""
        self.open_file = (export.name, entry)

    def finish(self, export: ExportFile, entry: FileEntry) -> list[str]:
        """Note that a file has been read to its end.

        An export with a key that is older than one read before it would leave outdated rows in a destination
        that merges by key. The newer ones are noted to be read again after it, so that the newest row comes
        last. How new those are that were read long ago is not known any more: they are read again as well.

        Args:
            export: The file.
            entry: What has been read of it.

        Returns:
            The names of the files to be read again, those read long ago not among them.
        """
        self.open_file = None
        self.again.pop(export.name, None)
        self._note_day(export, entry)
        as_of = entry.as_of
        newer = {name: other.as_of for name, other in self.files.items() if as_of and other.as_of > as_of}
        for name in newer:
            del self.files[name]
        if newer:
            self.older.clear()
        self.again.update(newer)
        self.files[export.name] = replace(entry, oldest="", newest="")
        for name in list(self.files)[:-_KEPT_IN_FULL]:
            past = self.files.pop(name)
            self.older.add(name, past.size, past.mtime)
        return sorted(newer)

    def _note_day(self, export: ExportFile, entry: FileEntry) -> None:
        before = self.files.pop(export.name, None)
        if entry.as_of:
            # Full and delta exports take turns, and some are read several times: their rows tell nothing.
            self.history.note(export.day)
        elif before or not self.older.knows(export.name):
            self.history.note(export.day, entry.rows - (before.rows if before else 0), _lag(entry))
        else:
            self.history.rows.pop(export.day, None)
            self.history.note(export.day, entry.rows, _lag(entry))
        self.older.remove(export.name)

    def forget(self, present: Collection[str], newest_mtime: int, lookback_days: float) -> None:
        """Drop the files that have left the server, unless they lie within the look-back.

        A file that is put back with the same size and time within it is not read a second time.

        Args:
            present: Names of the exports on the server.
            newest_mtime: The latest modification time there, which stands for the server's clock.
            lookback_days: How many days before that a file is remembered in any case.
        """
        before = newest_mtime - int(lookback_days * _DAY)
        self.files = {
            name: entry for name, entry in self.files.items() if name in present or entry.mtime >= before
        }
        self.older.forget(present, before)
        self.again = {name: as_of for name, as_of in self.again.items() if name in present}
        if self.open_file and self.open_file[0] not in present:
            self.open_file = None


def _entry(  # the order in the bookmark, which leaves out what is empty at the end
    size: int, mtime: int, rows: int, rejected: int = 0, *texts: str
) -> FileEntry:
    return FileEntry(int(size), int(mtime), int(rows), int(rejected), *map(str, texts))


def _entry_of_version_1(size: int, mtime: int, rows: int, as_of: str = "") -> FileEntry:
    return FileEntry(int(size), int(mtime), int(rows), as_of=str(as_of))


def _packed(entry: FileEntry) -> list[Any]:
    packed: list[Any] = [
        entry.size, entry.mtime, entry.rows, entry.rejected, entry.as_of, entry.oldest, entry.newest,
    ]  # fmt: skip
    while len(packed) > 3 and not packed[-1]:  # noqa: PLR2004  size, time and rows always
        packed.pop()
    return packed


def _lag(entry: FileEntry) -> int | None:
    """Return the minutes from the newest event of a file to its modification time."""
    if not entry.newest or not entry.mtime:
        return None
    return round((entry.mtime - datetime.fromisoformat(entry.newest).timestamp()) / 60)
