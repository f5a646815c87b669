"""What the export jobs counted: the numbers in ready and count files of a folder on this machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from responsys_status.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

_EXPORT = re.compile(r"(?:\.(?:txt|csv|zip|gz|gpg|pgp|asc))+$", re.IGNORECASE)
# A number by itself, not part of a name, a date or a time: the first one counts, as for the tap.
_COUNT = re.compile(r"(?<![\w.:/-])[0-9]{1,18}(?![\w:/-]|\.\w)", re.ASCII)
_LARGEST = 4096


def read_counts(folder: Path) -> tuple[dict[str, int], Source]:
    """Read the record counts beside the exports of a folder and those below it.

    `X.txt.ready` and `X.ready` both belong to `X.txt`, as do files with any other extension that is none of
    an export's.

    Returns:
        The counts by name of the export, and where they come from.
    """
    place = f"folder {folder.name} of exports"
    if not folder.is_dir():
        return {}, Source(place, "the folder is not there")
    counts: dict[str, int] = {}
    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        exports = {path.name.lower(): path.name for path in files if _EXPORT.search(path.name)}
        by_base = {_EXPORT.sub("", name): full for name, full in exports.items()}
        for path in files:
            if _EXPORT.search(path.name):
                continue
            stem = path.stem.lower()
            export = exports.get(stem) or by_base.get(_EXPORT.sub("", stem))
            if export and path.stat().st_size <= _LARGEST and (count := _stated(path)) is not None:
                counts[export] = count
    except OSError as error:
        return {}, Source(place, f"it cannot be read: {error.strerror}")
    return counts, Source(place, "" if counts else "it holds no ready or count file with a number")


def _stated(path: Path) -> int | None:
    found = _COUNT.search(path.read_text(encoding="utf-8", errors="replace"))
    return int(found[0]) if found else None
