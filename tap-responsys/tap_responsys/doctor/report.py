"""The report as text for people."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from tap_responsys.doctor.coverage import NEEDED_DAYS, summaries
from tap_responsys.doctor.findings import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_responsys.doctor.coverage import StreamSummary
    from tap_responsys.doctor.facts import Facts, KeyFacts
    from tap_responsys.doctor.findings import Finding

_WIDTH = 110
_WEAK_RSA_BITS = 3072
_LONGEST_NAME = 24


def report(facts: Facts, findings: Sequence[Finding]) -> str:
    """Return the report, lines of at most 110 characters."""
    sections = [_server(facts), _keys(facts.keys)]
    if facts.server.error is None:
        found = list(summaries(facts))
        sections += [_folder(facts), _streams(found), _history(facts, found)]
    sections.append(_findings(findings))
    return "\n\n".join("\n".join(section) for section in sections)


def _server(facts: Facts) -> list[str]:
    server = facts.server
    lines = [
        "Server",
        *_wrapped(f"{server.address}, user {server.username}"),
        f"  connection {'fails' if server.error else 'works'}",
    ]
    if server.host_key:
        lines.append(f"  host key {' '.join(server.host_key)}")
    return lines


def _keys(keys: Sequence[KeyFacts]) -> list[str]:
    lines = ["Keys"]
    for key in keys:
        age = "" if key.age_days is None else f", {key.age_days} days old"
        weak = key.kind == "ssh-rsa" and key.bits < _WEAK_RSA_BITS
        note = f" (RSA keys are better made with {_WEAK_RSA_BITS} bits or more)" if weak else ""
        shown = f", {key.fingerprint}" if key.fingerprint else ""
        lines += _wrapped(f"{key.source}: {key.kind}, {key.bits} bits{age}{shown}{note}")
    return lines if keys else [*lines, "  none: the sign-in is by password"]


def _folder(facts: Facts) -> list[str]:
    listing = facts.listing
    exports = sum(map(len, listing.exports.values()))
    text = f"{len(listing.files)} files, {exports} of them exports"
    if listing.unrecognised:
        text += f", {len(listing.unrecognised)} with a name that no export has"
    if listing.newest_mtime:
        newest = datetime.fromtimestamp(listing.newest_mtime, UTC)
        text += f"; the newest is of {newest:%Y-%m-%d %H:%M} UTC"
    return [*_wrapped(f"Folder {facts.wanted.path}", indent=0), *_wrapped(text)]


def _streams(found: Sequence[StreamSummary]) -> list[str]:
    rows = [("stream", "exports there", "last export", "last read", "unread", "no ready file")]
    rows += [
        (
            _short(summary.stream),
            str(summary.exports),
            str(summary.last_export or "never seen"),
            str(summary.coverage.last if summary.coverage else "?" if summary.unread is None else "never"),
            "?" if summary.unread is None else str(summary.unread),
            str(summary.waiting),
        )
        for summary in found
    ]
    return ["Streams", *_table(rows)]


def _history(facts: Facts, found: Sequence[StreamSummary]) -> list[str]:
    title = "History: days that have been read, and whether they are enough for models"
    if facts.ledgers is None:
        return [title, *_wrapped("unknown: give the state with --state, as a run of the tap has written it")]
    rows = [("stream", "first", "last", "days", *(f"{needed} days" for needed in NEEDED_DAYS))]
    rows += [
        (
            _short(summary.stream),
            str(days.first),
            str(days.last),
            f"{days.present} of {days.span}",
            *(_enough(days.short_of(needed)) for needed in NEEDED_DAYS),
        )
        for summary in found
        if (days := summary.coverage)
    ]
    if len(rows) == 1:
        return [title, "  none yet"]
    gaps = [
        (summary.stream, days.missing) for summary in found if (days := summary.coverage) and days.missing
    ]
    missing = chain.from_iterable(_wrapped(f"{stream} is missing {listed(days)}") for stream, days in gaps)
    return [title, *_table(rows), *missing]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."


def _enough(short: int) -> str:
    return f"{short} short" if short else "yes"


def _findings(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return ["Findings", "  none"]
    lines = ["Findings"]
    for number, finding in enumerate(findings):
        code = f" ({finding.code})" if finding.code else ""
        about = f"{listed(finding.streams)}: " if finding.streams else ""
        example = f" For example {finding.example}." if finding.example else ""
        lines += [
            *([""] if number else []),
            f"  {finding.severity.upper()} {finding.id}{code}",
            *_wrapped(f"{about}{finding.problem}{example}", indent=4),
            *_wrapped(f"-> {finding.remedy}", indent=4),
        ]
    return lines


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


def _wrapped(text: str, indent: int = 2) -> Iterable[str]:
    space = " " * indent
    # Hyphens stand in paths, commands and names of key types, which people copy.
    return textwrap.wrap(text, _WIDTH, initial_indent=space, subsequent_indent=space, break_on_hyphens=False)
