"""Getting in: connection, keys, and who else can read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_responsys.doctor.findings import CONNECTIVITY, Finding, step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from responsys_io.errors import ResponsysError
    from tap_responsys.doctor.facts import KeyFacts

_FOLDER_ERRORS = {"RSYS-2101": "folder-missing", "RSYS-2102": "folder-forbidden"}


def connection_finding(error: ResponsysError) -> Finding:
    """Say why the folder cannot be listed."""
    found = _FOLDER_ERRORS.get(error.code, "connection-failed")
    remedy = error.remedy or "See the error's code."
    if found == "folder-missing":
        remedy += f" {step(CONNECTIVITY)}: the directory that the job writes to."
    return Finding(found, "problem", error.problem, remedy, code=error.code)


def key_findings(keys: Sequence[KeyFacts], max_age_days: int) -> Iterator[Finding]:
    """Find keys that are older than they should get."""
    for key in keys:
        if key.age_days is not None and key.age_days > max_age_days:
            yield Finding(
                "key-old",
                "warning",
                f"The key in {key.source} is {key.age_days} days old.",
                "Make a new one, register its public half beside the old one in Responsys and set it here; "
                "or raise key_max_age_days.",
            )


def exposure_findings(files: Sequence[str]) -> Iterator[Finding]:
    """Find files with secrets that other users of this machine may read."""
    for path in files:
        yield Finding(
            "secret-file-exposed",
            "warning",
            f"{path} holds a secret and other users of this machine may read it.",
            f"Run chmod 600 {path}.",
        )
