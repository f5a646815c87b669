"""What the doctor finds: one line of what is wrong, one of what to do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["problem", "warning"]

# The steps of Connect's wizard, as the guide to the export jobs names them.
SELECT_OBJECT = "Select object"
CONNECTIVITY = "Destination connectivity"
SPECIFICATION = "Destination specification"
READY_FILE = "Ready file"
FILE_NAMES = "File names"
SCHEDULE = "Schedule"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Args:
        id: What it is, stable across releases.
        severity: A problem keeps rows from being read, now or soon; a warning may.
        problem: What is wrong, in one line.
        remedy: What to do, naming the step of Connect's wizard or the setting.
        streams: The streams that it is about; empty where it is about all or none.
        example: A file that shows it, where there is one.
        code: The code of the error behind it, where there is one.
    """

    id: str
    severity: Severity
    problem: str
    remedy: str
    streams: tuple[str, ...] = ()
    example: str = ""
    code: str = ""


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Make one finding of those that say the same of several streams, problems first.

    One wrong setting of a job shows in all its files.
    """
    found: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        same = (finding.id, finding.severity, finding.problem, finding.remedy)
        first = found.setdefault(same, finding)
        if first is not finding:
            streams = dict.fromkeys((*first.streams, *finding.streams))
            found[same] = replace(first, streams=tuple(streams))
    return sorted(found.values(), key=lambda finding: finding.severity != "problem")


def step(name: str) -> str:
    """Name a step of Connect's wizard."""
    return f"Connect, step {name}"


def counted(number: int, thing: str) -> str:
    """Put a number of things into words: 1 file, 2 files."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def listed(words: Iterable[object], most: int = 10) -> str:
    """Put things into a row, the first ten and how many more there are."""
    texts = [str(word) for word in words]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more
