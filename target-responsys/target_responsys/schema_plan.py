"""A stream's columns against those of its destination: what is there, what is missing, what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from target_responsys.columnfit import can_hold, misfit, width_of
from target_responsys.guard import Finding
from target_responsys.tabledefinition import name_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from responsys_io.supplemental import Column
    from target_responsys.destinations import Destination
    from target_responsys.routing import Field, Route

Verdict = Literal["fits", "checked", "missing", "unfit"]
"""Of a column: takes every value, takes some (each is checked), is not there, takes none."""


@dataclass(frozen=True)
class ColumnPlan:
    """A column that is wanted, beside what is found.

    Args:
        source: Property, or setting that names the column.
        column: As the destination spells it, else in upper case.
        wanted: Type that it would be created with.
        found: Type that it has; None when it is missing.
        verdict: How they go together.
        note: What that means, where it has to be said.
    """

    source: str
    column: str
    wanted: str
    found: str | None
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True)
class SchemaPlan:
    """The columns of a route, in its order, and those that only the destination has."""

    columns: tuple[ColumnPlan, ...]
    extra: tuple[Column, ...]


def schema_plan(route: Route, columns: Iterable[Column]) -> SchemaPlan:
    """Compare a route's columns with those of its destination; case does not count.

    Args:
        route: Where the stream goes.
        columns: What the destination has; nothing where it is missing itself.
    """
    by_name = {column.name.upper(): column for column in columns}
    plans = []
    for constant in route.constants:
        found = by_name.pop(constant.column.upper(), None)
        width = width_of(found.type) if found else None
        unfit = width is not None and len(constant.value) > width
        note = f"holds {width} characters and {constant.setting} sends {len(constant.value)}" if unfit else ""
        verdict: Verdict = "missing" if found is None else "unfit" if unfit else "fits"
        plans.append(_planned(constant.setting, constant.column, constant.type, found, verdict, note))
    for each in route.fields:
        found = by_name.pop(each.column.upper(), None)
        verdict, note = ("missing", "") if found is None else _verdict(each, found)
        plans.append(_planned(each.property, each.column, each.type, found, verdict, note))
    return SchemaPlan(tuple(plans), tuple(by_name.values()))


def column_findings(route: Route, plan: SchemaPlan, destination: Destination) -> Iterator[Finding]:
    """Say what keeps the stream out of its destination, column by column."""
    missing = [column for column in plan.columns if column.verdict == "missing"]
    if missing:
        yield Finding(
            "RSYS-5004",
            f"The {destination} has no column "
            f"{', '.join(f'{each.column} ({each.wanted})' for each in missing)}, which stream "
            f"{route.stream} delivers.",
            "Add it in Responsys (the API cannot), or leave it out: null in "
            f"tables.{route.stream}.columns, or an empty campaign_id_column or execution_id_column.",
        )
    absent = {column.column for column in missing}
    yield from name_findings(route, [name for name in route.column_names if name.upper() in absent])
    for column in plan.columns:
        if column.verdict == "unfit":
            yield Finding(
                "RSYS-5020",
                f"Column {column.column} ({column.found}) of {destination} {column.note}.",
                f"Map {column.source} to another column with tables.{route.stream}.columns, or leave it out.",
            )


def _verdict(field: Field, column: Column) -> tuple[Verdict, str]:
    if field.translated:
        return "fits", ""
    if not can_hold(column.type, field.kind):
        return "unfit", f"cannot hold what property {field.property} is: {field.kind}"
    width = width_of(column.type)
    if width is None:
        always = misfit(column.type, field.kind) is None
        return ("fits", "") if always else ("checked", f"values that are no {column.type} are refused")
    if field.kind in {"timestamp", "date"}:
        return "fits", "holds text: dates are written as YYYY-MM-DD HH:MM:SS"
    if field.kind not in {"text", "json"} or (field.longest is not None and field.longest <= width):
        return "fits", ""
    allowed = f"the stream allows {field.longest}" if field.longest else "the stream sets no limit"
    return "checked", f"holds {width} characters and {allowed}: longer values are refused"


def _planned(
    source: str, column: str, wanted: str, found: Column | None, verdict: Verdict, note: str
) -> ColumnPlan:
    if found is None:
        return ColumnPlan(source, column.upper(), wanted, None, verdict, note)
    return ColumnPlan(source, found.name, wanted, found.type, verdict, note)
