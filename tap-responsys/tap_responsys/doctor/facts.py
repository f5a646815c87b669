"""What the doctor looks at, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_responsys.kinds import KEY_FEEDS
from tap_responsys.listing import Listing
from tap_responsys.parse import Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from responsys_io.errors import ResponsysError
    from tap_responsys.kinds import ExportKind
    from tap_responsys.ledger import Ledger
    from tap_responsys.listing import ExportFile

SAMPLE_BYTES = 64 * 2**10


@dataclass(frozen=True)
class Wanted:
    """What the settings say.

    Args:
        kinds: The kinds of exports by stream.
        path: The folder or folders.
        dialect: How exports are written.
        ready_extension: Extension of ready files; empty for none.
        count_extension: Extension of count files; empty for none.
        account_id: The only account whose feeds are read; empty for any.
        start_date: Exports made before it are not read; ISO 8601, or empty.
        streams: The only streams that are read; empty for all.
        skips_changed: Whether files that changed after they were read count as read.
        takes_away: Whether files leave the folder once they are read.
        min_volume_ratio: The least share of the usual rows that is no finding.
        fails_on_low_volume: Whether fewer rows are a problem, not a warning.
        key_max_age_days: From which age on a key is a finding.
    """

    kinds: Mapping[str, ExportKind]
    path: str = "download"
    dialect: Dialect = field(default_factory=Dialect)
    ready_extension: str = ""
    count_extension: str = ""
    account_id: str = ""
    start_date: str = ""
    streams: Sequence[str] = ()
    skips_changed: bool = False
    takes_away: bool = False
    min_volume_ratio: float = 0.25
    fails_on_low_volume: bool = False
    key_max_age_days: int = 365

    @property
    def read(self) -> list[ExportKind]:
        """The kinds that are read when there are exports of them."""
        return [kind for kind in self.kinds.values() if not self.streams or kind.stream in self.streams]

    @property
    def expected(self) -> list[ExportKind]:
        """The kinds that there have to be exports of: key feeds, contact lists and configured tables."""
        return [kind for kind in self.read if kind.stream in KEY_FEEDS or kind.pattern]


@dataclass(frozen=True)
class KeyFacts:
    """A private key that the tap signs in with.

    Args:
        source: The setting, or the path of the file, that it comes from.
        kind: SSH name of its type.
        bits: Its length.
        age_days: Its age, None where it is not known.
        fingerprint: SHA256 fingerprint of its public half.
    """

    source: str
    kind: str
    bits: int
    age_days: int | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class ServerFacts:
    """The file server and the way to it.

    Args:
        address: Host and port.
        username: User.
        error: Why it cannot be reached or its folder not listed, None where that works.
        host_key: Type and SHA256 fingerprint of the key that it has shown; empty where it was not seen.
    """

    address: str
    username: str
    error: ResponsysError | None = None
    host_key: tuple[str, str] | tuple[()] = ()


@dataclass(frozen=True)
class Sample:
    """The newest complete export of a stream, as far as it is looked at.

    Args:
        export: The file.
        start: Its first bytes, unpacked and decrypted.
        error: Why it cannot be unpacked, None where it can.
        counts: Text of its ready and count file by extension, where they are there.
    """

    export: ExportFile
    start: bytes = b""
    error: ResponsysError | None = None
    counts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """Everything that the doctor knows.

    Args:
        now: The time in UTC.
        wanted: What the settings say.
        server: The file server.
        keys: The keys to sign in with.
        exposed_files: Settings or key files with secrets that other users of this machine may read.
        listing: What lies in the folder.
        samples: The newest complete export by stream.
        ledgers: What has been read, by stream, None where no state is given.
        state_errors: Streams whose state cannot be read, and why.
    """

    now: datetime
    wanted: Wanted
    server: ServerFacts
    keys: Sequence[KeyFacts] = ()
    exposed_files: Sequence[str] = ()
    listing: Listing = field(default_factory=Listing)
    samples: Mapping[str, Sample] = field(default_factory=dict)
    ledgers: Mapping[str, Ledger] | None = None
    state_errors: Mapping[str, ResponsysError] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The date in UTC."""
        return self.now.date()

    def ledger(self, stream: str) -> Ledger | None:
        """Return what has been read of a stream, None where that is not known."""
        return (self.ledgers or {}).get(stream)

    def last_day(self, stream: str) -> date | None:
        """Return the day of a stream's last export, on the server or read before; None for one never seen."""
        ledger = self.ledger(stream)
        days = [export.day for export in self.listing.exports.get(stream, ())]
        if ledger is not None and ledger.history.last is not None:
            days.append(ledger.history.last)
        return max(days, default=None)
