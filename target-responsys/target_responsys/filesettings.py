"""The settings of delivery as a file: its form, its name, its way, and what follows the upload."""

from __future__ import annotations

from typing import Any

from responsys_io.settings import SECRET, setting
from target_responsys.tablerules import JOB_ID

_FORMAT: dict[str, dict[str, Any]] = {
    "include_header": setting(
        "boolean", "Header", "Of delivery sftp: write the columns' names into the first line.", default=True
    ),
    "delimiter": setting(
        "string",
        "Delimiter",
        "Of delivery sftp: field delimiter, one character or comma, semicolon, pipe, tab.",
        default=",",
    ),
    "quote_char": setting(
        "string",
        "Enclosure",
        "Of delivery sftp: character around every field; inside a field it is doubled. Empty for none: a "
        "record with the delimiter in a value is refused then.",
        default='"',
        maxLength=1,
    ),
    "line_end": setting(
        "string",
        "Line end",
        "Of delivery sftp: what ends a line, LF or CRLF.",
        default="lf",
        enum=["lf", "crlf", None],
    ),
    "encoding": setting(
        "string",
        "Character set",
        "Of delivery sftp: character set of the file. A record with a character that it has not is refused.",
        default="utf-8",
        examples=["utf-8", "iso-8859-1", "windows-1252", "utf-16"],
    ),
    "date_mask": setting(
        "string",
        "Date mask",
        "Of delivery sftp: how timestamps and dates are written, of YYYY, MM, MON (JUL), Mon (Jul), DD, "
        "HH24, MI, SS and marks between them. Oracle's page on data loads names the default only.",
        default="YYYY-MM-DD HH24:MI:SS",
        examples=["DD-Mon-YYYY HH24:MI:SS", "YYYY-MM-DD"],
    ),
    "null_text": setting(
        "string",
        "Null text",
        "Of delivery sftp: text of values that a record has not or that are null or empty. Responsys stores "
        "any text but the empty one as it is, unless the import job is told otherwise.",
        default="",
    ),
    "csv_safe_cells": setting(
        "boolean",
        "Guard against formulas",
        "Of delivery sftp: put an apostrophe before values that begin with =, +, -, @ or a tab, which a "
        "spreadsheet would take for formulas. It ends up in Responsys: +49 numbers and negative amounts "
        "are spoilt. Only for files that people open.",
        default=False,
    ),
}

_NAME: dict[str, dict[str, Any]] = {
    "remote_path": setting(
        "string",
        "Upload folder",
        "Of delivery sftp: folder on the file server that the import job reads.",
        default="upload",
    ),
    "file_name": setting(
        "string",
        "File name",
        "Of delivery sftp: name without extension, of letters, digits, underscores and the places {table}, "
        "{stream}, {campaign_id}, {execution_id} and {date} (YYYYMMDD). Other characters in what is filled "
        "in become underscores.",
        default="{table}",
    ),
    "date_suffix": setting(
        "boolean",
        "Date suffix",
        "Of delivery sftp: put _YYYYMMDD_HHMMSS (UTC) behind the file's name, and a number behind that where "
        "another run has taken the name.",
        default=True,
    ),
    "existing_file": setting(
        "string",
        "Existing file",
        "Of delivery sftp: what happens when a file of the name is there: replace it in one step, or refuse "
        "to.",
        default="replace",
        enum=["replace", "refuse", None],
    ),
    "split_rows": setting(
        "integer",
        "Rows per file",
        "Of delivery sftp: begin a new file after so many rows. Files are numbered _001, _002, each complete "
        "with header, count and ready file; not for an import job that overwrites its table. 0 for one "
        "file.",
        default=0,
        minimum=0,
    ),
    "split_bytes": setting(
        "integer",
        "Bytes per file",
        "Of delivery sftp: begin a new file before one gets larger than this, measured before compression "
        "and encryption. 0 for one file.",
        default=0,
        minimum=0,
    ),
    "count_extension": setting(
        "string",
        "Count file extension",
        "Of delivery sftp: write a count file with this extension, which holds the number of rows. The "
        "import job has to expect it.",
        examples=["count"],
    ),
    "count_header": setting(
        "boolean",
        "Header counts",
        "Of delivery sftp: whether the header is a row to the count file.",
        default=False,
    ),
    "ready_extension": setting(
        "string",
        "Ready file extension",
        "Of delivery sftp: write an empty file with this extension last of all.",
        examples=["ready"],
    ),
    "marker_names": setting(
        "string",
        "Names of count and ready files",
        "Of delivery sftp: append makes data.csv.count, replace makes data.count.",
        default="append",
        enum=["append", "replace", None],
    ),
}

_PACKING: dict[str, dict[str, Any]] = {
    "compression": setting(
        "string",
        "Compression",
        "Of delivery sftp: pack the file. Oracle names no compression that an import job can read: try it "
        "with the job first.",
        default="none",
        enum=["none", "zip", "gzip", None],
    ),
    "encryption": setting(
        "string",
        "Encryption",
        "Of delivery sftp: pgp encrypts the file for pgp_public_key while it is written, so that its text is "
        "on no disk. The program gpg has to be installed.",
        default="none",
        enum=["none", "pgp", None],
    ),
    "pgp_public_key": setting(
        "string",
        "PGP public key of Responsys",
        "Public PGP key that files are encrypted for, armoured. Literal \\n stands for a line break.",
    ),
    "pgp_public_key_file": setting(
        "string",
        "PGP public key file",
        "Path of a file with the public PGP key of Responsys, armoured or binary.",
    ),
    "pgp_private_key": setting(
        "string",
        "PGP private key",
        "Private PGP key that encrypted files are signed with, armoured. They are not signed when it is not "
        "set.",
        **SECRET,
    ),
    "pgp_private_key_file": setting(
        "string", "PGP private key file", "Path of a file with the private PGP key, armoured or binary."
    ),
    "pgp_passphrase": setting(
        "string", "PGP passphrase", "Passphrase of the private PGP key, where it has one.", **SECRET
    ),
}

_FOLLOW_UP: dict[str, dict[str, Any]] = {
    "require_final_state": setting(
        "boolean",
        "Require a final state",
        "Publish no file, and delete nobody from a mirrored audience, when the input does not end with a "
        "STATE message, since the tap has died then. Switch it off for taps that write no state.",
        default=True,
    ),
    "verify_upload": setting(
        "string",
        "Check of the upload",
        "Of delivery sftp: what is compared before a file gets its name: size compares its size and last "
        "bytes, content reads all of it back and compares checksums.",
        default="size",
        enum=["size", "content", None],
    ),
    "connect_job_id": setting(
        "string",
        "Connect job",
        "Of delivery sftp: id of the import job to start over REST when all files stand; "
        "tables.<stream>.connect_job_id names one for a stream. Needs the api settings and a user with "
        "access to Connect. The job has to be active.",
        pattern=JOB_ID,
        examples=["1234"],
    ),
    "pickup_timeout": setting(
        "number",
        "Wait for the import job",
        "Of delivery sftp: seconds to wait for the end of the import job and until the files have left the "
        "folder. A job that fails and a file that stays fail the run, and the next one delivers the data "
        "again. 0 does not wait. When not set, 1800 with connect_job_id, else 0.",
        minimum=0,
        examples=[600],
    ),
    "verify_rows": setting(
        "integer",
        "Rows read back",
        "Of delivery sftp: how many rows of a file are looked for in its table over REST once it was taken, "
        "since a job also deletes files that it refuses. Done when the import job is waited for and the api "
        "settings are set.",
        default=5,
        minimum=0,
        maximum=1000,
    ),
}

FILE_PROPERTIES = {**_NAME, **_FORMAT, **_PACKING, **_FOLLOW_UP}
