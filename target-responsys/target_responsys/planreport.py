"""A plan as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_responsys.plan import Connection, ErasurePlan, RunPlan, StreamPlan
    from target_responsys.schema_plan import ColumnPlan

_MARKS = {"fits": "ok", "checked": "checked", "missing": "MISSING", "unfit": "UNFIT"}


def plan_text(plan: RunPlan) -> str:
    """Return a plan as lines of text."""
    lines = ["Plan: nothing was written.", "", *_connection(plan.connection)]
    for stream in plan.streams:
        lines += ["", *_stream(stream)]
    for erasure in plan.erasures:
        lines += ["", *_erasure(erasure)]
    if not plan.streams and not plan.erasures:
        lines += ["", "No stream came."]
    problems = len(plan.problems)
    lines += [
        "",
        f"A run would stop: {problems} problem(s), see above." if problems else "A run can go ahead.",
    ]
    return "\n".join(lines)


def _connection(connection: Connection) -> Iterator[str]:
    mode = f", api_mode {connection.api_mode}" if connection.api_mode else ""
    yield f"Delivery    {connection.delivery}{mode}"
    yield f"Host        {connection.host}"
    yield f"User        {connection.user}" + (
        f" of account {connection.account}" if connection.account else ""
    )
    if connection.time_zone:
        yield f"Time zone   {connection.time_zone} (the account's)"
    if connection.folder:
        yield f"Folder      {connection.folder}" + (
            f": {len(connection.tables)} tables (REST tells no numbers of rows)" if connection.account else ""
        )
    for name, columns in connection.tables.items():
        yield f"              {name}, {columns} columns"


def _stream(stream: StreamPlan) -> Iterator[str]:
    plan, counts = stream.plan, stream.counts
    state = {True: "found", False: "not found", None: "not looked up"}[plan.found]
    yield f"Stream {plan.stream} -> {plan.destination}: {state}"
    yield f"  Key         {', '.join(plan.key) or 'none'}"
    yield from _table(plan.columns, compared=bool(plan.found))
    if plan.extra:
        extra = ", ".join(f"{name} ({kind})" for name, kind in plan.extra.items())
        yield f"  Only there  {extra}"
    if plan.creates:
        yield f"  Would create: {plan.creates}"
    if plan.proposes:
        yield f"  Proposed table: {plan.proposes}"
    yield from (f"  Left out: {text}." for text in plan.omissions)
    keys = f"{counts.keys}" if counts.keys_are_exact else f"over {counts.keys}"
    yield f"  Records     {counts.rows}, keys {keys}, to be refused {sum(counts.refused.values())}"
    yield from (f"    {number} x {reason}" for reason, number in counts.refused.items())
    if stream.calls is not None:
        minutes = f", {stream.minutes} minute(s) at the account's limit" if stream.minutes is not None else ""
        yield f"  Calls       {stream.calls}{minutes}"
    for number, row in enumerate(counts.sample, 1):
        yield f"  Row {number}       " + ", ".join(f"{name}={value}" for name, value in row.items())
    yield from (f"  Problem: {text}" for text in plan.problems)
    yield from (f"  To do: {text}" for text in plan.advice)


def _erasure(erasure: ErasurePlan) -> Iterator[str]:
    refused = sum(erasure.refused.values())
    yield f"Stream {erasure.stream}: people are erased; nobody was looked for"
    yield f"  Records     {erasure.records}, to be refused {refused}"
    yield from (f"    {number} x {reason}" for reason, number in erasure.refused.items())
    yield from (f"  {each.ids} ids by {each.kind} in {each.place}" for each in erasure.places)
    yield from (f"  Problem: {text}" for text in erasure.problems)


def _table(columns: Sequence[ColumnPlan], *, compared: bool) -> Iterator[str]:
    rows = [("Property", "Column", "Wanted", *(("Found", "") if compared else ()))]
    for each in columns:
        found = (each.found or "-", f"{_MARKS[each.verdict]} {each.note}".rstrip()) if compared else ()
        rows.append((each.source, each.column, each.wanted, *found))
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        yield "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
