"""What became of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from responsys_io.errors import DataError, TransientError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        state: uploaded: it stands, or stood, under its name. picked up: it has left the folder, and the run
            of its import job, where one was started, has succeeded. verified: rows of it were found in the
            table. failed: see reason.
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


def raise_failures(results: Sequence[FileResult]) -> None:
    """Raise the error of files that were not taken, or not loaded although they were.

    Raises:
        TransientError: RSYS-5204.
        DataError: RSYS-5205.
    """
    failed = [result for result in results if result.state == "failed"]
    if refused := [result for result in failed if not result.reason.startswith("not taken")]:
        raise DataError(
            "RSYS-5205",
            f"{refused[0].name} has left its folder, and {refused[0].reason}. {_further(refused)}",
            "Look at the import job's log in Connect: a job also deletes files that it refuses. The server's "
            "archive folder has a copy.",
        )
    if failed:
        raise TransientError(
            "RSYS-5204",
            f"{failed[0].name} was uploaded and {failed[0].reason}. {_further(failed)}",
            "See whether the import job is active and reads this name in this folder, or set pickup_timeout "
            "higher. The next run delivers the data again.",
        )


def _further(failed: Sequence[FileResult]) -> str:
    return f"So it is with {len(failed) - 1} more." if len(failed) > 1 else ""
