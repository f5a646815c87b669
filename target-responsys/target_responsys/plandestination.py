"""A stream beside its destination: what fits, what is missing, what would stop a run and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError, ResponsysError, SettingsError
from target_responsys.destinations import NAMES, Destination, MergeRules
from target_responsys.loading import refuse_load_method, removals
from target_responsys.lookup import existing
from target_responsys.matching import match, misplaced
from target_responsys.plan import DestinationPlan
from target_responsys.routing import omissions
from target_responsys.schema_plan import schema_plan
from target_responsys.settings import chosen
from target_responsys.tabledefinition import definition, described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_io.restapi import RestApi
    from target_responsys.routing import Route
    from target_responsys.schema_plan import SchemaPlan


def plan_destination(api: RestApi | None, route: Route, config: Mapping[str, Any]) -> DestinationPlan:
    """Compare a stream with its destination.

    Args:
        api: The REST API; None where it cannot be asked.
        route: Where the stream goes.
        config: The target's settings.
    """
    if api is None:
        plan = schema_plan(route, ())
        words = f"{NAMES[route.kind]} {route.table}"
        return DestinationPlan(
            route.stream,
            words,
            None,
            columns=plan.columns,
            key=route.key_columns,
            omissions=tuple(omissions(route)),
        )
    problems: list[str] = []
    found: Destination | None = None
    try:
        found = existing(api, route)
    except (SettingsError, DataError) as error:
        problems.append(str(error))
    plan = schema_plan(route, found.table.columns if found else ())
    made = _Outcome()
    if found is not None:
        problems += _problems_of(route, found, config)
        made = _mended(route, plan, found)
    elif not problems:
        made = _absent(api, route, config)
    return DestinationPlan(
        stream=route.stream,
        destination=str(found) if found else f"{NAMES[route.kind]} {route.table}",
        found=found is not None,
        creates=made.creates,
        proposes=made.proposes,
        columns=plan.columns,
        extra={column.name: column.type for column in plan.extra},
        key=(found.table.primary_key if found else ()) or route.key_columns,
        omissions=tuple(omissions(route)),
        problems=(*problems, *made.problems),
        advice=made.advice,
    )


def _problems_of(route: Route, found: Destination, config: Mapping[str, Any]) -> list[str]:
    try:
        match(route, found.table, whole_rows=chosen(config, "load_method") == "append")
    except ResponsysError as error:
        return [str(error)]
    return _load_problems(found, config)


def _load_problems(destination: Destination, config: Mapping[str, Any]) -> list[str]:
    """Say what a destination cannot do with rows."""
    try:
        if chosen(config, "delivery") == "api":
            rules = MergeRules.from_config(config)
            refuse_load_method(destination, chosen(config, "load_method"), rules, removing=removals(config))
    except ResponsysError as error:
        return [str(error)]
    return []


@dataclass(frozen=True)
class _Outcome:
    """What follows from what is missing; the names are those of `DestinationPlan`."""

    creates: str = ""
    proposes: str = ""
    problems: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


def _mended(route: Route, plan: SchemaPlan, found: Destination) -> _Outcome:
    """Say how columns that a destination lacks can be had."""
    missing = [f"{each.column} ({each.wanted})" for each in plan.columns if each.verdict == "missing"]
    if not missing:
        return _Outcome()
    advice = [f"Have an administrator add {', '.join(missing)} to the {found} in Responsys."]
    if route.kind != "supplemental":
        return _Outcome(advice=tuple(advice))
    advice.append(f"Or create the proposed table under another name and set tables.{route.stream}.table.")
    proposal, problems = _proposal(route)
    return _Outcome(proposes=proposal, problems=problems, advice=tuple(advice))


def _absent(api: RestApi, route: Route, config: Mapping[str, Any]) -> _Outcome:
    """Say what becomes of a destination that Responsys does not have."""
    problem = f"Responsys has no {NAMES[route.kind]} {route.table}."
    if route.kind != "supplemental":
        return _Outcome(problems=(problem,), advice=(f"Create the {NAMES[route.kind]} in Responsys.",))
    if folders := misplaced(route, api.tables()):
        elsewhere = f"Table {route.table} is in folder {folders[0]}, not in {route.folder}."
        return _Outcome(
            problems=(elsewhere,), advice=(f"Correct folder_name, or set tables.{route.stream}.folder.",)
        )
    proposal, problems = _proposal(route)
    if chosen(config, "create_tables") == "apply" and chosen(config, "delivery") == "api":
        if not problems:
            problems = tuple(_load_problems(Destination(route.kind, definition(route)), config))
        return _Outcome(creates="" if problems else proposal, problems=problems)
    advice = "Create the table in Responsys (Actions > Create View/Supplemental Table > Specify Fields)"
    return _Outcome(
        proposes=proposal,
        problems=(f"Folder {route.folder} has no table {route.table}.", *problems),
        advice=(f"{advice}, or have it created by a run with delivery api and create_tables apply.",),
    )


def _proposal(route: Route) -> tuple[str, tuple[str, ...]]:
    """Return the definition of the table for a route, or why there is none."""
    try:
        return described(definition(route)), ()
    except DataError as error:
        return "", (str(error),)
