"""The state of a stream: which files have been read, and how far into the one that is being read.

Exports arrive late, in any order and several in one second, so no point in time can stand for what has been
read. The ledger keeps a line per file instead and forgets the files that have left the server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from responsys_io.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from tap_responsys.listing import ExportFile

_VERSION = 1


@dataclass(frozen=True)
class FileEntry:
    """A file that has been read to its end.

    Args:
        size: Bytes.
        mtime: Modification time in epoch seconds.
        rows: Rows read, rejected ones among them.
        as_of: For contact lists, the latest MODIFIED_DATE_ in the file; empty elsewhere.
    """

    size: int
    mtime: int
    rows: int
    as_of: str = ""


@dataclass
class Ledger:
    """What has been read of one stream.

    Args:
        files: Finished files by name.
        open_file: Name of the file that is being read, with its size, modification time and rows read so far.
        again: Finished files that have to be read once more, with their `as_of`; see `finish`.
        counts_header: Whether the record counts of the stream's jobs include the header, None if unknown.
    """

    files: dict[str, FileEntry] = field(default_factory=dict)
    open_file: tuple[str, FileEntry] | None = None
    again: dict[str, str] = field(default_factory=dict)
    counts_header: bool | None = None

    @classmethod
    def from_state(cls, state: Mapping[str, Any], stream: str) -> Self:
        """Read a ledger out of a stream's bookmark.

        Raises:
            DataError: RSYS-3401 for a bookmark that is not a ledger.
        """
        try:
            _check_version(state.get("ledger_version", _VERSION))
            files = {str(name): FileEntry(*entry) for name, entry in state.get("files", {}).items()}
            current = state.get("open")
            open_file = (str(current[0]), FileEntry(*current[1:])) if current else None
            again = {str(name): str(as_of) for name, as_of in state.get("again", {}).items()}
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise DataError(
                "RSYS-3401",
                f"The state of stream {stream} is not one that this tap has written.",
                "Restore an earlier state, or start over with --full-refresh.",
            ) from error
        return cls(files, open_file, again, state.get("counts_header"))

    def to_state(self) -> dict[str, Any]:
        """Return the bookmark; equal ledgers give equal bookmarks."""
        state: dict[str, Any] = {
            "ledger_version": _VERSION,
            "files": {name: _packed(entry) for name, entry in self.files.items()},
        }
        if self.open_file:
            name, entry = self.open_file
            state["open"] = [name, *_packed(entry)]
        if self.counts_header is not None:
            state["counts_header"] = self.counts_header
        if self.again:
            state["again"] = dict(self.again)
        return state

    def is_read(self, export: ExportFile) -> bool:
        """Tell whether this very file has been read: same name, size and modification time."""
        entry = self.files.get(export.name)
        return entry is not None and (entry.size, entry.mtime) == (export.remote.size, export.remote.mtime)

    def progress(self, export: ExportFile) -> FileEntry:
        """Return how far an interrupted run has read a file; 0 rows for one not begun or changed since."""
        begun = FileEntry(export.remote.size, export.remote.mtime, 0)
        if self.open_file is None:
            return begun
        name, entry = self.open_file
        same = (name, entry.size, entry.mtime) == (export.name, begun.size, begun.mtime)
        return entry if same else begun

    def advance(self, export: ExportFile, rows: int, as_of: str = "") -> None:
        """Note that the first rows of a file have been emitted."""
        self.open_file = (export.name, FileEntry(export.remote.size, export.remote.mtime, rows, as_of))

    def finish(self, export: ExportFile, rows: int, as_of: str = "") -> list[str]:
        """Note that a file has been read to its end.

        A contact list that is older than one read before it would leave outdated rows in a destination that
        merges by key. The newer ones are noted to be read again after it, so that the newest row comes last.

        Returns:
            The names of the files to be read again.
        """
        self.open_file = None
        self.again.pop(export.name, None)
        newer = {name: entry.as_of for name, entry in self.files.items() if as_of and entry.as_of > as_of}
        for name in newer:
            del self.files[name]
        self.again.update(newer)
        self.files[export.name] = FileEntry(export.remote.size, export.remote.mtime, rows, as_of)
        return sorted(newer)

    def forget(self, present: Container[str]) -> None:
        """Drop the files that are no longer on the server."""
        self.files = {name: entry for name, entry in self.files.items() if name in present}
        self.again = {name: as_of for name, as_of in self.again.items() if name in present}
        if self.open_file and self.open_file[0] not in present:
            self.open_file = None


def _check_version(version: object) -> None:
    if version != _VERSION:
        raise ValueError(version)


def _packed(entry: FileEntry) -> list[Any]:
    packed: list[Any] = [entry.size, entry.mtime, entry.rows]
    return [*packed, entry.as_of] if entry.as_of else packed
