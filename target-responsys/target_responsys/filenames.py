"""Names of the files that are delivered."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from datetime import datetime

PLACES = ("table", "stream", "campaign_id", "execution_id", "date")

_UNUSUAL = re.compile(r"[^A-Za-z0-9_]+")
_PACKED = {"none": ".csv", "gzip": ".csv.gz", "zip": ".zip"}


@dataclass(frozen=True)
class FileNames:
    """POSIX paths on the file server of a data file and of the files that say that it is complete."""

    data: str
    count: str | None
    ready: str | None


@dataclass(frozen=True)
class FileNaming:
    """How the files of a stream are named.

    Args:
        stem: POSIX path without number and extension.
        extension: Of data files, with its dots.
        count: Extension of count files; empty for none.
        ready: Extension of ready files; empty for none.
        replaced: Whether those stand in for the data file's last extension.
        numbered: Whether there may be several files.
    """

    stem: str
    extension: str = ".csv"
    count: str = ""
    ready: str = ""
    replaced: bool = False
    numbered: bool = False

    def of(self, part: int) -> FileNames:
        """Return the names of a part, from 1 on."""
        base = self._base(part)
        data = base + self.extension
        marked = posixpath.splitext(data)[0] if self.replaced else data
        count, ready = (f"{marked}.{name}" if name else None for name in (self.count, self.ready))
        return FileNames(data, count, ready)

    def member(self, part: int) -> str:
        """Return the name that a part's text has inside an archive."""
        return f"{posixpath.basename(self._base(part))}.csv"

    def surplus(self, names: Iterable[str], parts: int) -> list[FileNames]:
        """Return the files among the folder's names that are parts beyond a number of them."""
        if not self.numbered:
            return []
        stem, extension = re.escape(posixpath.basename(self.stem)), re.escape(self.extension)
        numbered = re.compile(rf"{stem}_([0-9]{{3,}}){extension}")
        found = (int(match[1]) for name in names if (match := numbered.fullmatch(name)))
        return [self.of(part) for part in sorted(found) if part > parts]

    def _base(self, part: int) -> str:
        return f"{self.stem}_{part:03}" if self.numbered else self.stem


def file_naming(
    config: Mapping[str, Any], places: Mapping[str, str], started: datetime, taken: Container[str]
) -> FileNaming:
    """Name a stream's files after the settings.

    Args:
        config: The target's settings.
        places: What {table}, {stream}, {campaign_id} and {execution_id} stand for.
        started: Start of the run in UTC.
        taken: Stems that this run has used already; a further one gets a number.
    """
    filled = chosen(config, "file_name").format(**places, date=f"{started:%Y%m%d}")
    name = _UNUSUAL.sub("_", filled) or "data"
    if chosen(config, "date_suffix"):
        name += f"_{started:%Y%m%d_%H%M%S}"
    first = stem = posixpath.join(chosen(config, "remote_path"), name)
    number = 1
    while stem in taken:
        number += 1
        stem = f"{first}_{number}"
    encrypted = chosen(config, "encryption") == "pgp"
    return FileNaming(
        stem,
        extension=_PACKED[chosen(config, "compression")] + (".gpg" if encrypted else ""),
        count=(config.get("count_extension") or "").lstrip("."),
        ready=(config.get("ready_extension") or "").lstrip("."),
        replaced=chosen(config, "marker_names") == "replace",
        numbered=bool(chosen(config, "split_rows") or chosen(config, "split_bytes")),
    )


def template_problem(template: str) -> str | None:
    """Say what is wrong with the setting file_name, or return None; its places are another matter."""
    if _UNUSUAL.search(re.sub(r"\{[^{}]*\}", "", template)):
        return "it may hold only A-Z, a-z, 0-9, _ and places like {table}"
    return None
