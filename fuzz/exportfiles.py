"""Files of the file server: their names, their packing, their text."""

from __future__ import annotations

import io
import json
import re

import msgspec

from responsys_io.errors import ResponsysError
from responsys_io.files import RemoteFile, is_plain_name, is_readable_name
from responsys_io.statedcounts import stated_count
from tap_responsys import columns
from tap_responsys.arraylines import ArrayWriter
from tap_responsys.decode import decoded
from tap_responsys.kinds import export_kinds
from tap_responsys.ledger import Ledger
from tap_responsys.listing import ExportNames, sort_out
from tap_responsys.parse import Dialect, ExportReader, Rejected
from tap_responsys.readiness import companion
from tap_responsys.recordlines import RecordForm, RecordWriter
from tap_responsys.window import window_warning

KINDS = export_kinds(contacts_pattern="*contact*list*")
_NAMES = ExportNames(tuple(KINDS.values()))
_DIALECTS = (
    Dialect(),
    Dialect(delimiter=";", quote_char=""),
    Dialect(delimiter="\t", encoding="utf-16", timezone="America/New_York"),
    Dialect(encoding="latin-1", has_header=False),
    Dialect(delimiter="|", quote_char="'", encoding="shift_jis"),
)
_TYPES = ("text", "integer", "timestamp", "number")
_FORMS = [
    RecordForm(
        "x",
        ("A", "B", "C", "D"),
        {"A": "integer", "B": "timestamp", "C": "text", "D": "number"},
        "X.txt",
        "then",
        moments="B",
        delimiter=delimiter,
        quote_char=quote_char,
        timezone=timezone,
    )
    for delimiter, quote_char, timezone in ((",", '"', "UTC"), (";", "", "Europe/Berlin"), ("\t", "'", "UTC"))
]
_TIME = re.compile(rb'"time_extracted":"[^"]*"')
# More than any of the inputs grows to; a bound that is not kept is found by its size.
_MOST_UNPACKED = 1 << 20


def delimited(data: bytes) -> None:
    """Read an export's text; its first byte chooses how it is said to be written."""
    dialect, text = _DIALECTS[data[0] % len(_DIALECTS)] if data else _DIALECTS[0], data[1:]
    try:
        reader = ExportReader(io.BytesIO(text), dialect, "X.txt", ("A", "B", "C"))
    except ResponsysError:
        return
    types = {name: _TYPES[place % len(_TYPES)] for place, name in enumerate(reader.header)}
    line = rows = 0
    for row in reader.rows(types, required=reader.header[:1]):  # type: ignore[arg-type]  # these are column types
        assert row.line > line, "lines are numbered upwards"
        line, rows = row.line, rows + 1
        if isinstance(row, Rejected):
            assert row.reason, "a row is rejected for a reason"
        else:
            assert row.values.keys() == types.keys(), "a row has every column"
            msgspec.json.encode(row.values)
    assert rows <= len(text) + 1, "there are no more rows than bytes"


def blocks(data: bytes) -> None:
    """Make lines of a block by arithmetic, and with the CSV parser; the first byte chooses how it is written.

    What is to be read stands among plain lines, or all of it would be left to the parser.
    """
    form = _FORMS[data[0] % len(_FORMS)] if data else _FORMS[0]
    plain = form.delimiter.join(("1", "05-Jan-2026 13:11:54", "text", "")).encode() + b"\n"
    block = 30 * plain + data[1:].decode(errors="replace").encode() + 30 * plain
    found = []
    for writer in (ArrayWriter(form), RecordWriter(form)):
        output = io.BytesIO()
        written = writer.write(2, block, output)
        found.append((written, _TIME.sub(b"", output.getvalue())))
    assert found[0] == found[1], "both write the same"


def header(data: bytes) -> None:
    """Turn a first line into the schema of a stream; the first byte chooses which."""
    kind = list(KINDS.values())[data[0] % len(KINDS)] if data else KINDS["contacts"]
    try:
        reader = ExportReader(io.BytesIO(data[1:]), Dialect(), "X.txt")
        reader.check_header(kind.columns)
    except ResponsysError:
        return
    known = columns.schema(kind.usual_columns, contacts=kind.is_contacts)
    new = columns.new_names(reader.header, known["properties"])
    made = columns.schema(kind.typed([*reader.header, *new]).values(), contacts=kind.is_contacts)
    assert made["properties"].keys() >= set(reader.header), "every column is in the schema"
    json.dumps(made).encode()


def archive(data: bytes) -> None:
    """Unpack a file, however it is packed."""
    raw = io.BytesIO(data)
    size = 0
    try:
        with decoded(raw, "X.zip", None, _MOST_UNPACKED) as text:  # type: ignore[arg-type]  # reads like a file
            while block := text.read(1 << 16):
                size += len(block)
    except ResponsysError:
        return
    assert size <= max(_MOST_UNPACKED, len(data)), "nothing comes out beyond the bound"


def file_names(data: bytes) -> None:
    """Sort files out by their names, a line each, and keep a ledger of them."""
    lines = data.decode(errors="replace").split("\n")[:50]
    names = [name for name in lines if is_plain_name(name) and is_readable_name(name)]
    files = [RemoteFile(f"download/{name}", len(name), number * 86_400) for number, name in enumerate(names)]
    listing = sort_out(files, _NAMES)
    for stream, exports in listing.exports.items():
        ledger = Ledger()
        for export in exports:
            companion(export, listing, "ready")
            export.day, export.not_before  # noqa: B018  both are computed
            entry = ledger.progress(export)
            ledger.finish(export, entry)
            assert ledger.is_read(export), "what has been read is in the ledger"
        window_warning(stream, ledger, exports, exports[-1].day)
        ledger.forget({export.name for export in exports}, listing.newest_mtime, 0)
        stored = json.loads(json.dumps(ledger.to_state()))
        again = Ledger.from_state(stored, stream)
        assert all(again.is_read(export) for export in exports), "a ledger survives its state"
    stated_count(data.decode("ascii", errors="replace"))


def ledger_state(data: bytes) -> None:
    """Read a state that somebody may have edited."""
    try:
        state = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(state, dict):
        return
    try:
        ledger = Ledger.from_state(state, "open")
    except ResponsysError:
        return
    json.dumps(ledger.to_state())
