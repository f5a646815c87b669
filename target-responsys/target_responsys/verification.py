"""Whether a file that was taken has been loaded, as far as the REST API can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_responsys.destinations import MergeRules
from target_responsys.lookup import existing
from target_responsys.memberrecords import records_of
from target_responsys.readback import look_up, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from responsys_io.restapi import RestApi
    from target_responsys.fileresult import State
    from target_responsys.routing import Route
    from target_responsys.samples import SampledRow


def verdict(
    api: RestApi, route: Route, rows: Sequence[SampledRow], config: Mapping[str, Any], *, rejected: int
) -> tuple[State, str]:
    """Look for rows of a file in its table; return the state of the file and the reason.

    Args:
        api: The REST API.
        route: Where the file's stream goes.
        rows: Rows of the file.
        config: The target's settings.
        rejected: Records that the import job has left out: so many of the rows may be missing.

    Raises:
        ResponsysError: They cannot be looked for.
    """
    if route.kind == "supplemental" and not route.folder:
        return "picked up", "its rows were not looked for, since folder_name is not set"
    destination = existing(api, route)
    reason = unreadable(route, destination)
    if destination is None or reason or not rows:
        return "picked up", reason or "it has no row whose key is its own"
    records = records_of(api, destination, MergeRules.from_config(config))
    looked_up = look_up(records.read, route, destination.table, rows)
    if looked_up.missing > rejected:
        return "failed", f"of {looked_up}"
    if not looked_up.found:
        return "picked up", f"its import job has rejected records, and of {looked_up}"
    return "verified", ""
