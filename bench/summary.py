"""Medians, spreads and ratios of measured cases."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.results import Measured


@dataclass(frozen=True)
class Row:
    """A case in figures.

    Args:
        measured: The case.
        wall: Median, seconds.
        spread: Distance from the shortest to the longest run, as a share of the median.
        cpu: Median, seconds.
        peak_mb: Highest of all runs.
        first_byte: Median, seconds.
        rate: Rows per second at the median; None for a case without rows.
        ratio: How many times the rate of the group's first case; below 1 is slower. Without rates it is the
            first case's time by this one's.
        more: Medians of the case's own figures.
    """

    measured: Measured
    wall: float
    spread: float
    cpu: float
    peak_mb: float
    first_byte: float | None
    rate: float | None
    ratio: float
    more: dict[str, float]


def spread(values: Iterable[float]) -> float:
    """Return the distance from smallest to largest as a share of the median; 0 for a single value."""
    known = list(values)
    middle = median(known)
    return (max(known) - min(known)) / middle if middle else 0.0


def summarize(cases: Iterable[Measured]) -> list[Row]:
    """Return the cases in figures, in their order, each compared with the first one of its group."""
    base: dict[str, float] = {}
    rows = []
    for case in cases:
        walls = [run.wall for run in case.runs]
        wall = median(walls)
        speed = (case.rows or 1) / wall if wall else 0.0
        base.setdefault(case.group, speed)
        first_bytes = [run.first_byte for run in case.runs if run.first_byte is not None]
        rows.append(
            Row(
                measured=case,
                wall=wall,
                spread=spread(walls),
                cpu=median(run.cpu for run in case.runs),
                peak_mb=max(run.peak_mb for run in case.runs),
                first_byte=median(first_bytes) if first_bytes else None,
                rate=speed if case.rows else None,
                ratio=speed / base[case.group] if base[case.group] else 0.0,
                more={
                    name: median(run.more[name] for run in case.runs if name in run.more)
                    for name in sorted({name for run in case.runs for name in run.more})
                },
            )
        )
    return rows


def steady_rate(case: Measured) -> float:
    """Return rows per second after start-up, that is after the first byte of output."""
    return median(case.rows / max(run.wall - (run.first_byte or 0.0), 1e-6) for run in case.runs)
