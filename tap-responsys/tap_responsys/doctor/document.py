"""The report as a document for machines.

Keys stay as they are across releases; new ones may be added:

- `status`: ok, warning or problem, the worst of the findings.
- `checked_at`: when, in UTC.
- `findings`: each with `id`, `severity`, `stream` (null unless it is about exactly one), `streams`,
  `problem`, `remedy`, `example` (a file) and `code` (`RSYS-nnnn`), the last two null where there is none.
- `server`: `address`, `username`, `connected`, and `host_key` with `type` and `fingerprint`, or null.
- `keys`: each with `source`, `type`, `bits`, `age_days` and `fingerprint`, null where they are not known.
- `folder`: `path`, `files`, `exports`, `unrecognised` (numbers of files) and `newest` (a time, or null).
- `streams`: by name, `expected`, `exports`, `last_file`, `last_export` (a day), `waiting` (for a ready file),
  `unread`, and `history` with `first`, `last`, `days`, `span`, `missing` and `days_short` by days needed.
  What is not known is null: `unread` and `history` need the state.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_responsys.doctor.coverage import NEEDED_DAYS, summaries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_responsys.doctor.coverage import Coverage, StreamSummary
    from tap_responsys.doctor.facts import Facts
    from tap_responsys.doctor.findings import Finding


def document(facts: Facts, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the report as JSON values; see the module's text for its keys."""
    listing, server = facts.listing, facts.server
    return {
        "status": status(findings),
        "checked_at": facts.now.isoformat(timespec="seconds"),
        "findings": [_finding(finding) for finding in findings],
        "server": {
            "address": server.address,
            "username": server.username,
            "connected": server.error is None,
            "host_key": dict(zip(("type", "fingerprint"), server.host_key, strict=True))
            if server.host_key
            else None,
        },
        "keys": [
            {
                "source": key.source,
                "type": key.kind,
                "bits": key.bits,
                "age_days": key.age_days,
                "fingerprint": key.fingerprint or None,
            }
            for key in facts.keys
        ],
        "folder": {
            "path": facts.wanted.path,
            "files": len(listing.files),
            "exports": sum(map(len, listing.exports.values())),
            "unrecognised": len(listing.unrecognised),
            "newest": datetime.fromtimestamp(listing.newest_mtime, UTC).isoformat()
            if listing.newest_mtime
            else None,
        },
        "streams": {summary.stream: _stream(summary) for summary in summaries(facts)},
    }


def status(findings: Sequence[Finding]) -> str:
    """Return the worst of the findings: problem, warning, or ok for none."""
    severities = {finding.severity for finding in findings}
    return next((severity for severity in ("problem", "warning") if severity in severities), "ok")


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": finding.severity,
        "stream": finding.streams[0] if len(finding.streams) == 1 else None,
        "streams": list(finding.streams),
        "problem": finding.problem,
        "remedy": finding.remedy,
        "example": finding.example or None,
        "code": finding.code or None,
    }


def _stream(summary: StreamSummary) -> dict[str, Any]:
    last = summary.last_export
    return {
        "expected": summary.expected,
        "exports": summary.exports,
        "last_file": summary.last_file or None,
        "last_export": last.isoformat() if last else None,
        "waiting": summary.waiting,
        "unread": summary.unread,
        "history": _history(summary.coverage) if summary.coverage else None,
    }


def _history(coverage: Coverage) -> dict[str, Any]:
    return {
        "first": coverage.first.isoformat(),
        "last": coverage.last.isoformat(),
        "days": coverage.present,
        "span": coverage.span,
        "missing": [day.isoformat() for day in coverage.missing],
        "days_short": {str(needed): coverage.short_of(needed) for needed in NEEDED_DAYS},
    }
