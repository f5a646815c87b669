"""Reads export files the way their specification describes them: with nothing of ours but Python's csv."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# connect-exports.md, section 3.
NAME = re.compile(
    r"^(?P<account>\d+)_(?P<stem>[A-Z_]+?)_(?P<date>\d{8})_(?P<time>\d{6})(?P<suffix>(\.(txt|csv|zip|gz|gpg|pgp))+)$"
)


@dataclass(frozen=True)
class Export:
    path: Path
    header: list[str]
    rows: list[dict[str, str]]


def read(path: Path, *, delimiter: str = ",", quote: str = '"', encoding: str = "utf-8") -> Export:
    return parse(path, path.read_bytes().decode(encoding), delimiter=delimiter, quote=quote)


def parse(path: Path, text: str, *, delimiter: str = ",", quote: str = '"') -> Export:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote, strict=True)
    header = next(lines, [])
    return Export(path, header, [dict(zip(header, line, strict=True)) for line in lines])


def feed_files(paths: Iterable[Path], stem: str) -> list[Path]:
    return [path for path in paths if (name := NAME.match(path.name)) and name["stem"] == stem]


def feed(paths: Iterable[Path], stem: str) -> list[dict[str, str]]:
    return [row for path in feed_files(paths, stem) for row in read(path).rows]


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%d-%b-%Y %H:%M:%S").replace(tzinfo=UTC)
