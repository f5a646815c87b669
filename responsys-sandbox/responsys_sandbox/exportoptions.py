"""The settings of the account's export jobs: what Connect's wizard offers, and what is uncertain."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, fields
from typing import Literal

EMAIL_FEEDS = (
    "SENT", "OPEN", "CLICK", "BOUNCE", "OPT_IN", "OPT_OUT", "LAUNCH_STATE", "FAIL", "SKIPPED", "COMPLAINT",
)  # fmt: skip
"""The feeds that the account's life fills."""

MAX_CUSTOM_COLUMNS = 12
_MAX_OFFSET = 14

FullLists = Literal["first", "daily", "weekly", "monthly"]
"""When a contact list is exported in full: the first time, and besides that never, each day, each seventh
day, or on the first day of a month. Otherwise the job exports what has changed."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How the export jobs write.

    Args:
        account_id: The account's number, in every feed file's name and row.
        feeds: Feeds of the daily run, of `EMAIL_FEEDS`, in the order in which their files are made.
        delimiter: One character between fields.
        quote: The enclosure, doubled inside a field; empty for none.
        encoding: Character set.
        header: Whether the first line names the columns.
        extension: Of uncompressed feed files; Oracle's pages disagree about txt and csv.
        compression: How the files are packed: not at all, zip or gzip.
        inner_suffix: Whether a packed or encrypted file is named `X.txt.zip`, not `X.zip`; both have been
            seen.
        encryption: Whether files are encrypted with PGP, for the key that the sandbox makes for its customer.
        pgp_armour: Whether the message is text, not binary.
        pgp_signed: Whether the sender signs it.
        pgp_first: Whether files are encrypted and then packed (`X.gpg.zip`), not the other way round.
        ready_extension: Extension of the ready file; None writes none.
        ready_name: What ready and count files are named after: base for `X.ready`, inner for `X.txt.ready`
            however the file is packed, full for `X.zip.ready`.
        ready_count: Whether the ready file holds the number of records; else it is empty.
        count_extension: Extension of a count file besides; None writes none.
        count_header: Whether the counts include the header line.
        empty_feed: What a feed without events becomes: a file with a header, one of zero bytes, or none.
        custom_columns: The account's custom columns, at most 12.
        custom_position: Where they stand: each feed's documented place, or first, or last.
        add_ons: Names of the built-in add-on columns that are switched on, in feeds that have them.
        derived_column: A campaign attribute as a column of SENT and LAUNCH_STATE, under a name of its own;
            empty for none. Its nulls are empty fields without quotes.
        shuffle_columns: Whether the account has an order of columns of its own.
        duplicates: Share of rows that are written twice; in LAUNCH_STATE fifty times that share.
        unsorted: Whether rows stand only roughly in time's order.
        utc_offset: The account's zone, hours east of UTC; file names carry its time.
        local_times: Whether feeds write times in that zone, too, and not in UTC.
        contacts_name: Name of the contact list's exports; `{stamp}` stands for date and time, `{kind}` for
            full or delta.
        contacts_full: When the contact list is exported in full.
        contact_columns: Columns of the exports of contact lists; empty for all.
        second_list_name: Name of the exports of a second contact list; empty for none.
        second_list_full: When that list is exported in full.
        second_list_share: Which part of the account's contacts is in it.
        extension_name: Name of the exports of a profile extension table, in full; empty for none.
        supplemental_name: Name of the exports of a supplemental table, in full; empty for none.
        silent_days: Days on which no job runs, 0 for the first; the next run exports what they left.
    """

    account_id: int = 41207
    feeds: tuple[str, ...] = EMAIL_FEEDS
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool = True
    extension: Literal["txt", "csv"] = "txt"
    compression: Literal["none", "zip", "gz"] = "none"
    inner_suffix: bool = False
    encryption: Literal["none", "pgp"] = "none"
    pgp_armour: bool = False
    pgp_signed: bool = False
    pgp_first: bool = False
    ready_extension: str | None = "ready"
    ready_name: Literal["base", "inner", "full"] = "base"
    ready_count: bool = True
    count_extension: str | None = None
    count_header: bool = False
    empty_feed: Literal["header", "zero", "none"] = "header"
    custom_columns: tuple[str, ...] = ("LOYALTY_TIER", "STORE_ID")
    custom_position: Literal["default", "first", "last"] = "default"
    add_ons: tuple[str, ...] = ("USER_AGENT_STRING", "OPERATING_SYSTEM_INFO", "DEVICE_TYPE_INFO")
    derived_column: str = "CAMPAIGN_THEME"
    shuffle_columns: bool = False
    duplicates: float = 0.002
    unsorted: bool = True
    utc_offset: int = -6
    local_times: bool = False
    contacts_name: str = "CONTACT_LIST_{stamp}.csv"
    contacts_full: FullLists = "first"
    contact_columns: tuple[str, ...] = ()
    second_list_name: str = ""
    second_list_full: FullLists = "daily"
    second_list_share: float = 0.4
    extension_name: str = ""
    supplemental_name: str = ""
    silent_days: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check what the types leave open.

        Raises:
            ValueError: If a value is none that Connect knows.
        """
        if len(self.custom_columns) > MAX_CUSTOM_COLUMNS:
            raise ValueError(f"An account has at most {MAX_CUSTOM_COLUMNS} custom columns.")
        if len(self.delimiter) != 1 or len(self.quote) > 1:
            raise ValueError("The delimiter is one character, the enclosure one or none.")
        names = (self.contacts_name, self.second_list_name, self.extension_name, self.supplemental_name)
        chosen = [self.contacts_name, *filter(None, names[1:])]
        if any("." not in name or "/" in name for name in chosen):
            raise ValueError("A file name needs an extension and no folder.")
        if len(set(chosen)) != len(chosen):
            raise ValueError("Each job needs a file name of its own.")
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise ValueError(f"There is no character set {self.encoding}.") from None
        if unknown := set(self.feeds) - set(EMAIL_FEEDS):
            raise ValueError(f"The daily run has no feed {', '.join(sorted(unknown))}.")
        if abs(self.utc_offset) > _MAX_OFFSET:
            raise ValueError("The offset from UTC is in hours, -14 to 14.")


def export_options(values: dict[str, object]) -> ExportOptions:
    """Return the options that `dataclasses.asdict` and JSON have made of some."""
    known = {field.name for field in fields(ExportOptions)}
    return ExportOptions(
        **{  # type: ignore[arg-type]  # each value comes from a field of that type
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
            if name in known
        }
    )
