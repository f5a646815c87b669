"""Which exports are complete: those with a ready file, or those that have stopped growing."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from responsys_io.files import RemoteFile
    from tap_responsys.listing import ExportFile, Listing


_INNER_SUFFIXES = (".txt", ".csv")


def companion_names(export: ExportFile, extension: str) -> Iterator[str]:
    """Yield the names that an export's ready or count file can have: `X.ready` and `X.txt.ready` for `X.txt`.

    Oracle's pages do not say which. With stacked suffixes (`X.txt.zip`) every cut is possible, and a packed
    file without its inner suffix (`X.zip`) may have a ready file that is named after what it holds.
    """
    name = export.remote.name
    extension = extension.lstrip(".")
    while True:
        yield f"{name}.{extension}"
        if name == export.base:
            break
        name = name.rpartition(".")[0]
    for inner in _INNER_SUFFIXES:
        yield f"{export.base}{inner}.{extension}"


def companion(export: ExportFile, listing: Listing, extension: str) -> RemoteFile | None:
    """Return the export's ready or count file, None when the job has not written it (yet)."""
    folder = export.remote.folder
    paths = (posixpath.join(folder, name).lower() for name in companion_names(export, extension))
    return next((listing.files[path] for path in paths if path in listing.files), None)


def undecided(exports: Iterable[ExportFile], listing: Listing, settle_seconds: float) -> list[ExportFile]:
    """Return the exports that may still be written, as far as one listing tells.

    Age is measured on the server's own clock: a file is old enough when another file of the folder was
    modified so much later.
    """
    return [
        export
        for export in exports
        if not export.remote.mtime or listing.newest_mtime - export.remote.mtime < settle_seconds
    ]


def still_growing(exports: Iterable[ExportFile], later: Listing) -> list[ExportFile]:
    """Return the exports whose size or modification time differs in a later listing, or that have gone."""
    now = {export.name: export.remote for found in later.exports.values() for export in found}
    return [export for export in exports if now.get(export.name) != export.remote]
