"""Standard tables that come with the target."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class StandardTable:
    """A table as many accounts have it.

    Args:
        table: Its name, without the setting table_prefix.
        about: What a row is.
        columns: Types by column, in order.
        keys: Columns that identify a row, besides the campaign's.
    """

    table: str
    about: str
    columns: Mapping[str, str]
    keys: tuple[str, ...]


@cache
def standard_tables() -> Mapping[str, StandardTable]:
    """Return the standard tables by name."""
    text = resources.files("target_responsys").joinpath("standard_tables.toml").read_text("utf-8")
    entries: dict[str, dict[str, Any]] = tomllib.loads(text)
    return {
        name: StandardTable(entry["table"], entry["about"], entry["columns"], tuple(entry["keys"]))
        for name, entry in entries.items()
    }
