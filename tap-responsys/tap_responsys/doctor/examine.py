"""The findings of an examination: every check, without what merely follows from another finding."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tap_responsys.doctor.access import connection_finding, exposure_findings, key_findings
from tap_responsys.doctor.content import content_findings
from tap_responsys.doctor.findings import Finding, merged
from tap_responsys.doctor.markers import marker_findings
from tap_responsys.doctor.overtime import gap_findings, standing_findings, volume_findings
from tap_responsys.doctor.presence import clock_findings, folder_findings
from tap_responsys.doctor.zones import zone_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from responsys_io.errors import ResponsysError
    from tap_responsys.doctor.facts import Facts

# Loss is said whatever its reason.
_ALWAYS_SAID = {"window-passed"}


def examine(facts: Facts) -> list[Finding]:
    """Return what is wrong, problems first."""
    if facts.server.error is not None:
        return [connection_finding(facts.server.error)]
    of_folder = [*folder_findings(facts), *_content(facts), *marker_findings(facts)]
    clocks = list(clock_findings(facts))
    blocked = {stream for finding in of_folder if finding.severity == "problem" for stream in finding.streams}
    return merged(
        chain(
            _state_findings(facts.state_errors),
            of_folder,
            clocks,
            _not_explained(_standing(facts), blocked),
            _rows_and_days(facts),
            () if clocks else zone_findings(facts),
            key_findings(facts.keys, facts.wanted.key_max_age_days),
            exposure_findings(facts.exposed_files),
        )
    )


def _content(facts: Facts) -> Iterator[Finding]:
    for kind in facts.wanted.read:
        if sample := facts.samples.get(kind.stream):
            yield from content_findings(sample, kind, facts.wanted)


def _standing(facts: Facts) -> Iterator[Finding]:
    for kind in facts.wanted.read:
        yield from standing_findings(kind, facts)


def _rows_and_days(facts: Facts) -> Iterator[Finding]:
    for kind in facts.wanted.read:
        yield from gap_findings(kind, facts)
        yield from volume_findings(kind, facts)


def _not_explained(findings: Iterable[Finding], blocked: set[str]) -> Iterator[Finding]:
    """Leave out what must be so for streams that cannot be read anyway."""
    for finding in findings:
        if finding.id in _ALWAYS_SAID or not blocked.issuperset(finding.streams):
            yield finding


def _state_findings(errors: Mapping[str, ResponsysError]) -> Iterator[Finding]:
    for stream, error in errors.items():
        yield Finding(
            "state-unreadable",
            "problem",
            "The state is not one that this version of the tap can read.",
            error.remedy,
            (stream,),
            code=error.code,
        )
