"""The table that a stream goes to: found where it has to be, or created."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from responsys_io.errors import DataError, SettingsError
from responsys_io.restanswers import RefusedError
from responsys_io.supplemental import MAX_TABLES
from target_responsys.matching import misplaced

if TYPE_CHECKING:
    from responsys_io.restapi import RestApi
    from responsys_io.supplemental import Table
    from target_responsys.routing import Route

logger = logging.getLogger(__name__)


def find_or_create(api: RestApi, route: Route, *, create: bool) -> Table:
    """Return the table as Responsys describes it.

    Args:
        api: The REST API.
        route: Where the stream goes.
        create: Whether a missing table is created.

    Raises:
        SettingsError: RSYS-5006 when only another folder has it, RSYS-5007 when it is missing and not to be
            created, RSYS-5008 when the folder is missing.
        DataError: RSYS-5001, RSYS-5002 when it cannot be created as the stream is.
    """
    try:
        table = api.describe(route.folder, route.table)
        if table is None:
            table = _created(api, route) if create else None
    except RefusedError as error:
        if error.error_code != "FOLDER_NOT_FOUND":
            raise
        raise SettingsError(
            "RSYS-5008",
            f"There is no folder {route.folder} in Responsys.",
            "Create it in Responsys, or correct folder_name.",
        ) from error
    if table is None:
        _refuse_other_folder(route, misplaced(route, api.tables()))
        raise SettingsError(
            "RSYS-5007",
            f"Folder {route.folder} has no supplemental table {route.table}, the goal of stream "
            f"{route.stream}.",
            f"Create it in Responsys, set create_tables to apply, or correct tables.{route.stream}.",
        )
    return table


def _created(api: RestApi, route: Route) -> Table:
    definition = route.definition()
    tables = list(api.tables())
    _refuse_other_folder(route, misplaced(route, tables))
    if len(tables) >= MAX_TABLES:
        logger.warning("The account has %d supplemental tables; Responsys allows %d", len(tables), MAX_TABLES)
    api.create(definition)
    columns = ", ".join(f"{column.name} {column.type}" for column in definition.columns)
    logger.info(
        "Created table %s/%s (%s), key %s",
        definition.folder,
        definition.name,
        columns,
        ", ".join(definition.primary_key),
    )
    table = api.describe(route.folder, route.table)
    if table is None:
        raise DataError(
            "RSYS-5009",
            f"Table {route.folder}/{route.table} was created and is not there.",
            "Run again; if it stays so, check the API user's access to the folder.",
        )
    return table


def _refuse_other_folder(route: Route, folders: list[str]) -> None:
    if folders:
        raise SettingsError(
            "RSYS-5006",
            f"Table {route.table} is in folder {folders[0]}, not in {route.folder}.",
            f"Correct folder_name, or allow this one table with tables.{route.stream}.folder.",
        )
