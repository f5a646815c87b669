"""What the tap's state says: the ledger of files that each stream has in its bookmark."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VERSIONS = (1, 2)
_DAY_IN_NAME = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?:_?\d{6})?(?!\d)")


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


def day_in(name: str) -> date | None:
    """Return the day that a file's name has, None for a name without one."""
    for match in _DAY_IN_NAME.finditer(name):
        try:
            return date(*map(int, match.groups()))
        except ValueError:
            continue
    return None


def _ledger(stream: str, bookmark: Mapping[str, Any]) -> StreamLedger:
    version = bookmark["ledger_version"]
    if version not in _VERSIONS:
        raise ValueError(version)
    history = bookmark.get("history", {})
    files = [_file(version, name, entry) for name, entry in bookmark.get("files", {}).items()]
    days = _days(history) | {file.day for file in files if file.day}
    current = bookmark.get("open")
    return StreamLedger(
        stream=stream,
        days=frozenset(days),
        rows=_rows(history),
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


def _days(history: Mapping[str, Any]) -> set[date]:
    """Unpack the days: a bit for each, in a hexadecimal number, the lowest for the first one."""
    if not history:
        return set()
    first, bits = date.fromisoformat(history["first"]), int(history["days"], 16)
    return {first + timedelta(offset) for offset in range(bits.bit_length()) if bits >> offset & 1}


def _rows(history: Mapping[str, Any]) -> dict[date, int]:
    """Unpack the rows by day: a list that ends with the last day, null for days without."""
    rows, days = history.get("rows", ()), _days(history)
    if not rows or not days:
        return {}
    begin = max(days) - timedelta(len(rows) - 1)
    return {begin + timedelta(place): int(count) for place, count in enumerate(rows) if count is not None}
