"""What became of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["uploaded", "picked up", "verified", "failed"]


@dataclass
class FileResult:
    """A file of the run, as a receipt tells of it.

    Attributes:
        stream: the stream that it was made of.
        table: the table that its import job loads.
        name: POSIX path on the file server.
        rows: rows in it, without the header.
        part: its number among the stream's files, from 1 on.
        parts: how many files the stream has.
        bytes: its size as it was uploaded; 0 before.
        sha256: checksum of those bytes; empty before.
        state: uploaded: it stands, or stood, under its name. picked up: it has left the folder. verified:
            rows of it were found in the table. failed: see reason.
        reason: why it failed, or why no more is known; empty otherwise.
    """

    stream: str
    table: str
    name: str
    rows: int
    part: int = 1
    parts: int = 1
    bytes: int = 0
    sha256: str = ""
    state: State = "failed"
    reason: str = "not uploaded"

    def becomes(self, state: State, reason: str = "") -> None:
        """Take a state."""
        self.state, self.reason = state, reason

    def __str__(self) -> str:
        size = f"{self.rows} rows, {self.bytes} bytes"
        return f"{self.name}: {size}, {self.state}{f' ({self.reason})' if self.reason else ''}"
