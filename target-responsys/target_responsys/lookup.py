"""Finds the destination of a stream."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from responsys_io.errors import SettingsError
from responsys_io.extensions import Extensions
from responsys_io.profilelists import ProfileLists
from responsys_io.restanswers import RefusedError
from responsys_io.supplemental import Column
from target_responsys.destinations import NAMES, Destination
from target_responsys.tables import find, find_or_create

if TYPE_CHECKING:
    from collections.abc import Callable

    from responsys_io.restapi import RestApi
    from responsys_io.supplemental import Table
    from target_responsys.routing import Route


_IDENTITY_TYPE = "STR500"


def existing(api: RestApi, route: Route) -> Destination | None:
    """Return a route's destination as Responsys describes it, or None when there is none of that name.

    Raises:
        DataError: RSYS-5001 for a name that no table can have.
        SettingsError: RSYS-5008 when the folder is missing.
    """
    if route.kind == "supplemental":
        table = find(api, route)
        return None if table is None else Destination(route.kind, table)
    if route.kind == "list":
        table = ProfileLists(api.session).describe(route.list_name)
    else:
        table = extension_table(Extensions(api.session, route.list_name), route.table)
    return None if table is None else Destination(route.kind, _identified(route, table), route.list_name)


def find_destination(
    api: RestApi, route: Route, *, create: str, admit: Callable[[Destination], None]
) -> Destination:
    """Return a route's destination as Responsys describes it; see `find_or_create` for tables.

    Args:
        api: The REST API.
        route: Where the stream goes.
        create: The setting create_tables.
        admit: Raises an error for a destination that cannot do what is asked of it; no table is created then.

    Raises:
        SettingsError: RSYS-5022 when there is no list or extension table of that name; RSYS-5006 to
            RSYS-5008 for tables.
        DataError: RSYS-5001, RSYS-5002 for tables that cannot be created as the stream is.
    """
    if route.kind == "supplemental":
        table = find_or_create(
            api, route, create=create, admit=lambda planned: admit(Destination(route.kind, planned))
        )
        found: Destination | None = Destination(route.kind, table)
    else:
        found = existing(api, route)
    if found is None:
        raise SettingsError(
            "RSYS-5022",
            f"Responsys has no {NAMES[route.kind]} {route.table}, the goal of stream {route.stream}.",
            "Create it in Responsys, or correct its name; the API user has to be allowed to see it.",
        )
    admit(found)
    return found


def extension_tables(extensions: Extensions) -> list[Table]:
    """Return the extension tables of a list; none where there is no such list."""
    try:
        return extensions.tables()
    except RefusedError as error:
        if error.error_code != "LIST_NOT_FOUND":
            raise
        return []


def extension_table(extensions: Extensions, name: str) -> Table | None:
    """Return an extension table of a list by its name, in whatever letter case, or None."""
    tables = extension_tables(extensions)
    return next((table for table in tables if table.name.upper() == name.upper()), None)


def _identified(route: Route, table: Table) -> Table:
    """Return a list or an extension table with the route's match columns for its key.

    They are columns of the list: an extension table takes them in a merge without having them.
    """
    wanted = [name.upper() for name in route.key_columns]
    spelt = {column.name.upper(): column.name for column in table.columns}
    lent = [name for name in wanted if name not in spelt] if route.kind == "pet" else []
    columns = (*table.columns, *(Column(name, _IDENTITY_TYPE) for name in lent))
    key = tuple(spelt.get(name, name) for name in wanted)
    return replace(table, columns=columns, primary_key=key)
