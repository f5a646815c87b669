"""What the project's README says of the results in the repository: the plugins beside each peer, in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.results import read
from bench.section import NO_RESULT, REFERENCE, TAP, limits
from bench.summary import summarize
from bench.targetcases import CSV

if TYPE_CHECKING:
    from pathlib import Path

    from bench.summary import Row

_THOUSAND = 1000


def headline(results: Path) -> str:
    """Return it as Markdown.

    Args:
        results: Folder with `full.json`.
    """
    if not (full := results / "full.json").exists():
        return NO_RESULT
    result = read(full)
    rows = summarize(result.measured)
    tap = next((row for row in rows if row.measured.name == TAP), None)
    target = next((row for row in rows if row.measured.group == CSV and row.measured.own), None)
    machine = f"{result.machine['cores']} cores ({result.machine['processor']})"
    sentences = [f"Measured on {result.date}, {machine}:"]
    if tap:
        sentences.append(
            f"from a day's file on an SFTP server ({result.inputs['export']}) the tap makes "
            f"**{_rate(tap)} records a second** in {tap.peak_mb:.0f} MB of memory{_beside(tap, rows)}."
        )
    if target:
        sentences.append(
            f"The target writes {_rate(target)} rows a second as CSV over SFTP{_beside(target, rows)}."
        )
    return "\n\n".join([" ".join(sentences), *limits(rows)])


def _rate(row: Row) -> str:
    return f"{(row.rate or 0) / _THOUSAND:.0f} k"


def _beside(ours: Row, rows: list[Row]) -> str:
    """Say how many times the rate of each peer in its group a case has."""
    peers = [
        row
        for row in rows
        if row.measured.group == ours.measured.group
        and not (row.measured.own or row.measured.name.startswith(REFERENCE))
    ]
    times = [f"{(ours.rate or 0) / row.rate:.0f} x {row.measured.name}" for row in peers if row.rate]
    return f": {', '.join(times)}" if times else ""
