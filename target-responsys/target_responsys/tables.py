"""The table that a stream goes to: found where it has to be, or created."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from responsys_io.errors import DataError, SettingsError
from responsys_io.restanswers import RefusedError
from responsys_io.supplemental import MAX_TABLES
from target_responsys.guard import refuse
from target_responsys.matching import misplaced
from target_responsys.tabledefinition import definition, described, table_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from responsys_io.restapi import RestApi
    from responsys_io.supplemental import Table
    from target_responsys.routing import Route

logger = logging.getLogger(__name__)


def find(api: RestApi, route: Route) -> Table | None:
    """Return the table as Responsys describes it, or None when its folder has none of that name.

    Raises:
        DataError: RSYS-5001 for a name that no table can have.
        SettingsError: RSYS-5008 when the folder is missing.
    """
    refuse(table_findings(route))
    with _missing_folder(route):
        return api.describe(route.folder, route.table)


def find_or_create(
    api: RestApi, route: Route, *, create: str, admit: Callable[[Table], None] = lambda _: None
) -> Table:
    """Return the table as Responsys describes it.

    Args:
        api: The REST API.
        route: Where the stream goes.
        create: What is done about a missing table, as the setting create_tables has it: `apply` creates it,
            `plan` says what would be created.
        admit: Raises an error for a table that is not to be created, as it would be of no use.

    Raises:
        SettingsError: RSYS-5006 when only another folder has it, RSYS-5007 when it is missing and not to be
            created, RSYS-5008 when the folder is missing.
        DataError: RSYS-5001, RSYS-5002 when it cannot be created as the stream is.
    """
    table = find(api, route)
    if table is None and create == "apply":
        wanted = definition(route)
        admit(wanted)
        with _missing_folder(route):
            return _created(api, route, wanted)
    if table is None:
        _refuse_other_folder(route, misplaced(route, api.tables()))
        proposal = f" It would be created as {described(definition(route))}." if create == "plan" else ""
        raise SettingsError(
            "RSYS-5007",
            f"Folder {route.folder} has no supplemental table {route.table}, the goal of stream "
            f"{route.stream}.{proposal}",
            f"Create it in Responsys, set create_tables to apply, or correct tables.{route.stream}.",
        )
    return table


def _created(api: RestApi, route: Route, wanted: Table) -> Table:
    tables = list(api.tables())
    _refuse_other_folder(route, misplaced(route, tables))
    if len(tables) >= MAX_TABLES:
        logger.warning("The account has %d supplemental tables; Responsys allows %d", len(tables), MAX_TABLES)
    api.create(wanted)
    logger.info("Created table %s", described(wanted))
    table = api.describe(route.folder, route.table)
    if table is None:
        raise DataError(
            "RSYS-5009",
            f"Table {route.folder}/{route.table} was created and is not there.",
            "Run again; if it stays so, check the API user's access to the folder.",
        )
    return table


@contextmanager
def _missing_folder(route: Route) -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        if error.error_code != "FOLDER_NOT_FOUND":
            raise
        raise SettingsError(
            "RSYS-5008",
            f"There is no folder {route.folder} in Responsys.",
            "Create it in Responsys, or correct folder_name.",
        ) from error


def _refuse_other_folder(route: Route, folders: list[str]) -> None:
    if folders:
        raise SettingsError(
            "RSYS-5006",
            f"Table {route.table} is in folder {folders[0]}, not in {route.folder}.",
            f"Correct folder_name, or allow this one table with tables.{route.stream}.folder.",
        )
