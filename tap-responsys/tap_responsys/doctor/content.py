"""Whether the newest export of a stream is written as the settings say, from its first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_io.statedcounts import stated_count
from tap_responsys.columns import MODIFIED_DATE, PERMISSION_STATUS
from tap_responsys.doctor.charsets import charset_shown, is_wide
from tap_responsys.doctor.findings import READY_FILE, SELECT_OBJECT, SPECIFICATION, Finding, listed, step
from tap_responsys.doctor.headers import (
    DELIMITERS,
    ENCLOSURES,
    FirstLine,
    found_header,
    other_delimiter,
    repeated,
    taken_apart,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_responsys.doctor.facts import Sample, Wanted
    from tap_responsys.doctor.findings import Severity
    from tap_responsys.kinds import ExportKind

_NO_PGP_KEY = "RSYS-3204"
_HEADER_OPTION = "Insert column header as first line"


def content_findings(sample: Sample, kind: ExportKind, wanted: Wanted) -> Iterator[Finding]:
    """Find what is wrong with an export: at most one thing in its text, and one in its counts."""
    found = _packing_finding(sample) or _text_finding(sample, kind, wanted)
    if found:
        yield found
    yield from _count_findings(sample, wanted)


def _packing_finding(sample: Sample) -> Finding | None:
    error = sample.error
    if error is None:
        return None
    if error.code == _NO_PGP_KEY:
        return _finding(
            sample,
            "encrypted",
            "The newest export is encrypted with PGP and no key to decrypt it is set.",
            f"Set pgp_private_key; or {step(SPECIFICATION)}: no encryption.",
            code=error.code,
        )
    # Without the file's name, so that what is wrong with every file is said once.
    problem = error.problem.replace(sample.export.name, "The newest export")
    return _finding(sample, "export-unreadable", problem, error.remedy, code=error.code)


def _text_finding(sample: Sample, kind: ExportKind, wanted: Wanted) -> Finding | None:
    """Return the first thing that is wrong; what comes after it may only follow from it."""
    if not sample.start:
        return None
    encoding = wanted.dialect.encoding
    shown = charset_shown(sample.start, encoding)
    if shown and is_wide(shown) != is_wide(encoding):
        return _other_charset(sample, encoding, shown)
    text = sample.start.decode(shown or encoding, errors="replace").removeprefix("\ufeff")
    look = _header_finding if wanted.dialect.has_header else _layout_finding
    return look(sample, text, kind, wanted) or (_other_charset(sample, encoding, shown) if shown else None)


def _other_charset(sample: Sample, encoding: str, shown: str) -> Finding:
    return _finding(
        sample,
        "other-charset",
        f"Exports are not in the character set {encoding}; they look like {shown}.",
        f"Set encoding to {shown}; or {step(SPECIFICATION)}: the character set that encoding names.",
    )


def _header_finding(sample: Sample, text: str, kind: ExportKind, wanted: Wanted) -> Finding | None:
    dialect = wanted.dialect
    known = _known_names(kind)
    if known:
        line = found_header(text, dialect.delimiter, dialect.quote_char, known)
    else:
        line = other_delimiter(text, dialect.delimiter, dialect.quote_char) or taken_apart(
            text, dialect.delimiter, dialect.quote_char
        )
    if line is None:
        return _finding(
            sample,
            "no-header",
            "The first line of exports names no column.",
            f"{step(SPECIFICATION)}: {_HEADER_OPTION}; or set has_header to false.",
        )
    return (
        _writing_finding(sample, line, text, wanted)
        or _duplicate_finding(sample, line)
        or _missing_column_finding(sample, line, kind)
    )


def _known_names(kind: ExportKind) -> frozenset[str]:
    documented = {column.name for column in kind.columns}
    return frozenset(
        documented | {column.name for column in kind.known} | set(kind.key) if documented else ()
    )


def _writing_finding(sample: Sample, line: FirstLine, text: str, wanted: Wanted) -> Finding | None:
    dialect = wanted.dialect
    if line.delimiter != dialect.delimiter:
        found, said = _delimiter_name(line.delimiter), _delimiter_name(dialect.delimiter)
        return _finding(
            sample,
            "other-delimiter",
            f"Fields are delimited by {found}, and the setting delimiter says {said}.",
            f"Set delimiter to {found}; or {step(SPECIFICATION)}: delimiter {said}.",
        )
    quote_char = line.quote_char
    if quote_char and quote_char not in text and len(text.splitlines()) > 1 and len(line.fields) > 1:
        quote_char = ""
    if quote_char == dialect.quote_char:
        return None
    found, said = _enclosure_name(quote_char), _enclosure_name(dialect.quote_char)
    return _finding(
        sample,
        "other-enclosure",
        f"The enclosure of fields is {found}, and the setting quote_char says {said}.",
        f"Set quote_char to {quote_char or 'an empty text'}; or {step(SPECIFICATION)}: enclosure {said}.",
    )


def _duplicate_finding(sample: Sample, line: FirstLine) -> Finding | None:
    twice = [name or "(no name)" for name in repeated(line.names)]
    if not twice:
        return None
    return _finding(
        sample,
        "duplicate-columns",
        f"The header has columns more than once: {listed(twice)}.",
        f"{step(SELECT_OBJECT)}: give every column of the job a name of its own.",
    )


def _missing_column_finding(sample: Sample, line: FirstLine, kind: ExportKind) -> Finding | None:
    if keys := [name for name in kind.key if name not in line.names]:
        return _finding(
            sample,
            "key-column-missing",
            f"The header has no column {listed(keys)}, which identifies a row.",
            f"{step(SELECT_OBJECT)}: add it to the columns of the job.",
        )
    wished = (PERMISSION_STATUS, MODIFIED_DATE) if kind.is_contacts else ()
    if missing := [name for name in wished if name not in line.names]:
        return _finding(
            sample,
            "contact-column-missing",
            f"The header has no column {listed(missing)}: the latest subscription status cannot be told.",
            f"{step(SELECT_OBJECT)}: add it to the columns of the job.",
            warning=True,
        )
    return None


def _layout_finding(sample: Sample, text: str, kind: ExportKind, wanted: Wanted) -> Finding | None:
    """Look at an export that has to be without a header."""
    dialect = wanted.dialect
    if found_header(text, dialect.delimiter, dialect.quote_char, _known_names(kind).union(kind.layout)):
        return _finding(
            sample,
            "header-unexpected",
            "The first line of exports names columns, and the setting has_header says that it does not.",
            f"Set has_header to true; or {step(SPECIFICATION)}: {_HEADER_OPTION} off.",
        )
    if line := other_delimiter(text, dialect.delimiter, dialect.quote_char):
        return _writing_finding(sample, line, text, wanted)
    fields = taken_apart(text, dialect.delimiter, dialect.quote_char).fields
    if len(fields) == len(kind.layout):
        return None
    return _finding(
        sample,
        "other-layout",
        f"Exports have {len(fields)} columns and no header; {len(kind.layout)} are known by name.",
        f"Name them in column_names; or {step(SPECIFICATION)}: {_HEADER_OPTION}.",
    )


def _count_findings(sample: Sample, wanted: Wanted) -> Iterator[Finding]:
    for extension, text in sample.counts.items():
        # A ready file need not state a number: it may be empty.
        if stated_count(text) is None and (text.strip() or extension == wanted.count_extension):
            yield _finding(
                sample,
                "count-unreadable",
                f"Files with the extension {extension} state no number of records.",
                f"{step(READY_FILE)}: create file with record count; or leave count_extension out.",
            )


def _finding(
    sample: Sample, id_: str, problem: str, remedy: str, *, code: str = "", warning: bool = False
) -> Finding:
    export = sample.export
    severity: Severity = "warning" if warning else "problem"
    return Finding(id_, severity, problem, remedy, (export.stream,), export.name, code)


def _delimiter_name(mark: str) -> str:
    return DELIMITERS.get(mark, mark)


def _enclosure_name(mark: str) -> str:
    return ENCLOSURES.get(mark, mark)
