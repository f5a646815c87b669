"""What the tap's state says: the ledger of files that each stream has in its bookmark."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from responsys_io.exportnames import day_in
from responsys_io.history import History

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VERSIONS = (1, 2)


@dataclass(frozen=True)
class ReadFile:
    """A file that has been read, or part of it.

    Args:
        name: Its name.
        day: The day that it belongs to, None where neither its name nor its time tells.
        rows: Rows read, rejected ones among them.
        rejected: How many of them did not fit.
    """

    name: str
    day: date | None
    rows: int
    rejected: int = 0


@dataclass(frozen=True)
class StreamLedger:
    """What has been read of a stream.

    Args:
        stream: Its name.
        days: The days that an export was read of.
        rows: Rows by day, of the last four weeks; empty for lists and tables.
        files: The files read last.
        open_file: The file that is being read.
        again: Names of files that have to be read once more.
        counts_header: Whether the record counts of its jobs count the header line, None if that is unknown.
    """

    stream: str
    days: frozenset[date] = frozenset()
    rows: Mapping[date, int] = field(default_factory=dict)
    files: Sequence[ReadFile] = ()
    open_file: ReadFile | None = None
    again: Sequence[str] = ()
    counts_header: bool | None = None

    @property
    def first(self) -> date | None:
        """The first day with an export."""
        return min(self.days, default=None)

    @property
    def last(self) -> date | None:
        """The last day with an export."""
        return max(self.days, default=None)


def ledgers(state: Mapping[str, Any]) -> dict[str, StreamLedger]:
    """Return the ledgers in a Singer state, by stream, without streams that have none, such as the API's.

    Args:
        state: A Singer state, alone or as Meltano keeps it (under `singer_state`).

    Raises:
        ValueError: A ledger is none that this version can read; the text names its stream.
    """
    inner = state.get("singer_state", state)
    bookmarks = inner.get("bookmarks", {}) if isinstance(inner, dict) else {}
    found = {}
    for stream, bookmark in sorted(bookmarks.items()):
        if isinstance(bookmark, dict) and "ledger_version" in bookmark:
            try:
                found[stream] = _ledger(stream, bookmark)
            except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as error:
                raise ValueError(
                    f"the bookmark of stream {stream} is not a ledger that can be read"
                ) from error
    return found


def _ledger(stream: str, bookmark: Mapping[str, Any]) -> StreamLedger:
    version = bookmark["ledger_version"]
    if version not in _VERSIONS:
        raise ValueError(version)
    history = History.from_state(bookmark.get("history", {}))
    files = [_file(version, name, entry) for name, entry in bookmark.get("files", {}).items()]
    days = {*history.present_days(), *(file.day for file in files if file.day)}
    current = bookmark.get("open")
    return StreamLedger(
        stream=stream,
        days=frozenset(days),
        rows=history.rows,
        files=files,
        open_file=_file(version, current[0], current[1:]) if current else None,
        again=sorted(bookmark.get("again", {})),
        counts_header=bookmark.get("counts_header"),
    )


def _file(version: int, name: str, entry: Sequence[Any]) -> ReadFile:
    _, mtime, rows, *rest = entry
    rejected = int(rest[0]) if rest and version > 1 else 0
    return ReadFile(str(name), day_in(name) or _day_of(int(mtime)), int(rows), rejected)


def _day_of(mtime: int) -> date | None:
    return datetime.fromtimestamp(mtime, UTC).date() if mtime else None
