"""A healthy set-up as the doctor sees it, to be spoilt in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from responsys_io.fileserver import RemoteFile
from tap_responsys.doctor.facts import Facts, KeyFacts, Sample, ServerFacts, Wanted
from tap_responsys.kinds import KEY_FEEDS, export_kinds
from tap_responsys.ledger import FileEntry, Ledger
from tap_responsys.listing import ExportFile, ExportNames, Listing, sort_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from responsys_io.errors import ResponsysError

NOW = datetime(2026, 3, 15, 9, tzinfo=UTC)
TODAY = NOW.date()
STREAMS = (*KEY_FEEDS, "contacts")
FEED_TEXT = b'"EVENT_TYPE_ID","RIID","EVENT_CAPTURED_DT","EVENT_STORED_DT"\n"1","5","x","y"\n'
LIST_TEXT = b'"RIID_","EMAIL_PERMISSION_STATUS_","MODIFIED_DATE_"\n"5","I","2026-03-15 01:00:00"\n'
_SIZE = 1000
_DAYS_ON_SERVER = 10
_DAYS_READ = 45


def ago(days: int) -> date:
    return TODAY - timedelta(days)


def file_name(stream: str, day: date) -> str:
    stem = "CONTACT_LIST" if stream == "contacts" else f"1234_{stream.upper()}"
    return f"{stem}_{day:%Y%m%d}_060500.{'csv' if stream == 'contacts' else 'txt'}"


def written_at(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 6, 5, tzinfo=UTC).timestamp())


@dataclass
class Setup:
    """What there is: settings, files, what has been read; daily exports of seven feeds and a contact list."""

    settings: dict[str, Any] = field(default_factory=lambda: {"ready_extension": "ready"})
    files: dict[str, int] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    counts: dict[str, Mapping[str, str]] = field(default_factory=dict)
    read: dict[tuple[str, date], dict[str, int]] = field(default_factory=dict)
    sample_errors: dict[str, ResponsysError] = field(default_factory=dict)
    layouts: dict[str, list[str]] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def healthy(cls) -> Setup:
        setup = cls()
        for stream in STREAMS:
            for days in range(_DAYS_READ):
                setup.read[stream, ago(days)] = {"rows": 100, "lag": 3}
            for days in range(_DAYS_ON_SERVER):
                setup.add(stream, days)
            setup.texts[stream] = LIST_TEXT if stream == "contacts" else FEED_TEXT
            setup.counts[stream] = {"ready": "2\n"}
        return setup

    def add(self, stream: str, days: int) -> None:
        name = file_name(stream, ago(days))
        self.files[name] = self.files[f"{name.rpartition('.')[0]}.ready"] = written_at(ago(days))

    def keep(self, wanted: Callable[[str], bool]) -> None:
        """Remove files from the server by name."""
        self.files = {name: mtime for name, mtime in self.files.items() if wanted(name)}

    def rename(self, change: Callable[[str], str]) -> None:
        self.files = {change(name): mtime for name, mtime in self.files.items()}

    def forget(self, wanted: Callable[[str, date], bool]) -> None:
        """Undo what has been read where a condition on stream and day does not hold."""
        self.read = {place: how for place, how in self.read.items() if wanted(*place)}

    def facts(self) -> Facts:
        kinds = export_kinds(contacts_pattern="*CONTACT_LIST*", column_names=self.layouts)
        wanted = Wanted(kinds, **self.settings)
        remotes = (RemoteFile(f"download/{name}", _SIZE, mtime) for name, mtime in self.files.items())
        listing = sort_out(remotes, ExportNames(tuple(wanted.kinds.values()), wanted.account_id or None))
        more: dict[str, Any] = {
            "now": NOW,
            "wanted": wanted,
            "server": ServerFacts("files.example.com:22", "acme_scp"),
            "keys": [KeyFacts("responsys_key", "ssh-ed25519", 256, 30)],
            "listing": listing,
            "samples": self._samples(listing),
            "ledgers": self._ledgers(),
        }
        return Facts(**(more | self.more))

    def _samples(self, listing: Listing) -> dict[str, Sample]:
        return {
            stream: Sample(
                found[-1],
                self.texts.get(stream, b""),
                self.sample_errors.get(stream),
                self.counts.get(stream, {}),
            )
            for stream, found in listing.exports.items()
        }

    def _ledgers(self) -> dict[str, Ledger]:
        ledgers: dict[str, Ledger] = {}
        for (stream, day), how in sorted(self.read.items(), key=lambda item: item[0][1]):
            name, mtime = file_name(stream, day), written_at(day)
            remote = RemoteFile(f"download/{name}", _SIZE, mtime)
            export = ExportFile(remote, stream, name.rpartition(".")[0], f"{day:%Y%m%d}_060500")
            newest = datetime.fromtimestamp(mtime - how["lag"] * 60, UTC).isoformat()
            is_feed = stream != "contacts"
            entry = FileEntry(
                _SIZE,
                mtime,
                how["rows"],
                as_of="" if is_feed else f"{day}",
                newest=newest if is_feed else "",
            )
            ledgers.setdefault(stream, Ledger()).finish(export, entry)
        return ledgers
