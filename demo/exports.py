"""What lies on the file server, counted with nothing of the tap: the numbers it is checked against."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_FEED_FILE = re.compile(r"\d+_(?P<stem>[A-Z_]+)_\d{8}_\d{6}\.txt")
_LIST_FILE = re.compile(r"CONTACT_LIST_\d{8}_\d{6}\.csv")
_LIST_KEY = "RIID_"


def rows_by_stream(files: Iterable[Path]) -> Counter[str]:
    """Count the rows of exports by the stream they belong to.

    Contacts count once, however many of the exports hold them.
    """
    rows: Counter[str] = Counter()
    contacts: set[str] = set()
    for path in files:
        if match := _FEED_FILE.fullmatch(path.name):
            rows[match["stem"].lower()] += sum(1 for _ in _records(path))
        elif _LIST_FILE.fullmatch(path.name):
            contacts.update(record[_LIST_KEY] for record in _records(path))
    rows["contacts"] = len(contacts)
    return rows


def _records(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
