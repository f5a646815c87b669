"""What a case is: a command with its environment, and what is done around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


PEER_ROUNDS = 2
"""Peers take a minute and more for a large file: they take part in so many rounds."""


@dataclass(frozen=True)
class Case:
    """A command to be measured.

    Args:
        group: Cases of a group are compared with each other, the first one being the measure.
        name: What it is.
        command: Program and arguments.
        rows: Rows that it moves; 0 where no rate is meant.
        env: Environment variables besides those of the machine.
        stdin: File that it reads.
        least_lines: Lines that it has to write to count as done.
        own: Whether it is this project's.
        note: What has to be known to read its figures.
        rounds: In how many rounds it takes part at most; slow peers do in fewer.
        before: Called before each run, outside the measured time.
        after: Called after each run; returns further figures.
        at: Position on the axis of a scale series.
    """

    group: str
    name: str
    command: tuple[str, ...]
    rows: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: Path | None = None
    least_lines: int = 0
    own: bool = False
    note: str = ""
    rounds: int = 99
    before: Callable[[], object] | None = None
    after: Callable[[], dict[str, float]] | None = None
    at: float | None = None
