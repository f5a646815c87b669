"""Load methods: what each asks of a destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError
from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_responsys.destinations import Destination, MergeRules


def removals(config: Mapping[str, Any]) -> list[str]:
    """Return the settings that have rows deleted."""
    return [name for name in ("hard_delete", "process_activate_version_messages") if chosen(config, name)]


def refuse_load_method(
    destination: Destination, load_method: str, rules: MergeRules, *, removing: Sequence[str] = ()
) -> None:
    """Refuse what a destination cannot do with rows.

    Args:
        destination: The destination.
        load_method: Setting of that name.
        rules: How merges treat records.
        removing: Names of settings that have rows deleted.

    Raises:
        DataError: RSYS-5010 for a table without the primary key that is needed, RSYS-5031 for one that must
            not have it, RSYS-5021 for a list or an extension table.
    """
    if destination.kind != "supplemental":
        _refuse_for_members(destination, load_method, removing)
    elif destination.table.primary_key:
        if load_method == "append":
            raise DataError(
                "RSYS-5031",
                f"The {destination} has a primary key: a row with a key that is there already cannot be "
                "appended.",
                "Set load_method to upsert or insert-only, or use a table without a primary key.",
            )
    else:
        demanding = [] if load_method in destination.load_methods else [f"load_method {load_method}"]
        demanding += removing
        demanding += [] if rules.insert_on_no_match else ["insert_on_no_match false"]
        if demanding:
            raise DataError(
                "RSYS-5010",
                f"The {destination} has no primary key: Responsys can neither leave its rows alone nor "
                f"delete them, which {demanding[0]} needs.",
                "Use a table with a primary key, or load_method upsert or append.",
            )


def _refuse_for_members(destination: Destination, load_method: str, removing: Sequence[str]) -> None:
    if load_method not in destination.load_methods:
        raise DataError(
            "RSYS-5021",
            f"Load method {load_method} cannot be used with {destination}.",
            f"Set load_method to {' or '.join(destination.load_methods)}.",
        )
    if removing:
        raise DataError(
            "RSYS-5021",
            f"Setting {removing[0]} deletes nobody from {destination}.",
            "Switch it off; erase removes people for good.",
        )
