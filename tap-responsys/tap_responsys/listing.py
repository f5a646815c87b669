"""Which file on the server is which export: file names in, export files by stream out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from responsys_io.exportnames import STAMP_FORMAT, SUFFIXES, day_of_stamp, is_stamp, stamp_in, stamp_of
from responsys_io.feeds import feeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from responsys_io.files import RemoteFile
    from tap_responsys.kinds import ExportKind

_FEED_NAME = re.compile(r"(?P<account>\d+)_(?P<stem>[A-Z_]+?)_(?P<stamp>\d{8}_\d{6})", re.IGNORECASE)
_FARTHEST_ZONE = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class ExportFile:
    """An export on the server.

    Args:
        remote: The file as listed.
        stream: The stream that its rows belong to.
        base: Its name without the suffixes that say how it is packed.
        known_as: What identifies it, where another file of the stream has its name: folder and name.
        stamp: `YYYYMMDD_HHMMSS` from the name, empty where the name has no date. The time zone of a stamp is
            the account's at best, so it orders files and is no instant.
    """

    remote: RemoteFile
    stream: str
    base: str
    stamp: str = ""
    known_as: str = ""

    @property
    def name(self) -> str:
        """What identifies an export in records and in state: its file name, wherever it lies."""
        return self.known_as or self.remote.name

    @property
    def made_at(self) -> str:
        """The stamp, or the modification time in its form where the name has none."""
        return self.stamp or stamp_of(self.remote.mtime)

    @property
    def day(self) -> date:
        """The day that the export belongs to."""
        return day_of_stamp(self.made_at)

    @property
    def not_before(self) -> str:
        """The earliest instant in UTC at which the export can have been made, empty where no name tells.

        The stamp is in the account's zone at best, and no zone is more than 14 hours ahead of UTC.
        """
        if not self.stamp:
            return ""
        moment = datetime.strptime(self.stamp, STAMP_FORMAT).replace(tzinfo=UTC)
        return (moment - _FARTHEST_ZONE).isoformat()

    @property
    def order(self) -> tuple[str, str]:
        """Sorts exports in the order in which they were made, as far as names and times tell."""
        return self.made_at, self.name


@dataclass(frozen=True)
class ExportNames:
    """How exports are recognised by their names.

    Args:
        kinds: The kinds of exports, feeds by their stems, others by their patterns: the first that fits
            counts. Patterns are matched without regard to case against the name with and without its
            suffixes, those with a slash in them against the whole path.
        account_id: Take only feed files of this account.
    """

    kinds: Sequence[ExportKind]
    account_id: str | None = None

    def layout(self, stream: str) -> tuple[str, ...]:
        """Return the columns of a stream's exports that have no header; empty if nobody knows them."""
        return next((kind.layout for kind in self.kinds if kind.stream == stream), ())

    def recognise(self, remote: RemoteFile) -> ExportFile | None:
        """Return the export that a file is, or None for any other file."""
        suffixes = SUFFIXES.search(remote.name)
        if suffixes is None:
            return None
        base = remote.name[: suffixes.start()]
        feed = _FEED_NAME.fullmatch(base)
        if feed and feed["stem"].upper() in feeds() and is_stamp(feed["stamp"]):
            if self.account_id and feed["account"] != self.account_id:
                return None
            return ExportFile(remote, feeds()[feed["stem"].upper()].stream_name, base, feed["stamp"])
        return next(
            (
                ExportFile(remote, kind.stream, base, stamp_in(base))
                for kind in self.kinds
                if kind.pattern and _fits(kind.pattern, remote, base)
            ),
            None,
        )


@dataclass(frozen=True)
class Listing:
    """A folder's files, sorted out.

    Args:
        exports: Export files by stream, each list in the order of `ExportFile.order`.
        files: The files that were listed by their paths in lower case, ready and count files among them.
        unrecognised: Names with an export's suffix that belong to no stream.
        newest_mtime: The latest modification time in the folder: a lower bound of the server's clock.
    """

    exports: Mapping[str, list[ExportFile]] = field(default_factory=dict)
    files: Mapping[str, RemoteFile] = field(default_factory=dict)
    unrecognised: tuple[str, ...] = ()
    newest_mtime: int = 0


def sort_out(files: Iterable[RemoteFile], names: ExportNames, beside: Iterable[RemoteFile] = ()) -> Listing:
    """Assign files to streams.

    Two files of one name and size are one export, the first of them, where they agree in time or their name
    has a date: somebody has copied or moved it. Else the later one is another export, known by its folder as
    well.

    Args:
        files: The files, in the order of their folders' importance.
        names: How exports are recognised.
        beside: Other files of their folders.
    """
    exports: dict[str, dict[str, ExportFile]] = {}
    seen: dict[str, RemoteFile] = {}
    unrecognised: list[str] = []
    newest = 0
    for remote in files:
        seen[remote.path.lower()] = remote
        newest = max(newest, remote.mtime)
        export = names.recognise(remote)
        if export is not None:
            known = exports.setdefault(export.stream, {})
            if (other := known.get(export.name)) is None:
                known[export.name] = export
            elif not _is_copy(export, other):
                known.setdefault(remote.path, replace(export, known_as=remote.path))
        elif SUFFIXES.search(remote.name):
            unrecognised.append(remote.name)
    for remote in beside:
        seen.setdefault(remote.path.lower(), remote)
        newest = max(newest, remote.mtime)
    in_order = {
        stream: sorted(known.values(), key=lambda export: export.order) for stream, known in exports.items()
    }
    return Listing(in_order, seen, tuple(sorted(unrecognised)), newest)


def is_named(export: ExportFile, pattern: str) -> bool:
    """Tell whether a shell pattern fits an export's name, with or without its suffixes, in any case."""
    return _fits(pattern, export.remote, export.base)


def _is_copy(export: ExportFile, other: ExportFile) -> bool:
    same_time = export.remote.mtime == other.remote.mtime
    return export.remote.size == other.remote.size and (same_time or bool(export.stamp))


def _fits(pattern: str, remote: RemoteFile, base: str) -> bool:
    texts = (remote.path,) if "/" in pattern else (base, remote.name)
    return any(fnmatchcase(text.lower(), pattern.lower()) for text in texts)
