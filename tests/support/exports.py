"""Exports written by hand, for tests that need a certain content."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OPEN_HEADER = (
    "EVENT_TYPE_ID", "ACCOUNT_ID", "LIST_ID", "RIID", "CUSTOMER_ID", "EVENT_CAPTURED_DT", "EVENT_STORED_DT",
    "CAMPAIGN_ID", "LAUNCH_ID", "EMAIL_FORMAT",
)  # fmt: skip


def open_row(riid: int, *more: str) -> list[str]:
    """Return a row of the OPEN feed, with values for columns beyond `OPEN_HEADER`."""
    stamp = f"03-Jan-2019 13:{riid // 60 % 60:02}:{riid % 60:02}"
    return ["4", "1234", "77", str(riid), f"c{riid}", stamp, stamp, "55", "66", "H", *more]


def delimited(rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows as Connect writes them by default."""
    return "".join(
        ",".join('"' + value.replace('"', '""') + '"' for value in row) + "\n" for row in rows
    ).encode()


def write(path: Path, rows: Sequence[Sequence[str]], mtime: int = 1_546_500_000) -> Path:
    """Write an export that was last modified in January 2019."""
    path.write_bytes(delimited(rows))
    os.utime(path, (mtime, mtime))
    return path


def write_opens(folder: Path, day: int, riids: Sequence[int], *, account: int = 1234) -> Path:
    """Write the OPEN feed of a day in January 2019."""
    name = f"{account}_OPEN_201901{day:02}_060500.txt"
    return write(folder / name, [OPEN_HEADER, *map(open_row, riids)], 1_546_500_000 + day * 86_400)


def write_contacts(
    folder: Path, name: str, rows: Sequence[tuple[int, str, str]], mtime: int = 1_546_500_000
) -> Path:
    """Write a contact list of (RIID, permission status, modification date)."""
    header = ("RIID_", "EMAIL_ADDRESS_", "EMAIL_PERMISSION_STATUS_", "MODIFIED_DATE_", "LOYALTY")
    lines = [[str(riid), f"c{riid}@example.com", status, date, "gold"] for riid, status, date in rows]
    return write(folder / name, [header, *lines], mtime)
