"""Summaries as tables, for a terminal and for Markdown."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.summary import Row

HEADERS = ("case", "rows", "seconds", "spread", "k rows/s", "ratio", "CPU s", "peak MB", "note")
_LEFT = {"case", "note"}
_THOUSAND = 1000


def cells(row: Row) -> tuple[str, ...]:
    """Return a row's texts in the order of `HEADERS`."""
    case = row.measured
    more = ", ".join(f"{name} {value:.3g}" for name, value in row.more.items())
    return (
        case.name,
        f"{case.rows:,}" if case.rows else "",
        f"{row.wall:.2f}",
        f"{row.spread:.0%}",
        f"{row.rate / _THOUSAND:.1f}" if row.rate is not None else "",
        f"{row.ratio:.2f}",
        f"{row.cpu:.2f}",
        f"{row.peak_mb:.0f}",
        "; ".join(filter(None, (more, case.note))),
    )


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return rows by group; neighbours stay neighbours."""
    return {name: list(found) for name, found in groupby(rows, key=lambda row: row.measured.group)}


def text_table(rows: Iterable[Row]) -> str:
    """Return a table per group, in fixed width."""
    parts = []
    for group, members in grouped(rows).items():
        lines = [HEADERS, *map(cells, members)]
        widths = [max(len(line[index]) for line in lines) for index in range(len(HEADERS))]
        ruled = [lines[0], tuple("-" * width for width in widths), *lines[1:]]
        parts.append("\n".join([group, *("  " + _aligned(line, widths) for line in ruled)]))
    return "\n\n".join(parts)


def markdown_table(headers: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; every column but the first is set to the right."""
    rule = "|---|" + "---:|" * (len(headers) - 1)
    return "\n".join([_markdown(headers), rule, *map(_markdown, lines)])


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    texts = (
        text.ljust(width) if header in _LEFT else text.rjust(width)
        for header, text, width in zip(HEADERS, line, widths, strict=True)
    )
    return "  ".join(texts).rstrip()


def _markdown(line: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in line) + " |"
