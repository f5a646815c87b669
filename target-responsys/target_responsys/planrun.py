"""The plan of a run: what its streams come to, at the account's limits."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from responsys_io import extensions, profilelists, tablecalls
from responsys_io.restanswers import RefusedError
from responsys_io.restsession import ASYNC_API
from target_responsys.asyncmode import api_mode, queues
from target_responsys.plan import Connection, RunPlan, StreamPlan
from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from responsys_io.ratelimit import ApiFunction
    from responsys_io.restapi import RestApi
    from responsys_io.restsession import Endpoint
    from responsys_io.supplemental import Table
    from target_responsys.plan import DestinationPlan
    from target_responsys.streamcounts import StreamCounts
    from target_responsys.tablerules import DestinationKind
    from target_responsys.target import TargetResponsys

_MERGES: dict[DestinationKind, Endpoint] = {
    "supplemental": tablecalls.MERGE,
    "pet": extensions.MERGE,
    "list": profilelists.MERGE,
}


def plan_of_run(target: TargetResponsys) -> RunPlan:
    """Return the plan of a run that has read its input and sent nothing.

    Args:
        target: The target with the streams that it has planned.

    Raises:
        ResponsysError: When Responsys cannot be reached.
    """
    config = target.config
    over_rest = chosen(config, "delivery") == "api"
    if not over_rest:
        # Nothing is read: that the folder can be listed shows that host, key and user are right.
        target.connections.file_server.list(chosen(config, "remote_path"))
    api = target.connections.planned_api
    limits = _limits(api) if api is not None and over_rest else {}
    streams = tuple(
        plan_stream(
            sink.plan,
            sink.counts,
            batch_rows=chosen(config, "batch_size_rows") if over_rest else None,
            limit=limits.get(_merge_function(sink.route.kind, queued=queues(config))),
        )
        for sink in target.planned
    )
    erasures = tuple(sink.plan for sink in target.planned_erasures)
    return RunPlan(_connection(api, config), streams, erasures)


def plan_stream(
    plan: DestinationPlan, counts: StreamCounts, *, batch_rows: int | None, limit: int | None
) -> StreamPlan:
    """Add what the stream's records come to.

    Args:
        plan: The stream beside its destination.
        counts: What came.
        batch_rows: Rows of a merge call, None for files.
        limit: Merge calls a minute, where it is known.
    """
    if batch_rows is None:
        return StreamPlan(plan, counts)
    fitting = counts.keys if counts.keys_are_exact else counts.rows - sum(counts.refused.values())
    calls = math.ceil(fitting / batch_rows)
    return StreamPlan(plan, counts, calls, math.ceil(calls / limit) if limit else None)


def _merge_function(kind: DestinationKind, *, queued: bool) -> ApiFunction:
    """Return the API function that merges into a destination are counted under."""
    merge = _MERGES[kind]
    return (replace(merge, prefix=ASYNC_API) if queued else merge).function


def _connection(api: RestApi | None, config: Mapping[str, Any]) -> Connection:
    """Say what would be written to."""
    delivery = chosen(config, "delivery")
    folder = config.get("folder_name") or ""
    host, user = (
        (config.get("api_url"), config.get("api_username"))
        if delivery == "api"
        else (config.get("host"), config.get("username"))
    )
    if api is None:
        return Connection(delivery, str(host), str(user), folder=folder)
    signed_in = api.user_info()
    tables: Sequence[Table] = [table for table in api.tables() if table.folder == folder]
    return Connection(
        delivery,
        str(host),
        str(user),
        account=signed_in.account,
        time_zone=signed_in.time_zone,
        api_mode=api_mode(config),
        folder=folder,
        tables={table.name: len(table.columns) for table in sorted(tables, key=lambda table: table.name)},
    )


def _limits(api: RestApi) -> dict[ApiFunction, int]:
    try:
        return api.rate_limits()
    except RefusedError:
        return {}
