"""The tap's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.settings import API_PROPERTIES, FILE_SERVER_PROPERTIES, SECRET, setting
from tap_responsys.rejects import REJECTED_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS: dict[str, dict[str, Any]] = {
    **FILE_SERVER_PROPERTIES,
    "path": setting(
        "string",
        "Folders",
        "Folders of the exports, relative to the user's home unless they begin with a slash; several "
        "separated by commas. Parts may be shell patterns; a last part that fits files means these files. A "
        "folder on this machine begins with file: and needs no server.",
        default="download",
        examples=["download", "download, download/CED_*", "file:/data/responsys"],
        type=["string", "array", "null"],
        items={"type": "string"},
    ),
    "archive_path": setting(
        "string",
        "Archive",
        "Where a copy of every file that is read is kept, as it lies on the server: a folder on this "
        "machine, or sftp: and a folder on the file server.",
        examples=["archive/responsys", "sftp:archive/CED"],
    ),
    "after_read": setting(
        "string",
        "After reading",
        "What becomes of files on the server once they are read: keep leaves them, archive moves them to "
        "archive_path (sftp:archive when it is not set), delete deletes them; with their ready and count "
        "files, and only in a later run, whose state shows that they have arrived.",
        default="keep",
        enum=["keep", "archive", "delete", None],
    ),
    "account_id": setting(
        "string", "Account id", "Read only feed files whose name begins with this Responsys account number."
    ),
    "contacts_file_pattern": setting(
        "string",
        "Contact list files",
        "Shell pattern for the names of contact list exports; case does not matter.",
        default="*CONTACT_LIST*",
    ),
    "contact_lists": setting(
        "object",
        "Contact lists",
        "Several contact lists: name to shell pattern for file names; list us becomes the stream "
        "contacts_us, and contacts_file_pattern does not count. A pattern with a slash is for the whole "
        "path.",
        additionalProperties={"type": "string"},
        examples=[{"us": "CONTACTS_US_*", "eu": "eu/CONTACTS_*"}],
    ),
    "detect_deleted_contacts": setting(
        "boolean",
        "Deleted contacts",
        "After a full export of a contact list, send ACTIVATE_VERSION, so that the destination marks the "
        "contacts that are no longer in it as deleted.",
        default=False,
    ),
    "full_contacts_file_pattern": setting(
        "string",
        "Full contact lists",
        "Shell pattern for the names of full exports among those of a contact list. When not set, an export "
        "is taken for an update when all its contacts were modified after the list before, or when it has "
        "less than half as many rows as the last full one.",
        examples=["*FULL*"],
    ),
    "table_exports": setting(
        "object",
        "Other exports",
        "Exports of profile extension and supplemental tables as streams: stream name to an object of "
        "file_pattern, key_columns (columns that identify a row; file and line without them) and types "
        "(column to integer, number, timestamp or text; text where nothing is said).",
        additionalProperties={
            "type": "object",
            "properties": {
                "file_pattern": {"type": "string"},
                "key_columns": {"type": "array", "items": {"type": "string"}},
                "types": {
                    "type": "object",
                    "additionalProperties": {"enum": ["integer", "number", "timestamp", "text"]},
                },
            },
            "required": ["file_pattern"],
            "additionalProperties": False,
        },
        examples=[
            {
                "loyalty": {
                    "file_pattern": "LOYALTY_*",
                    "key_columns": ["RIID_"],
                    "types": {"POINTS": "integer"},
                }
            }
        ],
    ),
    "streams": setting(
        "array",
        "Streams",
        "Names of the streams that there are to be, for runs that share the work; all of them when not set. "
        "The catalog's selection counts beside it.",
        items={"type": "string"},
        examples=[["sent", "open"]],
    ),
    "start_date": setting(
        "string",
        "Start date",
        "Leave out exports made before this day. The file server itself holds the last 14 days at first.",
        format="date-time",
        examples=["2026-01-31"],
    ),
    "end_date": setting(
        "string",
        "End date",
        "Leave out exports made on this day or later.",
        format="date-time",
        examples=["2026-02-01"],
    ),
    "lookback_days": setting(
        "number",
        "Look-back",
        "For how many days, counted from the newest file on the server, a file is remembered that has left "
        "it. Files that lie there are remembered in any case.",
        default=30,
        minimum=0,
    ),
    "verify_days": setting(
        "number",
        "Days to verify",
        "For how many days, counted from the newest file on the server, files that have been read are "
        "fetched again in each run, to find those that were rewritten in the same size and second; 0 for "
        "none. New files are fetched twice then.",
        default=0,
        minimum=0,
    ),
    "on_changed_file": setting(
        "string",
        "Changed files",
        "What becomes of a file that has been read and now has another size or time, or other bytes by "
        "verify_days: reread reads it whole, skip takes it for read, fail stops its stream.",
        default="reread",
        enum=["reread", "skip", "fail", None],
    ),
    "delimiter": setting(
        "string",
        "Delimiter",
        "Field delimiter of the export job: one character, or comma, semicolon, pipe, tab.",
        default=",",
    ),
    "quote_char": setting(
        "string", "Enclosure", "Field enclosure of the export job; empty for none.", default='"', maxLength=1
    ),
    "encoding": setting("string", "Character set", "Character set of the export job.", default="utf-8"),
    "has_header": setting(
        "boolean",
        "Header",
        "Whether the export job inserts the column names as first line. Without them the columns of a feed "
        "are the documented ones in their documented order, or those of column_names.",
        default=True,
    ),
    "column_names": setting(
        "object",
        "Columns of files without header",
        "Lists of column names by stream, in the order of the export: for contact lists, for accounts with "
        "custom or add-on columns, and wherever else the documented columns of a feed are not what the job "
        "writes. Used when has_header is false.",
        additionalProperties={
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "minItems": 1,
            "uniqueItems": True,
        },
        examples=[{"contacts": ["RIID_", "EMAIL_PERMISSION_STATUS_", "MODIFIED_DATE_"]}],
    ),
    "pgp_private_key": setting(
        "string",
        "PGP private key",
        "Private PGP key that encrypted exports are decrypted with, armoured, as gpg --armor "
        "--export-secret-keys prints it. Literal \\n stands for a line break. The program gpg has "
        "to be installed.",
        **SECRET,
    ),
    "pgp_private_key_file": setting(
        "string", "PGP private key file", "Path of a file with the private PGP key, armoured or binary."
    ),
    "pgp_passphrase": setting(
        "string", "PGP passphrase", "Passphrase of the private PGP key, where it has one.", **SECRET
    ),
    "pgp_public_key": setting(
        "string",
        "PGP public key of the sender",
        "Public PGP key that exports are signed with, armoured. When it is set, encrypted exports without a "
        "valid signature by this key are refused; when it is not, signatures are not checked.",
    ),
    "pgp_public_key_file": setting(
        "string",
        "PGP public key file",
        "Path of a file with the sender's public PGP key, armoured or binary.",
    ),
    "timezone": setting(
        "string",
        "Time zone",
        "IANA name of the zone that exports write times in. UTC unless the account exports in its own time.",
        default="UTC",
        examples=["UTC", "America/Chicago"],
    ),
    "ready_extension": setting(
        "string",
        "Ready file extension",
        "Extension of the ready files that the export job writes. An export without one waits "
        "for a later run. When not set, an export is read once it has kept still.",
        examples=["ready"],
    ),
    "count_extension": setting(
        "string",
        "Count file extension",
        "Extension of count files that the export job writes. Where a ready or count file states a number of "
        "records, an export with another number of rows does not count as read.",
        examples=["count"],
    ),
    "count_includes_header": setting(
        "boolean",
        "Counts include the header",
        "Whether the numbers in ready and count files count the header line. When not set, the first file of "
        "a stream shows it.",
    ),
    "settle_seconds": setting(
        "number",
        "Settle time",
        "How many seconds an export has to keep its size and time to count as complete where there are no "
        "ready files.",
        default=10,
        minimum=0,
    ),
    "on_error": setting(
        "string",
        "Rows that do not fit",
        f"quarantine sends them to the stream {REJECTED_ROWS} and goes on; fail stops at the first one.",
        default="quarantine",
        enum=["quarantine", "fail", None],
    ),
    "max_rejected_rows": setting(
        "number",
        "Most rejected rows",
        "Share of a file's rows, from 0 to 1, that may go to rejected_rows; with more the file does not "
        "count as read and its stream stops.",
        minimum=0,
        maximum=1,
    ),
    "max_uncompressed_bytes": setting(
        "integer",
        "Most bytes unpacked",
        "How many bytes a packed or encrypted export may have unpacked; one with more is not read. Not set, "
        "it is 200 times the packed size, and 100 MiB in any case.",
        minimum=1,
    ),
    "key_max_age_days": setting(
        "integer",
        "Oldest key",
        "Of --doctor: age in days from which on the file of a private key is a finding.",
        default=365,
        minimum=1,
    ),
    "min_volume_ratio": setting(
        "number",
        "Least volume",
        "Of --doctor: a day with fewer rows than this share of the usual ones (the median of the same "
        "weekday in the four weeks before) is a finding.",
        default=0.25,
        minimum=0,
        maximum=1,
    ),
    "on_low_volume": setting(
        "string",
        "Low volume",
        "Of --doctor: whether such a day is a warning, or a problem that makes the exit code 2.",
        default="warn",
        enum=["warn", "fail", None],
    ),
    **API_PROPERTIES,
}


def chosen(config: Mapping[str, Any], name: str) -> Any:
    """Return a setting, or its default where it is not set."""
    value = config.get(name)
    return SETTINGS[name].get("default") if value is None else value
