"""What the runs carry: numbered people, many of whom come once, so that any loss of one of them shows.

The others come again and again, so that their order shows.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.archives import packed
from support.exports import delimited

if TYPE_CHECKING:
    from pathlib import Path

STREAM = "people"
TAP = {
    "table_exports": {
        STREAM: {"file_pattern": "PEOPLE_*", "key_columns": ["EMAIL"], "types": {"SCORE": "integer"}}
    },
    "streams": [STREAM],
    "settle_seconds": 0,
}
ADDRESSES = 300
_START = 1_546_500_000
_DAY = 86_400
# The ledger tells of so many files how many rows they have.
MOST_FILES = 9


def address(number: int) -> str:
    """Return whose row a number is: of two in three nobody else's, of the others one of a few people's."""
    if number * 2_654_435_761 % 4_294_967_296 % 3:
        return f"canary{number}@example.com"
    return f"canary-again{number * 7 % ADDRESSES}@example.com"


def table(rows: int) -> dict[str, int]:
    """Return what a table has to hold once so many rows are merged: the last score of each address."""
    return {address(number): number for number in range(rows)}


@dataclass
class Exports:
    """Files of people, one more each time that one is written.

    Args:
        folder: Where they lie.
        packing: Suffixes, such as `.txt` or `.zip.gpg`.
    """

    folder: Path
    packing: str
    rows: int = 0
    files: int = 0
    _per_file: list[int] = field(default_factory=list)

    def write(self, rows: int) -> None:
        """Write a day's export."""
        numbers = range(self.rows, self.rows + rows)
        lines = [["EMAIL", "SCORE"], *([address(number), str(number)] for number in numbers)]
        path = self.folder / f"PEOPLE_201901{self.files + 1:02}{self.packing}"
        moment = _START + self.files * _DAY
        part = path.with_name(f".{path.name}")
        part.write_bytes(packed(delimited(lines), self.packing))
        os.utime(part, (moment, moment))
        part.rename(path)
        self.rows += rows
        self.files += 1

    @property
    def is_full(self) -> bool:
        return self.files >= MOST_FILES


def covered(state: dict[str, Any] | None) -> int:
    """Return how many rows a state of the tap says have been delivered."""
    bookmark = (state or {}).get("bookmarks", {}).get(STREAM, {})
    finished = sum(entry[2] for entry in bookmark.get("files", {}).values())
    return int(finished + (bookmark["open"][3] if "open" in bookmark else 0))
