"""What a benchmark found out, as plain data and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run of a command.

    Args:
        wall: Seconds from start to end.
        cpu: Seconds of user and system time, of the command and the children that it waited for.
        peak_mb: Highest resident memory of the process tree, in 10^6 bytes.
        first_byte: Seconds until something was written to stdout; None when nothing was.
        lines: Line ends on stdout.
        megabytes: Written to stdout, in 10^6 bytes.
        states: STATE messages on stdout.
        more: Figures that only this case has.
    """

    wall: float
    cpu: float
    peak_mb: float
    first_byte: float | None = None
    lines: int = 0
    megabytes: float = 0.0
    states: int = 0
    more: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """A case with all its runs.

    Args:
        group: Cases of a group are compared with each other.
        name: What it is, unique in its group.
        rows: Rows that a run moves; 0 where no rate is meant.
        own: Whether it is this project's.
        note: What has to be known to read the figure.
        runs: In the order in which they were made.
        at: Position on the axis of a scale series.
    """

    group: str
    name: str
    rows: int
    runs: tuple[Run, ...]
    own: bool = False
    note: str = ""
    at: float | None = None


@dataclass(frozen=True)
class Result:
    """A whole benchmark.

    Args:
        kind: `full`, `quick` or `scale`.
        date: UTC day on which it was made.
        machine: Cores, processor, memory, Python, operating system, commit.
        versions: Of what was measured, by name.
        inputs: Sizes of the files.
        measured: The cases.
        failed: What could not be measured, with the reason.
    """

    kind: str
    date: str
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    inputs: Mapping[str, str]
    measured: tuple[Measured, ...]
    failed: Mapping[str, str] = field(default_factory=dict)


def to_json(result: Result) -> str:
    """Return a result as JSON text."""
    return json.dumps(_rounded(asdict(result)), indent=1) + "\n"


def from_json(text: str) -> Result:
    """Read a result as `to_json` writes it."""
    document = json.loads(text)
    measured = tuple(
        Measured(**{**entry, "runs": tuple(Run(**run) for run in entry["runs"])})
        for entry in document.pop("measured")
    )
    return Result(measured=measured, **document)


def read(path: Path) -> Result:
    """Read a file of `to_json`."""
    return from_json(path.read_text(encoding="utf-8"))


def _rounded(value: Any) -> Any:
    """Keep four decimals: no clock here is better than that."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(entry) for entry in value]
    return value
