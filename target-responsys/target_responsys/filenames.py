"""Names of the files that are delivered."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import datetime

_UNUSUAL = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class FileNames:
    """POSIX paths on the file server of a data file and of the files that say that it is complete."""

    data: str
    count: str | None
    ready: str | None


def file_names(
    config: Mapping[str, Any], places: Mapping[str, str], started: datetime, taken: Container[str]
) -> FileNames:
    """Name a file after the settings.

    Args:
        config: The target's settings.
        places: What {table}, {stream}, {campaign_id} and {execution_id} stand for.
        started: Start of the run in UTC.
        taken: Data files that this run has published already; a further one gets a number.
    """
    filled = chosen(config, "file_name").format(**places, date=f"{started:%Y%m%d}")
    name = _UNUSUAL.sub("_", filled).strip(".") or "data"
    if chosen(config, "date_suffix"):
        name += f"_{started:%Y%m%d_%H%M%S}"
    stem = posixpath.join(chosen(config, "remote_path"), name)
    number = 1
    data = f"{stem}.csv"
    while data in taken:
        number += 1
        data = f"{stem}_{number}.csv"

    def marker(setting: str) -> str | None:
        extension = (config.get(setting) or "").lstrip(".")
        if not extension:
            return None
        replaced = chosen(config, "marker_names") == "replace"
        return f"{data.removesuffix('.csv') if replaced else data}.{extension}"

    return FileNames(data, marker("count_extension"), marker("ready_extension"))
