"""What the export jobs counted: the numbers in ready and count files of a folder on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_io.exportnames import SUFFIXES
from responsys_io.statedcounts import stated_count
from responsys_status.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

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
        exports = {path.name.lower(): path.name for path in files if SUFFIXES.search(path.name)}
        by_base = {SUFFIXES.sub("", name): full for name, full in exports.items()}
        for path in files:
            if SUFFIXES.search(path.name):
                continue
            stem = path.stem.lower()
            export = exports.get(stem) or by_base.get(SUFFIXES.sub("", stem))
            if export and path.stat().st_size <= _LARGEST:
                count = stated_count(path.read_text(encoding="utf-8", errors="replace"))
                if count is not None:
                    counts[export] = count
    except OSError as error:
        return {}, Source(place, f"it cannot be read: {error.strerror}")
    return counts, Source(place, "" if counts else "it holds no ready or count file with a number")
