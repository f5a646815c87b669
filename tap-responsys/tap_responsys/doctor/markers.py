"""Ready files: whether they lie beside the exports, and under which extension."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_responsys.doctor.findings import READY_FILE, Finding, counted, step
from tap_responsys.readiness import companion, companion_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_responsys.doctor.facts import Facts
    from tap_responsys.listing import ExportFile, Listing

# A ready file comes last: for so long an export may be without one, and for so long it may be late.
_BEING_WRITTEN = timedelta(minutes=15)
_LATE = timedelta(days=1)
_ANY = "any"


def marker_findings(facts: Facts) -> Iterator[Finding]:
    """Find out whether ready files are there as the settings say."""
    beside = extensions_beside(facts.listing)
    for kind in facts.wanted.read:
        exports = facts.listing.exports.get(kind.stream, [])
        if facts.wanted.ready_extension:
            yield from _marked_findings(kind.stream, exports, beside, facts)
        else:
            yield from _unmarked_findings(kind.stream, exports, beside, facts.wanted.count_extension)


def waiting(exports: Iterable[ExportFile], listing: Listing, ready_extension: str) -> list[ExportFile]:
    """Return the exports without a ready file; none where there have to be no ready files."""
    if not ready_extension:
        return []
    return [export for export in exports if not companion(export, listing, ready_extension)]


def extensions_beside(listing: Listing) -> Mapping[str, list[str]]:
    """Return the extensions of files beside exports that have an export's name, by name of the export."""
    exports = [export for found in listing.exports.values() for export in found]
    paths = {export.remote.path for export in exports}
    stems = {
        name.lower().removesuffix(f".{_ANY}"): export.name
        for export in exports
        for name in companion_names(export, _ANY)
    }
    found: dict[str, list[str]] = {}
    for file in listing.files.values():
        stem, _, extension = file.name.rpartition(".")
        name = stems.get(stem.lower())
        if name is not None and file.path not in paths:
            found.setdefault(name, []).append(extension.lower())
    return found


def _marked_findings(
    stream: str, exports: list[ExportFile], beside: Mapping[str, list[str]], facts: Facts
) -> Iterator[Finding]:
    wanted = facts.wanted
    ready = wanted.ready_extension.lstrip(".")
    unmarked = waiting(exports, facts.listing, ready)
    if len(unmarked) < len(exports):
        yield from _late_findings(stream, unmarked, facts)
        return
    written = [export for export in unmarked if _age(export, facts) > _BEING_WRITTEN]
    if not written:
        return
    others = _extensions(written, beside, wanted.count_extension)
    if others:
        yield Finding(
            "ready-other-extension",
            "problem",
            f"The ready files have the extension {others[0]}, and the setting ready_extension says {ready}.",
            f"Set ready_extension to {others[0]}; or {step(READY_FILE)}: extension {ready}.",
            (stream,),
            written[-1].name,
        )
        return
    yield Finding(
        "ready-missing",
        "problem",
        f"No export has a ready file, and the setting ready_extension says {ready}: nothing is read.",
        f"{step(READY_FILE)}: additional ready file at completion of download, extension {ready}; or leave "
        "ready_extension out.",
        (stream,),
        written[-1].name,
    )


def _late_findings(stream: str, unmarked: list[ExportFile], facts: Facts) -> Iterator[Finding]:
    ledger = facts.ledger(stream)
    late = [
        export
        for export in unmarked
        if _age(export, facts) > _LATE and not (ledger and ledger.is_read(export))
    ]
    if late:
        yield Finding(
            "export-waiting",
            "problem",
            f"Older than a day, without a ready file, and so not read: {counted(len(late), 'export')}.",
            f"{step(READY_FILE)}: see why the job has not written it; an export that is complete may be "
            "given one by hand.",
            (stream,),
            late[0].name,
        )


def _unmarked_findings(
    stream: str, exports: list[ExportFile], beside: Mapping[str, list[str]], count_extension: str
) -> Iterator[Finding]:
    others = _extensions(exports, beside, count_extension)
    if others:
        yield Finding(
            "ready-unused",
            "warning",
            f"Files with the extension {others[0]} lie beside the exports, and the settings know of none.",
            f"Set ready_extension to {others[0]}, so that an export is read when it is complete and its "
            "count is compared; count_extension if they are count files.",
            (stream,),
            exports[-1].name,
        )


def _extensions(
    exports: list[ExportFile], beside: Mapping[str, list[str]], count_extension: str
) -> list[str]:
    """Return the extensions of ready files that there may be, the most frequent first."""
    counted = count_extension.lstrip(".").lower()
    found = Counter(
        extension for export in exports for extension in beside.get(export.name, ()) if extension != counted
    )
    return [extension for extension, _ in found.most_common()]


def _age(export: ExportFile, facts: Facts) -> timedelta:
    return timedelta(seconds=facts.now.timestamp() - export.remote.mtime)
