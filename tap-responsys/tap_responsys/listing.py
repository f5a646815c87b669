"""Which file on the server is which export: file names in, export files by stream out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from responsys_io.feeds import feeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from responsys_io.fileserver import RemoteFile

# Oracle, responsys-user, Help/CED/CEDOutputFiles.htm: account, feed, date, time. Zipped exports are seen
# both as X.zip and as X.txt.zip, encrypted ones may carry .gpg at either place.
_SUFFIXES = re.compile(r"(?:\.(?:txt|csv|zip|gz|gpg|pgp|asc))+$", re.IGNORECASE)
_FEED_NAME = re.compile(r"(?P<account>\d+)_(?P<stem>[A-Z_]+?)_(?P<stamp>\d{8}_\d{6})", re.IGNORECASE)
_STAMP_FORMAT = "%Y%m%d_%H%M%S"
_STAMP = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?:_?(\d{2})(\d{2})(\d{2}))?(?!\d)")


@dataclass(frozen=True)
class ExportFile:
    """An export on the server.

    Args:
        remote: The file as listed.
        stream: The stream that its rows belong to.
        base: Its name without the suffixes that say how it is packed.
        stamp: `YYYYMMDD_HHMMSS` from the name, empty where the name has no date. The time zone of a stamp is
            the account's at best, so it orders files and is no instant.
    """

    remote: RemoteFile
    stream: str
    base: str
    stamp: str = ""

    @property
    def name(self) -> str:
        """The file name, which identifies an export in records and in state."""
        return self.remote.name

    @property
    def stamped_at(self) -> str:
        """The stamp in the form of a record's timestamps, empty without one."""
        return (
            datetime.strptime(self.stamp, _STAMP_FORMAT).replace(tzinfo=UTC).isoformat() if self.stamp else ""
        )

    @property
    def order(self) -> tuple[str, str]:
        """Sorts exports in the order in which they were made, as far as names and times tell."""
        return self.stamp or _stamp_of(self.remote.mtime), self.name


@dataclass(frozen=True)
class ExportNames:
    """How exports are recognised by their names.

    Args:
        contacts_pattern: Shell pattern for exports of the contact list, matched without regard to case
            against the name with and without its suffixes.
        account_id: Take only feed files of this account.
    """

    contacts_pattern: str
    account_id: str | None = None

    def recognise(self, remote: RemoteFile) -> ExportFile | None:
        """Return the export that a file is, or None for any other file."""
        suffixes = _SUFFIXES.search(remote.name)
        if suffixes is None:
            return None
        base = remote.name[: suffixes.start()]
        if feed := _FEED_NAME.fullmatch(base):
            stem = feed["stem"].upper()
            if stem in feeds():
                if self.account_id and feed["account"] != self.account_id:
                    return None
                return ExportFile(remote, feeds()[stem].stream_name, base, feed["stamp"])
        pattern = self.contacts_pattern.lower()
        if any(fnmatchcase(name.lower(), pattern) for name in (base, remote.name)):
            return ExportFile(remote, CONTACTS, base, _stamp_in(base))
        return None


CONTACTS = "contacts"


@dataclass(frozen=True)
class Listing:
    """A folder's files, sorted out.

    Args:
        exports: Export files by stream, each list in the order of `ExportFile.order`.
        files: Every file of the folder by name, ready and count files among them.
        unrecognised: Names with an export's suffix that belong to no stream.
        newest_mtime: The latest modification time in the folder: a lower bound of the server's clock.
    """

    exports: Mapping[str, list[ExportFile]] = field(default_factory=dict)
    files: Mapping[str, RemoteFile] = field(default_factory=dict)
    unrecognised: tuple[str, ...] = ()
    newest_mtime: int = 0


def sort_out(files: Iterable[RemoteFile], names: ExportNames) -> Listing:
    """Assign the files of a folder to streams."""
    exports: dict[str, list[ExportFile]] = {}
    seen: dict[str, RemoteFile] = {}
    unrecognised: list[str] = []
    newest = 0
    for remote in files:
        seen[remote.name] = remote
        newest = max(newest, remote.mtime)
        export = names.recognise(remote)
        if export is not None:
            exports.setdefault(export.stream, []).append(export)
        elif _SUFFIXES.search(remote.name):
            unrecognised.append(remote.name)
    for found in exports.values():
        found.sort(key=lambda export: export.order)
    return Listing(exports, seen, tuple(sorted(unrecognised)), newest)


def _stamp_in(base: str) -> str:
    """Find a date, with or without a time, anywhere in a name that its user has chosen."""
    for found in _STAMP.finditer(base):
        year, month, day, hour, minute, second = found.groups(default="00")
        try:
            datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        except ValueError:
            continue
        return f"{year}{month}{day}_{hour}{minute}{second}"
    return ""


def _stamp_of(mtime: int) -> str:
    return datetime.fromtimestamp(mtime, UTC).strftime(_STAMP_FORMAT)
