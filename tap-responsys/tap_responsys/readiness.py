"""Which exports are complete: those with a ready file, or those that have stopped growing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from responsys_io.fileserver import RemoteFile
    from tap_responsys.listing import ExportFile, Listing


def companion_names(export: ExportFile, extension: str) -> Iterator[str]:
    """Yield the names that an export's ready or count file can have: `X.ready` and `X.txt.ready` for `X.txt`.

    Oracle's pages do not say which; with stacked suffixes (`X.txt.zip`) every cut is possible.
    """
    name = export.name
    extension = extension.lstrip(".")
    while True:
        yield f"{name}.{extension}"
        if name == export.base:
            return
        name = name.rpartition(".")[0]


def companion(export: ExportFile, listing: Listing, extension: str) -> RemoteFile | None:
    """Return the export's ready or count file, None when the job has not written it (yet)."""
    names = companion_names(export, extension)
    return next((listing.files[name] for name in names if name in listing.files), None)


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
