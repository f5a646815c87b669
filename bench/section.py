"""The figures in this folder's README, from the results in the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.results import read
from bench.summary import Row, steady_rate, summarize
from bench.table import grouped, markdown_table

if TYPE_CHECKING:
    from pathlib import Path

    from bench.results import Measured, Result

_THOUSAND = 1000
_HEADERS = ("", "rows", "k rows/s", "to the first", "CPU s per M rows", "peak MB")
REFERENCE = "reference: "
"""What the names of cases begin with that are no peers."""
# Names of cases that the text speaks of.
TAP = "tap-responsys, plain"
PARSER = f"{REFERENCE}polars to JSON lines"
TRANSPORT = f"{REFERENCE}sftp"
PIPELINE = "meltano run"
NO_RESULT = "No result yet: `make bench` makes one."


def section(results: Path) -> str:
    """Return the section as Markdown.

    Args:
        results: Folder with `full.json` and `scale.json`; what is not there is left out.
    """
    parts = []
    if (full := results / "full.json").exists():
        parts += _full(read(full))
    if (scale := results / "scale.json").exists():
        parts += _scale(read(scale))
    return "\n\n".join(parts or [NO_RESULT])


def _full(result: Result) -> list[str]:
    rows = summarize(result.measured)
    parts = [_origin(result)]
    for group, members in grouped(rows).items():
        if any(row.rate for row in members):
            parts += [f"**{group}**", markdown_table(_HEADERS, map(_line, members))]
    parts += [*_calls(rows), *_start(rows), *limits(rows)]
    parts.append("![Rates and memory](results/full.svg)")
    return parts


def _origin(result: Result) -> str:
    machine = result.machine
    where = ", ".join(
        (
            f"{machine['cores']} cores ({machine['processor']})",
            machine["memory"],
            machine["system"],
            f"Python {machine['python']}",
        )
    )
    files = f"the export has {result.inputs['export']}, that of the peers {result.inputs['export for peers']}"
    return (
        f"Measured on {result.date} at commit {machine['commit']} with `make bench`: {where}. Medians of "
        f"{result.inputs['rounds']} round(s) that run all cases in turn; {files}. Absolute figures drift "
        "with the machine, ratios hold. What each case does stands [above](#the-cases)."
    )


def _line(row: Row) -> tuple[str, ...]:
    case = row.measured
    name = f"**{case.name}**" if case.own else case.name
    per_million = row.cpu * 1_000_000 / case.rows if case.rows else None
    return (
        f"{name} ({case.note})" if case.note else name,
        f"{case.rows:,}" if case.rows else "",
        f"{row.rate / _THOUSAND:.1f}" if row.rate else "",
        f"{row.ratio:.2f}",
        f"{per_million:.1f}" if per_million is not None else "",
        f"{row.peak_mb:.0f}",
    )


def _calls(rows: list[Row]) -> list[str]:
    """Say which share of requests' rate and of an account's limit the target uses."""
    sentences = []
    for group, members in grouped(rows).items():
        figures = {row.measured.own: row.more for row in members}
        ours = figures.get(True, {})
        if "share of limit" in ours:
            sentences.append(f"{ours['share of limit']:.0%} of what the limit allows ({_of(group)})")
        elif "calls/s" in ours and figures.get(False, {}).get("calls/s"):
            share = ours["calls/s"] / figures[False]["calls/s"]
            sentences.append(f"{share:.0%} of the calls a second that requests alone makes ({_of(group)})")
    return [f"By API the target makes {'; '.join(sentences)}."] if sentences else []


def _of(group: str) -> str:
    return group.partition(", ")[2]


def _start(rows: list[Row]) -> list[str]:
    starts = [row for row in rows if not row.rate and row.first_byte is not None]
    return [
        f"Start-up, from the command to the first byte of output: {row.first_byte:.1f} s." for row in starts
    ]


def limits(rows: list[Row]) -> list[str]:
    """Say what bounds the tap now: which of the ceilings is nearest, and how near it is."""
    rates = {row.measured.name: row.rate for row in rows if row.rate}
    forwarded = next(
        (row.rate for row in rows if row.measured.group.startswith(PIPELINE) and not row.measured.own), None
    )
    ceilings = {
        "reading over SFTP alone": rates.get(TRANSPORT),
        "a bare parser": rates.get(PARSER),
        "what Meltano forwards": forwarded,
    }
    ours, known = rates.get(TAP), {name: rate for name, rate in ceilings.items() if rate}
    if not ours or not known:
        return []
    nearest_first = sorted(known, key=lambda name: known[name])
    shares = ", ".join(
        f"{ours / known[name]:.0%} of {name} ({known[name] / _THOUSAND:.0f} k)" for name in nearest_first
    )
    verdict = (
        f"The limit now is {nearest_first[0]}, not the tap"
        if ours >= known[nearest_first[0]]
        else "The limit now is the tap's own work"
    )
    text = f"The tap's {ours / _THOUSAND:.0f} k rows a second are {shares}. {verdict}."
    together = next(
        (row.rate for row in rows if row.measured.group.startswith(PIPELINE) and row.measured.own), None
    )
    if together and forwarded:
        text += (
            " Through `meltano run`, where tap and Meltano share the machine's cores, "
            f"{together / _THOUSAND:.0f} k rows a second arrive, {together / forwarded:.0%} of what Meltano "
            "forwards."
        )
    return [f"**Where the limit is.** {text}"]


def _scale(result: Result) -> list[str]:
    series: dict[str, list[Measured]] = {}
    for case in result.measured:
        series.setdefault(case.group, []).append(case)
    lines = [
        (
            name,
            f"{cases[0].at:,.0f} to {cases[-1].at:,.0f}",
            " / ".join(f"{steady_rate(case) / _THOUSAND:.1f}" for case in cases),
            " / ".join(f"{row.peak_mb:.0f}" for row in summarize(cases)),
        )
        for name, cases in series.items()
    ]
    title = (
        f"**Scale** ({result.date}, commit {result.machine['commit']}; thousand rows a second after "
        "start-up, and peak MB, from the smallest to the largest size)"
    )
    return [
        title,
        markdown_table(("", "from, to", "k rows/s", "peak MB"), lines),
        "![Scale](results/scale.svg)",
    ]
