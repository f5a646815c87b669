"""Load methods: what each asks of a table, and how its rows are merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_io.errors import DataError
from target_responsys.mergecalls import MergeCalls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responsys_io.restapi import RestApi
    from target_responsys.matching import Match

KEYED = {"insert-only", "mirror"}
"""Load methods for tables with a primary key only."""


def merge_calls(api: RestApi, match: Match, load_method: str, *, removing: Sequence[str] = ()) -> MergeCalls:
    """Return how a table's rows are merged.

    A call into a table with a primary key does no harm twice. Without one Responsys may insert a row twice,
    so such a call is sent once only.

    Args:
        api: The REST API.
        match: The route that fits its table.
        load_method: Setting of that name.
        removing: Names of settings that have rows deleted.

    Raises:
        DataError: RSYS-5010 when the table has no primary key and needs one, RSYS-5031 when it has one and
            must not.
    """
    table = match.table
    keyed = match.match_columns is None
    demanding = [f"load_method {load_method}"] if load_method in KEYED else []
    demanding += removing
    if demanding and not keyed:
        raise DataError(
            "RSYS-5010",
            f"Table {table.folder}/{table.name} has no primary key: Responsys can neither leave its rows "
            f"alone nor delete them, which {demanding[0]} needs.",
            "Use a table with a primary key, or load_method upsert or append.",
        )
    if load_method == "append" and keyed:
        raise DataError(
            "RSYS-5031",
            f"Table {table.folder}/{table.name} has a primary key: a row with a key that is there already "
            "cannot be appended.",
            "Set load_method to upsert or insert-only, or use a table without a primary key.",
        )
    return MergeCalls(
        api=api,
        table=table,
        update_on_match="NO_UPDATE" if load_method == "insert-only" else "REPLACE_ALL",
        match_columns=match.match_columns,
        repeatable=keyed,
    )
