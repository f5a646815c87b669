"""The columns of every feed, as `data/ced-layouts.yaml` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

# libyaml reads the 7,900 lines in a tenth of a second; PyYAML has it compiled in on all usual platforms.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NAME_ONLY = ("EVENT_TYPE_ID", "ACCOUNT_ID", "LIST_ID", "RIID", "CUSTOMER_ID", "CAMPAIGN_ID", "LAUNCH_ID")


@dataclass(frozen=True, slots=True)
class LayoutColumn:
    """A column of a feed: its name in capitals and its Oracle type, such as `VARCHAR2(255)`."""

    name: str
    type: str

    @property
    def is_number(self) -> bool:
        """Whether the column holds whole numbers."""
        return self.type.startswith("NUMBER")

    @property
    def is_time(self) -> bool:
        """Whether the column holds points in time."""
        return self.type == "TIMESTAMP"

    @property
    def width(self) -> int | None:
        """The most characters the column holds, None where the type names no limit."""
        if self.is_number or not self.type.endswith(")"):
            return None
        return int(self.type[self.type.index("(") + 1 : -1])


@dataclass(frozen=True, slots=True)
class Layout:
    """A feed.

    Args:
        stem: Its name within a file name.
        columns: The default columns in their default order. Where Oracle's list was not to be had, the
            columns that nearly every feed shares.
        add_ons: The columns that an account can switch on besides.
        event_type_ids: Values of EVENT_TYPE_ID; empty where none is known.
        custom_after: The column that the account's custom columns follow by default; None if the feed has no
            custom columns, an empty text if they come last.
    """

    stem: str
    columns: tuple[LayoutColumn, ...]
    add_ons: tuple[LayoutColumn, ...]
    event_type_ids: tuple[int, ...]
    custom_after: str | None


@cache
def layouts() -> Mapping[str, Layout]:
    """Return all feeds by stem."""
    text = files(__package__).joinpath("data", "ced-layouts.yaml").read_bytes()
    return {feed["stem"]: _layout(feed) for feed in yaml.load(text, _Loader)["feeds"]}  # noqa: S506 - safe one


def _layout(feed: dict[str, Any]) -> Layout:
    columns = _columns(feed["columns"]) or tuple(LayoutColumn(name, "NUMBER") for name in _NAME_ONLY)
    ids = feed["event_type_ids"] or feed.get("event_type_ids_inferred") or {}
    return Layout(
        stem=feed["stem"],
        columns=columns,
        add_ons=_columns(feed.get("optional_columns", [])),
        event_type_ids=tuple(ids),
        custom_after=_custom_after(feed, {column.name for column in columns}),
    )


def _columns(entries: list[dict[str, Any]]) -> tuple[LayoutColumn, ...]:
    return tuple(LayoutColumn(entry["name"].upper(), entry["type"]) for entry in entries)


def _custom_after(feed: dict[str, Any], names: set[str]) -> str | None:
    if feed.get("custom_columns") != "yes":
        return None
    column = str(feed["custom_columns_default_position"]).removeprefix("after_")
    return column if column in names else ""
