"""Which exports are complete: those with a ready file, or those that have stopped growing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_responsys.listing import ExportFile, Listing


def ready_file_names(export: ExportFile, extension: str) -> Iterator[str]:
    """Yield the names that the export's ready file can have, `X.ready` and `X.txt.ready` for `X.txt`.

    Oracle's pages do not say which; with stacked suffixes (`X.txt.zip`) every cut is possible.
    """
    name = export.name
    extension = extension.lstrip(".")
    while True:
        yield f"{name}.{extension}"
        if name == export.base:
            return
        name = name.rpartition(".")[0]


def has_ready_file(export: ExportFile, listing: Listing, extension: str) -> bool:
    """Tell whether the job has marked the export as complete."""
    return any(name in listing.names for name in ready_file_names(export, extension))


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
